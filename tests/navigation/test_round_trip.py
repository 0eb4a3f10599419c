"""Homes written as glb and read back as meshes: their rooms, doors and distances."""

from __future__ import annotations

import numpy as np
import pytest

from soundwalk.envs.navigation import NavMap
from soundwalk.envs.rendering.glb import save_glb
from soundwalk.envs.scenes import Scene, generate
from soundwalk.envs.scenes.mesh import load_mesh
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


def test_distances_agree_with_the_exact_ones_to_two_percent(
    trips: list[tuple[Scene, Scene]],
) -> None:
    truth, found = [], []
    for seed, (home, again) in zip(SEEDS, trips, strict=True):
        exact, marched = NavMap.from_scene(home), NavMap.from_scene(again)
        assert marched.raster.used
        points = exact.sample_free(np.random.default_rng(seed), 50)
        points = points[marched.reachable(points)]
        assert len(points) >= 45
        for goal in points[:8]:
            fields = exact.field(goal), marched.field(goal)
            truth += [fields[0].distance(p) for p in points[8:]]
            found += [fields[1].distance(p) for p in points[8:]]
    error = np.array(found) / np.array(truth) - 1
    assert len(error) > 1400
    assert np.percentile(np.abs(error), 99) <= 0.02
    assert abs(error.mean()) < 0.003
