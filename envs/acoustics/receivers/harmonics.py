"""Real spherical harmonics to third order, as Ambisonics orders and scales them: ACN, SN3D.

Nachbar, Zotter, Deleflie and Sontacchi, "AmbiX - a suggested Ambisonics format" (2011): channel
n (n + 1) + m; |m| > 0 scaled by sqrt(2 (n - |m|)! / (n + |m|)!), without the Condon-Shortley phase.
"""

from __future__ import annotations

import math

from ...interface import F32
from ..kernels import inner_kernel

HIGHEST = 3
NAMES = ("W", "Y", "Z", "X", "V", "T", "R", "S", "U", "Q", "O", "M", "K", "L", "N", "P")
_R3, _R6, _R10, _R15 = math.sqrt(3.0), math.sqrt(6.0), math.sqrt(10.0), math.sqrt(15.0)


@inner_kernel
def harmonics(x: float, y: float, z: float, out: F32) -> None:
    """Values at the unit vector (x, y, z), into out (1, 4, 9 or 16)."""
    count = out.shape[0]
    out[0] = 1.0
    if count > 1:
        out[1], out[2], out[3] = y, z, x
    if count > 4:
        out[4], out[5] = _R3 * x * y, _R3 * y * z
        out[6] = 0.5 * (3.0 * z * z - 1.0)
        out[7], out[8] = _R3 * x * z, 0.5 * _R3 * (x * x - y * y)
    if count > 9:
        ring, tall = 5.0 * z * z - 1.0, x * x - y * y
        out[9], out[15] = (
            0.25 * _R10 * y * (3.0 * x * x - y * y),
            0.25 * _R10 * x * (x * x - 3.0 * y * y),
        )
        out[10], out[14] = _R15 * x * y * z, 0.5 * _R15 * z * tall
        out[11], out[13] = 0.25 * _R6 * y * ring, 0.25 * _R6 * x * ring
        out[12] = 0.5 * z * (5.0 * z * z - 3.0)
