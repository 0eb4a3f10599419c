"""The oracle arrives, nearly as short as possible, and never dithers."""

from __future__ import annotations

from collections.abc import Callable
from math import pi

import numpy as np
import pytest

from soundwalk.envs.interface import F64, I32, Action, SoundwalkError
from soundwalk.envs.navigation import NavMap, NavPool, follow, move, next_actions
from soundwalk.envs.scenes.generate import generate

Homes = Callable[..., tuple[F64, F64]]
ONE = np.zeros(1, np.int32)


def crowd(home: Homes, homes: int, each: int, first: int = 100) -> tuple[NavPool, I32, F64]:
    """`each` agents in each home, anywhere, with goals anywhere."""
    pool, rng = NavPool(homes, homes * each), np.random.default_rng(first)
    slots = np.repeat(np.arange(homes, dtype=np.int32), each)
    poses = np.zeros((homes * each, 3))
    for slot in range(homes):
        navmap = NavMap.from_rectangles(*home(first + slot))
        pool.put(slot, navmap)
        for agent in range(slot * each, (slot + 1) * each):
            goal, poses[agent, :2] = navmap.sample_free(rng, 2)
            pool.put_goal(agent, navmap.field(goal))
    poses[:, 2] = rng.uniform(-pi, pi, len(poses))
    return pool, slots, poses


@pytest.mark.parametrize("stop", [1.0, 0.2])
def test_the_oracle_reaches_every_goal_almost_as_short_as_possible(
    home: Homes, stop: float
) -> None:
    pool, slots, poses = crowd(home, homes=24, each=16)
    start = pool.distances(slots, poses)
    walk = follow(pool, slots, poses, stop_distance=stop)
    assert walk.stopped.mean() >= 0.995
    assert (walk.distance[walk.stopped] <= stop).all()
    spl = walk.stopped * start / np.maximum(start, walk.length)
    assert spl.mean() >= 0.97
    # the walk up to the circle of radius `stop` cannot be shorter than the geodesic allows
    assert (walk.length >= start - walk.distance - 1e-6).all()
    far = start > 2.0
    assert (walk.length[far] / (start - walk.distance)[far]).mean() < 1.03


def test_the_oracle_arrives_in_every_generated_home() -> None:
    pool, rng = NavPool(12, 48), np.random.default_rng(0)
    slots, poses = np.repeat(np.arange(12, dtype=np.int32), 4), np.zeros((48, 3))
    for slot in range(12):
        navmap = NavMap.from_scene(generate(seed=slot))
        pool.put(slot, navmap)
        for agent in np.flatnonzero(slots == slot):
            goal, poses[agent, :2] = navmap.sample_free(rng, 2)
            pool.put_goal(int(agent), navmap.field(goal))
    poses[:, 2] = rng.uniform(-pi, pi, len(poses))
    start = pool.distances(slots, poses)
    walk = follow(pool, slots, poses, stop_distance=0.2)
    assert walk.stopped.all()
    assert (start / np.maximum(start, walk.length)).mean() >= 0.97


@pytest.mark.slow
def test_in_crammed_homes_the_oracle_still_arrives(home: Homes) -> None:
    def crammed(seed: int) -> tuple[F64, F64]:
        return home(seed, 2, 2, 12)

    pool, slots, poses = crowd(crammed, homes=64, each=32, first=1000)
    start = pool.distances(slots, poses)
    walk = follow(pool, slots, poses, stop_distance=0.2)
    assert walk.stopped.mean() >= 0.995
    assert (walk.stopped * start / np.maximum(start, walk.length)).mean() >= 0.96


def test_the_oracle_never_undoes_a_turn_without_having_moved(home: Homes) -> None:
    pool, slots, poses = crowd(home, homes=12, each=16, first=300)
    last = np.zeros(len(slots), np.int64)
    for _ in range(300):
        actions, _ = next_actions(pool, slots, poses, stop_distance=0.3)
        undone = (last == Action.TURN_LEFT) & (actions == Action.TURN_RIGHT)
        undone |= (last == Action.TURN_RIGHT) & (actions == Action.TURN_LEFT)
        assert not undone.any()
        move(pool, slots, poses, actions)
        last = actions
    assert (actions == Action.STOP).all()


def test_straight_ahead_the_oracle_walks_and_stops(hall: Callable[..., NavMap]) -> None:
    navmap, pool = hall(), NavPool(1)
    pool.put(0, navmap)
    pool.put_goal(0, navmap.field((2.0, 0.0)))
    walk = follow(pool, ONE, np.zeros((1, 3)))
    # 1 m to walk in steps of 0.25 m, then STOP
    assert (walk.actions[0], walk.length[0], walk.distance[0]) == (5, 1.0, 1.0)
    behind = follow(pool, ONE, np.array([[0.0, 0.0, pi / 2]]))
    assert behind.actions[0] == 11  # six turns of 15 degrees to the right before
    actions, azimuth = next_actions(pool, ONE, np.array([[0.0, 0.0, pi / 2]]))
    assert actions[0] == Action.TURN_RIGHT
    assert azimuth[0] == pytest.approx(-pi / 2)


def test_the_oracle_s_azimuth_is_that_of_the_first_leg(home: Homes) -> None:
    pool, slots, poses = crowd(home, homes=4, each=8)
    _, azimuth = next_actions(pool, slots, poses, stop_distance=0.0)
    np.testing.assert_allclose(azimuth, pool.path_azimuths(slots, poses), atol=1e-12)


def test_following_is_acting_step_by_step(home: Homes) -> None:
    pool, slots, poses = crowd(home, homes=6, each=8, first=50)
    walk = follow(pool, slots, poses, stop_distance=0.5)
    count, length, done = np.zeros(48, np.int64), np.zeros(48), np.zeros(48, np.bool_)
    while not done.all():
        actions, _ = next_actions(pool, slots, poses, stop_distance=0.5)
        count += ~done
        done |= actions == Action.STOP
        before = poses[:, :2].copy()
        move(pool, slots, poses, actions)
        length += np.hypot(*(poses[:, :2] - before).T)
    np.testing.assert_array_equal(walk.actions, count)
    np.testing.assert_allclose(walk.length, length, atol=1e-9)
    np.testing.assert_allclose(walk.distance, pool.distances(slots, poses), atol=1e-9)
    assert walk.stopped.all()


def test_following_leaves_the_given_poses_alone_and_gives_up_after_max_steps(home: Homes) -> None:
    pool, slots, poses = crowd(home, homes=2, each=4)
    before = poses.copy()
    walk = follow(pool, slots, poses, max_steps=3, stop_distance=0.0)
    np.testing.assert_array_equal(poses, before)
    assert not walk.stopped.any()
    assert (walk.actions == 3).all()


def test_an_oracle_that_cannot_arrive_says_so() -> None:
    walls = np.array([(4.0, 0.0, 4.2, 5.0)])
    navmap, pool = NavMap.from_rectangles(walls, np.array([[0.0, 0.0, 6.0, 5.0]])), NavPool(1)
    pool.put(0, navmap)
    pose = np.array([[5.0, 1.0, 0.0]])
    with pytest.raises(SoundwalkError, match="agent 0 has no goal"):
        next_actions(pool, ONE, pose)
    pool.put_goal(0, navmap.field((1.0, 1.0)))
    with pytest.raises(SoundwalkError, match=r"agent 0 at \(5.00, 1.00\) cannot reach its goal"):
        next_actions(pool, ONE, pose)
    with pytest.raises(SoundwalkError, match=r"place both with NavMap.sample_free"):
        follow(pool, ONE, pose)
    with pytest.raises(SoundwalkError, match="turn=0 rad"):
        next_actions(pool, ONE, pose, turn=0)
    with pytest.raises(SoundwalkError, match="not finite"):
        next_actions(pool, ONE, np.array([[np.nan, 1.0, 0.0]]))
