"""Depth errors are what their formulas say, of each image, where the depth is known."""

from __future__ import annotations

from math import log10, sqrt

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from soundwalk.envs.interface import F64, SoundwalkError
from soundwalk.perception.evaluation.depth import MEASURES, DepthErrors, depth_errors

seeds = st.integers(0, 10_000)


def images(seed: int, count: int = 3) -> tuple[F64, F64]:
    rng = np.random.default_rng(seed)
    truth = rng.uniform(0.3, 8.0, (count, 5, 6))
    truth[rng.uniform(size=truth.shape) < 0.2] = 0.0
    truth[:, 0, 0] = 1.0
    return rng.uniform(-0.1, 8.0, truth.shape), truth


def by_pixels(prediction: F64, truth: F64) -> dict[str, float]:
    """Every measure of one image as a sum over its pixels."""
    sums, known = dict.fromkeys(MEASURES, 0.0), 0
    for raw, d in zip(prediction.ravel(), truth.ravel(), strict=True):
        if d <= 0:
            continue
        p, known = max(raw, 1e-3), known + 1
        sums["rmse"] += (p - d) ** 2
        sums["rel"] += abs(p - d) / d
        sums["log10"] += abs(log10(p) - log10(d))
        sums["mae"] += abs(p - d)
        for k in (1, 2, 3):
            sums[f"delta{k}"] += max(d / p, p / d) < 1.25**k
    found = {key: total / known for key, total in sums.items()}
    return found | {"rmse": sqrt(found["rmse"])}


@given(seeds)
def test_errors_are_the_sums_over_known_pixels(seed: int) -> None:
    prediction, truth = images(seed)
    found = depth_errors(prediction, truth)
    assert tuple(found) == MEASURES
    for i in range(len(truth)):
        assert {k: v[i] for k, v in found.items()} == pytest.approx(
            by_pixels(prediction[i], truth[i])
        )


@given(seeds, st.floats(0.2, 5.0))
def test_a_depth_that_is_off_by_a_factor_is_off_by_it_everywhere(seed: int, factor: float) -> None:
    truth = images(seed)[1]
    found = depth_errors(truth * factor, truth)
    assert found["rel"] == pytest.approx(np.full(3, abs(factor - 1)))
    assert found["log10"] == pytest.approx(np.full(3, abs(log10(factor))))
    ratio = max(factor, 1 / factor)
    for k in (1, 2, 3):
        if abs(ratio - 1.25**k) > 1e-6:
            assert (found[f"delta{k}"] == (ratio < 1.25**k)).all()


@given(seeds)
def test_the_truth_is_best_and_the_deltas_grow(seed: int) -> None:
    prediction, truth = images(seed)
    best, found = depth_errors(truth, truth), depth_errors(prediction, truth)
    for key in MEASURES:
        assert (best[key] == key.startswith("delta")).all()
    assert (found["delta1"] <= found["delta2"]).all()
    assert (found["delta2"] <= found["delta3"]).all()
    assert (found["mae"] <= found["rmse"] + 1e-12).all()


def test_what_lies_where_no_depth_is_known_does_not_matter() -> None:
    prediction, truth = images(0)
    changed = np.where(truth > 0, prediction, 99.0)
    for key, values in depth_errors(changed, truth).items():
        assert values == pytest.approx(depth_errors(prediction, truth)[key])


def test_images_count_alike_however_many_pixels_are_known() -> None:
    truth = np.zeros((2, 4, 4))
    truth[0], truth[1, 0, 0] = 2.0, 2.0
    prediction = np.stack([np.full((4, 4), 3.0), np.full((4, 4), 2.0)])
    log = DepthErrors()
    log.update(prediction[:1], truth[:1])
    log.update(prediction[1:], truth[1:])
    log.update(prediction[:1], 0 * truth[:1])  # knows nothing: left out
    assert len(log) == 2
    assert log.compute()["rmse"] == 0.5
    assert log.intervals(n=100)["rmse"] == (0.5, 0.0, 1.0)


@pytest.mark.parametrize(
    ("prediction", "truth", "says"),
    [
        (np.ones((2, 3)), np.ones((3, 2)), "prediction has the shape"),
        (np.full((2, 2), np.nan), np.ones((2, 2)), "prediction holds nan"),
        (np.ones((2, 2)), np.full((2, 2), np.inf), "truth holds inf"),
        (np.ones((2, 2)), np.zeros((2, 2)), "1 of 1 images hold no depth"),
        (np.ones((0, 2, 2)), np.ones((0, 2, 2)), "one entry"),
    ],
)
def test_images_that_make_no_sense_are_refused(prediction: F64, truth: F64, says: str) -> None:
    with pytest.raises(SoundwalkError, match=says):
        depth_errors(prediction, truth)


def test_nothing_known_at_all_is_an_error_in_the_end() -> None:
    log = DepthErrors()
    log.update(np.ones((1, 2, 2)), np.zeros((1, 2, 2)))
    with pytest.raises(SoundwalkError, match="no sample that it can measure"):
        log.compute()
