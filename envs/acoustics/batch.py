"""Many listeners in one kernel call: impulse responses, and lengths of the shortest ways."""

from __future__ import annotations

import numpy as np

from ..interface import F32, F64, I32, I64, Bool, SoundwalkError
from .model import Home
from .pool import EMPTY, AcousticPool
from .render import first_lengths, render_batch


def _listeners(
    pool: AcousticPool, slots: I32, receivers: F64, agents: I32 | I64 | None
) -> tuple[Home, I64, I64, F64]:
    """The pool's homes, and slots, agents and receivers as the kernels take them.

    Raises:
        SoundwalkError: the pool is empty, shapes do not agree, or a value is not finite.
    """
    if pool.home is None:
        raise SoundwalkError(EMPTY)
    count = len(slots)
    rows = np.arange(count) if agents is None else agents
    receivers = np.ascontiguousarray(receivers, dtype=np.float64)
    if receivers.shape != (count, 3) or len(rows) != count:
        raise SoundwalkError(
            f"receivers {receivers.shape}, agents ({len(rows)},): "
            f"expected ({count}, 3) and ({count},)"
        )
    if not np.isfinite(receivers).all():
        raise SoundwalkError("receivers must be finite numbers; found NaN or infinity")
    return (
        pool.home,
        np.ascontiguousarray(slots, dtype=np.int64),
        np.ascontiguousarray(rows, dtype=np.int64),
        receivers,
    )


def _per_row(name: str, values: F64, count: int) -> F64:
    """One finite number for each row.

    Raises:
        SoundwalkError: it is not that.
    """
    values = np.ascontiguousarray(values, dtype=np.float64)
    if values.shape != (count,):
        raise SoundwalkError(f"{name} {values.shape}: expected ({count},), one for each listener")
    if not np.isfinite(values).all():
        raise SoundwalkError(f"{name} must be finite numbers; found NaN or infinity")
    return values


def direct_lengths(
    pool: AcousticPool, slots: I32, receivers: F64, agents: I32 | I64 | None = None
) -> F64:
    """Metres of the shortest way through air from each agent's source to its listener.

    It is the length of the first arrival: straight in sight, else round the corners. What comes
    straight through walls is no shortest way.

    Args:
        pool: homes and sources.
        slots: (N,) int32 home of each agent.
        receivers: (N, 3) float64 centre of the head.
        agents: (N,) which agents these are; the first N if None.

    Returns:
        (N,) float64.

    Raises:
        SoundwalkError: shapes do not agree, or a value is not finite.
    """
    home, places, rows, receivers = _listeners(pool, slots, receivers, agents)
    out = np.empty(len(slots))
    first_lengths(home, pool.sources, pool.tables, places, rows, receivers, pool.work, out)
    return out


def render_rirs(
    pool: AcousticPool,
    slots: I32,
    receivers: F64,
    headings: F64,
    out: F32,
    agents: I32 | I64 | None = None,
    advance: F64 | None = None,
) -> None:
    """Impulse responses from each agent's source to its ears, written into `out`.

    Row n listens to the source placed by `pool.put_source(agents[n], ...)`. One kernel call; a
    response does not depend on the others in the batch.

    Args:
        pool: homes and sources.
        slots: (N,) int32 home of each agent.
        receivers: (N, 3) float64 centre of the head.
        headings: (N,) float64 radians.
        out: (N, C, L) float32, overwritten.
        agents: (N,) which agents these are; the first N if None.
        advance: (N,) float64 metres by which everything arrives earlier, because whoever convolves
            has already delayed the source by as much; 0 if None. What would then arrive before
            time zero arrives at time zero.

    Raises:
        SoundwalkError: shapes do not agree, or a value is not finite.
    """
    _render(pool, slots, receivers, headings, out, agents, advance)


def renew_rirs(
    pool: AcousticPool,
    slots: I32,
    receivers: F64,
    headings: F64,
    out: F32,
    agents: I32 | I64,
) -> Bool:
    """Bring the responses of some agents up to date: those who stand as they stood keep theirs.

    Args:
        pool: homes and sources.
        slots: (N,) int32 home of each agent.
        receivers: (N, 3) float64 centre of the head.
        headings: (N,) float64 radians.
        out: (A, C, L) float32 of all agents of the pool or the first of them, always the same
            array: row a is the response of agent a, and is written here only.
        agents: (N,) which agents these are.

    Returns:
        (N,) whose responses were rendered anew.

    Raises:
        SoundwalkError: as `render_rirs`.
    """
    return _render(pool, slots, receivers, headings, out, agents, None, kept=True)


def _render(
    pool: AcousticPool,
    slots: I32,
    receivers: F64,
    headings: F64,
    out: F32,
    agents: I32 | I64 | None,
    advance: F64 | None,
    *,
    kept: bool = False,
) -> Bool:
    count, config = len(slots), pool.config
    expected = (len(out) if kept else count, config.channels, config.samples)
    if out.shape != expected or out.dtype != np.float32:
        raise SoundwalkError(f"out is {out.dtype} {out.shape}: expected float32 {expected}")
    headings = _per_row("headings", headings, count)
    advance = _per_row("advance", np.zeros(count) if advance is None else advance, count)
    home, places, rows, receivers = _listeners(pool, slots, receivers, agents)
    if kept and count and not 0 <= rows.min() <= rows.max() < len(out):
        raise SoundwalkError(
            f"agents {rows.min()} to {rows.max()}: out has room for 0 to {len(out) - 1}"
        )
    rendered = np.empty(count, np.bool_)
    render_batch(
        home, pool.sources, pool.tables, places, rows, receivers, headings, advance, config.order,
        config.late, pool.known, pool.work, kept, out, rendered,
    )  # fmt: skip
    return rendered
