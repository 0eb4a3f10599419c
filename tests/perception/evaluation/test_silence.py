"""A localizer that keeps still where nothing that is seen sounds is better than another."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.metrics import f1_score

from soundwalk.envs.interface import F64, Bool, SoundwalkError
from soundwalk.perception.data.sample import NOISE, OFFSCREEN, SILENT, VISIBLE
from soundwalk.perception.evaluation.silence import (
    SilenceAware,
    average_precision,
    confidence,
    image_area,
    max_f1,
    precision_recall,
    universal_threshold,
)

SIDE = 8


def counted(c: F64, right: Bool, visible: Bool, threshold: float) -> tuple[float, float]:
    """Precision and recall by going through the samples one by one."""
    tp = fp = fn = 0
    for confident, good, seen in zip(c >= threshold, right, visible, strict=True):
        if confident:
            tp += seen and good
            fp += not (seen and good)
        else:
            fn += seen
    return (tp / (tp + fp) if tp + fp else 1.0), (tp / (tp + fn) if tp + fn else 0.0)


def answers(seed: int, count: int = 25) -> tuple[F64, Bool, Bool]:
    rng = np.random.default_rng(seed)
    c = rng.integers(0, 12, count) / 10
    visible = rng.uniform(size=count) < 0.6
    visible[0] = True
    return c, rng.uniform(size=count) < 0.7, visible


seeds = st.integers(0, 10_000)


@given(seeds)
def test_precision_and_recall_are_what_counting_gives(seed: int) -> None:
    c, right, visible = answers(seed)
    thresholds, p, r = precision_recall(c, right, visible)
    assert thresholds.tolist() == sorted(set(c), reverse=True)
    other = np.array([counted(c, right, visible, t) for t in thresholds])
    assert p == pytest.approx(other[:, 0])
    assert r == pytest.approx(other[:, 1])
    assert (np.diff(r) >= 0).all()


@settings(max_examples=25)
@given(seeds)
def test_average_precision_is_the_area_under_the_envelope(seed: int) -> None:
    _, p, r = precision_recall(*answers(seed))
    fine = (np.arange(20_000) + 0.5) / 20_000  # the envelope at recall x is the best P with R >= x
    envelope = [p[r >= x].max() if (r >= x).any() else 0.0 for x in fine[::20]]
    assert average_precision(p, r) == pytest.approx(np.mean(envelope), abs=2e-3)


@settings(max_examples=25)
@given(seeds)
def test_max_f1_is_the_best_that_scikit_learn_finds_where_every_map_is_right(seed: int) -> None:
    c, _, visible = answers(seed)
    _, p, r = precision_recall(c, np.ones(len(c)), visible)
    assert max_f1(p, r) == pytest.approx(max(f1_score(visible, c >= t) for t in set(c)))


def test_a_hand_worked_case() -> None:
    # falling confidence: right, off-screen, wrong, right; one visible source per right or wrong
    c, right, visible = [0.9, 0.8, 0.7, 0.6], [1, 0, 0, 1], [1, 0, 1, 1]
    thresholds, p, r = precision_recall(c, right, visible)
    assert thresholds.tolist() == c
    assert p == pytest.approx([1, 1 / 2, 1 / 3, 1 / 2])
    assert r == pytest.approx([1 / 3, 1 / 3, 1 / 2, 1])  # the wrong one is no longer a miss
    assert average_precision(p, r) == pytest.approx(1 / 3 + 1 / 6 * 1 / 2 + 1 / 2 * 1 / 2)
    assert max_f1(p, r) == pytest.approx(2 / 3)


@given(seeds)
def test_confidence_on_the_right_samples_gives_the_best_precision(seed: int) -> None:
    _, right, visible = answers(seed)
    good = right & visible
    if good.any():
        _, p, r = precision_recall(good * 1.0, right, visible)
        assert p[0] == 1.0
        _, p, r = precision_recall(good * 1.0, right, good)
        assert average_precision(p, r) == max_f1(p, r) == 1.0


def test_confidence_is_the_mean_of_the_top_quarter() -> None:
    rng = np.random.default_rng(0)
    maps = rng.normal(size=(5, SIDE, SIDE))
    other = [np.mean(sorted(m.ravel())[-16:]) for m in maps]
    assert confidence(maps) == pytest.approx(np.array(other))
    assert confidence(np.zeros((1, 1))) == 0.0


@given(seeds, st.floats(-1, 1), st.floats(0, 1))
def test_the_area_falls_with_the_threshold(seed: int, threshold: float, more: float) -> None:
    maps = np.random.default_rng(seed).normal(size=(3, SIDE, SIDE))
    low, high = image_area(maps, threshold), image_area(maps, threshold + more)
    assert (high >= 0).all()
    assert (high <= low).all()
    assert (low <= 1).all()


def test_the_universal_threshold_is_the_largest_third_quartile_of_the_negatives() -> None:
    peaks = [9.0, 0.0, 1.0, 2.0, 3.0, 4.0, 1.0, 1.0]
    kind = [VISIBLE, *[SILENT] * 5, NOISE, OFFSCREEN]
    assert universal_threshold(peaks, kind) == 3.0


def samples(active: float) -> tuple[F64, Bool, np.ndarray[tuple[int], np.dtype[np.int64]]]:
    """Perfect maps of visible objects; elsewhere maps that reach `active`."""
    rng = np.random.default_rng(0)
    kind = np.arange(40) % 4
    masks = np.zeros((40, SIDE, SIDE), bool)
    masks[:, :5, :5] = True
    maps = 0.01 * rng.uniform(size=masks.shape)
    maps[kind == VISIBLE] += masks[kind == VISIBLE]
    maps[kind != VISIBLE] += active * masks[kind != VISIBLE]
    return maps, masks, kind


def test_a_quiet_model_is_better_than_one_that_always_hears_something() -> None:
    found = []
    for active in (0.1, 0.5, 1.0, 1.5):
        log = SilenceAware()
        log.update(*samples(active))
        found.append(log.compute())
    assert found[0]["ap"] == found[0]["max_f1"] == found[0]["universal_ciou@.5"] == 1.0
    assert found[3]["ap"] == pytest.approx(0.25)  # the share of visible ones: confidence misleads
    assert found[0]["pia_visible"] == pytest.approx(25 / 64)
    assert found[0]["pia_silent"] < 0.05
    assert found[3]["universal_ciou@.5"] == 0.0


def test_a_given_threshold_holds_for_all_kinds() -> None:
    maps, masks, kind = samples(1.0)
    log = SilenceAware(threshold=0.5)
    log.update(maps[:20], masks[:20], kind[:20])
    log.update(maps[20:], masks[20:], kind[20:])
    found = log.compute()
    for name in ("visible", "offscreen", "silent", "noise"):
        assert found[f"pia_{name}"] == pytest.approx(25 / 64)
    assert log.intervals(n=50)["ap"][0] == found["ap"]


def test_a_source_without_a_pixel_counts_as_off_screen() -> None:
    maps, masks, kind = samples(0.1)
    masks[kind == VISIBLE] = False
    log = SilenceAware()
    log.update(maps, masks, kind)
    assert "ap" not in log.compute()
    assert "pia_visible" not in log.compute()


def test_without_negatives_there_is_no_universal_threshold() -> None:
    maps, masks, kind = samples(0.1)
    log = SilenceAware()
    log.update(maps[kind == VISIBLE], masks[kind == VISIBLE], kind[kind == VISIBLE])
    assert log.compute() == {"ap": 1.0, "max_f1": 1.0}


def test_misuse_is_named() -> None:
    maps, masks, kind = samples(0.1)
    with pytest.raises(SoundwalkError, match="none of 2 sources is visible"):
        precision_recall([0.1, 0.2], [1, 1], [0, 0])
    with pytest.raises(SoundwalkError, match="right has the shape"):
        precision_recall([0.1, 0.2], [1], [1, 0])
    with pytest.raises(SoundwalkError, match="scores holds nan"):
        precision_recall([np.nan], [1], [1])
    with pytest.raises(SoundwalkError, match="falls"):
        average_precision([1.0, 1.0], [0.5, 0.2])
    with pytest.raises(SoundwalkError, match="all 2 samples are visible"):
        universal_threshold([0.1, 0.2], [0, 0])
    with pytest.raises(SoundwalkError, match="kind holds 4"):
        SilenceAware().update(maps, masks, kind + 1)
    with pytest.raises(SoundwalkError, match="kind has the shape"):
        SilenceAware().update(maps, masks, kind[:3])
    with pytest.raises(SoundwalkError, match="masks has the shape"):
        SilenceAware().update(maps, masks[:, 1:], kind)
