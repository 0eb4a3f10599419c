"""Pressure on a rigid sphere with its phase, the reference for what two ears hear of images.

Rayleigh's series as given by Duda and Martens, "Range dependence of the response of a spherical
head model", JASA 104 (1998), equation A-1, for a plane wave.
"""

from __future__ import annotations

import numpy as np
from scipy.special import eval_legendre, spherical_jn, spherical_yn

from ...envs.interface import F64

ANGLES = np.linspace(0.0, np.pi, 361)


def response(frequencies: F64, radius: float, speed: float) -> F64:
    """Pressure on the sphere relative to the free field at its centre, exp(+j w t).

    Args:
        frequencies: (F,) hertz, positive.
        radius: metres.
        speed: of sound, m/s.

    Returns:
        (F, len(ANGLES)) complex, for angles between incidence and the ear's outward normal.
    """
    size = 2 * np.pi * frequencies * radius / speed  # (F,)
    orders = np.arange(int(size.max()) + 14)
    arguments = (orders[:, None], size[None, :], True)
    slope = spherical_jn(*arguments) + 1j * spherical_yn(*arguments)  # (M, F)
    with np.errstate(over="ignore", invalid="ignore"):
        terms = (-1j) ** (orders[:, None] - 1) * (2 * orders[:, None] + 1) / slope
    terms = np.nan_to_num(terms, nan=0.0, posinf=0.0, neginf=0.0)
    legendre = eval_legendre(orders[:, None], np.cos(ANGLES)[None, :])  # (M, A)
    values: F64 = np.conj((terms.T @ legendre) / size[:, None] ** 2)
    return values


def heard(
    frequencies: F64, table: F64, cosines: F64, lengths: F64, gains: F64, speed: float
) -> F64:
    """Spectrum at an ear: the sum over arrivals of delay, gain and the sphere's response.

    Args:
        frequencies: (F,) hertz.
        table: (F, A) from `response`.
        cosines: (n,) of the angle between each arrival and the ear's outward normal.
        lengths: (n,) metres from the source to the centre of the head.
        gains: (n, F) pressure, spreading included.
        speed: of sound, m/s.

    Returns:
        (F,) complex.
    """
    at = np.arccos(np.clip(cosines, -1, 1)) / np.pi * (len(ANGLES) - 1)
    low = np.minimum(at.astype(int), len(ANGLES) - 2)
    total = np.zeros(len(frequencies), complex)
    for i, length in enumerate(lengths):
        f = at[i] - low[i]
        ear = (1 - f) * table[:, low[i]] + f * table[:, low[i] + 1]
        total += gains[i] * ear * np.exp(-2j * np.pi * frequencies * length / speed)
    spectrum: F64 = total
    return spectrum
