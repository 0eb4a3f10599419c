"""What targets ask of a batch follows from the batch, and only from it."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from soundwalk.envs.interface import SoundwalkError
from soundwalk.perception.data.sample import Tensors, need, view_inputs
from soundwalk.perception.targets.base import coins, derangement, joined
from soundwalk.perception.targets.flip import Flip
from soundwalk.perception.targets.mix import Mix
from soundwalk.perception.targets.pair import Pair
from soundwalk.perception.targets.sensor import Sensor
from soundwalk.perception.targets.shift import Shift
from soundwalk.perception.targets.turning import Orientation, Turn

COUNT, RATE = 8, 160


def generator(seed: int = 0) -> torch.Generator:
    made = torch.Generator()
    made.manual_seed(seed)
    return made


def sample(views: int = 1, frames: int = 3, samples: int = 480) -> Tensors:
    """A batch in which every sample's sound and pictures hold its own number."""
    rng = np.random.default_rng(0)
    number = np.arange(COUNT, dtype=np.uint8)[:, None, None, None, None, None]
    audio = rng.standard_normal((COUNT, views, 2, samples)).astype(np.float32)
    turn = np.cumsum(rng.uniform(0.3, 1.0, (COUNT, views)), 1).astype(np.float32)
    return {
        "rgb": torch.from_numpy(np.tile(number, (1, views, frames, 4, 4, 3))),
        "audio": torch.from_numpy(audio),
        "echo": torch.from_numpy(rng.standard_normal((COUNT, views, 2, 50)).astype(np.float32)),
        "depth": torch.rand(COUNT, views, 4, 4),
        "turn": torch.from_numpy(turn - turn[:, :1]),
    }  # fmt: skip


@given(st.integers(2, 40), st.integers(0, 1000))
def test_a_derangement_moves_everything_and_loses_nothing(count: int, seed: int) -> None:
    order = derangement(count, generator(seed))
    assert sorted(order.tolist()) == list(range(count))
    assert not (order == torch.arange(count)).any()


@given(st.integers(1, 41), st.integers(0, 1000))
def test_coins_are_balanced(count: int, seed: int) -> None:
    assert int(coins(count, generator(seed)).sum()) == count // 2


def test_half_of_the_pairs_match_and_the_others_hear_somebody_else() -> None:
    batch = sample()
    found = Pair("half").examples(batch, generator())
    same = (found.inputs["audio"] == batch["audio"][:, 0]).flatten(1).all(1)
    assert torch.equal(same.float(), found.labels["label"])
    assert same.sum() == COUNT // 2
    assert torch.equal(found.inputs["image"], batch["rgb"][:, 0, -1])


def test_pairs_of_a_batch_stay_together_and_need_no_label() -> None:
    batch = sample()
    found = Pair().examples(batch, generator())
    assert torch.equal(found.inputs["audio"], batch["audio"][:, 0])
    assert found.labels == {}


def test_swapped_ears_are_further_negatives_of_worlds_half_of_which_are_mirrored() -> None:
    batch = sample()
    batch["rgb"][..., :2, :] += 100  # the left half is brighter
    found = Pair(swapped=True).examples(batch, generator())
    heard, swapped = found.inputs["audio"][:COUNT], found.inputs["audio"][COUNT:]
    assert torch.equal(swapped, heard.flip(1))
    image = found.inputs["image"].int()
    turned = image[:, :, 0].sum((1, 2)) < image[:, :, -1].sum((1, 2))
    same = (heard == batch["audio"][:, 0]).flatten(1).all(1)
    assert torch.equal(same, ~turned)
    assert turned.sum() == COUNT // 2
    with pytest.raises(SoundwalkError, match="swapped"):
        Pair("half", swapped=True)


def test_mixed_sounds_are_those_of_two_samples_equally_loud() -> None:
    batch = sample()
    plain = Pair().examples(batch, generator()).inputs["audio"]
    mixed = Pair(mixed=True).examples(batch, generator()).inputs["audio"]
    alike = plain / plain.square().mean((1, 2), keepdim=True).sqrt() * 0.1
    partners = []
    for i in range(COUNT):
        rest = (mixed[i] - alike[i] - alike).abs().amax((1, 2))
        assert rest.min() < 1e-6
        partners.append(int(rest.argmin()))
    assert sorted(partners) == list(range(COUNT))
    assert all(partner != i for i, partner in enumerate(partners))
    with pytest.raises(SoundwalkError, match="mixed"):
        Pair("half", mixed=True)


def test_frames_lie_side_by_side_in_the_channels() -> None:
    batch = sample(frames=2)
    batch["rgb"][:, :, 1] += 100
    inputs = view_inputs(batch)
    assert inputs["frames"].shape == (COUNT, 4, 4, 6)
    assert torch.equal(inputs["frames"][..., 3:], inputs["image"])
    assert torch.equal(inputs["frames"][..., :3], inputs["clip"][:, 0])


def test_a_shifted_sound_is_what_was_sent_that_many_frames_later() -> None:
    batch = sample(samples=2 * RATE + 100)
    shift = Shift(fps=10, margin=1.0, least=2, most=10, rate=RATE)
    found = shift.examples(batch, generator())
    moved = found.labels["shift"]
    assert torch.equal((moved == 0).float(), found.labels["label"])
    assert moved[moved != 0].abs().min() >= 2
    assert moved.abs().max() <= 10
    for i in range(COUNT):
        first = RATE + int(moved[i]) * 16
        assert torch.equal(found.inputs["audio"][i], batch["audio"][i, 0, :, first : first + 100])


def test_easy_negatives_are_other_samples_sounds() -> None:
    batch = sample(samples=2 * RATE + 100)
    shift = Shift(fps=10, margin=1.0, least=2, most=10, rate=RATE, easy=1.0)
    found = shift.examples(batch, generator())
    plain = Shift(fps=10, margin=1.0, least=2, most=10, rate=RATE).examples(batch, generator())
    for i in range(COUNT):
        aligned = bool(found.labels["label"][i])
        same = torch.equal(found.inputs["audio"][i], plain.inputs["audio"][i])
        assert same == aligned


def test_ears_are_swapped_against_the_image_where_the_label_says_so() -> None:
    batch = sample()
    batch["rgb"][..., :2, :] += 100  # the left half is brighter
    found = Flip().examples(batch, generator())
    for i in range(COUNT):
        image = found.inputs["image"][i].int()
        mirrored = bool(image[:, 0].sum() < image[:, -1].sum())
        swapped = torch.equal(found.inputs["audio"][i], batch["audio"][i, 0].flip(0))
        assert swapped or torch.equal(found.inputs["audio"][i], batch["audio"][i, 0])
        assert (swapped != mirrored) == bool(found.labels["label"][i])


def test_which_ear_is_which_says_nothing_of_the_answer() -> None:
    batch = sample()
    swapped, labels = [], []
    for seed in range(100):
        found = Flip().examples(batch, generator(seed))
        same = (found.inputs["audio"] == batch["audio"][:, 0]).flatten(1).all(1)
        swapped.append(~same)
        labels.append(found.labels["label"] > 0)
    agree = (torch.cat(swapped) == torch.cat(labels)).float().mean()
    assert 0.45 < agree < 0.55


def test_views_of_a_place_share_its_number_and_mirrored_ones_turn_the_other_way() -> None:
    batch = sample(views=3)
    found = Turn().examples(batch, generator())
    place, turn = (
        found.labels["place"].reshape(2, COUNT, 3),
        found.labels["turn"].reshape(2, COUNT, 3),
    )
    assert (place == place[..., :1]).all()
    assert len(set(place[..., 0].flatten().tolist())) == 2 * COUNT
    assert torch.equal(turn[0], batch["turn"])
    assert torch.equal(turn[1], -batch["turn"])
    heard = found.inputs["audio"].reshape(2, COUNT, 3, 2, -1)
    assert torch.equal(heard[1], batch["audio"].flip(2))
    level = found.labels["level"].reshape(2, COUNT, 3)
    assert torch.allclose(level[0], -level[1], atol=1e-5)


def test_the_level_is_positive_where_the_left_ear_is_louder() -> None:
    batch = sample(views=2)
    batch["audio"][:, :, 0] *= 10.0
    found = Turn(mirror=False).examples(batch, generator())
    assert (found.labels["level"] > 15).all()


def test_a_pair_of_views_is_heard_with_the_turn_between_them() -> None:
    batch = sample(views=3)
    found = Turn(hear=2, mirror=False).examples(batch, generator())
    for name, first in (("before", 0), ("audio", 1)):
        heard = found.inputs[name].reshape(COUNT, 2, 2, -1)
        assert torch.equal(heard, batch["audio"][:, first : first + 2])
    step = batch["turn"][:, 2] - batch["turn"][:, 1]
    motion = found.inputs["motion"].reshape(COUNT, 2, 2)
    assert torch.allclose(torch.atan2(motion[:, 1, 1], motion[:, 1, 0]), step, atol=1e-5)
    assert torch.equal(found.labels["turn"].reshape(COUNT, 2), batch["turn"][:, 1:])


def test_three_views_are_heard_with_the_turn_from_each_earlier_one() -> None:
    batch = sample(views=4)
    found = Turn(hear=3, mirror=False).examples(batch, generator())
    for name, first in (("earlier", 0), ("before", 1), ("audio", 2)):
        heard = found.inputs[name].reshape(COUNT, 2, 2, -1)
        assert torch.equal(heard, batch["audio"][:, first : first + 2])
    motion = found.inputs["motion"].reshape(COUNT, 2, 4)
    for column, back in ((0, 1), (2, 2)):
        step = batch["turn"][:, 3] - batch["turn"][:, 3 - back]
        angle = torch.atan2(motion[:, 1, column + 1], motion[:, 1, column])
        assert torch.allclose(angle, step, atol=1e-5)
    with pytest.raises(SoundwalkError, match="hear=5: expected 1 to 4 views"):
        Turn(hear=5)


def test_the_orientation_is_the_quarter_into_which_the_view_of_the_echo_is_turned() -> None:
    batch = sample(views=4)
    batch["turn"] = torch.tensor([[0.0, np.pi / 2, -np.pi, -np.pi / 2]]).repeat(COUNT, 1)
    found = Orientation().examples(batch, generator())
    for i in range(COUNT):
        assert torch.equal(found.inputs["echo"][i], batch["echo"][i, found.labels["label"][i]])
        assert torch.equal(found.inputs["image"][i], batch["rgb"][i, 0, -1])
    assert found.labels["label"].bincount(minlength=4).tolist() == [2, 2, 2, 2]


def test_a_mixture_is_the_sum_of_what_is_wanted_and_another_sample_at_the_same_level() -> None:
    batch = sample()
    batch["audio"][3] *= 50.0
    found = Mix().examples(batch, generator())
    wanted, other = found.labels["wanted"], found.labels["other"]
    assert torch.allclose(found.inputs["audio"], wanted + other)
    levels = torch.cat([wanted, other]).square().mean((1, 2)).sqrt()
    assert torch.allclose(levels, torch.full_like(levels, 0.1), atol=1e-4)
    assert not (wanted == other).flatten(1).all(1).any()


def test_silence_is_mixed_without_nan() -> None:
    batch = sample()
    batch["audio"][:] = 0.0
    assert torch.isfinite(Mix().examples(batch, generator()).inputs["audio"]).all()


def test_the_sensor_is_what_the_first_view_measures() -> None:
    batch = sample(views=2)
    assert torch.equal(Sensor().examples(batch, generator()).labels["label"], batch["depth"][:, 0])


def test_examples_of_parts_follow_each_other() -> None:
    parts = [Flip().examples(sample(), generator(seed)) for seed in range(2)]
    whole = joined(parts)
    assert torch.equal(whole.labels["label"][COUNT:], parts[1].labels["label"])
    assert len(whole.inputs["audio"]) == 2 * COUNT


@pytest.mark.parametrize(
    ("target", "lost", "words"),
    [
        (Pair("half"), "rgb", "needs rgb"),
        (Flip(), "audio", "needs audio"),
        (Turn(), "turn", "needs turn"),
        (Orientation(), "echo", "needs echo"),
        (Mix(), "audio", "needs audio"),
        (Sensor(), "depth", "needs depth"),
    ],
)
def test_what_the_data_do_not_hold_is_named(target: Pair, lost: str, words: str) -> None:
    batch = sample(views=4)
    del batch[lost]
    with pytest.raises(SoundwalkError, match=words):
        target.examples(batch, generator())


def test_a_target_that_the_data_cannot_answer_says_what_to_change() -> None:
    with pytest.raises(SoundwalkError, match=r"data\.views"):
        Turn(hear=2).examples(sample(views=2), generator())
    with pytest.raises(SoundwalkError, match=r"data\.views"):
        Orientation().examples(sample(), generator())
    with pytest.raises(SoundwalkError, match="margin"):
        Shift(fps=10, margin=0.5, most=15)
    with pytest.raises(SoundwalkError, match="least"):
        Shift(least=0)
    with pytest.raises(SoundwalkError, match="'batch'"):
        Pair("batches")
    batch = sample()
    batch["audio"] = batch["audio"][:, :, :1]
    with pytest.raises(SoundwalkError, match=r"data\.receiver"):
        Flip().examples(batch, generator())
    with pytest.raises(SoundwalkError, match="tests needs nothing_there"):
        need(batch, ("nothing_there",), "tests")
