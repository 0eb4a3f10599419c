"""A window of homes as arrays: free places to stand, and objects that can sound.

Whatever is drawn here depends on the home alone, so that a cache changes nothing but speed.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from ..acoustics import AcousticConfig
from ..acoustics.bands import octaves_to_bands
from ..acoustics.model import air_absorption
from ..acoustics.statistics import furniture_areas, room_statistics
from ..interface import CATEGORIES, F64, I32, I64, ROOM_KINDS, Bool, SoundwalkError
from ..scenes import Scene
from ..simulators.homes import Home, HomePool, Rooms

POINTS = 512  # places to stand that are drawn in each home
_ABSORPTION = np.linspace(1e-4, 0.99, 2000)
_EYRING = -np.log1p(-_ABSORPTION) / _ABSORPTION


class Places(NamedTuple):
    """What clips need to know of a home; of a window, each array has one more axis, the home.

    Attributes:
        seed: of the home.
        points: (P, 2) where an agent can stand, metres.
        rooms: (P,) room of each.
        position: (O, 3) where sound leaves each object that can sound, metres.
        box: (O, 6) x0, y0, z0, x1, y1, z1.
        room: (O,)
        instance: (O,); -2, which no pixel shows, where a home has fewer objects.
        category: (O,) index into CATEGORIES.
        kinds: (R,) index into ROOM_KINDS.
        rt60: (R,) seconds.
    """

    seed: I64
    points: F64
    rooms: I64
    position: F64
    box: F64
    room: I64
    instance: I64
    category: I64
    kinds: I64
    rt60: F64


def describe(home: Home, seed: int) -> Places:
    """A home as arrays."""
    plan = home.scene.plan
    points = home.nav.sample_free(np.random.default_rng([seed, 3]), POINTS)
    objects = plan.objects
    return Places(
        seed=np.array(seed, np.int64),
        points=points,
        rooms=np.array([plan.room_at(float(x), float(y)) for x, y in points], np.int64),
        position=np.array([o.position for o in objects], np.float64).reshape(-1, 3),
        box=np.array([o.box for o in objects], np.float64).reshape(-1, 6),
        room=np.array([o.room for o in objects], np.int64),
        instance=np.array([o.instance for o in objects], np.int64),
        category=np.array([CATEGORIES.index(o.category) for o in objects], np.int64),
        kinds=np.array([ROOM_KINDS.index(r.kind) for r in plan.rooms], np.int64),
        rt60=reverberation_times(home.scene, home.acoustics.config),
    )


def reverberation_times(scene: Scene, config: AcousticConfig) -> F64:
    """Statistical reverberation time of each room, (R,) seconds, the mean over bands.

    Eyring's formula with air (Kuttruff, *Room Acoustics*, 6th edition, equation 5.24): with the
    mean free path l = 4 V / S it is 6 ln 10 / (c (m - ln(1 - mean absorption) / l)).
    """
    octaves = np.array([surface.absorption for surface in scene.surfaces])
    absorption = octaves_to_bands(octaves, config.sample_rate, config.bands)
    stats = room_statistics(scene.plan, absorption, furniture_areas(scene.plan, absorption))
    air = air_absorption(config)
    times = []
    for room in stats:
        mean = np.interp(room.eyring, _EYRING, _ABSORPTION)
        rate = air - np.log1p(-mean) / room.free_path
        times.append(float(np.mean(6 * math.log(10.0) / (config.speed * rate))))
    return np.array(times)


@dataclass(frozen=True)
class Window:
    """Some homes, each in a slot of the pool.

    Attributes:
        slots: (H,) int32.
        places: of all of them.
        usable: (H, O) which objects have a sound of their own.
    """

    slots: I32
    places: Places
    usable: Bool


class Neighbourhood:
    """The homes of a split, and the window of them that is open."""

    def __init__(self, pool: HomePool, seeds: range, rooms: Rooms, voices: Bool) -> None:
        """Take the seeds of the homes, and which of CATEGORIES have sounds, (len,) bool."""
        self._pool, self._seeds, self._rooms, self._voices = pool, seeds, rooms, voices
        self._held: dict[int, int] = {}
        self._known: dict[int, Places] = {}
        self._open: tuple[tuple[int, ...], Window] | None = None

    def window(self, first: int, count: int) -> Window:
        """Homes number `first` to `first + count - 1` of the split, which goes round.

        Raises:
            SoundwalkError: nothing in them has a sound.
        """
        seeds = tuple(self._seeds[i % len(self._seeds)] for i in range(first, first + count))
        if self._open is None or self._open[0] != seeds:
            self._open = seeds, self._enter(seeds)
        return self._open[1]

    def expect(self, first: int, count: int) -> None:
        """Have homes built in the background."""
        for i in range(first, first + count):
            seed = self._seeds[i % len(self._seeds)]
            if seed not in self._held:
                self._pool.expect(seed, self._rooms)

    def _enter(self, seeds: tuple[int, ...]) -> Window:
        for seed in set(self._held) - set(seeds):
            self._pool.release(self._held.pop(seed))
        for seed in seeds:
            if seed not in self._held:
                self._held[seed] = self._pool.acquire(seed, self._rooms)
            if seed not in self._known:
                self._known[seed] = describe(self._pool.home(self._held[seed]), seed)
        while len(self._known) > 4 * len(seeds):
            del self._known[next(iter(self._known))]
        places = _stack([self._known[seed] for seed in seeds])
        usable = self._voices[places.category] & (places.instance >= 0)
        if not usable.any():
            raise SoundwalkError(
                f"none of the homes {seeds[0]} to {seeds[-1]} holds an object that these sounds "
                "belong to: raise `homes`, or take other sounds"
            )
        return Window(np.array([self._held[s] for s in seeds], np.int32), places, usable)


def _stack(homes: list[Places]) -> Places:
    """Homes side by side, each array filled up to the longest."""
    columns = []
    for name, arrays in zip(Places._fields, zip(*homes, strict=True), strict=True):
        longest = max(a.shape[0] if a.ndim else 0 for a in arrays)
        filler = -2 if name == "instance" else 0
        full = np.full(
            (len(arrays), *((longest, *arrays[0].shape[1:]) if arrays[0].ndim else ())),
            filler,
            arrays[0].dtype,
        )
        for row, array in enumerate(arrays):
            if array.ndim:
                full[row, : len(array)] = array
            else:
                full[row] = array
        columns.append(full)
    return Places(*columns)
