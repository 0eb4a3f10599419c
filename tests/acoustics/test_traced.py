"""What rays count in true geometry, against closed forms of areas, volumes, and decays."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from pyroomacoustics.experimental import measure_rt60

from soundwalk.envs.acoustics import GeometricEngine
from soundwalk.envs.acoustics.bands import octaves_to_bands
from soundwalk.envs.acoustics.statistics import (
    RoomAcoustics,
    face_areas,
    furniture_areas,
    room_statistics,
)
from soundwalk.envs.acoustics.traced import traced_statistics
from soundwalk.envs.interface import F32, Bool, SoundwalkError
from soundwalk.envs.scenes import Scene, joined, shoebox
from soundwalk.envs.scenes.freespace import FreeSpace
from soundwalk.envs.scenes.rasterise import rasterised
from soundwalk.envs.scenes.scene import CEILING, Surface
from soundwalk.envs.scenes.segment import plan_from_free

ALPHA = 0.2


def elsewhere(room: Scene, free: FreeSpace | None = None) -> Scene:
    """A scene as if it were known by its triangles and a raster alone."""
    free = free or rasterised(room.plan, room.obstacles)
    return replace(room, free=free, plan=plan_from_free(free, (0,) * 6))


def counted(scene: Scene) -> list[RoomAcoustics]:
    """Statistics of the rooms by rays."""
    absorption = octaves_to_bands(np.array([s.absorption for s in scene.surfaces]), 16_000)
    stats = room_statistics(scene.plan, absorption, furniture_areas(scene.plan, absorption))
    assert scene.free is not None
    return traced_statistics(scene, scene.free, absorption, stats)


def total(scene: Scene, stats: list[RoomAcoustics]) -> float:
    """Absorption area of all rooms in the lowest band, m2."""
    area = 0.0
    for room, stat in zip(scene.plan.rooms, stats, strict=True):
        walls = np.maximum(face_areas(room) - stat.openings, 0.0)
        area += float(walls @ stat.absorption[:, 0] + stat.furniture[0])
    return area


Point = tuple[float, float, float]


def quad(a: Point, b: Point, c: Point, d: Point) -> list[list[Point]]:
    """Two triangles."""
    return [[a, b, c], [a, c, d]]


def bare(
    triangles: F32, air: Bool, ceiling: F32 | float, alpha: float = ALPHA, cell: float = 0.05
) -> Scene:
    """A scene of one material from triangles and the raster of its air, which begins at 0, 0."""
    over = np.broadcast_to(np.asarray(ceiling, np.float32), air.shape)
    free = FreeSpace(cell, (0.0, 0.0), air, np.ascontiguousarray(over), air=air)
    zeros = np.zeros(len(triangles), np.int32)
    surfaces = (Surface("wall", (alpha,) * 7),)
    plan = plan_from_free(free, (0,) * 6)
    return Scene(triangles, zeros, zeros, surfaces, plan, free.obstacles(), free=free)


def prism(width: float, depth: float, low: float, high: float) -> F32:
    """A room whose roof rises along x from `low` to `high`."""

    def p(x: float, y: float, z: float) -> tuple[float, float, float]:
        return x * width, y * depth, z

    faces = quad(p(0, 0, 0), p(1, 0, 0), p(1, 1, 0), p(0, 1, 0))
    faces += quad(p(0, 0, low), p(1, 0, high), p(1, 1, high), p(0, 1, low))
    faces += quad(p(0, 0, 0), p(0, 1, 0), p(0, 1, low), p(0, 0, low))
    faces += quad(p(1, 0, 0), p(1, 1, 0), p(1, 1, high), p(1, 0, high))
    faces += quad(p(0, 0, 0), p(1, 0, 0), p(1, 0, high), p(0, 0, low))
    faces += quad(p(0, 1, 0), p(1, 1, 0), p(1, 1, high), p(0, 1, low))
    return np.array(faces, np.float32)


def test_a_box_counts_as_the_plan_of_a_box_says() -> None:
    room = shoebox((6, 4, 2.5), materials=["brickwork", "wall_white", "curtain", "wall_white",
                                           "floor_carpet", "ceiling"])  # fmt: skip
    scene = elsewhere(room)
    scene = replace(scene, plan=room.plan)
    absorption = octaves_to_bands(np.array([s.absorption for s in room.surfaces]), 16_000)
    exact = room_statistics(room.plan, absorption, [])[0]
    found = counted(scene)[0]
    assert found.free_path == pytest.approx(exact.free_path, rel=0.01)
    assert found.surface == pytest.approx(exact.surface, rel=0.01)
    np.testing.assert_allclose(found.absorption, exact.absorption, rtol=0.01)
    np.testing.assert_allclose(found.eyring, exact.eyring, rtol=0.02)


def test_a_box_sounds_as_a_shoebox() -> None:
    room = shoebox((6, 4, 2.5), absorption=0.15)
    responses = [
        GeometricEngine(scene, length=1.0).rir((1.0, 1.0, 1.4), (4.5, 2.6, 1.25), 0.4)
        for scene in (room, elsewhere(room))
    ]
    energies = [float((h.astype(np.float64) ** 2).sum()) for h in responses]
    assert 10 * np.log10(energies[1] / energies[0]) == pytest.approx(0.0, abs=0.2)
    times = [measure_rt60(h[0], fs=16_000, decay_db=20) for h in responses]
    assert times[1] == pytest.approx(times[0], rel=0.05)


def test_a_missing_half_of_the_ceiling_absorbs_all_that_meets_it() -> None:
    width, depth, height = 6.0, 5.0, 2.6
    room = shoebox((width, depth, height), absorption=ALPHA)
    top = (room.triangles[:, :, 2] == np.float32(height)).all(1)
    half = quad((0, 0, height), (0, depth, height), (3, depth, height), (3, 0, height))
    triangles = np.concatenate([room.triangles[~top], np.array(half, np.float32)])
    air = np.ones((100, 120), bool)
    over = np.full(air.shape, height, np.float32)
    over[:, 60:] = np.inf
    scene = bare(triangles, air, over)
    area = 2 * (width * depth + (width + depth) * height)
    mean = (ALPHA * (area - width * depth / 2) + width * depth / 2) / area
    found = counted(scene)[0]
    assert total(scene, [found]) == pytest.approx(mean * area, rel=0.02)
    assert found.absorption[CEILING, 0] == pytest.approx(0.5 * ALPHA + 0.5, abs=0.02)
    eyring = 0.161 * width * depth * height / (-area * np.log(1 - mean))
    h = GeometricEngine(scene, receiver="mono", air=False).rir((1.2, 1.3, 1.4), (4.2, 3.4, 1.2))
    assert measure_rt60(h[0], fs=16_000, decay_db=20) == pytest.approx(eyring, rel=0.1)


def test_under_a_slanted_roof_the_mean_free_path_is_four_volumes_by_the_surface() -> None:
    width, depth, low, high = 6.0, 4.0, 2.0, 4.0
    xs = (np.arange(120) + 0.5) * 0.05
    over = np.tile((low + (high - low) * xs / width).astype(np.float32), (80, 1))
    scene = bare(prism(width, depth, low, high), np.ones((80, 120), bool), over)
    surface = width * depth + depth * np.hypot(width, high - low) + depth * (low + high)
    surface += 2 * width * (low + high) / 2
    volume = width * depth * (low + high) / 2
    found = counted(scene)[0]
    assert found.free_path == pytest.approx(4 * volume / surface, rel=0.02)
    assert total(scene, [found]) == pytest.approx(ALPHA * surface, rel=0.02)


def test_in_an_l_and_in_a_round_room_it_is_too() -> None:
    room = joined([(0, 0, 4, 3), (4, 0, 6, 6)], height=2.8, absorption=ALPHA)
    surface = 2 * 24 + 2 * (6 + 6) * 2.8
    for found in counted(elsewhere(room)):
        assert found.free_path == pytest.approx(4 * 24 * 2.8 / surface, rel=0.02)
    ys, xs = np.mgrid[0:140, 0:140] * 0.05 + 0.025
    air = np.hypot(xs - 3.5, ys - 3.5) < 3
    turn = np.linspace(0, 2 * np.pi, 97)
    x, y = 3.5 + 3 * np.cos(turn), 3.5 + 3 * np.sin(turn)
    faces: list[list[Point]] = []
    for k in range(96):
        (a, b), (c, d) = (x[k], y[k]), (x[k + 1], y[k + 1])
        faces += quad((a, b, 0.0), (c, d, 0.0), (c, d, 2.6), (a, b, 2.6))
        faces += [[(a, b, z), (c, d, z), (3.5, 3.5, z)] for z in (0.0, 2.6)]
    scene = bare(np.array(faces, np.float32), air, 2.6)
    circle, rim = np.pi * 9, 2 * np.pi * 3
    volume, surface = circle * 2.6, 2 * circle + rim * 2.6
    boxes = sum(r.area * r.height for r in scene.plan.rooms)
    for found in counted(scene):
        assert found.free_path == pytest.approx(4 * boxes / surface / (boxes / volume), rel=0.02)


def test_what_is_lost_by_a_door_is_not_absorbed_and_what_is_lost_by_a_hole_is() -> None:
    rooms = np.zeros((80, 162), bool)
    rooms[1:-1, 1:80] = rooms[1:-1, 82:161] = True
    holed = {}
    for kind, rows in (("none", slice(0, 0)), ("door", slice(30, 50))):
        air = rooms.copy()
        air[rows, 80:82] = True
        holed[kind] = air
    # Walls at x = 4.0 and 4.1 with an opening 1 m wide and 2 m high, drawn as single sheets.
    faces: list[list[Point]] = []
    for x0, x1 in ((0.05, 4.0), (4.1, 8.05)):
        for z in (0.0, 2.6):
            faces += quad((x0, 0.05, z), (x1, 0.05, z), (x1, 3.95, z), (x0, 3.95, z))
        for y in (0.05, 3.95):
            faces += quad((x0, y, 0), (x1, y, 0), (x1, y, 2.6), (x0, y, 2.6))
    for x in (0.05, 8.05):
        faces += quad((x, 0.05, 0), (x, 3.95, 0), (x, 3.95, 2.6), (x, 0.05, 2.6))
    for x in (4.0, 4.1):
        for y0, y1, z0 in ((0.05, 1.5, 0), (2.5, 3.95, 0), (1.5, 2.5, 2.0)):
            faces += quad((x, y0, z0), (x, y1, z0), (x, y1, 2.6), (x, y0, 2.6))
    triangles = np.array(faces, np.float32)
    over = np.full(rooms.shape, 2.6, np.float32)
    over[30:50, 80:82] = 2.0
    open_door = bare(triangles, holed["door"], over)
    assert len(open_door.plan.doors) == 1
    walls = 2 * 3.95 * 3.9 + 2 * (3.95 + 3.9) * 2.6
    doors = counted(open_door)
    assert total(open_door, doors) == pytest.approx(2 * ALPHA * (walls - 2.0), rel=0.02)
    hole = bare(triangles, holed["none"], over)
    assert len(hole.plan.rooms) == 1
    expected = ALPHA * (walls - 2.0) + 2.0
    assert total(hole, counted(hole)) == pytest.approx(expected, rel=0.05)


def test_points_beside_the_boxes_of_a_round_room_can_be_heard() -> None:
    ys, xs = np.mgrid[0:140, 0:140] * 0.05 + 0.025
    scene = bare(prism(7, 7, 2.6, 2.6), np.hypot(xs - 3.5, ys - 3.5) < 3, 2.6)
    turn = np.linspace(0, 2 * np.pi, 40)
    edge = np.column_stack([3.5 + 2.8 * np.cos(turn), 3.5 + 2.8 * np.sin(turn)])
    engine = GeometricEngine(scene, receiver="mono")
    for x, y in edge:
        h: F32 = engine.rir((x, y, 1.4), (3.5, 3.5, 1.25))
        assert 0 < np.abs(h).sum() < np.inf
    with pytest.raises(SoundwalkError, match="outside the home"):
        engine.rir((12.0, 3.5, 1.4), (3.5, 3.5, 1.25))
    with pytest.raises(SoundwalkError, match="outside the home"):
        shoebox((4, 3, 2)).room_at(4.1, 1.0)
