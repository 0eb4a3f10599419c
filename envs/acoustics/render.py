"""From arrivals and diffusion modes to impulse responses: the kernel that serves all agents."""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np

from ..interface import F32, F64, I32, SPEED_OF_SOUND, kernel
from .arrivals import MAX_ARRIVALS, find_arrivals, locate
from .bands import CENTRES, FRACTIONS, filter_bank
from .config import AcousticConfig
from .head import diffuse_noise, gain_table
from .images import lattice
from .model import air_absorption, knots
from .paths import MAX_PORTALS


class Tables(NamedTuple):
    """What every home shares.

    Attributes:
        bank: (FRACTIONS + 1, B, taps) float32 band filters.
        ear: (B, angles) float32 gain of an ear against the cosine of incidence.
        noise: (B, C, L) float32 diffuse-field noise of unit power.
        lattice: (M, 3) int32 images, fewest reflections first.
        knots: (Q,) int32 samples of the late envelope.
        air: (B,) float64 energy absorption per metre.
        centres: (B,) float64 hertz.
    """

    bank: F32
    ear: F32
    noise: F32
    lattice: I32
    knots: I32
    air: F64
    centres: F64


def build_tables(config: AcousticConfig) -> Tables:
    """The tables of a configuration; about 30 ms, so pools share one set."""
    rate = config.sample_rate
    noise = diffuse_noise(rate, config.samples, config.channels, config.head_radius, config.seed)
    return Tables(
        bank=filter_bank(rate),
        ear=gain_table(rate, config.head_radius),
        noise=noise,
        lattice=lattice(config.order),
        knots=knots(config),
        air=air_absorption(config),
        centres=np.array(CENTRES),
    )


class Sources(NamedTuple):
    """The source of each agent: (N, 3) float64 position, (N,) int32 room, (N,) int32 door tunnel or
    -1, (N, B, M) float32 amplitudes of the diffusion modes.
    """  # fmt: skip

    position: F64
    room: I32
    tunnel: I32
    amplitude: F32


@kernel
def mode_amplitudes(home, slot, room, x, y, out):  # type: ignore[no-untyped-def]
    """Bilinear interpolation of the diffusion modes at (x, y) into out (B, M)."""
    box = home.rooms[slot, room]
    first, nx, ny = home.grid[slot, room, 0], home.grid[slot, room, 1], home.grid[slot, room, 2]
    u = (x - box[0]) / (box[2] - box[0]) * nx - 0.5
    v = (y - box[1]) / (box[3] - box[1]) * ny - 0.5
    u, v = min(max(u, 0.0), nx - 1.0), min(max(v, 0.0), ny - 1.0)
    i, j = int(u), int(v)
    fu, fv = np.float32(u - i), np.float32(v - j)
    i1, j1 = min(i + 1, nx - 1), min(j + 1, ny - 1)
    a, b = first + i * ny + j, first + i * ny + j1
    c, d = first + i1 * ny + j, first + i1 * ny + j1
    one = np.float32(1.0)
    wa, wb, wc, wd = (one - fu) * (one - fv), (one - fu) * fv, fu * (one - fv), fu * fv
    for band in range(out.shape[0]):
        shapes = home.shapes[slot, band]
        for m in range(out.shape[1]):
            out[band, m] = (
                wa * shapes[a, m] + wb * shapes[b, m] + wc * shapes[c, m] + wd * shapes[d, m]
            )


@kernel
def late_envelope(home, slot, order, room_s, room_r, amplitude, modes, knots, rate, envelope):  # type: ignore[no-untyped-def]
    """RMS of the undrawn diffuse sound per band at each knot, into envelope (B, Q).

    A unit source has 4 pi c of energy in units of squared pressure times volume; spread over the
    samples of one second that is 4 pi c / rate.
    """
    mean_rate = 0.5 * SPEED_OF_SOUND / home.free_path[slot, room_s]
    mean_rate += 0.5 * SPEED_OF_SOUND / home.free_path[slot, room_r]
    scale = np.float32(4.0 * math.pi * SPEED_OF_SOUND / rate)
    for b in range(envelope.shape[0]):
        row = envelope[b]
        row[:] = np.float32(0.0)
        for m in range(modes.shape[1]):
            weight = amplitude[b, m] * modes[b, m] * scale
            decay = home.decay[slot, b, m]
            for q in range(row.shape[0]):
                row[q] += weight * decay[q]
    for q in range(knots.shape[0]):
        share = 1.0
        if room_s != room_r:
            mean = mean_rate * knots[q] / rate  # reflections so far: Poisson
            term = math.exp(-mean)
            share -= term
            part = 1.0  # of all splits of k reflections over two rooms, (k, 0) and (0, k) are drawn
            for k in range(1, order):
                term *= mean / k
                share -= term * part
                part *= 0.5
        for b in range(envelope.shape[0]):
            if room_s == room_r:
                share = home.undrawn[slot, room_r, b, q]
            envelope[b, q] = np.float32(math.sqrt(max(envelope[b, q] * share, 0.0)))


@kernel
def _late(noise, envelope, knots, start, out):  # type: ignore[no-untyped-def]
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
def _arccos(x):  # type: ignore[no-untyped-def]
    """Arc cosine to 7e-5 rad: Abramowitz and Stegun 4.4.45."""
    y = min(abs(x), 1.0)
    value = math.sqrt(1.0 - y) * (1.5707288 + y * (-0.2121144 + y * (0.0742610 - y * 0.0187293)))
    return value if x >= 0.0 else math.pi - value


@kernel
def _place(bank, delay, gains, scratch, row):  # type: ignore[no-untyped-def]
    """Add one arrival at `delay` samples; what would ring before time zero is folded back."""
    taps = bank.shape[2]
    whole = int(delay)
    entry = bank[int((delay - whole) * FRACTIONS + 0.5)]
    start = whole - (taps // 2 - 1)
    if start >= row.shape[0]:
        return
    for k in range(taps):
        scratch[k] = gains[0] * entry[0, k]
    for b in range(1, entry.shape[0]):
        g = gains[b]
        for k in range(taps):
            scratch[k] += g * entry[b, k]
    if start >= 0 and start + taps <= row.shape[0]:
        target = row[start : start + taps]
        for k in range(taps):
            target[k] += scratch[k]
    else:
        for k in range(taps):
            at = abs(start + k)
            if at < row.shape[0]:
                row[at] += scratch[k]


@kernel
def _hear(tables, radius, rate, heading, count, lengths, directions, gains, scratch, eared, out):  # type: ignore[no-untyped-def]
    """Add all arrivals to the channels of one agent."""
    bank, ear = tables.bank, tables.ear
    left_x, left_y = -math.sin(heading), math.cos(heading)
    top = ear.shape[1] - 1
    for i in range(count):
        delay = lengths[i] / SPEED_OF_SOUND
        if out.shape[0] == 1:
            for b in range(gains.shape[1]):
                eared[b] = np.float32(gains[i, b])
            _place(bank, delay * rate, eared, scratch, out[0])
            continue
        side = directions[i, 0] * left_x + directions[i, 1] * left_y
        for c in range(2):
            cosine = side if c == 0 else -side
            if cosine > 0.0:
                extra = -cosine
            else:
                extra = _arccos(cosine) - 0.5 * math.pi
            at = min(max(0.5 * (cosine + 1.0), 0.0), 1.0) * top
            low = min(int(at), top - 1)
            f = np.float32(at - low)
            for b in range(gains.shape[1]):
                lobe = ear[b, low] + f * (ear[b, low + 1] - ear[b, low])
                eared[b] = np.float32(gains[i, b]) * lobe
            arrival = max((delay + extra * radius / SPEED_OF_SOUND) * rate, 0.0)
            _place(bank, arrival, eared, scratch, out[c])


@kernel
def render_batch(
    home, sources, tables, slots, agents, receivers, headings, order, late, radius, rate, out
):  # type: ignore[no-untyped-def]
    """Impulse responses; see pool.render_rirs."""
    bands, taps = tables.bank.shape[1], tables.bank.shape[2]
    lengths = np.empty(MAX_ARRIVALS)
    directions = np.empty((MAX_ARRIVALS, 3))
    gains = np.empty((MAX_ARRIVALS, bands))
    portals = np.empty((MAX_PORTALS, 5))
    path = np.empty((MAX_PORTALS + 2, 2))
    scratch = np.empty(taps, np.float32)
    eared = np.empty(bands, np.float32)
    modes = np.empty((bands, home.shapes.shape[3]), np.float32)
    envelope = np.empty((bands, tables.knots.shape[0]), np.float32)
    for n in range(slots.shape[0]):
        slot = slots[n]
        i = agents[n]
        r = receivers[n]
        room, tunnel = locate(home, slot, r[0], r[1])
        count = find_arrivals(
            home,
            slot,
            order,
            tables.lattice,
            tables.air,
            tables.centres,
            sources.position[i],
            sources.room[i],
            sources.tunnel[i],
            r,
            room,
            tunnel,
            portals,
            path,
            lengths,
            directions,
            gains,
        )
        out[n, :, :] = np.float32(0.0)
        if late:
            mode_amplitudes(home, slot, room, r[0], r[1], modes)
            late_envelope(
                home,
                slot,
                order,
                sources.room[i],
                room,
                sources.amplitude[i],
                modes,
                tables.knots,
                rate,
                envelope,
            )
            start = int(lengths[0] / SPEED_OF_SOUND * rate)
            _late(tables.noise, envelope, tables.knots, start, out[n])
        _hear(
            tables,
            radius,
            rate,
            headings[n],
            count,
            lengths,
            directions,
            gains,
            scratch,
            eared,
            out[n],
        )


@kernel
def first_arrival(home, sources, tables, slot, agent, r):  # type: ignore[no-untyped-def]
    """Length, direction (x, y, z) and 1 kHz gain of the first sound from an agent's source."""
    lengths = np.empty(MAX_ARRIVALS)
    directions = np.empty((MAX_ARRIVALS, 3))
    gains = np.empty((MAX_ARRIVALS, tables.bank.shape[1]))
    portals = np.empty((MAX_PORTALS, 5))
    path = np.empty((MAX_PORTALS + 2, 2))
    room, tunnel = locate(home, slot, r[0], r[1])
    find_arrivals(
        home,
        slot,
        0,
        tables.lattice,
        tables.air,
        tables.centres,
        sources.position[agent],
        sources.room[agent],
        sources.tunnel[agent],
        r,
        room,
        tunnel,
        portals,
        path,
        lengths,
        directions,
        gains,
    )
    return lengths[0], directions[0, 0], directions[0, 1], directions[0, 2], gains[0, 1]
