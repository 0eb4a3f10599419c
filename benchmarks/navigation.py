"""Speed and error of walking: `python benchmarks/navigation.py`.

Prints JSON. `exact` is the visibility graph of generated homes; `raster` is fast marching at 5 cm
on the same homes, rasterised from their plans; `glb` are homes that were written as glb and read
back as meshes, as agents walk in them, and `glb_marched` fast marching in them. Errors are against
exact distances: of the plan for `raster` and `to_plan`, where a body is the rectangle around it,
among all that was written for `glb`. One thread, compilation not counted.
"""

from __future__ import annotations

import json
import platform
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np

from soundwalk.envs.interface import F64
from soundwalk.envs.navigation import NavMap, NavPool, move, next_actions
from soundwalk.envs.rendering.glb import save_glb
from soundwalk.envs.scenes import Scene, generate
from soundwalk.envs.scenes.freespace import FreeSpace
from soundwalk.envs.scenes.mesh import load_mesh
from soundwalk.envs.scenes.rasterise import footprints, rasterised
from soundwalk.envs.scenes.segment import plan_from_free

HOMES, AGENTS, POINTS = 8, 64, 60


def cpu_seconds(work: Callable[[], object], times: int) -> float:
    """CPU seconds of one call: the median of five runs of so many, after one to compile."""
    work()
    runs = []
    for _ in range(5):
        start = time.process_time()
        for _ in range(times):
            work()
        runs.append((time.process_time() - start) / times)
    return float(np.median(runs))


def as_built(home: Scene) -> NavMap:
    """Exact distances among the boxes that the home is built of."""
    spaces = [room.box for room in home.plan.rooms] + [door.box for door in home.plan.doors]
    return NavMap.from_rectangles(footprints(home), np.array(spaces, np.float64))


def marched(free: FreeSpace | None) -> NavMap:
    """Distances from cell to cell."""
    assert free is not None  # of a mesh, or made here
    return NavMap.from_free(free, exact=0)


def read_back(home: Scene) -> Scene:
    """The home written as glb and read as a mesh."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "home.glb"
        save_glb(home, path)
        return load_mesh(path)


def speeds(maps: list[NavMap]) -> dict[str, float]:
    """CPU microseconds of a field, and per agent of a look, an oracle's choice, and a step."""
    pool, rng = NavPool(len(maps), AGENTS), np.random.default_rng(0)
    for slot, navmap in enumerate(maps):
        pool.put(slot, navmap)
    slots = np.arange(AGENTS, dtype=np.int32) % len(maps)
    poses = np.empty((AGENTS, 3))
    for agent in range(AGENTS):
        start, goal = maps[slots[agent]].sample_free(rng, 2)
        pool.put_goal(agent, maps[slots[agent]].field(goal))
        poses[agent] = (*start, rng.uniform(-np.pi, np.pi))
    ahead, goal = np.ones(AGENTS, np.int64), maps[0].home.goal
    found = {
        "field_us": cpu_seconds(lambda: maps[0].field(goal), 20),
        "look_us": cpu_seconds(lambda: pool.guide(slots, poses), 50) / AGENTS,
        "oracle_us": cpu_seconds(lambda: next_actions(pool, slots, poses), 20) / AGENTS,
        "step_us": cpu_seconds(lambda: move(pool, slots, poses.copy(), ahead), 50) / AGENTS,
    }
    return {name: round(1e6 * seconds, 2) for name, seconds in found.items()}


def errors(exact: list[NavMap], marched: list[NavMap]) -> dict[str, object]:
    """Relative errors of marched distances, of all pairs of points and of near ones."""
    truth: list[float] = []
    found: list[float] = []
    for seed, (one, other) in enumerate(zip(exact, marched, strict=True)):
        points = one.sample_free(np.random.default_rng(seed), POINTS)
        points = points[other.reachable(points)]
        for goal in points[:10]:
            fields = one.field(goal), other.field(goal)
            truth += [fields[0].distance(p) for p in points[10:]]
            found += [fields[1].distance(p) for p in points[10:]]
    metres = np.array(truth)
    share = np.array(found) / metres - 1

    def spread(these: F64) -> dict[str, float]:
        away = np.abs(these)
        return {
            "pairs": len(these),
            "mean_percent": round(100 * float(these.mean()), 3),
            **{
                f"p{q}_percent": round(100 * float(np.percentile(away, q)), 3) for q in (50, 95, 99)
            },
            "max_percent": round(100 * float(away.max()), 3),
            "within_2_percent": round(float((away <= 0.02).mean()), 5),
        }

    return {
        "all": spread(share),
        "below_2_m": spread(share[metres < 2]),
        "largest_cm": round(100 * float(np.abs(np.array(found) - metres).max()), 2),
    }


def hall(metres: float) -> FreeSpace:
    """A square place with a pillar every 3 m."""
    count = round(metres / 0.05)
    floor = np.ones((count, count), bool)
    for row in range(30, count, 60):
        for column in range(30, count, 60):
            floor[row : row + 8, column : column + 8] = False
    return FreeSpace(0.05, (0.0, 0.0), floor, np.full(floor.shape, 2.6, np.float32), air=floor)


def places() -> dict[str, float]:
    """CPU milliseconds of a field and of finding rooms in squares of 10 m and 30 m."""
    found = {}
    for metres in (10, 30):
        free = hall(metres)
        navmap = NavMap.from_free(free, exact=0)
        goal = navmap.nearest_free((metres / 2, metres / 2))
        field = cpu_seconds(lambda navmap=navmap, goal=goal: navmap.field(goal), 3)
        rooms = cpu_seconds(lambda free=free: plan_from_free(free), 1)
        found[f"field_of_{metres}_m_ms"] = round(1e3 * field, 2)
        found[f"rooms_of_{metres}_m_ms"] = round(1e3 * rooms, 1)
    return found


def main() -> None:
    """Measure and print."""
    homes = [generate(seed) for seed in range(HOMES)]
    exact = [NavMap.from_scene(home) for home in homes]
    raster = [marched(rasterised(home.plan, home.obstacles)) for home in homes]
    again = [read_back(home) for home in homes]
    glb, cells = [NavMap.from_scene(home) for home in again], [marched(home.free) for home in again]
    built = [as_built(home) for home in homes]
    report = {
        "exact": speeds(exact),
        "raster": {**speeds(raster), "error": errors(exact, raster)},
        "glb": {**speeds(glb), "error": errors(built, glb), "to_plan": errors(exact, glb)},
        "glb_marched": {**speeds(cells), "error": errors(built, cells)},
        "places": places(),
        "machine": f"{platform.machine()}, Python {platform.python_version()}",
    }
    json.dump(report, sys.stdout, indent=2)
    print()


if __name__ == "__main__":
    main()
