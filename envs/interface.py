"""The words both sides share: actions, units, observation keys, categories, errors.

World: right-handed, x east, y north, z up; metres, seconds, radians, hertz, float32. `heading`
runs counter-clockwise from +x. Relative azimuth is 0 ahead and positive to the left (as in SOFA).
"""

from __future__ import annotations

import difflib
from collections.abc import Callable, Iterable
from enum import IntEnum
from math import pi
from typing import Any, Protocol, TypeVar, cast

import numpy as np
import numpy.typing as npt

F32 = npt.NDArray[np.float32]
F64 = npt.NDArray[np.float64]
I32 = npt.NDArray[np.int32]
I64 = npt.NDArray[np.int64]
U8 = npt.NDArray[np.uint8]
Bool = npt.NDArray[np.bool_]

SPEED_OF_SOUND = 343.0  # m/s at 20 degrees Celsius
SAMPLE_RATE = 16_000  # Hz
STEP_SECONDS = 0.25  # what one action lasts
AGENT_RADIUS = 0.15  # m
AGENT_HEIGHT = 1.4  # m; what hangs above this does not stop the agent
SENSOR_HEIGHT = 1.25  # m above the floor: camera and ears
FORWARD_STEP = 0.25  # m
TURN_ANGLE = pi / 12  # 15 degrees
MAX_DEPTH = 10.0  # m; depth images are clipped here
SUCCESS_DISTANCE = 1.0  # m, geodesic

# What a home's sounding objects can be. The last entries of the order never sound in training.
CATEGORIES = (
    "telephone", "alarm_clock", "doorbell", "vacuum_cleaner", "washing_machine", "clock",
    "dripping_tap", "footsteps", "dog", "bird", "speech", "singing", "piano", "television",
    "smoke_alarm", "knocking", "engine", "blender", "fan", "music_box",
    "kettle", "cat", "guitar", "siren", "microwave", "baby_cry", "typewriter", "hair_dryer",
)  # fmt: skip
UNHEARD_CATEGORIES = CATEGORIES[20:]

# What the rooms of generated homes can be.
ROOM_KINDS = (
    "living_room", "kitchen", "bedroom", "bathroom", "hall", "office", "dining_room", "studio",
)  # fmt: skip


class Action(IntEnum):
    """What an agent can do in one step of 0.25 s."""

    STOP = 0
    MOVE_FORWARD = 1
    TURN_LEFT = 2
    TURN_RIGHT = 3


EMIT = 4  # a fifth action where echolocation="action": stand still and emit a sound


class ClipSource(Protocol):
    """Whatever yields batches of audio-visual samples; `perception.data.sample` names their keys.

    A batch is a pure function of the source's own seed and these two numbers, so that a training
    that was interrupted goes on with the batch that it would have met.
    """

    def batch(self, index: int, size: int) -> dict[str, npt.NDArray[Any]]:
        """Batch number `index`, of `size` samples."""


class SoundwalkError(ValueError):
    """A value that soundwalk cannot use: the message names it, what was expected, a remedy."""


def unknown(kind: str, value: object, valid: Iterable[object]) -> SoundwalkError:
    """An error for a name that does not exist, with the nearest valid names.

    >>> str(unknown("split", "vla", ["train", "val", "test"]))
    "unknown split 'vla': did you mean 'val'? Valid: train, val, test"
    """
    names = [str(v) for v in valid]
    near = difflib.get_close_matches(str(value), names, n=2, cutoff=0.5)
    hint = f"did you mean {' or '.join(repr(n) for n in near)}? " if near else ""
    return SoundwalkError(f"unknown {kind} {str(value)!r}: {hint}Valid: {', '.join(names)}")


_Number = TypeVar("_Number", float, F32, F64)


def wrap_angle(angle: _Number) -> _Number:
    """Wrap radians to [-pi, pi).

    >>> round(wrap_angle(3.5), 4)
    -2.7832
    """
    wrapped: _Number = (angle + pi) % (2 * pi) - pi
    return wrapped


_F = TypeVar("_F", bound=Callable[..., Any])


def kernel(function: _F) -> _F:
    """Compile a function with numba: cached on disk, without the GIL, fast float arithmetic.

    numba is imported when the first kernel is defined, never by `import soundwalk`.
    """
    return _compiled(function, inner=False)


def inner_kernel(function: _F) -> _F:
    """A kernel that only kernels call: without a way in from Python, which compiles faster."""
    return _compiled(function, inner=True)


def _compiled(function: _F, *, inner: bool) -> _F:
    import numba

    jit = numba.njit(
        cache=True,
        nogil=True,
        fastmath=True,
        error_model="numpy",
        no_cfunc_wrapper=True,
        no_cpython_wrapper=inner,
    )
    return cast(_F, jit(function))
