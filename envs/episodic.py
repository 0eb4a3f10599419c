"""Agents that play one episode after another, as a batched Gymnasium environment.

What does not depend on where the agents are: random streams, first observations, final ones, and
SAME_STEP autoreset, as `vector` documents them.
"""

from __future__ import annotations

import copy
from abc import abstractmethod
from collections.abc import Sequence
from typing import Any, Generic, Protocol, TypeVar

import gymnasium as gym
import numpy as np
from gymnasium.vector import AutoresetMode, VectorEnv
from gymnasium.vector.utils import batch_space

from .arguments import checked_actions
from .interface import F32, F64, I32, I64, U8, Bool, SoundwalkError
from .observations import Observations, collect, relative_poses
from .simulators.hearing import Heard
from .tasks.audiogoal import Outcome

Episode = TypeVar("Episode")
_E = TypeVar("_E", covariant=True)


class Episodes(Protocol[_E]):
    """Whatever can say which episode an environment plays next."""

    def next(self, rng: np.random.Generator, agent: int, count: int) -> _E:
        """The episode number `count` (from 0) of environment `agent`."""

    def index(self, agent: int, count: int) -> int:
        """How that episode is counted."""


class World(Protocol):
    """N agents that act, see and hear; `NativeSimulator` says what each call means."""

    poses: F64
    heard: Heard | None

    def act(self, actions: I64) -> Bool:
        """Turn and move."""

    def see(
        self, agents: I32, *, rgb: bool = True, depth: bool = True
    ) -> tuple[U8 | None, F32 | None]:
        """What these agents see."""

    def begin_hearing(self, agents: I32) -> F32:
        """The first step of sound of these agents."""

    def hear(self) -> F32:
        """One step of sound of all agents."""

    def skip_hearing(self) -> None:
        """Let a step pass that nobody listens to."""


class Task(Protocol):
    """What is asked of the agents."""

    def advance(self, actions: I64) -> Outcome:
        """Score the step that was just made."""

    def metrics(self, agents: I32) -> dict[str, Any]:
        """The metrics of episodes that have just ended."""

    def truth(self) -> dict[str, Any]:
        """What only the simulator knows."""


class EpisodicVectorEnv(VectorEnv[Any, Any, Any], Generic[Episode]):
    """N agents in one process; a subclass says where an episode puts an agent.

    Attributes:
        current: the episode each agent plays.
        privileged: put the simulator's truth into `info`.

    Args:
        num_envs: how many agents.
        world: where they are.
        task: what is asked of them.
        episodes: what they play.
        space: what one of them observes; its sensors among "rgb", "depth" and "audio".
        privileged: see above.
    """

    metadata: dict[str, Any] = {  # noqa: RUF012 - as Gymnasium declares it
        "render_modes": [],
        "autoreset_mode": AutoresetMode.SAME_STEP,
    }

    def __init__(
        self,
        num_envs: int,
        world: World,
        task: Task,
        episodes: Episodes[Episode],
        space: gym.spaces.Dict,
        *,
        privileged: bool = False,
    ) -> None:
        """See the class."""
        self.num_envs, self.privileged, self.episodes = num_envs, privileged, episodes
        self._world, self._task = world, task
        self.current: list[Episode | None] = [None] * num_envs
        self._begun = np.zeros(num_envs, np.int64)
        self._lived = np.zeros(num_envs, np.bool_)
        self._origins = np.zeros((num_envs, 3))
        self._rngs = [np.random.default_rng() for _ in range(num_envs)]
        self._senses = set(space.spaces)
        self.single_observation_space = space
        self.observation_space = batch_space(space, num_envs)
        self._actions = int(space["last_action"].shape[0])  # type: ignore[index]
        self.single_action_space = gym.spaces.Discrete(self._actions)
        self.action_space = batch_space(self.single_action_space, num_envs)

    @abstractmethod
    def _place(self, agent: int, episode: Episode) -> None:
        """Put an agent where an episode begins and tell the task."""

    def reset(
        self, *, seed: int | list[int | None] | None = None, options: dict[str, Any] | None = None
    ) -> tuple[Observations, dict[str, Any]]:
        """Begin an episode everywhere; environment i of a batch seeded s is seeded s + i.

        With a seed, `options={"begun": counts}` goes on as after so many episodes in each
        environment instead of from the first one.
        """
        begun = (options or {}).get("begun", [0] * self.num_envs)
        if seed is not None:
            seeds: Sequence[int | None] = (
                [seed + i for i in range(self.num_envs)] if isinstance(seed, int) else seed
            )
            for i, s in enumerate(seeds):
                if s is not None:
                    self._rngs[i] = np.random.default_rng(s)
                    self._begun[i] = begun[i]
        everyone = np.arange(self.num_envs, dtype=np.int32)
        self._begin(everyone)
        return self._first_observations(everyone), self._infos()

    def step(self, actions: Any) -> tuple[Observations, F64, Bool, Bool, dict[str, Any]]:
        """One action each.

        Raises:
            SoundwalkError: an action does not exist, or their number is wrong.
        """
        acts = checked_actions(actions, self.num_envs)
        if not self._lived.all():
            raise SoundwalkError("step() was called before reset(): call reset() first")
        collided = self._world.act(acts)
        outcome = self._task.advance(acts)
        if "audio" in self._senses:
            self._world.hear()
        else:
            self._world.skip_hearing()
        everyone = np.arange(self.num_envs, dtype=np.int32)
        observations = self._observations(everyone, acts, collided)
        infos = self._infos()
        done = np.flatnonzero(outcome.terminated | outcome.truncated).astype(np.int32)
        if len(done):
            self._end(done, observations, infos)
        return observations, outcome.reward, outcome.terminated, outcome.truncated, infos

    def _begin(self, agents: I32) -> None:
        for i in agents.tolist():
            episode = self.episodes.next(self._rngs[i], i, int(self._begun[i]))
            self._place(i, episode)
            self.current[i] = episode
            self._begun[i] += 1
            self._lived[i] = True
            self._origins[i] = self._world.poses[i]

    def _end(self, done: I32, observations: Observations, infos: dict[str, Any]) -> None:
        """Report what ended, and begin anew there."""
        final_obs = np.full(self.num_envs, None, dtype=object)
        for i in done:
            final_obs[i] = {key: value[i].copy() for key, value in observations.items()}
        mask = np.zeros(self.num_envs, np.bool_)
        mask[done] = True
        index = [self.episodes.index(int(i), int(self._begun[i]) - 1) for i in done]
        final_info: dict[str, Any] = {}
        ended = {**self._task.metrics(done), "episode_index": np.array(index, np.int64)}
        for key, values in ended.items():
            final_info[key] = np.zeros(self.num_envs, np.asarray(values).dtype)
            final_info[key][done] = values
            final_info["_" + key] = mask.copy()
        for key, value in infos.items():
            final_info.setdefault(key, copy.deepcopy(value))
        infos.update(final_obs=final_obs, _final_obs=mask, final_info=final_info, _final_info=mask)
        self._begin(done)
        for key, value in self._first_observations(done).items():
            observations[key][done] = value
        infos.update(self._infos())

    def _first_observations(self, agents: I32) -> Observations:
        if "audio" in self._senses:
            self._world.begin_hearing(agents)
        still = np.zeros(len(agents), np.bool_)
        return self._observations(agents, np.full(len(agents), -1), still)

    def _observations(self, agents: I32, actions: I64, collided: Bool) -> Observations:
        rgb, depth = self._world.see(
            agents, rgb="rgb" in self._senses, depth="depth" in self._senses
        )
        pose = relative_poses(self._world.poses[agents], self._origins[agents])
        heard = self._world.heard if "audio" in self._senses else None
        chosen = actions[:, None] == np.arange(self._actions)
        return collect(rgb, depth, heard, pose, collided, chosen)

    def _infos(self) -> dict[str, Any]:
        """The simulator's truth, where it is wanted."""
        return self._task.truth() if self.privileged else {}
