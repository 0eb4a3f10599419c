"""Sound through walls and closed doors: level, direction, and when it is the first to be heard."""

from __future__ import annotations

import dataclasses
import math

import numpy as np
import pytest

from soundwalk.envs.acoustics import AcousticConfig, AcousticModel, AcousticPool, GeometricEngine
from soundwalk.envs.acoustics.arrivals import find_arrivals
from soundwalk.envs.acoustics.rooms import locate
from soundwalk.envs.acoustics.tables import TRANSMITTED
from soundwalk.envs.interface import SPEED_OF_SOUND
from soundwalk.envs.scenes import set_doors
from soundwalk.envs.scenes.scene import Scene, Surface

Point = tuple[float, float, float]
WALL, LEAF = 1e-4, 1e-3
SOURCE, BEHIND = (2.0, 3.5, 1.2), (6.0, 3.5, 1.2)  # the door of two_rooms is at y = 1.5 ... 2.4


@pytest.fixture
def neighbours(two_rooms: Scene) -> Scene:
    """Two rooms with walls that let through a ten-thousandth, and a leaf a thousandth."""
    walls = dataclasses.replace(two_rooms.surfaces[0], transmission=(WALL,) * 7)
    return dataclasses.replace(two_rooms, surfaces=(walls, two_rooms.surfaces[1]))


def closed(scene: Scene) -> Scene:
    shut = set_doors(scene, [False])
    leaf = Surface("leaf", (0.1,) * 7, transmission=(LEAF,) * 7)
    surfaces = (*shut.surfaces[: shut.plan.doors[0].leaf], leaf)
    return dataclasses.replace(shut, surfaces=surfaces)


def through(scene: Scene, source: Point, receiver: Point, transmission: bool = True) -> list[float]:
    """Loss in dB against the free field of everything that came through a wall."""
    config = AcousticConfig(air=False, late=False, transmission=transmission)
    pool = AcousticPool(1, config)
    pool.put(0, AcousticModel.from_scene(scene, config))
    assert pool.home is not None
    s, r = (locate(pool.home, 0, *p) for p in (source, receiver))
    work = pool.work
    count = find_arrivals(pool.home, 0, config.order, pool.tables, s, r, work)
    out = []
    for i in np.flatnonzero(work.kinds[:count] == TRANSMITTED):
        assert work.lengths[i] == pytest.approx(math.dist(source, receiver))
        straight = (np.array(source) - receiver) / math.dist(source, receiver)
        np.testing.assert_allclose(work.directions[i], straight, atol=1e-9)
        out.append(float(-20 * np.log10(work.gains[i, 1] * work.lengths[i])))
    return out


def test_a_wall_takes_what_its_material_does_not_let_through(neighbours: Scene) -> None:
    assert through(neighbours, SOURCE, BEHIND) == pytest.approx([40.0], abs=1e-3)
    assert through(neighbours, BEHIND, SOURCE) == pytest.approx([40.0], abs=1e-3)


def test_nothing_goes_through_in_sight_or_with_transmission_off(neighbours: Scene) -> None:
    assert through(neighbours, (2.0, 2.0, 1.2), (6.0, 2.0, 1.2)) == []
    assert through(neighbours, SOURCE, BEHIND, transmission=False) == []
    assert through(neighbours, SOURCE, (3.0, 3.0, 1.2)) == []


def test_above_a_door_sound_goes_through_the_lintel(neighbours: Scene) -> None:
    assert through(neighbours, (2.0, 2.0, 2.4), (6.0, 2.0, 2.4)) == pytest.approx([40.0], abs=1e-3)


def test_a_closed_door_lets_through_what_its_leaf_does(neighbours: Scene) -> None:
    shut = closed(neighbours)
    assert through(shut, (2.0, 2.0, 1.2), (6.0, 2.0, 1.2)) == pytest.approx([30.0], abs=1e-3)
    assert through(shut, SOURCE, BEHIND) == pytest.approx([40.0], abs=1e-3)


def test_behind_closed_doors_the_first_sound_comes_straight_through_the_wall(
    neighbours: Scene,
) -> None:
    first = GeometricEngine(closed(neighbours)).arrival(SOURCE, BEHIND)
    assert first.time == pytest.approx(4.0 / SPEED_OF_SOUND)
    assert math.cos(first.azimuth) == pytest.approx(-1.0)
    silent = GeometricEngine.from_config(
        closed(neighbours), AcousticConfig(transmission=False)
    ).arrival(SOURCE, BEHIND)
    assert silent.time == pytest.approx(4.0 / SPEED_OF_SOUND)
    np.testing.assert_array_equal(silent.gains, 0.0)


def test_a_door_that_opens_is_heard(neighbours: Scene) -> None:
    open_level, shut_level = (
        float(10 * np.log10((GeometricEngine(s).rir(SOURCE, BEHIND).astype(float) ** 2).sum()))
        for s in (neighbours, closed(neighbours))
    )
    assert open_level > shut_level + 10


def test_three_walls_take_three_times_as_much(apartment: Scene) -> None:
    walls = dataclasses.replace(apartment.surfaces[0], transmission=(WALL,) * 7)
    scene = dataclasses.replace(apartment, surfaces=(walls, apartment.surfaces[1]))
    # from the south room over the corridor to the north room: two walls
    assert through(scene, (3.5, 1.0, 1.2), (2.0, 7.5, 1.2)) == pytest.approx([80.0], abs=1e-3)
