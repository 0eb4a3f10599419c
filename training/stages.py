"""Scenes of habitat-sim from a folder of files, each opened when an episode names it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from ..envs.acoustics import AcousticModel
from ..envs.interface import SoundwalkError
from ..envs.scenes.mesh import ENDINGS, MeshOptions, import_mesh
from ..envs.simulators.habitat import HabitatScene
from ..envs.simulators.options import HearingOptions


class HabitatFiles(Mapping[str, HabitatScene]):
    """Scenes by the paths that episodes give them, below a folder or as they are.

    Args:
        folder: of the scenes; or one file, which is the scene of every episode of its name.
        mesh: options of `load_mesh`, for the acoustics.
        hearing: options of our ears; None where they are not used, so that no acoustics are made.
    """

    def __init__(
        self, folder: Path, mesh: Mapping[str, Any], hearing: Mapping[str, Any] | None
    ) -> None:
        """See the class.

        Raises:
            SoundwalkError: there is no such folder or file.
        """
        if not folder.exists():
            raise SoundwalkError(
                f"env.world_options.scenes: there is no folder of scenes at {str(folder)!r}"
            )
        self._folder, self._mesh, self._hearing = folder, dict(mesh), hearing
        self._open: dict[Path, HabitatScene] = {}

    def __getitem__(self, name: str) -> HabitatScene:
        path = self._path(name)
        if path is None:
            raise KeyError(name)
        if path not in self._open:
            self._open[path] = self._opened(path)
        return self._open[path]

    def __contains__(self, name: object) -> bool:
        return self._path(str(name)) is not None

    def __iter__(self) -> Iterator[str]:
        if self._folder.is_file():
            return iter([self._folder.name])
        found = (path for path in self._folder.rglob("*") if path.suffix.lower() in ENDINGS)
        return iter(sorted(str(path.relative_to(self._folder)) for path in found))

    def __len__(self) -> int:
        return sum(1 for _ in self)

    def _path(self, name: str) -> Path | None:
        if self._folder.is_file():
            return self._folder if Path(name).name == self._folder.name else None
        tried = (self._folder / name, Path(name))
        return next((path for path in tried if path.is_file()), None)

    def _opened(self, path: Path) -> HabitatScene:
        if self._hearing is None:
            return HabitatScene(path)
        scene, report = import_mesh(path, MeshOptions(**self._mesh))
        acoustics = AcousticModel.from_scene(scene, HearingOptions(**self._hearing).config())
        return HabitatScene(path, acoustics, report.storeys[report.storey].z)
