"""The mesh: closed towards the outside, surfaces facing the air, of the volume the plan says."""

from __future__ import annotations

import numpy as np
import pytest

from soundwalk.envs.interface import F64
from soundwalk.envs.scenes import Scene, generate
from soundwalk.envs.scenes.scene import TEXTURES

from .scene_laws import cast, check_rays


def shell(scene: Scene) -> F64:
    triangles: F64 = scene.triangles[scene.instance == 0].astype(np.float64)
    return triangles


def test_the_area_vectors_of_the_shell_sum_to_zero(homes: list[Scene]) -> None:
    for scene in homes:
        a, b, c = np.moveaxis(shell(scene), 1, 0)
        assert np.abs(np.cross(b - a, c - a).sum(0) / 2).max() < 1e-4


def test_the_shell_encloses_the_volume_of_rooms_and_door_tunnels(homes: list[Scene]) -> None:
    for scene in homes:
        a, b, c = np.moveaxis(shell(scene), 1, 0)
        enclosed = -(a * np.cross(b, c)).sum() / 6  # divergence theorem; normals look inwards
        volume = sum(room.area * room.height for room in scene.plan.rooms)
        for door in scene.plan.doors:
            x0, y0, x1, y1 = door.box
            volume += (x1 - x0) * (y1 - y0) * door.height
        assert enclosed == pytest.approx(volume, rel=1e-5)


def test_every_ray_from_inside_ends_on_the_air_side_of_a_surface(homes: list[Scene]) -> None:
    for scene in homes[::3]:
        check_rays(scene, 250)


@pytest.mark.slow
def test_many_rays_from_inside_end_on_the_air_side_of_a_surface() -> None:
    for seed in range(40):
        check_rays(generate(seed, 1 + seed % 8), 1_000, seed)


def test_sound_leaves_every_body_into_open_air(homes: list[Scene]) -> None:
    rng = np.random.default_rng(1)
    directions = rng.normal(size=(24, 3))
    for scene in homes:
        for thing in scene.plan.objects:
            origins = np.tile(np.array(thing.position), (len(directions), 1))
            _, triangle = cast(scene, origins, directions)
            corners = scene.triangles[triangle].astype(float)
            normal = np.cross(corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0])
            assert ((normal * directions).sum(1) < 0).all(), (scene.name, thing.category)


def test_windows_are_glass_in_an_outer_wall(homes: list[Scene]) -> None:
    assert sum(len(scene.plan.windows) for scene in homes) > len(homes)
    for scene in homes:
        names = [surface.name for surface in scene.surfaces]
        for window in scene.plan.windows:
            axis = window.face // 2
            plane = window.box[axis]
            assert plane == window.box[axis + 3]
            assert plane in (scene.plan.bounds[axis], scene.plan.bounds[axis + 2])
            middle = np.array([(window.box[i] + window.box[i + 3]) / 2 for i in range(3)])
            inward = np.zeros(3)
            inward[axis] = 1.0 if window.face % 2 == 0 else -1.0
            _, hit = cast(scene, (middle + 0.02 * inward)[None], -inward[None])
            assert names[scene.surface[hit[0]]] == "glass"


def test_no_triangle_is_degenerate_and_every_index_is_valid(homes: list[Scene]) -> None:
    for scene in homes:
        a, b, c = np.moveaxis(scene.triangles.astype(float), 1, 0)
        area = np.linalg.norm(np.cross(b - a, c - a), axis=1) / 2
        assert area.min() > 1e-5
        assert scene.surface.dtype == scene.instance.dtype == np.int32
        assert 0 <= scene.surface.min() <= scene.surface.max() < len(scene.surfaces)
        bodies = {p.instance for p in scene.plan.furniture} | {
            o.instance for o in scene.plan.objects
        }
        assert bodies == set(range(1, len(bodies) + 1))
        assert set(np.unique(scene.instance).tolist()) == bodies | {0}
        assert all(0 <= surface.texture < len(TEXTURES) for surface in scene.surfaces)


def test_furniture_stays_in_its_room_and_under_its_ceiling(homes: list[Scene]) -> None:
    for scene in homes:
        things = [(piece.room, piece.box) for piece in scene.plan.furniture]
        things += [(thing.room, thing.box) for thing in scene.plan.objects]
        for index, (x0, y0, z0, x1, y1, z1) in things:
            room = scene.plan.rooms[index]
            assert room.contains(x0, y0, -1e-9)
            assert room.contains(x1, y1, -1e-9)
            assert 0 <= z0 < z1 <= room.height


def test_a_home_of_five_rooms_has_at_most_2300_triangles() -> None:
    counts = [len(generate(seed, 5).triangles) for seed in range(20)]
    assert np.mean(counts) < 2_000
    assert max(counts) < 2_300


def test_each_categorys_body_has_a_colour_of_its_own_beside_the_others() -> None:
    from soundwalk.envs.scenes.bodies import BODIES
    from soundwalk.envs.scenes.materials import surface

    palettes = {
        name: frozenset(surface(part).colour for _, part in body.parts)
        for name, body in BODIES.items()
    }
    assert len(set(palettes.values())) == len(palettes)
