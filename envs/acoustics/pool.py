"""Many homes at once: padded arrays with numbered slots, and the source of each agent."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from ..interface import F64, SoundwalkError
from .config import AcousticConfig
from .directivity import Directivity, unit_axis
from .model import AcousticModel, Home
from .modes import mode_amplitudes
from .places import check_position, whereabouts
from .recall import NOWHERE, UNKEPT, build_known
from .tables import Place, Sources, Work, build_sources, build_tables, build_work

Array = npt.NDArray[Any]
EMPTY = "the pool is empty: put a model into a slot first"


class AcousticPool:
    """Homes in numbered slots, and the source of each agent.

    Args:
        slots: how many homes it holds at once.
        config: shared by all of them.
        agents: how many agents listen; as many as slots if None.

    Attributes:
        known: the last arrivals of each source, which need not be found again.
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
        self.known = build_known(self._agents, self.config.bands, len(self.tables.knots))
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
        self.forget(slot)

    def forget(self, slot: int | None = None) -> None:
        """Let all arrivals be found anew, or those in one home: see `recall`."""
        homes = self.known.homes
        homes[slice(None) if slot is None else homes == slot] = NOWHERE

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
            self._work = build_work(self.tables, modes)
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
        self.known.headings[agent], self.known.filled[agent] = UNKEPT, False

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
