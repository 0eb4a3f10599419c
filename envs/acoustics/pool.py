"""Many homes at once: padded arrays with numbered slots, one kernel call for all agents."""

from __future__ import annotations

from typing import Any, Protocol

import numpy as np
import numpy.typing as npt

from ..interface import F32, F64, I32, I64, SoundwalkError
from ..scenes.scene import Scene
from .config import AcousticConfig
from .directivity import Directivity, unit_axis
from .model import AcousticModel, Home
from .modes import mode_amplitudes
from .render import first_lengths, render_batch
from .tables import Place, Sources, Work, build_sources, build_tables, build_work

Array = npt.NDArray[Any]
EMPTY = "the pool is empty: put a model into a slot first"


class AcousticPool:
    """Homes in numbered slots, and the source of each agent.

    Args:
        slots: how many homes it holds at once.
        config: shared by all of them.
        agents: how many agents listen; as many as slots if None.
    """

    def __init__(
        self, slots: int, config: AcousticConfig | None = None, agents: int | None = None
    ) -> None:
        if slots < 1:
            raise SoundwalkError(f"slots={slots}: a pool needs at least one slot")
        self.config = config or AcousticConfig()
        self.tables = build_tables(self.config)
        self.models: list[AcousticModel | None] = [None] * slots
        self.home: Home | None = None
        self._agents = slots if agents is None else agents
        self._sources: Sources | None = None
        self._work: Work | None = None
        self._patterns: list[Directivity] = []

    def put(self, slot: int, model: AcousticModel) -> None:
        """Place a home in a slot; arrays grow when it is larger than any before.

        Raises:
            SoundwalkError: no such slot, or the model was built for another configuration.
        """
        if not 0 <= slot < len(self.models):
            raise SoundwalkError(
                f"slot {slot} does not exist: the pool has {len(self.models)} slots, counted from 0"
            )
        if model.config != self.config:
            raise SoundwalkError(
                f"the model was built with {model.config}, the pool with {self.config}: "
                "pass the pool's config to AcousticModel.from_scene"
            )
        arrays: list[Array] = list(model.home)
        old: list[Array | None] = [None] * len(arrays)
        if self.home is not None:
            old = list(self.home)
        grown = [
            _grow(pooled, array, len(self.models))
            for pooled, array in zip(old, arrays, strict=True)
        ]
        for pooled, array in zip(grown, arrays, strict=True):
            pooled[slot] = 0
            pooled[slot][tuple(slice(n) for n in array.shape)] = array
        self.home = Home(*grown)
        self.models[slot] = model

    @property
    def sources(self) -> Sources:
        """The sources of all agents, for the kernel."""
        if self.home is None:
            raise SoundwalkError(EMPTY)
        bands, modes = self.home.shapes.shape[1], self.home.shapes.shape[3]
        old, count = self._sources, self._agents
        if old is None:
            old = build_sources(count, bands)
        if old.amplitude.shape[2] != modes:
            wider = np.zeros((count, bands, modes), np.float32)
            wider[:, :, : old.amplitude.shape[2]] = old.amplitude
            old = old._replace(amplitude=wider)
        self._sources = old
        return old

    @property
    def work(self) -> Work:
        """Scratch memory that fits the homes; one thread renders at a time."""
        if self.home is None:
            raise SoundwalkError(EMPTY)
        bands, modes = self.home.shapes.shape[1], self.home.shapes.shape[3]
        if self._work is None or self._work.modes.shape != (bands, modes):
            self._work = build_work(bands, modes, len(self.tables.knots), self.config.channels)
        return self._work

    def put_source(self, agent: int, slot: int, position: tuple[float, ...] | F64) -> None:
        """Place the source that agent `agent` listens to, in the home of `slot`.

        Args:
            agent: index of the agent.
            slot: of the home it stands in.
            position: (3,) metres.

        Raises:
            SoundwalkError: the slot is empty, or the position is not in the air of a room.
        """
        model = self.models[slot]
        if model is None or self.home is None:
            raise SoundwalkError(f"slot {slot} is empty: put a model into it first")
        x, y, z = check_position(model, "source", position)
        place = Place(x, y, z, *whereabouts(model, x, y))
        sources = self.sources
        sources.position[agent] = x, y, z
        sources.room[agent] = place.room, place.tunnel
        mode_amplitudes(self.home, slot, place, sources.amplitude[agent])
        sources.amplitude[agent] *= sources.power[agent, :, None]

    def aim_source(
        self, agent: int, directivity: Directivity | None, orientation: npt.ArrayLike = 0.0
    ) -> None:
        """Say how directional an agent's source is and where it points, before `put_source`.

        Args:
            agent: index of the agent.
            directivity: None for none.
            orientation: radians from +x, or a vector (3,).

        Raises:
            SoundwalkError: the pool is empty, or the orientation is none.
        """
        axis, sources = unit_axis(orientation), self.sources
        sources.axis[agent], sources.pattern[agent], sources.power[agent] = axis, -1, 1.0
        if directivity is None:
            return
        if all(known is not directivity for known in self._patterns):
            self._patterns.append(directivity)
            self._sources = sources._replace(
                shares=np.array([p.share for p in self._patterns]),
                balloons=np.stack([p.table for p in self._patterns]),
            )
        index = next(i for i, known in enumerate(self._patterns) if known is directivity)
        sources.pattern[agent], sources.power[agent] = index, directivity.power()


def _grow(pooled: Array | None, array: Array, slots: int) -> Array:
    """`pooled` if it can hold `array` in a slot, else a larger copy padded with zeros."""
    old = (0,) * array.ndim if pooled is None else pooled.shape[1:]
    if pooled is not None and all(n <= m for n, m in zip(array.shape, old, strict=True)):
        return pooled
    shape = tuple(max(n, m) for n, m in zip(array.shape, old, strict=True))
    larger = np.zeros((slots, *shape), array.dtype)
    if pooled is not None:
        larger[tuple(slice(n) for n in pooled.shape)] = pooled
    return larger


class HasScene(Protocol):
    """What knows its home: a model, or an engine of another kind."""

    scene: Scene


def whereabouts(model: HasScene, x: float, y: float) -> tuple[int, int]:
    """Room at (x, y), and the door whose tunnel it lies in or -1.

    Raises:
        SoundwalkError: (x, y) lies in a wall or outside the home.
    """
    plan = model.scene.plan
    room = plan.room_at(x, y)
    if plan.rooms[room].contains(x, y):
        return room, -1
    for index, door in enumerate(plan.doors):
        x0, y0, x1, y1 = door.box
        if x0 <= x <= x1 and y0 <= y <= y1:
            return room, index
    return room, -1


def check_position(
    model: HasScene, name: str, position: tuple[float, ...] | F64
) -> tuple[float, float, float]:
    """A position as three floats.

    Raises:
        SoundwalkError: it is not three finite numbers in the air of the home.
    """
    point = np.asarray(position, dtype=np.float64)
    if point.shape != (3,) or not np.isfinite(point).all():
        raise SoundwalkError(
            f"{name}={position!r}: expected three finite numbers x, y, z in metres"
        )
    x, y, z = (float(v) for v in point)
    try:
        room, tunnel = whereabouts(model, x, y)
    except SoundwalkError as error:
        raise SoundwalkError(f"{name}=({x:.2f}, {y:.2f}, {z:.2f}): {error}") from None
    plan = model.scene.plan
    top = plan.rooms[room].height if tunnel < 0 else plan.doors[tunnel].height
    if not 0.0 <= z <= top:
        raise SoundwalkError(
            f"{name}=({x:.2f}, {y:.2f}, {z:.2f}) lies below the floor or above the ceiling: "
            f"give a height between 0 and {top:.2f} m"
        )
    return x, y, z


def _listeners(
    pool: AcousticPool, slots: I32, receivers: F64, agents: I32 | I64 | None
) -> tuple[Home, I32, I32, F64]:
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
        np.ascontiguousarray(slots, dtype=np.int32),
        np.ascontiguousarray(rows, dtype=np.int32),
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
    home, slots, rows, receivers = _listeners(pool, slots, receivers, agents)
    out = np.empty(len(slots))
    first_lengths(home, pool.sources, pool.tables, slots, rows, receivers, pool.work, out)
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
    count, config = len(slots), pool.config
    expected = (count, config.channels, config.samples)
    if out.shape != expected or out.dtype != np.float32:
        raise SoundwalkError(f"out is {out.dtype} {out.shape}: expected float32 {expected}")
    headings = _per_row("headings", headings, count)
    advance = _per_row("advance", np.zeros(count) if advance is None else advance, count)
    home, slots, rows, receivers = _listeners(pool, slots, receivers, agents)
    render_batch(
        home,
        pool.sources,
        pool.tables,
        slots,
        rows,
        receivers,
        headings,
        advance,
        config.order,
        config.late,
        pool.work,
        out,
    )
