"""Frames per CPU-second of RGB and depth in generated homes: `python benchmarks/rendering.py`.

Prints JSON. Cameras stand 1.25 m high in free space; one thread; compilation is not counted. Each
figure is the median over repetitions, because the machine may be shared.
"""

from __future__ import annotations

import json
import platform
import sys
import time
from dataclasses import replace

import numpy as np

from soundwalk.envs.interface import AGENT_RADIUS, F32, SENSOR_HEIGHT
from soundwalk.envs.rendering import Camera, MeshPool, RenderMesh, render
from soundwalk.envs.scenes import Scene, generate

HOMES = 16
CAMERAS = 8  # per home
REPETITIONS = 9


def free_poses(scene: Scene, rng: np.random.Generator, count: int) -> F32:
    """Level cameras (count, 5) where an agent can stand."""
    poses: list[tuple[float, ...]] = []
    low, high = scene.obstacles[:, :2], scene.obstacles[:, 2:]
    while len(poses) < count:
        x0, y0, x1, y1 = scene.plan.rooms[rng.integers(len(scene.plan.rooms))].box
        point = rng.uniform((x0, y0), (x1, y1))
        gap = np.maximum(np.maximum(low - point, point - high), 0)
        if np.hypot(gap[:, 0], gap[:, 1]).min() > AGENT_RADIUS:
            poses.append((*point, SENSOR_HEIGHT, rng.uniform(-np.pi, np.pi), 0.0))
    return np.array(poses, np.float32)


def fine_scan(scene: Scene, triangles: int) -> Scene:
    """A home cut into so many small triangles, its surfaces made rough: stands for a real scan."""
    corners = scene.triangles.astype(np.float64)
    while len(corners) < triangles:
        lengths = np.linalg.norm(corners - np.roll(corners, -1, 1), axis=2)
        row, edge = np.arange(len(corners)), lengths.argmax(1)
        long = np.zeros(len(corners), bool)
        count = min(len(corners) // 2, triangles - len(corners)) or 1
        long[np.argsort(-lengths.max(1), kind="stable")[:count]] = True
        a, b, c = (corners[row, (edge + k) % 3][long] for k in range(3))
        middle = (a + b) / 2
        halves = [np.stack([a, middle, c], 1), np.stack([middle, b, c], 1)]
        corners = np.concatenate([corners[~long], *halves])
    corners += 0.006 * np.sin(57 * np.roll(corners, 1, 2) + 91 * np.roll(corners, 2, 2))
    zeros = np.zeros(len(corners), np.int32)
    return replace(scene, triangles=corners.astype(np.float32), surface=zeros, instance=zeros)


def frames_per_cpu_second(pool: MeshPool, poses: F32, size: int, *, colour: bool = True) -> float:
    """Median rate of square frames over repetitions of one batched call."""
    count = len(poses)
    slots = np.repeat(np.arange(len(pool), dtype=np.int32), count // len(pool))
    camera = Camera(size, size)
    depth = np.empty((count, size, size), np.float32)
    rgb = np.empty((count, size, size, 3), np.uint8) if colour else None
    times = []
    for _ in range(REPETITIONS + 1):
        start = time.process_time()
        render(pool, slots, poses, camera, rgb=rgb, depth=depth)
        times.append(time.process_time() - start)
    return count / float(np.median(times[1:]))  # the first call compiles or loads


def measure(rooms: int = 5) -> dict[str, object]:
    """All figures of this room, by name."""
    rng = np.random.default_rng(0)
    scenes = [generate(seed, rooms=rooms) for seed in range(HOMES)]
    meshes = [RenderMesh.from_scene(scene) for scene in scenes]
    start = time.process_time()
    for scene in scenes:
        RenderMesh.from_scene(scene)
    build = (time.process_time() - start) / HOMES
    pool = MeshPool(HOMES)
    for slot, mesh in enumerate(meshes):
        pool.put(slot, mesh)
    poses = np.concatenate([free_poses(scene, rng, CAMERAS) for scene in scenes])
    fine = MeshPool(1)
    scan = fine_scan(scenes[0], 200_000)
    fine.put(0, RenderMesh.from_scene(scan, closed=False))
    return {
        "frames_per_cpu_second_64": round(frames_per_cpu_second(pool, poses, 64)),
        "frames_per_cpu_second_128": round(frames_per_cpu_second(pool, poses, 128)),
        "depth_frames_per_cpu_second_64": round(
            frames_per_cpu_second(pool, poses, 64, colour=False)
        ),
        "fine_scan_frames_per_cpu_second_64": round(
            frames_per_cpu_second(fine, poses[:CAMERAS], 64)
        ),
        "fine_scan_triangles": len(scan.triangles),
        "mesh_build_ms": round(1e3 * build, 2),
        "triangles_per_home": round(float(np.mean([len(s.triangles) for s in scenes]))),
        "rooms": rooms,
        "machine": platform.processor() or platform.machine(),
    }


if __name__ == "__main__":
    sys.stdout.write(json.dumps(measure(), indent=2) + "\n")
