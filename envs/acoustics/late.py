"""The late field at a listener: envelopes from the diffusion modes, carried by fixed noise."""

from __future__ import annotations

import math

import numpy as np

from ..interface import F32, I32, kernel
from .model import Home
from .rooms import clamp, door_view
from .tables import Place, Tables, Work


@kernel
def _interpolate(
    home: Home, slot: int, room: int, point: tuple[float, float], scale: float, out: F32
) -> None:
    """Add `scale` times the bilinear interpolation of a room's modes at a point to out (B, M)."""
    box = home.rooms[slot, room]
    first, nx, ny = home.grid[slot, room, 0], home.grid[slot, room, 1], home.grid[slot, room, 2]
    u = (point[0] - box[0]) / (box[2] - box[0]) * nx - 0.5
    v = (point[1] - box[1]) / (box[3] - box[1]) * ny - 0.5
    u, v = min(max(u, 0.0), nx - 1.0), min(max(v, 0.0), ny - 1.0)
    i, j = int(u), int(v)
    fu, fv = u - i, v - j
    i1, j1 = min(i + 1, nx - 1), min(j + 1, ny - 1)
    a, b = first + i * ny + j, first + i * ny + j1
    c, d = first + i1 * ny + j, first + i1 * ny + j1
    wa = np.float32(scale * (1.0 - fu) * (1.0 - fv))
    wb = np.float32(scale * (1.0 - fu) * fv)
    wc = np.float32(scale * fu * (1.0 - fv))
    wd = np.float32(scale * fu * fv)
    for band in range(out.shape[0]):
        shapes = home.shapes[slot, band]
        for m in range(out.shape[1]):
            out[band, m] += (
                wa * shapes[a, m] + wb * shapes[b, m] + wc * shapes[c, m] + wd * shapes[d, m]
            )


@kernel
def mode_amplitudes(home: Home, slot: int, place: Place, out: F32) -> None:
    """Values of the diffusion modes at a place, into out (B, M).

    The share of all directions that a door's opening fills brings the neighbouring room's field,
    so that nothing jumps on the way through a door; only what exceeds its mean over the room (door
    area over surface), which the diffusion equation has already let in.
    """
    out[:, :] = np.float32(0.0)
    rest = 1.0
    x0, y0, x1, y1, height = home.rooms[slot, place.room]
    surface = 2.0 * (x1 - x0) * (y1 - y0) + 2.0 * height * (x1 - x0 + y1 - y0)
    for d in range(home.counts[slot, 1]):
        below, above = home.door_rooms[slot, d, 0], home.door_rooms[slot, d, 1]
        if home.door_open[slot, d] and (place.room == below or place.room == above):
            b = home.doors[slot, d]
            wide = b[2] - b[0] if home.door_rooms[slot, d, 2] == 1 else b[3] - b[1]
            share = max(door_view(home, slot, d, place) - wide * b[4] / surface, 0.0)
            rest -= share
            middle = (0.5 * (b[0] + b[2]), 0.5 * (b[1] + b[3]))
            _interpolate(home, slot, above if place.room == below else below, middle, share, out)
    _interpolate(home, slot, place.room, clamp(home, slot, place), rest, out)


@kernel
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


@kernel
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
            envelope[b, q] = np.float32(math.sqrt(max(envelope[b, q] * share, 0.0)))


@kernel
def _add_noise(noise: F32, envelope: F32, knots: I32, start: int, out: F32) -> None:
    """Write the noise under its envelope from sample `start` on."""
    samples = out.shape[1]
    for q in range(knots.shape[0] - 1):
        low, high = max(knots[q], start), min(knots[q + 1], samples)
        if low >= high:
            continue
        span = np.float32(knots[q + 1] - knots[q])
        for c in range(out.shape[0]):
            target = out[c, low:high]
            for b in range(noise.shape[0]):
                slope = (envelope[b, q + 1] - envelope[b, q]) / span
                level = envelope[b, q] + slope * np.float32(low - knots[q])
                carrier = noise[b, c, low:high]
                for k in range(high - low):
                    target[k] += carrier[k] * (level + slope * np.float32(k))


@kernel
def add_late(
    home: Home,
    slot: int,
    order: int,
    tables: Tables,
    s: Place,
    r: Place,
    amplitude: F32,
    work: Work,
    out: F32,
) -> None:
    """Add the late field to out (C, L), from the first arrival on."""
    late_envelope(home, slot, order, tables, s, r, amplitude, work)
    start = int(work.lengths[0] / tables.speed[0] * tables.rate[0])
    _add_noise(tables.noise, work.envelope, tables.knots, start, out)
