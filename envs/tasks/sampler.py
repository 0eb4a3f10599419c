"""Where episodes come from: sampled from a split as they are needed, or played from a list.

A sampled episode depends only on its environment's own random stream and on how many episodes that
environment has begun, never on its neighbours: the same seed gives the same walk in a batch of any
size. Homes are drawn from a window over the split that moves on with every episode, so that a cache
serves most of them and training still meets new homes all the time.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Protocol

import numpy as np

from ..acoustics.sounds import Clip, Mode, SoundBank, Split
from ..interface import F64, SENSOR_HEIGHT, SUCCESS_DISTANCE, SoundwalkError
from ..scenes.chambers import Chambers
from ..scenes.scene import Point3
from ..simulators.homes import Home, HomePool, Key, Rooms
from .episodes import Episode, home_seeds
from .surroundings import Surroundings

DOOR_SHARE = 0.65  # how often start and goal are asked to lie in different rooms
NEAREST_START = 2 * SUCCESS_DISTANCE  # metres; closer starts would be no walk
_STARTS = 32  # candidates drawn for a start
_ATTEMPTS = 40  # targets tried before a home is given up
_SPLITS = ("train", "val", "test")
_UNDER = 0.1  # metres below a ceiling where a sound is at least


class EpisodeSource(Protocol):
    """Whatever can say which episode an environment plays next."""

    def next(self, rng: np.random.Generator, agent: int, count: int) -> Episode:
        """The episode number `count` (from 0) of environment `agent`."""

    def index(self, agent: int, count: int) -> int:
        """How `next(rng, agent, count)` is counted: by its place in a list, else by `count`."""

    def upcoming(self, count: int) -> list[Key]:
        """Homes worth building before episode number `count + 1` begins."""


class ListedEpisodes:
    """Plays a list: environment i of N plays episodes i, i + N, i + 2N, … and starts over."""

    def __init__(self, episodes: list[Episode], num_envs: int) -> None:
        """Take a list of at least one episode."""
        if not episodes:
            raise SoundwalkError("the list of episodes is empty: expected at least one")
        self.episodes = episodes
        self._num_envs = num_envs

    def index(self, agent: int, count: int) -> int:
        """Position in the list of environment `agent`'s episode number `count`."""
        return (agent + count * self._num_envs) % len(self.episodes)

    def next(self, rng: np.random.Generator, agent: int, count: int) -> Episode:
        """The next episode of the list; the random stream is not touched."""
        return self.episodes[self.index(agent, count)]

    def upcoming(self, count: int) -> list[Key]:
        """Homes of the next round."""
        first = self.index(0, count + 1)
        ahead = self.episodes[first : first + self._num_envs]
        return [(episode.home, episode.rooms, episode.scene) for episode in ahead]


class SampledEpisodes:
    """Samples episodes of a split.

    Args:
        pool: where homes are built and kept.
        bank: the sounds.
        split: of homes, "train", "val" or "test".
        sounds: "heard", "unheard_clips" or "unheard".
        rooms: smallest and largest number of rooms.
        homes: size of the window of homes.
        refresh: homes by which the window moves with every episode of an environment.
        duration: seconds the source sounds; 0 means all the time.
        surroundings: what else there is.
        scenes: names of scenes that the pool knows, to walk in instead of generated homes. Their
            episodes differ from split to split, too, where the scenes do not.
        height: metres above the floor of sounds in scenes where no object can sound.
    """

    def __init__(
        self,
        pool: HomePool,
        bank: SoundBank,
        *,
        split: Split,
        sounds: Mode = "heard",
        rooms: Rooms = (3, 6),
        homes: int = 64,
        refresh: float = 0.5,
        duration: float = 0.0,
        surroundings: Surroundings | None = None,
        scenes: Sequence[str] = (),
        height: float = SENSOR_HEIGHT,
    ) -> None:
        """See the class."""
        if homes < 1:
            raise SoundwalkError(f"homes={homes} must be at least 1")
        if not height > 0:
            raise SoundwalkError(f"source_height={height}: expected metres above the floor, > 0")
        self._seeds, self._scenes, self._height = home_seeds(split), tuple(scenes), height
        self._pool, self._split, self._rooms = pool, split, rooms
        self._homes, self._refresh, self._duration = homes, refresh, duration
        self._bank, self._surroundings = bank, surroundings or Surroundings()
        self._clips = by_category(bank.clips(split, mode=sounds))
        if not self._clips:
            raise SoundwalkError(f"no clip for split={split!r}, sounds={sounds!r} in this bank")

    def next(self, rng: np.random.Generator, agent: int, count: int) -> Episode:
        """Sample an episode; see the module for what it depends on."""
        if self._scenes:
            other = _SPLITS.index(self._split)
            rng = np.random.default_rng([int(rng.integers(1 << 32)), other])
        failed = set[str]()
        while not self._scenes or len(failed) < len(self._scenes):
            key = self._choose(rng, count, failed)
            slot = self._pool.acquire(*key)
            try:
                home = self._pool.home(slot)
                episode = self.in_home(home, key, rng)
                if episode is not None:
                    episode = self._surroundings.around(episode, home, self._clips, self._bank)
            finally:
                self._pool.release(slot)
            if episode is not None:
                return episode
            failed.add(key[2])
        raise SoundwalkError(
            f"no episode can be found in {', '.join(sorted(failed))}: a start must lie at least "
            f"{NEAREST_START:g} m of walking from a sound, in one piece with it"
        )

    def index(self, agent: int, count: int) -> int:
        """The number of the sampled episode."""
        return count

    def upcoming(self, count: int) -> list[Key]:
        """The home at the far end of the next window: the only one that is new there."""
        if self._scenes:
            return []  # few, and not known beforehand
        last = int((count + 1) * self._refresh) + self._homes - 1
        return [(self._seeds[last % len(self._seeds)], self._rooms, "")]

    def _choose(self, rng: np.random.Generator, count: int, failed: set[str]) -> Key:
        """A home of the window, or one of the scenes that have not failed."""
        if self._scenes:
            left = [name for name in self._scenes if name not in failed]
            return -1, (0, 0), left[int(rng.integers(len(left)))]
        window = int(count * self._refresh)
        seed = self._seeds[(window + int(rng.integers(self._homes))) % len(self._seeds)]
        return seed, self._rooms, ""

    def in_home(self, home: Home, key: Key, rng: np.random.Generator) -> Episode | None:
        """Sample an episode in one home, or None where no start lies far enough from any sound."""
        plan, chambers = home.scene.plan, Chambers(home.scene.plan)
        targets = [i for i, o in enumerate(plan.objects) if o.category in self._clips]
        anything_goes = not targets  # sounds from a folder may name nothing that a home holds
        targets = targets or list(range(len(plan.objects)))
        for attempt in range(_ATTEMPTS):
            target = targets[int(rng.integers(len(targets)))] if targets else -1
            other_room: bool | None = bool(rng.random() < DOOR_SHARE)
            if chambers.count == 1 or attempt >= _ATTEMPTS / 2:
                other_room = None  # take what there is
            if anything_goes:
                category = sorted(self._clips)[int(rng.integers(len(self._clips)))]
            else:
                category = plan.objects[target].category
            clips = self._clips[category]
            clip = clips[int(rng.integers(len(clips)))]
            source = plan.objects[target].position if targets else self._anywhere(home, rng)
            goal = home.nav.nearest_free(np.array(source[:2]))
            starts = home.nav.sample_free(rng, _STARTS)
            heading = float(rng.uniform(-np.pi, np.pi))
            offset = int(rng.integers(len(self._bank.load(clip))))
            found = _start(home, chambers, starts, goal, other_room)
            if found is None or (key[2] and chambers.at(goal) != chambers.at(np.array(source))):
                continue
            start, geodesic = found
            return Episode(
                split=self._split,
                home=key[0],
                rooms=key[1],
                start=(float(start[0]), float(start[1]), heading),
                target=target,
                source=source,
                goal=(float(goal[0]), float(goal[1])),
                clip=clip.name,
                offset=offset,
                duration=self._duration,
                geodesic=geodesic,
                straight=float(np.hypot(*(goal - start))),
                doors=chambers.at(start) != chambers.at(goal),
                scene=key[2],
            )
        return None

    def _anywhere(self, home: Home, rng: np.random.Generator) -> Point3:
        """A point above the free floor, for a sound that nobody sees."""
        x, y = home.nav.sample_free(rng, 1)[0]
        height = min(room.height for room in home.scene.plan.rooms)
        return float(x), float(y), min(self._height, height - _UNDER)


def by_category(clips: Iterable[Clip]) -> dict[str, list[Clip]]:
    """Group clips by their category."""
    groups: dict[str, list[Clip]] = {}
    for clip in clips:
        groups.setdefault(clip.category, []).append(clip)
    return groups


def _start(
    home: Home, chambers: Chambers, starts: F64, goal: F64, other_room: bool | None
) -> tuple[F64, float] | None:
    """The first candidate far enough from the goal and, if asked, in another room or the same."""
    field = home.nav.field(goal)
    goal_room = chambers.at(goal)
    for start in starts:
        elsewhere = chambers.at(start) != goal_room
        if other_room is not None and elsewhere != other_room:
            continue
        distance = float(field.distance(start))
        if NEAREST_START <= distance < np.inf:
            return start, distance
    return None
