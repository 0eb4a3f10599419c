"""Each kind of sound has what its object is known for: pitch, rhythm, breadth."""

from __future__ import annotations

import numpy as np
import pytest

from soundwalk.envs.acoustics.sounds import synthesise
from soundwalk.envs.interface import F32, F64

RATE = 16_000


def power_density(clip: F32) -> tuple[F64, F64]:
    power: F64 = np.asarray(np.abs(np.fft.rfft(clip.astype(np.float64))) ** 2, np.float64)
    return np.asarray(np.fft.rfftfreq(clip.size, 1 / RATE), np.float64), power


def loudest_frequency(clip: F32) -> float:
    frequency, power = power_density(clip)
    return float(frequency[power.argmax()])


def centroid(clip: F32) -> float:
    frequency, power = power_density(clip)
    return float((frequency * power).sum() / power.sum())


def flatness(clip: F32) -> float:
    """Geometric over arithmetic mean of the power in bands of 50 Hz: 1 for white noise."""
    frequency, power = power_density(clip)
    bands = np.array([power[(frequency >= f) & (frequency < f + 50)].mean()
                      for f in range(100, 7000, 50)])  # fmt: skip
    return float(np.exp(np.log(bands).mean()) / bands.mean())


def rhythm(clip: F32, low: float, high: float) -> float:
    """The strongest rate of loudness changes between two rates, per second."""
    frames = clip[: clip.size // 80 * 80].reshape(-1, 80)
    loudness = np.sqrt(np.mean(frames.astype(np.float64) ** 2, axis=1))
    strength = np.abs(np.fft.rfft(loudness - loudness.mean(), 16 * loudness.size))
    rate = np.fft.rfftfreq(16 * loudness.size, 80 / RATE)
    inside = (rate >= low) & (rate <= high)
    return float(rate[inside][strength[inside].argmax()])


@pytest.mark.parametrize(
    ("category", "low", "high"),
    [
        ("smoke_alarm", 2900, 3300),
        ("kettle", 2200, 2800),
        ("alarm_clock", 1800, 2200),
        ("bird", 2500, 6500),
        ("music_box", 1100, 5200),
        ("microwave", 90, 1100),
        ("footsteps", 60, 500),
    ],
)
def test_the_loudest_frequency_is_that_of_the_object(
    category: str, low: float, high: float
) -> None:
    for variant in range(8):
        assert low <= loudest_frequency(synthesise(category, variant)) <= high


@pytest.mark.parametrize(
    ("category", "low", "high", "rate"),
    [("clock", 2.5, 6, 4.0), ("smoke_alarm", 1, 3, 1.9), ("cat", 0.6, 1.5, 1.0)],
)
def test_what_repeats_does_so_at_its_own_pace(
    category: str, low: float, high: float, rate: float
) -> None:
    for variant in range(0, 8, 2):
        assert rhythm(synthesise(category, variant), low, high) == pytest.approx(rate, rel=0.2)


def test_machines_that_blow_are_broad_and_whistles_are_narrow() -> None:
    broad = [flatness(synthesise(c, v)) for c in ("vacuum_cleaner", "hair_dryer") for v in (0, 5)]
    narrow = [flatness(synthesise(c, v)) for c in ("smoke_alarm", "kettle") for v in (0, 5)]
    assert min(broad) > 3 * max(narrow)


def test_dull_things_are_duller_than_bright_ones() -> None:
    order = ("washing_machine", "piano", "speech", "guitar", "hair_dryer")
    means = [np.mean([centroid(synthesise(c, v)) for v in range(4)]) for c in order]
    assert means[0] < 500
    assert means[-1] > 3000
    assert means[1] < means[-1] / 2
    assert means[2] < means[-1] / 2


def test_steady_machines_never_pause_and_struck_things_do() -> None:
    def depth(category: str) -> float:
        clip = synthesise(category, 2)
        frames = clip[: clip.size // 320 * 320].reshape(-1, 320)
        level = 10 * np.log10(np.mean(frames.astype(np.float64) ** 2, axis=1) + 1e-12)
        return float(np.percentile(level, 95) - np.percentile(level, 5))

    assert max(depth(c) for c in ("vacuum_cleaner", "fan", "hair_dryer", "kettle")) < 10
    assert min(depth(c) for c in ("telephone", "knocking", "dog", "clock", "typewriter")) > 15


def test_a_siren_sweeps_over_an_octave_and_a_telephone_keeps_its_bells() -> None:
    def pitches(category: str) -> F64:
        clip = synthesise(category, 1)
        frames = np.lib.stride_tricks.sliding_window_view(clip, 1024)[::512] * np.hanning(1024)
        loud = frames[np.sum(frames**2, axis=1) > 0.1 * np.sum(frames**2, axis=1).max()]
        spectra = np.abs(np.fft.rfft(loud))[:, : 1500 * 1024 // RATE]
        return np.asarray(spectra.argmax(1) * RATE / 1024)

    siren, bells = pitches("siren"), pitches("telephone")
    assert siren.max() / siren.min() > 1.8
    assert bells.min() > 900
