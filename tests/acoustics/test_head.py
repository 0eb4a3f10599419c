"""The rigid sphere against closed forms: delay, shadow, coherence."""

from __future__ import annotations

import numpy as np
import pytest

from soundwalk.envs.acoustics import GeometricEngine
from soundwalk.envs.acoustics.head import (
    diffuse_noise,
    diffuse_spectra,
    ear_tables,
    surface_gain,
    surface_pressure,
    woodworth_itd,
)
from soundwalk.envs.interface import F32, F64
from soundwalk.envs.scenes import shoebox

CENTRE = np.array([5.0, 5.0, 1.5])


@pytest.fixture(scope="module")
def free_field() -> GeometricEngine:
    return GeometricEngine(
        shoebox((10, 10, 3), absorption=0.5), order=0, length=0.1, air=False, late=False
    )


def phase_delay(cross: F64, frequency: F64, low: float, high: float) -> float:
    """Seconds: the straight line through the origin that fits the phase from low to high."""
    phase, omega = np.unwrap(np.angle(cross)), 2 * np.pi * frequency  # from where it is small
    weight = np.abs(cross) * ((frequency > low) & (frequency < high))
    return float((weight * omega * phase).sum() / (weight * omega**2).sum())


def interaural_delay(response: F32, low: float, high: float) -> float:
    """Seconds by which the left ear leads between two frequencies."""
    size = 1 << 14
    spectra = np.fft.rfft(response, size)[:, 50:7000]
    frequency: F64 = np.asarray(np.fft.rfftfreq(size, 1 / 16_000)[50:7000], np.float64)
    return phase_delay(spectra[0] * spectra[1].conj(), frequency, low, high)


def heard_from(engine: GeometricEngine, azimuth: float, heading: float = 0.7) -> F32:
    towards = np.array([np.cos(azimuth + heading), np.sin(azimuth + heading), 0.0])
    return engine.rir(CENTRE + 3.0 * towards, CENTRE, heading)


@pytest.mark.parametrize("degrees", range(-90, 91, 15))
def test_interaural_delay_is_that_of_rayleighs_series(
    free_field: GeometricEngine, degrees: int
) -> None:
    azimuth = np.radians(degrees)
    response = heard_from(free_field, azimuth)
    frequency = np.arange(50.0, 7000.0, 25.0)
    ears = np.sin(azimuth) * np.array([1.0, -1.0])
    pressure = np.array([surface_pressure(f, ears, 0.0875) for f in frequency])
    cross = pressure[:, 0] * pressure[:, 1].conj()
    for low, high, tolerance in ((200, 3000, 8e-6), (100, 600, 30e-6), (3000, 6500, 10e-6)):
        exact = phase_delay(cross, frequency, low, high)
        assert interaural_delay(response, low, high) == pytest.approx(exact, abs=tolerance)


@pytest.mark.parametrize("degrees", range(-90, 91, 30))
def test_interaural_delay_grows_from_woodworths_to_kuhns_towards_low_frequencies(
    free_field: GeometricEngine, degrees: int
) -> None:
    """Kuhn (1977): 3 a / c sin(azimuth) for long waves, Woodworth's for short ones."""
    azimuth = np.radians(degrees)
    response = heard_from(free_field, azimuth)
    kuhn = 3 * 0.0875 / 343.0 * np.sin(azimuth)
    assert interaural_delay(response, 100, 500) == pytest.approx(kuhn, abs=40e-6)
    short = interaural_delay(response, 3500, 6500)
    assert short == pytest.approx(woodworth_itd(azimuth), abs=40e-6)


@pytest.mark.parametrize("degrees", [20, 60, 90, 120, 160])
def test_the_ear_on_the_side_of_the_source_is_louder(
    free_field: GeometricEngine, degrees: int
) -> None:
    for side in (1, -1):
        azimuth = side * np.radians(degrees)
        towards = np.array([np.cos(azimuth), np.sin(azimuth), 0.0])
        left, right = (free_field.rir(CENTRE + 2.0 * towards, CENTRE) ** 2).sum(1)
        assert 10 * np.log10(left / right) * side > 1.5


def test_turning_the_head_equals_turning_the_world(free_field: GeometricEngine) -> None:
    turned = free_field.rir(CENTRE + np.array([2.0, 0.0, 0.0]), CENTRE, np.pi / 2)
    moved = free_field.rir(CENTRE + np.array([0.0, -2.0, 0.0]), CENTRE, 0.0)
    np.testing.assert_allclose(turned, moved, atol=1e-5)


def test_the_sphere_vanishes_at_low_and_doubles_pressure_at_high_frequencies() -> None:
    cosine = np.array([-1.0, 0.0, 1.0])
    np.testing.assert_allclose(surface_gain(20.0, cosine, 0.0875), 1.0, atol=0.05)
    assert surface_gain(15_000.0, cosine, 0.0875)[2] == pytest.approx(2.0, abs=0.05)


def test_the_shadow_deepens_with_frequency_and_has_a_bright_spot() -> None:
    table = 20 * np.log10(ear_tables(16_000, 0.0875)[0])
    lit, shadowed, antipode = table[:, -1], table[:, 10], table[:, 0]
    assert (np.diff(lit - shadowed) > 0).all()
    assert (antipode > shadowed).all()


def test_the_late_noise_has_the_coherence_of_a_diffuse_field_around_a_sphere() -> None:
    noise = diffuse_noise(16_000, 32_000, 2, 0.0875, seed=3).sum(0)
    spectra = np.fft.rfft(noise)
    frequency = np.fft.rfftfreq(32_000, 1 / 16_000)
    for low, high in ((50, 150), (250, 350), (700, 800), (3000, 4000)):
        use = (frequency > low) & (frequency < high)
        cross = (spectra[0] * spectra[1].conj())[use].real.sum()
        power = np.sqrt(np.prod((np.abs(spectra[:, use]) ** 2).sum(1)))
        own, both = diffuse_spectra(np.linspace(low, high, 21), 0.0875)
        assert cross / power == pytest.approx(both.mean() / own.mean(), abs=0.15)
    own, both = diffuse_spectra(np.array([30.0, 4000.0]), 0.0875)
    assert both[0] / own[0] > 0.95
    assert abs(both[1] / own[1]) < 0.2


def test_the_late_noise_of_one_microphone_is_white() -> None:
    noise = diffuse_noise(16_000, 32_000, 1, 0.0875, seed=3).sum(0)[0]
    assert noise.std() == pytest.approx(1.0, abs=0.02)
    power = (np.abs(np.fft.rfft(noise)) ** 2)[:16_000].reshape(8, -1).mean(1)
    assert 10 * np.log10(power.max() / power.min()) < 1.0
