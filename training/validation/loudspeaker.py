"""A small loudspeaker by theory: a piston in a rigid sphere, for rooms measured with a real one.

Morse and Ingard, Theoretical Acoustics (1968), section 7.2: far field of a spherical cap that
vibrates in a rigid sphere. Sphere and cap have the volume and the cone of a Genelec 8020A, with
which the Surrey rooms were measured (Hummersone et al., IEEE TASLP 18, 2010): 242 x 151 x 142 mm,
cone of 105 mm. Nothing is fitted.
"""

from __future__ import annotations

import numpy as np
from scipy.special import eval_legendre, spherical_jn, spherical_yn

from ...envs.acoustics.bands import band_limits
from ...envs.acoustics.directivity import Directivity
from ...envs.interface import F64, SPEED_OF_SOUND

RADIUS = (3 * 0.242 * 0.151 * 0.142 / (4 * np.pi)) ** (1 / 3)  # m, of the sphere
CAP = float(np.arcsin(0.0525 / RADIUS))  # rad, half the angle of the cone
_STEP = 5  # degrees, of a directivity's table


def far_field(frequency: float, angles: F64) -> F64:
    """Pressure magnitude of the cap in the sphere, 1 on its axis.

    Args:
        frequency: hertz.
        angles: radians from the axis, any shape.
    """
    size = 2 * np.pi * frequency * RADIUS / SPEED_OF_SOUND
    edge, total, ahead = np.cos(CAP), np.zeros(angles.shape, complex), 0j
    for m in range(int(size) + 12):
        below = 1.0 if m == 0 else eval_legendre(m - 1, edge)
        slope = spherical_jn(m, size, True) - 1j * spherical_yn(m, size, True)
        term = 1j**m * (below - eval_legendre(m + 1, edge)) / slope
        total += term * eval_legendre(m, np.cos(angles))
        ahead += term
    gain: F64 = np.abs(total) / abs(ahead)
    return gain


def loudspeaker(rate: int, bands: int) -> Directivity:
    """The loudspeaker's directivity, power-averaged over each band."""
    elevation, azimuth = np.meshgrid(
        np.radians(np.arange(-90, 91, _STEP)), np.radians(np.arange(0, 360, _STEP)), indexing="ij"
    )
    angles: F64 = np.arccos(np.clip(np.cos(elevation) * np.cos(azimuth), -1, 1))
    rows = []
    for low, high in band_limits(rate, bands):
        step = (high - max(low, 20.0)) / 8
        middle = max(low, 20.0) + step * (np.arange(8) + 0.5)
        rows.append(np.sqrt(np.mean([far_field(float(f), angles) ** 2 for f in middle], axis=0)))
    return Directivity(-1.0, np.array(rows, np.float32))
