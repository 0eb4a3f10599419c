"""The references themselves: a wrong yardstick is worse than none."""

from __future__ import annotations

import numpy as np
import pytest

from soundwalk.envs.acoustics.head import surface_gain
from soundwalk.envs.acoustics.medium import air_attenuation
from soundwalk.training.validation import air, homes, sphere, wedge
from soundwalk.training.validation.loudspeaker import CAP, far_field, loudspeaker
from soundwalk.training.validation.measure import (
    decay_curve,
    delay_between,
    direct_to_reverberant,
    interaural,
    octave_energies,
    rt60,
)

RATE = 16_000


@pytest.mark.parametrize("exterior", [1.5 * np.pi, 2.0 * np.pi])
@pytest.mark.parametrize("frequency", [125.0, 1000.0, 8000.0])
def test_the_field_behind_a_wedge_is_continuous_where_sound_and_its_reflection_end(
    exterior: float, frequency: float
) -> None:
    """Kouyoumjian and Pathak made their theory uniform so that it is."""
    source, r = (2.0, 0.7), 1.5
    k = 2 * np.pi * frequency / 343.0

    def field(phi: float) -> complex:
        total = wedge.diffracted(frequency, exterior, source, (r, phi))
        for image, seen in (
            (source[1], phi < source[1] + np.pi),
            (-source[1], phi < np.pi - source[1]),
        ):
            way = np.sqrt(source[0] ** 2 + r**2 - 2 * source[0] * r * np.cos(phi - image))
            total += np.exp(-1j * k * way) / way if seen else 0.0
        return complex(total)

    for boundary in (source[1] + np.pi, np.pi - source[1]):
        step = abs(field(boundary - 1e-6) - field(boundary + 1e-6))
        assert step < 3e-3 * abs(field(boundary))
        assert np.isfinite(wedge.diffracted(frequency, exterior, source, (r, boundary)))


def test_the_transition_function_has_its_known_limits() -> None:
    """Far from the boundary 1 + j / 2x, at it sqrt(pi x) exp(j pi / 4): equations 29 and 28."""
    assert wedge.transition(30.0) == pytest.approx(1 + 1j / 60, abs=2e-3)
    expected = np.sqrt(np.pi * 1e-6) * np.exp(1j * np.pi / 4)
    assert wedge.transition(1e-6) == pytest.approx(expected, rel=3e-3)


def test_half_a_plane_in_its_deep_shadow_loses_what_sommerfeld_says() -> None:
    """Half-plane, plane wave, far: |D| from the exact asymptotic solution for a hard screen."""
    frequency, k = 4000.0, 2 * np.pi * 4000.0 / 343.0
    phi_s, phi = np.pi / 2, np.pi / 2 + np.pi + 1.2
    secants = 1 / np.cos((phi - phi_s) / 2) + 1 / np.cos((phi + phi_s) / 2)
    coefficient = abs(secants) / (2 * np.sqrt(2 * np.pi * k))
    far = 1e4
    found = abs(wedge.diffracted(frequency, 2 * np.pi, (far, phi_s), (1.0, phi))) * far
    assert found == pytest.approx(coefficient, rel=0.01)


def test_the_sphere_with_phase_has_the_magnitude_of_the_one_without() -> None:
    frequencies = np.array([100.0, 1000.0, 4000.0])
    table = sphere.response(frequencies, 0.0875, 343.0)
    for row, frequency in zip(table, frequencies, strict=True):
        expected = surface_gain(frequency, np.cos(sphere.ANGLES), 0.0875)
        np.testing.assert_allclose(np.abs(row), expected, rtol=1e-5)


def test_a_low_tone_meets_the_lit_side_of_a_sphere_one_and_a_half_radii_early() -> None:
    """Kuhn, JASA 62 (1977): at low frequencies the delay is 3 a cos / 2 c."""
    frequency = np.array([60.0])
    phase = np.angle(sphere.response(frequency, 0.0875, 343.0)[0])
    lead = phase / (2 * np.pi * frequency[0])
    assert lead[0] == pytest.approx(1.5 * 0.0875 / 343.0, rel=0.02)
    assert lead[-1] == pytest.approx(-1.5 * 0.0875 / 343.0, rel=0.02)


def test_iso_9613_twice() -> None:
    """Two readings of the standard, by two hands; and its own table: 1 kHz, 20 degrees, 70 %."""
    frequencies = np.array([125.0, 1000.0, 8000.0])
    ours = 10 * np.log10(np.e) * air_attenuation(frequencies, 10.0, 40.0)
    np.testing.assert_allclose(air.attenuation(frequencies, 283.15, 40.0), ours, rtol=1e-3)
    assert 1000 * air.attenuation(np.array([1000.0]), 293.15, 70.0)[0] == pytest.approx(
        5.0, abs=0.1
    )


def test_a_decay_of_known_slope_is_measured() -> None:
    noise = np.random.default_rng(0).standard_normal(RATE)
    rir = noise * 10 ** (-3 * np.arange(RATE) / RATE / 0.4)
    assert rt60(rir, RATE) == pytest.approx(0.4, rel=0.03)
    assert decay_curve(rir)[0] == 0
    assert np.isnan(rt60(np.ones(100), RATE, -5, -60))


@pytest.mark.parametrize("delay", [0.0, 3.3, -7.25])
def test_a_delay_is_found_to_a_sixteenth_of_a_sample(delay: float) -> None:
    spectrum = np.fft.rfft(np.random.default_rng(1).standard_normal(512)) * np.exp(
        -np.linspace(0, 8, 257)
    )
    shift = np.exp(-2j * np.pi * np.fft.rfftfreq(512) * delay)
    a, b = (np.pad(np.fft.irfft(s), 64) for s in (spectrum, spectrum * shift))
    assert delay_between(a, b, RATE) * RATE == pytest.approx(delay, abs=0.07)


def test_the_ear_that_is_earlier_and_louder_is_called_left() -> None:
    rir = np.zeros((2, 400))
    rir[0, 100], rir[1, 105] = 2.0, 1.0
    lead, level = interaural(rir, RATE)
    assert lead == pytest.approx(5 / RATE, abs=1e-6)
    np.testing.assert_allclose(level, 20 * np.log10(2), atol=1e-6)


def test_octaves_of_an_impulse_hold_their_share_of_its_energy() -> None:
    impulse = np.zeros(300)
    impulse[7] = 1.0
    share = np.array([250, 500, 1000, 2000, 4000]) / np.sqrt(2) / (RATE / 2)
    np.testing.assert_allclose(octave_energies(impulse, RATE), share, rtol=0.01)


def test_direct_over_reverberant_counts_what_comes_after_the_window() -> None:
    rir = np.zeros(4000)
    rir[100], rir[120], rir[1000] = 1.0, 0.5, 0.1
    assert direct_to_reverberant(rir, RATE) == pytest.approx(10 * np.log10(1.25 / 0.01))


def test_two_reservoirs_keep_the_energy_that_walls_do_not_take() -> None:
    times = np.linspace(0, 1, 50)
    density, rate = homes.reservoirs(1e-9, times)
    volume = float(np.prod(homes.SIZE))
    np.testing.assert_allclose(density.sum(0) * volume, 1.0, rtol=1e-6)
    assert density[0, 0] * volume == pytest.approx(1.0)
    assert density[1, -1] == pytest.approx(density[0, -1], rel=0.01)
    assert rate < 1e-3


def test_a_piston_in_a_sphere_is_omnidirectional_in_the_bass_and_beams_in_the_treble() -> None:
    angles = np.linspace(0, np.pi, 181)
    np.testing.assert_allclose(far_field(30.0, angles), 1.0, atol=0.12)
    index = -10 * np.log10(loudspeaker(RATE, 7).power())
    assert (np.diff(index) > 0).all()
    assert index[3] == pytest.approx(4.0, abs=1.5)  # 1 kHz: a baffle as large as the wavelength / 2
    assert 0.3 < CAP < 0.8


def test_a_hemisphere_of_a_cap_beams_like_a_piston_in_a_wall() -> None:
    """At 8 kHz ka of the cone is 8: the first minimum of 2 J1(x) / x is at x = 3.83, 29 degrees."""
    gains = far_field(8000.0, np.radians(np.arange(0, 60)))
    assert 20 < int(np.argmax(gains < 0.3)) < 34
