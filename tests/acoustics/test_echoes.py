"""Echoes of furniture and rough walls: delay, level, direction, and where facets come from."""

from __future__ import annotations

import dataclasses
import math

import numpy as np
import pytest

from soundwalk.envs.acoustics import AcousticConfig, AcousticModel, AcousticPool, GeometricEngine
from soundwalk.envs.acoustics.arrivals import find_arrivals
from soundwalk.envs.acoustics.facets import find_facets
from soundwalk.envs.acoustics.fresnel import strip_gain
from soundwalk.envs.acoustics.rooms import locate
from soundwalk.envs.acoustics.tables import FURNITURE, SCATTERED
from soundwalk.envs.interface import F64, SPEED_OF_SOUND
from soundwalk.envs.scenes import generate, shoebox
from soundwalk.envs.scenes.materials import uniform
from soundwalk.envs.scenes.quads import quad_triangles
from soundwalk.envs.scenes.scene import EAST, Scene

Point = tuple[float, float, float]
CENTRES = np.array((353.6, 1000.0, 2000.0, 4000.0))


def with_panel(half: float, scattering: float, alpha: float = 0.2) -> Scene:
    """A dead hall with a square panel in the plane x = 2 that looks east, around (2, 10, 5)."""
    hall = shoebox((20, 20, 10), absorption=0.999)
    flat = np.array([[2.0, 10 - half, 5 - half, 2.0, 10 + half, 5 + half]])
    triangles = quad_triangles(flat, np.array([EAST]))
    return dataclasses.replace(
        hall,
        triangles=np.concatenate([hall.triangles, triangles]),
        surface=np.append(hall.surface, [len(hall.surfaces)] * 2).astype(np.int32),
        instance=np.append(hall.instance, [1, 1]).astype(np.int32),
        surfaces=(*hall.surfaces, uniform("panel", (alpha,), (scattering,))),
    )


def echoes(scene: Scene, source: Point, receiver: Point, kind: int) -> tuple[F64, F64, F64, F64]:
    """Lengths, directions, departures and gains of the arrivals of one kind."""
    config = AcousticConfig(order=0, air=False, late=False)
    pool = AcousticPool(1, config)
    pool.put(0, AcousticModel.from_scene(scene, config))
    assert pool.home is not None
    s, r = (locate(pool.home, 0, *p) for p in (source, receiver))
    work = pool.work
    count = find_arrivals(pool.home, 0, 0, pool.tables, s, r, work)
    mine = np.flatnonzero(work.kinds[:count] == kind)
    return work.lengths[mine], work.directions[mine], work.departures[mine], work.gains[mine]


def test_a_caller_hears_the_panel_in_front_at_its_distance_and_direction() -> None:
    ear, mouth = (5.0, 10.0, 5.0), (5.0, 10.08, 5.0)
    lengths, directions, departures, gains = echoes(with_panel(1.5, 0.0), mouth, ear, FURNITURE)
    assert lengths == pytest.approx([math.hypot(6.0, 0.08)])
    np.testing.assert_allclose(directions[0], [-1, 0.0133, 0], atol=1e-3)
    np.testing.assert_allclose(departures[0], [-1, -0.0133, 0], atol=1e-3)
    whole = math.sqrt(0.8) / lengths[0]
    assert (np.abs(20 * np.log10(gains[0][1:] / whole)) < 2.6).all()  # ripples of its edges
    assert len(echoes(with_panel(1.5, 0.0), (1.0, 10.0, 5.0), (1.0, 10.1, 5.0), FURNITURE)[0]) == 0


def test_a_finite_panel_reflects_as_the_waves_of_all_its_points_together() -> None:
    """Kirchhoff's integral over the panel, in the approximation of small angles."""
    half, source, ear = 0.6, (6.0, 10.3, 5.1), (5.0, 9.8, 4.9)
    _, _, _, gains = echoes(with_panel(half, 0.0), source, ear, FURNITURE)
    axis = np.linspace(-half, half, 801)
    y, z = np.meshgrid(10 + axis, 5 + axis)
    one, two = (np.sqrt((p[0] - 2) ** 2 + (y - p[1]) ** 2 + (z - p[2]) ** 2) for p in (source, ear))
    for frequency, gain in zip(CENTRES, gains[0], strict=True):
        waves = np.exp(-2j * np.pi * frequency / SPEED_OF_SOUND * (one + two)) / (one * two)
        pressure = abs(waves.sum()) * (axis[1] - axis[0]) ** 2 * frequency / SPEED_OF_SOUND
        assert 20 * np.log10(gain / (math.sqrt(0.8) * pressure)) == pytest.approx(0, abs=0.7)


def test_a_matt_facet_sends_on_what_meets_it_by_lamberts_law() -> None:
    """Summed over all directions: the scattered share of the power that falls on the facet."""
    half, alpha, share = 0.5, 0.2, 0.6
    scene, source = with_panel(half, share, alpha), (6.0, 11.0, 5.5)
    rng = np.random.default_rng(0)
    rays = rng.standard_normal((400, 3))
    rays *= 4.0 / np.linalg.norm(rays, axis=1, keepdims=True)
    rays[:, 0] = np.abs(rays[:, 0])
    powers = []
    for ray in rays:
        ear = (2 + ray[0], 10 + ray[1], 5 + ray[2])
        gains = echoes(scene, source, ear, SCATTERED)[3]
        powers.append((gains[:, 2] ** 2).sum() if len(gains) else 0.0)
    sent = np.mean(powers) * 2 * np.pi * 16.0
    away = math.dist(source, (2, 10, 5))
    meets = 4 * half**2 * (4.0 / away) / away**2
    assert sent == pytest.approx(share * (1 - alpha) * meets, rel=0.1)


def test_echoes_are_the_same_both_ways() -> None:
    for seed in range(3):
        scene = generate(seed=seed, rooms=2)
        rng = np.random.default_rng(seed)
        for room in scene.plan.rooms:
            x0, y0, x1, y1 = room.box
            a, b = (
                (rng.uniform(x0 + 0.2, x1 - 0.2), rng.uniform(y0 + 0.2, y1 - 0.2), z)
                for z in (0.5, 1.25)
            )
            for kind in (FURNITURE, SCATTERED):
                there, back = echoes(scene, a, b, kind), echoes(scene, b, a, kind)
                np.testing.assert_allclose(there[0], back[0], rtol=1e-9)
                np.testing.assert_allclose(there[3], back[3], rtol=1e-4, atol=1e-7)
                np.testing.assert_allclose(there[1], back[2], atol=1e-7)


def test_an_echo_does_not_jump_as_one_walks_along_a_panel() -> None:
    scene, levels = with_panel(0.7, 0.3), []
    for step in np.arange(-3, 3, 0.05):
        ear = (4.0, 10.0 + step, 5.0)
        _, _, _, gains = echoes(scene, (4.0, 10.1 + step, 5.0), ear, FURNITURE)
        levels.append(gains.sum(0) if len(gains) else np.zeros(4))
    steps = np.abs(np.diff(levels, axis=0))
    assert np.max(levels) > 0.2
    assert steps.max() < 0.08


def test_a_wide_strip_lets_a_wave_by_and_half_a_front_half_of_it() -> None:
    assert strip_gain(-30.0, 30.0) == pytest.approx(1.0)
    assert strip_gain(0.0, 30.0) == pytest.approx(0.5)
    assert strip_gain(3.0, 30.0) == pytest.approx(1 / (math.sqrt(2) * math.pi * 3.0), rel=0.05)


def test_facets_are_the_large_faces_that_the_camera_sees() -> None:
    for seed in range(4):
        scene = generate(seed=seed, rooms=3)
        bands = np.ones((len(scene.surfaces), 4)) * 0.1
        facets = find_facets(scene, bands, bands)
        solid = scene.triangles[scene.instance > 0].astype(float)
        across = np.cross(solid[:, 1] - solid[:, 0], solid[:, 2] - solid[:, 0])
        size = np.linalg.norm(across, axis=1)
        normals, points = across / size[:, None], solid[:, 0]
        mirrored = 0.0
        for index, room in enumerate(scene.plan.rooms):
            assert 4 <= facets.used[index] <= 48
            for row, mirror in zip(facets.panels[index], facets.mirrors[index], strict=True):
                if mirror[0] == 0:
                    continue
                mirrored += row[11]
                assert room.contains(row[0], row[1], -1e-6)
                same = (normals @ row[3:6] > 0.999) & (np.abs((points - row[:3]) @ row[3:6]) < 0.05)
                assert same.any()
        assert 0.4 * size.sum() / 2 < mirrored < size.sum() / 2


def test_a_sofa_in_the_room_is_heard_by_who_calls_before_it() -> None:
    scene = generate(seed=0, rooms=3)
    sofa = next(f for f in scene.plan.furniture if f.kind == "sofa")
    x0, y0, _, x1, y1, _ = sofa.box
    room = scene.plan.rooms[sofa.room]
    middle = ((room.box[0] + room.box[2]) / 2, (room.box[1] + room.box[3]) / 2)
    ear = (middle[0], middle[1], 1.25)
    lengths, directions, _, gains = echoes(scene, (*middle, 1.2), ear, SCATTERED)
    toward = np.array([(x0 + x1) / 2 - ear[0], (y0 + y1) / 2 - ear[1], 0.4 - ear[2]])
    away = float(np.linalg.norm(toward))
    near = (directions @ toward / away > 0.8) & (np.abs(lengths / 2 - away) < 1.0)
    assert near.any()
    assert (gains[near] ** 2).sum(0).max() > 1e-5


def test_switched_off_there_are_no_echoes_of_furniture() -> None:
    scene = generate(seed=0, rooms=1)
    engine = GeometricEngine.from_config(scene, AcousticConfig(scattering=False))
    assert engine.model.home.used.max() == 0
