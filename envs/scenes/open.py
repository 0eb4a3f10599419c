"""Scenes from files of all kinds: what the ending of a name says."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from ..interface import SoundwalkError
from .scene import Scene
from .store import load


def _mesh(path: Path) -> Scene:
    from .mesh import load_mesh

    return load_mesh(path)


def _plan(path: Path) -> Scene:
    from .plans import load_plan

    return load_plan(path)


OPENERS: dict[str, Callable[[Path], Scene]] = {
    ".npz": load,
    ".json": _plan,
}
"""What opens a file, by its ending in small letters."""


def open_scene(path: str | Path) -> Scene:
    """A scene from a file: one that `save` wrote (.npz), or a plan (.json).

    Raises:
        SoundwalkError: no such file, an ending that nothing here reads, or what the reader of that
            kind of file finds wrong.
    """
    file = Path(path)
    opener = OPENERS.get(file.suffix.lower())
    if opener is None:
        raise SoundwalkError(
            f"{str(path)!r} ends in {file.suffix!r}: expected a scene's file, {', '.join(OPENERS)}"
        )
    if not file.is_file():
        raise SoundwalkError(f"there is no scene file at {str(path)!r}")
    return opener(file)
