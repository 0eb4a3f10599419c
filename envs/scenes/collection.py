"""Scenes by name: one, a list, a folder of files, or lists by split."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from ..interface import SoundwalkError
from .open import OPENERS
from .scene import Scene

One = str | Path | Scene
Scenes = One | Sequence[One] | Mapping[str, One | Sequence[One]]
SPLITS = ("train", "val", "test")


def gather(scenes: Scenes, split: str) -> dict[str, Scene | Path]:
    """The scenes of a split, by the names that episodes call them.

    Args:
        scenes: a scene, or a file of one; a folder, which is searched for files that `open_scene`
            reads, or which has a folder for each split; a list of scenes, files and folders; or
            {"train": …, "val": …, "test": …} of such. All splits have the same scenes where only a
            folder or a mapping could tell them apart and does not.
        split: "train", "val" or "test".

    Returns:
        Scenes, or their files, by name: a scene's own name, a file's name without its folder.

    Raises:
        SoundwalkError: no such file, a folder or split without any scene, or two of one name.
    """
    if isinstance(scenes, Mapping):
        if strange := sorted(set(scenes) - set(SPLITS)):
            raise SoundwalkError(
                f"scenes has the split {strange[0]!r}: expected some of {', '.join(SPLITS)}"
            )
        if split not in scenes:
            raise SoundwalkError(
                f"scenes has none of the split {split!r}, only of {', '.join(scenes) or 'none'}: "
                f"give a list under {split!r}"
            )
        scenes = scenes[split]
    named: dict[str, Scene | Path] = {}
    for scene in [scenes] if isinstance(scenes, One) else scenes:
        for name, found in _found(scene, split):
            if name in named:
                raise SoundwalkError(
                    f"two scenes are called {name!r}: episodes name a scene by the name of its "
                    "file, so give the files different names"
                )
            named[name] = found
    if not named:
        raise SoundwalkError("the list of scenes is empty: give at least one")
    return named


def _found(scene: One, split: str) -> Iterator[tuple[str, Scene | Path]]:
    """The scenes behind one entry, with their names."""
    if isinstance(scene, Scene):
        yield scene.name, scene
        return
    path = Path(scene)
    if path.is_file():
        yield path.name, path
        return
    if not path.is_dir():
        raise SoundwalkError(f"there is no scene file and no folder of scenes at {str(scene)!r}")
    if any((path / name).is_dir() for name in SPLITS):
        path /= split
        if not path.is_dir():
            raise SoundwalkError(
                f"{str(scene)!r} has folders for splits, but none for {split!r}: make "
                f"{str(path)!r}, or give lists by split"
            )
    files = [file for file in sorted(path.iterdir()) if file.suffix.lower() in OPENERS]
    if not files:
        raise SoundwalkError(
            f"the folder {str(path)!r} holds no scene: expected files {', '.join(OPENERS)}"
        )
    for file in files:
        yield file.name, file
