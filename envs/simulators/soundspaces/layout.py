"""Where SoundSpaces keeps its files, and which of them are missing.

The layout is that of facebookresearch/sound-spaces, soundspaces/README.md, below one folder `data`:

    metadata/<dataset>/<scene>/points.txt, graph.pkl
    binaural_rirs/<dataset>/<scene>/<azimuth>/<receiver>_<source>.wav
    scene_observations/<dataset>/<scene>.pkl
    datasets/[audionav/]<dataset>/<version>/<split>/<split>.json.gz, content/<scene>.json.gz
    sounds/1s_all/<sound>.wav
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property
from itertools import product
from pathlib import Path, PurePosixPath

from ...interface import SoundwalkError, unknown
from .graph import SceneGraph

AZIMUTHS = (0, 90, 180, 270)  # names of the folders of responses, degrees
_NAMED = 3  # of the missing files, as examples


class MissingDataError(SoundwalkError):
    """Files of a data set are missing; the message says which and how many."""


@dataclass(frozen=True)
class Kind:
    """What differs between the two data sets.

    Attributes:
        grid: metres between neighbouring nodes.
        lift: metres by which points.txt lies above the floor.
        rate: samples per second of the responses.
    """

    grid: float
    lift: float
    rate: int


KINDS = {"replica": Kind(0.5, 1.5528907, 44_100), "mp3d": Kind(1.0, 1.5, 16_000)}


@dataclass(frozen=True)
class SoundSpacesData:
    """One of the two data sets below a folder.

    Attributes:
        root: the folder that holds metadata, binaural_rirs, …
        dataset: "replica" or "mp3d".
    """

    root: Path
    dataset: str

    def __post_init__(self) -> None:
        """Check that it is there.

        Raises:
            SoundwalkError: an unknown data set.
            MissingDataError: no such folder, or nothing of the data set in it.
        """
        if self.dataset not in KINDS:
            raise unknown("dataset", self.dataset, KINDS)
        if not self.metadata.is_dir():
            raise MissingDataError(
                f"no SoundSpaces data at {str(self.metadata)!r}: expected the folders "
                "<scene>/points.txt, graph.pkl; docs/elsewhere.md says where the data is from"
            )

    @property
    def kind(self) -> Kind:
        """Grid, height and rate."""
        return KINDS[self.dataset]

    @property
    def metadata(self) -> Path:
        """The folder of graphs."""
        return self.root / "metadata" / self.dataset

    @cached_property
    def scenes(self) -> tuple[str, ...]:
        """Names of the scenes that have metadata, sorted."""
        return tuple(sorted(path.name for path in self.metadata.iterdir() if path.is_dir()))

    def graph(self, scene: str) -> SceneGraph:
        """The places of a scene.

        Raises:
            SoundwalkError: no such scene, or its files are damaged or disagree.
            MissingDataError: one of the two files is missing.
        """
        if scene not in self.scenes:
            raise unknown("scene", scene, self.scenes)
        folder = self.metadata / scene
        self._require(scene, [folder / "points.txt", folder / "graph.pkl"])
        return SceneGraph.read(
            folder / "points.txt", folder / "graph.pkl", self.kind.grid, self.kind.lift
        )

    def responses(self, scene: str) -> Path:
        """The folder of a scene's impulse responses."""
        return self.root / "binaural_rirs" / self.dataset / scene

    def response(self, scene: str, azimuth: int, receiver: int, source: int) -> Path:
        """The file of an impulse response; nodes as graph.pkl names them."""
        return self.responses(scene) / str(azimuth) / f"{receiver}_{source}.wav"

    def views(self, scene: str) -> Path:
        """The file of a scene's cached observations."""
        return self.root / "scene_observations" / self.dataset / f"{scene}.pkl"

    def sound(self, name: str) -> Path:
        """The file of a sound: "telephone", or "train/chair.wav" of the semantic splits.

        Raises:
            MissingDataError: it is not there.
            SoundwalkError: the name leads out of the folder.
        """
        parts = PurePosixPath(name).parts
        if not parts or ".." in parts or PurePosixPath(name).is_absolute():
            raise SoundwalkError(f"sound {name!r} of an episode: expected a name below sounds/")
        folder = self.root / "sounds" / ("1s_all" if len(parts) == 1 else "semantic_splits")
        path = folder.joinpath(*parts)
        path = path if path.suffix == ".wav" else path.with_name(path.name + ".wav")
        if not path.is_file():
            raise MissingDataError(f"sound {name!r} is missing: expected {str(path)!r}")
        return path

    def episodes(self, split: str, version: str = "v1") -> Path:
        """The file of a split's episodes, e.g. of "train_telephone" or "val_multiple_unheard".

        Raises:
            MissingDataError: it is not there.
        """
        for folder in (self.root / "datasets" / "audionav", self.root / "datasets"):
            base = folder / self.dataset / version
            if (base / split).is_dir():
                return base / split / f"{split}.json.gz"
        there = ", ".join(sorted({name for _, name in self.splits()})) or "none"
        raise MissingDataError(
            f"no episodes of split {split!r}, version {version!r} below "
            f"{str(self.root / 'datasets')!r}; splits that are there: {there}"
        )

    def splits(self) -> list[tuple[str, str]]:
        """Versions and names of the splits of episodes that are there, sorted."""
        found = (self.root / "datasets").glob(f"**/{self.dataset}/*/*")
        return sorted((path.parent.name, path.name) for path in found if path.is_dir())

    def check(self, scene: str, graph: SceneGraph) -> None:
        """Count a scene's impulse responses and compare them with its graph.

        Expected is one for each azimuth, receiver and source that is reachable from it.

        Raises:
            MissingDataError: some are missing.
            SoundwalkError: some are of places that the scene does not have.
        """
        wanted = {
            f"{graph.names[a]}_{graph.names[b]}.wav"
            for part in graph.parts()
            for a, b in product(part, part)
        }
        missing: list[Path] = []
        for azimuth in AZIMUTHS:
            folder = self.responses(scene) / str(azimuth)
            there = {path.name for path in folder.iterdir()} if folder.is_dir() else set()
            missing += [folder / name for name in sorted(wanted - there)]
            self._check_names(scene, graph, there - wanted)
        if missing:
            _report(f"impulse responses of {scene!r}", missing, len(AZIMUTHS) * len(wanted))

    def missing(self) -> dict[str, str]:
        """What is wrong with each scene, in words; empty where all is well."""
        found = {}
        for scene in self.scenes:
            try:
                self.check(scene, self.graph(scene))
                self._require(scene, [self.views(scene)])
            except SoundwalkError as error:
                found[scene] = str(error)
        return found

    def _check_names(self, scene: str, graph: SceneGraph, names: Iterable[str]) -> None:
        """The full download holds more places than the graph, but none beyond points.txt."""
        strange = sorted(name for name in names if not _within(name, graph.points))
        if strange:
            raise SoundwalkError(
                f"{len(strange)} impulse responses of {scene!r} are of places that points.txt, "
                f"with {graph.points} places, does not have, e.g. {strange[0]!r}: graph and "
                "responses are of different scenes or versions; download both again"
            )

    def _require(self, scene: str, paths: list[Path]) -> None:
        gone = [path for path in paths if not path.is_file()]
        if gone:
            _report(f"files of {scene!r}", gone, len(paths))


def _report(what: str, missing: list[Path], expected: int) -> None:
    examples = ", ".join(repr(str(path)) for path in missing[:_NAMED])
    more = ", …" if len(missing) > _NAMED else ""
    raise MissingDataError(
        f"{len(missing)} of {expected} {what} are missing: {examples}{more}; the download is not "
        "complete"
    )


def _within(name: str, points: int) -> bool:
    """Whether a file's name is that of a response between two of the first `points` places."""
    pair = name.removesuffix(".wav").split("_")
    return len(pair) == 2 and all(part.isdigit() and int(part) < points for part in pair)


def scene_name(scene_id: str, dataset: str) -> str:
    """The scene that an episode's path means.

    >>> scene_name("data/scene_datasets/replica/office_1/habitat/mesh_semantic.ply", "replica")
    'office_1'
    >>> scene_name("17DRP5sb8fy/17DRP5sb8fy.glb", "mp3d")
    '17DRP5sb8fy'
    """
    parts = PurePosixPath(scene_id).parts
    for marker in (dataset, "scene_datasets", "scene_dataset"):
        if marker in parts[:-1]:
            parts = parts[parts.index(marker) + 1 :]
            break
    return parts[0] if parts else scene_id
