"""AudioGoal by distances alone, on walks over hand-made nodes."""

from __future__ import annotations

import math

import numpy as np
import pytest

from soundwalk.envs.interface import F64, I64, Action, Bool, SoundwalkError
from soundwalk.envs.tasks.walking import WalkingGoal

AHEAD, LEFT, STOP = Action.MOVE_FORWARD, Action.TURN_LEFT, Action.STOP
ALL = np.array([0, 1], np.int32)


class Line:
    """Two agents on the x axis; the goal of each lies on it, so that distances are differences."""

    def __init__(self, starts: tuple[float, float], goals: tuple[float, float]) -> None:
        self.num_agents = 2
        self.poses: F64 = np.array([[starts[0], 0.0, 0.0], [starts[1], 0.0, math.pi / 2]])
        self.positions: F64 = np.array([[starts[0], 0.0, 0.0], [starts[1], 0.0, 0.0]])
        self.sources: F64 = np.array([[goals[0], 0.0, 1.0], [goals[1], 0.0, 1.0]])
        self.over: Bool = np.zeros(2, np.bool_)

    def distances(self) -> F64:
        gaps: F64 = np.abs(self.sources[:, 0] - self.positions[:, 0])
        return gaps

    def guide(self) -> tuple[I64, F64]:
        return np.array([int(AHEAD), int(LEFT)]), np.array([0.0, 0.5])

    def fewest(self, agent: int) -> int:
        return int(np.ceil(self.distances()[agent])) + 1

    def silent(self) -> Bool:
        return self.over

    def shift(self, first: float, second: float) -> None:
        """Carry both agents along the axis."""
        self.positions[:, 0] += (first, second)
        self.poses[:, 0] = self.positions[:, 0]


def started(line: Line, reach: float = 0.0, max_steps: int = 100) -> WalkingGoal:
    goal = WalkingGoal(line, max_steps=max_steps, reach=reach)
    for agent in (0, 1):
        goal.begin(agent)
    return goal


def test_a_detour_to_the_goal_is_scored_as_worked_out_by_hand() -> None:
    """Agent 0: 4 m away, walks 1 m back, 5 m on, stops: l = 4, p = 6, n* = 5, n = 7.

    Agent 1: 2 m away, walks 1 m, stops there: l = 2, p = 1, d = 1.
    """
    line = Line((0.0, 10.0), (4.0, 12.0))
    goal = started(line)
    for first, second in ((-1, 1), (1, 0), (1, 0), (1, 0), (1, 0), (1, 0)):
        line.shift(first, second)
        goal.advance(np.array([AHEAD, LEFT]))
    goal.advance(np.array([STOP, STOP]))
    found = goal.metrics(ALL)
    expected: dict[str, list[float]] = {
        "success": [1.0, 0.0],
        "spl": [4 / 6, 0.0],
        "soft_spl": [4 / 6, 0.5],
        "sna": [5 / 7, 0.0],
        "dtg": [0.0, 1.0],
        "ndtg": [0.0, 0.5],
        "na": [7, 7],
        "sws": [0.0, 0.0],
        # distance gained, 0.01 for each of 7 actions, 10 for success
        "reward": [4.0 - 0.07 + 10.0, 1.0 - 0.07],
    }
    assert found.keys() == expected.keys()
    for name, values in expected.items():
        np.testing.assert_allclose(found[name], values, atol=1e-12, err_msg=name)


def test_the_rewards_of_steps_add_up_to_what_was_gained_whatever_the_way() -> None:
    rng = np.random.default_rng(0)
    line = Line((0.0, 50.0), (20.0, 21.0))
    goal, total, before = started(line), np.zeros(2), line.distances()
    for _ in range(40):
        line.shift(*rng.normal(size=2))
        total += goal.advance(np.array([AHEAD, AHEAD])).reward
    np.testing.assert_allclose(total, before - line.distances() - 0.4)
    np.testing.assert_allclose(goal.metrics(ALL)["reward"], total)


@pytest.mark.parametrize(
    ("reach", "left", "success"),
    [(0.0, 0.0, True), (0.0, 0.01, False), (1.0, 1.0, True), (1.0, 1.01, False), (1.0, 0.2, True)],
)
def test_stopping_succeeds_up_to_the_reach_and_no_farther(
    reach: float, left: float, success: bool
) -> None:
    line = Line((0.0, 0.0), (3.0, 3.0))
    goal = started(line, reach)
    line.shift(3.0 - left, 3.0 - left)
    outcome = goal.advance(np.array([STOP, AHEAD]))  # agent 1 is as near but does not stop
    assert outcome.terminated.tolist() == [True, False]
    assert goal.metrics(ALL)["success"].tolist() == [float(success), 0.0]
    np.testing.assert_allclose(outcome.reward, 3.0 - left - 0.01 + np.array([10.0 * success, 0]))


def test_the_time_limit_truncates_whoever_has_not_stopped_at_it() -> None:
    line = Line((0.0, 0.0), (3.0, 3.0))
    goal = started(line, max_steps=3)
    for _ in range(2):
        outcome = goal.advance(np.array([AHEAD, AHEAD]))
        assert not outcome.terminated.any()
        assert not outcome.truncated.any()
    outcome = goal.advance(np.array([STOP, AHEAD]))
    assert outcome.terminated.tolist() == [True, False]
    assert outcome.truncated.tolist() == [False, True]


def test_success_counts_as_in_silence_only_where_the_source_is_over() -> None:
    line = Line((0.0, 0.0), (2.0, 2.0))
    goal = started(line)
    line.over = np.array([True, False])
    line.shift(2.0, 2.0)
    goal.advance(np.array([STOP, STOP]))
    assert goal.metrics(ALL)["success"].tolist() == [1.0, 1.0]
    assert goal.metrics(ALL)["sws"].tolist() == [1.0, 0.0]


def test_beginning_anew_forgets_one_agents_walk_and_leaves_the_other() -> None:
    line = Line((0.0, 0.0), (4.0, 4.0))
    goal = started(line)
    line.shift(1.0, 1.0)
    goal.advance(np.array([AHEAD, AHEAD]))
    line.positions[0, 0] = 2.0  # placed anew, which is no walking
    goal.begin(0, actions=9)
    line.shift(2.0, 3.0)
    goal.advance(np.array([STOP, STOP]))
    found = goal.metrics(ALL)
    np.testing.assert_allclose(found["spl"], [1.0, 1.0])
    assert found["na"].tolist() == [1, 2]
    np.testing.assert_allclose(found["reward"], [2.0 - 0.01 + 10, 4.0 - 0.02 + 10])
    np.testing.assert_allclose(found["sna"], [1.0, 1.0])  # fewer than nine earns no bonus


def test_metrics_are_told_of_the_agents_asked_for_in_their_order() -> None:
    line = Line((0.0, 0.0), (4.0, 6.0))
    goal = started(line)
    goal.advance(np.array([AHEAD, AHEAD]))
    assert goal.metrics(np.array([1], np.int32))["dtg"].tolist() == [6.0]
    assert goal.metrics(np.array([1, 0], np.int32))["dtg"].tolist() == [6.0, 4.0]


def test_truth_is_where_the_goal_is_from_each_agent() -> None:
    """Agent 1 looks north, the goal west of it is to its left; agent 0 looks at it."""
    line = Line((0.0, 5.0), (3.0, 1.0))
    truth = started(line).truth()
    np.testing.assert_allclose(truth["goal_azimuth"], [0.0, math.pi / 2])
    np.testing.assert_allclose(truth["source_distance"], [3.0, 4.0])  # in plan
    np.testing.assert_allclose(truth["geodesic_distance"], [3.0, 4.0])
    assert truth["oracle_action"].tolist() == [int(AHEAD), int(LEFT)]
    truth["geodesic_distance"][:] = 0.0  # a copy: who reads it cannot change the score
    line.sources[:, 1] = 4.0
    later = started(line).truth()
    np.testing.assert_allclose(later["source_distance"], [5.0, math.hypot(4, 4)])
    np.testing.assert_allclose(later["goal_azimuth"], [math.atan2(4, 3), math.pi / 4])


@pytest.mark.parametrize("reach", [-0.1, math.inf, math.nan])
def test_a_reach_that_is_none_is_refused(reach: float) -> None:
    with pytest.raises(SoundwalkError, match=f"reach={reach}: expected 0 or more metres"):
        WalkingGoal(Line((0.0, 0.0), (1.0, 1.0)), max_steps=5, reach=reach)


@pytest.mark.parametrize(("goal", "told"), [(0.0, "0 m"), (math.inf, "inf m")])
def test_a_goal_at_the_start_or_out_of_reach_is_refused(goal: float, told: str) -> None:
    walk = WalkingGoal(Line((0.0, 0.0), (goal, 1.0)), max_steps=5, reach=0.0)
    with pytest.raises(SoundwalkError, match=f"the way to the goal measures {told}"):
        walk.begin(0)
    walk.begin(1)
