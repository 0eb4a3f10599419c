"""Systems are what their pieces say, and errors name the piece that is wrong."""

from __future__ import annotations

import copy
from typing import Any

import numpy as np
import pytest
import torch

from soundwalk.envs.interface import SoundwalkError
from soundwalk.perception.build import PIECES, build_task, piece
from soundwalk.perception.data.sample import Tensors
from soundwalk.perception.data.sources import Parted, Repeated
from soundwalk.perception.scores import Concat

SPEC: dict[str, Any] = {
    "encoders": {
        "image": {"kind": "image", "width": 8, "dim": 16, "stages": 2},
        "audio": {"kind": "spectrogram", "width": 8, "dim": 16},
    },
    "projections": {
        "image": {"kind": "projection", "dim": 8},
        "audio": {"kind": "projection", "dim": 8},
    },
    "score": {"kind": "dot"},
    "target": {"kind": "pair"},
    "objective": {"kind": "nce"},
}


def sample(count: int = 6, *, silent: bool = False) -> Tensors:
    """Pictures in a colour, and tones of a pitch, that belong together."""
    rng = np.random.default_rng(0)
    shade = np.linspace(0, 255, count).astype(np.uint8)
    time = np.arange(4000) / 16_000
    tones = np.stack([np.sin(2 * np.pi * 300 * (i + 1) * time) for i in range(count)])
    audio = np.stack([tones, 0.5 * tones], 1)[:, None] + 1e-3 * rng.standard_normal(
        (count, 1, 2, 4000)
    )
    if silent:
        audio[:] = 0.0
    rgb = np.broadcast_to(shade[:, None, None, None, None, None], (count, 1, 1, 16, 16, 3)).copy()
    return {"rgb": torch.from_numpy(rgb), "audio": torch.from_numpy(audio.astype(np.float32))}


def generator() -> torch.Generator:
    made = torch.Generator()
    made.manual_seed(0)
    return made


def spec(**changes: Any) -> dict[str, Any]:
    return {**copy.deepcopy(SPEC), **changes}


def test_a_contrastive_system_learns_what_belongs_together() -> None:
    torch.manual_seed(0)
    task = build_task(SPEC)
    optimizer = torch.optim.Adam(task.parameters(), 0.01)
    for _ in range(40):
        loss = task.loss(task.examples(sample(), generator()))
        optimizer.zero_grad()
        loss.backward()  # type: ignore[no-untyped-call]
        optimizer.step()
    task.eval()
    with torch.no_grad():
        similar = task(task.examples(sample(), generator()).inputs)
    assert similar.argmax(1).tolist() == list(range(6))
    assert similar.argmax(0).tolist() == list(range(6))


def test_what_is_frozen_stays_as_it_was_and_the_rest_learns() -> None:
    torch.manual_seed(0)
    task = build_task(spec(frozen=["image"])).train()
    before = copy.deepcopy(task.state_dict())
    optimizer = torch.optim.Adam([w for w in task.parameters() if w.requires_grad], 0.01)
    task.loss(task.examples(sample(), generator())).backward()  # type: ignore[no-untyped-call]
    optimizer.step()
    changed = {
        name for name, value in task.state_dict().items() if bool((value != before[name]).any())
    }
    assert changed
    assert all(".audio." in name for name in changed)  # statistics of norms stay, too
    with pytest.raises(SoundwalkError, match="did you mean 'image'"):
        build_task(spec(frozen=["imge"]))


def test_a_batch_of_silence_gives_a_finite_loss_and_gradient() -> None:
    task = build_task(SPEC)
    loss = task.loss(task.examples(sample(silent=True), generator()))
    loss.backward()  # type: ignore[no-untyped-call]
    assert torch.isfinite(loss)
    for parameter in task.parameters():
        assert parameter.grad is None or torch.isfinite(parameter.grad).all()


def test_sizes_that_follow_from_other_pieces_need_not_be_said() -> None:
    task = build_task(spec(score={"kind": "concat"}, head={"kind": "binary"}, projections={}))
    assert isinstance(task.score, Concat)
    assert task.head is not None
    assert task.head.dim_in == 32


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"score": {"kind": "dott"}}, "did you mean 'dot'"),
        ({"objective": {"kind": "nce", "temprature": 1.0}}, "'temperature'"),
        ({"objective": {"kind": "nce", "temperature": -1.0}}, "temperature=-1"),
        ({"head": {"kind": "binery"}}, "'binary'"),
        ({"target": {}}, "'target' of the task is missing"),
        ({"targets": {"kind": "pair"}}, "did you mean 'target'"),
        ({"score": "dot"}, "expected {kind: NAME"),
        ({"projections": {"sound": {"kind": "projection"}}}, "encoder of a projection 'sound'"),
        ({"encoders": {"image": {"kind": "nowhere:Net"}}}, "cannot be imported"),
    ],
)
def test_an_unknown_piece_is_named_with_the_nearest(changes: dict[str, Any], words: str) -> None:
    with pytest.raises(SoundwalkError, match=words):
        build_task(spec(**changes))


def test_an_input_that_nobody_gives_is_named() -> None:
    changed = spec()
    changed["encoders"]["echo"] = {"kind": "spectrogram", "dim": 16, "width": 8}
    task = build_task(changed)
    with pytest.raises(SoundwalkError, match="'echo' has nothing to read"):
        task.loss(task.examples(sample(), generator()))


@pytest.mark.parametrize("role", PIECES)
def test_every_name_of_a_piece_leads_to_a_class(role: str) -> None:
    for name in PIECES[role]:
        with pytest.raises(SoundwalkError, match="no_such_argument"):
            piece(role, {"kind": name, "no_such_argument": 1}, role)


def test_a_users_own_piece_is_named_by_an_import_string() -> None:
    task = build_task(spec(target={"kind": "soundwalk.perception.targets.flip:Flip"}))
    assert type(task.target).__name__ == "Flip"


class Numbers:
    """A source whose samples are counted."""

    def __init__(self) -> None:
        self.asked: list[tuple[int, int]] = []

    def batch(self, index: int, size: int) -> dict[str, np.ndarray[Any, Any]]:
        self.asked.append((index, size))
        return {"number": index * 1000 + np.arange(size)}


def test_parts_of_a_batch_do_not_depend_on_the_number_of_processes() -> None:
    whole = Parted(Numbers(), 4).batch(7, 16)["number"]
    shares = [Parted(Numbers(), 4, rank, 2).batch(7, 16)["number"] for rank in range(2)]
    parts = [share.reshape(2, 4) for share in shares]
    assert np.array_equal(np.stack(parts, 1).reshape(-1), whole)


def test_repeated_batches_are_asked_for_once() -> None:
    source = Numbers()
    again = Repeated(source, 3)
    found = [again.batch(i, 4)["number"][0] for i in range(7)]
    assert found == [0, 1000, 2000, 0, 1000, 2000, 0]
    assert len(source.asked) == 3


def test_parts_that_do_not_divide_are_refused() -> None:
    with pytest.raises(SoundwalkError, match="parts=3"):
        Parted(Numbers(), 3, 0, 2)
    with pytest.raises(SoundwalkError, match="batch_size is 10"):
        Parted(Numbers(), 4).batch(0, 10)
    with pytest.raises(SoundwalkError, match="batches=0"):
        Repeated(Numbers(), 0)
