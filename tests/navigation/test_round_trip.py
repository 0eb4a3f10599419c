"""Homes written as glb and read back as meshes: their rooms, doors and distances."""

from __future__ import annotations

import numpy as np
import pytest

from soundwalk.envs.navigation import NavMap
from soundwalk.envs.rendering.glb import save_glb
from soundwalk.envs.scenes import Scene, generate
from soundwalk.envs.scenes.mesh import load_mesh
from soundwalk.envs.scenes.rasterise import footprints
from soundwalk.envs.scenes.scene import Box2

SEEDS = (0, 2, 4, 7, 9)


@pytest.fixture(scope="module")
def trips(tmp_path_factory: pytest.TempPathFactory) -> list[tuple[Scene, Scene]]:
    folder = tmp_path_factory.mktemp("homes")
    found = []
    for seed in SEEDS:
        home = generate(seed)
        save_glb(home, folder / f"{seed}.glb")
        found.append((home, load_mesh(folder / f"{seed}.glb")))
    return found


def overlap(a: Box2, b: Box2) -> float:
    """Intersection over union of two rectangles."""
    width, depth = (min(a[k + 2], b[k + 2]) - max(a[k], b[k]) for k in (0, 1))
    common = max(width, 0.0) * max(depth, 0.0)
    return common / (sum((r[2] - r[0]) * (r[3] - r[1]) for r in (a, b)) - common)


def test_each_room_and_door_is_found_again_once(trips: list[tuple[Scene, Scene]]) -> None:
    for home, again in trips:
        assert len(again.plan.rooms) == len(home.plan.rooms)
        assert len(again.plan.doors) == len(home.plan.doors)
        for room in home.plan.rooms:
            shares = [overlap(room.box, other.box) for other in again.plan.rooms]
            assert max(shares) >= 0.9
            twin = again.plan.rooms[int(np.argmax(shares))]
            assert twin.height == pytest.approx(room.height, abs=0.06)
        for door in home.plan.doors:
            middle = np.add(door.box[:2], door.box[2:]) / 2
            gaps = [
                np.abs(np.add(other.box[:2], other.box[2:]) / 2 - middle).max()
                for other in again.plan.doors
            ]
            assert min(gaps) <= 0.1
            assert again.plan.doors[int(np.argmin(gaps))].height == pytest.approx(
                door.height, abs=0.02
            )


def test_all_distances_agree_with_the_exact_ones_to_two_percent(
    trips: list[tuple[Scene, Scene]],
) -> None:
    truth: list[float] = []
    strings: list[float] = []
    marched: list[float] = []
    for seed, (home, again) in zip(SEEDS, trips, strict=True):
        assert again.free is not None
        spaces = [room.box for room in home.plan.rooms] + [door.box for door in home.plan.doors]
        exact = NavMap.from_rectangles(footprints(home), np.array(spaces))
        taut, cells = NavMap.from_scene(again), NavMap.from_free(again.free, exact=0)
        assert (taut.raster.used, cells.raster.used) == (False, True)
        points = exact.sample_free(np.random.default_rng(seed), 50)
        points = points[taut.reachable(points) & cells.reachable(points)]
        assert len(points) >= 45
        for goal in points[:8]:
            fields = [navmap.field(goal) for navmap in (exact, taut, cells)]
            for found, field in zip((truth, strings, marched), fields, strict=True):
                found += [field.distance(p) for p in points[8:]]
    assert len(truth) > 1400
    error = np.array(strings) / truth - 1
    assert np.abs(error).max() <= 0.02
    assert abs(error.mean()) < 0.001
    error = np.array(marched) / truth - 1
    assert np.abs(error).max() <= 0.02
    assert abs(error.mean()) < 0.003
