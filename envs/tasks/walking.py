"""AudioGoal wherever a simulator can say how far the goal is: reward, success and metrics.

The counterpart of `audiogoal` for simulators that are not our own. Success = STOP while the
distance to the goal is at most `reach`; SoundSpaces asks for the goal's own node, a reach of 0
(facebookresearch/sound-spaces, ss_baselines/common/environments.py, `_episode_success`).
"""

from __future__ import annotations

from typing import Any, Protocol

import numpy as np

from ..interface import F64, I32, I64, Action, Bool, SoundwalkError, wrap_angle
from .audiogoal import STEP_REWARD, SUCCESS_REWARD, Outcome
from .metrics import ndtg, sna, soft_spl, spl

_SLACK = 1e-6  # metres of rounding in a distance


class Walkers(Protocol):
    """N agents that were told where to go; what a task must know of their simulator."""

    num_agents: int
    poses: F64  # (N, 3) x, y, heading
    positions: F64  # (N, 3) x, y, z
    sources: F64  # (N, 3) what sounds

    def distances(self) -> F64:
        """(N,) metres to walk to the goal; inf where no way leads there."""

    def guide(self) -> tuple[I64, F64]:
        """(N,) the oracle's actions, and the azimuth of the way to the goal."""

    def fewest(self, agent: int) -> int:
        """How many actions the oracle would take from here, STOP counted."""

    def silent(self) -> Bool:
        """(N,) whose goals have fallen silent for good."""


class WalkingGoal:
    """Keeps count for N agents of how far they came and what it was worth.

    Args:
        simulator: where the agents are.
        max_steps: an episode is truncated after so many actions.
        reach: metres of walking from the goal within which STOP is a success.
    """

    def __init__(self, simulator: Walkers, *, max_steps: int, reach: float) -> None:
        """See the class.

        Raises:
            SoundwalkError: the reach is negative or not finite.
        """
        if not 0 <= reach < np.inf:
            raise SoundwalkError(f"reach={reach}: expected 0 or more metres")
        n = simulator.num_agents
        self._simulator, self._max_steps, self._reach = simulator, max_steps, reach
        self.distance = np.zeros(n)  # to the goal now
        self._shortest, self._fewest = np.zeros(n), np.zeros(n)  # at the start
        self._last_position = np.zeros((n, 3))
        self._travelled, self._return = np.zeros(n), np.zeros(n)
        self._actions = np.zeros(n, np.int64)
        self._success, self._silent = np.zeros(n, np.bool_), np.zeros(n, np.bool_)

    def begin(self, agent: int, actions: int = 0) -> None:
        """Start counting for an agent that was just placed.

        Args:
            agent: which.
            actions: of the shortest way, if its episode says; else the oracle's are counted.

        Raises:
            SoundwalkError: it stands at the goal, or no way leads there.
        """
        shortest = float(self._simulator.distances()[agent])
        if not 0 < shortest < np.inf:
            raise SoundwalkError(
                f"the way to the goal measures {shortest:g} m: expected a goal that can be reached "
                "and does not lie at the start"
            )
        self.distance[agent] = self._shortest[agent] = shortest
        self._fewest[agent] = actions or self._simulator.fewest(agent)
        self._last_position[agent] = self._simulator.positions[agent]
        for counter in (self._travelled, self._actions, self._return):
            counter[agent] = 0
        self._success[agent] = self._silent[agent] = False

    def advance(self, actions: I64) -> Outcome:
        """Score the step that the simulator has just made."""
        before, self.distance = self.distance, self._simulator.distances()
        positions = self._simulator.positions
        self._travelled += np.linalg.norm(positions - self._last_position, axis=1)
        self._last_position = positions.copy()
        self._actions += 1
        stopped = actions == Action.STOP
        self._success = stopped & (self.distance <= self._reach + _SLACK)
        self._silent = self._success & self._simulator.silent()
        reward = STEP_REWARD + (before - self.distance) + SUCCESS_REWARD * self._success
        self._return += reward
        return Outcome(reward, stopped, (self._actions >= self._max_steps) & ~stopped)

    def metrics(self, agents: I32) -> dict[str, Any]:
        """The metrics of episodes that have just ended, (n,) arrays by name."""
        success = self._success[agents].astype(np.float64)
        lengths = self._shortest[agents], self._travelled[agents]
        remaining, actions = self.distance[agents], self._actions[agents]
        return {
            "success": success,
            "spl": spl(success, *lengths),
            "soft_spl": soft_spl(remaining, *lengths),
            "sna": sna(success, self._fewest[agents], actions),
            "dtg": remaining,
            "ndtg": ndtg(remaining, self._shortest[agents]),
            "na": actions,
            "sws": self._silent[agents].astype(np.float64),
            "reward": self._return[agents],
        }

    def truth(self) -> dict[str, Any]:
        """What only the simulator knows, (N,) arrays: for critics, teachers and measuring."""
        poses = self._simulator.poses
        actions, path_azimuth = self._simulator.guide()
        delta = self._simulator.sources[:, :2] - poses[:, :2]
        return {
            "oracle_action": actions,
            "path_azimuth": path_azimuth,
            "goal_azimuth": wrap_angle(np.arctan2(delta[:, 1], delta[:, 0]) - poses[:, 2]),
            "geodesic_distance": self.distance.copy(),
            "source_distance": np.hypot(delta[:, 0], delta[:, 1]),
        }
