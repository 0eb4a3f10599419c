"""Scenes on disk: one compressed npz without pickles, versioned, written aside and then renamed."""

from __future__ import annotations

import json
import os
import tempfile
import zipfile
import zlib
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

import numpy as np

from ..interface import SoundwalkError
from .attached import attached, detached
from .scene import Door, FloorPlan, Furniture, Room, Scene, SoundingObject, Surface, Window

FORMAT = "soundwalk scene"
VERSION = 3
# 1 knew neither closed doors nor transmission, 2 no rasters and skins: the defaults are what
# they meant.
_READABLE = (1, 2, 3)
_ARRAYS = {
    "triangles": np.float32, "surface": np.int32, "instance": np.int32, "obstacles": np.float64,
}  # fmt: skip
_MORE = ("free ", "skin ")
_PLAN = {
    "rooms": Room, "doors": Door, "windows": Window, "furniture": Furniture,
    "objects": SoundingObject,
}  # fmt: skip

# What zipfile, zlib, numpy and json raise for a file that is cut short, altered, or another thing.
_DAMAGE = (
    ValueError, KeyError, TypeError, OSError, EOFError, RuntimeError, zipfile.BadZipFile,
    zlib.error,
)  # fmt: skip


def save(scene: Scene, path: str | Path) -> None:
    """Write a scene to one file; whoever reads at the same time sees the old file or the new one.

    Args:
        scene: what to write.
        path: where; its folder must exist. The name is used as given.
    """
    target = Path(path)
    if not target.parent.is_dir():
        raise SoundwalkError(f"the folder {str(target.parent)!r} does not exist: create it first")
    more, about = attached(scene)
    words = {
        "format": FORMAT,
        "version": VERSION,
        "name": scene.name,
        "seed": scene.seed,
        "surfaces": [asdict(surface) for surface in scene.surfaces],
        "plan": asdict(scene.plan),
        **about,
    }
    arrays = {name: getattr(scene, name) for name in _ARRAYS} | more
    handle, aside = tempfile.mkstemp(dir=target.parent, prefix=target.name, suffix=".part")
    try:
        with os.fdopen(handle, "wb") as file:
            np.savez_compressed(file, words=np.array(json.dumps(words)), **arrays)
            file.flush()
            os.fsync(file.fileno())
        Path(aside).replace(target)
    except BaseException:
        Path(aside).unlink(missing_ok=True)
        raise


def load(path: str | Path) -> Scene:
    """Read a scene that `save` wrote.

    Raises:
        SoundwalkError: no such file, not a scene, damaged, or of another version.
    """
    source = Path(path)
    if not source.is_file():
        raise SoundwalkError(f"there is no scene file at {str(source)!r}")
    try:
        with source.open("rb") as file, np.load(file, allow_pickle=False) as archive:
            words = json.loads(str(archive["words"]))
            arrays = {name: archive[name].astype(kind) for name, kind in _ARRAYS.items()}
            more = {name: archive[name] for name in archive.files if name.startswith(_MORE)}
    except _DAMAGE as error:
        raise _not_a_scene(source, str(error)) from error
    if not isinstance(words, dict) or words.get("format") != FORMAT:
        raise _not_a_scene(source, "its header is another one")
    if words.get("version") not in _READABLE:
        raise SoundwalkError(
            f"{str(source)!r} is a scene of version {words.get('version')!r}, but this soundwalk "
            f"reads versions {_READABLE[0]} to {VERSION}: generate it again, or install the "
            "soundwalk that wrote it"
        )
    try:
        free, skin = detached(more, words)
        scene = replace(_scene(words, arrays), free=free, skin=skin)
    except (KeyError, TypeError, AttributeError) as error:
        raise _not_a_scene(source, f"its plan is incomplete: {error}") from error
    except ValueError as error:  # SoundwalkError among them
        raise _not_a_scene(source, str(error)) from error
    return scene


def _scene(words: dict[str, Any], arrays: dict[str, Any]) -> Scene:
    """Put a scene together from what a file holds, and check what indexes what.

    Raises:
        SoundwalkError: an array has another shape, or a surface does not exist.
    """
    scene = Scene(
        **arrays,
        surfaces=tuple(Surface(**_tuples(entry)) for entry in words["surfaces"]),
        plan=FloorPlan(
            **{
                name: tuple(kind(**_tuples(entry)) for entry in words["plan"][name])
                for name, kind in _PLAN.items()
            }
        ),
        seed=words["seed"],
        name=words["name"],
    )
    count = len(scene.surfaces)
    if len(scene.surface) and not 0 <= scene.surface.min() <= scene.surface.max() < count:
        raise SoundwalkError(f"a face has a surface that is not among its {count} surfaces")
    if scene.obstacles.ndim != 2 or scene.obstacles.shape[1] != 4:
        raise SoundwalkError(f"obstacles has shape {scene.obstacles.shape}: expected (K, 4)")
    return scene


def _not_a_scene(path: Path, why: str) -> SoundwalkError:
    """The error for a file that cannot be read."""
    return SoundwalkError(
        f"{str(path)!r} is not a soundwalk scene or is damaged ({why}): "
        "expected a file written by soundwalk.envs.scenes.save"
    )


def _tuples(entry: dict[str, Any]) -> dict[str, Any]:
    """JSON knows lists only; scenes hold tuples."""
    return {key: _tuple(value) for key, value in entry.items()}


def _tuple(value: Any) -> Any:
    return tuple(_tuple(item) for item in value) if isinstance(value, list) else value
