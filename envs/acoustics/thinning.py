"""How much more walls must take for a room to decay as Eyring says.

Eyring's formula takes the energy to be even over the room. The diffusion field is thinner near
walls that absorb, so that with Eyring's coefficients alone its slowest mode decays too slowly: 6 %
at an absorption of 0.5. A closed box of cells is separable; its slowest mode is a cosine along
either walking axis, times an exchange with floor and ceiling.
"""

from __future__ import annotations

import numpy as np

from ..interface import F64

ROUNDS = 4  # of the fixed point, each of which leaves a tenth of the error or less
STEPS = 3  # of Newton's method in each
MOST = 3.0  # where no finite factor will do: nothing but two facing walls absorbs, all of it


def slowest(ends: F64, cells: F64, start: F64) -> F64:
    """Phase per cell of the slowest mode on a row of cells that loses at both ends.

    u_j = cos(phase (j - 1/2) - a) solves the interior; the loss at an end fixes a there, and both
    ends together the phase: a_low + a_high = cells phase. The mode decays at
    2 (1 - cos phase) times the exchange between cells.

    Args:
        ends: (2, ...) loss at either end over the exchange between cells.
        cells: (...) in the row.
        start: (...) a guess, positive.

    Returns:
        (...) radians.
    """
    phase = start
    for _ in range(STEPS):
        tangent = np.tan(phase / 2)
        x, y = (2.0 - ends) * tangent, ends
        miss = cells * phase - np.arctan2(y, x).sum(0)
        slope = (y * (2.0 - ends) / np.maximum(x * x + y * y, 1e-30)).sum(0)
        phase = phase - miss / (cells + slope * 0.5 * (1.0 + tangent * tangent))
        phase = np.clip(phase, 1e-9, np.pi / cells)
    return phase


def thinning(ends: F64, even: F64, between: F64, cells: F64) -> F64:
    """Factor on all losses with which the slowest mode decays as if energy were spread evenly.

    Args:
        ends: (2, 2, R, B) 1/s that cells at the lower and the upper end of both axes lose.
        even: (R, B) 1/s that every cell loses besides.
        between: (2, R) 1/s that neighbouring cells exchange along either axis.
        cells: (2, R) along either axis.

    Returns:
        (R, B) float64, 1 or more.
    """
    count, exchange = cells[..., None], between[..., None]
    wanted = even + (ends.sum(0) / count).sum(0)
    factor, shares = np.ones_like(even), ends / exchange
    phase = np.sqrt(np.maximum(shares.sum(0) / count, 1e-18))
    for _ in range(ROUNDS):
        phase = slowest(factor * shares, count, phase)
        rate = factor * even + (4.0 * np.sin(phase / 2) ** 2 * exchange).sum(0)
        factor = np.clip(factor * wanted / np.maximum(rate, 1e-12), 1.0, MOST)
    return factor
