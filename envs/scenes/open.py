"""Scenes from files of all kinds: what the ending of a name says."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ..interface import SoundwalkError, unknown
from .scene import Scene
from .store import load

if TYPE_CHECKING:
    from .mesh import MeshOptions


def mesh_options(options: dict[str, Any]) -> MeshOptions:
    """Options of a mesh by name.

    Raises:
        SoundwalkError: there is no such option, or its value has no meaning.
    """
    from .mesh import MeshOptions

    return MeshOptions(**_known(MeshOptions, options))


def _mesh(path: Path, **options: Any) -> Scene:
    from .mesh import import_mesh

    return import_mesh(path, mesh_options(options))[0]


def _plan(path: Path) -> Scene:
    from .plans import load_plan

    return load_plan(path)


def _map(path: Path, **options: Any) -> Scene:
    from .maps import load_map

    return load_map(path, **_known(load_map, options, skipped=1))


OPENERS: dict[str, Callable[..., Scene]] = {
    ".npz": load,
    ".json": _plan,
    ".yaml": _map,
    ".yml": _map,
    **dict.fromkeys((".glb", ".gltf", ".obj", ".ply", ".dae", ".stl"), _mesh),
}
"""What opens a file, by its ending in small letters."""


def open_scene(path: str | Path, **options: Any) -> Scene:
    """A scene from a file: .npz of `save`, a plan (.json), a robot's map (.yaml), or a mesh.

    Args:
        path: of the file.
        options: of what reads it: see `load_map` and `MeshOptions`; other files have none.

    Raises:
        SoundwalkError: no such file, an ending that nothing here reads, an option that its reader
            does not have, or what the reader finds wrong.
    """
    file = Path(path)
    opener = OPENERS.get(file.suffix.lower())
    if opener is None:
        raise SoundwalkError(
            f"{str(path)!r} ends in {file.suffix!r}: expected a scene's file, {', '.join(OPENERS)}"
        )
    if not file.is_file():
        raise SoundwalkError(f"there is no scene file at {str(path)!r}")
    if options and not _takes_options(opener):
        raise SoundwalkError(
            f"{str(path)!r}: scenes in {file.suffix} files have no options, but "
            f"{', '.join(options)} given: leave them out"
        )
    return opener(file, **options)


def _takes_options(opener: Callable[..., Scene]) -> bool:
    return len(inspect.signature(opener).parameters) > 1


def _known(reader: Callable[..., Any], options: dict[str, Any], skipped: int = 0) -> dict[str, Any]:
    """The options, if they are all parameters of the reader, after the first few."""
    names = list(inspect.signature(reader).parameters)[skipped:]
    for name in options:
        if name not in names:
            raise unknown("option of a scene's file", name, names)
    return options
