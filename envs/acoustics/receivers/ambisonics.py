"""An ideal Ambisonics microphone of order 0 to 3: the sound field's harmonics at one point."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from ...interface import F32, SoundwalkError
from .base import Receiver, Settings
from .diffuse import FREQUENCIES, coloured_noise
from .harmonics import HIGHEST, NAMES
from .tables import AMBISONICS, ReceiverTables, blank_tables


@dataclass(frozen=True)
class Ambisonics(Receiver):
    """Spherical harmonics of the incoming sound, channel order ACN, scale SN3D (AmbiX).

    Args:
        order: 0 to 3; (order + 1) ** 2 channels.

    >>> Ambisonics(1).names
    ('W', 'Y', 'Z', 'X')
    """

    order: int = 1

    def __post_init__(self) -> None:
        """Check the order.

        Raises:
            SoundwalkError: it is not 0, 1, 2 or 3.
        """
        if isinstance(self.order, bool) or self.order not in range(HIGHEST + 1):
            raise SoundwalkError(
                f"order={self.order!r}: expected a whole number from 0 to {HIGHEST} "
                "(for Ambisonics of a higher order use an array and encode it)"
            )

    @property
    def names(self) -> tuple[str, ...]:
        """Letters of the harmonics in ACN order."""
        return NAMES[: (self.order + 1) ** 2]

    def tables(self, settings: Settings) -> ReceiverTables:
        """None: squared harmonics are even, so that a directed field brings no channel more."""
        return blank_tables(AMBISONICS, self.channels, settings.bands)

    def noise(self, settings: Settings) -> F32:
        """Independent channels; those of degree n have 1 / (2n + 1) of the power of W (SN3D)."""
        degree = np.floor(np.sqrt(np.arange(self.channels)))
        power = np.diag(1.0 / (2.0 * degree + 1.0))
        return coloured_noise(np.broadcast_to(power, (FREQUENCIES, *power.shape)), settings)
