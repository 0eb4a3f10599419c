"""Building blocks of single sounds: envelopes, tones with partials, resonances."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from scipy.fft import irfft, next_fast_len, rfft

from ...interface import F64

# First three formants in hertz (Peterson and Barney 1952, men).
VOWELS: dict[str, tuple[float, ...]] = {
    "a": (730, 1090, 2440), "e": (530, 1840, 2480), "i": (270, 2290, 3010),
    "o": (570, 840, 2410), "u": (300, 870, 2240),
}  # fmt: skip


def samples(seconds: float, rate: int) -> F64:
    """Times (n,) in seconds of the samples of something that lasts `seconds`."""
    return np.arange(max(1, round(seconds * rate))) / rate


def decay(seconds: float, rate: int, tau: float, attack: float = 0.001) -> F64:
    """A struck envelope (n,): linear attack, then exp(-t / tau), to zero in the last tenth."""
    time = samples(seconds, rate)
    fade = np.clip((seconds - time) / (0.1 * seconds), 0, 1)
    return np.asarray(np.minimum(1, time / attack) * np.exp(-time / tau) * fade)


def swell(seconds: float, rate: int, attack: float, release: float) -> F64:
    """A blown envelope (n,): raised-cosine attack and release, held in between."""
    time = samples(seconds, rate)
    edge = np.minimum(np.clip(time / attack, 0, 1), np.clip((seconds - time) / release, 0, 1))
    return np.asarray(0.5 - 0.5 * np.cos(np.pi * edge))


def glide(points: Sequence[float], seconds: float, rate: int) -> F64:
    """A smooth curve (n,) through equally spaced values, e.g. a pitch contour in hertz."""
    time = samples(seconds, rate)
    return np.asarray(np.interp(time, np.linspace(0, seconds, len(points)), points))


def partials(pitch: F64, rate: int, amplitudes: Sequence[float]) -> F64:
    """A tone (n,) whose pitch (n,) in hertz may move, with harmonics up to the Nyquist limit."""
    phase = 2 * np.pi * np.cumsum(pitch) / rate
    top, total = 0.48 * rate / float(pitch.max()), np.zeros(pitch.size)
    for order, amplitude in enumerate(amplitudes, start=1):
        if order <= top:
            total += amplitude * np.sin(order * phase)
    return total


def modes(frequencies: Sequence[float], taus: Sequence[float], seconds: float, rate: int) -> F64:
    """A struck body (n,): inharmonic modes, each with its own decay time in seconds."""
    time, total = samples(seconds, rate), np.zeros(samples(seconds, rate).size)
    for frequency, tau in zip(frequencies, taus, strict=True):
        if frequency < 0.48 * rate:
            total += np.exp(-time / tau) * np.sin(2 * np.pi * frequency * time)
    return np.asarray(total * np.clip((seconds - time) / (0.1 * seconds), 0, 1))


def resonate(
    signal: F64, rate: int, centres: Sequence[float], sharpness: float = 8.0, floor: float = 0.03
) -> F64:
    """Colour a sound (n,) by resonances, e.g. the formants of a throat.

    Args:
        signal: (n,)
        rate: samples per second.
        centres: hertz; each next one is 4 dB weaker.
        sharpness: quality factor: centre divided by the -3 dB width.
        floor: gain away from all resonances.

    Returns:
        (n,) without phase shift.
    """
    size = next_fast_len(signal.size + rate // 50, real=True)
    frequency = np.maximum(np.fft.rfftfreq(size, 1 / rate), 1.0)
    gain = np.full(frequency.size, floor)
    for order, centre in enumerate(centres):
        detune = sharpness * (frequency / centre - centre / frequency)
        gain += 10 ** (-0.2 * order) / np.sqrt(1 + detune**2)
    return np.asarray(irfft(rfft(signal, size) * gain, size))[: signal.size]


def rolloff(count: int, slope: float) -> list[float]:
    """Amplitudes of `count` harmonics that fall as 1 / order ** slope."""
    return [1 / order**slope for order in range(1, count + 1)]


def morph(source: F64, rate: int, vowels: Sequence[str], size: float = 1.0) -> F64:
    """Say a row of vowels with one breath `source` (n,); `size` scales all formants."""
    weight = np.linspace(0, len(vowels) - 1, source.size)
    total = np.zeros(source.size)
    for index, vowel in enumerate(vowels):
        share = np.clip(1 - np.abs(weight - index), 0, 1)
        total += share * resonate(source, rate, [size * f for f in VOWELS[vowel]])
    return total
