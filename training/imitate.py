"""A short imitation warm start from the shortest-path oracle (DAgger, Ross et al. 2011).

The pupil walks, the teacher says at every step what it would have done there, and the pupil learns
those answers from a buffer of recent steps. What the pupil perceives stays what a robot has; only
the answers come from the simulator. A second head learns where the shortest path leads and how far
it is, and the critic learns the pupil's own returns, so that PPO can go on from here.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from gymnasium.vector import VectorEnv
from torch import Tensor
from torch.nn import functional

from ..agents.policies import AudioGoalPolicy
from ..envs.interface import Action, SoundwalkError

Batch = dict[str, np.ndarray[Any, Any]]
Metrics = dict[str, float]


@dataclass(frozen=True)
class ImitationConfig:
    """How to learn from the oracle.

    Attributes:
        steps: environment steps; 0 turns the warm start off.
        rollout: steps per environment between updates.
        capacity: steps kept in the buffer.
        updates: gradient steps after each rollout.
        batch_size: samples of a gradient step.
        learning_rate: at the start; falls linearly to a tenth.
        teacher: the share of steps in which the teacher acts falls from 1 to 0 over this share of
            `steps`.
        compass: weight of the direction and distance loss.
        value: weight of the critic's loss.
        gamma: discount of the critic's returns.
    """

    steps: int = 0
    rollout: int = 32
    capacity: int = 40_000
    updates: int = 8
    batch_size: int = 512
    learning_rate: float = 1e-3
    teacher: float = 0.2
    compass: float = 0.3
    value: float = 0.1
    gamma: float = 0.99


class Imitation:
    """Teaches a policy what the oracle does.

    Args:
        policy: whom to teach.
        envs: batched environment made with `privileged=True`, wrapped as the policy needs it.
        config: how.
        seed: of every random choice made here.

    Raises:
        SoundwalkError: the environment does not tell the oracle's action.
    """

    def __init__(
        self,
        policy: AudioGoalPolicy,
        envs: VectorEnv[Any, Any, Any],
        config: ImitationConfig,
        seed: int,
    ) -> None:
        """See the class."""
        self.policy, self.envs, self.config = policy, envs, config
        self.steps = 0
        self.optimizer = torch.optim.Adam(policy.parameters(), lr=config.learning_rate)
        self._rng = np.random.default_rng(seed)
        self._buffer = _Buffer(config.capacity)
        self._observations, infos = envs.reset(seed=seed)
        if "oracle_action" not in infos:
            raise SoundwalkError(
                "imitation needs a teacher: make the environment with privileged=True"
            )
        self._infos = infos

    @property
    def progress(self) -> float:
        """Share of the warm start that is done."""
        return min(1.0, self.steps / max(1, self.config.steps))

    def learn(
        self,
        after_rollout: Callable[[Metrics, list[dict[str, float]]], bool],
    ) -> None:
        """Go on until `config.steps`, or until the callback says False.

        The callback gets the losses and the metrics of the episodes that ended in the rollout.
        """
        while self.steps < self.config.steps:
            episodes = self._walk()
            losses = self._study()
            if not after_rollout(losses, episodes):
                return

    def _walk(self) -> list[dict[str, float]]:
        """One rollout into the buffer; returns the metrics of the episodes that ended."""
        config, n = self.config, self.envs.num_envs
        rewards, dones, values = [], [], []
        frames: list[Batch] = []
        episodes: list[dict[str, float]] = []
        self.policy.set_training_mode(False)
        teaching = max(0.0, 1 - self.progress / config.teacher) if config.teacher > 0 else 0.0
        for _ in range(config.rollout):
            logits, value, _ = self._judge(self._observations)
            teacher = self._infos["oracle_action"]
            gumbel = self._rng.gumbel(size=logits.shape)
            actions = (logits + gumbel).argmax(1)
            actions = np.where(self._rng.random(n) < teaching, teacher, actions)
            # Nobody learns to walk by stopping: a STOP counts only where the teacher would stop
            # too, and not every time, so that the surroundings of goals are seen more than once.
            stop = teacher == Action.STOP
            actions = np.where((actions == Action.STOP) & ~stop, teacher, actions)
            actions = np.where(stop & (self._rng.random(n) < 0.3), Action.STOP, actions)
            frame = {key: _compact(self._observations[key]) for key in self._keys}
            frame["_action"] = teacher.astype(np.int8)
            frame["_compass"] = _compass(self._infos)
            frames.append(frame)
            self._observations, reward, ended, cut, self._infos = self.envs.step(actions)
            rewards.append(reward)
            dones.append(ended | cut)
            values.append(value)
            if "final_info" in self._infos:
                episodes += _ended(self._infos["final_info"], dones[-1])
        last = self._judge(self._observations)[1]
        returns = td_returns(
            np.array(rewards), np.array(dones), np.array([*values, last]), config.gamma
        )
        for frame, target in zip(frames, returns, strict=True):
            self._buffer.add({**frame, "_return": target.astype(np.float32)})
        self.steps += n * config.rollout
        return episodes

    def _study(self) -> Metrics:
        """Some gradient steps on the buffer."""
        config = self.config
        self.policy.set_training_mode(True)
        for group in self.optimizer.param_groups:
            group["lr"] = config.learning_rate * (1 - 0.9 * self.progress)
        sums: Metrics = {}
        for _ in range(config.updates):
            batch = self._buffer.sample(config.batch_size, self._rng, self.policy.device)
            perceived = {key: batch[key] for key in self._keys}
            logits, value, compass = self.policy.judge(perceived)
            action = batch["_action"].long()
            parts = {
                "imitation": functional.cross_entropy(logits, action),
                "compass": functional.smooth_l1_loss(compass, batch["_compass"].float()),
                "value": functional.smooth_l1_loss(value, batch["_return"].float()),
            }
            loss = (
                parts["imitation"]
                + config.compass * parts["compass"]
                + config.value * parts["value"]
            )
            self.optimizer.zero_grad()
            loss.backward()  # type: ignore[no-untyped-call]
            torch.nn.utils.clip_grad_norm_(self.policy.parameters(), 1.0)
            self.optimizer.step()
            parts["agreement"] = (logits.argmax(1) == action).float().mean()
            for name, part in parts.items():
                sums[name] = sums.get(name, 0.0) + part.item() / config.updates
        return sums

    @property
    def _keys(self) -> list[str]:
        return list(self.policy.features_extractor.keys)  # type: ignore[arg-type]

    @torch.no_grad()
    def _judge(self, observations: Batch) -> tuple[Any, Any, Any]:
        tensors = {
            key: torch.as_tensor(_compact(observations[key]), device=self.policy.device)
            for key in self._keys
        }
        return tuple(part.float().cpu().numpy() for part in self.policy.judge(tensors))  # type: ignore[return-value]


class _Buffer:
    """A ring of the most recent samples, one array a key."""

    def __init__(self, capacity: int) -> None:
        self._capacity, self._arrays = capacity, Batch()
        self._next = self._size = 0

    def add(self, rows: Batch) -> None:
        """Append a batch of rows, over the oldest ones when full."""
        count = len(rows["_action"])
        if not self._arrays:
            self._arrays = {
                key: np.empty((self._capacity, *value.shape[1:]), value.dtype)
                for key, value in rows.items()
            }
        index = (self._next + np.arange(count)) % self._capacity
        for key, value in rows.items():
            self._arrays[key][index] = value
        self._next = (self._next + count) % self._capacity
        self._size = min(self._size + count, self._capacity)

    def sample(
        self, count: int, rng: np.random.Generator, device: torch.device
    ) -> dict[str, Tensor]:
        """Rows drawn with replacement, as tensors."""
        index = rng.integers(self._size, size=count)
        return {
            key: torch.as_tensor(value[index], device=device) for key, value in self._arrays.items()
        }


def _compact(values: np.ndarray[Any, Any]) -> np.ndarray[Any, Any]:
    """Half precision keeps the buffer small; the policy computes in float32."""
    return values if values.dtype == np.uint8 else values.astype(np.float16)


def _compass(infos: dict[str, Any]) -> np.ndarray[Any, Any]:
    azimuth, distance = infos["path_azimuth"], infos["geodesic_distance"]
    return np.stack([np.cos(azimuth), np.sin(azimuth), np.log1p(distance)], 1).astype(np.float32)


def _ended(final_info: dict[str, Any], done: np.ndarray[Any, Any]) -> list[dict[str, float]]:
    names = [key for key in final_info if f"_{key}" in final_info]
    return [{key: float(final_info[key][i]) for key in names} for i in np.flatnonzero(done)]


def td_returns(
    rewards: np.ndarray[Any, Any],
    dones: np.ndarray[Any, Any],
    values: np.ndarray[Any, Any],
    gamma: float,
) -> np.ndarray[Any, Any]:
    """TD(lambda = 0.95) returns (T, N) from rewards, ends (T, N) and values (T + 1, N)."""
    returns = np.empty_like(rewards)
    following = values[-1]
    for t in reversed(range(len(rewards))):
        blend = 0.05 * values[t + 1] + 0.95 * following
        following = returns[t] = rewards[t] + gamma * np.where(dones[t], 0.0, blend)
    return returns
