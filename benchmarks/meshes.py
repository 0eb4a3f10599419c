"""A home as a mesh from a file: `python benchmarks/meshes.py [FILE.glb …]`.

Without files a generated home is exported, cut into 200,000 textured triangles, and made rough as
scans are. Prints JSON: CPU seconds to load, and frames of RGB and depth per CPU-second; one thread,
compilation not counted, the median over repetitions.
"""

from __future__ import annotations

import json
import platform
import sys
import tempfile
import time
from dataclasses import replace
from pathlib import Path

import numpy as np

from soundwalk.envs.interface import AGENT_RADIUS, F32, SENSOR_HEIGHT
from soundwalk.envs.rendering import Camera, MeshPool, RenderMesh, render
from soundwalk.envs.rendering.glb import save_glb
from soundwalk.envs.scenes import Scene, generate
from soundwalk.envs.scenes.mesh import import_mesh
from soundwalk.envs.scenes.skin import Skin

TRIANGLES = 200_000
CAMERAS = 64
REPETITIONS = 9
ROUGH = 0.006  # m


def scan_like(scene: Scene, triangles: int = TRIANGLES) -> Scene:
    """A scene with a skin cut into so many triangles, its surfaces made rough."""
    assert scene.skin is not None  # it comes from a mesh
    skin = scene.skin
    # per corner: place, colour, place in the picture; per face: surface, instance, picture
    values = np.concatenate([scene.triangles, skin.colours, skin.uv], 2).astype(np.float64)
    labels = np.stack([scene.surface, scene.instance, skin.image], 1)
    while len(values) < triangles:
        corners = values[..., :3]
        lengths = np.linalg.norm(corners - np.roll(corners, -1, 1), axis=2)
        row, edge = np.arange(len(values)), lengths.argmax(1)
        long = np.zeros(len(values), bool)
        count = min(len(values) // 2, triangles - len(values)) or 1
        long[np.argsort(-lengths.max(1), kind="stable")[:count]] = True
        a, b, c = (values[row, (edge + k) % 3][long] for k in range(3))
        middle = (a + b) / 2
        halves = [np.stack([a, middle, c], 1), np.stack([middle, b, c], 1)]
        values = np.concatenate([values[~long], *halves])
        labels = np.concatenate([labels[~long], labels[long], labels[long]])
    corners = values[..., :3]
    corners = corners + ROUGH * np.sin(57 * np.roll(corners, 1, 2) + 91 * np.roll(corners, 2, 2))
    surface, instance, image = np.ascontiguousarray(labels.T.astype(np.int32))
    return replace(
        scene,
        triangles=corners.astype(np.float32),
        surface=surface,
        instance=instance,
        skin=Skin(
            np.rint(values[..., 3:6]).astype(np.uint8),
            image,
            values[..., 6:].astype(np.float32),
            skin.images,
        ),
    )


def standing_poses(scene: Scene, count: int) -> F32:
    """Level cameras (count, 5) where an agent can stand in a scene with a raster of its floor."""
    assert scene.free is not None  # it comes from a mesh
    rng = np.random.default_rng(0)
    cells = np.argwhere(scene.free.eroded(AGENT_RADIUS))
    points = scene.free.centres(cells[rng.integers(len(cells), size=count)])
    yaw = rng.uniform(-np.pi, np.pi, count)
    level = np.full(count, SENSOR_HEIGHT)
    return np.column_stack([points, level, yaw, np.zeros(count)]).astype(np.float32)


def frames_per_cpu_second(scene: Scene, size: int) -> float:
    """Median rate of RGB and depth frames of one batched call."""
    poses = standing_poses(scene, CAMERAS)
    pool = MeshPool(1)
    pool.put(0, RenderMesh.from_scene(scene))
    slots, camera = np.zeros(CAMERAS, np.int32), Camera(size, size)
    depth = np.empty((CAMERAS, size, size), np.float32)
    rgb = np.empty((CAMERAS, size, size, 3), np.uint8)
    times = []
    for _ in range(REPETITIONS + 1):
        start = time.process_time()
        render(pool, slots, poses, camera, rgb=rgb, depth=depth)
        times.append(time.process_time() - start)
    return CAMERAS / float(np.median(times[1:]))  # the first call compiles or loads


def measure(path: Path, *, fine: bool) -> dict[str, object]:
    """All figures of one file."""
    import_mesh(path)  # compiles
    start = time.process_time()
    scene, report = import_mesh(path)
    load = time.process_time() - start
    if fine:
        scene = scan_like(scene)
    return {
        "file": path.name,
        "triangles": len(scene.triangles),
        "pictures": 0 if scene.skin is None else len(scene.skin.images),
        "load_cpu_seconds": round(load, 2),
        "triangles_in_file": report.triangles[0],
        "free_area_m2": report.islands[report.island],
        "frames_per_cpu_second_64": round(frames_per_cpu_second(scene, 64)),
        "frames_per_cpu_second_256": round(frames_per_cpu_second(scene, 256)),
        "machine": platform.processor() or platform.machine(),
    }


def main(files: list[str]) -> None:
    """Measure files, or a generated home."""
    if files:
        results = [measure(Path(file), fine=False) for file in files]
    else:
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / "home0.glb"
            save_glb(generate(0, rooms=5), path)
            results = [measure(path, fine=True)]
    sys.stdout.write(json.dumps(results, indent=2) + "\n")


if __name__ == "__main__":
    main(sys.argv[1:])
