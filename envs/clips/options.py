"""What clips are asked for: which homes and sounds, what of it, and from where."""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import numpy as np

from ..acoustics import AcousticConfig
from ..acoustics.sounds import SoundBank
from ..arguments import room_range
from ..interface import F64, TURN_ANGLE, SoundwalkError, unknown

WANTS = ("rgb", "depth", "mask", "audio", "stems", "echo")
KINDS = ("visible", "offscreen", "silent", "noise")
VISIBLE, OFFSCREEN, SILENT, NOISE = range(len(KINDS))

_RANGES = (
    ("resolution", 8, 1024, "pixels"),
    ("hfov", 0.1, 3.0, "radians; 90 degrees is pi / 2"),
    ("turn_step", 0.01, math.pi, "radians; 15 degrees is pi / 12"),
    ("views", 1, 16, "headings"),
    ("frames", 1, 256, "frames of a view"),
    ("fps", 0.1, 1000.0, "frames per second"),
    ("seconds", 0.02, 60.0, "seconds"),
    ("margin", 0.0, 10.0, "seconds before and after"),
    ("sources", 1, 8, "sounding objects at once"),
    ("motion", 0.0, 1.0, "metres at the peak"),
    ("least_pixels", 0.0, 0.5, "as share of the image"),
    ("least_in_view", 0, 8, "objects"),
    ("homes", 1, 10_000, "homes at a time"),
    ("refresh", 0.0, 1000.0, "homes every 64 samples"),
    ("seed", 0, 2**63 - 1, "or any whole number in between"),
    ("snr", -60.0, 100.0, "dB"),
    ("echo_seconds", 0.005, 4.0, "seconds"),
)
_WHOLE = ("resolution", "views", "frames", "sources", "least_in_view", "homes", "seed")


@dataclass(frozen=True)
class ClipOptions:
    """Options of `ClipWorld`.

    Attributes:
        split: of homes and sounds: "train", "val" or "test".
        sounds: "heard", "unheard_clips", "unheard", a folder of recordings, or a `SoundBank`. An
            object sounds like what it is. Where a folder names nothing that homes hold, any object
            plays any recording; `category` is then that of the object that is seen.
        rooms: how many a home has, or the smallest and largest number.
        resolution: pixels, height and width of images.
        hfov: horizontal field of view, radians.
        wants: what is computed, of WANTS: "stems" are the keys dry and wet.
        views: headings from which a place is seen and heard while the same sound plays.
        turn: least and most radians, in either direction, by which other views are turned from
            view 0; they are multiples of `turn_step`, different ones while there are enough.
        turn_step: radians, 15 degrees as an agent's action by default; pi / 2 gives quarters.
        frames: of each view.
        fps: frames per second, around the middle of the sound.
        seconds: of sound that the frames belong to.
        margin: further seconds of sound before and after.
        sources: K, objects that sound at once, all of different categories.
        receiver: what listens: see `AcousticConfig`.
        acoustics: further fields of `AcousticConfig`, e.g. {"order": 3}.
        motion: metres by which sounding objects move where their sound is loudest: see `motion`.
        rates: shares of the kinds "visible" (every source in view 0), "offscreen" (none of them),
            "silent" (nothing sounds), and "noise" (nothing but diffuse noise).
        least_pixels: share of the image that an object covers to count as visible.
        least_in_view: objects that can sound wanted in view 0; fewer where that is hard to find.
        line_of_sight: whether the straight lines to all sources are free; None takes what comes.
        distance: least and most metres from the head to each source.
        homes: size of the window of homes that batches draw from.
        refresh: homes by which the window moves with every 64 samples.
        seed: of everything.
        snr: level of a source at 1 m over a diffuse white background noise, dB; None is no noise.
        echo_seconds: of the response to the agent's own sweep.
    """

    split: str = "train"
    sounds: str | SoundBank = "heard"
    rooms: int | tuple[int, int] = (1, 4)
    resolution: int = 64
    hfov: float = math.pi / 2
    wants: tuple[str, ...] = ("rgb", "depth", "mask", "audio")
    views: int = 1
    turn: tuple[float, float] = (TURN_ANGLE, math.pi / 2)
    turn_step: float = TURN_ANGLE
    frames: int = 1
    fps: float = 15.0
    seconds: float = 1.0
    margin: float = 0.0
    sources: int = 1
    receiver: Any = "binaural"
    acoustics: Mapping[str, Any] = field(default_factory=dict)
    motion: float = 0.0
    rates: Mapping[str, float] = field(default_factory=lambda: {"visible": 1.0})
    least_pixels: float = 0.002
    least_in_view: int = 1
    line_of_sight: bool | None = None
    distance: tuple[float, float] = (0.7, 6.0)
    homes: int = 24
    refresh: float = 0.5
    seed: int = 0
    snr: float | None = None
    echo_seconds: float = 0.06

    def __post_init__(self) -> None:
        """Check every value.

        Raises:
            SoundwalkError: one is outside its range; the message names it and the range.
        """
        for name, low, high, unit in _RANGES:
            _check_number(name, getattr(self, name), low, high, unit)
        for name in ("turn", "distance"):
            _check_pair(name, getattr(self, name))
        self._check_wants()
        self._check_rates()
        if self.line_of_sight not in (None, True, False):
            raise SoundwalkError(
                f"line_of_sight={self.line_of_sight!r}: expected True, False or None"
            )
        if self.views > 1 and len(self.turns) == 0:
            raise SoundwalkError(
                f"turn={self.turn!r}: expected (least, most) radians with a multiple of turn_step="
                f"{self.turn_step:g} between them, e.g. (pi / 12, pi / 2)"
            )
        if (self.frames - 1) / self.fps > self.seconds + 1e-9:
            raise SoundwalkError(
                f"frames={self.frames} at fps={self.fps:g} last {(self.frames - 1) / self.fps:g} s:"
                f" expected at most seconds={self.seconds:g}"
            )
        room_range(self.rooms)
        self._check_config()

    def _check_wants(self) -> None:
        """Refuse what there is not."""
        if isinstance(self.wants, str) or not self.wants:
            raise SoundwalkError(f"wants={self.wants!r}: expected some of {', '.join(WANTS)}")
        for name in self.wants:
            if name not in WANTS:
                raise unknown("wants", name, WANTS)

    def _check_rates(self) -> None:
        """Refuse kinds that there are not, and shares that are none."""
        for name, rate in self.rates.items():
            if name not in KINDS:
                raise unknown("kind of clip in rates", name, KINDS)
            _check_number(f"rates[{name!r}]", rate, 0.0, 1e9, "as share")
        if not sum(self.rates.values()) > 0.0:
            raise SoundwalkError(
                f"rates={dict(self.rates)!r}: expected a positive share of at least one kind, "
                f"{', '.join(KINDS)}"
            )

    def _check_config(self) -> None:
        """Refuse acoustics that there are not."""
        if not isinstance(self.acoustics, Mapping):
            raise SoundwalkError(
                f"acoustics={self.acoustics!r}: expected a dictionary of AcousticConfig's fields"
            )
        names = [f.name for f in dataclasses.fields(AcousticConfig)]
        for name in self.acoustics:
            if name not in names:
                raise unknown("field of acoustics", name, names)
        if "receiver" in self.acoustics:
            raise SoundwalkError(
                f"acoustics={dict(self.acoustics)!r}: name the receiver by receiver=..."
            )
        _ = self.config

    @classmethod
    def of(cls, options: ClipOptions | None, changes: Mapping[str, Any]) -> ClipOptions:
        """Options with changes.

        Raises:
            SoundwalkError: an option does not exist, or its value has no meaning.
        """
        names = [f.name for f in dataclasses.fields(cls)]
        for name in changes:
            if name not in names:
                raise unknown("option of clips", name, names)
        return dataclasses.replace(options or cls(), **changes)

    @cached_property
    def config(self) -> AcousticConfig:
        """The acoustics that are asked for."""
        return AcousticConfig(**{"receiver": self.receiver, **self.acoustics})

    @property
    def turns(self) -> F64:
        """Angles by which views can be turned from view 0, radians."""
        (low, high), step = self.turn, self.turn_step
        steps = np.arange(math.ceil(low / step - 1e-6), math.floor(high / step + 1e-6) + 1)
        angles = steps[steps > 0] * step
        angles = angles[angles <= math.pi + 1e-6]
        both = np.concatenate([angles, -angles[angles < math.pi - 1e-6]])
        return np.asarray(both, np.float64)

    @property
    def shares(self) -> F64:
        """Share of each of KINDS, adding up to 1."""
        rates = np.array([float(self.rates.get(name, 0.0)) for name in KINDS])
        return np.asarray(rates / rates.sum(), np.float64)

    @property
    def visible_pixels(self) -> float:
        """Pixels that an object covers at least to count as visible."""
        return max(1.0, self.least_pixels * self.resolution**2)

    @property
    def rate(self) -> int:
        """Samples per second."""
        return self.config.sample_rate

    @property
    def samples(self) -> int:
        """T, of a clip's sound."""
        return round((self.seconds + 2 * self.margin) * self.rate)

    @property
    def frame_times(self) -> F64:
        """(F,) seconds after the beginning of the sound."""
        centred = np.arange(self.frames) - 0.5 * (self.frames - 1)
        return np.asarray(self.margin + 0.5 * self.seconds + centred / self.fps, np.float64)


def _check_number(name: str, value: Any, low: float, high: float, unit: str) -> None:
    """Refuse what is not a number of the range; None where that is the default."""
    if value is None and name == "snr":
        return
    whole = name in _WHOLE
    number = isinstance(value, int | float | np.number) and not isinstance(value, bool)
    if not number or not math.isfinite(value) or (whole and value != int(value)):
        kind = "a whole number" if whole else "a number"
        raise SoundwalkError(f"{name}={value!r}: expected {kind}, {low:g} to {high:g} {unit}")
    if not low <= value <= high:
        raise SoundwalkError(f"{name}={value!r}: expected {low:g} to {high:g} {unit}")


def _check_pair(name: str, value: Any) -> None:
    """Refuse what is not (least, most)."""
    try:
        low, high = (float(v) for v in value)
    except (TypeError, ValueError):
        low, high = math.nan, math.nan
    if not 0.0 <= low <= high < math.inf:
        raise SoundwalkError(f"{name}={value!r}: expected (least, most), two numbers from 0 up")
