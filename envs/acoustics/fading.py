"""What distance takes from a sound: spreading, and the absorption of air from a table.

An exponential for every band of every arrival cost a twentieth of a response. Read linearly
between quarters of a metre it is right to (a / 8)^2 / 8 with a the energy absorbed per metre: to
1e-6 at 16 kHz and 1e-5 in the last band of 48 kHz.
"""

from __future__ import annotations

import numpy as np

from ..interface import F64
from .kernels import inner_kernel, kernel

NEAREST = 0.05  # m; 1/r grows no further
FARTHEST = 1000.0  # m; air takes no more beyond: no response lasts for 4 s
STEP = 0.25  # m


def air_fades(absorption: F64) -> F64:
    """Pressure that is left after every STEP metres, (F, B), of energy absorbed per metre (B,)."""
    metres = np.arange(0.0, FARTHEST + STEP, STEP)
    return np.exp(-0.5 * metres[:, None] * absorption)


@kernel
def fade(length: float, fades: F64, gains: F64, scale: float) -> None:
    """Multiply gains by a scale and what air leaves after so many metres."""
    at = min(length * (1.0 / STEP), fades.shape[0] - 1.001)
    low = int(at)
    share = at - low
    for b in range(gains.shape[0]):
        gains[b] *= scale * (fades[low, b] + share * (fades[low + 1, b] - fades[low, b]))


@inner_kernel
def spread(length: float, fades: F64, gains: F64, share: float) -> None:
    """Spread over the distance, absorb in the air, and keep a share."""
    fade(length, fades, gains, share / max(length, NEAREST))
