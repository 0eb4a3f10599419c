"""Episodes as data: what an agent is asked to do, written as one JSON object a line.

An episode names a home by its generator seed, a start, a sounding object and a clip, so a file of a
few kilobytes replays 500 walks exactly. Splits of homes are disjoint ranges of seeds.
"""

from __future__ import annotations

import dataclasses
import json
import os
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ..interface import SoundwalkError, unknown

HOME_SEEDS = {"train": 0, "val": 1_000_000, "test": 2_000_000}
HOMES_PER_SPLIT = 1_000_000
VERSION = 1


@dataclass(frozen=True, slots=True)
class Distractor:
    """Another sound at the same time.

    Attributes:
        target: index into the home's plan.objects; -1 where nothing is seen that sounds.
        source: where the sound leaves the object, metres.
        clip: name of the sound in its bank.
        offset: sample at which the clip starts.
    """

    target: int
    source: tuple[float, float, float]
    clip: str
    offset: int


@dataclass(frozen=True, slots=True)
class Episode:
    """One walk to one sound.

    Attributes:
        split: "train", "val" or "test".
        home: seed of the generated home; -1 in a scene from elsewhere.
        rooms: smallest and largest number of rooms asked of the generator; 0, 0 of a scene.
        start: x, y in metres and heading in radians.
        target: index into the home's plan.objects; -1 where nothing is seen that sounds.
        source: where the sound leaves the object, metres.
        goal: the navigable point nearest to the source, metres; distances are measured to it.
        clip: name of the sound in its bank, "category/variant".
        offset: sample at which the clip starts.
        duration: seconds the source sounds from the start of the episode; 0 means all the time.
        geodesic: shortest walkable distance from start to goal, metres.
        straight: straight-line distance from start to goal, metres.
        doors: whether start and goal lie in different rooms.
        onset: seconds until the source begins to sound; at 0 it has always been on.
        loop: whether clips are repeated; if not, they sound once.
        distractors: other sounds at the same time.
        waypoints: x, y in metres between which the source walks there and back, from `goal` on and
            at the height of `source`; it stays where it is if there are none.
        speed: at which it walks, metres per second.
        scene: name of a scene from elsewhere; empty in generated homes.
    """

    split: str
    home: int
    rooms: tuple[int, int]
    start: tuple[float, float, float]
    target: int
    source: tuple[float, float, float]
    goal: tuple[float, float]
    clip: str
    offset: int
    duration: float
    geodesic: float
    straight: float
    doors: bool
    onset: float = 0.0
    loop: bool = True
    distractors: tuple[Distractor, ...] = ()
    waypoints: tuple[tuple[float, float], ...] = ()
    speed: float = 0.0
    scene: str = ""

    @property
    def category(self) -> str:
        """What sounds."""
        return self.clip.partition("/")[0]


def home_seeds(split: str) -> range:
    """The generator seeds of a split's homes.

    Raises:
        SoundwalkError: the split does not exist.
    """
    if split not in HOME_SEEDS:
        raise unknown("split", split, HOME_SEEDS)
    return range(HOME_SEEDS[split], HOME_SEEDS[split] + HOMES_PER_SPLIT)


def save_episodes(episodes: list[Episode], path: str | Path) -> None:
    """Write episodes as JSON lines, first aside, then renamed."""
    path = Path(path)
    aside = path.with_name(path.name + ".partial")
    with aside.open("w", encoding="utf-8") as file:
        for episode in episodes:
            file.write(json.dumps({"version": VERSION, **_row(episode)}) + "\n")
        file.flush()
        os.fsync(file.fileno())
    aside.replace(path)


def load_episodes(path: str | Path) -> list[Episode]:
    """Read episodes from a JSON-lines file.

    Raises:
        SoundwalkError: the file does not exist, holds no episode, or a line is not an episode of
            this version; the message names the line.
    """
    path = Path(path)
    if not path.is_file():
        raise SoundwalkError(
            f"no episode file at {str(path)!r}: write one with `soundwalk info --episodes -o FILE`"
        )
    episodes = [
        _parse(line, f"{path}:{number}")
        for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1)
        if line.strip()
    ]
    if not episodes:
        raise SoundwalkError(f"{str(path)!r} holds no episode: expected one JSON object a line")
    return episodes


def _row(episode: Episode) -> dict[str, Any]:
    """An episode as JSON has it: what is as by default is left out."""
    row = dataclasses.asdict(episode)
    return {name: value for name, value in row.items() if value != _DEFAULTS.get(name, _UNSET)}


def _parse(line: str, where: str) -> Episode:
    try:
        row = json.loads(line)
    except json.JSONDecodeError as error:
        raise SoundwalkError(f"{where} is not JSON ({error.msg}): expected an episode") from None
    if not isinstance(row, dict) or row.pop("version", None) != VERSION:
        raise SoundwalkError(f"{where} is not an episode of version {VERSION}: generate it anew")
    row = {**_DEFAULTS, **row}
    names = {field.name for field in dataclasses.fields(Episode)}
    if set(row) != names:
        odd = sorted(set(row) ^ names)
        raise SoundwalkError(f"{where}: fields {odd} are missing or unknown; generate it anew")
    for name in ("rooms", "start", "source", "goal"):
        row[name] = tuple(row[name])
    row["waypoints"] = tuple((float(x), float(y)) for x, y in row["waypoints"])
    row["distractors"] = tuple(_distractor(entry, where) for entry in row["distractors"])
    episode = Episode(**row)
    if episode.split not in HOME_SEEDS:
        raise unknown("split", episode.split, HOME_SEEDS)
    return episode


def _distractor(entry: Any, where: str) -> Distractor:
    """A distractor of an episode read from JSON."""
    names = {field.name for field in dataclasses.fields(Distractor)}
    if isinstance(entry, Distractor):
        return entry
    if not isinstance(entry, dict) or set(entry) != names:
        raise SoundwalkError(f"{where}: a distractor is {entry!r}: expected {sorted(names)}")
    return Distractor(**{**entry, "source": tuple(entry["source"])})


_UNSET = object()
_DEFAULTS: dict[str, Any] = {
    field.name: field.default
    for field in dataclasses.fields(Episode)
    if field.default is not dataclasses.MISSING
}
