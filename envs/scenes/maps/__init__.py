"""Maps of robots as scenes: walls extruded, furniture as boxes, rooms found."""

from __future__ import annotations

import math
import warnings
from collections.abc import Mapping
from pathlib import Path

from ...interface import AGENT_HEIGHT, SoundwalkError, unknown
from ..scene import Scene
from ..segment import wall_angle
from .building import Build, build
from .grids import fitted, sort_cells, turned
from .reading import read_map

__all__ = ["MATERIALS", "load_map"]

MATERIALS = {"walls": "wall_white", "floor": "floor_oak", "ceiling": "ceiling", "furniture": "oak"}
_ASKEW = math.radians(3.0)  # walls that lie at more than that to the axes


def load_map(
    path: str | Path,
    *,
    height: float = 2.5,
    furniture: str = "boxes",
    furniture_height: float = 0.75,
    materials: Mapping[str, str] | None = None,
    align: bool = False,
) -> Scene:
    """A scene from a map of ROS's map_server: a YAML file beside a PGM or PNG image.

    What is unknown is solid, and of what is free the largest part that hangs together is used.
    Walls are as high as the ceiling; what stands by itself, at most 2.5 m long and 4 m2 large, is
    furniture. A map holds nothing that could sound: sounds come from points in the free space.

    Args:
        path: of the YAML file.
        height: of rooms, metres.
        furniture: "boxes", or "none" to leave it out.
        furniture_height: metres.
        materials: names by walls, floor, ceiling, furniture; see MATERIALS.
        align: turn the map so that its walls lie along the axes. Rooms are boxes along the axes,
            so a map at an angle is heard worse; positions are then turned around (0, 0), too.

    Returns:
        A scene in the map's own metres. If the origin has a yaw, or with `align`, positions of the
        map are turned around (0, 0), so that x runs along rows of pixels, or along walls.

    Raises:
        SoundwalkError: a file is missing or damaged, a value has no meaning, nothing is free, or
            the map is too large.
    """
    if furniture not in ("boxes", "none"):
        raise unknown("furniture", furniture, ["boxes", "none"])
    for key in materials or {}:
        if key not in MATERIALS:
            raise unknown("key of materials", key, MATERIALS)
    if not AGENT_HEIGHT < height <= 20:
        raise SoundwalkError(
            f"height={height!r}: expected metres, more than {AGENT_HEIGHT:g} and at most 20"
        )
    if not 0 < furniture_height < height:
        raise SoundwalkError(
            f"furniture_height={furniture_height!r}: expected metres, less than height={height:g}"
        )
    grid = fitted(read_map(Path(path)))
    angle = wall_angle(grid.free)
    if align:
        grid = turned(grid, -angle)
    elif abs(angle) > _ASKEW:
        warnings.warn(
            f"walls of map {grid.name!r} lie at {math.degrees(angle):.0f} degrees to the axes, and "
            "rooms are boxes along them: load it with align=True",
            stacklevel=2,
        )
    cells = sort_cells(grid, furnished=furniture == "boxes")
    how = Build(height, furniture_height, {**MATERIALS, **(materials or {})})
    return build(cells, how, grid.name)
