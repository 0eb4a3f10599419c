"""Batches computed ahead are those that were asked for, in order, and errors come through."""

from __future__ import annotations

import threading
from typing import Any

import numpy as np
import pytest

from soundwalk.envs.clips import ClipWorld
from soundwalk.envs.interface import SoundwalkError
from soundwalk.perception.data.sim import SimClips


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
