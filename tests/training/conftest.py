"""A world small enough to learn in seconds: a corridor with a sound at one end.

The agent stands on a line and hears in its left or right ear where the goal is. TURN_LEFT and
TURN_RIGHT walk that way, STOP at the goal is success. It speaks the same protocol as
AudioGoalVectorEnv: SAME_STEP autoreset, final_obs and final_info, privileged truth, listed seeds.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from typing import Any

import gymnasium as gym
import numpy as np
import pytest
import torch
from gymnasium.vector import AutoresetMode, VectorEnv
from gymnasium.vector.utils import batch_space

from soundwalk.envs.interface import Action
from soundwalk.envs.tasks.metrics import METRICS
from soundwalk.training.config import Config, from_dict
from soundwalk.training.worlds import KeepObservations


class Corridor(VectorEnv[Any, Any, Any]):
    """See the module."""

    metadata = {"autoreset_mode": AutoresetMode.SAME_STEP}  # noqa: RUF012

    def __init__(self, num_envs: int, max_steps: int = 20) -> None:
        self.num_envs, self.max_steps, self.privileged = num_envs, max_steps, False
        box = gym.spaces.Box
        self.single_observation_space = gym.spaces.Dict(
            {
                "audio": box(-np.inf, np.inf, (2, 4), np.float32),
                "pose": box(-1e3, 1e3, (4,), np.float32),
                "last_action": box(0.0, 1.0, (4,), np.float32),
            }
        )
        self.observation_space = batch_space(self.single_observation_space, num_envs)
        self.single_action_space = gym.spaces.Discrete(4)
        self.action_space = batch_space(self.single_action_space, num_envs)
        self.begun = np.zeros(num_envs, int)
        self.offset = np.zeros(num_envs, int)
        self.start = np.zeros(num_envs, int)
        self.clock = np.zeros(num_envs, int)
        self.rngs = [np.random.default_rng() for _ in range(num_envs)]

    def reset(
        self, *, seed: int | list[int | None] | None = None, options: dict[str, Any] | None = None
    ) -> tuple[dict[str, Any], dict[str, Any]]:
        """Seeds and counts of begun episodes as AudioGoalVectorEnv."""
        if isinstance(seed, int):
            self.rngs = [np.random.default_rng(seed + i) for i in range(self.num_envs)]
            self.begun[:] = (options or {}).get("begun", 0)
        for i in range(self.num_envs):
            self._begin(i)
        return self._observe(np.full(self.num_envs, -1)), self._truth()

    def step(self, actions: Any) -> tuple[Any, Any, Any, Any, dict[str, Any]]:
        """One place to the left or right, or STOP."""
        before = np.abs(self.offset)
        self.offset += (actions == Action.TURN_RIGHT).astype(int) - (actions == Action.TURN_LEFT)
        self.clock += 1
        stopped = actions == Action.STOP
        success = stopped & (self.offset == 0)
        reward = -0.01 + before - np.abs(self.offset) + 10.0 * success
        truncated = (self.clock >= self.max_steps) & ~stopped
        done = stopped | truncated
        observations, infos = self._observe(actions), self._truth()
        if done.any():
            final = np.full(self.num_envs, None, dtype=object)
            for i in np.flatnonzero(done):
                final[i] = {key: value[i].copy() for key, value in observations.items()}
            metrics = dict.fromkeys(METRICS, np.zeros(self.num_envs))
            metrics.update(success=success * 1.0, spl=success * 1.0, na=self.clock.astype(float))
            final_info = {k: v.copy() for k, v in metrics.items()}
            final_info.update({f"_{key}": done.copy() for key in metrics})
            for i in np.flatnonzero(done):
                self._begin(int(i))
                for key, value in self._observe(np.full(self.num_envs, -1)).items():
                    observations[key][i] = value[i]
            infos = {
                **self._truth(), "final_obs": final, "_final_obs": done, "final_info": final_info,
                "_final_info": done,
            }  # fmt: skip
        return observations, reward, stopped, truncated, infos

    def _begin(self, i: int) -> None:
        self.offset[i] = self.start[i] = self.rngs[i].choice([-3, -2, -1, 1, 2, 3])
        self.clock[i] = 0
        self.begun[i] += 1

    def _observe(self, actions: Any) -> dict[str, Any]:
        left = np.clip(self.offset, 0, None)  # the goal lies to the left
        right = np.clip(-self.offset, 0, None)
        audio = np.repeat(np.stack([left, right], 1)[:, :, None], 4, 2).astype(np.float32)
        pose = np.zeros((self.num_envs, 4), np.float32)
        pose[:, 0], pose[:, 1] = left, right
        return {
            "audio": audio,
            "pose": pose,
            "last_action": (actions[:, None] == np.arange(4)).astype(np.float32),
        }

    def _truth(self) -> dict[str, Any]:
        if not self.privileged:
            return {}
        towards = np.where(self.offset > 0, Action.TURN_LEFT, Action.TURN_RIGHT)
        return {
            "oracle_action": np.where(self.offset == 0, Action.STOP, towards).astype(np.int64),
            "path_azimuth": np.sign(self.offset) * np.pi / 2,
            "geodesic_distance": np.abs(self.offset) * 1.0,
        }


def make_corridors(config: Config) -> KeepObservations:
    """The corridor as a training environment."""
    return KeepObservations(Corridor(config.env.num_envs), config.policy.keys)


TINY: dict[str, Any] = {
    "total_steps": 1024,
    "checkpoint_every": 256,
    "device": "cpu",
    "env": {"num_envs": 8},
    "policy": {"keys": ["pose", "last_action"], "features_dim": 16, "width": 8, "hidden": 16},
    "ppo": {"n_steps": 16, "batch_size": 64, "n_epochs": 2, "learning_rate": 0.003},
}


@pytest.fixture
def no_gpu(monkeypatch: pytest.MonkeyPatch) -> None:
    """A machine without a GPU."""
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)


@pytest.fixture
def tiny() -> Config:
    """A training of a few seconds in the corridor."""
    return from_dict(TINY)


@pytest.fixture
def warm(tiny: Config) -> Config:
    """The same with a warm start."""
    imitation = {"steps": 512, "rollout": 16, "updates": 4, "batch_size": 64, "capacity": 1024}
    return dataclasses.replace(tiny, imitation=from_dict({"imitation": imitation}).imitation)


@pytest.fixture
def corridors() -> Callable[[Config], KeepObservations]:
    """Makes the corridor for a configuration."""
    return make_corridors
