"""Offsets are found, and errors and answers are counted."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.dummy import DummyClassifier
from sklearn.metrics import accuracy_score

from soundwalk.envs.interface import SoundwalkError
from soundwalk.perception.evaluation.sync import (
    Answers,
    OffsetErrors,
    best_offset,
    offset_error,
)


@given(st.integers(-15, 15), st.integers(0, 1000))
def test_the_offset_with_the_highest_score_is_found(offset: int, seed: int) -> None:
    scores = np.random.default_rng(seed).uniform(size=(2, 31))
    scores[:, offset + 15] += 2
    found, sure = best_offset(scores)
    assert found.tolist() == [offset, offset]
    assert sure == pytest.approx(scores.max(1) - np.sort(scores, 1)[:, 15])


def test_of_equal_scores_the_smallest_shift_is_taken_without_confidence() -> None:
    offset, sure = best_offset(np.ones(31))
    assert (int(offset), float(sure)) == (0, 0.0)


@given(st.integers(0, 1000))
def test_the_shift_of_a_signal_is_found_by_its_correlation(seed: int) -> None:
    rng = np.random.default_rng(seed)
    signal, shift = rng.normal(size=200), int(rng.integers(-15, 16))
    moved = np.roll(signal, shift)
    scores = [signal @ np.roll(moved, -k) for k in range(-15, 16)]
    assert offset_error(best_offset(scores)[0], shift) == 0


def test_errors_are_counted_within_one_frame() -> None:
    log = OffsetErrors()
    log.update([3, -2, 15], [4, -2, -15])
    log.update([0], [2])
    found = log.compute()
    assert found["offset_mae"] == pytest.approx((1 + 0 + 30 + 2) / 4)
    assert found["offset_acc@1"] == 0.5
    assert log.intervals(n=50)["offset_acc@1"][0] == 0.5


def test_chance_is_what_guessing_gets() -> None:
    rng = np.random.default_rng(0)
    truth, guess = rng.integers(-15, 16, (2, 40_000))
    log = OffsetErrors()
    log.update(guess, truth)
    found = log.compute()
    assert found["offset_acc@1"] == pytest.approx(found["offset_acc@1_chance"], abs=0.005)
    near_the_end = OffsetErrors()
    near_the_end.update([15], [15])
    assert near_the_end.compute()["offset_acc@1_chance"] == pytest.approx(2 / 31)


def test_answers_are_counted_beside_the_most_frequent_one() -> None:
    rng = np.random.default_rng(0)
    truth, answer = rng.choice(3, 60, p=[0.2, 0.5, 0.3]), rng.integers(0, 3, 60)
    log = Answers("flip_accuracy")
    log.update(answer[:10], truth[:10])
    log.update(answer[10:], truth[10:])
    blind = DummyClassifier().fit(np.zeros((60, 1)), truth).predict(np.zeros((60, 1)))
    assert log.compute() == pytest.approx(
        {
            "flip_accuracy": accuracy_score(truth, answer),
            "flip_accuracy_chance": accuracy_score(truth, blind),
        }
    )


def test_booleans_are_answers() -> None:
    log = Answers()
    log.update([True, False], [True, True])
    assert log.compute() == {"shift_accuracy": 0.5, "shift_accuracy_chance": 1.0}


def test_misuse_is_named() -> None:
    with pytest.raises(SoundwalkError, match="scores of 30 offsets"):
        best_offset(np.ones(30))
    with pytest.raises(SoundwalkError, match="a true offset of -16 frames"):
        offset_error([0], [-16])
    with pytest.raises(SoundwalkError, match="offset has the shape"):
        OffsetErrors().update([0, 1], [0])
    with pytest.raises(SoundwalkError, match=r"answer holds 0\.3: expected whole numbers"):
        Answers().update([0.3], [1])
    with pytest.raises(SoundwalkError, match="answer has the shape"):
        Answers().update([1, 1], [1])
    with pytest.raises(SoundwalkError, match="scores holds nan"):
        best_offset([np.nan, 0.0, 0.0])
