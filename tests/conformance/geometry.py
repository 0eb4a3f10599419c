"""What the tests know of a home by themselves: clearances and rays, from its arrays alone."""

from __future__ import annotations

import numpy as np

from soundwalk.envs.interface import F64, SENSOR_HEIGHT
from soundwalk.envs.scenes import Scene

from ..scenes.scene_laws import cast

SPOTS = 400


def clearance(scene: Scene, points: F64) -> F64:
    """(M,) metres from points (M, 2) to the nearest obstacle; 0 inside one."""
    low, high = scene.obstacles[:, :2], scene.obstacles[:, 2:]
    gap = np.maximum(np.maximum(low - points[:, None], points[:, None] - high), 0)
    distance: F64 = np.linalg.norm(gap, axis=2).min(1)
    return distance


def ahead(scene: Scene, poses: F64, turned: float = 0.0) -> F64:
    """(M,) metres from the eyes to what lies straight ahead, or `turned` radians to the left."""
    angle = poses[:, 2] + turned
    eyes = np.column_stack([poses[:, :2], np.full(len(poses), SENSOR_HEIGHT)])
    return cast(scene, eyes, np.column_stack([np.cos(angle), np.sin(angle), np.zeros(len(poses))]))[
        0
    ]


def standing(scene: Scene, room: float, count: int, seed: int = 0) -> F64:
    """(count, 3) poses with a free circle of that radius around them and any heading."""
    rng = np.random.default_rng(seed)
    x0, y0, x1, y1 = scene.plan.bounds
    points = rng.uniform((x0, y0), (x1, y1), (SPOTS, 2))
    points = points[clearance(scene, points) > room][:count]
    assert len(points) == count, f"{scene.name} has too few places with {room} m around them"
    return np.column_stack([points, rng.uniform(-np.pi, np.pi, count)])


def before_a_wall(scene: Scene, distance: float, room: float, count: int) -> F64:
    """(count, 3) poses whose eyes look at something `distance` ahead, with that room around."""
    poses = standing(scene, room, 60, seed=1)
    steps = ahead(scene, poses) - distance
    poses[:, 0] += steps * np.cos(poses[:, 2])
    poses[:, 1] += steps * np.sin(poses[:, 2])
    poses = poses[clearance(scene, poses[:, :2]) > room][:count]
    assert len(poses) == count, f"{scene.name} has too few walls with {room} m before them"
    return poses


def beside(scene: Scene, pose: F64, azimuth: float, distance: float) -> F64 | None:
    """(3,) a point at eye height in that direction, if nothing lies between it and the eyes."""
    if ahead(scene, pose[None], azimuth)[0] < distance + 0.3:
        return None
    angle = pose[2] + azimuth
    x, y = pose[0] + distance * np.cos(angle), pose[1] + distance * np.sin(angle)
    return np.array([x, y, SENSOR_HEIGHT])
