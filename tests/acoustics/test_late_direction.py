"""The late field has a direction: it pours in through the door, for ears and for Ambisonics."""

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
from soundwalk.envs.acoustics.receivers import Ambisonics
from soundwalk.envs.interface import F32, F64
from soundwalk.envs.scenes import shoebox
from soundwalk.envs.scenes.scene import Scene

SOURCE, LISTENER = (1.0, 3.0, 1.2), (4.7, 1.95, 1.2)  # the door lies to the west of the listener
RATE = 16_000


def late_part(engine: GeometricEngine, heading: float) -> F64:
    """(C, L) the response from 50 to 150 ms; order 0: no reflection is drawn."""
    response = engine.rir(SOURCE, LISTENER, heading)
    return response[:, RATE // 20 : RATE * 3 // 20].astype(np.float64)


def level_difference(response: F64) -> float:
    """Left over right, dB."""
    power = (response**2).sum(1)
    return float(10 * np.log10(power[0] / power[1]))


def test_the_ear_that_faces_the_door_hears_more_of_the_room_behind_it(two_rooms: Scene) -> None:
    engine = GeometricEngine(two_rooms, order=0, air=False)
    north, south = (level_difference(late_part(engine, h)) for h in (math.pi / 2, -math.pi / 2))
    assert north - south > 1.0  # the same noise both times: its own imbalance cancels
    ahead, behind = (level_difference(late_part(engine, h)) for h in (math.pi, 0.0))
    assert abs(ahead - behind) < 0.3


def test_the_field_points_at_the_door_and_less_so_later_and_farther_away(two_rooms: Scene) -> None:
    engine = GeometricEngine(two_rooms, order=0, air=False)
    times = engine._pool.tables.knots / RATE
    engine.rir(SOURCE, LISTENER, 0.0)
    near = engine._pool.work.towards[1].copy()
    engine.rir(SOURCE, (7.5, 1.95, 1.2), 0.0)
    far = engine._pool.work.towards[1].copy()
    early, late = np.searchsorted(times, [0.05, 0.2])
    assert near[0, early] < -0.08  # behind a head that faces east
    assert near[0, early] < near[0, late] < 0.01
    assert abs(far[0, early]) < abs(near[0, early]) / 2
    assert abs(near[1, early]) < 0.5 * abs(near[0, early])
    assert np.hypot(*near).max() <= 1 / 3 + 1e-6


def test_in_the_middle_of_an_even_room_the_field_has_no_direction() -> None:
    engine = GeometricEngine(shoebox((6, 5, 2.7)), order=0)
    engine.rir((3.0, 2.5, 1.0), (3.0, 2.5, 1.5), 0.7)
    work = engine._pool.work
    assert np.abs(work.towards[:, :, 10:]).max() < 0.01
    np.testing.assert_allclose(work.levels[0][:, 10:], work.envelope[:, 10:], rtol=0.01)


def test_nothing_jumps_in_the_middle_of_a_doorway(two_rooms: Scene) -> None:
    engine = GeometricEngine(two_rooms, order=0)
    found = []
    for x in (4.05 - 1e-5, 4.05 + 1e-5):
        engine.rir(SOURCE, (x, 1.9, 1.2), 0.0)
        found.append(engine._pool.work.towards[1].copy())
    np.testing.assert_allclose(found[0][:, 12:], found[1][:, 12:], atol=0.08)
    assert found[0][0, 12] < -0.03


def test_ambisonics_hears_from_where_the_late_field_comes(two_rooms: Scene) -> None:
    """E[W X] over E[W W] is the mean direction; every channel keeps its power."""
    config = AcousticConfig(receiver=Ambisonics(1), order=0, air=False)
    engine = GeometricEngine.from_config(two_rooms, config)
    ratios = []
    for heading in (0.0, math.pi / 2):
        w, y, z, x = late_part(engine, heading)
        ratios.append([(w * c).sum() / (w**2).sum() for c in (x, y)])
        for channel in (x, y, z):
            assert (channel**2).sum() / (w**2).sum() == pytest.approx(1 / 3, rel=0.2)
    (ahead, left), (turned_ahead, turned_left) = ratios
    assert ahead < -0.08  # the door is behind
    assert turned_left > 0.08  # and to the left of one who faces north
    assert abs(left) < 0.07
    assert abs(turned_ahead) < 0.07


def rendered(scene: Scene, advance: float) -> F32:
    """Mono response with `advance` metres taken off."""
    pool = AcousticPool(1, AcousticConfig(order=0, receiver="mono", air=False))
    pool.put(0, AcousticModel.from_scene(scene, pool.config))
    pool.put_source(0, 0, SOURCE)
    out = np.empty((1, 1, pool.config.samples), np.float32)
    place, slot = np.array([LISTENER]), np.zeros(1, np.int32)
    render_rirs(pool, slot, place, np.zeros(1), out, advance=np.array([advance]))
    response: F32 = out[0, 0]
    return response


def test_sound_delayed_elsewhere_leaves_an_earlier_but_equal_decay(two_rooms: Scene) -> None:
    metres = 3.43
    lead = round(metres / 343 * RATE)
    whole, shifted = (rendered(two_rooms, a).astype(np.float64) for a in (0.0, metres))
    for start in range(1600, 5600, 800):
        a = (whole[start : start + 800] ** 2).sum()
        b = (shifted[start - lead : start - lead + 800] ** 2).sum()
        assert 10 * np.log10(b / a) == pytest.approx(0.0, abs=1.0)


def test_the_field_begins_with_the_first_arrival_and_without_a_click(two_rooms: Scene) -> None:
    engine = GeometricEngine(two_rooms, order=0, receiver="mono", air=False)
    dry = GeometricEngine(two_rooms, order=0, receiver="mono", air=False, late=False)
    field = np.abs(engine.rir(SOURCE, LISTENER)[0] - dry.rir(SOURCE, LISTENER)[0])
    start = int(engine.arrival(SOURCE, LISTENER).time * RATE)
    assert field[:start].max() == 0.0
    settled = np.sqrt((field[start + 32 : start + 160] ** 2).mean())
    assert np.sqrt((field[start : start + 8] ** 2).mean()) < 0.3 * settled
