"""AudioGoal: walk to what sounds and say STOP within one metre of it.

Reward = -0.01 a step + decrease of the geodesic distance + 10 on success (SoundSpaces, Chen et al.
2020). Success = STOP while the geodesic distance is at most 1 m. A goal that moves is where its
sound is now; shortest paths and fewest actions of the metrics are those at the start.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from ..interface import (
    EMIT,
    F64,
    FORWARD_STEP,
    I32,
    I64,
    SUCCESS_DISTANCE,
    TURN_ANGLE,
    Action,
    Bool,
    wrap_angle,
)
from ..navigation import GoalField, NavMap, NavPool, follow, next_actions
from ..simulators.native import NativeSimulator
from .episodes import Episode
from .metrics import ndtg, sna, soft_spl, spl

STEP_REWARD = -0.01
SUCCESS_REWARD = 10.0
ORACLE_STOPS_AT = 0.8 * SUCCESS_DISTANCE  # metres; leaves the teacher's pupils a margin


@dataclass(frozen=True)
class Outcome:
    """What a step was worth and whether it ended the episode; (N,) arrays."""

    reward: F64
    terminated: Bool
    truncated: Bool


class AudioGoal:
    """Keeps count for N agents of what they were asked, how far they came, and what it was worth.

    Args:
        simulator: where the agents are.
        max_steps: an episode is truncated after so many actions.
    """

    def __init__(self, simulator: NativeSimulator, *, max_steps: int = 500) -> None:
        """See the class."""
        n = simulator.num_agents
        self._simulator, self._max_steps = simulator, max_steps
        self._moving = simulator.options.moving > 0.0
        self._echo_cost = simulator.options.echo_cost
        self._goals = np.zeros((n, 2))  # where the sources were when the fields were solved
        self._last_position = np.zeros((n, 2))
        self.distance = np.zeros(n)  # geodesic to the goal now
        self._shortest = np.zeros(n)  # geodesic at the start
        self._fewest = np.zeros(n)  # actions on the shortest path
        self._travelled = np.zeros(n)
        self._actions = np.zeros(n, np.int64)
        self._return = np.zeros(n)
        self._success = np.zeros(n, np.bool_)
        self._silent = np.zeros(n, np.bool_)

    def begin(self, agent: int, episode: Episode) -> None:
        """Set the goal of an agent that was just placed."""
        pool = self._simulator.pool
        home = pool.home(int(self._simulator.slots[agent]))
        field = home.nav.field(np.array(episode.goal))
        pool.navs.put_goal(agent, field)
        start = np.array(episode.start[:2])
        self._goals[agent] = episode.source[:2]
        self._last_position[agent] = start
        self.distance[agent] = self._shortest[agent] = field.distance(start)
        self._fewest[agent] = self._oracle_actions(home.nav, field, episode)
        for counter in (self._travelled, self._actions, self._return):
            counter[agent] = 0
        self._success[agent] = self._silent[agent] = False

    def _oracle_actions(self, nav: NavMap, field: GoalField, episode: Episode) -> int:
        """How many actions the oracle takes, STOP counted: the reference of SNA."""
        pool = NavPool(1, 1)
        pool.put(0, nav)
        pool.put_goal(0, field)
        poses = np.array([episode.start])
        walk = follow(
            pool, np.zeros(1, np.int32), poses, FORWARD_STEP, TURN_ANGLE, SUCCESS_DISTANCE
        )
        return int(walk.actions[0])

    def advance(self, actions: I64) -> Outcome:
        """Score the step that the simulator has just made."""
        if self._moving:
            self._follow()
        positions = self._simulator.poses[:, :2]
        before = self.distance
        self.distance = self._simulator.pool.navs.distances(self._simulator.slots, positions)
        self._travelled += np.hypot(*(positions - self._last_position).T)
        self._last_position = positions.copy()
        self._actions += 1
        stopped = actions == Action.STOP
        self._success = stopped & (self.distance <= SUCCESS_DISTANCE)
        self._silent = self._success & self._simulator.silent()
        reward = STEP_REWARD + (before - self.distance) + SUCCESS_REWARD * self._success
        reward -= self._echo_cost * (actions == EMIT)
        self._return += reward
        return Outcome(reward, stopped, (self._actions >= self._max_steps) & ~stopped)

    def _follow(self) -> None:
        """Let the goals be where the sounds are now."""
        pool, simulator = self._simulator.pool, self._simulator
        for agent in range(simulator.num_agents):
            place = simulator.sources[agent, :2]
            if not np.allclose(place, self._goals[agent], atol=1e-9, rtol=0.0):
                nav = pool.home(int(simulator.slots[agent])).nav
                goal = place if nav.is_free(place[None])[0] else nav.nearest_free(place)
                pool.navs.put_goal(agent, nav.field(goal))
                self._goals[agent] = place

    def metrics(self, agents: I32) -> dict[str, Any]:
        """The metrics of episodes that have just ended, (n,) arrays by name."""
        success = self._success[agents].astype(np.float64)
        shortest, travelled = self._shortest[agents], self._travelled[agents]
        remaining, actions = self.distance[agents], self._actions[agents]
        return {
            "success": success,
            "spl": spl(success, shortest, travelled),
            "soft_spl": soft_spl(remaining, shortest, travelled),
            "sna": sna(success, self._fewest[agents], actions),
            "dtg": remaining,
            "ndtg": ndtg(remaining, shortest),
            "na": actions,
            "sws": self._silent[agents].astype(np.float64),
            "reward": self._return[agents],
        }

    def truth(self) -> dict[str, Any]:
        """What only the simulator knows, (N,) arrays: for critics, teachers and measuring."""
        simulator = self._simulator
        poses, navs = simulator.poses, simulator.pool.navs
        actions, path_azimuth = next_actions(
            navs, simulator.slots, poses, FORWARD_STEP, TURN_ANGLE, ORACLE_STOPS_AT
        )
        delta = simulator.sources[:, :2] - poses[:, :2]
        bearing = np.arctan2(delta[:, 1], delta[:, 0])
        truth: dict[str, Any] = {
            "oracle_action": actions,
            "path_azimuth": path_azimuth,
            "goal_azimuth": wrap_angle(bearing - poses[:, 2]),
            "geodesic_distance": self.distance.copy(),
            "source_distance": np.hypot(delta[:, 0], delta[:, 1]),
        }
        if self._moving:
            truth["source_position"] = simulator.sources.copy()
        return truth
