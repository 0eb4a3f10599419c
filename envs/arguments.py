"""What the arguments and actions of the environment may be, and the errors if they are not."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from pathlib import Path
from typing import Any, cast, get_args

import numpy as np

from .acoustics.sounds import Mode, SoundBank
from .interface import EMIT, I64, Action, SoundwalkError, unknown
from .simulators.options import HearingOptions

SENSORS = ("rgb", "depth", "audio")
ARGUMENTS = (
    "split", "sounds", "rooms", "resolution", "hfov", "sensors", "max_steps", "episodes", "homes",
    "refresh", "duration", "scenes", "scene_options", "source_height", "privileged",
    "render_mode",
)  # fmt: skip


def open_sounds(sounds: str | SoundBank, sample_rate: int) -> tuple[SoundBank, Mode]:
    """The bank and the mode that the argument `sounds` asks for.

    Raises:
        SoundwalkError: it is neither a mode nor a folder nor a bank, the folder holds nothing
            usable, or the bank has another sample rate.
    """
    modes = get_args(Mode)
    if isinstance(sounds, SoundBank):
        if sounds.sample_rate != sample_rate:
            raise SoundwalkError(
                f"the bank of sounds has {sounds.sample_rate} samples per second: expected "
                f"{sample_rate}, the sample rate of the acoustics; open it with sample_rate="
                f"{sample_rate}"
            )
        return sounds, "heard"
    if sounds in modes:
        return SoundBank.synthetic(sample_rate), cast(Mode, sounds)
    if Path(sounds).is_dir():
        return SoundBank.from_folder(sounds, sample_rate), "heard"
    raise unknown("sounds", sounds, [*modes, "or a folder of audio files"])


def checked_actions(actions: Any, num_envs: int, *, emitting: bool = False) -> I64:
    """Whole numbers 0 to 3, one each; 4 too where agents can choose to emit."""
    names = {int(a): a.name for a in Action} | ({EMIT: "EMIT"} if emitting else {})
    array = np.asarray(actions)
    if array.shape != (num_envs,):
        raise SoundwalkError(f"actions has shape {array.shape}: expected ({num_envs},)")
    whole = array.astype(np.int64) if np.all(np.isfinite(array)) else None
    if whole is None or np.any(whole != array) or np.any((whole < 0) | (whole >= len(names))):
        wrong = [a for a in array.tolist() if a not in range(len(names))]
        listed = ", ".join(f"{value} {name}" for value, name in names.items())
        raise SoundwalkError(f"action {wrong[0]!r} does not exist: expected one of {listed}")
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


def hearing_options(options: dict[str, Any]) -> HearingOptions:
    """The options of hearing among the arguments of an environment.

    Raises:
        SoundwalkError: one of them does not exist, or its value has no meaning.
    """
    names = [field.name for field in dataclasses.fields(HearingOptions)]
    for name in options:
        if name not in names:
            raise unknown("option", name, [*ARGUMENTS, *names])
    return HearingOptions(**options)
