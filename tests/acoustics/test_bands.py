"""Bands add up to a plain delay; air and materials agree with their tables."""

from __future__ import annotations

import numpy as np
import pytest

from soundwalk.envs.acoustics.bands import (
    FRACTIONS,
    band_limits,
    band_spectra,
    carrier_spectra,
    causal_tails,
    filter_bank,
    octaves_to_bands,
)


@pytest.mark.parametrize("rate", [8000, 16_000, 48_000])
def test_bands_at_equal_gain_are_a_fractional_delay(rate: int) -> None:
    bank = filter_bank(rate)
    frequency = np.linspace(0, 0.4, 50) * 2 * np.pi  # radians per sample, to 80 % of Nyquist
    taps = np.arange(bank.shape[2])
    for fraction in (0, 5, 16, FRACTIONS):
        response = np.exp(-1j * frequency[:, None] * taps) @ bank[fraction].sum(0)
        delay = bank.shape[2] // 2 - 1 + fraction / FRACTIONS
        np.testing.assert_allclose(response, np.exp(-1j * frequency * delay), atol=0.01)


def test_each_band_passes_its_own_octaves_and_stops_the_others() -> None:
    spectra = band_spectra(16_000, 16_000)
    for band, (low, high) in enumerate(band_limits(16_000)):
        middle = int(np.sqrt(max(low, 100.0) * min(high, 7000.0)))
        assert spectra[band, middle] > 0.8  # filters of 3 ms: one octave is two transitions wide
        others = [b for b in range(4) if abs(b - band) > 1]
        assert np.abs(spectra[others][:, middle]).max(initial=0.0) < 0.05
    np.testing.assert_allclose(spectra.sum(0), 1.0)


def test_seven_bands_are_the_octaves_and_add_up_to_a_plain_delay_too() -> None:
    values = np.array([0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7])
    np.testing.assert_allclose(octaves_to_bands(values, 16_000, 7), values, rtol=1e-12)
    assert len(band_limits(48_000, 7)) == 7
    np.testing.assert_allclose(filter_bank(16_000, 7).sum(1), filter_bank(16_000).sum(1), atol=1e-6)
    np.testing.assert_allclose(band_spectra(16_000, 4096, 7).sum(0), 1.0)


def test_octave_values_are_averaged_by_bandwidth() -> None:
    bands = octaves_to_bands((0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.8), 16_000)
    limits = np.array([0, 176.8, 353.6, 707.1])
    assert bands[0] == pytest.approx(np.diff(limits) @ [0.1, 0.2, 0.3] / 707.1, abs=1e-3)
    assert bands[1:3].tolist() == pytest.approx([0.4, 0.5], abs=1e-3)
    assert 0.6 < bands[3] < 0.8
    assert bands.tolist() == sorted(bands)


@pytest.mark.parametrize("bands", [4, 7])
def test_what_carries_a_band_of_the_late_field_ends_within_a_tenth_of_an_octave_of_its_edges(
    bands: int,
) -> None:
    spectra, frequency = carrier_spectra(48_000, 48_000, bands), np.arange(24_001.0)
    np.testing.assert_allclose(spectra.sum(0), 1.0)
    assert spectra.min() > -1e-12
    for row, (low, high) in zip(spectra, band_limits(48_000, bands), strict=True):
        inside = (frequency > 1.07 * low) & (frequency < high / 1.07)
        np.testing.assert_allclose(row[inside], 1.0)
        outside = (frequency < low / 1.07) | (frequency > 1.07 * high)
        np.testing.assert_allclose(row[outside], 0.0, atol=1e-12)


@pytest.mark.parametrize("rate", [8000, 16_000, 48_000])
@pytest.mark.parametrize("delay", [2.34375, 4.65625, 9.5])
def test_a_sound_that_would_ring_before_time_zero_keeps_its_level(rate: int, delay: float) -> None:
    """Within 0.1 dB up to half the Nyquist frequency; leaving its beginning out costs more."""
    tails, taps = causal_tails(rate), rate * 3 // 2000 * 2
    whole = int(delay)
    filters = filter_bank(rate)[round((delay - whole) * FRACTIONS)].sum(0)
    before = taps // 2 - 1 - whole  # samples
    late = np.zeros(2 * taps)
    late[: taps - before] = filters[before:]
    predicted = late.copy()
    predicted[: taps // 2] += filters[:before][::-1] @ tails[:before]
    power = np.abs(np.fft.rfft([late, predicted], 1 << 14)) ** 2
    octaves = power[:, 1 << 7 : 1 << 12].reshape(2, -1, 1 << 7)[:, [0, 1, 3, 7, 15]]
    errors = np.abs(10 * np.log10(octaves.mean(2)))
    assert errors[1].max() < 0.1
    assert errors[1].max() < max(0.5 * errors[0].max(), 0.01)
