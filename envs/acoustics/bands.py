"""The bands of the simulation, four or seven: their limits, filters, and values of materials.

The filters are windowed-sinc differences, so that at equal gains the bands add up to a plain
fractional delay.
"""

from __future__ import annotations

import itertools

import numpy as np

from ..interface import F32, F64
from ..scenes.scene import OCTAVES

# Hz, between the bands, and where diffraction is evaluated; by number of bands.
EDGES = {4: (707.1, 1414.2, 2828.4), 7: (176.8, 353.6, 707.1, 1414.2, 2828.4, 5656.9)}
CENTRES = {4: (353.6, 1000.0, 2000.0, 4000.0), 7: OCTAVES}
FRACTIONS = 32  # sub-sample positions of the filter bank: arrival times are right to 1/64 sample


def band_limits(sample_rate: int, bands: int = 4) -> list[tuple[float, float]]:
    """Lower and upper limit in hertz of each band; the last ends at the Nyquist frequency."""
    edges = [0.0, *EDGES[bands], sample_rate / 2]
    return list(itertools.pairwise(edges))


def octaves_to_bands(values: tuple[float, ...] | F64, sample_rate: int, bands: int = 4) -> F64:
    """Average values at OCTAVES over each band, weighted by shared bandwidth (white spectrum).

    Args:
        values: (..., 7), one per octave of scenes.scene.OCTAVES.
        sample_rate: Hz.
        bands: 4 or 7.

    Returns:
        (..., bands) float64.

    >>> octaves_to_bands((0.1,) * 7, 16_000).round(3).tolist()
    [0.1, 0.1, 0.1, 0.1]
    """
    centres = np.array(OCTAVES)
    low, high = centres / np.sqrt(2), centres * np.sqrt(2)
    low[0], high[-1] = 0.0, np.inf  # what lies outside the table follows its ends
    weights = np.array(
        [np.clip(np.minimum(high, b) - np.maximum(low, a), 0, None)
         for a, b in band_limits(sample_rate, bands)]
    )  # fmt: skip
    weights[weights < 0.01 * weights.sum(1, keepdims=True)] = 0.0  # slivers from rounded edges
    weights /= weights.sum(1, keepdims=True)
    table = np.asarray(values, dtype=np.float64)
    averaged: F64 = table @ weights.T
    # Rounding must not carry an average beyond what it averages: an absorption above 1 has no root.
    return np.clip(averaged, table.min(-1, keepdims=True), table.max(-1, keepdims=True))


def filter_taps(sample_rate: int) -> int:
    """Taps of the band filters: 3 ms, even."""
    return 2 * round(0.0015 * sample_rate)


def filter_bank(sample_rate: int, bands: int = 4) -> F32:
    """Linear-phase band filters at sub-sample delays.

    Returns:
        (FRACTIONS + 1, bands, taps) float32; entry f delays by `taps // 2 - 1 + f / FRACTIONS`
        samples. Summed over bands, each entry is a Hann-windowed sinc.
    """
    taps = filter_taps(sample_rate)
    fractions = np.arange(FRACTIONS + 1) / FRACTIONS
    x = np.arange(taps) - (taps // 2 - 1) - fractions[:, None]  # (F, T)
    window = np.where(np.abs(x) <= taps / 2, 0.5 + 0.5 * np.cos(2 * np.pi * x / taps), 0.0)
    cutoffs = np.array([*EDGES[bands], sample_rate / 2]) * 2 / sample_rate
    low = cutoffs[:, None, None] * np.sinc(cutoffs[:, None, None] * x)  # (B, F, T)
    bank = np.diff(low, axis=0, prepend=0.0) * window
    return np.ascontiguousarray(bank.transpose(1, 0, 2), dtype=np.float32)


def band_spectra(sample_rate: int, size: int, bands: int = 4) -> F64:
    """Zero-phase frequency responses of the band filters on the bins of an rfft.

    Returns:
        (bands, size // 2 + 1) float64; they add up to one.
    """
    taps = filter_taps(sample_rate)
    padded = np.zeros((bands, size))
    padded[:, :taps] = filter_bank(sample_rate, bands)[0]
    spectra: F64 = np.fft.rfft(np.roll(padded, -(taps // 2 - 1), axis=1)).real
    normalised: F64 = spectra / spectra.sum(0)
    return normalised


def carrier_spectra(sample_rate: int, size: int, bands: int = 4) -> F64:
    """Zero-phase responses on the bins of an rfft that split noise which goes on for ever.

    It need not be short, so its edges are a sixth of an octave wide: what decays slowly in one
    octave does not ring on in the next. Arrivals have `band_spectra`.

    Returns:
        (bands, size // 2 + 1) float64; they add up to one.
    """
    frequency = np.maximum(np.fft.rfftfreq(size, 1 / sample_rate), 1e-3)
    octaves = np.log2(frequency / np.array(EDGES[bands])[:, None])  # (B - 1, F) above each edge
    above = 0.5 + 0.5 * np.sin(np.pi * np.clip(octaves * 6, -0.5, 0.5))
    ends = np.ones(len(frequency)), np.zeros(len(frequency))
    spectra: F64 = -np.diff(np.stack([ends[0], *above, ends[1]]), axis=0)
    return spectra


def causal_tails(sample_rate: int) -> F32:
    """How samples before time zero are written after it: by prediction, backwards in time.

    The filters ring before an arrival, and one that has travelled less than half a metre rings
    before it was emitted. Entry (m - 1, k) is what a sample m before zero gives to sample k: up to
    0.8 of the Nyquist frequency the spectrum changes least (least squares, kept small).

    Returns:
        (taps, taps // 2) float32.
    """
    taps = filter_taps(sample_rate)
    omega = 0.8 * np.pi * (np.arange(400) + 0.5) / 400
    basis = np.exp(-1j * omega[:, None] * np.arange(taps // 2))
    wanted = np.exp(1j * omega[:, None] * np.arange(1, taps + 1))
    small = np.sqrt(1e-3 * len(omega)) * np.eye(taps // 2)
    system = np.concatenate([basis.real, basis.imag, small])
    target = np.concatenate([wanted.real, wanted.imag, np.zeros((taps // 2, taps))])
    found = np.linalg.lstsq(system, target, rcond=None)[0]
    return np.ascontiguousarray(found.T, dtype=np.float32)
