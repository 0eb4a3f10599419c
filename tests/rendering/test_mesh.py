"""Meshes, their trees and the pool that holds them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from soundwalk.envs.interface import F32, SoundwalkError
from soundwalk.envs.rendering import Camera, MeshPool, RenderMesh, render
from soundwalk.envs.scenes import generate
from soundwalk.envs.scenes.scene import Scene, Surface


def area(corners: F32) -> F32:
    """Areas of quadrilaterals (Q, 4, 3); a triangle repeats its last corner."""
    diagonal = corners[:, 2] - corners[:, 0]
    parts = [np.cross(corners[:, k] - corners[:, 0], diagonal) for k in (1, 3)]
    total: F32 = 0.5 * np.linalg.norm(np.array(parts), axis=2).sum(0)
    return total


def depth_of(pool: MeshPool, slot: int, pose: tuple[float, ...]) -> F32:
    """A small depth image from one slot."""
    depth = np.empty((1, 16, 16), np.float32)
    poses = np.array([pose], np.float32)
    render(pool, np.array([slot], np.int32), poses, Camera(16, 16, 1.2), depth=depth)
    return depth


def test_joining_triangles_keeps_every_square_millimetre() -> None:
    home = generate(2)
    mesh = RenderMesh.from_scene(home)
    edges = home.triangles[:, 1:] - home.triangles[:, :1]
    before = 0.5 * np.linalg.norm(np.cross(edges[:, 0], edges[:, 1]), axis=1)
    after = area(mesh.corners)
    assert after.sum() == pytest.approx(before.sum(), rel=1e-5)
    for instance in np.unique(home.instance):
        same = mesh.tags[:, 3] == instance
        expected = before[home.instance == instance].sum()
        assert after[same].sum() == pytest.approx(expected, rel=1e-4)


def test_boxes_become_six_quadrilaterals(scene_of_boxes: Callable[..., Scene]) -> None:
    mesh = RenderMesh.from_scene(scene_of_boxes((0, 0, 0, 4, 4, 2), (1, 1, 0, 2, 2, 1)))
    assert len(mesh) == 12
    assert (mesh.tags[:, 0] == 4).all()


def test_triangles_of_different_surfaces_are_not_joined(
    scene_of_boxes: Callable[..., Scene],
) -> None:
    room = scene_of_boxes((0, 0, 0, 4, 4, 2))
    surface = np.arange(12, dtype=np.int32) % 2
    striped = replace(room, surface=surface, surfaces=room.surfaces * 2)
    assert len(RenderMesh.from_scene(striped)) == 12


def test_leaves_hold_every_face_once_and_boxes_enclose_what_they_hold() -> None:
    mesh = RenderMesh.from_scene(generate(4))
    covered = np.zeros(len(mesh), int)

    def visit(node: int) -> tuple[F32, F32]:
        child, first, count = mesh.links[node]
        if child < 0:
            covered[first : first + count] += 1
            corners = mesh.corners[first : first + count].reshape(-1, 3)
            low, high = corners.min(0), corners.max(0)
        else:
            halves = [visit(child), visit(child + 1)]
            low = np.minimum(halves[0][0], halves[1][0])
            high = np.maximum(halves[0][1], halves[1][1])
        assert (mesh.boxes[node, :3] - mesh.boxes[node, 3:] <= low).all()
        assert (mesh.boxes[node, :3] + mesh.boxes[node, 3:] >= high).all()
        return low, high

    visit(0)
    assert (covered == 1).all()


def test_triangles_without_area_are_ignored(scene_of_boxes: Callable[..., Scene]) -> None:
    room = scene_of_boxes((0, 0, 0, 4, 4, 2))
    flat = np.array([[[1, 1, 1]] * 3, [[0, 0, 1], [1, 1, 1], [2, 2, 1]]], np.float32)
    numbers = np.zeros(14, np.int32)
    more = replace(
        room,
        triangles=np.concatenate([room.triangles, flat]),
        surface=numbers,
        instance=numbers,
    )
    assert len(RenderMesh.from_scene(more)) == len(RenderMesh.from_scene(room)) == 6


def test_a_scene_of_flat_triangles_alone_shows_nothing(
    scene_of_triangles: Callable[..., Scene],
) -> None:
    pool = MeshPool(1)
    pool.put(0, RenderMesh.from_scene(scene_of_triangles([np.ones((2, 3, 3), np.float32)])))
    assert (depth_of(pool, 0, (0, 0, 0, 0, 0)) == 10).all()


def test_many_equal_boxes_in_one_place_still_make_a_tree(
    scene_of_boxes: Callable[..., Scene],
) -> None:
    same = [(1.0, 1.0, 0.0, 2.0, 2.0, 1.0)] * 50
    mesh = RenderMesh.from_scene(scene_of_boxes((0, 0, 0, 4, 4, 2), *same))
    pool = MeshPool(1)
    pool.put(0, mesh)
    depth = depth_of(pool, 0, (0.5, 1.5, 0.5, 0, 0))
    assert depth[0, 8, 8] == pytest.approx(0.5)


def test_a_pool_grows_and_keeps_what_other_slots_hold(
    scene_of_boxes: Callable[..., Scene],
) -> None:
    small = RenderMesh.from_scene(scene_of_boxes((0, 0, 0, 4, 4, 2)))
    pool = MeshPool(3)
    pool.put(1, small)
    pose = (1.0, 2.0, 1.0, 0.3, 0.1)
    before = depth_of(pool, 1, pose)
    pool.put(2, RenderMesh.from_scene(generate(1)))
    np.testing.assert_array_equal(depth_of(pool, 1, pose), before)
    pool.put(2, small)
    np.testing.assert_array_equal(depth_of(pool, 2, pose), before)


def test_a_batch_equals_its_cameras_one_by_one() -> None:
    pool = MeshPool(3)
    homes = [generate(seed) for seed in range(3)]
    poses = []
    for slot, home in enumerate(homes):
        pool.put(slot, RenderMesh.from_scene(home))
        x0, y0, x1, y1 = home.plan.rooms[0].box
        poses += [[(x0 + x1) / 2, (y0 + y1) / 2, 1.25, yaw, 0.1] for yaw in (0, 2)]
    slots = np.array([0, 0, 1, 1, 2, 2], np.int32)
    stand = np.array(poses, np.float32)
    camera = Camera(24, 40, 1.4)
    rgb = np.empty((6, 24, 40, 3), np.uint8)
    depth, instance = np.empty((6, 24, 40), np.float32), np.empty((6, 24, 40), np.int32)
    render(pool, slots, stand, camera, rgb=rgb, depth=depth, instance=instance)
    for k in range(6):
        one, only, name = np.empty_like(rgb[:1]), np.empty_like(depth[:1]), instance[:1].copy()
        render(pool, slots[k : k + 1], stand[k : k + 1], camera, rgb=one)
        render(pool, slots[k : k + 1], stand[k : k + 1], camera, depth=only)
        render(pool, slots[k : k + 1], stand[k : k + 1], camera, instance=name)
        np.testing.assert_array_equal(one[0], rgb[k])
        np.testing.assert_array_equal(only[0], depth[k])
        np.testing.assert_array_equal(name[0], instance[k])


def test_no_camera_at_all_draws_nothing() -> None:
    images = np.full((3, 8, 8), 7.0, np.float32)
    none = np.empty(0, np.int32)
    render(MeshPool(1), none, np.empty((0, 5), np.float32), Camera(8, 8), depth=images[1:1])
    assert (images == 7.0).all()


@pytest.mark.parametrize("hfov", [0.0, -1.0, np.pi, 7.0, float("nan"), float("inf")])
def test_a_camera_refuses_a_field_of_view_that_no_pinhole_has(hfov: float) -> None:
    with pytest.raises(SoundwalkError, match=r"hfov=.*between 0 and pi"):
        Camera(8, 8, hfov)


@pytest.mark.parametrize(("height", "width", "named"), [(0, 8, "height=0"), (8, -2, "width=-2")])
def test_a_camera_refuses_a_size_without_pixels(height: int, width: int, named: str) -> None:
    with pytest.raises(SoundwalkError, match=named):
        Camera(height, width)


def test_a_pool_refuses_slots_that_do_not_exist(scene_of_boxes: Callable[..., Scene]) -> None:
    with pytest.raises(SoundwalkError, match="slots=0"):
        MeshPool(0)
    pool = MeshPool(2)
    mesh = RenderMesh.from_scene(scene_of_boxes((0, 0, 0, 1, 1, 1)))
    for slot in (-1, 2):
        with pytest.raises(SoundwalkError, match=f"slot {slot} does not exist: expected 0 to 1"):
            pool.put(slot, mesh)


SLOTS = np.zeros(2, np.int32)
POSES = np.zeros((2, 5), np.float32)
LOST = np.array([[0, 0, 0, 0, 0], [0, np.nan, 0, 0, 0]], np.float32)


@pytest.mark.parametrize(
    ("slots", "poses", "outputs", "message"),
    [
        (np.array([0, 3], np.int32), POSES, {}, "slot 3 of camera 1 does not exist"),
        (np.array([-1, 0], np.int32), POSES, {}, "slot -1 of camera 0 does not exist"),
        (np.array([0, 1], np.int32), POSES, {}, "slot 1 of camera 1 is empty"),
        (np.zeros(2), POSES, {}, r"slots has shape \(2,\) and type float64: expected \(N,\) int32"),
        (SLOTS, POSES[:1], {}, r"poses has shape \(1, 5\).*expected \(2, 5\) float32"),
        (SLOTS, POSES.astype(float), {}, "type float64: expected .* float32"),
        (SLOTS, LOST, {}, r"pose \[0.0, nan.* of camera 1 is not finite"),
        (SLOTS, POSES, {"depth": np.zeros((2, 8, 9), np.float32)}, r"depth has shape \(2, 8, 9\)"),
        (SLOTS, POSES, {"rgb": np.zeros((2, 8, 8, 3), np.float32)}, "rgb has .*expected .* uint8"),
        (SLOTS, POSES, {"instance": np.zeros((2, 8, 8))}, "instance has .*expected .* int32"),
        (
            SLOTS,
            POSES,
            {"depth": np.zeros((2, 8, 16), np.float32)[:, :, ::2]},
            "depth must be C-contiguous",
        ),
    ],
)
def test_what_cannot_be_drawn_is_named(
    scene_of_boxes: Callable[..., Scene],
    slots: np.ndarray,
    poses: np.ndarray,
    outputs: dict[str, Any],
    message: str,
) -> None:
    pool = MeshPool(2)
    pool.put(0, RenderMesh.from_scene(scene_of_boxes((-1, -1, -1, 1, 1, 1))))
    with pytest.raises(SoundwalkError, match=message):
        render(pool, slots, poses, Camera(8, 8), **outputs)


def test_scenes_that_cannot_be_drawn_are_named(scene_of_boxes: Callable[..., Scene]) -> None:
    room = scene_of_boxes((0, 0, 0, 1, 1, 1))
    torn = room.triangles.copy()
    torn[3, 1, 2] = np.nan
    with pytest.raises(
        SoundwalkError, match="triangle 3 of 'scene' has a corner that is not finite"
    ):
        RenderMesh.from_scene(replace(room, triangles=torn))
    with pytest.raises(
        SoundwalkError, match="surface 1 of 'scene' does not exist: expected 0 to 0"
    ):
        RenderMesh.from_scene(replace(room, surface=np.ones(12, np.int32)))
    odd = (Surface("odd", (0.1,) * 7, texture=99),)
    with pytest.raises(SoundwalkError, match="texture 99 of 'scene' does not exist"):
        RenderMesh.from_scene(replace(room, surfaces=odd))
