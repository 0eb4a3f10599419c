"""A home written as glb and read back looks as it did and holds what it held."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import trimesh

from soundwalk.envs.interface import F32, SENSOR_HEIGHT, U8, SoundwalkError
from soundwalk.envs.navigation import NavMap
from soundwalk.envs.rendering import Camera, MeshPool, RenderMesh, render
from soundwalk.envs.rendering.glb import save_glb
from soundwalk.envs.scenes import Scene, generate
from soundwalk.envs.scenes.mesh import load_mesh

SEEDS = (7, 12)


def pictures(scene: Scene, poses: F32) -> tuple[U8, F32]:
    """Colour and depth from each pose."""
    pool = MeshPool(1)
    pool.put(0, RenderMesh.from_scene(scene))
    count = len(poses)
    rgb, depth = np.empty((count, 64, 64, 3), np.uint8), np.empty((count, 64, 64), np.float32)
    render(pool, np.zeros(count, np.int32), poses, Camera(64, 64), rgb=rgb, depth=depth)
    return rgb, depth


@pytest.fixture(scope="module", params=SEEDS)
def pair(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> list[Scene]:
    """A generated home, and the same home from a file."""
    home = generate(request.param)
    path = tmp_path_factory.mktemp("glb") / "home.glb"
    save_glb(home, path)
    return [home, load_mesh(path)]


def test_depth_is_the_same_to_the_centimetre_and_colours_to_the_eye(pair: list[Scene]) -> None:
    home, back = pair
    rng = np.random.default_rng(0)
    points = NavMap.from_scene(home).sample_free(rng, 48)
    level = np.full(len(points), SENSOR_HEIGHT)
    angles = rng.uniform((-np.pi, -0.5), (np.pi, 0.5), (len(points), 2))
    poses = np.column_stack([points, level, angles]).astype(np.float32)
    (rgb, depth), (rgb_back, depth_back) = pictures(home, poses), pictures(back, poses)
    error = np.abs(depth - depth_back)
    assert (error <= 0.01).mean() > 0.999  # the rest: pixels on an outline
    assert np.median(error) < 1e-5
    change = np.abs(rgb.astype(int) - rgb_back).max(-1)
    assert np.percentile(change, 99) <= 3
    assert change.mean() < 2


def test_what_sounds_and_stands_there_comes_back_where_it_was(pair: list[Scene]) -> None:
    home, back = pair
    objects = {thing.category: thing for thing in back.plan.objects}
    assert len(objects) == len(home.plan.objects)
    for thing in home.plan.objects:
        found = objects[thing.category]
        np.testing.assert_allclose(found.position, thing.position, atol=1e-3)
        np.testing.assert_allclose(found.box, thing.box, atol=0.02)  # hidden faces are not written
        faces, same = home.instance == thing.instance, back.instance == found.instance
        assert faces.sum() == same.sum()
        here = home.plan.rooms[thing.room].box
        there = back.plan.rooms[found.room].box
        np.testing.assert_allclose(there, here, atol=0.051)
    kinds = sorted(piece.kind for piece in home.plan.furniture)
    assert sorted(piece.kind for piece in back.plan.furniture) == kinds


def test_a_scene_with_pictures_is_written_and_read_again_unchanged(
    pair: list[Scene], tmp_path: Path
) -> None:
    _, once = pair
    save_glb(once, tmp_path / "again.glb")
    twice = load_mesh(tmp_path / "again.glb")
    assert len(twice.triangles) == len(once.triangles)
    assert twice.skin is not None
    assert once.skin is not None
    assert (twice.skin.image >= 0).sum() == (once.skin.image >= 0).sum()
    x0, y0, x1, y1 = once.plan.rooms[0].box
    turns = np.linspace(-3, 3, 8)
    eye = [(x0 + x1) / 2, (y0 + y1) / 2, SENSOR_HEIGHT]
    poses = np.array([[*eye, turn, 0.0] for turn in turns], np.float32)
    (rgb, depth), (rgb_twice, depth_twice) = pictures(once, poses), pictures(twice, poses)
    np.testing.assert_allclose(depth, depth_twice, atol=1e-4)
    assert np.percentile(np.abs(rgb.astype(int) - rgb_twice), 99) <= 3


def test_other_programs_find_named_nodes_and_materials_with_y_up(tmp_path: Path) -> None:
    home = generate(3, 2)
    save_glb(home, tmp_path / "home.glb")
    scene = trimesh.load_scene(str(tmp_path / "home.glb"))
    low, high = scene.bounds
    assert high[1] - low[1] == pytest.approx(np.ptp(home.triangles[..., 2]), abs=1e-5)
    names = {":".join(name.split(":")[:2]) for name in scene.graph.nodes_geometry}
    assert {f"object:{thing.category}" for thing in home.plan.objects} <= names
    materials = {mesh.visual.material.name for mesh in scene.geometry.values()}
    assert materials == {home.surfaces[k].name for k in set(home.surface.tolist())}


def test_only_glb_is_written_and_only_into_a_folder_that_is_there(tmp_path: Path) -> None:
    home = generate(3, 1)
    with pytest.raises(SoundwalkError, match=r"ends in '\.obj': scenes are written as \.glb"):
        save_glb(home, tmp_path / "home.obj")
    with pytest.raises(SoundwalkError, match="does not exist: create it first"):
        save_glb(home, tmp_path / "none" / "home.glb")
