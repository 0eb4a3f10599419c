"""Fresnel integrals as a table: how much of a wave a strip of its front lets by."""

from __future__ import annotations

import numpy as np
from scipy.special import fresnel

from .kernels import inner_kernel, kernel

STEPS = 64  # of the table in one unit
LIMIT = 8.0  # beyond it, the integral is taken at its limit
_SINE, _COSINE = fresnel(np.arange(int(LIMIT * STEPS) + 2) / STEPS)
_FADE = np.clip((LIMIT - np.arange(int(LIMIT * STEPS) + 2) / STEPS) / 2.0, 0.0, 1.0)
_C = 0.5 + (_COSINE - 0.5) * _FADE  # the ripples are let run out, so that the table ends at 1/2
_S = 0.5 + (_SINE - 0.5) * _FADE


@inner_kernel
def _at(x: float) -> tuple[float, float]:
    """Fresnel's cosine and sine integral at x."""
    size = min(abs(x), LIMIT) * STEPS
    low = int(size)
    f = size - low
    c, s = _C[low] + f * (_C[low + 1] - _C[low]), _S[low] + f * (_S[low + 1] - _S[low])
    return (c, s) if x >= 0.0 else (-c, -s)


@kernel
def strip_gain(low: float, high: float) -> float:
    """Pressure behind a strip of a wave's front, relative to the whole front.

    Rindel, "Attenuation of sound reflections due to diffraction", Proc. Nordic Acoustical Meeting
    (1986): root of ((C(high) - C(low))^2 + (S(high) - S(low))^2) / 2.

    Args:
        low: where the strip begins, in Fresnel's unit of length; the ray passes at 0.
        high: where it ends.
    """
    c0, s0 = _at(low)
    c1, s1 = _at(high)
    gain: float = np.sqrt(0.5 * ((c1 - c0) ** 2 + (s1 - s0) ** 2))
    return gain
