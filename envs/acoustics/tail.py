"""The late field in the channels of a receiver: fixed noise under the field's level.

Each channel says what a field of density 1 + 3 a.u brings it, whose mean direction is a
(`receivers.tables.ReceiverTables.bias`).
"""

from __future__ import annotations

import math

import numpy as np

from ..interface import F32, I32
from .kernels import inner_kernel
from .receivers.tables import AMBISONICS, MEASURED, SPHERE
from .tables import Tables, Work

SILENCE = 3.2e-5  # amplitude relative to the peak, -90 dB, from which on nothing is written
ONSET = 0.002  # s in which the field sets in


@inner_kernel
def _channel_levels(tables: Tables, heading: float, field: F32, work: Work) -> None:
    """RMS of each band in each channel at each knot, into work.levels.

    Sets work.envelope and work.towards to the field as the head has it before it.
    """
    bias, levels, envelope, towards = (
        tables.receiver.bias,
        work.levels,
        work.envelope,
        work.towards,
    )
    kind = tables.receiver.kind[0]
    cos, sin = np.float32(math.cos(heading)), np.float32(math.sin(heading))
    for b in range(envelope.shape[0]):
        for q in range(envelope.shape[1]):
            envelope[b, q] = field[0, b, q]
            towards[b, 0, q] = cos * field[1, b, q] + sin * field[2, b, q]
            towards[b, 1, q] = cos * field[2, b, q] - sin * field[1, b, q]
    for c in range(levels.shape[0]):
        for b in range(envelope.shape[0]):
            for q in range(envelope.shape[1]):
                level = envelope[b, q]
                if kind in (SPHERE, MEASURED):
                    more = bias[c, b, 0] * towards[b, 0, q] + bias[c, b, 1] * towards[b, 1, q]
                    level *= np.float32(math.sqrt(max(np.float32(1.0) + more, np.float32(0.0))))
                elif kind == AMBISONICS and (c == 1 or c == 3):
                    a = towards[b, 1 if c == 1 else 0, q]
                    level *= np.float32(math.sqrt(np.float32(1.0) - np.float32(3.0) * a * a))
                levels[c, b, q] = level


@inner_kernel
def _last_knot(levels: F32) -> int:
    """The knot from which on every channel stays under SILENCE, or the last."""
    peak = np.float32(0.0)
    for c in range(levels.shape[0]):
        for b in range(levels.shape[1]):
            for q in range(levels.shape[2]):
                peak = max(peak, levels[c, b, q])
    last: int = levels.shape[2] - 1
    while last > 1:
        loudest = np.float32(0.0)
        for c in range(levels.shape[0]):
            for b in range(levels.shape[1]):
                loudest = max(loudest, levels[c, b, last - 1])
        if loudest > peak * np.float32(SILENCE):
            break
        last -= 1
    return last


@inner_kernel
def _ramp(
    levels: F32, b: int, q: int, span: np.float32, off: np.float32
) -> tuple[np.float32, np.float32]:
    """A band's level `off` samples behind a knot, and its rise per sample."""
    slope = (levels[b, q + 1] - levels[b, q]) / span
    return levels[b, q] + slope * off, slope


@inner_kernel
def _add_noise(
    noise: F32,
    channel: int,
    first: int,
    levels: F32,
    knots: I32,
    span: tuple[int, int, int],
    row: F32,
) -> None:
    """Add bands of a channel of noise (B, C, L) under their levels (B, Q) to a row (L,).

    Args:
        noise: carriers.
        channel: of them.
        first: of the bands that are added.
        levels: at the knots.
        knots: sample k of the row lies at k + lead between them.
        span: last knot; lead; sample of the row from which on it is added.
        row: added to.
    """
    last, lead, start = span
    for q in range(last):
        low, high = max(knots[q] - lead, start), min(knots[q + 1] - lead, row.shape[0])
        wide, off = np.float32(knots[q + 1] - knots[q]), np.float32(low + lead - knots[q])
        for b in range(first, noise.shape[0]):
            carrier, target = noise[b, channel, low:high], row[low:high]
            level, slope = _ramp(levels, b, q, wide, off)
            for k in range(high - low):
                target[k] += carrier[k] * (level + slope * np.float32(k))


@inner_kernel
def _write_noise(
    noise: F32, channel: int, levels: F32, knots: I32, span: tuple[int, int, int], row: F32
) -> None:
    """Write a channel of noise under its levels to a row; silence before and behind.

    As `_add_noise`. The first four bands are written at once: one store of the sum for four
    products, and no load.
    """
    last, lead, start = span
    row[: min(start, row.shape[0])] = np.float32(0.0)
    for q in range(last):
        low, high = max(knots[q] - lead, start), min(knots[q + 1] - lead, row.shape[0])
        wide, off = np.float32(knots[q + 1] - knots[q]), np.float32(low + lead - knots[q])
        one, two = noise[0, channel, low:high], noise[1, channel, low:high]
        three, four = noise[2, channel, low:high], noise[3, channel, low:high]
        target = row[low:high]
        l1, s1 = _ramp(levels, 0, q, wide, off)
        l2, s2 = _ramp(levels, 1, q, wide, off)
        l3, s3 = _ramp(levels, 2, q, wide, off)
        l4, s4 = _ramp(levels, 3, q, wide, off)
        for k in range(high - low):
            x = np.float32(k)
            target[k] = (
                one[k] * (l1 + s1 * x)
                + two[k] * (l2 + s2 * x)
                + three[k] * (l3 + s3 * x)
                + four[k] * (l4 + s4 * x)
            )
    row[max(knots[last] - lead, start) :] = np.float32(0.0)
    _add_noise(noise, channel, 4, levels, knots, span, row)


@inner_kernel
def _add_axis(tables: Tables, work: Work, axis: int, span: tuple[int, int, int], row: F32) -> None:
    """Add what a field that leans along an axis has in common with the pressure, Ambisonics."""
    for b in range(work.envelope.shape[0]):
        for q in range(work.envelope.shape[1]):
            work.shares[b, q] = work.envelope[b, q] * work.towards[b, axis, q]
    _add_noise(tables.noise, 0, 0, work.shares, tables.knots, span, row)


@inner_kernel
def write_late(
    tables: Tables, heading: float, early: float, field: F32, work: Work, out: F32
) -> None:
    """Write the late field to the channels out (C, L), from the first arrival on.

    Args:
        tables: constants.
        heading: of the head, radians.
        early: metres that are missing from work.lengths, because the source is delayed elsewhere.
        field: (3, B, Q) of `late.late_field`.
        work: lengths[0] is read.
        out: overwritten.
    """
    rate, per_metre = tables.rate[0], tables.rate[0] / tables.speed[0]
    kind = tables.receiver.kind[0]
    _channel_levels(tables, heading, field, work)
    start, lead = int(work.lengths[0] * per_metre), int(early * per_metre)
    span = (_last_knot(work.levels), lead, start)
    ramp = min(int(ONSET * rate), out.shape[1] - start)
    for c in range(out.shape[0]):
        _write_noise(tables.noise, c, work.levels[c], tables.knots, span, out[c])
        if kind == AMBISONICS and (c == 1 or c == 3):
            _add_axis(tables, work, 1 if c == 1 else 0, span, out[c])
        for k in range(ramp):
            x = np.float32(k + 0.5) / np.float32(ramp)
            out[c, start + k] *= x * x * (np.float32(3.0) - np.float32(2.0) * x)
