"""The late field at a listener: envelopes from the diffusion modes, carried by fixed noise.

Sound that pours in through a door comes from there: the energy flux over energy and speed of sound
is the mean direction a of a field of density 1 + 3 a.u, and each channel of the receiver says what
such a field brings it (`receivers.tables.ReceiverTables.bias`).
"""

from __future__ import annotations

import math

import numpy as np

from ..interface import F32, I32
from .kernels import inner_kernel, kernel
from .model import Home
from .modes import mode_amplitudes, mode_leans
from .receivers.tables import AMBISONICS, MEASURED, SPHERE
from .tables import Place, Tables, Work

SILENCE = 3.2e-5  # amplitude relative to the peak, -90 dB, from which on nothing is written
ONSET = 0.002  # s in which the field sets in
STEEPEST = 1.0 / 3.0  # longest mean direction of a field of density 1 + 3 a.u that is not negative


@inner_kernel
def _undrawn_between(
    home: Home, slot: int, s: Place, r: Place, order: int, stay: tuple[float, float], path: float
) -> float:
    """Share of the energy between two rooms that is not drawn after `path` metres.

    Reflections are Poisson; of k of them, all lie in the source's room with probability
    stay[0]**k and all in the listener's with stay[1]**k: these are drawn up to `order`.
    """
    both = max(stay[0] + stay[1], 1e-9)
    rate = stay[0] / home.free_path[slot, s.room] + stay[1] / home.free_path[slot, r.room]
    mean = path * rate / both
    term = math.exp(-mean)
    share = 1.0 - term
    a, b = 1.0, 1.0
    for k in range(1, order + 1):
        term *= mean / k
        a *= stay[0]
        b *= stay[1]
        share -= term * min(a + b, 1.0)
    return share


@inner_kernel
def late_envelope(
    home: Home,
    slot: int,
    order: int,
    tables: Tables,
    s: Place,
    r: Place,
    amplitude: F32,
    work: Work,
) -> None:
    """RMS of the undrawn diffuse sound per band at each knot, into work.envelope.

    A unit source has 4 pi c of energy in units of squared pressure times volume; spread over the
    samples of one second that is 4 pi c / rate.
    """
    rate, speed = tables.rate[0], tables.speed[0]
    modes, envelope, knots = work.modes, work.envelope, tables.knots
    mode_amplitudes(home, slot, r, modes)
    scale = np.float32(4.0 * math.pi * speed / rate)
    for b in range(envelope.shape[0]):
        row = envelope[b]
        row[:] = np.float32(0.0)
        for m in range(modes.shape[1]):
            weight = amplitude[b, m] * modes[b, m] * scale
            decay = home.decay[slot, b, m]
            for q in range(row.shape[0]):
                row[q] += weight * decay[q]
    stay = (work.stay[0], work.stay[1])
    for q in range(knots.shape[0]):
        share = 0.0
        if s.room != r.room:
            share = _undrawn_between(home, slot, s, r, order, stay, speed * knots[q] / rate)
        for b in range(envelope.shape[0]):
            if s.room == r.room:
                share = home.undrawn[slot, r.room, b, q]
            work.shares[b, q] = np.float32(share)
            envelope[b, q] = np.float32(max(envelope[b, q], 0.0))


@kernel
def _directions(
    home: Home, slot: int, tables: Tables, r: Place, heading: float, amplitude: F32, work: Work
) -> None:
    """Mean direction of the late field in the head's frame at each knot, into work.towards."""
    mode_leans(home, slot, r, work)
    scale = np.float32(4.0 * math.pi * tables.speed[0] / tables.rate[0])
    cos, sin = np.float32(math.cos(heading)), np.float32(math.sin(heading))
    limit = np.float32(STEEPEST)
    for b in range(work.envelope.shape[0]):
        ahead, left = work.towards[b, 0], work.towards[b, 1]
        ahead[:] = np.float32(0.0)
        left[:] = np.float32(0.0)
        for m in range(work.leans.shape[2]):
            weight = amplitude[b, m] * scale
            x, y = weight * work.leans[b, 0, m], weight * work.leans[b, 1, m]
            u, v = cos * x + sin * y, cos * y - sin * x
            decay = home.decay[slot, b, m]
            for q in range(ahead.shape[0]):
                ahead[q] += u * decay[q]
                left[q] += v * decay[q]
        for q in range(ahead.shape[0]):
            long = np.float32(math.sqrt(ahead[q] * ahead[q] + left[q] * left[q]))
            # Divided by the energy, or shortened to STEEPEST; where there is neither, 0.
            long = max(long / limit, work.envelope[b, q], np.float32(1e-20))
            ahead[q] /= long
            left[q] /= long


@inner_kernel
def _channel_levels(tables: Tables, work: Work) -> None:
    """RMS of each band in each channel at each knot, into work.levels; work.envelope is final."""
    bias, levels, envelope = tables.receiver.bias, work.levels, work.envelope
    kind = tables.receiver.kind[0]
    for b in range(envelope.shape[0]):
        for q in range(envelope.shape[1]):
            envelope[b, q] = np.float32(math.sqrt(envelope[b, q] * work.shares[b, q]))
    for c in range(levels.shape[0]):
        for b in range(envelope.shape[0]):
            for q in range(envelope.shape[1]):
                level = envelope[b, q]
                if kind in (SPHERE, MEASURED):
                    more = bias[c, b, 0] * work.towards[b, 0, q]
                    more += bias[c, b, 1] * work.towards[b, 1, q]
                    level *= np.float32(math.sqrt(max(np.float32(1.0) + more, np.float32(0.0))))
                elif kind == AMBISONICS and (c == 1 or c == 3):
                    a = work.towards[b, 1 if c == 1 else 0, q]
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
def _add_noise(
    noise: F32, channel: int, levels: F32, knots: I32, last: int, lead: int, start: int, row: F32
) -> None:
    """Add a channel of noise (B, C, L) under its levels (B, Q) to a row (L,) from `start` on.

    Sample k lies at k + lead between the knots. Four bands are added at a time: one load and one
    store of the sum for four products.
    """
    bands = noise.shape[0]
    for q in range(last):
        first = knots[q] - lead
        low, high = max(first, start), min(knots[q + 1] - lead, row.shape[0])
        if low >= high:
            continue
        span, off = np.float32(knots[q + 1] - knots[q]), np.float32(low - first)
        target = row[low:high]
        b = 0
        while b + 4 <= bands:
            one, two = noise[b, channel, low:high], noise[b + 1, channel, low:high]
            three, four = noise[b + 2, channel, low:high], noise[b + 3, channel, low:high]
            s1 = (levels[b, q + 1] - levels[b, q]) / span
            s2 = (levels[b + 1, q + 1] - levels[b + 1, q]) / span
            s3 = (levels[b + 2, q + 1] - levels[b + 2, q]) / span
            s4 = (levels[b + 3, q + 1] - levels[b + 3, q]) / span
            l1, l2 = levels[b, q] + s1 * off, levels[b + 1, q] + s2 * off
            l3, l4 = levels[b + 2, q] + s3 * off, levels[b + 3, q] + s4 * off
            for k in range(high - low):
                x = np.float32(k)
                target[k] += (
                    one[k] * (l1 + s1 * x)
                    + two[k] * (l2 + s2 * x)
                    + three[k] * (l3 + s3 * x)
                    + four[k] * (l4 + s4 * x)
                )
            b += 4
        while b < bands:
            carrier = noise[b, channel, low:high]
            slope = (levels[b, q + 1] - levels[b, q]) / span
            level = levels[b, q] + slope * off
            for k in range(high - low):
                target[k] += carrier[k] * (level + slope * np.float32(k))
            b += 1


@inner_kernel
def _add_axis(
    tables: Tables, work: Work, axis: int, last: int, lead: int, start: int, row: F32
) -> None:
    """Add what a field that leans along an axis has in common with the pressure, Ambisonics."""
    for b in range(work.envelope.shape[0]):
        for q in range(work.envelope.shape[1]):
            work.shares[b, q] = work.envelope[b, q] * work.towards[b, axis, q]
    _add_noise(tables.noise, 0, work.shares, tables.knots, last, lead, start, row)


@inner_kernel
def add_late(
    home: Home,
    slot: int,
    order: int,
    tables: Tables,
    s: Place,
    r: Place,
    heading: float,
    early: float,
    amplitude: F32,
    work: Work,
    out: F32,
) -> None:
    """Write the late field to the silent channels out (C, L), from the first arrival on.

    Args:
        home: the pool's homes.
        slot: which one.
        order: reflections drawn.
        tables: constants.
        s: source.
        r: listener.
        heading: of the head, radians.
        early: metres that are missing from work.lengths, because the source is delayed elsewhere.
        amplitude: (B, M) of the diffusion modes at the source.
        work: lengths[0] is read.
        out: written.
    """
    rate, per_metre = tables.rate[0], tables.rate[0] / tables.speed[0]
    kind = tables.receiver.kind[0]
    late_envelope(home, slot, order, tables, s, r, amplitude, work)
    if kind in (SPHERE, MEASURED, AMBISONICS):
        _directions(home, slot, tables, r, heading, amplitude, work)
    _channel_levels(tables, work)
    start, lead = int(work.lengths[0] * per_metre), int(early * per_metre)
    last = _last_knot(work.levels)
    ramp = min(int(ONSET * rate), out.shape[1] - start)
    for c in range(out.shape[0]):
        _add_noise(tables.noise, c, work.levels[c], tables.knots, last, lead, start, out[c])
        if kind == AMBISONICS and (c == 1 or c == 3):
            _add_axis(tables, work, 1 if c == 1 else 0, last, lead, start, out[c])
        for k in range(ramp):
            x = np.float32(k + 0.5) / np.float32(ramp)
            out[c, start + k] *= x * x * (np.float32(3.0) - np.float32(2.0) * x)
