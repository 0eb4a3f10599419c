"""From a list of arrivals to the channels of a receiver: the innermost loop of everything.

Each arrival is a fractional delay whose bands have their own gains. How it sounds in a channel:
a free microphone hears it from its own distance, a sphere's ear delayed and shadowed, a measured
head's ear delayed and convolved with its response, an Ambisonics channel weighted by a harmonic.
"""

from __future__ import annotations

import math

import numpy as np

from ..interface import F32, I64
from .bands import FRACTIONS
from .fading import NEAREST
from .kernels import inner_kernel, kernel
from .receivers.harmonics import harmonics
from .receivers.tables import AMBISONICS, ARRAY, MEASURED, SPHERE, ReceiverTables
from .receivers.triangles import find_triangle
from .tables import Ears, Tables, Work


@inner_kernel
def _begin(bank: F32, delay: float, gains: F32, out: F32) -> int:
    """Write an arrival at `delay` samples to out (T,), and return the sample where it begins."""
    whole = int(delay)
    entry = bank[int((delay - whole) * FRACTIONS + 0.5)]
    for k in range(out.shape[0]):
        out[k] = gains[0] * entry[0, k]
    for b in range(1, entry.shape[0]):
        g = gains[b]
        for k in range(out.shape[0]):
            out[k] += g * entry[b, k]
    begin: int = whole - (bank.shape[2] // 2 - 1)
    return begin


@inner_kernel
def _add(tails: F32, sound: F32, scale: np.float32, start: int, row: F32) -> None:
    """Add scale times a sound to a row; for what would ring before time zero see causal_tails."""
    taps = sound.shape[0]
    if start >= 0 and start + taps <= row.shape[0]:
        target = row[start : start + taps]
        for k in range(taps):
            target[k] += scale * sound[k]
        return
    for k in range(taps):
        at = start + k
        if 0 <= at < row.shape[0]:
            row[at] += scale * sound[k]
        elif -tails.shape[0] <= at < 0:
            tail = tails[-at - 1]
            for j in range(tail.shape[0]):
                row[j] += scale * sound[k] * tail[j]


@inner_kernel
def _mix(filters: F32, begins: I64, gains: F32, first: int, bands: int, out: F32) -> None:
    """Add the sum of gains times the filters that begin there, a multiple of four of them.

    Four bands go at a time: one load and one store of the sum for four products.

    Args:
        filters: one after another.
        begins: (G,) sample of `filters` at which each one is read.
        gains: (G,) of each.
        first: of those that are added.
        bands: how many are added.
        out: (T,) added to.
    """
    for b in range(first, first + bands, 4):
        f, g, h, i = gains[b], gains[b + 1], gains[b + 2], gains[b + 3]
        p, q = filters[begins[b] :], filters[begins[b + 1] :]
        r, s = filters[begins[b + 2] :], filters[begins[b + 3] :]
        for k in range(out.shape[0]):
            out[k] += f * p[k] + g * q[k] + h * r[k] + i * s[k]


@inner_kernel
def _at_ears(receiver: ReceiverTables, side: float, rest: np.float32, ears: Ears) -> None:
    """Turn the gains of an arrival's bands at the head, in ears.gains, into those at both ears.

    All bands of the left ear come first, then all of the right one, in one plain loop over rows
    of the table: ear by ear and band by band it took three times as long.

    Args:
        receiver: a sphere.
        side: cosine of the angle between the arrival and the left ear.
        rest: samples beyond the whole ones by which it arrives.
        ears: gains are read and set, begins are set.
    """
    gains, begins, offsets = ears.gains, ears.begins, receiver.offsets
    top, stride = receiver.ear.shape[0] - 1, receiver.filters.shape[1] * receiver.filters.shape[2]
    at = min(max(0.5 * (side + 1.0), 0.0), 1.0) * top
    low = min(int(at), top - 1)
    f = np.float32(at - low)
    shadow, darker = receiver.ear[low], receiver.ear[low + 1]
    late, later = receiver.late[low], receiver.late[low + 1]
    for k in range(gains.shape[0]):
        gains[k] *= shadow[k] + f * (darker[k] - shadow[k])
        behind = rest + late[k] + f * (later[k] - late[k])
        step = np.int32(behind * np.float32(FRACTIONS) + np.float32(0.5))
        begins[k] = (step % FRACTIONS) * stride + offsets[k] - step // FRACTIONS


@inner_kernel
def _hear_sphere(tables: Tables, heading: float, count: int, work: Work, out: F32) -> None:
    """Two ears on a sphere: each band has its own delay and its own shadow."""
    receiver, ears = tables.receiver, work.ears
    per_metre = tables.rate[0] / tables.speed[0]
    left_x, left_y = -math.sin(heading), math.cos(heading)
    taps, bands = tables.bank.shape[2], receiver.filters.shape[1]
    span, before = (receiver.filters.shape[2] + taps) // 2, receiver.lead[0] + taps // 2 - 1
    flat, sound = receiver.filters.reshape(-1), ears.sound[:span]
    ears.gains[:] = np.float32(0.0)
    for i in range(count):
        delay = work.lengths[i] * per_metre
        whole = int(delay)
        for b in range(work.gains.shape[1]):
            ears.gains[b] = ears.gains[bands + b] = np.float32(work.gains[i, b])
        side = work.directions[i, 0] * left_x + work.directions[i, 1] * left_y
        _at_ears(receiver, side, np.float32(delay - whole), ears)
        start = whole - before
        for c in range(2):
            if start >= 0 and start + span <= out.shape[1]:
                target = out[c, start : start + span]
                _mix(flat, ears.begins, ears.gains, c * bands, bands, target)
            else:
                sound[:] = np.float32(0.0)
                _mix(flat, ears.begins, ears.gains, c * bands, bands, sound)
                _add(tables.tails, sound, np.float32(1.0), start, out[c])


@inner_kernel
def _hear_point(tables: Tables, heading: float, count: int, work: Work, out: F32) -> None:
    """One microphone, or Ambisonics: all channels hear the same, each with its own weight."""
    bank = tables.bank
    per_metre = tables.rate[0] / tables.speed[0]
    cos, sin = math.cos(heading), math.sin(heading)
    sound, gains = work.ears.sound[: bank.shape[2]], work.ears.gains[: bank.shape[1]]
    weights = work.ears.weights
    for i in range(count):
        for b in range(gains.shape[0]):
            gains[b] = np.float32(work.gains[i, b])
        start = _begin(bank, work.lengths[i] * per_metre, gains, sound)
        if tables.receiver.kind[0] == AMBISONICS:
            x, y, z = work.directions[i]
            harmonics(cos * x + sin * y, cos * y - sin * x, z, weights)
        for c in range(out.shape[0]):
            _add(tables.tails, sound, weights[c], start, out[c])


@inner_kernel
def _hear_array(
    tables: Tables, heading: float, early: float, count: int, work: Work, out: F32
) -> None:
    """Free microphones: each one's own distance to the point whence an arrival comes."""
    bank, positions = tables.bank, tables.receiver.positions
    per_metre = tables.rate[0] / tables.speed[0]
    cos, sin = math.cos(heading), math.sin(heading)
    sound, gains = work.ears.sound[: bank.shape[2]], work.ears.gains[: bank.shape[1]]
    for i in range(count):
        far = work.lengths[i] + early
        x, y, z = work.directions[i]
        for c in range(out.shape[0]):
            p = positions[c]
            dx = far * x - (cos * p[0] - sin * p[1])
            dy = far * y - (sin * p[0] + cos * p[1])
            dz = far * z - p[2]
            distance = math.sqrt(dx * dx + dy * dy + dz * dz)
            nearer = np.float32(max(far, NEAREST) / max(distance, NEAREST))
            for b in range(gains.shape[0]):
                gains[b] = nearer * np.float32(work.gains[i, b])
            start = _begin(bank, max((distance - early) * per_metre, 0.0), gains, sound)
            _add(tables.tails, sound, np.float32(1.0), start, out[c])


@inner_kernel
def _convolve(sound: F32, response: F32, out: F32) -> None:
    """Write the convolution of a sound of T samples with `response` (H,) to out (T + H,).

    `sound` is padded with 7 zeros before and 8 behind, so that eight taps go at a time: one load
    and one store of the sum for eight products.
    """
    count = sound.shape[0] - 7
    for k in range(out.shape[0]):
        out[k] = np.float32(0.0)
    for j in range(0, response.shape[0], 8):
        h, y = response[j : j + 8], out[j : j + count]
        a, b, c, d, e, f, g, i = h[0], h[1], h[2], h[3], h[4], h[5], h[6], h[7]
        for k in range(count):
            y[k] += (
                i * sound[k] + g * sound[k + 1] + f * sound[k + 2] + e * sound[k + 3]
                + d * sound[k + 4] + c * sound[k + 5] + b * sound[k + 6] + a * sound[k + 7]
            )  # fmt: skip


@inner_kernel
def _hear_measured(tables: Tables, heading: float, count: int, work: Work, out: F32) -> None:
    """Two measured ears: delay and response interpolated between the three nearest directions."""
    bank, t = tables.bank, tables.receiver
    rate, per_metre = tables.rate[0], tables.rate[0] / tables.speed[0]
    cos, sin = math.cos(heading), math.sin(heading)
    taps, span = bank.shape[2], t.responses.shape[2]
    gains, response, wet = work.ears.gains[: bank.shape[1]], work.ears.response, work.ears.wet
    padded = work.ears.sound[: taps + 15]
    padded[:] = np.float32(0.0)
    sound = padded[7 : 7 + taps]
    for i in range(count):
        for b in range(gains.shape[0]):
            gains[b] = np.float32(work.gains[i, b])
        x, y, z = work.directions[i]
        towards = (cos * x + sin * y, cos * y - sin * x, z)
        triangle, u, v, w = find_triangle(t.start, t.inverses, t.neighbours, towards)
        p, q, r = t.triangles[triangle]
        fu, fv, fw = np.float32(u), np.float32(v), np.float32(w)
        for c in range(2):
            one, two, three = t.responses[p, c], t.responses[q, c], t.responses[r, c]
            for k in range(span):
                response[k] = fu * one[k] + fv * two[k] + fw * three[k]
            extra = u * t.delays[p, c] + v * t.delays[q, c] + w * t.delays[r, c]
            delay = max(work.lengths[i] * per_metre + extra * rate, 0.0)
            start = _begin(bank, delay, gains, sound) - t.onset[0]
            _convolve(padded, response, wet)
            _add(tables.tails, wet, np.float32(1.0), start, out[c])


@kernel
def hear(tables: Tables, heading: float, early: float, count: int, work: Work, out: F32) -> None:
    """Add the first `count` arrivals in `work` to the channels out (C, L) of one listener.

    Args:
        tables: constants.
        heading: radians.
        early: metres that are missing from work.lengths, because the source is delayed elsewhere.
        count: arrivals.
        work: lengths, directions and gains are read.
        out: added to.
    """
    kind = tables.receiver.kind[0]
    if kind == SPHERE:
        _hear_sphere(tables, heading, count, work, out)
    elif kind == MEASURED:
        _hear_measured(tables, heading, count, work, out)
    elif kind == ARRAY:
        _hear_array(tables, heading, early, count, work, out)
    else:
        _hear_point(tables, heading, count, work, out)
