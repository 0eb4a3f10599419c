"""What an acoustic simulation is asked for: rate, length, order, receiver, and which physics."""

from __future__ import annotations

import math
from dataclasses import dataclass

from ..interface import SAMPLE_RATE, SoundwalkError
from .bands import EDGES
from .medium import speed_of_sound
from .receivers import Receiver, parse_receiver


@dataclass(frozen=True, slots=True)
class AcousticConfig:
    """Settings shared by every home of a pool; they fix the shape of an impulse response.

    Attributes:
        sample_rate: Hz, 8000 to 48000.
        length: seconds of impulse response, 0.05 to 4.
        order: reflections drawn one by one in the listener's room, 0 to 6. Arrivals through doors
            carry as many in the source's or in the listener's room.
        receiver: a name that receivers.parse_receiver knows, such as "binaural" (rigid sphere,
            channel 0 is the left ear) or "mono", or an object of acoustics.receivers.
        air: whether air absorbs.
        late: whether the diffuse field is added to the arrivals drawn one by one.
        head_radius: metres, of the rigid sphere that "binaural" names.
        seed: of the noise that carries the diffuse field.
        bands: in which everything is computed: 4 (below 0.7, to 1.4, to 2.8 kHz, above), or the
            7 octaves from 125 Hz to 8 kHz.
        temperature: of the air, degrees Celsius, -20 to 50; the speed of sound follows it.
        humidity: relative, per cent, 0 to 100.
        occlusion: whether furniture stands in the way of sound.
        scattering: whether rough walls and furniture scatter. With `late`, reflections drawn one
            by one then carry only what is reflected as by a mirror, and the rest is diffuse.
        transmission: whether sound goes straight through walls and closed doors.
    """

    sample_rate: int = SAMPLE_RATE
    length: float = 0.5
    order: int = 4
    receiver: str | Receiver = "binaural"
    air: bool = True
    late: bool = True
    head_radius: float = 0.0875
    seed: int = 0
    bands: int = 4
    temperature: float = 20.0
    humidity: float = 50.0
    occlusion: bool = True
    scattering: bool = True
    transmission: bool = True

    def __post_init__(self) -> None:
        """Check every value.

        Raises:
            SoundwalkError: a value is outside its range; the message names it and the range.
        """
        if not isinstance(self.receiver, Receiver):
            parse_receiver(self.receiver)
        for name, low, high, unit in (
            ("sample_rate", 8000, 48_000, "Hz; 16000 is the default"),
            ("length", 0.05, 4.0, "seconds; 0.5 is the default"),
            ("order", 0, 6, "reflections; 4 is the default"),
            ("head_radius", 0.05, 0.15, "metres; 0.0875 is the default"),
            ("temperature", -20.0, 50.0, "degrees Celsius; 20 is the default"),
            ("humidity", 0.0, 100.0, "per cent; 50 is the default"),
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
        self._check_bands()

    def _check_bands(self) -> None:
        """Refuse a number of bands that there is not, or that the sample rate cannot carry."""
        if self.bands not in EDGES:
            raise SoundwalkError(f"bands={self.bands!r}: expected 4, or 7 for every octave")
        if EDGES[self.bands][-1] >= self.sample_rate / 2:
            raise SoundwalkError(
                f"bands={self.bands} at sample_rate={self.sample_rate}: the last band begins at "
                f"{EDGES[self.bands][-1]:.0f} Hz; take 16000 Hz or more, or bands=4"
            )

    @property
    def samples(self) -> int:
        """Samples of an impulse response."""
        return round(self.length * self.sample_rate)

    @property
    def channels(self) -> int:
        """Channels of an impulse response; `listener.names` names them."""
        return self.listener.channels

    @property
    def listener(self) -> Receiver:
        """The receiver as an object."""
        if isinstance(self.receiver, Receiver):
            return self.receiver
        return parse_receiver(self.receiver, self.head_radius)

    @property
    def speed(self) -> float:
        """Speed of sound in metres per second."""
        return speed_of_sound(self.temperature)
