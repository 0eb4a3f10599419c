"""Sources that move: where they are at a time, and a dry signal read at x(t - tau(t)).

The delay tau(t) between emission and arrival is known at a few times of a block and interpolated by
a cubic Hermite spline whose slope carries on from the block before, so that the pitch a listener
hears glides and never jumps (Doppler). The signal between its samples is a windowed sinc.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from ..interface import F32, F64, I32, I64, SoundwalkError
from .kernels import kernel
from .model import Home
from .modes import mode_amplitudes
from .pool import AcousticPool
from .rooms import locate
from .tables import Sources

REACH = 16  # samples on either side that an interpolated one is made of
_STEPS = 512  # fractions of a sample in the table; between them linear: -100 dB
_BETA = 8.0  # of the Kaiser window: flat to 0.1 dB up to 7 kHz at 16 kHz


@dataclass(frozen=True)
class Trajectory:
    """A walk along corners at a steady speed, there and back for ever.

    Attributes:
        points: (P, 3) float64 corners in metres, at least one.
        speed: metres per second, 0 or more.
    """

    points: F64
    speed: float

    def __post_init__(self) -> None:
        """Check the values.

        Raises:
            SoundwalkError: not corners of three finite numbers each, or no speed.
        """
        points = np.asarray(self.points, np.float64)
        if points.ndim != 2 or points.shape[1] != 3 or not len(points):
            raise SoundwalkError(f"a path of shape {points.shape}: expected (P, 3) corners")
        if not np.isfinite(points).all():
            raise SoundwalkError("a path must consist of finite numbers; found NaN or infinity")
        if not (math.isfinite(self.speed) and self.speed >= 0.0):
            raise SoundwalkError(f"speed={self.speed!r}: expected 0 or more metres per second")
        object.__setattr__(self, "points", points)

    @property
    def length(self) -> float:
        """Metres from one end to the other."""
        return float(np.linalg.norm(np.diff(self.points, axis=0), axis=1).sum())

    def at(self, seconds: npt.ArrayLike) -> F64:
        """Positions (T, 3) at times (T,); before time 0 it has not begun to move."""
        times = np.maximum(np.atleast_1d(np.asarray(seconds, np.float64)), 0.0)
        legs = np.linalg.norm(np.diff(self.points, axis=0), axis=1)
        marks = np.concatenate([[0.0], np.cumsum(legs)])
        total = marks[-1]
        if total <= 0.0 or self.speed == 0.0:
            return np.repeat(self.points[:1], len(times), axis=0)
        walked = (self.speed * times) % (2.0 * total)
        along = np.where(walked > total, 2.0 * total - walked, walked)
        return np.stack([np.interp(along, marks, self.points[:, i]) for i in range(3)], axis=1)


def interpolation_table() -> F32:
    """(_STEPS + 1, 2 REACH) float32 taps of a windowed sinc for each fraction of a sample."""
    fractions = np.arange(_STEPS + 1)[:, None] / _STEPS
    offsets = np.arange(1 - REACH, REACH + 1) - fractions
    inside = np.clip(1.0 - (offsets / REACH) ** 2, 0.0, 1.0)
    taps = np.sinc(offsets) * np.i0(_BETA * np.sqrt(inside)) / np.i0(_BETA)
    return np.asarray(taps / taps.sum(1, keepdims=True), np.float32)


@kernel
def read_delayed(
    signal: F32, first: I64, start: int, delays: F64, slopes: F64, table: F32, out: F32
) -> None:
    """Sounds as they arrive: out[n, t] = signal of row n at time start + t - tau_n(t).

    Args:
        signal: (m, S) float32 what is emitted from sample first[n] on.
        first: (m,) time of signal[n, 0] in samples.
        start: time of out[:, 0] in samples.
        delays: (m, Q) samples of delay at Q equally spaced times, at the first sample of the block
            and at the one after the last.
        slopes: (m,) samples per sample, of the delay at the start; overwritten by that at the end.
        table: see `interpolation_table`.
        out: (m, block) float32, overwritten.
    """
    block, intervals = out.shape[1], delays.shape[1] - 1
    width = block / intervals
    taps, steps = table.shape[1], table.shape[0] - 1
    for n in range(out.shape[0]):
        tau = delays[n]
        for q in range(intervals):
            rise = tau[q + 1] - tau[q]
            low = slopes[n] * width
            if q + 1 < intervals:
                high = 0.5 * (tau[q + 2] - tau[q])
            elif intervals > 1:
                high = 1.5 * rise - 0.5 * (tau[q] - tau[q - 1])
            else:
                high = rise
            for t in range(math.ceil(q * width), math.ceil((q + 1) * width)):
                u = (t - q * width) / width
                cubic = u * u * (3.0 - 2.0 * u) * rise + tau[q]
                cubic += u * (1.0 - u) * ((1.0 - u) * low - u * high)
                at = start + t - cubic - first[n]
                whole = math.floor(at)
                fine = (at - whole) * steps
                step = int(fine)
                near, far = np.float32(1.0 - (fine - step)), np.float32(fine - step)
                a, b = table[step], table[min(step + 1, steps)]
                x = signal[n, whole + 1 - taps // 2 : whole + 1 + taps // 2]
                total = np.float32(0.0)
                for k in range(taps):
                    total += x[k] * (near * a[k] + far * b[k])
                out[n, t] = total
            slopes[n] = high / width


@kernel
def _place(
    home: Home, sources: Sources, slots: I32, rows: I32, positions: F64, fields: bool
) -> None:
    for n in range(rows.shape[0]):
        place = locate(home, slots[n], positions[n, 0], positions[n, 1], positions[n, 2])
        row = rows[n]
        for i in range(3):
            sources.position[row, i] = positions[n, i]
        sources.room[row, 0], sources.room[row, 1] = place.room, place.tunnel
        if fields:
            mode_amplitudes(home, slots[n], place, sources.amplitude[row])
            amplitude = sources.amplitude[row]
            for band in range(amplitude.shape[0]):
                power = np.float32(sources.power[row, band])
                for m in range(amplitude.shape[1]):
                    amplitude[band, m] *= power


def move_sources(
    pool: AcousticPool, slots: I32, rows: I32, positions: F64, *, fields: bool = True
) -> None:
    """Move many sources at once; unlike `put_source` it takes what it is given.

    Args:
        pool: homes and sources.
        slots: (m,) int32 home of each row.
        rows: (m,) int32 which rows of the pool.
        positions: (m, 3) metres, in the air of the homes.
        fields: whether the late field is wanted; without it only arrivals are right.

    Raises:
        SoundwalkError: the pool is empty.
    """
    if pool.home is None:
        raise SoundwalkError("the pool is empty: put a model into a slot first")
    _place(
        pool.home,
        pool.sources,
        np.ascontiguousarray(slots, np.int64),
        np.ascontiguousarray(rows, np.int64),
        np.ascontiguousarray(positions, np.float64),
        fields,
    )
