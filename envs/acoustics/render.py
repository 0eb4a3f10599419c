"""From arrivals and the late field to impulse responses: the kernel that serves all agents."""

from __future__ import annotations

import numpy as np

from ..interface import F32, F64, I64, Bool
from .arrivals import find_arrivals
from .directivity import apply_directivity
from .hear import hear
from .kernels import inner_kernel, kernel
from .late import late_field
from .model import Home
from .recall import UNKEPT, Known, is_known, recall, remember
from .rooms import locate
from .tables import Place, Sources, Tables, Work
from .tail import write_late


@inner_kernel
def source_place(sources: Sources, agent: int) -> Place:
    """Where the source of an agent is."""
    p = sources.position[agent]
    return Place(p[0], p[1], p[2], sources.room[agent, 0], sources.room[agent, 1])


@kernel
def render_batch(
    home: Home,
    sources: Sources,
    tables: Tables,
    slots: I64,
    agents: I64,
    receivers: F64,
    headings: F64,
    advance: F64,
    order: int,
    late: bool,
    known: Known,
    work: Work,
    kept: bool,
    out: F32,
    rendered: Bool,
) -> None:
    """Impulse responses; see batch.render_rirs, and batch.renew_rirs where they are `kept`."""
    for n in range(slots.shape[0]):
        slot, agent = slots[n], agents[n]
        s = source_place(sources, agent)
        r = locate(home, slot, receivers[n, 0], receivers[n, 1], receivers[n, 2])
        if kept and is_known(known, agent, slot, s, r) and known.headings[agent] == headings[n]:
            rendered[n] = False
            continue
        rendered[n] = True
        known.headings[agent] = headings[n] if kept else UNKEPT
        heard = out[agent if kept else n]
        count = recall(known, agent, slot, s, r, work)
        if count < 0:
            count = find_arrivals(home, slot, order, tables, s, r, work)
            remember(known, agent, slot, s, r, count, work)
        apply_directivity(sources, agent, work, count)
        for i in range(count):
            work.lengths[i] = max(work.lengths[i] - advance[n], 0.0)
        if late:
            field = known.fields[agent]
            if not known.filled[agent]:
                amplitude = sources.amplitude[agent]
                late_field(home, slot, order, tables, s, r, amplitude, work, field)
                known.filled[agent] = True
            write_late(tables, headings[n], advance[n], field, work, heard)
        else:
            heard[:, :] = np.float32(0.0)
        hear(tables, headings[n], advance[n], count, work, heard)


@kernel
def first_lengths(
    home: Home,
    sources: Sources,
    tables: Tables,
    slots: I64,
    agents: I64,
    receivers: F64,
    work: Work,
    out: F64,
) -> None:
    """Metres of the shortest way through air; see pool.direct_lengths."""
    for n in range(slots.shape[0]):
        slot = slots[n]
        s = source_place(sources, agents[n])
        r = locate(home, slot, receivers[n, 0], receivers[n, 1], receivers[n, 2])
        find_arrivals(home, slot, 0, tables, s, r, work)
        out[n] = work.lengths[0]
