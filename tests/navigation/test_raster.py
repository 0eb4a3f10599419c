"""Distances marched on a raster, against the exact ones, and what walks by them."""

from __future__ import annotations

from itertools import pairwise
from math import asin, atan2, hypot, pi, sqrt

import numpy as np
import pytest

from soundwalk.envs.interface import AGENT_RADIUS, F64, Bool, SoundwalkError
from soundwalk.envs.navigation import NavMap, NavPool, follow, move, next_actions
from soundwalk.envs.navigation.marching import grazing
from soundwalk.envs.navigation.shapes import segment_free
from soundwalk.envs.scenes import Scene, generate
from soundwalk.envs.scenes.freespace import FreeSpace, corner_clearance
from soundwalk.envs.scenes.rasterise import rasterised

R = AGENT_RADIUS


def place(floor: Bool, cell: float = 0.05) -> FreeSpace:
    return FreeSpace(cell, (0.0, 0.0), floor, np.full(floor.shape, 2.6, np.float32))


def hall(*boxes: tuple[int, int, int, int]) -> NavMap:
    """A hall of 10 m x 10 m with boxes in it, given in cells."""
    floor = np.ones((200, 200), bool)
    for x0, y0, x1, y1 in boxes:
        floor[y0:y1, x0:x1] = False
    return NavMap.from_free(place(floor), exact=0)


@pytest.fixture(scope="module")
def homes() -> list[Scene]:
    return [generate(seed) for seed in range(6)]


@pytest.fixture(scope="module")
def maps(homes: list[Scene]) -> list[tuple[NavMap, NavMap, F64]]:
    """For each home the exact map, the raster's, and points that both reach."""
    found = []
    for seed, home in enumerate(homes):
        exact = NavMap.from_scene(home)
        raster = NavMap.from_free(rasterised(home.plan, home.obstacles), exact=0)
        points = exact.sample_free(np.random.default_rng(seed), 50)
        found.append((exact, raster, points[raster.reachable(points)]))
    return found


def test_distances_agree_with_the_exact_ones_to_two_percent(
    maps: list[tuple[NavMap, NavMap, F64]],
) -> None:
    truth, found = [], []
    for exact, raster, points in maps:
        assert len(points) > 40
        for goal in points[:10]:
            fields = exact.field(goal), raster.field(goal)
            truth += [fields[0].distance(p) for p in points[10:]]
            found += [fields[1].distance(p) for p in points[10:]]
    error = np.array(found) / np.array(truth) - 1
    assert len(error) > 1500
    assert np.percentile(np.abs(error), 99) < 0.015
    assert np.abs(np.array(found) - truth).max() < np.maximum(0.02 * np.array(truth), 0.04).max()
    assert (np.abs(error) > 0.02).mean() < 0.002
    assert abs(error.mean()) < 0.002
    near = np.array(truth) < 2
    assert near.sum() > 100
    assert np.percentile(np.abs(error[near]), 99) < 0.025


def test_around_one_box_the_distance_is_two_tangents_two_arcs_and_the_side() -> None:
    navmap = hall((80, 90, 120, 110))
    d = hypot(2.0, 0.5)
    a = atan2(0.5, 2.0) + asin(R / d)
    expected = 2 * (sqrt(d * d - R * R) + R * a) + 2.0
    assert navmap.field((8.0, 5.0)).distance((2.0, 5.0)) == pytest.approx(expected, rel=0.005)


def test_in_the_open_the_distance_is_straight() -> None:
    navmap = hall()
    rng = np.random.default_rng(0)
    a, b = navmap.sample_free(rng, 20), navmap.sample_free(rng, 20)
    for p, q in zip(a, b, strict=True):
        assert navmap.field(p).distance(q) == pytest.approx(hypot(*(p - q)), abs=1e-9)


def test_there_and_back_is_equally_far(maps: list[tuple[NavMap, NavMap, F64]]) -> None:
    _, raster, points = maps[3]
    fields = [raster.field(p) for p in points[:12]]
    table = np.array([[f.distance(p) for f in fields] for p in points[:12]])
    assert (np.abs(table - table.T) <= 0.01 * table + 1e-9).all()


def test_paths_keep_off_the_walls_and_are_as_long_as_the_distance(
    maps: list[tuple[NavMap, NavMap, F64]],
) -> None:
    for _, raster, points in maps[:3]:
        for goal in points[:4]:
            field = raster.field(goal)
            for start in points[4:30]:
                path = field.path(start)
                np.testing.assert_array_equal(path[[0, -1]], [start, goal])
                length = np.hypot(*np.diff(path, axis=0).T).sum()
                assert -0.01 <= length / field.distance(start) - 1 <= 0.03 + 0.03 / length
                for a, b in pairwise(path):
                    assert segment_free(a[0], a[1], b[0], b[1], raster.rects, len(raster.rects), R)


def test_the_first_leg_points_where_the_exact_one_does(
    maps: list[tuple[NavMap, NavMap, F64]],
) -> None:
    turns = []
    for exact, raster, points in maps:
        for goal in points[:5]:
            fields = exact.field(goal), raster.field(goal)
            for p in points[5:]:
                (_, ax, ay, _, _), (_, bx, by, _, _) = (f.look(p) for f in fields)
                turns.append(abs(atan2(ax * by - ay * bx, ax * bx + ay * by)))
    assert np.percentile(turns, 50) < np.radians(1)
    assert np.percentile(turns, 95) < np.radians(5)


def test_a_gap_is_passed_if_the_disc_fits_and_not_if_it_does_not() -> None:
    for cells, passes in ((6, True), (5, False)):
        navmap = hall((100, 0, 103, 100), (100, 100 + cells, 103, 200))
        distance = navmap.field((3.0, 5.15)).distance((7.0, 5.15)) if passes else np.inf
        assert distance == (pytest.approx(4.0, rel=0.01) if passes else np.inf)
        if not passes:
            beyond = navmap.field((3.0, 5.15))
            assert beyond.distance((7.0, 5.15)) == np.inf
            with pytest.raises(SoundwalkError, match="no path leads"):
                beyond.path((7.0, 5.15))


@pytest.mark.parametrize(("centimetres", "passes"), [(33, True), (28, False)])
def test_where_the_floor_is_known_to_a_centimetre_it_is_marched_so(
    centimetres: int, passes: bool
) -> None:
    fine = np.ones((200, 400), bool)
    fine[:82, 196:205] = fine[82 + centimetres :, 196:205] = False  # a gap off the cells of 5 cm
    cells = fine[2::5, 2::5]
    free = FreeSpace(0.05, (0.0, 0.0), cells, np.full(cells.shape, 2.6, np.float32), fine=fine)
    navmap = NavMap.from_free(free, exact=0)
    assert navmap.raster.used
    middle = 0.82 + centimetres / 200
    found = navmap.field((1.0, middle)).distance((3.0, middle))
    assert found == (pytest.approx(2.0, abs=0.01) if passes else np.inf)


def test_distances_never_leak_through_gaps_that_are_too_narrow() -> None:
    rng = np.random.default_rng(5)
    for _ in range(20):
        free = rng.random((40, 40)) < 0.985
        nodes = grazing(corner_clearance(free), 3.0)
        strict = NavMap.from_free(place(free), exact=0) if (nodes == 1).any() else None
        if strict is None:
            continue
        rows, columns = np.nonzero(nodes == 1)
        points = 0.05 * np.stack([columns, rows], axis=1)
        reached = np.array([strict.home.look(p)[0] < 1e8 for p in points])
        inside, outside = points[reached], points[~reached]
        gaps = np.hypot(*(inside[:, None] - outside[None]).transpose(2, 0, 1))
        close = np.argwhere(gaps < 0.08)
        for i, j in close:
            (ax, ay), (bx, by) = inside[i], outside[j]
            assert not segment_free(ax, ay, bx, by, strict.rects, len(strict.rects), R)


def test_the_oracle_reaches_every_goal_in_about_as_many_actions(
    maps: list[tuple[NavMap, NavMap, F64]],
) -> None:
    total = np.zeros(2)
    for exact, raster, points in maps:
        n = len(points) // 2
        pool, slots = NavPool(2, n), np.zeros(n, np.int32)
        poses = np.column_stack([points[n : 2 * n], np.linspace(-pi, pi, n, endpoint=False)])
        for slot, navmap in enumerate((exact, raster)):
            pool.put(slot, navmap)
            for agent in range(n):
                pool.put_goal(agent, navmap.field(points[agent]))
            walk = follow(pool, slots + slot, poses)
            assert walk.stopped.all()
            assert (walk.distance <= 1.0).all()
            total[slot] += walk.actions.sum()
    assert total[1] == pytest.approx(total[0], rel=0.05)


def test_a_pool_serves_both_kinds_of_homes_at_once(
    maps: list[tuple[NavMap, NavMap, F64]],
) -> None:
    exact, raster, points = maps[1]
    n = 8
    poses = np.column_stack([points[n : 2 * n], np.zeros(n)])
    alone = []
    both, slots = NavPool(2, n), np.arange(n, dtype=np.int32) % 2
    for slot, navmap in enumerate((exact, raster)):
        pool = NavPool(1, n)
        pool.put(0, navmap)
        both.put(slot, navmap)
        for agent in range(n):
            field = navmap.field(points[agent])
            pool.put_goal(agent, field)
            if slots[agent] == slot:
                both.put_goal(agent, field)
        moved = poses.copy()
        collided = move(pool, np.zeros(n, np.int32), moved, np.ones(n, np.int64))
        alone.append(
            (*pool.guide(np.zeros(n, np.int32), poses), moved, collided,
             next_actions(pool, np.zeros(n, np.int32), poses)[0])
        )  # fmt: skip
    moved = poses.copy()
    collided = move(both, slots, moved, np.ones(n, np.int64))
    mixed = (*both.guide(slots, poses), moved, collided, next_actions(both, slots, poses)[0])
    for k, array in enumerate(mixed):
        for agent in range(n):
            np.testing.assert_array_equal(array[agent], alone[slots[agent]][k][agent])


def test_the_nearest_free_point_is_free_and_no_farther_than_a_cell_from_the_exact_one(
    maps: list[tuple[NavMap, NavMap, F64]],
) -> None:
    exact, raster, points = maps[2]
    np.testing.assert_array_equal(raster.nearest_free(points[0]), points[0])
    rng = np.random.default_rng(2)
    for wanted in rng.uniform(exact.bounds[:2] - 1, exact.bounds[2:] + 1, (30, 2)):
        a, b = exact.nearest_free(wanted), raster.nearest_free(wanted)
        assert raster.reachable(b[None])[0]
        assert hypot(*(b - wanted)) <= hypot(*(a - wanted)) + 0.1


def test_what_is_cut_off_or_outside_is_not_reachable() -> None:
    navmap = hall((100, 0, 104, 150), (100, 150, 200, 154))
    assert navmap.reachable([[2.0, 2.0], [7.0, 2.0], [12.0, 2.0]]).tolist() == [True, False, False]
    assert navmap.is_free([[7.0, 2.0]])[0]
    samples = navmap.sample_free(np.random.default_rng(0), 50)
    assert not ((samples[:, 0] > 5.2) & (samples[:, 1] < 7.5)).any()
    with pytest.raises(SoundwalkError, match="give a point where the agent can stand"):
        navmap.field((12.0, 2.0))
    with pytest.raises(SoundwalkError, match="no path begins there"):
        navmap.home.distance((12.0, 2.0))


def test_a_floor_on_which_the_agent_fits_nowhere_is_refused() -> None:
    floor = np.zeros((40, 40), bool)
    floor[10:15] = True
    with pytest.raises(SoundwalkError, match="fits nowhere on the 200 free cells"):
        NavMap.from_free(place(floor), exact=0)
    with pytest.raises(SoundwalkError, match="positive length"):
        NavMap.from_free(place(floor), radius=0.0)


def test_a_round_room_is_walked_along_its_wall() -> None:
    ys, xs = np.mgrid[0:200, 0:200] * 0.05 + 0.025
    away = np.hypot(xs - 5, ys - 5)
    navmap = NavMap.from_free(place((away < 4) & (away > 2)), exact=0)
    inner = 2 + R
    d = sqrt(3.0**2 - inner**2)
    expected = 2 * d + inner * (pi - 2 * np.arccos(inner / 3.0))
    assert navmap.field((2.0, 5.0)).distance((8.0, 5.0)) == pytest.approx(expected, rel=0.02)


def test_along_a_diagonal_corridor_the_way_is_straight() -> None:
    ys, xs = np.mgrid[0:160, 0:200] * 0.05 + 0.025
    along, across = (3 * xs + 2 * ys) / sqrt(13), (2 * xs - 3 * ys) / sqrt(13)
    navmap = NavMap.from_free(place((along > 1) & (along < 11) & (np.abs(across) < 0.5)), exact=0)
    start, end = (np.array([3.0, 2.0]) / sqrt(13) * t for t in (1.5, 10.5))
    field = navmap.field(end)
    assert field.distance(start) == pytest.approx(9.0, abs=1e-6)
    beside = start + 0.25 * np.array([-2.0, 3.0]) / sqrt(13)
    assert field.distance(beside) == pytest.approx(hypot(9.0, 0.25), rel=0.002)
