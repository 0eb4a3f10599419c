"""What the arguments, actions and observations of the environment may be, and the errors if not."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any, cast, get_args

import gymnasium as gym
import numpy as np

from .acoustics.sounds import Mode, SoundBank
from .interface import F64, I64, MAX_DEPTH, Action, SoundwalkError, unknown

SENSORS = ("rgb", "depth", "audio")
_LARGEST_POSE = 1e3  # metres; no home is larger
_LOUDEST = 1e3  # a source of amplitude 1 heard from a millimetre away


def open_sounds(sounds: str, sample_rate: int) -> tuple[SoundBank, Mode]:
    """The bank and the mode that the argument `sounds` asks for.

    Raises:
        SoundwalkError: it is neither a mode nor a folder, or the folder holds nothing usable.
    """
    modes = get_args(Mode)
    if sounds in modes:
        return SoundBank.synthetic(sample_rate), cast(Mode, sounds)
    if Path(sounds).is_dir():
        return SoundBank.from_folder(sounds, sample_rate), "heard"
    raise unknown("sounds", sounds, [*modes, "or a folder of audio files"])


def relative_poses(poses: F64, origins: F64) -> Any:
    """Poses seen from where each episode started: x ahead, y left, cos, sin; (n, 4) float32."""
    delta = poses[:, :2] - origins[:, :2]
    cos, sin = np.cos(origins[:, 2]), np.sin(origins[:, 2])
    turn = poses[:, 2] - origins[:, 2]
    ahead, left = delta[:, 0] * cos + delta[:, 1] * sin, delta[:, 1] * cos - delta[:, 0] * sin
    return np.stack([ahead, left, np.cos(turn), np.sin(turn)], 1).astype(np.float32)


def checked_actions(actions: Any, num_envs: int) -> I64:
    """Whole numbers 0 to 3, one each."""
    array = np.asarray(actions)
    if array.shape != (num_envs,):
        raise SoundwalkError(f"actions has shape {array.shape}: expected ({num_envs},)")
    whole = array.astype(np.int64) if np.all(np.isfinite(array)) else None
    if whole is None or np.any(whole != array) or np.any((whole < 0) | (whole >= len(Action))):
        wrong = [a for a in array.tolist() if a not in range(len(Action))]
        names = ", ".join(f"{a.value} {a.name}" for a in Action)
        raise SoundwalkError(f"action {wrong[0]!r} does not exist: expected one of {names}")
    return whole


def room_range(rooms: int | Sequence[int]) -> tuple[int, int]:
    """The smallest and largest number of rooms."""
    pair = (rooms, rooms) if isinstance(rooms, int) else tuple(rooms)
    if len(pair) != 2 or not 1 <= pair[0] <= pair[1] <= 8:
        raise SoundwalkError(f"rooms={rooms!r}: expected a number or (smallest, largest), 1 to 8")
    return int(pair[0]), int(pair[1])


def check_arguments(
    num_envs: int, resolution: int, max_steps: int, sensors: Sequence[str], render_mode: str | None
) -> None:
    """Reject what has no meaning."""
    for name, value, least in (
        ("num_envs", num_envs, 1),
        ("resolution", resolution, 8),
        ("max_steps", max_steps, 1),
    ):
        if value < least:
            raise SoundwalkError(f"{name}={value} must be at least {least}")
    for sensor in sensors:
        if sensor not in SENSORS:
            raise unknown("sensor", sensor, SENSORS)
    if render_mode not in (None, "rgb_array", "human"):
        raise unknown("render_mode", render_mode, ["rgb_array", "human"])


def observation_space(
    resolution: int, sensors: Sequence[str], channels: int, block: int
) -> gym.spaces.Dict:
    """The observations of one agent."""
    box = gym.spaces.Box
    size = (resolution, resolution)
    spaces: dict[str, gym.Space[Any]] = {}
    if "rgb" in sensors:
        spaces["rgb"] = box(0, 255, (*size, 3), np.uint8)
    if "depth" in sensors:
        spaces["depth"] = box(0.0, MAX_DEPTH, (*size, 1), np.float32)
    if "audio" in sensors:
        spaces["audio"] = box(-_LOUDEST, _LOUDEST, (channels, block), np.float32)
    spaces["pose"] = box(-_LARGEST_POSE, _LARGEST_POSE, (4,), np.float32)
    spaces["collided"] = box(0.0, 1.0, (1,), np.float32)
    spaces["last_action"] = box(0.0, 1.0, (len(Action),), np.float32)
    return gym.spaces.Dict(spaces)
