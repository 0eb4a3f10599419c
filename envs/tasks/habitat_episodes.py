"""Episodes as habitat-lab and SoundSpaces write them: PointNav and AudioNav, json or json.gz.

A split is a file <split>.json.gz whose "episodes" may be empty, and a folder `content` beside it
with a file for each scene (habitat-lab, habitat/datasets/pointnav/pointnav_dataset.py;
sound-spaces, soundspaces/datasets/audionav_dataset.py). Positions are in habitat's axes and are
turned into ours; rotations are quaternions of parts x, y, z, w.
"""

from __future__ import annotations

import gzip
import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Any

import numpy as np

from ..interface import SoundwalkError
from ..simulators.habitat.axes import from_habitat, heading_of

Point = tuple[float, float, float]


@dataclass(frozen=True, slots=True)
class HabitatEpisode:
    """One walk in a scene of others.

    Attributes:
        name: the episode's own id.
        scene: path of the scene, as the file has it.
        start: x, y in metres and heading in radians.
        floor: height at the start, metres.
        goal: x, y, z in metres, on the floor: where the sound comes from.
        clip: name of the sound; empty where the file names none (PointNav).
        category: what sounds.
        geodesic: shortest walkable distance in metres as the file has it; 0 where it has none.
        actions: of the shortest way, STOP counted, as the file has it; 0 where it has none.
        offset: seconds of the sound at which it begins.
        duration: seconds it sounds; 0 means all the time.
    """

    name: str
    scene: str
    start: Point
    floor: float
    goal: Point
    clip: str = ""
    category: str = ""
    geodesic: float = 0.0
    actions: int = 0
    offset: float = 0.0
    duration: float = 0.0


class HabitatEpisodes:
    """Plays a list as environments ask for it: in its order, or drawn by chance.

    Args:
        episodes: at least one.
        num_envs: in order, environment i of N plays episodes i, i + N, i + 2N, … and starts over.
        shuffled: draw each episode from the environment's own random stream instead.
    """

    def __init__(
        self, episodes: Sequence[HabitatEpisode], num_envs: int, *, shuffled: bool = False
    ) -> None:
        """See the class.

        Raises:
            SoundwalkError: there are none.
        """
        if not episodes:
            raise SoundwalkError("the list of episodes is empty: expected at least one")
        self.episodes = list(episodes)
        self._num_envs, self._shuffled = num_envs, shuffled

    def next(self, rng: np.random.Generator, agent: int, count: int) -> HabitatEpisode:
        """The episode number `count` (from 0) of environment `agent`."""
        if self._shuffled:
            return self.episodes[int(rng.integers(len(self.episodes)))]
        return self.episodes[self.index(agent, count)]

    def index(self, agent: int, count: int) -> int:
        """Its place in the list; `count` where episodes are drawn."""
        return count if self._shuffled else (agent + count * self._num_envs) % len(self.episodes)


def load_habitat_episodes(path: str | Path) -> list[HabitatEpisode]:
    """Read a split's file and those of its scenes, in the order of their names.

    Raises:
        SoundwalkError: a file is missing, cut, or not of this kind; the message names it and the
            episode.
    """
    path = Path(path)
    suffix = ".json.gz" if path.name.endswith(".gz") else ".json"
    files = [path, *sorted((path.parent / "content").glob(f"*{suffix}"))]
    episodes = [
        _episode(row, f"{file}, episode {number}")
        for file in files
        for number, row in enumerate(_rows(file))
    ]
    if not episodes:
        raise SoundwalkError(f"{str(path)!r} holds no episode, nor does 'content' beside it")
    return episodes


def _rows(path: Path) -> list[Any]:
    """The episodes of a file as JSON has them."""
    if not path.is_file():
        raise SoundwalkError(f"no episode file at {str(path)!r}: expected <split>.json.gz")
    try:
        text = gzip.decompress(path.read_bytes()) if path.suffix == ".gz" else path.read_bytes()
        held = json.loads(text)
    except (OSError, EOFError, ValueError) as error:
        raise SoundwalkError(
            f"{str(path)!r} is damaged ({error}): expected JSON; download it again"
        ) from None
    rows = held.get("episodes") if isinstance(held, dict) else None
    if not isinstance(rows, list):
        raise SoundwalkError(f"{str(path)!r} has no list 'episodes': expected habitat's format")
    return rows


def _episode(row: Any, where: str) -> HabitatEpisode:
    try:
        x, y, z, w = (float(v) for v in row["start_rotation"])
        start, goal = _point(row["start_position"]), _point(row["goals"][0]["position"])
        info = row.get("info") or {}
        clip = str(row.get("sound_id") or info.get("sound") or "")
        return HabitatEpisode(
            name=str(row["episode_id"]),
            scene=str(row["scene_id"]),
            start=(start[0], start[1], heading_of((w, x, y, z))),
            floor=start[2],
            goal=goal,
            clip=clip,
            category=str(row.get("object_category") or PurePosixPath(clip).stem),
            geodesic=float(info.get("geodesic_distance") or 0.0),
            actions=int(info.get("num_action") or 0),
            offset=float(row.get("offset") or 0.0),
            duration=float(row.get("duration") or 0.0),
        )
    except (KeyError, IndexError, TypeError, ValueError, AttributeError) as error:
        raise SoundwalkError(
            f"{where} cannot be read ({type(error).__name__}: {error}): expected episode_id, "
            "scene_id, start_position, start_rotation (x, y, z, w) and goals with a position"
        ) from None


def _point(values: Any) -> Point:
    """A finite point in our axes."""
    point = np.asarray([float(v) for v in values])
    if point.shape != (3,) or not np.isfinite(point).all():
        raise ValueError(f"a position is {values!r}")
    x, y, z = from_habitat(point)
    return float(x), float(y), float(z)
