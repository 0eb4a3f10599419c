"""AudioGoal for one agent: the batched environment's batch of one as a `gymnasium.Env`."""

from __future__ import annotations

from typing import Any

import gymnasium as gym
import numpy as np

from .observations import Observations
from .vector import AudioGoalVectorEnv


class AudioGoalEnv(gym.Env[Any, Any]):
    """One agent that walks to what it hears; arguments and observations as in `AudioGoalVectorEnv`.

    `info` of an episode's last step holds its metrics (success, spl, …); with `privileged=True`
    every `info` holds the simulator's truth.
    """

    metadata: dict[str, Any] = {  # noqa: RUF012 - as Gymnasium declares it
        "render_modes": ["rgb_array", "human"],
        "render_fps": 4,
    }

    def __init__(self, *, render_mode: str | None = None, **options: Any) -> None:
        """See `AudioGoalVectorEnv` for the options."""
        self.vector = AudioGoalVectorEnv(1, render_mode=render_mode, **options)
        self.render_mode = render_mode
        self.observation_space = self.vector.single_observation_space
        self.action_space = self.vector.single_action_space
        self._ended = False

    def reset(
        self, *, seed: int | None = None, options: dict[str, Any] | None = None
    ) -> tuple[Observations, dict[str, Any]]:
        """Begin an episode.

        An episode that has just ended was already followed by the next one; that one is used then.
        """
        super().reset(seed=seed)
        if self._ended and seed is None:
            self._ended = False
            observations, infos = self._following
        else:
            observations, infos = self.vector.reset(seed=seed, options=options)
            self._ended = False
        return _first(observations), _first(infos)

    def step(self, action: Any) -> tuple[Observations, float, bool, bool, dict[str, Any]]:
        """One action, 0.25 s."""
        self._ended = False
        observations, reward, terminated, truncated, infos = self.vector.step(np.array([action]))
        if terminated[0] or truncated[0]:
            info = _first(infos["final_info"])
            final = infos["final_obs"][0]
            self._ended = True
            truth = {k: v for k, v in infos.items() if not k.lstrip("_").startswith("final_")}
            self._following = (observations, truth)
        else:
            info, final = _first(infos), _first(observations)
        return final, float(reward[0]), bool(terminated[0]), bool(truncated[0]), info

    def render(self) -> Any:
        """The picture: camera, plan with path, spectrogram."""
        frames = self.vector.render()
        return None if frames is None else frames[0]

    def close(self) -> None:
        """Stop the thread that builds homes."""
        self.vector.close()


def _first(batch: dict[str, Any]) -> dict[str, Any]:
    """The only row of a batch of one, without the masks."""
    return {
        key: _first(value) if isinstance(value, dict) else value[0]
        for key, value in batch.items()
        if not key.startswith("_")
    }
