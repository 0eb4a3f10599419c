"""The rasteriser against a plain ray caster, and the laws that pictures of closed homes obey."""

from __future__ import annotations

from collections.abc import Callable
from math import pi

import numpy as np
import pytest

from soundwalk.envs.interface import F32, F64, I32, I64, MAX_DEPTH, Bool
from soundwalk.envs.rendering import Camera, MeshPool, RenderMesh, render
from soundwalk.envs.scenes import generate
from soundwalk.envs.scenes.scene import Scene


def ray_directions(camera: Camera, yaw: float, pitch: float) -> F64:
    """Directions (H * W, 3) through pixel centres, with unit length along the view axis."""
    ahead = np.array([np.cos(pitch) * np.cos(yaw), np.cos(pitch) * np.sin(yaw), np.sin(pitch)])
    left = np.array([-np.sin(yaw), np.cos(yaw), 0.0])
    up = np.cross(ahead, left)
    size = 2 * np.tan(camera.hfov / 2) / camera.width
    v, u = np.mgrid[: camera.height, : camera.width].reshape(2, -1, 1)
    side = (camera.width / 2 - 0.5 - u) * size
    rise = (camera.height / 2 - 0.5 - v) * size
    rays: F64 = ahead + side * left + rise * up
    return rays


def cast(triangles: F32, eye: F32, rays: F64, *, one_sided: bool = True) -> tuple[F64, I64]:
    """The nearest triangle along each ray, every ray against every triangle, in float64.

    Moller and Trumbore, "Fast, minimum storage ray/triangle intersection", 1997; the triple
    products are turned so that what depends on the triangle alone is computed once.

    Returns:
        depth (R,) in ray lengths, 1e6 for none; triangle (R,) or -1.
    """
    corners = triangles.astype(np.float64)
    edge1, edge2 = corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0]
    start = np.asarray(eye, np.float64) - corners[:, 0]
    det = rays @ np.cross(edge2, edge1).T  # (R, F)
    with np.errstate(divide="ignore", invalid="ignore"):
        u = (rays @ np.cross(edge2, start).T) / det
        v = (rays @ np.cross(start, edge1).T) / det
        t = (np.cross(start, edge1) * edge2).sum(-1) / det
    inside = (u >= -1e-9) & (v >= -1e-9) & (u + v <= 1 + 1e-9) & (t > 0.02)
    inside &= (det > 0) if one_sided else (det != 0)
    t = np.where(inside, t, 1e6)
    depth = t.min(1)
    return depth, np.where(depth < 1e6, t.argmin(1), -1)


def plane_labels(scene: Scene) -> I64:
    """One number per plane and instance: triangles of the same plane share it."""
    corners = scene.triangles.astype(np.float64)
    normal = np.cross(corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0])
    normal /= np.linalg.norm(normal, axis=1, keepdims=True)
    offset = (normal * corners[:, 0]).sum(1)
    keys = np.column_stack([normal, offset, scene.instance]).round(3) + 0.0
    labels: I64 = np.unique(keys, axis=0, return_inverse=True)[1].reshape(-1)
    return labels


def no_silhouette(hit: I64, labels: I64, camera: Camera) -> Bool:
    """Pixels whose eight neighbours see the same plane of the same instance."""
    seen = np.where(hit >= 0, labels[hit], -1).reshape(camera.height, camera.width)
    padded = np.pad(seen, 1, mode="edge")
    same = np.ones(seen.shape, bool)
    for dy in range(3):
        for dx in range(3):
            same &= padded[dy : dy + seen.shape[0], dx : dx + seen.shape[1]] == seen
    return same


def poses_inside(scene: Scene, rng: np.random.Generator, count: int) -> F32:
    """Random poses in rooms, 10 cm or more from every solid, at any height, yaw and pitch."""
    solids = np.array([part for f in scene.plan.furniture for part in f.parts]).reshape(-1, 6)
    bodies = np.array([o.box for o in scene.plan.objects]).reshape(-1, 6)
    solids = np.concatenate([solids, bodies])
    poses: list[list[float]] = []
    while len(poses) < count:
        room = scene.plan.rooms[rng.integers(len(scene.plan.rooms))]
        x0, y0, x1, y1 = room.box
        eye = rng.uniform((x0 + 0.1, y0 + 0.1, 0.1), (x1 - 0.1, y1 - 0.1, room.height - 0.1))
        gap = np.maximum(np.maximum(solids[:, :3] - eye, eye - solids[:, 3:]), 0)
        if (np.linalg.norm(gap, axis=1) > 0.1).all():
            poses.append([*eye, rng.uniform(-7, 7), rng.uniform(-1.57, 1.57)])
    return np.array(poses, np.float32)


def look(scene: Scene, poses: F32, camera: Camera, *, closed: bool = True) -> tuple[F32, I32]:
    """Depth and instance ids of one home."""
    pool = MeshPool(1)
    pool.put(0, RenderMesh.from_scene(scene, closed=closed))
    shape = (len(poses), camera.height, camera.width)
    depth, instance = np.empty(shape, np.float32), np.empty(shape, np.int32)
    render(pool, np.zeros(len(poses), np.int32), poses, camera, depth=depth, instance=instance)
    return depth, instance


def disagreement(
    scene: Scene, poses: F32, camera: Camera, *, closed: bool = True
) -> tuple[int, int, int]:
    """Pixels that are no silhouette, and among them those of wrong depth and of wrong instance."""
    depth, instance = look(scene, poses, camera, closed=closed)
    labels = plane_labels(scene)
    total = wrong_depth = wrong_instance = 0
    for k, pose in enumerate(poses):
        rays = ray_directions(camera, float(pose[3]), float(pose[4]))
        true_depth, hit = cast(scene.triangles, pose[:3], rays, one_sided=closed)
        plain = no_silhouette(hit, labels, camera)
        seen = np.where(hit >= 0, scene.instance[hit], -1).reshape(plain.shape)
        error = np.abs(depth[k] - np.minimum(true_depth, MAX_DEPTH).reshape(plain.shape))
        total += int(plain.sum())
        wrong_depth += int((error[plain] > 1e-3).sum())
        wrong_instance += int((seen != instance[k])[plain].sum())
    return total, wrong_depth, wrong_instance


@pytest.mark.parametrize("seed", range(4))
def test_depth_and_instances_of_generated_homes_agree_with_a_ray_caster(seed: int) -> None:
    rng = np.random.default_rng(seed)
    home = generate(seed, rooms=2 + seed)
    for _ in range(3):
        size = rng.integers(17, 56, 2)
        camera = Camera(int(size[0]), int(size[1]), float(rng.uniform(0.3, 2.6)))
        total, wrong_depth, wrong_instance = disagreement(home, poses_inside(home, rng, 1), camera)
        assert total > 0.1 * size.prod()
        assert wrong_depth <= 1e-3 * total
        assert wrong_instance <= 1e-3 * total


@pytest.mark.slow
def test_depth_of_a_thousandth_of_all_pixels_at_most_is_off_by_more_than_a_millimetre() -> None:
    rng = np.random.default_rng(99)
    sums = np.zeros(3, np.int64)
    for seed in range(12):
        home = generate(seed + 50)
        for pose in poses_inside(home, rng, 4):
            height, width = (int(s) for s in rng.integers(20, 70, 2))
            camera = Camera(height, width, float(rng.uniform(0.3, 2.6)))
            sums += disagreement(home, pose[None], camera)
    assert sums[1] <= 1e-3 * sums[0]
    assert sums[2] <= 1e-3 * sums[0]


@pytest.mark.parametrize("closed", [True, False])
def test_boxes_that_cross_each_other_agree_with_a_ray_caster(house: Scene, closed: bool) -> None:
    rng = np.random.default_rng(5)
    eyes = rng.uniform((0.1, 0.1, 0.1), (7.9, 5.9, 2.5), (6, 3))
    poses = np.column_stack([eyes, rng.uniform(-4, 4, 6), rng.uniform(-1.5, 1.5, 6)])
    total, wrong_depth, _ = disagreement(
        house, poses.astype(np.float32), Camera(33, 47, 1.9), closed=closed
    )
    assert wrong_depth <= 1e-3 * total


def test_slanted_triangles_in_a_room_agree_with_a_ray_caster(
    scene_of_triangles: Callable[..., Scene],
) -> None:
    rng = np.random.default_rng(8)
    middle = rng.uniform(-3, 3, (60, 1, 3))
    soup = (middle + rng.uniform(-0.8, 0.8, (60, 3, 3))).astype(np.float32)
    scene = scene_of_triangles(list(soup[:, None]))
    poses = np.column_stack(
        [rng.uniform(-2, 2, (8, 3)), rng.uniform(-3, 3, 8), rng.uniform(-1, 1, 8)]
    )
    total, wrong_depth, wrong_instance = disagreement(
        scene, poses.astype(np.float32), Camera(60, 60, 1.6), closed=False
    )
    assert total > 5000
    assert wrong_depth <= 1e-3 * total
    assert wrong_instance <= 1e-3 * total


@pytest.mark.parametrize("hfov", [0.5, pi / 2, 2.4])
def test_no_ray_escapes_from_a_closed_home(hfov: float) -> None:
    rng = np.random.default_rng(3)
    for seed in range(4):
        home = generate(seed)
        poses = poses_inside(home, rng, 40)
        assert (look(home, poses, Camera(65, 64, hfov))[1] >= 0).all()


def test_level_cameras_see_no_gap_along_the_horizon(scene_of_boxes: Callable[..., Scene]) -> None:
    # rows and columns of pixel centres lie exactly on edges between faces
    room = scene_of_boxes((0, 0, 0, 4, 4, 2.5), (1, 3, 0, 2, 4, 1.25), (2, 3, 0, 3, 4, 1.25))
    yaws = np.arange(8) * (pi / 4)
    poses = np.array([[2, 2, 1.25, yaw, 0] for yaw in yaws], np.float32)
    assert (look(room, poses, Camera(33, 33, pi / 2))[1] >= 0).all()


def test_depth_is_measured_along_the_view_axis(scene_of_boxes: Callable[..., Scene]) -> None:
    room = scene_of_boxes((0, 0, 0, 4, 4, 2.5))
    depth, _ = look(room, np.array([[1, 2, 1.25, 0, 0]], np.float32), Camera(16, 16, 0.8))
    np.testing.assert_allclose(depth, 3.0, rtol=1e-6)


def test_the_image_is_upright_and_left_is_left(scene_of_boxes: Callable[..., Scene]) -> None:
    # looking along +x: a box to the north (left), one overhead
    room = scene_of_boxes((0, 0, 0, 4, 4, 2.5), (3, 3, 0, 3.5, 3.5, 2.5), (3, 1, 2.2, 3.5, 3, 2.4))
    _, instance = look(room, np.array([[1, 2, 1.25, 0, 0]], np.float32), Camera(32, 32, pi / 2))
    rows, columns = np.nonzero(instance[0] == 1)
    assert columns.max() < 16
    rows, columns = np.nonzero(instance[0] == 2)
    assert rows.max() < 16


def test_pitch_is_positive_upwards(scene_of_boxes: Callable[..., Scene]) -> None:
    room = scene_of_boxes((0, 0, 0, 4, 4, 3))
    poses = np.array([[2, 2, 1, 1, pi / 2], [2, 2, 1, 1, -pi / 2]], np.float32)
    depth, _ = look(room, poses, Camera(8, 8, 0.3))
    np.testing.assert_allclose(depth[0], 2.0, rtol=1e-5)
    np.testing.assert_allclose(depth[1], 1.0, rtol=1e-5)


def test_a_wider_view_holds_the_narrow_one_at_its_centre(house: Scene) -> None:
    # tan(hfov / 2) and the width both double: the focal length in pixels stays
    poses = np.array([[3, 2, 1.25, 0.4, 0.1]], np.float32)
    narrow, _ = look(house, poses, Camera(32, 32, 2 * np.arctan(0.5)))
    wide, _ = look(house, poses, Camera(64, 64, pi / 2))
    off = np.abs(wide[:, 16:48, 16:48] - narrow) > 1e-3
    assert off.mean() < 0.01  # centres on silhouettes may round either way


def test_beyond_ten_metres_and_into_nothing_depth_is_clipped(
    scene_of_triangles: Callable[..., Scene],
) -> None:
    wall = [[[20, -50, -50], [20, 0, 50], [20, 50, -50]]]
    scene = scene_of_triangles([np.array(wall, np.float32)])
    poses = np.array([[0, 0, 0, 0, 0], [0, 0, 0, pi, 0]], np.float32)
    depth, instance = look(scene, poses, Camera(4, 4, 0.2), closed=False)
    assert (depth == MAX_DEPTH).all()
    assert (instance[0] == 0).all()
    assert (instance[1] == -1).all()


def test_nothing_nearer_than_two_centimetres_is_seen(scene_of_boxes: Callable[..., Scene]) -> None:
    room = scene_of_boxes((0, 0, 0, 4, 4, 2.5), (2, 1, 0, 2.5, 3, 2.5))
    poses = np.array([[1.99, 2, 1, 0, 0], [1.97, 2, 1, 0, 0]], np.float32)
    depth, instance = look(room, poses, Camera(8, 8, 1.0))
    assert (instance[0] == 0).all()
    assert (instance[1] == 1).all()
    np.testing.assert_allclose(depth[1], 0.03, atol=1e-5)


def test_faces_seen_from_behind_are_left_out_of_closed_meshes_only(
    scene_of_triangles: Callable[..., Scene],
) -> None:
    facing_west = np.array([[[2, -5, -5], [2, 0, 5], [2, 5, -5]]], np.float32)
    scene = scene_of_triangles([facing_west])
    normal = np.cross(*(facing_west[0, 1:] - facing_west[0, 0]))
    behind = np.array([[2 - np.sign(normal[0]), 0, 0, 0 if normal[0] > 0 else pi, 0]], np.float32)
    assert (look(scene, behind, Camera(4, 4, 0.2), closed=True)[1] == -1).all()
    assert (look(scene, behind, Camera(4, 4, 0.2), closed=False)[1] == 0).all()
