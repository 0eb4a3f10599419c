"""Homes that people write down: plan.json, its schema, and what is wrong with a plan."""

from __future__ import annotations

from pathlib import Path

from ..scene import Scene
from .building import build
from .laws import obey
from .reading import read
from .schema import SCHEMA
from .writing import save_plan

__all__ = ["SCHEMA", "load_plan", "save_plan"]


def load_plan(path: str | Path) -> Scene:
    """A home from a plan.json, as docs/elsewhere.md and the schema describe it.

    Args:
        path: of the file.

    Returns:
        A scene as generated homes are: triangles, materials, rooms with their doors, windows,
        furniture and sounding objects. A room of several boxes is several touching rooms of the
        scene's plan, joined by joints.

    Raises:
        SoundwalkError: no such file, not JSON, a key or value that the schema does not know, or a
            home that cannot be: rooms that overlap, a door in no wall, furniture outside its room
            or before a door, an unknown material. The message names the entry and the remedy.
    """
    draft = read(Path(path))
    obey(draft)
    return build(draft)
