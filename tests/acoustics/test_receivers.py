"""Receivers: names and channels, exact distances of arrays, Ambisonics, coherence, bad input."""

from __future__ import annotations

from dataclasses import FrozenInstanceError

import numpy as np
import pytest
from scipy.special import sph_harm_y

from soundwalk.envs.acoustics import AcousticConfig, GeometricEngine
from soundwalk.envs.acoustics.receivers import (
    Ambisonics,
    Array,
    Mono,
    Receiver,
    Sphere,
    parse_receiver,
)
from soundwalk.envs.interface import F32, F64, SoundwalkError
from soundwalk.envs.scenes import shoebox

RATE, SPEED = 16_000, 343.0
CENTRE = np.array([5.0, 5.0, 1.5])
HALL = shoebox((10, 10, 3), absorption=0.5)


def free_field(receiver: str | Receiver) -> GeometricEngine:
    """Direct sound only."""
    config = AcousticConfig(order=0, length=0.1, receiver=receiver, air=False, late=False)
    return GeometricEngine.from_config(HALL, config)


def unit(azimuth: float, elevation: float = 0.0) -> F64:
    """Unit vector at an azimuth and elevation in radians."""
    ring = np.cos(elevation)
    return np.array([ring * np.cos(azimuth), ring * np.sin(azimuth), np.sin(elevation)])


def delay_of(response: F32) -> float:
    """Seconds of a fractional delay: slope of its phase up to 6 kHz."""
    size = 1 << 14
    spectrum = np.fft.rfft(response.astype(float), size)
    frequency = np.fft.rfftfreq(size, 1 / RATE)
    use = (frequency > 50) & (frequency < 6000)
    phase, omega = np.unwrap(np.angle(spectrum[use])), 2 * np.pi * frequency[use]
    # The unwrapped phase starts at an unknown multiple of 2 pi.
    return -float(np.polyfit(omega, phase, 1)[0])


@pytest.mark.parametrize(
    ("text", "channels", "names"),
    [
        ("mono", 1, ("microphone",)),
        ("binaural", 2, ("left ear", "right ear")),
        ("ambisonics", 4, ("W", "Y", "Z", "X")),
        ("ambisonics:3", 16, tuple("WYZXVTRSUQOMKLNP")),
        ("array:tetra", 4, ("microphone 0", "microphone 1", "microphone 2", "microphone 3")),
        ("array:cross", 4, ("microphone 0", "microphone 1", "microphone 2", "microphone 3")),
    ],
)
def test_a_receiver_by_name_has_the_channels_that_its_names_tell(
    text: str, channels: int, names: tuple[str, ...]
) -> None:
    config = AcousticConfig(receiver=text, length=0.1)
    assert config.channels == channels == len(names)
    assert config.listener.names == names
    engine = GeometricEngine(HALL, receiver=text, length=0.1)
    assert engine.rir((2, 2, 1.5), CENTRE).shape == (channels, 1600)


def test_equal_receivers_are_equal_hashable_and_frozen() -> None:
    points = np.array([[0.05, 0, 0], [-0.05, 0, 0]])
    assert Array(points) == Array(points.tolist())
    assert len({Array(points), Array(points.tolist()), Mono(), Mono(), Sphere(), Sphere(0.1)}) == 4
    assert AcousticConfig(receiver=Sphere()) == AcousticConfig(receiver=Sphere(0.0875))
    with pytest.raises(FrozenInstanceError):
        Sphere().radius = 0.1  # type: ignore[misc]


@pytest.mark.parametrize("late", [False, True])
def test_the_name_and_the_object_hear_the_same(late: bool) -> None:
    points = (2.0, 3.0, 1.2), CENTRE
    for text, receiver in (("mono", Mono()), ("binaural", Sphere()), ("mono", Array([[0, 0, 0]]))):
        named = GeometricEngine(HALL, receiver=text, late=late, length=0.2).rir(*points, 0.3)
        given = GeometricEngine(HALL, receiver=receiver, late=late, length=0.2).rir(*points, 0.3)
        np.testing.assert_allclose(given, named, rtol=0, atol=2e-6 * np.abs(named).max())


def test_the_radius_of_the_head_is_that_of_binaural() -> None:
    points = (5.0, 8.0, 1.5), CENTRE
    small = GeometricEngine.from_config(HALL, AcousticConfig(head_radius=0.07, order=1))
    given = GeometricEngine(HALL, order=1, receiver=Sphere(0.07))
    np.testing.assert_array_equal(small.rir(*points), given.rir(*points))


@pytest.mark.parametrize("distance", [0.15, 0.4, 3.0])
def test_every_microphone_hears_the_source_at_its_own_distance(distance: float) -> None:
    rng = np.random.default_rng(3)
    positions = rng.uniform(-0.08, 0.08, (5, 3))
    engine, heading = free_field(Array(positions)), 2.2
    towards = unit(0.9, 0.3)
    source = CENTRE + distance * towards
    response = engine.rir(source, CENTRE, heading)
    turn = np.array(
        [[np.cos(heading), -np.sin(heading), 0], [np.sin(heading), np.cos(heading), 0], [0, 0, 1]]
    )
    for row, position in zip(response, positions, strict=True):
        metres = float(np.linalg.norm(source - CENTRE - turn @ position))
        assert delay_of(row) == pytest.approx(metres / SPEED, abs=2.5e-6)
        gain = np.abs(np.fft.rfft(row.astype(float), 4096))[100:1500].mean()
        assert gain == pytest.approx(1 / metres, rel=0.01)  # what rings before time zero folds


def test_reflections_reach_each_microphone_as_they_would_a_single_one_there() -> None:
    offset = np.array([0.1, -0.05, 0.08])
    array = GeometricEngine(HALL, receiver=Array([offset]), order=3, late=False, length=0.2)
    single = GeometricEngine(HALL, receiver="mono", order=3, late=False, length=0.2)
    source, heading = (2.5, 6.0, 1.0), -0.8
    cos, sin = np.cos(heading), np.sin(heading)
    there = CENTRE + offset @ [[cos, sin, 0], [-sin, cos, 0], [0, 0, 1]]
    ours, theirs = array.rir(source, CENTRE, heading)[0], single.rir(source, there)[0]
    band = slice(0, int(0.8 * 1601))  # below 6.4 kHz: delays are exact to 1/64 sample
    ours, theirs = np.fft.rfft(ours)[band], np.fft.rfft(theirs)[band]
    error = np.sum(np.abs(ours - theirs) ** 2) / np.sum(np.abs(theirs) ** 2)
    assert 10 * np.log10(error) < -28  # air absorption and rounding of delays


def encoded(order: int, direction: F64, heading: float = 0.0) -> F64:
    """Gain of each Ambisonics channel for a source in a direction."""
    engine = free_field(Ambisonics(order))
    response = engine.rir(CENTRE + 1.4 * direction, CENTRE, heading).astype(float)
    gains: F64 = response @ response[0] / (response[0] @ response[0])
    return gains


@pytest.mark.parametrize(("azimuth", "elevation"), [(0.0, 0.0), (2.3, 0.5), (-1.1, -0.7)])
def test_ambisonics_channels_are_the_real_spherical_harmonics(
    azimuth: float, elevation: float
) -> None:
    gains = encoded(3, unit(azimuth, elevation))
    for n in range(4):
        for m in range(-n, n + 1):
            complex_one = sph_harm_y(n, abs(m), np.pi / 2 - elevation, azimuth)
            value = complex_one.imag if m < 0 else complex_one.real
            value *= np.sqrt(4 * np.pi / (2 * n + 1)) * (np.sqrt(2) * (-1) ** m if m else 1.0)
            assert gains[n * (n + 1) + m] == pytest.approx(value, abs=1e-5), (n, m)


@pytest.mark.parametrize("order", [1, 2, 3])
def test_the_energy_vector_of_decoded_ambisonics_points_at_the_source(order: int) -> None:
    count = 400
    z = 1 - (np.arange(count) + 0.5) * 2 / count
    around = unit_spiral(z)
    decoder = np.stack([encoded_by_formula(order, d) for d in around])  # (D, C)
    degree = np.floor(np.sqrt(np.arange((order + 1) ** 2)))
    for azimuth, elevation in ((0.4, 0.1), (-2.6, 0.9), (1.7, -0.6)):
        direction = unit(azimuth, elevation)
        beams = decoder @ ((2 * degree + 1) * encoded(order, direction))
        vector = (beams**2) @ around / (beams**2).sum()
        vector /= np.linalg.norm(vector)
        assert np.degrees(np.arccos(vector @ direction)) < 1.0


def unit_spiral(z: F64) -> F64:
    """Even directions, (D, 3), at heights z."""
    turn = np.arange(len(z)) * np.pi * (3 - np.sqrt(5))
    ring = np.sqrt(1 - z**2)
    return np.stack([ring * np.cos(turn), ring * np.sin(turn), z], axis=1)


def encoded_by_formula(order: int, d: F64) -> F64:
    """Real harmonics of a direction by scipy, ACN and SN3D."""
    polar, azimuth = np.arccos(d[2]), np.arctan2(d[1], d[0])
    values = []
    for n in range(order + 1):
        for m in range(-n, n + 1):
            y = sph_harm_y(n, abs(m), polar, azimuth) * np.sqrt(4 * np.pi / (2 * n + 1))
            scale = np.sqrt(2) * (-1) ** m if m else 1.0
            values.append(scale * (y.imag if m < 0 else y.real))
    return np.array(values)


def test_turning_the_head_turns_the_ambisonics_field_the_other_way() -> None:
    direction, heading = unit(1.0, 0.4), 0.7
    np.testing.assert_allclose(
        encoded(3, direction, heading), encoded(3, unit(1.0 - heading, 0.4)), atol=1e-5
    )


def coherence(noise: F32, a: int, b: int, low: float, high: float) -> float:
    """Real coherence of two channels between two frequencies."""
    spectra = np.fft.rfft(noise.astype(float).sum(0))
    frequency = np.fft.rfftfreq(noise.shape[2], 1 / RATE)
    use = (frequency > low) & (frequency < high)
    cross = (spectra[a, use] * spectra[b, use].conj()).sum().real
    return float(cross / np.sqrt(np.prod([(np.abs(spectra[i, use]) ** 2).sum() for i in (a, b)])))


def test_diffuse_noise_at_two_free_microphones_has_the_coherence_of_cook() -> None:
    config = AcousticConfig(receiver=Array([[0, 0.05, 0], [0, -0.05, 0]]), length=4.0)
    noise = config.listener.noise(config)
    assert noise.sum(0).var() == pytest.approx(1.0, abs=0.03)
    for low in (100, 800, 1500, 2500, 4000):
        expected = np.mean(np.sinc(2 * np.linspace(low, low + 300, 30) * 0.1 / SPEED))
        assert coherence(noise, 0, 1, low, low + 300) == pytest.approx(expected, abs=0.07)


def test_diffuse_noise_in_ambisonics_is_incoherent_with_power_by_degree() -> None:
    config = AcousticConfig(receiver="ambisonics:3", length=4.0)
    noise = config.listener.noise(config)
    whole = noise.astype(float).sum(0)
    degree = np.floor(np.sqrt(np.arange(16)))
    np.testing.assert_allclose(whole.var(1) * (2 * degree + 1), 1.0, atol=0.05)
    between = np.corrcoef(whole) - np.eye(16)
    assert np.abs(between).max() < 0.03


def test_only_a_head_hears_a_directed_diffuse_field_otherwise_than_an_even_one() -> None:
    for text in ("mono", "array:tetra", "ambisonics:2"):
        config = AcousticConfig(receiver=text)
        bias = config.listener.tables(config).bias
        assert bias.shape == (config.channels, 4, 3)
        assert not bias.any()
    config = AcousticConfig()
    bias = config.listener.tables(config).bias
    left, right = bias[:, :, 1]
    np.testing.assert_allclose(left, -right)
    assert (np.diff(left) > 0).all()  # the shadow deepens with frequency
    assert left[0] > 0.02
    assert left[-1] < 1.5
    assert not bias[:, :, [0, 2]].any()


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("binauarl", "did you mean 'binaural'"),
        ("ambisonics:4", "ambisonics:3"),
        ("array:cube", "array:square"),
        (7, "unknown receiver '7'"),
    ],
)
def test_an_unknown_name_is_answered_with_those_that_exist(text: str, message: str) -> None:
    with pytest.raises(SoundwalkError, match=message):
        parse_receiver(text)
    with pytest.raises(SoundwalkError, match=message):
        AcousticConfig(receiver=text)


@pytest.mark.parametrize(
    ("positions", "message"),
    [
        ([0.0, 1.0, 2.0], r"shape \(3,\)"),
        ([], "shape"),
        ([[0.0, np.nan, 0.0]], "finite"),
        ([[50.0, 0.0, 0.0]], "millimetres"),
        ([[0.0, 0.1, 0.0], [0.0, 0.1, 0.0]], "microphones 0 and 1"),
        (np.zeros((65, 3)), "1 to 64"),
        ("tetra", "shape"),
    ],
)
def test_an_array_that_cannot_be_is_refused(positions: object, message: str) -> None:
    with pytest.raises(SoundwalkError, match=message):
        Array(positions)  # type: ignore[arg-type]


@pytest.mark.parametrize("order", [-1, 4, 1.5, True])
def test_an_ambisonics_order_beyond_three_is_refused(order: int) -> None:
    with pytest.raises(SoundwalkError, match="order="):
        Ambisonics(order)


@pytest.mark.parametrize("radius", [0.0, 1.0, float("nan"), "big"])
def test_a_head_of_impossible_size_is_refused(radius: float) -> None:
    with pytest.raises(SoundwalkError, match="radius="):
        Sphere(radius)
