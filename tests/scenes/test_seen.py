"""Sounding bodies as a camera meets them: the instance image finds each one where its box is."""

from __future__ import annotations

import numpy as np
import pytest

from soundwalk.envs.interface import CATEGORIES, F32, F64, I32, SENSOR_HEIGHT
from soundwalk.envs.navigation import NavMap
from soundwalk.envs.rendering import Camera, MeshPool, RenderMesh, render
from soundwalk.envs.scenes import Scene, generate
from soundwalk.envs.scenes.scene import SoundingObject

CAMERA = Camera(64, 64, np.pi / 2)
VIEWS = 32  # standpoints tried for each object
PIXELS = 12  # of 4096 that a body must fill from the best of them


@pytest.fixture(scope="module")
def street() -> list[Scene]:
    """Homes in which every category occurs."""
    street: list[Scene] = []
    missing = set(CATEGORIES)
    for seed in range(500, 560):
        scene = generate(seed, 2 + seed % 3)
        here = {thing.category for thing in scene.plan.objects}
        if here & missing:
            street.append(scene)
            missing -= here
        if not missing:
            return street
    raise AssertionError(f"no home holds {missing}")


def standpoints(scene: Scene, thing: SoundingObject, nav: NavMap, seed: int) -> F32:
    """(VIEWS, 5) poses in its room, 0.5 to 4 m away, at the height of the eyes, turned to it."""
    rng = np.random.default_rng(seed)
    points = nav.sample_free(rng, 3_000)
    middle = (np.array(thing.box[:2]) + np.array(thing.box[3:5])) / 2
    x0, y0, x1, y1 = scene.plan.rooms[thing.room].box
    inside = (points > (x0, y0)).all(1) & (points < (x1, y1)).all(1)
    distance = np.linalg.norm(points - middle, axis=1)
    points = points[inside & (distance > 0.5) & (distance < 4)][:VIEWS]
    assert len(points) > 4, (scene.name, thing)
    poses = np.zeros((len(points), 5), np.float32)
    poses[:, :2], poses[:, 2] = points, SENSOR_HEIGHT
    poses[:, 3] = np.arctan2(middle[1] - points[:, 1], middle[0] - points[:, 0])
    return poses


def look(scene: Scene, poses: F32) -> tuple[F32, I32]:
    """Depth and instance images from these poses."""
    pool = MeshPool(1)
    pool.put(0, RenderMesh.from_scene(scene))
    depth = np.empty((len(poses), 64, 64), np.float32)
    instance = np.empty((len(poses), 64, 64), np.int32)
    render(pool, np.zeros(len(poses), np.int32), poses, CAMERA, depth=depth, instance=instance)
    return depth, instance


def points_of(pose: F32, depth: F32) -> F64:
    """(H, W, 3) where in the world each pixel of a level camera lies: pinhole, worked out anew."""
    offsets = (np.arange(64) + 0.5 - 32) / 32  # tan of 45 degrees is 1
    right, down = np.meshgrid(offsets, offsets)
    x, y, z, yaw, _ = pose.astype(float)
    ahead = np.array([np.cos(yaw), np.sin(yaw), 0.0])
    left = np.array([-np.sin(yaw), np.cos(yaw), 0.0])
    rays = ahead - right[..., None] * left - down[..., None] * np.array([0.0, 0.0, 1.0])
    points: F64 = np.array([x, y, z]) + depth[..., None].astype(float) * rays
    return points


def test_every_category_is_seen_from_where_an_agent_can_stand_and_lies_in_its_box(
    street: list[Scene],
) -> None:
    best: dict[str, int] = dict.fromkeys(CATEGORIES, 0)
    for scene in street:
        nav = NavMap.from_scene(scene)
        views = [standpoints(scene, t, nav, i) for i, t in enumerate(scene.plan.objects)]
        depth, instance = look(scene, np.concatenate(views))
        start = 0
        for thing, poses in zip(scene.plan.objects, views, strict=True):
            mine = instance[start : start + len(poses)] == thing.instance
            counts = mine.sum((1, 2))
            best[thing.category] = max(best[thing.category], int(counts.max()))
            clear = int(counts.argmax())
            seen = points_of(poses[clear], depth[start + clear])[mine[clear]]
            box = np.array(thing.box)
            assert (seen > box[:3] - 0.005).all(), (scene.name, thing.category)
            assert (seen < box[3:] + 0.005).all(), (scene.name, thing.category)
            start += len(poses)
    assert min(best.values()) >= PIXELS, best


def test_the_triangles_of_an_instance_fill_its_box_and_no_more(street: list[Scene]) -> None:
    """Faces against floor and walls are left out, but from some side every extent shows."""
    for scene in street:
        bodies = [(p.kind, p.instance, p.box) for p in scene.plan.furniture]
        bodies += [(o.category, o.instance, o.box) for o in scene.plan.objects]
        for name, instance, box in bodies:
            corners = scene.triangles[scene.instance == instance].reshape(-1, 3)
            np.testing.assert_allclose(corners.min(0), box[:3], atol=1e-5, err_msg=name)
            np.testing.assert_allclose(corners.max(0), box[3:], atol=1e-5, err_msg=name)


def test_the_camera_in_the_middle_of_a_room_sees_its_walls_where_the_plan_has_them(
    street: list[Scene],
) -> None:
    """Shell pixels lie on the planes of rooms and door tunnels, to the millimetre."""
    for scene in street[:3]:
        nav = NavMap.from_scene(scene)
        spots = nav.sample_free(np.random.default_rng(5), 6)
        poses = np.zeros((6, 5), np.float32)
        poses[:, :2], poses[:, 2], poses[:, 3] = spots, SENSOR_HEIGHT, np.arange(6)
        depth, instance = look(scene, poses)
        xs = {v for r in scene.plan.rooms for v in r.box[::2]}
        xs |= {v for d in scene.plan.doors for v in d.box[::2]}
        ys = {v for r in scene.plan.rooms for v in r.box[1::2]}
        ys |= {v for d in scene.plan.doors for v in d.box[1::2]}
        zs = {0.0} | {r.height for r in scene.plan.rooms} | {d.height for d in scene.plan.doors}
        for pose, z, ids in zip(poses, depth, instance, strict=True):
            seen = points_of(pose, z)[(ids == 0) & (z < 9.9)]
            off = [
                np.abs(seen[:, axis, None] - np.array(sorted(planes))).min(1)
                for axis, planes in enumerate((xs, ys, zs))
            ]
            gap = np.minimum.reduce(off)
            assert np.quantile(gap, 0.995) < 0.001  # window frames stand out of the wall
            assert gap.max() < 0.1
