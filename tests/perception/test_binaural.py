"""Interaural cues against known delays, gains and Rayleigh's sphere."""

from __future__ import annotations

from math import pi

import numpy as np
import pytest
from scipy.signal import correlate

from soundwalk.envs.acoustics.head import surface_pressure
from soundwalk.envs.interface import F32, SoundwalkError
from soundwalk.perception.features import (
    CUE_NAMES,
    azimuth_to_itd,
    binaural_cues,
    gcc_phat,
    interaural_level,
    interaural_phase,
    itd_to_azimuth,
)


def delayed(lag: float, gain: float = 1.0, size: int = 4000, seed: int = 0) -> F32:
    """Noise (2, T) that the right ear hears `lag` samples later and `gain` times as loud."""
    rng = np.random.default_rng(seed)
    spectrum = np.fft.rfft(rng.standard_normal(size))
    turn = np.exp(-2j * np.pi * np.fft.rfftfreq(size) * lag)
    ears = [np.fft.irfft(spectrum, size), gain * np.fft.irfft(spectrum * turn, size)]
    return (0.1 * np.stack(ears)).astype(np.float32)


@pytest.mark.parametrize("lag", [-9, -1, 0, 4, 10])
def test_gcc_phat_peaks_at_the_delay_as_plain_correlation_does(lag: int) -> None:
    audio = delayed(lag)
    plain = correlate(audio[1], audio[0], mode="full")[4000 - 15 : 4000 + 14]
    assert gcc_phat(audio, 14).argmax() - 14 == plain.argmax() - 14 == lag


def test_gcc_phat_interpolates_between_samples() -> None:
    for lag in (-3.25, 0.5, 6.75):
        assert gcc_phat(delayed(lag), 14, upsample=4).argmax() / 4 - 14 == pytest.approx(lag)


def test_upsampled_lags_contain_the_plain_ones() -> None:
    audio = delayed(3)
    np.testing.assert_allclose(gcc_phat(audio, 9, 3)[::3], gcc_phat(audio, 9), atol=1e-5)


def test_gcc_phat_takes_any_leading_axes_and_does_not_mind_loudness() -> None:
    audio = np.stack([delayed(2), 1e-3 * delayed(2)])[None]
    result = gcc_phat(audio, 5)
    assert result.shape == (1, 2, 11)
    np.testing.assert_allclose(result[0, 0], result[0, 1], atol=1e-3)


def test_interaural_level_is_the_gain_between_the_ears() -> None:
    np.testing.assert_allclose(interaural_level(delayed(0, 0.5)), 20 * np.log10(2), atol=1e-3)
    assert np.all(interaural_level(np.zeros((2, 400), np.float32)) == 0)


def test_interaural_phase_grows_with_frequency_as_the_delay_says() -> None:
    phase = interaural_phase(delayed(2))
    assert phase.shape == (257, 23)
    bins = np.arange(10, 100)
    np.testing.assert_allclose(np.median(phase, 1)[bins], 2 * pi * bins / 512 * 2, atol=0.1)


def test_the_delay_is_odd_symmetric_front_to_back_and_of_known_size() -> None:
    azimuth = np.linspace(-pi, pi, 73)
    itd = azimuth_to_itd(azimuth)
    np.testing.assert_allclose(itd, -azimuth_to_itd(-azimuth), atol=1e-12)
    np.testing.assert_allclose(itd, azimuth_to_itd(pi - azimuth), atol=1e-12)
    assert 0.66e-3 < itd.max() < 0.7e-3


@pytest.mark.parametrize(("low", "high"), [(500, 3000), (3000, 6500)])
def test_the_delay_is_that_of_rayleighs_series_over_broad_bands(low: int, high: int) -> None:
    frequency = np.arange(50.0, high, 50.0)
    omega, used = 2 * pi * frequency, frequency > low
    for azimuth in np.radians([-80, -40, 20, 60, 90]):
        ears = np.sin(azimuth) * np.array([1.0, -1.0])
        pressure = np.array([surface_pressure(f, ears, 0.0875) for f in frequency])
        phase = np.unwrap(np.angle(pressure[:, 0] * pressure[:, 1].conj()))
        exact = (omega * phase)[used].sum() / (omega**2)[used].sum()
        assert azimuth_to_itd(azimuth) == pytest.approx(exact, abs=40e-6)


def test_itd_to_azimuth_inverts_the_delay_and_clips_beyond_it() -> None:
    azimuth = np.linspace(-pi / 2, pi / 2, 61)
    np.testing.assert_allclose(itd_to_azimuth(azimuth_to_itd(azimuth)), azimuth, atol=1e-6)
    assert itd_to_azimuth(np.array(1.0)) == pytest.approx(pi / 2)


def cue(cues: F32, name: str) -> float:
    return float(cues[CUE_NAMES.index(name)])


def test_cues_hold_delay_level_difference_and_level() -> None:
    cues = binaural_cues(delayed(6, 0.5)[None])[0]
    assert cues.shape == (len(CUE_NAMES),) == (54,)
    lags = cues[: CUE_NAMES.index("ild 0")]
    assert CUE_NAMES[int(lags.argmax())] == "gcc+6"
    for band in range(6):
        assert cue(cues, f"ild {band}") == pytest.approx(0.602, abs=0.05)
        assert cue(cues, f"coherence {band}") > 0.95
    bands = np.diff([100, 400, 800, 1600, 2800, 4500, 7500])
    for band, width in enumerate(bands):  # white noise of RMS 0.1: power in shares of 8 kHz
        level = 10 * np.log10(0.01 * width / 8000)
        assert cue(cues, f"left {band}") == pytest.approx((level + 60) / 20, abs=0.06)


def test_independent_ears_are_incoherent_and_silence_is_finite() -> None:
    noise = np.stack([delayed(0, seed=1)[0], delayed(0, seed=2)[0]])
    independent, silent = binaural_cues(np.stack([noise, np.zeros_like(noise)]))
    assert cue(independent, "coherence 4") < 0.4
    assert np.abs(independent[:29]).max() < 0.5
    assert cue(silent, "left 0") == pytest.approx(-3)
    assert cue(silent, "ild 0") == cue(silent, "rise") == 0
    assert np.isfinite(silent).all()


def test_rise_tells_a_beginning_from_an_end() -> None:
    audio = delayed(0)
    audio[:, :2000] = 0
    begins, ends = binaural_cues(np.stack([audio, audio[:, ::-1]]))
    assert cue(begins, "rise") > 1
    assert cue(ends, "rise") < -1


def test_cues_do_not_depend_on_how_many_streams_run_beside() -> None:
    audio = np.stack([delayed(i % 9 - 4, seed=i) for i in range(21)])
    np.testing.assert_array_equal(binaural_cues(audio)[18:19], binaural_cues(audio[18:19]))


def test_audio_without_two_ears_is_refused() -> None:
    mono = np.zeros((1, 4000), np.float32)
    for function in (interaural_level, interaural_phase, lambda a: gcc_phat(a, 3)):
        with pytest.raises(SoundwalkError, match=r"shape \(1, 4000\): expected \(..., 2 ears, T\)"):
            function(mono)
    with pytest.raises(SoundwalkError, match=r"expected \(N, 2 ears, T\) with T >= 1024"):
        binaural_cues(np.zeros((1, 2, 1000), np.float32))
    with pytest.raises(SoundwalkError, match=r"max_lag=0, upsample=1: expected 0 < max_lag < 4000"):
        gcc_phat(delayed(0), 0)
