"""Distances are lengths of taut strings: closed forms, a metric's laws, and a fine grid."""

from __future__ import annotations

from collections.abc import Callable
from itertools import pairwise
from math import asin, atan2, hypot, pi, sqrt

import numpy as np
import pytest
from scipy.sparse import coo_matrix
from scipy.sparse.csgraph import dijkstra

from soundwalk.envs.interface import AGENT_RADIUS, F64, Bool, SoundwalkError
from soundwalk.envs.navigation import NavMap, NavPool, move

R = AGENT_RADIUS
Homes = Callable[..., tuple[F64, F64]]
Clearance = Callable[[F64, F64], F64]
OFFSETS = ((1, 0), (0, 1), (1, 1), (1, -1), (2, 1), (2, -1), (1, 2), (1, -2), (3, 1), (3, -1),
           (1, 3), (1, -3), (3, 2), (3, -2), (2, 3), (2, -3))  # fmt: skip


def grid_distances(
    free: Callable[[F64], Bool], bounds: F64, goal: F64, cell: float
) -> tuple[F64, F64]:
    """Dijkstra over a grid through the goal with 32 directions: free points, distances to the goal.

    Never shorter than the truth by more than the sampling of edges; longer by at most 1.4 %.
    """
    low = goal - np.floor((goal - bounds[:2]) / cell) * cell
    nx, ny = (np.floor((bounds[2:] - low) / cell) + 1).astype(int)
    ij = np.stack(np.meshgrid(np.arange(nx), np.arange(ny), indexing="ij"), -1).reshape(-1, 2)
    points = low + ij * cell
    open_, number = free(points), np.arange(nx * ny).reshape(nx, ny)
    rows, cols, weights = [], [], []
    for di, dj in OFFSETS:
        ok = (ij[:, 0] + di < nx) & (ij[:, 1] + dj >= 0) & (ij[:, 1] + dj < ny) & open_
        a = np.flatnonzero(ok)
        b = number[ij[a, 0] + di, ij[a, 1] + dj]
        a, b = a[open_[b]], b[open_[b]]
        for part in np.arange(1, 2 * max(abs(di), abs(dj))) / (2 * max(abs(di), abs(dj))):
            ok = free(points[a] * (1 - part) + points[b] * part)
            a, b = a[ok], b[ok]
        rows.append(a)
        cols.append(b)
        weights.append(np.full(len(a), cell * hypot(di, dj)))
    graph = coo_matrix(
        (np.concatenate(weights), (np.concatenate(rows), np.concatenate(cols))), (nx * ny, nx * ny)
    )
    source = int(np.argmin(np.hypot(*(points - goal).T)))
    distances = dijkstra(graph.tocsr(), directed=False, indices=np.array([source]))[0]
    reached = np.isfinite(distances)
    return points[reached], distances[reached]


def pairs(home: Homes, seed: int, n: int) -> tuple[NavMap, F64, F64]:
    """A map, n sampled points, and the matrix of their distances (column: goal)."""
    navmap = NavMap.from_rectangles(*home(seed))
    points = navmap.sample_free(np.random.default_rng(seed), n)
    fields = [navmap.field(p) for p in points]
    return navmap, points, np.array([[f.distance(p) for f in fields] for p in points])


def test_around_one_box_the_distance_is_two_tangents_two_arcs_and_the_side(
    hall: Callable[..., NavMap],
) -> None:
    navmap = hall((-1.0, -0.5, 1.0, 0.5))
    # From (-3, 0) to the corner circle at (-1, 0.5): the tangent rises at `a`, the arc turns back.
    d = hypot(2.0, 0.5)
    a = atan2(0.5, 2.0) + asin(R / d)
    expected = 2 * (sqrt(d * d - R * R) + R * a) + 2.0
    assert navmap.field((3.0, 0.0)).distance((-3.0, 0.0)) == pytest.approx(expected, abs=1e-9)


def test_around_a_wall_end_the_distance_is_a_half_circle_more_than_the_wall(
    hall: Callable[..., NavMap],
) -> None:
    # Either side of a wall, touching it, 2 m below its end: up, a half circle and its top, down.
    navmap = hall((0.0, -10.0, 0.1, 0.0))
    expected = 2.0 + pi * R + 0.1 + 2.0
    field = navmap.field((0.1 + R, -2.0))
    assert field.distance((-R, -2.0)) == pytest.approx(expected, abs=1e-6)


def test_in_sight_the_distance_is_the_straight_line(hall: Callable[..., NavMap]) -> None:
    field = hall((0.0, 0.0, 1.0, 1.0)).field((-3.0, 4.0))
    assert field.distance((-3.0, 0.0)) == 4.0
    assert field.distance((-3.0, 4.0)) == 0.0
    assert field.distance((1.0, 7.0)) == pytest.approx(5.0)


def test_touching_and_overlapping_boxes_bend_the_path_like_the_one_box_they_form(
    hall: Callable[..., NavMap],
) -> None:
    whole = hall((-2.0, -1.0, 2.0, 1.0))
    parts = hall(
        (-2.0, -1.0, 0.5, 1.0),
        (0.5, -1.0, 2.0, 1.0),
        (-1.0, -0.5, 1.5, 1.0),
        (-2.0, 0.0, -1.5, 1.0),
    )
    rng = np.random.default_rng(0)
    for _ in range(50):
        a, b = whole.sample_free(rng, 2)
        assert parts.field(a).distance(b) == pytest.approx(whole.field(a).distance(b), abs=1e-7)


@pytest.mark.parametrize("seed", [3, 4])
def test_distances_agree_with_a_fine_grid(home: Homes, clearance: Clearance, seed: int) -> None:
    rects, floor = home(seed, 2, 2)
    navmap = NavMap.from_rectangles(rects, floor)
    rng = np.random.default_rng(seed)
    goal = navmap.sample_free(rng, 1)[0]

    def free(points: F64) -> Bool:
        inside = (points > navmap.bounds[:2]).all(1) & (points < navmap.bounds[2:]).all(1)
        return inside & (clearance(points, rects) >= R)

    points, grid = grid_distances(free, navmap.bounds, goal, cell=0.03)
    chosen = rng.choice(len(points), 1500, replace=False)
    field = navmap.field(goal)
    exact = np.array([field.distance(points[i]) for i in chosen])
    assert (exact <= grid[chosen] + 2e-3).all()  # a grid path is a path, up to edge sampling
    assert (grid[chosen] <= 1.015 * exact + 0.06).all()


def test_distances_are_a_metric(home: Homes) -> None:
    for seed in range(5):
        _, points, d = pairs(home, seed, 40)
        straight = np.hypot(*(points[:, None] - points[None]).transpose(2, 0, 1))
        assert np.isfinite(d).all()
        np.testing.assert_allclose(d, d.T, atol=1e-9)
        assert (d >= straight - 1e-9).all()
        assert (d[:, None, :] <= d[:, :, None] + d[None, :, :] + 1e-9).all()
        assert (d > straight + 0.01).any()


def test_walking_and_sliding_never_change_the_distance_by_more_than_the_step(home: Homes) -> None:
    # Sliding leaves agents on arcs and in nooks of the boundary: distances stay finite and
    # 1-Lipschitz there too.
    pool, rng = NavPool(16, 512), np.random.default_rng(0)
    slots = np.arange(512, dtype=np.int32) % 16
    poses = np.zeros((512, 3))
    for slot in range(16):
        navmap = NavMap.from_rectangles(*home(slot + 20))
        pool.put(slot, navmap)
        here = np.flatnonzero(slots == slot)
        poses[here, :2] = navmap.sample_free(rng, len(here))
        for agent in here:
            pool.put_goal(int(agent), navmap.field(navmap.sample_free(rng, 1)[0]))
    poses[:, 2] = rng.uniform(-pi, pi, 512)
    distance = pool.distances(slots, poses)
    for _ in range(120):
        move(pool, slots, poses, rng.choice([1, 1, 1, 2, 3], 512))
        after = pool.distances(slots, poses)
        assert (np.abs(after - distance) <= 0.25 + 1e-6).all()
        distance = after
    assert np.isfinite(distance).all()


def test_tiny_moves_along_corners_change_the_distance_by_no_more_than_the_move(
    home: Homes, clearance: Clearance
) -> None:
    rects, floor = home(7)
    navmap = NavMap.from_rectangles(rects, floor)
    field = navmap.field(navmap.sample_free(np.random.default_rng(0), 1)[0])
    angles = np.linspace(0, 2 * pi, 721)
    ring = (R + 1e-10) * np.stack([np.cos(angles), np.sin(angles)], 1)
    checked = 0
    for x0, y0, x1, y1 in rects:
        for corner in ((x0, y0), (x0, y1), (x1, y0), (x1, y1)):
            points = ring + corner
            ok = navmap.is_free(points)
            d = np.array(
                [field.distance(p) if k else np.nan for p, k in zip(points, ok, strict=True)]
            )
            change = np.abs(np.diff(d))
            checked += int(np.isfinite(change).sum())
            assert not (change > R * (angles[1] - angles[0]) + 1e-7).any()
    assert checked > 3000


def test_a_path_is_free_has_the_length_of_its_distance_and_ends_at_the_goal(
    home: Homes, clearance: Clearance
) -> None:
    for seed in range(6):
        rects, floor = home(seed)
        navmap = NavMap.from_rectangles(rects, floor)
        points = navmap.sample_free(np.random.default_rng(seed), 12)
        for goal, start in zip(points[::2], points[1::2], strict=True):
            field = navmap.field(goal)
            path = field.path(start)
            np.testing.assert_array_equal(path[0], start)
            np.testing.assert_array_equal(path[-1], goal)
            legs = np.hypot(*np.diff(path, axis=0).T)
            # chords of 7.5 degrees are 0.07 % shorter than their arcs and sag 0.33 mm into them
            assert legs.sum() == pytest.approx(field.distance(start), rel=1e-3)
            assert legs.sum() <= field.distance(start) + 1e-9
            between = np.concatenate([np.linspace(a, b, 50) for a, b in pairwise(path)])
            assert clearance(between, rects).min() >= R - 4e-4


def test_along_a_path_the_distance_falls_by_what_is_walked(home: Homes) -> None:
    navmap, points, d = pairs(home, 11, 10)
    field = navmap.field(points[0])
    path = field.path(points[int(d[:, 0].argmax())])
    for a, b in pairwise(path):
        if hypot(*(b - a)) > 0.05:  # straight legs; the middle of a chord lies inside the arc
            middle = (a + b) / 2
            assert field.distance(middle) == pytest.approx(
                field.distance(b) + hypot(*(b - a)) / 2, abs=1e-6
            )


def test_one_kernel_call_gives_the_distances_of_single_fields_and_first_legs(home: Homes) -> None:
    pool, rng = NavPool(3, 5), np.random.default_rng(0)
    maps = [NavMap.from_rectangles(*home(s, 2 + s, 2)) for s in range(3)]  # sizes differ: padding
    for slot in (2, 0, 1):
        pool.put(slot, maps[slot])
    slots = np.array([0, 2, 1, 2, 0], np.int32)
    poses, fields = np.zeros((5, 3)), []
    for agent, slot in enumerate(slots):
        goal, poses[agent, :2] = maps[slot].sample_free(rng, 2)
        fields.append(maps[slot].field(goal))
        pool.put_goal(agent, fields[-1])
    poses[:, 2] = rng.uniform(-pi, pi, 5)
    distances, azimuths = pool.distances(slots, poses), pool.path_azimuths(slots, poses)
    for agent, field in enumerate(fields):
        assert distances[agent] == field.distance(poses[agent, :2])
        leg = field.path(poses[agent, :2])[1] - poses[agent, :2]
        turn = atan2(leg[1], leg[0]) - poses[agent, 2]
        assert azimuths[agent] == pytest.approx((turn + pi) % (2 * pi) - pi, abs=1e-6)


def test_where_no_way_leads_the_distance_is_infinite_and_a_path_is_refused() -> None:
    walls = np.array([(4.0, 0.0, 4.2, 5.0)])
    navmap = NavMap.from_rectangles(walls, np.array([[0.0, 0.0, 6.0, 5.0]]))
    field = navmap.field((1.0, 1.0))
    assert field.distance((5.0, 1.0)) == np.inf
    with pytest.raises(SoundwalkError, match=r"no path leads from \(5.00, 1.00\) to the goal"):
        field.path((5.0, 1.0))
    pool = NavPool(1)
    pool.put(0, navmap)
    pool.put_goal(0, field)
    assert pool.distances(np.zeros(1, np.int32), np.array([[5.0, 1.0]]))[0] == np.inf


@pytest.mark.parametrize(
    ("goal", "message"),
    [
        ((0.5, 0.5), r"the goal \(0.50, 0.50\) lies inside an obstacle or nearer than 0.15 m"),
        ((-0.1, 0.5), "nearest_free"),
        ((99.0, 0.0), "the goal"),
        ((np.nan, 0.0), r"the point \(nan, 0.0\) is not finite"),
        ((1.0, 2.0, 3.0), r"points have shape \(1, 3\)"),
    ],
)
def test_goals_where_nobody_can_stand_are_refused(
    hall: Callable[..., NavMap], goal: tuple[float, ...], message: str
) -> None:
    with pytest.raises(SoundwalkError, match=message):
        hall((0.0, 0.0, 1.0, 1.0)).field(goal)


def test_queries_from_nowhere_are_refused(hall: Callable[..., NavMap]) -> None:
    navmap = hall((0.0, 0.0, 1.0, 1.0))
    field, pool = navmap.field((3.0, 3.0)), NavPool(1)
    pool.put(0, navmap)
    with pytest.raises(SoundwalkError, match=r"the point \(0.50, 0.50\) lies inside an obstacle"):
        field.distance((0.5, 0.5))
    with pytest.raises(SoundwalkError, match="is not finite"):
        field.path((np.inf, 0.5))
    with pytest.raises(SoundwalkError, match=r"agent 0 has no goal: put_goal\(0, field\) first"):
        pool.distances(np.zeros(1, np.int32), np.zeros((1, 2)))
    pool.put_goal(0, field)
    with pytest.raises(SoundwalkError, match="of agent 0 is not finite"):
        pool.distances(np.zeros(1, np.int32), np.full((1, 2), np.nan))
