"""Homes ready to be lived in: scene, triangles, free space and acoustics, built once and shared.

Building a home costs tens of milliseconds, a step a fraction of one. Homes are pure functions of
their seed, so a cache changes nothing but speed: a background thread builds the homes that will be
wanted next while the agents walk in the present ones.
"""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ..acoustics import AcousticConfig, AcousticModel, AcousticPool
from ..interface import SoundwalkError, unknown
from ..navigation import NavMap, NavPool
from ..rendering import MeshPool, RenderMesh
from ..scenes import Scene, generate
from ..scenes.open import open_scene

_MOST_KEPT = 8  # homes of files that stay for the next pool: meshes take seconds to build
_MOST_EXPECTED = 32  # homes built ahead; each takes about a megabyte
Rooms = tuple[int, int]
Key = tuple[int, Rooms, str]  # seed and rooms of a generated home, or the name of a scene


@dataclass(frozen=True)
class Home:
    """A scene with what eye, feet and ear need of it."""

    scene: Scene
    mesh: RenderMesh
    nav: NavMap
    acoustics: AcousticModel

    @classmethod
    def from_scene(cls, scene: Scene, config: AcousticConfig) -> Home:
        """Build a home from any scene."""
        return cls(
            scene=scene,
            mesh=RenderMesh.from_scene(scene),
            nav=NavMap.from_scene(scene),
            acoustics=AcousticModel.from_scene(scene, config),
        )


_kept: OrderedDict[tuple[Any, ...], Home] = OrderedDict()
_keeping = threading.Lock()


def _from_file(path: Path, options: Mapping[str, Any], config: AcousticConfig) -> Home:
    """The home of a scene's file; one that was built before and has not changed since is kept."""
    there = path.stat() if path.is_file() else None
    changed = there and (there.st_mtime_ns, there.st_size)
    key = (str(path.resolve()), changed, repr(sorted(options.items())), repr(config))
    with _keeping:
        if key in _kept:
            _kept.move_to_end(key)
            return _kept[key]
    home = Home.from_scene(open_scene(path, **options), config)
    with _keeping:
        _kept[key] = home
        while len(_kept) > _MOST_KEPT:
            _kept.popitem(last=False)
    return home


class HomePool:
    """Homes in numbered slots, so that one kernel call serves agents in different homes.

    Slots are counted: a home stays while an agent is in it; of the others the least recently used
    makes room first. `slots` must exceed the number of agents.
    """

    def __init__(
        self,
        slots: int,
        agents: int,
        config: AcousticConfig,
        sources: int | None = None,
        scenes: Mapping[str, Scene | Path] | None = None,
        scene_options: Mapping[str, Any] | None = None,
    ) -> None:
        """Make an empty pool of `slots` homes for `agents` agents, and sources: one each if None.

        See `HearingOptions.rows` for how many sources options need. `scenes` are homes that are not
        generated, by name; those in files are opened, with `scene_options`, when they are wanted.
        """
        if slots <= agents:
            raise SoundwalkError(f"slots={slots} must exceed the number of agents ({agents})")
        self.config, self._scenes = config, scenes or {}
        self._scene_options = dict(scene_options or {})
        self.meshes = MeshPool(slots)
        self.navs = NavPool(slots, agents)
        self.acoustics = AcousticPool(slots, config, agents if sources is None else sources)
        self._free = list(range(slots))[::-1]
        self._slot_of: OrderedDict[Key, int] = OrderedDict()
        self._homes: dict[int, Home] = {}
        self._users: dict[int, int] = {}
        self._coming: dict[Key, Future[Home]] = {}
        self._builder = ThreadPoolExecutor(1, thread_name_prefix="home-builder")

    def expect(self, seed: int, rooms: Rooms, scene: str = "") -> None:
        """Start building a home in the background if it is not here yet.

        Of the homes that were expected and never came to be needed the oldest are forgotten.
        """
        key = (seed, rooms, scene)
        if key not in self._slot_of and key not in self._coming:
            while len(self._coming) >= _MOST_EXPECTED:
                self._coming.pop(next(iter(self._coming))).cancel()
            self._coming[key] = self._builder.submit(self._build, key)

    def acquire(self, seed: int, rooms: Rooms, scene: str = "") -> int:
        """Slot of a home, built now if need be; it stays until released as often as acquired."""
        key = (seed, rooms, scene)
        if key not in self._slot_of:
            future = self._coming.pop(key, None)
            home = future.result() if future is not None else self._build(key)
            slot = self._take_slot()
            self.meshes.put(slot, home.mesh)
            self.navs.put(slot, home.nav)
            self.acoustics.put(slot, home.acoustics)
            self._homes[slot] = home
            self._users[slot] = 0
            self._slot_of[key] = slot
        self._slot_of.move_to_end(key)
        slot = self._slot_of[key]
        self._users[slot] += 1
        return slot

    def release(self, slot: int) -> None:
        """Give a home back; it stays cached until its slot is needed.

        Raises:
            SoundwalkError: nobody is in that home.
        """
        if self._users.get(slot, 0) < 1:
            raise SoundwalkError(f"slot {slot} was released more often than acquired")
        self._users[slot] -= 1

    def home(self, slot: int) -> Home:
        """The home in a slot."""
        return self._homes[slot]

    def close(self) -> None:
        """Stop the background thread."""
        self._builder.shutdown(wait=True, cancel_futures=True)

    def _build(self, key: Key) -> Home:
        seed, rooms, name = key
        if not name:
            return Home.from_scene(generate(seed=seed, rooms=rooms), self.config)
        if name not in self._scenes:
            raise unknown("scene", name, self._scenes or ["none: the environment has no `scenes`"])
        scene = self._scenes[name]
        if isinstance(scene, Scene):
            return Home.from_scene(scene, self.config)
        return _from_file(scene, self._scene_options, self.config)

    def _take_slot(self) -> int:
        if self._free:
            return self._free.pop()
        for key, slot in self._slot_of.items():
            if self._users[slot] == 0:
                del self._slot_of[key]
                return slot
        raise SoundwalkError(
            "every home of the pool is in use: raise `homes` above the number of agents"
        )
