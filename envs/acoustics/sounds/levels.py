"""How loud a clip is, and bringing all clips to the same loudness."""

from __future__ import annotations

import numpy as np

from ...interface import F32, F64, Bool

FRAME_SECONDS = 0.02
ACTIVE_RANGE_DB = 40.0  # frames this far below the loudest one count as silence
ACTIVE_RMS = 0.1  # every clip's level


def active_frames(signal: F64 | F32, rate: int) -> tuple[F64, Bool]:
    """Cut a clip into 20 ms frames and find those that sound.

    Args:
        signal: (T,)
        rate: samples per second.

    Returns:
        (frames,) mean square of each frame (the last one may be shorter), and (frames,) bool:
        within 40 dB of the loudest frame.
    """
    starts = np.arange(0, signal.size, max(1, round(FRAME_SECONDS * rate)))
    sizes = np.diff(np.append(starts, signal.size))
    power = np.add.reduceat(np.square(signal, dtype=np.float64), starts) / sizes
    return power, power > power.max() * 10 ** (-ACTIVE_RANGE_DB / 10)


def active_rms(signal: F64 | F32, rate: int) -> float:
    """Root mean square over the frames of (T,) that sound; 0 for a silent clip."""
    power, active = active_frames(signal, rate)
    return float(np.sqrt(power[active].mean())) if active.any() else 0.0


def normalise(signal: F64, rate: int) -> F32:
    """Scale (T,) to an active RMS of 0.1, or to a peak of 1 where that is quieter."""
    gain = ACTIVE_RMS / active_rms(signal, rate)
    return (signal * min(gain, 1.0 / float(np.abs(signal).max()))).astype(np.float32)
