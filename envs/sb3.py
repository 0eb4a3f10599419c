"""Any batched Gymnasium environment as a Stable-Baselines3 `VecEnv`.

SB3 wants the observation that an episode ended with in `info["terminal_observation"]`, and
`info["TimeLimit.truncated"]` where a time limit and not the task ended it, so that the value of
what would have followed is bootstrapped.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from gymnasium.vector import AutoresetMode, VectorEnv
from stable_baselines3.common.vec_env import VecEnv

from .interface import SoundwalkError


class SB3VecEnv(VecEnv):
    """Adapts a `gymnasium.vector.VectorEnv` whose autoreset mode is SAME_STEP.

    Args:
        envs: the batched environment, wrapped or not.

    Raises:
        SoundwalkError: the autoreset mode is another one.
    """

    def __init__(self, envs: VectorEnv[Any, Any, Any]) -> None:
        """See the class."""
        mode = envs.metadata.get("autoreset_mode")
        if mode != AutoresetMode.SAME_STEP:
            raise SoundwalkError(f"autoreset_mode is {mode}: expected AutoresetMode.SAME_STEP")
        self.envs = envs
        self._seed: int | None = None
        self._actions: Any = None
        self.infos: dict[str, Any] = {}
        self.render_mode = getattr(envs, "render_mode", None)
        super().__init__(envs.num_envs, envs.single_observation_space, envs.single_action_space)

    def reset(self) -> Any:
        """Begin everywhere; uses the seed given by `seed` once."""
        observations, self.infos = self.envs.reset(seed=self._seed)
        self._seed = None
        return observations

    def seed(self, seed: int | None = None) -> Sequence[int | None]:
        """Set the seed of the next reset; environment i gets seed + i."""
        self._seed = seed
        return [None if seed is None else seed + i for i in range(self.num_envs)]

    def step_async(self, actions: Any) -> None:
        """Take the actions; the work is done in `step_wait`."""
        self._actions = actions

    def step_wait(self) -> tuple[Any, Any, Any, list[dict[str, Any]]]:
        """Step; infos as SB3 expects them, one dictionary an environment."""
        observations, rewards, terminated, truncated, self.infos = self.envs.step(self._actions)
        done = terminated | truncated
        infos: list[dict[str, Any]] = [{} for _ in range(self.num_envs)]
        for i in np.flatnonzero(done):
            final = self.infos["final_info"]
            metrics = {k: v[i].item() for k, v in final.items() if k[0] != "_" and f"_{k}" in final}
            infos[i] = {
                "terminal_observation": self.infos["final_obs"][i],
                "TimeLimit.truncated": bool(truncated[i] and not terminated[i]),
                "episode": {"r": metrics.get("reward", 0.0), "l": metrics.get("na", 0), "t": 0.0},
                "metrics": metrics,
            }
        return observations, rewards.astype(np.float32), done, infos

    def close(self) -> None:
        """Close the environments."""
        self.envs.close()

    def get_attr(self, attr_name: str, indices: Any = None) -> list[Any]:
        """An attribute of the batch, once for each environment asked for."""
        if attr_name == "render_mode":
            return [self.render_mode] * len(list(self._get_indices(indices)))
        return [getattr(self.envs, attr_name)] * len(list(self._get_indices(indices)))

    def set_attr(self, attr_name: str, value: Any, indices: Any = None) -> None:
        """Set an attribute of the whole batch."""
        setattr(self.envs, attr_name, value)

    def env_method(
        self, method_name: str, *args: Any, indices: Any = None, **kwargs: Any
    ) -> list[Any]:
        """Call a method of the batch once; its result stands for each environment asked for."""
        result = getattr(self.envs, method_name)(*args, **kwargs)
        return [result] * len(list(self._get_indices(indices)))

    def env_is_wrapped(self, wrapper_class: Any, indices: Any = None) -> list[bool]:
        """No environment of a batch is wrapped on its own."""
        return [False] * len(list(self._get_indices(indices)))

    def get_images(self) -> Sequence[Any]:
        """A picture of each environment."""
        return list(self.envs.render() or [])
