"""The rigid sphere against closed forms: delay, shadow, coherence."""

from __future__ import annotations

import numpy as np
import pytest

from soundwalk.envs.acoustics import GeometricEngine
from soundwalk.envs.acoustics.head import (
    diffuse_noise,
    diffuse_spectra,
    gain_table,
    surface_gain,
    woodworth_itd,
)
from soundwalk.envs.interface import F32
from soundwalk.envs.scenes import shoebox

CENTRE = np.array([5.0, 5.0, 1.5])


@pytest.fixture(scope="module")
def free_field() -> GeometricEngine:
    return GeometricEngine(
        shoebox((10, 10, 3), absorption=0.5), order=0, length=0.1, air=False, late=False
    )


def interaural_delay(response: F32) -> float:
    """Seconds by which the left ear leads: slope of the cross-spectrum's phase, 200 to 3000 Hz.

    Below the highest band edge the ears' gains are in phase, so that the slope is the delay.
    """
    size = 1 << 14
    spectra = np.fft.rfft(response, size)
    frequency = np.fft.rfftfreq(size, 1 / 16_000)
    use = (frequency > 200) & (frequency < 3000)
    phase = np.unwrap(np.angle(spectra[0] * spectra[1].conj())[use])
    weight = np.abs(spectra[0] * spectra[1])[use]
    omega = 2 * np.pi * frequency[use]
    return float((weight * omega * phase).sum() / (weight * omega**2).sum())


@pytest.mark.parametrize("degrees", range(-90, 91, 15))
def test_interaural_delay_is_woodworths_within_twenty_microseconds(
    free_field: GeometricEngine, degrees: int
) -> None:
    azimuth, heading = np.radians(degrees), 0.7
    towards = np.array([np.cos(azimuth + heading), np.sin(azimuth + heading), 0.0])
    response = free_field.rir(CENTRE + 3.0 * towards, CENTRE, heading)
    assert interaural_delay(response) == pytest.approx(woodworth_itd(azimuth), abs=20e-6)


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
    table = 20 * np.log10(gain_table(16_000, 0.0875))
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
