"""What is measured on impulse responses: octave energies, decays, reverberation, delays."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from scipy.signal import butter, correlate, sosfiltfilt

from ...envs.interface import F32, F64

HEARD_OCTAVES = (250.0, 500.0, 1000.0, 2000.0, 4000.0)  # Hz, at 16 kHz whole octaves
_BINS = 32_768
_FINE = 16  # points per sample when a delay is sought


def octave_energies(
    rir: F32 | F64, sample_rate: int, centres: Sequence[float] = HEARD_OCTAVES
) -> F64:
    """Energy in octave bands with sharp edges, by Parseval.

    Args:
        rir: (..., L).
        sample_rate: hertz.
        centres: (B,) hertz.

    Returns:
        (..., B) float64.
    """
    size = max(1 << (2 * rir.shape[-1] - 1).bit_length(), _BINS)  # so that few bins are cut
    power = np.abs(np.fft.rfft(np.asarray(rir, np.float64), size)) ** 2
    frequency = np.fft.rfftfreq(size, 1 / sample_rate)
    bands = [
        power[..., (frequency >= c / np.sqrt(2)) & (frequency < c * np.sqrt(2))].sum(-1)
        for c in centres
    ]
    energies: F64 = 2.0 / size * np.stack(bands, axis=-1)
    return energies


def octave_filter(rir: F32 | F64, sample_rate: int, centre: float) -> F64:
    """A response within one octave, zero phase: Butterworth of order 3 forwards and backwards."""
    edges = centre / np.sqrt(2), min(centre * np.sqrt(2), 0.499 * sample_rate)
    sections = butter(3, edges, "bandpass", fs=sample_rate, output="sos")
    filtered: F64 = sosfiltfilt(sections, np.asarray(rir, np.float64), axis=-1)
    return filtered


def decay_curve(rir: F32 | F64) -> F64:
    """Schroeder's backward integral in dB, 0 at its start, along the last axis."""
    energy = np.cumsum(np.asarray(rir, np.float64)[..., ::-1] ** 2, axis=-1)[..., ::-1]
    curve: F64 = 10 * np.log10(np.maximum(energy, 1e-30) / np.maximum(energy[..., :1], 1e-30))
    return curve


def rt60(rir: F32 | F64, sample_rate: int, start: float = -5.0, end: float = -25.0) -> float:
    """Seconds in which the level falls by 60 dB, from a line through part of the decay.

    Args:
        rir: (L,).
        sample_rate: hertz.
        start: dB where the line begins.
        end: dB where it ends; ISO 3382's T20 is -5 to -25, T30 -5 to -35.

    Returns:
        seconds; NaN if the curve does not fall that far.
    """
    curve = decay_curve(rir)
    first = int(np.argmax(curve <= start))
    last = int(np.argmax(curve <= end))
    if last <= first + 1:
        return float("nan")
    times = np.arange(first, last) / sample_rate
    return float(-60.0 / np.polyfit(times, curve[first:last], 1)[0])


def delay_between(a: F32 | F64, b: F32 | F64, sample_rate: int, most: float = 1e-3) -> float:
    """Seconds by which `b` comes after `a`: the peak of their cross-correlation, to 1/16 sample.

    Args:
        a: (L,).
        b: (L,).
        sample_rate: hertz.
        most: largest delay looked for, seconds.
    """
    correlation = correlate(np.asarray(b, np.float64), np.asarray(a, np.float64), method="fft")
    middle, reach = len(a) - 1, int(np.ceil(most * sample_rate)) + 1
    near = np.arange(-reach - 32, reach + 33)
    padded = np.pad(correlation, 40 + reach)[middle + 40 + reach + near]
    fine = np.arange(-reach * _FINE, reach * _FINE + 1) / _FINE
    smooth = np.sinc(fine[:, None] - near) @ padded
    inside = np.abs(fine) <= most * sample_rate
    return float(fine[inside][np.argmax(smooth[inside])] / sample_rate)


def interaural(rir: F32 | F64, sample_rate: int) -> tuple[float, F64]:
    """Time and level differences between two ears.

    The time is that of the greatest cross-correlation below 1.5 kHz, where ears follow the wave.

    Args:
        rir: (2, L), left ear first.
        sample_rate: hertz.

    Returns:
        seconds by which the left ear leads, and (5,) dB by which it is louder in HEARD_OCTAVES.
    """
    sections = butter(4, 1500.0, fs=sample_rate, output="sos")
    low = sosfiltfilt(sections, np.pad(np.asarray(rir, np.float64), ((0, 0), (200, 200))), axis=-1)
    energy = octave_energies(rir, sample_rate)
    return delay_between(low[0], low[1], sample_rate), 10 * np.log10(energy[0] / energy[1])


def direct_to_reverberant(rir: F32 | F64, sample_rate: int, window: float = 2.5e-3) -> float:
    """Energy of the direct sound over that of the rest, dB (Hummersone 2010).

    Args:
        rir: (L,).
        sample_rate: hertz.
        window: seconds before and after the highest peak that count as direct.
    """
    energy = np.asarray(rir, np.float64) ** 2
    peak, half = int(np.argmax(energy)), round(window * sample_rate)
    low, high = max(peak - half, 0), peak + half + 1
    direct = energy[low:high].sum()
    return float(10 * np.log10(direct / max(energy[high:].sum(), 1e-30)))
