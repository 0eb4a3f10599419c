"""From arrivals and the late field to impulse responses: the kernel that serves all agents."""

from __future__ import annotations

import math

import numpy as np

from ..interface import F32, F64, I32, kernel
from .arrivals import find_arrivals
from .bands import FRACTIONS
from .late import add_late
from .model import Home
from .rooms import locate
from .tables import Place, Sources, Tables, Work


@kernel
def _arccos(x: float) -> float:
    """Arc cosine to 7e-5 rad: Abramowitz and Stegun 4.4.45."""
    y = min(abs(x), 1.0)
    value = math.sqrt(1.0 - y) * (1.5707288 + y * (-0.2121144 + y * (0.0742610 - y * 0.0187293)))
    return value if x >= 0.0 else math.pi - value


@kernel
def _place(  # noqa: C901 two ways to add
    bank: F32, delay: float, gains: F32, scratch: F32, row: F32
) -> None:
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
def _hear(tables: Tables, heading: float, count: int, work: Work, out: F32) -> None:
    """Add the first `count` arrivals to the channels out (C, L) of one listener."""
    bank, ear, gains = tables.bank, tables.ear, work.gains
    rate, speed = tables.rate[0], tables.speed[0]
    left_x, left_y = -math.sin(heading), math.cos(heading)
    top = ear.shape[1] - 1
    scratch = np.empty(bank.shape[2], np.float32)
    heard = np.empty(bank.shape[1], np.float32)
    for i in range(count):
        delay = work.lengths[i] / speed
        side = work.directions[i, 0] * left_x + work.directions[i, 1] * left_y
        for c in range(out.shape[0]):
            extra = 0.0
            for b in range(heard.shape[0]):
                heard[b] = np.float32(gains[i, b])
            if out.shape[0] == 2:
                cosine = side if c == 0 else -side
                extra = -cosine if cosine > 0.0 else _arccos(cosine) - 0.5 * math.pi
                at = min(max(0.5 * (cosine + 1.0), 0.0), 1.0) * top
                low = min(int(at), top - 1)
                f = np.float32(at - low)
                for b in range(heard.shape[0]):
                    heard[b] *= ear[b, low] + f * (ear[b, low + 1] - ear[b, low])
            arrival = max((delay + extra * tables.radius[0] / speed) * rate, 0.0)
            _place(bank, arrival, heard, scratch, out[c])


@kernel
def source_place(sources: Sources, agent: int) -> Place:
    """Where the source of an agent is."""
    p = sources.position[agent]
    return Place(p[0], p[1], p[2], sources.room[agent, 0], sources.room[agent, 1])


@kernel
def render_batch(
    home: Home,
    sources: Sources,
    tables: Tables,
    slots: I32,
    agents: I32,
    receivers: F64,
    headings: F64,
    advance: F64,
    order: int,
    late: bool,
    work: Work,
    out: F32,
) -> None:
    """Impulse responses; see pool.render_rirs."""
    for n in range(slots.shape[0]):
        slot, agent = slots[n], agents[n]
        s = source_place(sources, agent)
        r = locate(home, slot, receivers[n, 0], receivers[n, 1], receivers[n, 2])
        count = find_arrivals(home, slot, order, tables, s, r, work)
        for i in range(count):
            work.lengths[i] = max(work.lengths[i] - advance[n], 0.0)
        out[n, :, :] = np.float32(0.0)
        if late:
            add_late(home, slot, order, tables, s, r, sources.amplitude[agent], work, out[n])
        _hear(tables, headings[n], count, work, out[n])


@kernel
def first_lengths(
    home: Home,
    sources: Sources,
    tables: Tables,
    slots: I32,
    agents: I32,
    receivers: F64,
    work: Work,
    out: F64,
) -> None:
    """Metres of the shortest way through air; see pool.direct_lengths."""
    for n in range(slots.shape[0]):
        s = source_place(sources, agents[n])
        r = locate(home, slots[n], receivers[n, 0], receivers[n, 1], receivers[n, 2])
        find_arrivals(home, slots[n], 0, tables, s, r, work)
        out[n] = work.lengths[0]
