"""Microphones in free air: one, or an array of any geometry that turns with the agent."""

from __future__ import annotations

import itertools
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from ...interface import F32, F64, SoundwalkError
from ..head import diffuse_noise
from .base import Receiver, Settings
from .diffuse import coarse_frequencies, coloured_noise
from .tables import ARRAY, MONO, ReceiverTables, blank_tables

MOST = 64  # microphones
FARTHEST = 0.5  # m from the centre: an array is carried by the agent
# Metres from the centre. Regular tetrahedron and square: 10 cm between neighbours; cross: ahead,
# behind, left, right, 10 cm between opposite ones.
_T = 0.1 / np.sqrt(8.0)
PRESETS: dict[str, tuple[tuple[float, float, float], ...]] = {
    "pair": ((0.0, 0.05, 0.0), (0.0, -0.05, 0.0)),
    "square": ((0.05, 0.05, 0.0), (0.05, -0.05, 0.0), (-0.05, -0.05, 0.0), (-0.05, 0.05, 0.0)),
    "cross": ((0.05, 0.0, 0.0), (-0.05, 0.0, 0.0), (0.0, 0.05, 0.0), (0.0, -0.05, 0.0)),
    "tetra": ((_T, _T, _T), (_T, -_T, -_T), (-_T, _T, -_T), (-_T, -_T, _T)),
}


@dataclass(frozen=True)
class Mono(Receiver):
    """One omnidirectional microphone.

    >>> Mono().names
    ('microphone',)
    """

    @property
    def names(self) -> tuple[str, ...]:
        """One channel."""
        return ("microphone",)

    def tables(self, settings: Settings) -> ReceiverTables:
        """A microphone needs none."""
        return blank_tables(MONO, 1, settings.bands)

    def noise(self, settings: Settings) -> F32:
        """White noise of unit variance, split into bands."""
        return diffuse_noise(
            settings.sample_rate, settings.samples, 1, 1.0, settings.seed, settings.bands
        )


@dataclass(frozen=True)
class Array(Receiver):
    """Omnidirectional microphones in free air, small enough to cast no shadow.

    Every microphone hears every arrival from its exact distance to the (image of the) source.

    Args:
        positions: (M, 3) metres in the head frame: x ahead, y left, z up.

    >>> Array([[0, 0.05, 0], [0, -0.05, 0]]).channels
    2
    """

    positions: npt.ArrayLike  # kept as a tuple of tuples

    def __post_init__(self) -> None:
        """Check the positions and make them hashable.

        Raises:
            SoundwalkError: not (M, 3) finite metres within reach, or too many, or two coincide.
        """
        try:
            points = np.asarray(self.positions, dtype=np.float64)
        except (TypeError, ValueError):
            points = np.zeros(0)
        if points.ndim != 2 or points.shape[1] != 3 or not 1 <= len(points) <= MOST:
            raise SoundwalkError(
                f"positions of shape {points.shape}: expected (M, 3) metres in the head frame "
                f"(x ahead, y left, z up), 1 to {MOST} microphones"
            )
        if not np.isfinite(points).all() or np.linalg.norm(points, axis=1).max() > FARTHEST:
            raise SoundwalkError(
                f"positions={points.tolist()}: expected finite metres within {FARTHEST} m of the "
                "centre; are they in millimetres?"
            )
        for (i, p), (j, q) in itertools.combinations(enumerate(points), 2):
            if np.linalg.norm(p - q) < 1e-4:
                raise SoundwalkError(
                    f"microphones {i} and {j} are both at {p.tolist()}: leave one out"
                )
        plain = tuple((float(x), float(y), float(z)) for x, y, z in points)
        object.__setattr__(self, "positions", plain)

    @property
    def names(self) -> tuple[str, ...]:
        """Microphones in the order of their positions."""
        return tuple(f"microphone {i}" for i in range(len(self._points)))

    @property
    def _points(self) -> F64:
        return np.array(self.positions, dtype=np.float64)

    def tables(self, settings: Settings) -> ReceiverTables:
        """Where the microphones are."""
        blank = blank_tables(ARRAY, self.channels, settings.bands)
        return blank._replace(positions=self._points)

    def noise(self, settings: Settings) -> F32:
        """Noise with the coherence sin(kd) / kd (Cook et al., JASA 27, 1955)."""
        points = self._points
        apart = np.linalg.norm(points[:, None] - points[None], axis=2)  # (M, M)
        frequency = coarse_frequencies(settings.sample_rate)[:, None, None]
        return coloured_noise(np.sinc(2 * frequency * apart / settings.speed), settings)
