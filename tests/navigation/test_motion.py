"""A disc among rectangles: it never enters anything, it slides, it does not tunnel."""

from __future__ import annotations

from collections.abc import Callable
from math import cos, pi, radians, sin
from typing import Any

import numpy as np
import pytest

from soundwalk.envs.interface import AGENT_RADIUS, F64, Action, SoundwalkError
from soundwalk.envs.navigation import NavMap, NavPool, move

R = AGENT_RADIUS
Homes = Callable[..., tuple[F64, F64]]
FORWARD, LEFT, RIGHT = Action.MOVE_FORWARD, Action.TURN_LEFT, Action.TURN_RIGHT


def step(navmap: NavMap, x: float, y: float, heading: float, length: float) -> tuple[F64, bool]:
    """One forward move of one agent."""
    pool = NavPool(1)
    pool.put(0, navmap)
    poses = np.array([[x, y, heading]])
    hit = move(pool, np.zeros(1, np.int32), poses, np.array([FORWARD]), forward=length)
    return poses[0], bool(hit[0])


def scatter(home: Homes, homes: int, agents: int) -> tuple[NavPool, Any, F64, F64]:
    """Agents at random in random homes: pool, slots, poses, rects of each agent's home."""
    pool, rng = NavPool(homes, agents), np.random.default_rng(1)
    maps = [NavMap.from_rectangles(*home(seed)) for seed in range(homes)]
    most = max(len(m.rects) for m in maps)
    rects = np.full((homes, most, 4), 1e6)
    slots = np.arange(agents, dtype=np.int32) % homes
    poses = np.zeros((agents, 3))
    for slot, navmap in enumerate(maps):
        pool.put(slot, navmap)
        rects[slot, : len(navmap.rects)] = navmap.rects
        here = np.flatnonzero(slots == slot)
        poses[here, :2] = navmap.sample_free(rng, len(here))
    poses[:, 2] = rng.uniform(-pi, pi, agents)
    return pool, slots, poses, rects[slots]


def test_a_million_random_moves_never_end_inside_anything(
    home: Homes, clearance: Callable[[F64, F64], F64]
) -> None:
    pool, slots, poses, rects = scatter(home, homes=48, agents=4096)
    rng, lowest, hits = np.random.default_rng(2), 1.0, 0
    for k in range(250):
        actions = rng.choice([FORWARD, FORWARD, FORWARD, LEFT, RIGHT], len(slots))
        length = 0.25 if k % 5 else float(rng.uniform(0.01, 6.0))
        hits += int(move(pool, slots, poses, actions, forward=length).sum())
        lowest = min(lowest, float(clearance(poses[:, :2], rects).min()))
    assert lowest >= R - 1e-9
    assert hits > 100_000  # the moves did meet obstacles


def test_a_step_of_any_length_stays_in_a_closed_room_with_paper_walls() -> None:
    t = 1e-4
    walls = np.array([(-t, 0, 0, 5), (4, 0, 4 + t, 5), (0, -t, 4, 0), (0, 5, 4, 5 + t)])
    navmap = NavMap.from_rectangles(walls, np.array([[-20.0, -20, 20, 20]]))
    rng = np.random.default_rng(0)
    for _ in range(500):
        x, y = rng.uniform(R, 4 - R), rng.uniform(R, 5 - R)
        pose, _ = step(navmap, x, y, rng.uniform(-pi, pi), rng.choice([0.3, 7.0, 1000.0]))
        assert R - 1e-9 <= pose[0] <= 4 - R + 1e-9
        assert R - 1e-9 <= pose[1] <= 5 - R + 1e-9


def test_a_free_move_goes_exactly_where_the_heading_points(hall: Callable[..., NavMap]) -> None:
    for heading in np.linspace(-pi, pi, 25):
        pose, hit = step(hall(), 1.0, -2.0, heading, 0.25)
        assert not hit
        np.testing.assert_allclose(
            pose[:2], [1 + 0.25 * cos(heading), -2 + 0.25 * sin(heading)], atol=1e-12
        )


def test_sliding_along_a_wall_keeps_the_tangential_part_of_the_push(
    hall: Callable[..., NavMap],
) -> None:
    navmap = hall((0.0, -5.0, 1.0, 5.0))
    for degrees in (10, 45, 75):
        a = radians(degrees)
        pose, hit = step(navmap, -R - 0.05, 0.0, a, 0.25)
        assert hit
        # 0.05 m to the wall; the whole tangential part is walked, the rest of the normal part lost
        np.testing.assert_allclose(pose[:2], [-R, 0.25 * sin(a)], atol=1e-8)


def test_a_concave_corner_stops_the_agent_in_its_nook(hall: Callable[..., NavMap]) -> None:
    navmap = hall((0.0, -5.0, 1.0, 5.0), (-5.0, 0.0, 5.0, 1.0))
    pose, hit = step(navmap, -1.0, -1.2, radians(50), 9.0)
    assert hit
    np.testing.assert_allclose(pose[:2], [-R, -R], atol=1e-8)


def test_a_convex_corner_is_met_on_its_arc_and_left_along_the_tangent(
    hall: Callable[..., NavMap],
) -> None:
    # Heading +x, 0.09 m above the box's corner: the centre stops R away from the corner (0, 0),
    # at (-0.12, 0.09), normal (-0.8, 0.6), tangent (0.6, 0.8): the remaining 0.25 - 0.08 = 0.17 m
    # of push has the tangential part 0.6 * 0.17.
    pose, hit = step(hall((0.0, -4.0, 3.0, 0.0)), -0.2, 0.09, 0.0, 0.25)
    assert hit
    along = 0.6 * 0.17
    np.testing.assert_allclose(pose[:2], [-0.12 + 0.6 * along, 0.09 + 0.8 * along], atol=1e-8)


def test_pushing_straight_into_a_wall_stops_at_the_radius(hall: Callable[..., NavMap]) -> None:
    pose, hit = step(hall((0.0, -5.0, 1.0, 5.0)), -1.0, 0.0, 0.0, 3.0)
    assert hit
    np.testing.assert_allclose(pose[:2], [-R, 0.0], atol=1e-8)


def test_a_gap_lets_the_disc_through_only_if_it_is_wider_than_its_diameter(
    hall: Callable[..., NavMap],
) -> None:
    for width, through in ((2 * R + 1e-4, True), (2 * R - 1e-4, False)):
        navmap = hall((0.0, -9.0, 0.2, -width / 2), (0.0, width / 2, 0.2, 9.0))
        pose, _ = step(navmap, -1.0, 0.0, 0.0, 3.0)
        assert bool(pose[0] > 1.0) is through


def test_collided_says_exactly_that_the_push_was_not_carried_out(home: Homes) -> None:
    pool, slots, poses, _ = scatter(home, homes=8, agents=2000)
    before = poses.copy()
    hit = move(pool, slots, poses, np.full(2000, FORWARD))
    wanted = before[:, :2] + 0.25 * np.stack([np.cos(before[:, 2]), np.sin(before[:, 2])], 1)
    np.testing.assert_array_equal(hit, np.hypot(*(poses[:, :2] - wanted).T) > 1e-9)
    assert hit.any()
    assert not hit.all()


def test_the_distance_walked_is_never_more_than_the_push(home: Homes) -> None:
    pool, slots, poses, _ = scatter(home, homes=8, agents=2000)
    before = poses.copy()
    move(pool, slots, poses, np.full(2000, FORWARD))
    assert (np.hypot(*(poses - before)[:, :2].T) <= 0.25 + 1e-12).all()


def test_turns_change_only_the_heading_and_a_full_circle_returns(home: Homes) -> None:
    pool, slots, poses, _ = scatter(home, homes=4, agents=16)
    before = poses.copy()
    for _ in range(24):
        assert not move(pool, slots, poses, np.full(16, LEFT)).any()
        assert (np.abs(poses[:, 2]) <= pi).all()
    np.testing.assert_allclose(poses, before, atol=1e-12)
    move(pool, slots, poses, np.full(16, RIGHT))
    np.testing.assert_allclose((before - poses)[:, 2] % (2 * pi), pi / 12, atol=1e-12)
    np.testing.assert_array_equal(before[:, :2], poses[:, :2])


def test_stopping_changes_nothing_and_batches_do_not_mix(home: Homes) -> None:
    pool, slots, poses, _ = scatter(home, homes=8, agents=64)
    alone = poses.copy()
    actions = np.arange(64) % 4
    hits = move(pool, slots, poses, actions)
    for i in range(64):
        one = alone[i : i + 1].copy()
        assert move(pool, slots[i : i + 1], one, actions[i : i + 1])[0] == hits[i]
        np.testing.assert_array_equal(one[0], poses[i])
    np.testing.assert_array_equal(poses[actions == 0], alone[actions == 0])


def test_an_agent_that_begins_inside_an_obstacle_is_not_moved_deeper(
    hall: Callable[..., NavMap],
) -> None:
    pose, hit = step(hall((0.0, -5.0, 1.0, 5.0)), 0.5, 0.0, 0.3, 0.1)
    assert hit
    np.testing.assert_array_equal(pose[:2], [0.5, 0.0])


@pytest.mark.parametrize(
    ("poses", "actions", "slots", "message"),
    [
        ([[np.nan, 0.0, 0.0]], [1], [0], r"pose \[nan, 0.0, 0.0\] of agent 0 is not finite"),
        ([[0.0, 0.0, np.inf]], [1], [0], "is not finite: give metres and radians"),
        ([[0.0, 0.0, 0.0]], [4], [0], r"actions \[4\] for 1 agents: valid are STOP 0"),
        ([[0.0, 0.0, 0.0]], [-1], [0], "valid are STOP 0, MOVE_FORWARD 1, TURN_LEFT 2"),
        ([[0.0, 0.0, 0.0]], [1, 1], [0], "actions"),
        ([[0.0, 0.0, 0.0]], [1], [1], "put.. maps into slots 0 to 1 first"),
        ([[0.0, 0.0, 0.0]], [1], [-1], "name a home that is not there"),
        ([[0.0, 0.0]], [1], [0], r"expected contiguous \(N, 3\) float64"),
        ([[0.0, 0.0, 0.0]], [1], [0, 0], r"slots have shape \(2,\)"),
    ],
)
def test_bad_moves_are_refused_with_a_reason(
    hall: Callable[..., NavMap], poses: Any, actions: Any, slots: Any, message: str
) -> None:
    pool = NavPool(2)
    pool.put(0, hall())
    with pytest.raises(SoundwalkError, match=message):
        move(pool, np.array(slots, np.int32), np.array(poses), np.array(actions))
    with pytest.raises(SoundwalkError, match="float64, which is changed in place"):
        move(pool, np.zeros(1, np.int32), np.zeros((1, 3), np.float32), np.array([1]))


def test_a_pool_needs_slots_and_known_numbers(hall: Callable[..., NavMap]) -> None:
    with pytest.raises(SoundwalkError, match="0 slots"):
        NavPool(0)
    with pytest.raises(SoundwalkError, match="slot 3 does not exist: the pool has slots 0 to 1"):
        NavPool(2).put(3, hall())
