"""What an acoustic simulation is asked for: rate, length, order, receiver. One frozen dataclass."""

from __future__ import annotations

import math
from dataclasses import dataclass

from ..interface import SAMPLE_RATE, SoundwalkError, unknown

RECEIVERS = ("binaural", "mono")


@dataclass(frozen=True, slots=True)
class AcousticConfig:
    """Settings shared by every home of a pool; they fix the shape of an impulse response.

    Attributes:
        sample_rate: Hz, 8000 to 48000.
        length: seconds of impulse response, 0.05 to 4.
        order: reflections drawn one by one in the listener's room, 0 to 6. Arrivals through doors
            carry up to `order - 1` reflections in the source's or in the listener's room.
        receiver: "binaural" (rigid sphere, channel 0 is the left ear) or "mono".
        air: whether air absorbs (20 degrees Celsius, 30 to 50 % relative humidity).
        late: whether the diffuse field is added to the arrivals drawn one by one.
        head_radius: metres, of the rigid sphere.
        seed: of the noise that carries the diffuse field.
    """

    sample_rate: int = SAMPLE_RATE
    length: float = 0.5
    order: int = 3
    receiver: str = "binaural"
    air: bool = True
    late: bool = True
    head_radius: float = 0.0875
    seed: int = 0

    def __post_init__(self) -> None:
        """Check every value.

        Raises:
            SoundwalkError: a value is outside its range; the message names it and the range.
        """
        if self.receiver not in RECEIVERS:
            raise unknown("receiver", self.receiver, RECEIVERS)
        for name, low, high, unit in (
            ("sample_rate", 8000, 48_000, "Hz; 16000 is the default"),
            ("length", 0.05, 4.0, "seconds; 0.5 is the default"),
            ("order", 0, 6, "reflections; 3 is the default"),
            ("head_radius", 0.05, 0.15, "metres; 0.0875 is the default"),
        ):
            value = getattr(self, name)
            if not (isinstance(value, int | float) and math.isfinite(value)):
                raise SoundwalkError(f"{name}={value!r}: expected a number, {low} to {high} {unit}")
            if not low <= value <= high:
                raise SoundwalkError(f"{name}={value!r}: expected {low} to {high} {unit}")
        for name in ("sample_rate", "order"):
            value = getattr(self, name)
            if value != int(value):
                raise SoundwalkError(f"{name}={value!r}: expected a whole number")

    @property
    def samples(self) -> int:
        """Samples of an impulse response."""
        return round(self.length * self.sample_rate)

    @property
    def channels(self) -> int:
        """Channels of an impulse response: 2 ears or 1 microphone."""
        return 2 if self.receiver == "binaural" else 1
