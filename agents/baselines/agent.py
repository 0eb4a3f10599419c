"""What every agent can do, and the ones that need no ears: random, forward-and-bounce, oracle."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Protocol

import numpy as np

from ...envs.interface import I64, Action, Bool, SoundwalkError

STOP_RATE = 0.01  # of those who cannot know when to stop: once in 100 steps


class Agent(Protocol):
    """Chooses for N environments at once."""

    def reset(self, mask: Bool) -> None:
        """Forget what belongs to the episodes that ended.

        Args:
            mask: (N,) which environments begin a new episode.
        """

    def act(self, observations: Mapping[str, Any], infos: Mapping[str, Any]) -> I64:
        """Choose the next actions.

        Args:
            observations: batched observations of the vector environment.
            infos: batched infos of the vector environment.

        Returns:
            (N,) values of `Action`.
        """


def generators(num_envs: int, seed: int) -> list[np.random.Generator]:
    """One source of chance per environment, so that its choices do not depend on the batch size.

    Raises:
        SoundwalkError: no environment.
    """
    if num_envs < 1:
        raise SoundwalkError(f"num_envs={num_envs}: expected 1 or more")
    return [np.random.default_rng([seed, index]) for index in range(num_envs)]


class Random:
    """Walks at random: forward, left and right alike, STOP once in 100 steps."""

    def __init__(self, num_envs: int, seed: int = 0, stop_rate: float = STOP_RATE) -> None:
        """Choose for `num_envs` environments; `stop_rate` is the probability of STOP per step."""
        self._rngs = generators(num_envs, seed)
        move = (1 - stop_rate) / 3
        self._limits = np.cumsum([stop_rate, move, move])

    def reset(self, mask: Bool) -> None:
        """Nothing is remembered."""

    def act(self, observations: Mapping[str, Any], infos: Mapping[str, Any]) -> I64:
        """See `Agent.act`; nothing is observed."""
        chance = [rng.random() for rng in self._rngs]
        return np.asarray(np.searchsorted(self._limits, chance, side="right"), np.int64)


class Forward:
    """Forward and bounce: straight on until something is in the way, then turn, then straight on.

    After a collision it turns 30 to 180 degrees, to one side drawn at random. It cannot know where
    the goal is: it stops once in 100 steps.
    """

    def __init__(self, num_envs: int, seed: int = 0, stop_rate: float = STOP_RATE) -> None:
        """Choose for `num_envs` environments; `stop_rate` is the probability of STOP per step."""
        self._rngs = generators(num_envs, seed)
        self._stop_rate = stop_rate
        self._turns = np.zeros(num_envs, np.int64)  # left to do; negative: to the right

    def reset(self, mask: Bool) -> None:
        """Drop the turns that were left to do."""
        self._turns[mask] = 0

    def act(self, observations: Mapping[str, Any], infos: Mapping[str, Any]) -> I64:
        """See `Agent.act`; observes `collided`."""
        bumped = (np.asarray(observations["collided"])[:, 0] > 0) & (self._turns == 0)
        for index in np.flatnonzero(bumped):
            rng = self._rngs[index]
            self._turns[index] = rng.integers(2, 13) * rng.choice((-1, 1))
        actions = turn_actions(self._turns)
        self._turns -= np.sign(self._turns)
        stops = np.array([rng.random() < self._stop_rate for rng in self._rngs])
        return np.where(stops, Action.STOP, actions)


class Oracle:
    """Walks the shortest path that the simulator tells; it checks the task, not the senses."""

    privileged = True  # the environment must be made with privileged=True

    def __init__(self, num_envs: int, seed: int = 0) -> None:
        """Choose for `num_envs` environments."""
        generators(num_envs, seed)

    def reset(self, mask: Bool) -> None:
        """Nothing is remembered."""

    def act(self, observations: Mapping[str, Any], infos: Mapping[str, Any]) -> I64:
        """See `Agent.act`; reads `oracle_action`.

        Raises:
            SoundwalkError: the environment does not tell.
        """
        if "oracle_action" not in infos:
            raise SoundwalkError(
                "infos lack 'oracle_action': make the environment with privileged=True"
            )
        return np.asarray(infos["oracle_action"], np.int64)


def turn_actions(turns: I64) -> I64:
    """TURN_LEFT where `turns` (N,) is positive, TURN_RIGHT where negative, else MOVE_FORWARD."""
    sides = np.where(turns > 0, Action.TURN_LEFT, Action.TURN_RIGHT)
    return np.where(turns == 0, Action.MOVE_FORWARD, sides).astype(np.int64)
