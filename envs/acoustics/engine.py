"""GeometricEngine: one source, one listener, one impulse response; the batch of one."""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from ..interface import F32, F64, SoundwalkError, wrap_angle
from ..scenes.scene import Scene
from .batch import render_rirs
from .config import AcousticConfig
from .directivity import Directivity
from .model import AcousticModel
from .places import check_position
from .pool import AcousticPool
from .receivers import Receiver

# What an arrival met, in the order of the numbers in `tables`.
KINDS = ("direct", "reflected", "bent", "off furniture", "scattered", "through walls")

Point = tuple[float, float, float] | F64


class Arrival(NamedTuple):
    """A sound that arrives by one way.

    Attributes:
        time: seconds after emission.
        azimuth: radians, positive to the left of the heading.
        elevation: radians, positive up.
        gains: (B,) pressure gain of each band.
        kind: one of KINDS: what it met on its way.
    """

    time: float
    azimuth: float
    elevation: float
    gains: F64
    kind: str = "direct"


class GeometricEngine:
    """Room acoustics of one home.

    Args:
        scene: the home.
        sample_rate: Hz.
        order: reflections drawn one by one.
        length: seconds of impulse response.
        receiver: "binaural" (channel 0 is the left ear), "mono", or another of acoustics.receivers
            by name or as an object.
        air: whether air absorbs.
        late: whether the diffuse field is added.

    `GeometricEngine.from_config` takes every other setting.

    >>> from soundwalk.envs.scenes import shoebox
    >>> engine = GeometricEngine(shoebox((6, 5, 2.7), absorption=0.15))
    >>> engine.rir(source=(1, 2, 1.5), receiver=(4, 3, 1.5), heading=0.0).shape
    (2, 8000)
    """

    def __init__(
        self,
        scene: Scene,
        sample_rate: int = 16_000,
        order: int = 4,
        length: float = 0.5,
        receiver: str | Receiver = "binaural",
        *,
        air: bool = True,
        late: bool = True,
    ) -> None:
        self._build(scene, AcousticConfig(sample_rate, length, order, receiver, air, late))

    @classmethod
    def from_config(cls, scene: Scene, config: AcousticConfig) -> GeometricEngine:
        """Room acoustics of one home with every setting given."""
        engine = cls.__new__(cls)
        engine._build(scene, config)
        return engine

    def _build(self, scene: Scene, config: AcousticConfig) -> None:
        """Compute the home."""
        self.config = config
        self.model = AcousticModel.from_scene(scene, self.config)
        self._pool = AcousticPool(1, self.config)
        self._pool.put(0, self.model)
        self._slot = np.zeros(1, np.int32)
        self._known: dict[str, Directivity] = {}

    def rir(
        self,
        source: Point,
        receiver: Point,
        heading: float = 0.0,
        *,
        directivity: str | Directivity | None = None,
        orientation: npt.ArrayLike = 0.0,
    ) -> F32:
        """Impulse response from a source to a listener.

        Args:
            source: (3,) metres.
            receiver: (3,) metres, centre of the head.
            heading: of the head in radians, counter-clockwise from +x.
            directivity: of the source: "cardioid" or another of directivity.PATTERNS, a path to a
                SOFA file, or a Directivity; omnidirectional if None.
            orientation: of the source: radians from +x, or a vector (3,).

        Returns:
            (channels, samples) float32; sample 0 is the time of emission, amplitude 1 at 1 m.

        Raises:
            SoundwalkError: a point lies in a wall or outside, or a value is not finite.
        """
        place = check_position(self.model, "receiver", receiver)
        if not np.isfinite(heading):
            raise SoundwalkError(f"heading={heading!r}: expected a finite number of radians")
        self._pool.aim_source(0, self._directivity(directivity), orientation)
        self._pool.put_source(0, 0, source)
        out = np.empty((1, self.config.channels, self.config.samples), np.float32)
        render_rirs(self._pool, self._slot, np.array([place]), np.array([heading]), out)
        response: F32 = out[0]
        return response

    def _directivity(self, value: str | Directivity | None) -> Directivity | None:
        """What a source is like; files are read once."""
        if not isinstance(value, str):
            return value
        if value not in self._known:
            rate, bands = self.config.sample_rate, self.config.bands
            self._known[value] = Directivity.of(value, rate, bands)
        return self._known[value]

    def arrival(self, source: Point, receiver: Point, heading: float = 0.0) -> Arrival:
        """When and from where the first sound reaches the listener.

        Args:
            source: (3,) metres.
            receiver: (3,) metres.
            heading: of the head in radians.

        Raises:
            SoundwalkError: a point lies in a wall or outside, or is not finite.
        """
        self.rir(source, receiver, heading)
        return self._arrival(0, heading)

    def arrivals(self, source: Point, receiver: Point, heading: float = 0.0) -> list[Arrival]:
        """Everything that reaches the listener one by one, earliest first.

        Args:
            source: (3,) metres.
            receiver: (3,) metres.
            heading: of the head in radians.

        Raises:
            SoundwalkError: a point lies in a wall or outside, or is not finite.
        """
        self._pool.work.lengths[:] = 0.0
        self.rir(source, receiver, heading)
        lengths = self._pool.work.lengths
        found = np.flatnonzero(lengths)
        return [self._arrival(int(i), heading) for i in found[np.argsort(lengths[found])]]

    def _arrival(self, index: int, heading: float) -> Arrival:
        """An arrival of the last response."""
        work = self._pool.work
        x, y, z = (float(v) for v in work.directions[index])
        return Arrival(
            time=float(work.lengths[index]) / self.config.speed,
            azimuth=wrap_angle(math.atan2(y, x) - heading),
            elevation=math.asin(min(max(z, -1.0), 1.0)),
            gains=work.gains[index].copy(),
            kind=KINDS[int(work.kinds[index])],
        )

    def late_level(self, source: Point, receiver: Point) -> F64:
        """Level of the late field that is not drawn as arrivals, per band over time.

        Args:
            source: (3,) metres.
            receiver: (3,) metres.

        Returns:
            (B, Q) float64: mean square per sample at a single microphone, at the samples
            `model.knots(config)`; the response holds it from the first arrival on.

        Raises:
            SoundwalkError: a point lies in a wall or outside, is not finite, or late is off.
        """
        if not self.config.late:
            raise SoundwalkError("this engine was made with late=False: it has no late field")
        self.rir(source, receiver)
        return self._pool.work.envelope.astype(np.float64) ** 2
