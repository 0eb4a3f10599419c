"""Intervals cover what they say, and accumulators forget nothing."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from soundwalk.envs.interface import SoundwalkError
from soundwalk.perception.evaluation.intervals import (
    Accumulator,
    Rows,
    bootstrap,
    bootstrap_of,
    mean_of,
    present,
)


class Spread(Accumulator):
    """Mean, median and, of more than three samples, the largest."""

    def update(self, values: npt.ArrayLike, **more: npt.NDArray[np.float64]) -> None:
        self._add(value=np.asarray(values, float), **more)

    def summary(self, rows: Rows) -> dict[str, float]:
        v = rows["value"]
        return {"mean": v.mean(), "median": float(np.median(v))} | (
            {"largest": v.max()} if v.max() > 3 else {}
        )


def test_the_interval_is_that_of_scipy() -> None:
    values = np.random.default_rng(0).exponential(size=60)
    mean, low, high = bootstrap(values, n=4000)
    other = stats.bootstrap(
        (values,), np.mean, n_resamples=4000, method="percentile", rng=np.random.default_rng(1)
    ).confidence_interval
    assert mean == pytest.approx(values.mean())
    assert (low, high) == pytest.approx(tuple(other), abs=0.02)


def test_nineteen_of_twenty_intervals_hold_the_true_mean() -> None:
    rng = np.random.default_rng(0)
    hits = 0
    for seed in range(300):
        _, low, high = bootstrap(rng.normal(2.0, 1.0, 80), seed, 300)
        hits += low <= 2.0 <= high
    assert 0.90 <= hits / 300 <= 0.98


@given(st.lists(st.floats(-10, 10), min_size=1, max_size=30), st.floats(-3, 3), st.integers(0, 9))
def test_an_interval_holds_its_mean_and_moves_with_the_values(
    values: list[float], shift: float, seed: int
) -> None:
    mean, low, high = bootstrap(values, seed, 50)
    moved = bootstrap(np.array(values) + shift, seed, 50)
    assert min(values) - 1e-9 <= low <= high <= max(values) + 1e-9
    assert moved == pytest.approx((mean + shift, low + shift, high + shift), abs=1e-6)
    assert bootstrap(values, seed, 50) == (mean, low, high)


def test_many_values_are_drawn_in_blocks_of_bounded_size() -> None:
    mean, low, high = bootstrap(np.arange(40_000.0), n=60)
    error = np.arange(40_000.0).std() / 200
    assert low == pytest.approx(mean - 1.96 * error, abs=error)
    assert high == pytest.approx(mean + 1.96 * error, abs=error)


def test_the_interval_of_any_statistic_agrees_with_that_of_the_mean() -> None:
    values = np.random.default_rng(1).normal(size=50)
    found = bootstrap_of(lambda rows: {"mean": float(rows["v"].mean())}, {"v": values}, 3, 500)
    assert found["mean"] == pytest.approx(bootstrap(values, 3, 500), abs=1e-12)


def test_an_accumulator_gives_the_same_whatever_the_batches() -> None:
    values = np.random.default_rng(0).normal(size=40)
    whole, parts = Spread(), Spread()
    whole.update(values)
    for part in np.split(values, [3, 17, 18]):
        parts.update(part)
    assert len(parts) == 40
    assert parts.compute() == whole.compute()
    assert parts.intervals(1, 40) == whole.intervals(1, 40)


def test_a_number_that_some_resamples_lack_still_has_an_interval() -> None:
    spread = Spread()
    spread.update([0.0, 1.0, 5.0])
    assert spread.intervals(n=50)["largest"] == (5.0, 5.0, 5.0)


def test_what_does_not_apply_is_left_out_of_means() -> None:
    assert mean_of(np.array([1.0, np.nan, 3.0])) == 2.0
    assert present(a=mean_of(np.array([np.nan])), b=1.0) == {"b": 1.0}


@pytest.mark.parametrize("values", [[], [1.0, np.nan], [np.inf]])
def test_values_that_have_no_mean_are_refused(values: list[float]) -> None:
    with pytest.raises(SoundwalkError, match=r"values ha|values holds"):
        bootstrap(values)


def test_misuse_is_named() -> None:
    with pytest.raises(SoundwalkError, match="n=0"):
        bootstrap([1.0], n=0)
    with pytest.raises(SoundwalkError, match="one length"):
        bootstrap_of(lambda _: {}, {"a": np.zeros(2), "b": np.zeros(3)})
    spread = Spread()
    with pytest.raises(SoundwalkError, match="Spread has seen no sample"):
        spread.compute()
    spread.update([1.0])
    with pytest.raises(SoundwalkError, match="before that value"):
        spread.update([1.0], other=np.ones(1))
    with pytest.raises(SoundwalkError, match="one length"):
        Spread().update([1.0], other=np.ones(2))
