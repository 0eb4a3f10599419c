"""What is known from before: for a listener who has turned, or stands where it stood.

Which sounds arrive, and how the late field is, depends on where the source and the listener are,
and not on which way the head points: to find that takes two thirds of a response's time. Each
source keeps what was found for it last. Found anew it is the same to the last bit, so this changes
nothing but speed.
Who has not even turned hears through the response that is there, if it was kept where it is.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from ..interface import F32, F64, I32, I64, Bool
from .kernels import inner_kernel
from .tables import MAX_ARRIVALS, Place, Work

NOWHERE = -1  # the home of a list that is of no use
UNKEPT = 1e9  # radians; no heading: fast arithmetic knows no NaN


class Known(NamedTuple):
    """The last arrivals of each source; memory is taken as lists grow.

    Attributes:
        homes: (N,) int64 slot of the home, or NOWHERE.
        ends: (N, 6) float64 source and listener, metres.
        counts: (N,) int64 arrivals.
        lengths: (N, A) float64; this and all others as in `tables.Work`.
        directions: (N, A, 3) float64.
        departures: (N, A, 3) float64.
        kinds: (N, A) int32.
        gains: (N, A, B) float64.
        stay: (N, 2) float64.
        headings: (N,) float64 of the listener for whom a response was kept, UNKEPT if none was.
        fields: (N, 3, B, Q) float32 the late field, see `late.late_field`.
        filled: (N,) whether it is that of the same place.
    """

    homes: I64
    ends: F64
    counts: I64
    lengths: F64
    directions: F64
    departures: F64
    kinds: I32
    gains: F64
    stay: F64
    headings: F64
    fields: F32
    filled: Bool


def build_known(count: int, bands: int, knots: int) -> Known:
    """Nothing is known yet of `count` sources."""
    return Known(
        homes=np.full(count, NOWHERE, np.int64),
        ends=np.zeros((count, 6)),
        counts=np.zeros(count, np.int64),
        lengths=np.zeros((count, MAX_ARRIVALS)),
        directions=np.zeros((count, MAX_ARRIVALS, 3)),
        departures=np.zeros((count, MAX_ARRIVALS, 3)),
        kinds=np.zeros((count, MAX_ARRIVALS), np.int32),
        gains=np.zeros((count, MAX_ARRIVALS, bands)),
        stay=np.zeros((count, 2)),
        headings=np.full(count, UNKEPT),
        fields=np.zeros((count, 3, bands, knots), np.float32),
        filled=np.zeros(count, np.bool_),
    )


@inner_kernel
def _same(ends: F64, s: Place, r: Place) -> bool:
    """Whether a list belongs to a source at s and a listener at r."""
    source = ends[0] == s.x and ends[1] == s.y and ends[2] == s.z
    return bool(source and ends[3] == r.x and ends[4] == r.y and ends[5] == r.z)


@inner_kernel
def is_known(known: Known, row: int, slot: int, s: Place, r: Place) -> bool:
    """Whether the arrivals of a source are known."""
    return bool(known.homes[row] == slot and _same(known.ends[row], s, r))


@inner_kernel
def recall(known: Known, row: int, slot: int, s: Place, r: Place, work: Work) -> int:
    """Put the arrivals of a source into `work` if they are known; how many, or -1."""
    if not is_known(known, row, slot, s, r):
        return -1
    count = known.counts[row]
    for i in range(count):
        work.lengths[i], work.kinds[i] = known.lengths[row, i], known.kinds[row, i]
        for k in range(3):
            work.directions[i, k] = known.directions[row, i, k]
            work.departures[i, k] = known.departures[row, i, k]
        for b in range(work.gains.shape[1]):
            work.gains[i, b] = known.gains[row, i, b]
    work.stay[0], work.stay[1] = known.stay[row, 0], known.stay[row, 1]
    return int(count)


@inner_kernel
def remember(known: Known, row: int, slot: int, s: Place, r: Place, count: int, work: Work) -> None:
    """Keep the arrivals of a source that were just found; its late field is not known yet."""
    ends = known.ends[row]
    ends[0], ends[1], ends[2], ends[3], ends[4], ends[5] = s.x, s.y, s.z, r.x, r.y, r.z
    known.homes[row], known.counts[row], known.filled[row] = slot, count, False
    for i in range(count):
        known.lengths[row, i], known.kinds[row, i] = work.lengths[i], work.kinds[i]
        for k in range(3):
            known.directions[row, i, k] = work.directions[i, k]
            known.departures[row, i, k] = work.departures[i, k]
        for b in range(work.gains.shape[1]):
            known.gains[row, i, b] = work.gains[i, b]
    known.stay[row, 0], known.stay[row, 1] = work.stay[0], work.stay[1]
