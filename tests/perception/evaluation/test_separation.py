"""Separation is measured as other people's programs do, and silence breaks nothing."""

from __future__ import annotations

import fast_bss_eval
import mir_eval
import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from soundwalk.envs.interface import F64, SoundwalkError
from soundwalk.perception.evaluation.separation import Separation, bss_eval, si_sdr

seeds = st.integers(0, 10_000)
TIME = 2500


def sources(seed: int, count: int = 2, samples: int = TIME) -> F64:
    """Noises of different colour."""
    rng = np.random.default_rng(seed)
    noise = rng.standard_normal((count, samples + 8))
    return np.stack([np.convolve(n, rng.normal(size=9), "valid") for n in noise])


def estimates(seed: int, references: F64) -> F64:
    """Each source with a part of the others and noise, somewhat filtered."""
    rng = np.random.default_rng(seed)
    leaked = (np.eye(len(references)) + 0.3 * rng.uniform(size=(len(references),) * 2)) @ references
    echoed = leaked + 0.2 * np.roll(leaked, 20, -1)
    return np.asarray(echoed + 0.1 * rng.standard_normal(references.shape))


@pytest.mark.filterwarnings("ignore:.*mir_eval.separation.*:FutureWarning")
@pytest.mark.parametrize(("seed", "count"), [(0, 2), (1, 2), (2, 3)])
def test_sdr_sir_and_sar_are_those_of_mir_eval(seed: int, count: int) -> None:
    truth = sources(seed, count)
    guess = estimates(seed, truth)
    other = mir_eval.separation.bss_eval_sources(truth, guess, compute_permutation=False)
    found = bss_eval(guess, truth)
    for name, values in zip(("sdr", "sir", "sar"), other[:3], strict=True):
        assert found[name] == pytest.approx(values, abs=1e-3)


@pytest.mark.filterwarnings("ignore:.*mir_eval.separation.*:FutureWarning")
def test_what_is_exchanged_is_wrong_and_is_not_put_right() -> None:
    truth = sources(0)
    guess = estimates(0, truth)[::-1].copy()
    other = mir_eval.separation.bss_eval_sources(truth, guess, compute_permutation=False)
    assert bss_eval(guess, truth)["sir"] == pytest.approx(other[1], abs=1e-3)
    assert (bss_eval(guess, truth)["sir"] < 0).all()


@settings(max_examples=20)
@given(seeds)
def test_si_sdr_is_that_of_fast_bss_eval(seed: int) -> None:
    truth = sources(seed, 3, 500)
    guess = estimates(seed, truth)
    other = [
        float(fast_bss_eval.si_sdr(torch.from_numpy(s[None]), torch.from_numpy(e[None]))[0])
        for s, e in zip(truth, guess, strict=True)
    ]
    assert si_sdr(guess, truth) == pytest.approx(np.array(other), abs=1e-6)


@settings(max_examples=30)
@given(seeds, st.floats(-40, 40), st.sampled_from([-3.0, 0.01, 1.0, 50.0]))
def test_si_sdr_is_the_ratio_to_noise_that_is_orthogonal_whatever_the_scale(
    seed: int, level: float, scale: float
) -> None:
    truth, noise = sources(seed, 2, 300)
    noise -= (noise @ truth) / (truth @ truth) * truth
    noise *= np.linalg.norm(truth) / np.linalg.norm(noise) * 10 ** (-level / 20)
    assert si_sdr(scale * (truth + noise), truth) == pytest.approx(level, abs=1e-6)
    assert si_sdr(truth + noise, truth * scale) == pytest.approx(level, abs=1e-6)


def test_more_noise_is_never_better() -> None:
    truth = sources(0)
    noise = np.random.default_rng(1).standard_normal(truth.shape)
    levels = [0.01, 0.1, 1.0, 10.0]
    for name in ("sdr", "sar"):
        found = [bss_eval(truth + level * noise, truth)[name].mean() for level in levels]
        assert (np.diff(found) < 0).all()
    assert (np.diff([si_sdr(truth + level * noise, truth).mean() for level in levels]) < 0).all()


def test_a_perfect_estimate_has_100_db_and_a_silent_one_minus_100() -> None:
    truth = sources(0)
    perfect = {"si_sdr": si_sdr(truth, truth), **bss_eval(truth, truth)}
    silent = {"si_sdr": si_sdr(0 * truth, truth), **bss_eval(0 * truth, truth)}
    for name in perfect:
        assert (perfect[name] > 95).all()
        assert silent[name].tolist() == [-100.0, -100.0]


def test_sound_in_a_narrow_band_is_measured_too() -> None:
    time = np.arange(TIME) / 16_000
    truth = np.stack([np.sin(2 * np.pi * 440 * time), np.sin(2 * np.pi * 1000 * time)])
    found = bss_eval(truth + 0.01 * truth[::-1], truth)
    for values in found.values():
        assert np.isfinite(values).all()


def test_gains_are_taken_over_the_mixture() -> None:
    truth = np.stack([sources(seed) for seed in range(3)])
    guess = np.stack([estimates(seed, t) for seed, t in enumerate(truth)])
    mixture = truth.sum(1)
    log = Separation()
    log.update(guess[:1], truth[:1], mixture[:1])
    log.update(guess[1:], truth[1:], mixture[1:])
    found = log.compute()
    lazy = np.stack([mixture, mixture], 1)
    for name, after, before in (
        ("si_sdr", si_sdr(guess, truth), si_sdr(lazy, truth)),
        ("sdr", bss_eval(guess, truth)["sdr"], bss_eval(lazy, truth)["sdr"]),
    ):
        assert found[name] == pytest.approx(after.mean())
        assert found[f"{name}_gain"] == pytest.approx((after - before).mean())
    assert found["sdr_gain"] > 3
    assert log.intervals(n=50)["sdr"][0] == found["sdr"]
    log = Separation()
    log.update(lazy, truth, mixture)
    for name in ("si_sdr", "sdr", "sir", "sar"):
        assert log.compute()[f"{name}_gain"] == 0.0


def test_mixtures_with_a_silent_source_are_left_out() -> None:
    truth = np.stack([sources(0), sources(1)])
    truth[1, 1] = 0
    log = Separation()
    log.update(truth, truth, truth.sum(1))
    assert len(log) == 1
    assert np.isfinite(list(log.compute().values())).all()
    quiet = Separation()
    quiet.update(0 * truth, 0 * truth, 0 * truth.sum(1))
    with pytest.raises(SoundwalkError, match="no sample that it can measure"):
        quiet.compute()


def test_misuse_is_named() -> None:
    truth = sources(0)
    with pytest.raises(SoundwalkError, match="1 of 2 references are silent"):
        bss_eval(truth, truth * [[1], [0]])
    with pytest.raises(SoundwalkError, match="references of 400 samples"):
        bss_eval(truth[:, :400], truth[:, :400])
    with pytest.raises(SoundwalkError, match="estimate has the shape"):
        si_sdr(truth[:1], truth)
    with pytest.raises(SoundwalkError, match="estimate holds nan"):
        si_sdr(truth * np.nan, truth)
    with pytest.raises(SoundwalkError, match="mixture has the shape"):
        Separation().update(truth[None], truth[None], truth[None])
