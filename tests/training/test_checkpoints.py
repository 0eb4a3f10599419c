"""A checkpoint is whole or it is not there, and no other policy's."""

from __future__ import annotations

import json
import pickletools
import shutil
from pathlib import Path

import numpy as np
import pytest
import torch
from torch import nn

from soundwalk.envs.interface import SoundwalkError
from soundwalk.training import checkpoints as module
from soundwalk.training.checkpoints import Checkpoints, State, named_tensors


def learner(width: int = 3) -> tuple[nn.Module, torch.optim.Optimizer]:
    """A network whose optimizer has moments."""
    torch.manual_seed(width)
    network = nn.Sequential(nn.Linear(2, width), nn.Linear(width, 1))
    optimizer = torch.optim.Adam(network.parameters(), lr=0.1)
    network(torch.ones(4, 2)).sum().backward()
    optimizer.step()
    return network, optimizer


def saved(folder: Path, *steps: int, keep: int = 3, scores: dict[int, float] | None = None) -> None:
    checkpoints = Checkpoints(folder, keep)
    for step in steps:
        score = (scores or {}).get(step)
        assert checkpoints.save(State(steps=step, score=score), *learner())


def test_weights_moments_and_random_streams_come_back(tmp_path: Path) -> None:
    network, optimizer = learner()
    checkpoints = Checkpoints(tmp_path)
    state = State(steps=7, phase="ppo", begun=[1, 2], recent=[{"spl": 0.5}], seconds=1.5)
    checkpoints.save(state, network, optimizer)
    expected = torch.rand(3), np.random.random(3)  # noqa: NPY002
    other, its = nn.Sequential(nn.Linear(2, 3), nn.Linear(3, 1)), None
    its = torch.optim.Adam(other.parameters(), lr=0.5)
    assert checkpoints.load(other, its) == state
    assert torch.equal(torch.rand(3), expected[0])
    assert np.array_equal(np.random.random(3), expected[1])  # noqa: NPY002
    for mine, theirs in zip(network.parameters(), other.parameters(), strict=True):
        assert torch.equal(mine, theirs)
    for model, optim in ((network, optimizer), (other, its)):  # the next step is the same, too
        optim.zero_grad()
        model(torch.ones(4, 2)).sum().backward()
        optim.step()
    assert torch.equal(next(network.parameters()), next(other.parameters()))


def test_a_checkpoint_holds_no_pickle(tmp_path: Path) -> None:
    saved(tmp_path, 1)
    for path in (tmp_path / "step_00000001").iterdir():
        assert path.suffix in (".json", ".safetensors")
        with pytest.raises(ValueError, match=r"."):
            list(pickletools.genops(path.read_bytes()))


def test_the_last_ones_and_the_best_one_stay(tmp_path: Path) -> None:
    saved(tmp_path, 1, 2, 3, 4, 5, 6, keep=2, scores={2: 0.9, 3: 0.1, 5: 0.3})
    kept = sorted(path.name for path in tmp_path.glob("step_*"))
    assert kept == ["step_00000002", "step_00000005", "step_00000006"]
    assert Checkpoints(tmp_path).load_policy(learner()[0], "best").name == "step_00000002"
    assert Checkpoints(tmp_path).load_policy(learner()[0], "last").name == "step_00000006"


def test_an_interrupted_write_is_ignored_with_a_warning(tmp_path: Path) -> None:
    saved(tmp_path, 1, 2)
    partial = tmp_path / "step_00000003.partial"
    partial.mkdir()
    (partial / "policy.safetensors").write_bytes(b"half")
    with pytest.warns(UserWarning, match=r"step_00000003.partial was interrupted"):
        state = Checkpoints(tmp_path).load(*learner())
    assert state is not None
    assert state.steps == 2


@pytest.mark.parametrize("name", ["policy.safetensors", "optimizer.safetensors", "state.json"])
def test_a_damaged_checkpoint_gives_way_to_the_one_before(tmp_path: Path, name: str) -> None:
    saved(tmp_path, 1, 2)
    path = tmp_path / "step_00000002" / name
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])
    with pytest.warns(UserWarning, match=r"step_00000002 cannot be read .*: using the one before"):
        state = Checkpoints(tmp_path).load(*learner())
    assert state is not None
    assert state.steps == 1


def test_another_policy_is_refused_with_the_tensor_that_differs(tmp_path: Path) -> None:
    saved(tmp_path, 1)
    network, optimizer = learner(width=5)
    with pytest.raises(SoundwalkError, match=r"another policy: 0.bias is \(3,\) there and \(5,\)"):
        Checkpoints(tmp_path).load(network, optimizer)


def test_no_checkpoint_is_no_state(tmp_path: Path) -> None:
    assert Checkpoints(tmp_path / "none").load(*learner()) is None
    with pytest.raises(SoundwalkError, match="holds no readable checkpoint"):
        Checkpoints(tmp_path / "none").load_policy(learner()[0])


def test_a_full_disk_is_a_warning_and_leaves_no_debris(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    saved(tmp_path, 1)

    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(module, "save_file", full)
    with pytest.warns(UserWarning, match=r"could not be written .*No space left.*training goes on"):
        assert not Checkpoints(tmp_path).save(State(steps=2), *learner())
    assert [path.name for path in tmp_path.iterdir()] == ["step_00000001"]


def test_a_version_from_the_future_is_refused(tmp_path: Path) -> None:
    saved(tmp_path, 1)
    path = tmp_path / "step_00000001" / "state.json"
    state = json.loads(path.read_text())
    path.write_text(json.dumps({**state, "version": 99}))
    with pytest.raises(SoundwalkError, match="version 99: this soundwalk reads 1"):
        Checkpoints(tmp_path).load(*learner())


def test_shared_layers_are_stored_once() -> None:
    layer = nn.Linear(2, 2)
    shared = nn.ModuleDict({"actor": layer, "critic": layer})
    assert set(named_tensors(shared)) == {"actor.weight", "actor.bias"}


def test_what_came_after_is_discarded_on_going_back(tmp_path: Path) -> None:
    saved(tmp_path, 1, 2, 3)
    shutil.copytree(tmp_path / "step_00000003", tmp_path / "step_00000004.partial")
    Checkpoints(tmp_path).discard_after(2)
    assert sorted(p.name for p in tmp_path.glob("step_*")) == ["step_00000001", "step_00000002"]
