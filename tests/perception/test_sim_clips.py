"""Batches computed ahead are those that were asked for, in order, and errors come through."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest

from soundwalk.envs.clips import ClipWorld
from soundwalk.envs.interface import SoundwalkError, wrap_angle
from soundwalk.envs.vector import AudioGoalVectorEnv
from soundwalk.perception.data.sim import EnvClips, SimClips


class Counting:
    """Batches that say their number, and by which threads they were made."""

    def __init__(self, fails_at: int = -1) -> None:
        self.made: list[int] = []
        self.threads: set[int] = set()
        self.fails_at = fails_at

    def batch(self, index: int, size: int) -> dict[str, np.ndarray[Any, Any]]:
        self.threads.add(threading.get_ident())
        self.made.append(index)
        if index == self.fails_at:
            raise SoundwalkError(f"batch {index} cannot be made")
        return {"index": np.full(size, index)}


def test_batches_come_in_order_from_where_it_was_told_to_start() -> None:
    with SimClips(Counting(), 3, start=5) as clips:
        found = [next(clips)["index"].tolist() for _ in range(4)]
        assert clips.index == 9
    assert found == [[n] * 3 for n in (5, 6, 7, 8)]


def test_another_thread_computes_as_many_batches_ahead_as_asked() -> None:
    source = Counting()
    with SimClips(source, 1, prefetch=3) as clips:
        next(clips)
    assert source.made[0] == 0
    assert len(source.made) <= 4
    assert source.threads.isdisjoint({threading.get_ident()})
    assert len(source.threads) == 1


def test_what_goes_wrong_in_the_thread_is_raised_where_the_batch_is_asked_for() -> None:
    with SimClips(Counting(fails_at=2), 1) as clips:
        assert [int(next(clips)["index"][0]) for _ in range(2)] == [0, 1]
        with pytest.raises(SoundwalkError, match="batch 2 cannot be made"):
            next(clips)
        assert int(next(clips)["index"][0]) == 3


def test_closing_ends_the_thread_and_the_iteration() -> None:
    before = threading.active_count()
    clips = SimClips(Counting(), 1)
    next(clips)
    clips.close()
    clips.close()
    assert threading.active_count() == before
    assert list(clips) == []


@pytest.mark.parametrize("wrong", [{"batch_size": 0}, {"start": -1}, {"prefetch": 0}])
def test_numbers_without_meaning_are_refused(wrong: dict[str, int]) -> None:
    name, value = next(iter(wrong.items()))
    with pytest.raises(SoundwalkError, match=f"{name}={value}: expected"):
        SimClips(Counting(), **{"batch_size": 1, **wrong})


def test_a_resumed_training_meets_the_batch_it_would_have_met() -> None:
    options: dict[str, Any] = {"rooms": 1, "homes": 2, "resolution": 16, "seconds": 0.1}
    with ClipWorld(**options) as world, SimClips(world, 4) as clips:
        expected = [next(clips) for _ in range(3)][2]
    with ClipWorld(**options) as world, SimClips(world, 4, start=2) as clips:
        found = next(clips)
    for key, value in expected.items():
        np.testing.assert_array_equal(found[key], value, err_msg=key)


def environment(**options: Any) -> AudioGoalVectorEnv:
    return AudioGoalVectorEnv(3, **{"rooms": (1, 2), "homes": 2, "resolution": 16, **options})


@pytest.fixture(scope="module")
def telling() -> Iterator[AudioGoalVectorEnv]:
    """Agents that emit and hear apart what sounds; their world tells where the goal is."""
    env = environment(privileged=True, stems=True, echolocation="always")
    yield env
    env.close()


def test_turns_of_an_agent_turn_azimuths_the_other_way(telling: AudioGoalVectorEnv) -> None:
    batch = EnvClips(telling, views=3).batch(0, 8)
    turn, azimuth, pose = batch["turn"], batch["azimuth"][..., 0], batch["pose"]
    assert batch["rgb"].shape == (8, 3, 1, 16, 16, 3)
    assert batch["depth"].shape == (8, 3, 16, 16)
    assert not turn[:, 0].any()
    assert np.abs(wrap_angle(np.diff(turn))).min() > 0.25
    np.testing.assert_allclose(wrap_angle(azimuth - azimuth[:, :1] + turn), 0, atol=1e-5)
    np.testing.assert_allclose(wrap_angle(pose[..., 2] - pose[:, :1, 2] - turn), 0, atol=1e-5)
    np.testing.assert_array_equal(pose[:, 1:, :2], np.repeat(pose[:, :1, :2], 2, 1))


def test_what_an_agent_hears_is_what_arrived_and_what_came_back(
    telling: AudioGoalVectorEnv,
) -> None:
    batch = EnvClips(telling, views=2, echo_seconds=0.25).batch(1, 4)
    assert batch["dry"].shape == (4, 2, 1, 4000)
    np.testing.assert_allclose(batch["wet"].sum(2) + batch["echo"], batch["audio"], atol=1e-6)
    assert EnvClips(telling).batch(1, 4)["echo"].shape == (4, 1, 2, 960)


def test_batches_of_an_environment_depend_on_seed_and_number_only(
    telling: AudioGoalVectorEnv,
) -> None:
    clips = EnvClips(telling, views=2, seed=3)
    first = clips.batch(2, 5)
    clips.batch(0, 2)
    again, other = clips.batch(2, 5), EnvClips(telling, views=2, seed=4).batch(2, 5)
    for key, value in first.items():
        np.testing.assert_array_equal(again[key], value, err_msg=key)
    assert not np.array_equal(first["pose"], other["pose"])


def test_what_an_environment_does_not_tell_is_absent() -> None:
    env = environment(sensors=("audio",))
    assert set(EnvClips(env).batch(0, 3)) == {"audio", "pose", "turn"}
    env.close()


def test_samples_do_not_reach_over_the_end_of_an_episode() -> None:
    """Episodes of 9 steps end while agents look around: those samples are left out."""
    env = environment(privileged=True, max_steps=9, sensors=("depth",))
    batch = EnvClips(env, views=3, walk=(1, 7), turns=(1, 2)).batch(0, 24)
    azimuth, turn = batch["azimuth"][..., 0], batch["turn"]
    assert len(azimuth) == 24
    np.testing.assert_allclose(wrap_angle(azimuth - azimuth[:, :1] + turn), 0, atol=1e-5)
    with pytest.raises(SoundwalkError, match="raise the environment's max_steps"):
        EnvClips(env, views=4, turns=(6, 6)).batch(0, 3)
    env.close()


@pytest.mark.parametrize("wrong", [{"views": 0}, {"turns": (0, 2)}, {"walk": (3, 1)}])
def test_walks_without_meaning_are_refused(telling: AudioGoalVectorEnv, wrong: Any) -> None:
    with pytest.raises(SoundwalkError, match="expected"):
        EnvClips(telling, **wrong)
