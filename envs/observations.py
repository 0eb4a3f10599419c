"""What an agent observes: the space of it, and the arrays of a batch."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import gymnasium as gym
import numpy as np

from .interface import F32, F64, MAX_DEPTH, STEP_SECONDS, U8, Action, Bool
from .simulators.hearing import Heard
from .simulators.options import HearingOptions

Observations = dict[str, np.ndarray[Any, Any]]
_LARGEST_POSE = 1e3  # metres; no home is larger
_LOUDEST = 1e3  # a source of amplitude 1 heard from a millimetre away


def observation_space(
    resolution: int, sensors: Sequence[str], options: HearingOptions
) -> gym.spaces.Dict:
    """The observations of one agent."""
    config = options.config()
    sound = config.channels, round(STEP_SECONDS * config.sample_rate)
    actions = len(Action) + (options.echolocation == "action")
    box = gym.spaces.Box
    size = (resolution, resolution)
    spaces: dict[str, gym.Space[Any]] = {}
    if "rgb" in sensors:
        spaces["rgb"] = box(0, 255, (*size, 3), np.uint8)
    if "depth" in sensors:
        spaces["depth"] = box(0.0, MAX_DEPTH, (*size, 1), np.float32)
    if "audio" in sensors:
        spaces["audio"] = box(-_LOUDEST, _LOUDEST, sound, np.float32)
        if options.echolocation != "off":
            spaces["echo"] = box(-_LOUDEST, _LOUDEST, sound, np.float32)
    spaces["pose"] = box(-_LARGEST_POSE, _LARGEST_POSE, (4,), np.float32)
    spaces["collided"] = box(0.0, 1.0, (1,), np.float32)
    spaces["last_action"] = box(0.0, 1.0, (actions,), np.float32)
    return gym.spaces.Dict(spaces)


def relative_poses(poses: F64, origins: F64) -> Any:
    """Poses seen from where each episode started: x ahead, y left, cos, sin; (n, 4) float32."""
    delta = poses[:, :2] - origins[:, :2]
    cos, sin = np.cos(origins[:, 2]), np.sin(origins[:, 2])
    turn = poses[:, 2] - origins[:, 2]
    ahead, left = delta[:, 0] * cos + delta[:, 1] * sin, delta[:, 1] * cos - delta[:, 0] * sin
    return np.stack([ahead, left, np.cos(turn), np.sin(turn)], 1).astype(np.float32)


def collect(
    rgb: U8 | None, depth: F32 | None, heard: Heard | None, pose: Any, collided: Bool, chosen: Bool
) -> Observations:
    """The observations of n agents.

    Args:
        rgb: (n, H, W, 3), if wanted.
        depth: (n, H, W) metres, if wanted.
        heard: by these agents, if wanted.
        pose: (n, 4) as `relative_poses` returns it.
        collided: (n,) whether something stood in the way.
        chosen: (n, A) which action was taken.
    """
    observations: Observations = {}
    if rgb is not None:
        observations["rgb"] = rgb
    if depth is not None:
        observations["depth"] = depth[..., None]
    if heard is not None:
        observations["audio"] = heard.audio
        if heard.echo is not None:
            observations["echo"] = heard.echo
    observations["pose"] = pose
    observations["collided"] = collided.astype(np.float32)[:, None]
    observations["last_action"] = chosen.astype(np.float32)
    return observations
