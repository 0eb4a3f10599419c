"""The metrics on walks that one can follow with a finger, and their laws."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from soundwalk.envs.interface import SoundwalkError
from soundwalk.envs.tasks.metrics import (
    METRICS,
    EpisodeLog,
    bootstrap_interval,
    ndtg,
    sna,
    soft_spl,
    spl,
)

# Four walks on squared paper, shortest way 4 m: walked, left, success, actions, oracle's actions.
#  A straight there and STOP            : 4 m, 0 m left, 17 actions (16 steps, STOP), oracle 17
#  B round the block (3 + 4 + 3 m)      : 10 m, 0 m left, 44 actions (40 steps, 3 turns, STOP)
#  C half way, wrong STOP               : 2 m, 2 m left, 9 actions
#  D away from it, gave up              : 4 m, 8 m left, 17 actions
WALKED = np.array([4.0, 10.0, 2.0, 4.0])
LEFT = np.array([0.0, 0.0, 2.0, 8.0])
SUCCESS = np.array([1.0, 1.0, 0.0, 0.0])
ACTIONS = np.array([17, 44, 9, 17])


def test_spl_of_hand_worked_walks() -> None:
    np.testing.assert_allclose(spl(SUCCESS, 4.0, WALKED), [1.0, 0.4, 0.0, 0.0])


def test_soft_spl_of_hand_worked_walks_gives_credit_for_half_the_way() -> None:
    np.testing.assert_allclose(soft_spl(LEFT, 4.0, WALKED), [1.0, 0.4, 0.5, 0.0])


def test_sna_of_hand_worked_walks() -> None:
    np.testing.assert_allclose(sna(SUCCESS, 17, ACTIONS), [1.0, 17 / 44, 0.0, 0.0])


def test_ndtg_of_hand_worked_walks_exceeds_one_when_walking_away() -> None:
    np.testing.assert_allclose(ndtg(LEFT, 4.0), [0.0, 0.0, 0.5, 2.0])


def test_metrics_lie_between_zero_and_success_and_fall_with_every_detour() -> None:
    rng = np.random.default_rng(0)
    success = rng.integers(0, 2, 1000).astype(float)
    shortest, walked = rng.uniform(0.1, 20, 1000), rng.uniform(0, 40, 1000)
    fewest, actions = rng.integers(1, 100, 1000), rng.integers(1, 500, 1000)
    for value, more in (
        (spl(success, shortest, walked), spl(success, shortest, walked + 1)),
        (sna(success, fewest, actions), sna(success, fewest, actions + 1)),
    ):
        assert ((value >= 0) & (value <= success)).all()
        assert (more <= value).all()
    left = rng.uniform(0, 30, 1000)
    soft = soft_spl(left, shortest, walked)
    assert ((soft >= 0) & (soft <= 1)).all()
    np.testing.assert_allclose(soft_spl(0.0, shortest, walked), spl(1.0, shortest, walked))
    assert (soft[left >= shortest] == 0).all()


def test_walking_shorter_than_the_shortest_way_earns_no_bonus() -> None:
    # stopping 1 m before the goal is a success after 3 of 4 m
    assert spl(1.0, 4.0, 3.0) == 1.0
    assert sna(1.0, 17, 13) == 1.0


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: spl(1.0, 0.0, 1.0), "shortest holds 0: expected > 0; an episode that begins at"),
        (lambda: spl(1.0, 1.0, -1.0), "travelled holds -1: expected 0 or more"),
        (lambda: spl(np.nan, 1.0, 1.0), "success holds nan: expected finite"),
        (lambda: soft_spl(np.inf, 1.0, 1.0), "remaining holds inf"),
        (lambda: sna(1.0, [3, 0], 1), "fewest holds 0"),
        (lambda: bootstrap_interval([]), "no episodes to average"),
        (lambda: bootstrap_interval([1.0], resamples=0), "resamples=0, level=0.95"),
        (lambda: bootstrap_interval([1.0], level=95), "0 < level < 1"),
        (lambda: EpisodeLog().summary(), "no episodes to summarise"),
    ],
)
def test_numbers_that_cannot_be_scored_are_refused(call: Any, message: str) -> None:
    with pytest.raises(SoundwalkError, match=message):
        call()


def test_the_bootstrap_interval_is_the_normal_one_for_large_samples() -> None:
    values = np.random.default_rng(0).binomial(1, 0.7, 2000).astype(float)
    mean, low, high = bootstrap_interval(values)
    half = 1.96 * values.std() / np.sqrt(len(values))
    assert mean == pytest.approx(values.mean())
    assert (mean - low, high - mean) == pytest.approx((half, half), rel=0.1)


def test_the_bootstrap_interval_covers_the_truth_as_often_as_it_says() -> None:
    rng, covered = np.random.default_rng(1), 0
    for trial in range(300):
        _, low, high = bootstrap_interval(rng.exponential(1.0, 80), seed=trial, resamples=300)
        covered += low <= 1.0 <= high
    assert 0.89 <= covered / 300 <= 0.98


def test_the_bootstrap_interval_repeats_and_widens_with_its_level() -> None:
    values = np.random.default_rng(2).normal(size=50)
    assert bootstrap_interval(values, seed=3) == bootstrap_interval(values, seed=3)
    assert bootstrap_interval(values, seed=3) != bootstrap_interval(values, seed=4)
    _, low, high = bootstrap_interval(values)
    _, lower, higher = bootstrap_interval(values, level=0.99)
    assert lower < low < high < higher


def test_a_log_of_batches_gives_the_means_and_intervals_of_all_episodes() -> None:
    log = EpisodeLog()
    log.add({"success": SUCCESS[:1], "dtg": LEFT[:1]})
    log.add({"success": SUCCESS[1:], "dtg": LEFT[1:]})
    log.add({"success": 1.0, "dtg": 0.5})
    assert len(log) == 5
    np.testing.assert_array_equal(log.values("dtg"), [*LEFT, 0.5])
    summary = log.summary(seed=7)
    assert summary["success"]["mean"] == 0.6
    mean, low, high = bootstrap_interval([*LEFT, 0.5], seed=7)
    assert summary["dtg"] == {"mean": mean, "low": low, "high": high}


def test_a_log_refuses_batches_that_do_not_match() -> None:
    log = EpisodeLog()
    with pytest.raises(SoundwalkError, match="expected equal lengths"):
        log.add({"success": [1.0], "dtg": [1.0, 2.0]})
    log.add({"success": [1.0]})
    with pytest.raises(SoundwalkError, match=r"and the keys \['success'\]"):
        log.add({"spl": [1.0]})
    with pytest.raises(SoundwalkError, match="success holds nan"):
        log.add({"success": [np.nan]})


def test_the_published_metric_names_are_the_contract() -> None:
    assert METRICS == (
        "success", "spl", "soft_spl", "sna", "dtg", "ndtg", "na", "sws", "reward",
    )  # fmt: skip
