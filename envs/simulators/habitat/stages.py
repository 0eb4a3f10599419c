"""Scenes that are open in habitat-sim, each in a simulator of its own, and where their floors are.

To start a simulator takes seconds, to open another scene in it a fraction of one: those that nobody
is in any more are used again.
"""

from __future__ import annotations

import shutil
import tempfile
import weakref
from collections import Counter
from dataclasses import dataclass
from pathlib import Path

from ...acoustics import AcousticModel
from ...interface import SoundwalkError
from .binding import Habitat, Library
from .settings import HabitatOptions, stage_file

_SAMPLES = 200  # random points by which islands are measured
_SMALLEST = 0.1  # share of all free space that a floor has at least


@dataclass(frozen=True, eq=False)
class HabitatScene:
    """A scene for habitat-sim.

    Attributes:
        path: a .glb, .ply or stage config; "NONE" is empty.
        acoustics: of the same scene, for our ears; None where nothing is heard, or RLR hears.
        floor: height of the floor in the file, metres: where z is 0 in the acoustics.
    """

    path: Path | str
    acoustics: AcousticModel | None = None
    floor: float = 0.0


@dataclass(eq=False)
class Stage:
    """A scene that is open.

    Attributes:
        scene: which.
        habitat: the simulator it is open in.
        island: of the navigation mesh, where agents walk.
    """

    scene: HabitatScene
    habitat: Habitat
    island: int
    users: int = 0


class Stages:
    """Simulators in numbered slots, at most `most` at a time.

    Raises:
        SoundwalkError: agents are in more scenes than that.
    """

    def __init__(self, library: Library, options: HabitatOptions, most: int) -> None:
        """Open nothing yet."""
        self._library, self._options, self._most = library, options, most
        self._stages: list[Stage] = []
        self._folder = Path(tempfile.mkdtemp(prefix="soundwalk-stages-"))
        self._clean = weakref.finalize(self, shutil.rmtree, self._folder, ignore_errors=True)

    def __getitem__(self, slot: int) -> Stage:
        return self._stages[slot]

    def acquire(self, scene: HabitatScene) -> tuple[int, bool]:
        """Slot of a scene, and whether it was opened now; it stays until released as often."""
        for slot, stage in enumerate(self._stages):
            if stage.scene is scene:
                stage.users += 1
                return slot, False
        path = self._file(scene)
        idle = [slot for slot, stage in enumerate(self._stages) if stage.users == 0]
        if len(self._stages) < self._most:
            habitat = Habitat(self._library, path, self._options)
            slot = len(self._stages)
            self._stages.append(Stage(scene, habitat, 0))
        elif idle:
            slot = idle[0]
            self._stages[slot].habitat.open(path)
        else:
            raise SoundwalkError(
                f"agents are in {self._most} scenes, each in a simulator of its own, and another "
                "is wanted: raise `simulators`, or make fewer agents"
            )
        stage = self._stages[slot]
        stage.scene, stage.users = scene, 1
        island = self._options.island
        stage.island = floor_island(stage.habitat) if island is None else island
        return slot, True

    def release(self, slot: int) -> None:
        """Leave a scene; it stays open until its simulator is needed."""
        self._stages[slot].users -= 1

    def close(self) -> None:
        """Stop all simulators."""
        for stage in self._stages:
            stage.habitat.close()
        self._stages.clear()
        self._clean()

    def _file(self, scene: HabitatScene) -> Path | str:
        if scene.path == "NONE":
            return "NONE"
        return stage_file(Path(scene.path), self._options, self._folder)


def floor_island(habitat: Habitat) -> int:
    """The island of the navigation mesh that is the floor.

    Roofs and table tops are islands, too, and a roof is the largest. The floor is the lowest island
    among those of at least a tenth of all free space, judged by random points.

    Raises:
        SoundwalkError: there is no free space.
    """
    points = [habitat.random_point() for _ in range(_SAMPLES)]
    islands = [habitat.island_of(point) for point in points]
    counts = Counter(islands)
    large = [i for i, count in counts.items() if count >= _SMALLEST * _SAMPLES]
    heights = {
        island: sum(p[2] for p, i in zip(points, islands, strict=True) if i == island)
        / counts[island]
        for island in large or list(counts)
    }
    return min(heights, key=lambda island: (heights[island], island))
