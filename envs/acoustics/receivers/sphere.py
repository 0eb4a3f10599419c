"""A rigid sphere as a head, with an ear at either end of its interaural axis; needs no data."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from ...interface import F32, F64, SoundwalkError
from ..bands import filter_bank
from ..head import diffuse_noise, ear_tables
from .base import Receiver, Settings
from .tables import SPHERE, ReceiverTables, blank_tables

EARS = ("left ear", "right ear")


def _both(table: F64 | F32) -> F32:
    """(angles, 2 G) values at the left ear and, of the opposite angle, at the right one."""
    padded = np.pad(table, ((0, -len(table) % 4), (0, 0)))
    return np.ascontiguousarray(np.concatenate([padded, padded[:, ::-1]]).T, dtype=np.float32)


@dataclass(frozen=True)
class Sphere(Receiver):
    """Two ears on a rigid sphere; see acoustics.head for its delays, shadow and coherence.

    Args:
        radius: metres.

    >>> Sphere().names
    ('left ear', 'right ear')
    """

    radius: float = 0.0875

    def __post_init__(self) -> None:
        """Check the radius.

        Raises:
            SoundwalkError: it is not that of a head.
        """
        if not (isinstance(self.radius, int | float) and 0.05 <= self.radius <= 0.15):
            raise SoundwalkError(f"radius={self.radius!r}: expected 0.05 to 0.15 metres")

    @property
    def names(self) -> tuple[str, ...]:
        """The left ear comes first."""
        return EARS

    def tables(self, settings: Settings) -> ReceiverTables:
        """Gains and delays against the angle of incidence, and what a leaning field does."""
        rate, bands = settings.sample_rate, settings.bands
        gains, metres = ear_tables(rate, self.radius, bands, settings.speed)
        blank = blank_tables(SPHERE, 2, bands)
        cosine = np.linspace(-1.0, 1.0, gains.shape[1])
        power = gains.astype(np.float64) ** 2  # (B, A)
        towards = np.trapezoid(power * cosine, cosine) / np.trapezoid(power, cosine)
        bias = blank.bias
        bias[0, :, 1], bias[1, :, 1] = 3.0 * towards, -3.0 * towards
        late = metres * (rate / settings.speed)
        lead = int(np.ceil(max(-late.min(), 0.0)))
        bank = filter_bank(rate, bands)
        room = lead + int(late.max()) + 2  # one more for a rounded fraction
        room += -(room + bank.shape[2]) % 8  # eight samples are added at a time
        filters = np.pad(bank, ((0, 0), (0, -bands % 4), (room, room)))
        return blank._replace(
            ear=_both(gains),
            late=_both(late + lead),
            offsets=np.tile(np.arange(filters.shape[1]) * filters.shape[2] + room, 2),
            lead=np.array([lead]),
            filters=filters,
            bias=bias,
        )

    def noise(self, settings: Settings) -> F32:
        """Closed form: see head.diffuse_noise."""
        return diffuse_noise(
            settings.sample_rate,
            settings.samples,
            2,
            self.radius,
            settings.seed,
            settings.bands,
            settings.speed,
        )
