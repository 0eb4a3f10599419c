"""How agents hear and what else sounds around them: the options of the environment, checked."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from typing import Any

from ..acoustics import AcousticConfig
from ..acoustics.directivity import Directivity
from ..interface import SENSOR_HEIGHT, SoundwalkError, unknown

ECHOLOCATION = ("off", "always", "action")
PASCAL_DB = 94.0  # dB SPL of an RMS pressure of 1 Pa, which is amplitude 1 in every signal


@dataclass(frozen=True)
class HearingOptions:
    """Options of hearing; the defaults are those of an environment made without any.

    Levels are dB SPL: amplitude 1 is 1 Pa, so that an RMS of 1 is 94 dB SPL. Clips have an active
    RMS of 0.1, which makes 74 dB SPL at 1 m.

    Attributes:
        receiver: what listens: "binaural", "mono", or whatever `AcousticConfig` takes.
        ear_height: metres above the floor, 0.05 to 2.2.
        distractors: other sounds, of other categories, at other objects of the home, 0 to 8.
        moving: metres per second at which the goal's sound walks through the home, 0 to 30.
        onset: seconds until the goal begins to sound; at 0 it has always been on.
        loop: whether clips are repeated; if not, they sound once.
        directivity: of every sound: "cardioid" or another of acoustics.directivity.PATTERNS, or a
            path to a SOFA file of convention GeneralFIR; None is omnidirectional. Each points in a
            horizontal direction drawn for the episode, and keeps it.
        level: active level of every clip at 1 m, dB SPL; None leaves clips as they are.
        snr: level of the goal's sound at 1 m over a diffuse white background noise, dB; None is no
            noise. In the free field d metres away it is 20 log10(d) less.
        motor_noise: dB SPL at the ears of the agent's own noise while it moves; None is none.
        echolocation: "off"; "always" emits in every step; "action" when the agent chooses EMIT.
        echo_cost: taken from the reward of each step in which the agent chooses to emit.
        emission: what is emitted: "sweep" (3 ms, linear), or a sound file of at most one step.
        emission_level: peak of the emission at 1 m, dB SPL.
        stems: put the dry and the wet signal of each source into `info`.
        doppler: agents move smoothly during a step, and delays with them.
        substeps: how often a step responses are renewed while something moves smoothly.
        acoustics: further fields of `AcousticConfig`, e.g. {"temperature": 5.0, "bands": 7}.
    """

    receiver: Any = "binaural"
    ear_height: float = SENSOR_HEIGHT
    distractors: int = 0
    moving: float = 0.0
    onset: float = 0.0
    loop: bool = True
    directivity: str | None = None
    level: float | None = None
    snr: float | None = None
    motor_noise: float | None = None
    echolocation: str = "off"
    echo_cost: float = 0.0
    emission: str = "sweep"
    emission_level: float = 74.0
    stems: bool = False
    doppler: bool = False
    substeps: int = 0
    acoustics: Mapping[str, Any] = field(default_factory=dict)

    def __post_init__(self) -> None:
        """Check every value.

        Raises:
            SoundwalkError: one is outside its range; the message names it and the range.
        """
        for name, low, high, unit in (
            ("ear_height", 0.05, 2.2, "metres above the floor"),
            ("distractors", 0, 8, "sounds"),
            ("moving", 0.0, 30.0, "metres per second"),
            ("onset", 0.0, 3600.0, "seconds"),
            ("level", 0.0, 140.0, "dB SPL at 1 m"),
            ("snr", -60.0, 100.0, "dB"),
            ("motor_noise", 0.0, 140.0, "dB SPL at the ears"),
            ("echo_cost", 0.0, 1e6, "of reward"),
            ("emission_level", 0.0, 140.0, "dB SPL at 1 m"),
            ("substeps", 0, 16, "a step; 0 chooses"),
        ):
            _check_number(name, getattr(self, name), low, high, unit)
        if self.echolocation not in ECHOLOCATION:
            raise unknown("echolocation", self.echolocation, ECHOLOCATION)
        for name in ("loop", "stems", "doppler"):
            if not isinstance(getattr(self, name), bool):
                raise SoundwalkError(f"{name}={getattr(self, name)!r}: expected True or False")
        self.config()
        self.pattern()

    @property
    def smooth(self) -> bool:
        """Whether anything moves smoothly."""
        return self.doppler or self.moving > 0.0

    def rows(self, agents: int) -> int:
        """Sources that `agents` agents need in a pool: all sounds, and an emitter each."""
        return agents * (1 + self.distractors + (self.echolocation != "off"))

    def pattern(self) -> Directivity | None:
        """How directional sounds are, None for not at all.

        Raises:
            SoundwalkError: there is no such pattern.
        """
        if self.directivity is None:
            return None
        if not isinstance(self.directivity, str):
            raise SoundwalkError(
                f"directivity={self.directivity!r}: expected the name of a pattern or the path of "
                "a SOFA file"
            )
        config = self.config()
        return Directivity.of(self.directivity, config.sample_rate, config.bands)

    def config(self) -> AcousticConfig:
        """The acoustics that are asked for.

        Raises:
            SoundwalkError: a field does not exist, or a value is outside its range.
        """
        names = [f.name for f in fields(AcousticConfig)]
        if not isinstance(self.acoustics, Mapping):
            raise SoundwalkError(
                f"acoustics={self.acoustics!r}: expected a dictionary of AcousticConfig's fields"
            )
        for name in self.acoustics:
            if name not in names:
                raise unknown("field of acoustics", name, names)
        if "receiver" in self.acoustics and self.receiver != "binaural":
            raise SoundwalkError(
                f"receiver={self.receiver!r} and acoustics={dict(self.acoustics)!r}: name the "
                "receiver once"
            )
        return AcousticConfig(**{"receiver": self.receiver, **self.acoustics})


def pressure(level: float) -> float:
    """RMS amplitude of a level in dB SPL.

    >>> pressure(94.0), round(pressure(74.0), 3)
    (1.0, 0.1)
    """
    return float(10.0 ** ((level - PASCAL_DB) / 20.0))


def _check_number(name: str, value: Any, low: float, high: float, unit: str) -> None:
    """Refuse what is not a number of the range; None where that is the default."""
    if value is None and name in ("level", "snr", "motor_noise"):
        return
    whole = name in ("distractors", "substeps")
    number = isinstance(value, int | float) and not isinstance(value, bool)
    if not number or not math.isfinite(value) or (whole and value != int(value)):
        kind = "a whole number" if whole else "a number"
        raise SoundwalkError(f"{name}={value!r}: expected {kind}, {low:g} to {high:g} {unit}")
    if not low <= value <= high:
        raise SoundwalkError(f"{name}={value!r}: expected {low:g} to {high:g} {unit}")
