"""What surfaces look like: textures, light, and their agreement between views."""

from __future__ import annotations

from collections.abc import Callable
from math import pi

import numpy as np
import pytest

from soundwalk.envs.interface import F32, I32, U8
from soundwalk.envs.rendering import Camera, MeshPool, RenderMesh, render
from soundwalk.envs.rendering.mesh import AMBIENT, DIRECTED, GAMMA, LIGHT
from soundwalk.envs.rendering.shade import DARKEST, FALLOFF
from soundwalk.envs.rendering.textures import LEVELS, TEXELS, TILE_METRES, atlas
from soundwalk.envs.scenes.scene import TEXTURES, Scene

ROOM = (0.0, 0.0, 0.0, 6.0, 6.0, 2.5)


def look(scene: Scene, poses: F32, camera: Camera) -> tuple[U8, F32, I32]:
    """Colours, depth and instance ids of one home."""
    pool = MeshPool(1)
    pool.put(0, RenderMesh.from_scene(scene))
    shape = (len(poses), camera.height, camera.width)
    rgb, depth = np.empty((*shape, 3), np.uint8), np.empty(shape, np.float32)
    instance = np.empty(shape, np.int32)
    slots = np.zeros(len(poses), np.int32)
    render(pool, slots, poses, camera, rgb=rgb, depth=depth, instance=instance)
    return rgb, depth, instance


def points_seen(pose: F32, depth: F32, camera: Camera) -> F32:
    """World points (H, W, 3) of a depth image."""
    yaw, pitch = float(pose[3]), float(pose[4])
    ahead = np.array([np.cos(pitch) * np.cos(yaw), np.cos(pitch) * np.sin(yaw), np.sin(pitch)])
    left = np.array([-np.sin(yaw), np.cos(yaw), 0.0])
    size = 2 * np.tan(camera.hfov / 2) / camera.width
    v, u = np.mgrid[: camera.height, : camera.width]
    side = (camera.width / 2 - 0.5 - u) * size
    rise = (camera.height / 2 - 0.5 - v) * size
    rays = ahead + side[..., None] * left + rise[..., None] * np.cross(ahead, left)
    points: F32 = pose[:3] + rays * depth[..., None]
    return points


def faded(depth: F32) -> F32:
    """The share of light that is left at some depth."""
    light: F32 = np.maximum(DARKEST, 1 - FALLOFF * depth)
    return light


@pytest.mark.parametrize("texture", range(len(TEXTURES)))
def test_a_pixel_shows_tint_times_texture_times_light(
    scene_of_boxes: Callable[..., Scene], texture: int
) -> None:
    room = scene_of_boxes(ROOM, textures=[texture])
    pose = np.array([5.3, 3.1, 1.2, 0.2, 0.1], np.float32)  # 0.7 m from the east wall
    camera = Camera(60, 60, 0.2)  # less than a texel per pixel: the largest version
    rgb, depth, _ = look(room, pose[None], camera)
    points = points_seen(pose, depth[0], camera)
    np.testing.assert_allclose(points[..., 0], 6.0, atol=1e-4)
    at = np.floor(points[..., 1:] / TILE_METRES[texture] * TEXELS).astype(int) % TEXELS
    tile = atlas()[texture, : TEXELS * TEXELS, :3].reshape(TEXELS, TEXELS, 3)
    towards = np.array(LIGHT) @ np.array([-1.0, 0, 0])
    tint = np.array(room.surfaces[0].colour) ** (1 / GAMMA) * (AMBIENT + DIRECTED * towards)
    expected = tint * tile[at[..., 1], at[..., 0]] * faded(depth[0])[..., None]
    off = np.abs(rgb[0] - expected).max(-1) > 1.01
    assert off.mean() < 0.01  # points on the border between texels may round either way


def test_a_point_has_the_same_albedo_from_two_cameras(house: Scene) -> None:
    camera = Camera(96, 96, 0.6)
    poses = np.array([[1, 1.0, 1.3, -0.9, -0.2], [1.2, 1.1, 1.5, -1.1, -0.3]], np.float32)
    rgb, depth, instance = look(house, poses, camera)
    points = points_seen(poses[0], depth[0], camera).reshape(-1, 3)
    # project into the second camera
    yaw, pitch = float(poses[1, 3]), float(poses[1, 4])
    ahead = np.array([np.cos(pitch) * np.cos(yaw), np.cos(pitch) * np.sin(yaw), np.sin(pitch)])
    left = np.array([-np.sin(yaw), np.cos(yaw), 0.0])
    away = points - poses[1, :3]
    far = away @ ahead
    u = np.floor(48 - camera.focal * (away @ left) / far).astype(int)
    v = np.floor(48 - camera.focal * (away @ np.cross(ahead, left)) / far).astype(int)
    inside = (u >= 0) & (u < 96) & (v >= 0) & (v < 96) & (far > 0.1)
    u, v = u.clip(0, 95), v.clip(0, 95)
    inside &= np.abs(depth[1, v, u] - far) < 0.005
    inside &= instance[1, v, u] == instance[0].reshape(-1)
    assert inside.sum() > 2000
    first = rgb[0].reshape(-1, 3) / faded(depth[0].reshape(-1))[:, None]
    second = rgb[1, v, u] / faded(depth[1, v, u])[:, None]
    difference = np.abs(first - second)[inside].max(-1)
    assert np.median(difference) < 3
    assert (difference < 12).mean() > 0.85  # the rest lies on borders between texels


def test_every_texture_has_a_tile_and_its_smaller_versions_keep_the_mean() -> None:
    textures = atlas()
    assert len(textures) == len(TEXTURES) == len(TILE_METRES)
    start, size, means = 0, TEXELS, []
    for _ in range(LEVELS):
        means.append(textures[:, start : start + size * size, :3].mean(1))
        start, size = start + size * size, size // 2
    assert start == textures.shape[1]
    np.testing.assert_allclose(np.array(means), means[0][None].repeat(LEVELS, 0), atol=1.0)


def test_textures_differ_and_are_the_same_every_time() -> None:
    textures = atlas().astype(int)
    again = atlas.__wrapped__()
    np.testing.assert_array_equal(textures, again)
    for a in range(len(textures)):
        for b in range(a):
            assert np.abs(textures[a] - textures[b]).mean() > 3, (TEXTURES[a], TEXTURES[b])


def test_textures_repeat_without_a_seam_for_the_smooth_ones() -> None:
    for name in ("plaster", "marble"):
        tile = atlas()[TEXTURES.index(name), : TEXELS**2, 0].reshape(TEXELS, TEXELS).astype(int)
        for image in (tile, tile.T):
            across = np.abs(image[0] - image[-1]).mean()
            within = np.abs(np.diff(image, axis=0)).mean()
            assert across < 2 * within + 1


def test_distant_fine_texture_fades_to_its_mean_instead_of_sparkling(
    scene_of_boxes: Callable[..., Scene],
) -> None:
    hall = scene_of_boxes((0, 0, 0, 40, 40, 40), textures=[TEXTURES.index("grille")])
    poses = np.array([[39.9, 20, 20, 0, 0], [20, 20, 20, 0, 0]], np.float32)
    rgb, _, _ = look(hall, poses, Camera(32, 32, 0.9))
    near, far = rgb.astype(float).std((1, 2)).max(-1)
    assert near > 20
    assert far < 3


def test_walls_floor_and_ceiling_are_told_apart_by_their_light(
    scene_of_boxes: Callable[..., Scene],
) -> None:
    cube = scene_of_boxes((0, 0, 0, 4, 4, 4), textures=[0])
    looks = [(0, 0), (pi / 2, 0), (pi, 0), (-pi / 2, 0), (0, pi / 2), (0, -pi / 2)]
    poses = np.array([[2, 2, 2, yaw, pitch] for yaw, pitch in looks], np.float32)
    rgb, _, _ = look(cube, poses, Camera(8, 8, 0.2))
    shades = np.sort(rgb[:, 4, 4, 0].astype(int))
    assert np.diff(shades).min() >= 3


def test_light_falls_off_with_distance(scene_of_boxes: Callable[..., Scene]) -> None:
    hall = scene_of_boxes((0, 0, 0, 9, 9, 9), textures=[0])
    poses = np.array([[x, 4.5, 4.5, 0, 0] for x in (8, 5, 1)], np.float32)
    rgb, _, _ = look(hall, poses, Camera(8, 8, 0.1))
    near, middle, far = rgb[:, 4, 4, 1].astype(int)
    assert near > middle > far > 0


def test_what_sees_nothing_is_black(scene_of_boxes: Callable[..., Scene]) -> None:
    room = scene_of_boxes(ROOM)
    outside = np.array([[-5, 3, 1, pi, 0]], np.float32)
    rgb, _, instance = look(room, outside, Camera(8, 8, 1.0))
    assert (instance == -1).all()
    assert (rgb == 0).all()
