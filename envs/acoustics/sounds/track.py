"""A circular timeline to lay sounds on: what runs over the end comes in at the start.

Everything is periodic in the length of the track (noise is shaped in its own spectrum, steady tones
take a whole number of cycles), so the result loops without a seam by construction.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from ...interface import F64


class Track:
    """Sound in the making.

    Attributes:
        rng: the only source of chance; its state is a function of (category, variant).
        rate: samples per second.
        seconds: length of the loop.
        signal: (T,) what has been laid down so far.
    """

    def __init__(self, rng: np.random.Generator, rate: int, seconds: float) -> None:
        self.rng = rng
        self.rate = rate
        self.signal: F64 = np.zeros(round(seconds * rate))
        self.seconds = self.signal.size / rate

    def add(self, sound: F64, at: float = 0.0, gain: float = 1.0) -> None:
        """Lay `sound` (n,) down from `at` seconds on, around the end where it is too long."""
        where = (round(at * self.rate) + np.arange(sound.size)) % self.signal.size
        np.add.at(self.signal, where, gain * sound)

    def draw(self, low: float, high: float) -> float:
        """A number between `low` and `high`: what makes one variant differ from the next."""
        return float(self.rng.uniform(low, high))

    def beats(self, per_second: float, jitter: float = 0.0) -> list[float]:
        """Times (s) of a beat that fits the loop, none at its seam; `jitter` in periods."""
        count = max(1, round(per_second * self.seconds))
        times = (np.arange(count) + 0.5 + jitter * self.rng.uniform(-0.5, 0.5, count)) / count
        return [float(t) for t in times * self.seconds]

    def fit(self, frequency: float) -> float:
        """The frequency nearest to `frequency` with a whole number of cycles in the loop."""
        return max(1, round(frequency * self.seconds)) / self.seconds

    def hum(self, frequency: float, amplitudes: Sequence[float]) -> F64:
        """A steady tone (T,) with harmonics of random phase."""
        time = np.arange(self.signal.size) / self.rate
        base, total = self.fit(frequency), np.zeros(self.signal.size)
        for order, amplitude in enumerate(amplitudes, start=1):
            phase = self.draw(0, 2 * np.pi)
            if order * base < 0.48 * self.rate:
                total += amplitude * np.sin(2 * np.pi * order * base * time + phase)
        return total

    def swing(self, frequency: float, low: float = 0.0, sharpness: float = 1.0) -> F64:
        """A slow loudness curve (T,) between `low` and 1; higher `sharpness`: shorter peaks."""
        time = np.arange(self.signal.size) / self.rate
        phase = 2 * np.pi * (self.fit(frequency) * time + self.draw(0, 1))
        return low + (1 - low) * (0.5 + 0.5 * np.sin(phase)) ** sharpness

    def hiss(self, low: float, high: float, tilt: float = 0.0) -> F64:
        """Circular noise (T,) of RMS 1 between two frequencies, `tilt` dB per octave."""
        return noise(self.rng, self.signal.size, self.rate, low, high, tilt)


def noise(
    rng: np.random.Generator, size: int, rate: int, low: float, high: float, tilt: float = 0.0
) -> F64:
    """Periodic Gaussian noise of RMS 1.

    Args:
        rng: chance.
        size: samples.
        rate: samples per second.
        low: hertz; below it the level falls by 12 dB per octave.
        high: hertz; above it likewise.
        tilt: dB per octave in between.

    Returns:
        (size,)
    """
    spectrum = np.fft.rfft(rng.standard_normal(size))
    frequency = np.maximum(np.fft.rfftfreq(size, 1 / rate), 1.0)
    shape = (frequency / 1000) ** (tilt / 6.02)
    shape /= np.sqrt((1 + (low / frequency) ** 4) * (1 + (frequency / high) ** 4))
    signal = np.fft.irfft(spectrum * shape, size)
    return np.asarray(signal / np.sqrt(np.mean(signal**2)))
