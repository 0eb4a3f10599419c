"""Events are detected and localized together, matched as well as they can be."""

from __future__ import annotations

from itertools import permutations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from soundwalk.envs.interface import F64, I64, SoundwalkError
from soundwalk.perception.evaluation.seld import SeldScores, seld_counts, seld_scores

Events = tuple[I64, F64]


def at(*degrees: float) -> list[list[float]]:
    """Directions in the plane."""
    return [[float(np.cos(a)), float(np.sin(a))] for a in np.radians(degrees)]


def events(rng: np.random.Generator, frames: int, places: int) -> Events:
    return rng.integers(-1, 3, (frames, places)), rng.normal(size=(frames, places, 3))


def by_trying(heard: Events, truth: Events, within: float) -> dict[str, float]:
    """The scores, with every way of pairing events tried."""
    tp = spatial = fp = fn = wrong = total = matched = 0
    angle = 0.0
    for c, u, c_true, u_true in zip(*heard, *truth, strict=True):
        false_here = missed_here = 0
        for kind in range(3):
            a, b = u[c == kind], u_true[c_true == kind]
            total += len(b)
            few, many = (a, b) if len(a) < len(b) else (b, a)
            unit = [v / np.linalg.norm(v, axis=1, keepdims=True) for v in (few, many)]
            angles = min(
                (
                    [np.degrees(np.arccos(np.clip(unit[0][i] @ unit[1][j], -1, 1)))
                     for i, j in enumerate(order)]
                    for order in permutations(range(len(many)), len(few))
                ),
                key=sum,
            )  # fmt: skip
            near = sum(x <= within for x in angles)
            tp, spatial = tp + near, spatial + len(angles) - near
            matched, angle = matched + len(angles), angle + sum(angles)
            fp, fn = fp + len(a) - len(angles), fn + len(b) - len(angles)
            false_here += len(a) - near
            missed_here += len(b) - len(angles)
        substituted = min(false_here, missed_here)
        wrong += substituted + (missed_here - substituted) + (false_here - substituted)
    scores = [
        tp / (tp + spatial + (fp + fn) / 2), wrong / total, angle / matched if matched else 180.0,
        matched / total,
    ]  # fmt: skip
    f20, er20, error, recall = scores
    mean = (er20 + 1 - f20 + error / 180 + 1 - recall) / 4
    return dict(zip(("f20", "er20", "le_cd", "lr_cd", "score"), [*scores, mean], strict=True))


@settings(max_examples=40)
@given(st.integers(0, 10_000), st.integers(1, 4), st.integers(1, 4))
def test_scores_are_those_of_the_best_of_all_pairings(seed: int, places: int, true: int) -> None:
    rng = np.random.default_rng(seed)
    heard, truth = events(rng, 4, places), events(rng, 4, true)
    if (truth[0] >= 0).any():
        found = seld_scores(seld_counts(*heard, *truth, within=60))
        assert found == pytest.approx(by_trying(heard, truth, 60))


def test_a_hand_worked_case() -> None:
    # class 0 within 20 degrees; class 1 at 90 degrees; class 2 missed, class 3 made up
    counts = seld_counts([[0, 1, 3]], [at(10, 90, 0)], [[0, 1, 2]], [at(0, 0, 50)])
    found = seld_scores(counts)
    assert found["f20"] == pytest.approx(1 / (1 + 1 + 1))
    assert found["er20"] == pytest.approx(2 / 3)  # the far one and the missed one: S 1, I 1
    assert found["le_cd"] == pytest.approx((10 + 90) / 2)
    assert found["lr_cd"] == pytest.approx(2 / 3)
    assert found["score"] == pytest.approx((2 / 3 + 2 / 3 + 50 / 180 + 1 / 3) / 4)


def test_events_of_one_class_are_paired_at_the_least_total_angle() -> None:
    counts = seld_counts([[0, 0]], [at(50, 5)], [[0, 0]], [at(0, 45)])
    assert counts["tp"] == 2
    assert counts["angle"] == pytest.approx(10)


@given(st.integers(0, 10_000))
def test_the_order_of_events_does_not_matter_and_the_truth_is_perfect(seed: int) -> None:
    rng = np.random.default_rng(seed)
    heard, truth = events(rng, 3, 3), events(rng, 3, 3)
    order = rng.permutation(3)
    shuffled = heard[0][:, order], heard[1][:, order]
    assert seld_counts(*heard, *truth) == pytest.approx(seld_counts(*shuffled, *truth))
    if (truth[0] >= 0).any():
        perfect = seld_scores(seld_counts(truth[0][:, order], truth[1][:, order], *truth))
        best = {"f20": 1, "er20": 0, "le_cd": 0, "lr_cd": 1, "score": 0}
        assert perfect == pytest.approx(best, abs=1e-5)


def test_hearing_nothing_is_as_far_off_as_can_be() -> None:
    found = seld_scores(seld_counts([[-1]], [at(0)], [[0]], [at(0)]))
    assert found == {"f20": 0.0, "er20": 1.0, "le_cd": 180.0, "lr_cd": 0.0, "score": 1.0}


def test_clips_are_summed_before_they_are_scored() -> None:
    rng = np.random.default_rng(0)
    heard, truth = events(rng, 12, 2), events(rng, 12, 3)
    log = SeldScores(within=45)
    for part in (slice(0, 2), slice(2, 3)):
        log.update(*(a.reshape(3, 4, *a.shape[1:])[part] for a in (*heard, *truth)))
    assert log.compute() == pytest.approx(seld_scores(seld_counts(*heard, *truth, within=45)))
    low, high = log.intervals(n=100)["er20"][1:]
    assert low <= log.compute()["er20"] <= high


def test_misuse_is_named() -> None:
    with pytest.raises(SoundwalkError, match="true_category holds"):
        seld_counts([[0]], [at(0)], [[-2]], [at(0)])
    with pytest.raises(SoundwalkError, match="category holds"):
        seld_counts([[0.5]], [at(0)], [[0]], [at(0)])
    with pytest.raises(SoundwalkError, match="same number of frames"):
        seld_counts([[0]], [at(0)], [[0], [0]], [at(0), at(0)])
    with pytest.raises(SoundwalkError, match="category has the shape"):
        seld_counts([[0, 0]], [at(0)], [[0]], [at(0)])
    with pytest.raises(SoundwalkError, match="direction holds nan"):
        seld_counts([[0]], [[[np.nan, 0]]], [[0]], [at(0)])
    with pytest.raises(SoundwalkError, match="within=0"):
        seld_counts([[0]], [at(0)], [[0]], [at(0)], within=0)
    with pytest.raises(SoundwalkError, match="truth holds no event"):
        seld_scores(seld_counts([[0]], [at(0)], [[-1]], [at(0)]))
    with pytest.raises(SoundwalkError, match="same number of clips"):
        SeldScores().update([[[0]]], [[at(0)]], [[[0]], [[0]]], [[at(0)], [at(0)]])
