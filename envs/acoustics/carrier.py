"""The noise that carries the late field, evened out.

One stretch of noise serves every response of a configuration: where it happens to be faint for
10 ms, all rooms would have a hole (one of 2 dB at 55 ms with seed 0). Slow gains, the same for all
frequencies of a band, take out what is chance and leave what is sound.
"""

from __future__ import annotations

import numpy as np
import scipy.signal

from ..interface import F32

EVEN = 0.01  # s over which the power is made the same


def even_out(noise: F32, sample_rate: int) -> F32:
    """Noise whose power over any EVEN seconds is its mean power, per band and channel.

    Args:
        noise: (B, C, L) float32.
        sample_rate: Hz.

    Returns:
        (B, C, L) float32 of the same mean power.
    """
    half = round(EVEN * sample_rate)
    window = scipy.signal.windows.hann(2 * half + 1)
    power = noise.astype(np.float64) ** 2
    ends = ((0, 0), (0, 0), (half, half))
    local = scipy.signal.oaconvolve(
        np.pad(power, ends, mode="reflect"), window[None, None] / window.sum(), "valid", axes=-1
    )
    mean = power.mean(-1, keepdims=True)
    evened = noise * np.sqrt(mean / np.maximum(local, 1e-3 * mean))
    evened *= np.sqrt(mean / np.maximum((evened**2).mean(-1, keepdims=True), 1e-30))
    return np.ascontiguousarray(evened, dtype=np.float32)
