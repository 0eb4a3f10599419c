"""The whole engine against the laws of rooms."""

from __future__ import annotations

import math

import numpy as np
import pytest

from soundwalk.envs.acoustics import (
    AcousticConfig,
    AcousticModel,
    AcousticPool,
    GeometricEngine,
    render_rirs,
)
from soundwalk.envs.interface import F32, SPEED_OF_SOUND, SoundwalkError
from soundwalk.envs.scenes import generate, shoebox
from soundwalk.envs.scenes.scene import Scene

RATE = 16_000


def level(response: F32) -> float:
    """Energy in dB relative to a unit impulse."""
    return float(10 * np.log10((response.astype(float) ** 2).sum()))


def reverberation_time(response: F32, start: float = -5.0, end: float = -25.0) -> float:
    """Seconds for 60 dB, from a line through Schroeder's curve between two levels."""
    curve = np.cumsum(response[::-1].astype(float) ** 2)[::-1]
    decay = 10 * np.log10(curve / curve[0] + 1e-12)
    use = (decay < start) & (decay > end)
    slope = np.polyfit(np.flatnonzero(use) / RATE, decay[use], 1)[0]
    return -60 / float(slope)


@pytest.fixture(scope="module")
def hall() -> Scene:
    return shoebox((20, 20, 10), absorption=0.9)


@pytest.mark.parametrize("distance", [0.05, 0.1, 0.2, 0.4, 0.5, 1.0, 2.0, 5.0, 9.0])
def test_direct_sound_falls_with_the_inverse_distance(hall: Scene, distance: float) -> None:
    engine = GeometricEngine(hall, order=0, receiver="mono", air=False, late=False)
    response = engine.rir((10 - distance / 2, 10, 5), (10 + distance / 2, 10, 5))[0]
    spectrum = np.abs(np.fft.rfft(response, 4096))
    frequency = np.fft.rfftfreq(4096, 1 / RATE)
    for centre in (500, 1000, 2000, 4000):
        band = (frequency > centre / math.sqrt(2)) & (frequency < centre * math.sqrt(2))
        gain = 10 * np.log10((spectrum[band] ** 2).mean())
        # Nearer than half a metre it begins before time zero: see bands.causal_tails.
        tolerance = 0.1
        assert gain == pytest.approx(-20 * np.log10(distance), abs=tolerance)


@pytest.mark.parametrize("distance", [0.05, 0.1, 0.3])
def test_both_ears_hear_a_source_close_to_the_head(hall: Scene, distance: float) -> None:
    engine = GeometricEngine(hall, order=0, air=False, late=False)
    left, right = engine.rir((10, 10 + distance, 5), (10, 10, 5))
    assert np.isfinite(left).all()
    assert np.abs(np.flatnonzero(np.abs(left) > 0.5 * np.abs(left).max())).max() < 40
    assert level(left) > level(right) > 0


def test_air_takes_what_its_table_says(hall: Scene) -> None:
    points = (1.0, 10.0, 5.0), (19.0, 10.0, 5.0)
    with_air = GeometricEngine(hall, order=0, receiver="mono", late=False).arrival(*points)
    without = GeometricEngine(hall, order=0, receiver="mono", late=False, air=False).arrival(
        *points
    )
    lost = 20 * np.log10(without.gains / with_air.gains)
    # ISO 9613-1, table 1, dB/m at 1 and 2 kHz: over an octave a little more than in its middle.
    assert 1.0 < lost[1] / (4.66e-3 * 18.0) < 1.1
    assert 1.0 < lost[2] / (9.89e-3 * 18.0) < 1.15


@pytest.mark.parametrize(
    ("size", "alpha"), [((6, 5, 2.7), 0.15), ((4, 3.5, 2.5), 0.25), ((8, 6, 3), 0.3)]
)
def test_reverberation_time_of_a_box_is_eyrings_within_ten_percent(
    size: tuple[float, float, float], alpha: float
) -> None:
    x, y, z = size
    surface, volume = 2 * (x * y + x * z + y * z), x * y * z
    eyring = 24 * math.log(10) / SPEED_OF_SOUND * volume / (-surface * math.log(1 - alpha))
    engine = GeometricEngine(
        shoebox(size, absorption=alpha), length=1.0, receiver="mono", air=False
    )
    rng = np.random.default_rng(0)
    times = []
    for _ in range(8):
        s, r = (rng.uniform(0.5, np.array(size) - 0.5) for _ in range(2))
        times.append(reverberation_time(engine.rir(s, r)[0]))
    assert np.mean(times) == pytest.approx(eyring, rel=0.1)


@pytest.mark.parametrize("alpha", [0.15, 0.3])
def test_total_energy_in_a_box_is_direct_plus_barrons_reverberation(alpha: float) -> None:
    """Barron and Lee (1988): 16 pi / A exp(-ln(10^6) r / (c T)) with Eyring's A and T."""
    size = (6.0, 5.0, 2.7)
    x, y, z = size
    surface, volume = 2 * (x * y + x * z + y * z), x * y * z
    area = -surface * math.log(1 - alpha)
    time = 24 * math.log(10) / SPEED_OF_SOUND * volume / area
    engine = GeometricEngine(
        shoebox(size, absorption=alpha), length=1.5, receiver="mono", air=False
    )
    rng = np.random.default_rng(1)
    errors = []
    for _ in range(20):
        s, r = (rng.uniform(0.5, np.array(size) - 0.5) for _ in range(2))
        distance = float(np.linalg.norm(s - r))
        reverberation = 16 * math.pi / area * math.exp(-13.8155 * distance / SPEED_OF_SOUND / time)
        expected = 10 * math.log10(1 / distance**2 + reverberation)
        errors.append(level(engine.rir(s, r)[0]) - expected)
    assert abs(np.mean(errors)) < 1.0
    assert np.std(errors) < 1.5


POINTS = [(1.2, 1.5, 1.5), (3.0, 2.0, 1.1), (2.0, 4.2, 1.5), (6.0, 4.2, 1.2), (2.0, 7.0, 1.5),
          (7.0, 7.0, 0.8), (7.0, 1.5, 1.5), (1.4, 3.55, 1.2), (3.4, 4.9, 1.2)]  # fmt: skip


def test_swapping_source_and_listener_leaves_the_energy_unchanged(apartment: Scene) -> None:
    engine = GeometricEngine(apartment, receiver="mono")
    for i, a in enumerate(POINTS):
        for b in POINTS[:i]:
            assert level(engine.rir(a, b)) == pytest.approx(level(engine.rir(b, a)), abs=0.1)


def test_loudness_falls_from_room_to_room_in_generated_homes() -> None:
    for seed in range(5):
        scene = generate(seed=seed, rooms=5)
        engine = GeometricEngine(scene, receiver="mono")
        centres = [
            ((b[0] + b[2]) / 2, (b[1] + b[3]) / 2, 1.2) for b in (r.box for r in scene.plan.rooms)
        ]
        source = centres[0]
        routes = engine.model.home.routes[0, :, 0]
        doors = (routes > 0).sum(1)
        near = level(engine.rir((source[0] + 0.5, source[1], 1.2), source))
        levels = [level(engine.rir(source, c)) for c in centres]
        for passed in range(1, int(doors.max()) + 1):
            here = [v for v, d in zip(levels, doors, strict=True) if d == passed]
            before = [v for v, d in zip(levels, doors, strict=True) if d == passed - 1 and d > 0]
            assert max(here) < near - 3
            if before:
                assert np.mean(here) < np.mean(before)


def test_nothing_jumps_on_the_way_through_a_door(two_rooms: Scene) -> None:
    engine = GeometricEngine(two_rooms, receiver="mono")
    for source in ((1.0, 2.0, 1.2), (3.5, 3.5, 1.2)):
        walk = [level(engine.rir(source, (x, 1.9, 1.25))) for x in np.arange(3.0, 5.0, 0.05)]
        assert np.abs(np.diff(walk)).max() < 1.0


def test_silence_before_the_first_arrival(apartment: Scene) -> None:
    engine = GeometricEngine(apartment, receiver="mono")
    for point in POINTS[2:]:
        first = round(engine.arrival(POINTS[0], point).time * RATE)
        response = engine.rir(POINTS[0], point)[0]
        before = response[: max(first - 26, 0)]
        assert np.abs(before).max(initial=0.0) == 0.0
        assert np.abs(response[first - 26 : first + 200]).max() > 0


def test_the_same_call_gives_the_same_response_alone_or_in_a_batch(apartment: Scene) -> None:
    config = AcousticConfig()
    model = AcousticModel.from_scene(apartment, config)
    other = AcousticModel.from_scene(shoebox((5, 4, 2.5)), config)
    pool = AcousticPool(3, config, agents=8)
    pool.put(1, other)  # small first: the padded arrays must grow
    pool.put(2, model)
    receivers = np.array([*POINTS[1:8], (2.0, 2.0, 1.2)])
    slots = np.array([2] * 7 + [1], np.int32)
    for agent in range(8):
        pool.put_source(agent, int(slots[agent]), POINTS[0])
    headings = np.linspace(-3, 3, 8)
    batch = np.empty((8, 2, 8000), np.float32)
    render_rirs(pool, slots, receivers, headings, batch)
    engine = GeometricEngine(apartment)
    for n in range(7):
        alone = engine.rir(POINTS[0], receivers[n], headings[n])
        np.testing.assert_array_equal(batch[n], alone)
        np.testing.assert_array_equal(alone, engine.rir(POINTS[0], receivers[n], headings[n]))
    some = np.empty((2, 2, 8000), np.float32)
    which = np.array([7, 3])
    render_rirs(pool, slots[which], receivers[which], headings[which], some, which)
    np.testing.assert_array_equal(some, batch[which])


@pytest.mark.parametrize("rate", [8000, 22_050, 48_000])
def test_other_sample_rates_give_the_same_physics(rate: int) -> None:
    scene = shoebox((6, 5, 2.7), absorption=0.3)
    engine = GeometricEngine(scene, sample_rate=rate, receiver="mono", late=False, order=1)
    response = engine.rir((1, 2, 1.5), (4, 3, 1.2))[0]
    assert response.shape == (rate // 2,)
    peak = int(np.argmax(np.abs(response[: rate // 100])))
    assert peak / rate == pytest.approx(math.sqrt(10.09) / SPEED_OF_SOUND, abs=1 / rate)


BAD_POINTS = [
    ((9.0, 9.0, 1.0), r"source=\(9.00, 9.00, 1.00\).*inside a wall or outside the home: give"),
    ((4.05, 1.0, 1.0), r"source=\(4.05, 1.00, 1.00\).*inside a wall"),
    ((1.0, 2.0, 9.0), r"below the floor or above the ceiling: give a height between 0 and 2.60 m"),
    ((4.05, 2.0, 2.3), "between 0 and 2.05 m"),
    ((math.nan, 1.0, 1.0), "three finite numbers"),
    ((1.0, 1.0), "three finite numbers"),
]


@pytest.mark.parametrize(("point", "message"), BAD_POINTS)
def test_a_point_that_is_not_in_the_air_is_an_error_that_says_so(
    two_rooms: Scene, point: tuple[float, ...], message: str
) -> None:
    engine = GeometricEngine(two_rooms)
    with pytest.raises(SoundwalkError, match=message):
        engine.rir(point, (1, 1, 1))  # type: ignore[arg-type]
    with pytest.raises(SoundwalkError, match=message.replace("source", "receiver")):
        engine.rir((1, 1, 1), point)  # type: ignore[arg-type]
    with pytest.raises(SoundwalkError, match="heading=nan"):
        engine.rir((1, 1, 1), (2, 2, 1), math.nan)


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"sample_rate": 4000}, "sample_rate=4000: expected 8000 to 48000 Hz"),
        ({"sample_rate": 16_000.5}, "whole number"),
        ({"order": 9}, "order=9: expected 0 to 6"),
        ({"length": math.nan}, "length=nan"),
        ({"length": 0.0}, "length=0.0"),
        ({"receiver": "binaurl"}, "did you mean 'binaural'"),
        ({"head_radius": 1.0}, "head_radius=1.0"),
    ],
)
def test_settings_out_of_range_are_named(settings: dict[str, float], message: str) -> None:
    with pytest.raises(SoundwalkError, match=message):
        AcousticConfig(**settings)  # type: ignore[arg-type]


def test_misuse_of_a_pool_is_named(two_rooms: Scene) -> None:
    pool = AcousticPool(2)
    model = AcousticModel.from_scene(two_rooms, pool.config)
    with pytest.raises(SoundwalkError, match="slot 5 does not exist"):
        pool.put(5, model)
    with pytest.raises(SoundwalkError, match="pass the pool's config"):
        pool.put(0, AcousticModel.from_scene(two_rooms, AcousticConfig(order=1)))
    with pytest.raises(SoundwalkError, match="slot 0 is empty"):
        pool.put_source(0, 0, (1, 1, 1))
    pool.put(0, model)
    pool.put_source(0, 0, (1, 1, 1))
    slots, heading, out = np.zeros(1, np.int32), np.zeros(1), np.empty((1, 2, 8000), np.float32)
    with pytest.raises(SoundwalkError, match=r"expected float32 \(1, 2, 8000\)"):
        render_rirs(pool, slots, np.ones((1, 3)), heading, out[:, :1])
    with pytest.raises(SoundwalkError, match=r"expected \(1, 3\) and \(1,\)"):
        render_rirs(pool, slots, np.ones((2, 3)), heading, out)
    with pytest.raises(SoundwalkError, match="NaN"):
        render_rirs(pool, slots, np.full((1, 3), np.nan), heading, out)
    with pytest.raises(SoundwalkError, match="late=False"):
        GeometricEngine(two_rooms, late=False).late_level((1, 1, 1), (2, 2, 1))
