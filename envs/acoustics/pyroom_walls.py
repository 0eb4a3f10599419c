"""The walls of a home as polygons, for engines that want polygons: the exact union of its air.

Each face of a room is one polygon, notched where a door begins; each door tunnel adds two jambs, a
lintel and a threshold. Corners run counter-clockwise seen from outside the air, so that normals
point out of it. Windows are left out: the plan's room faces carry the material of the whole wall.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from ..interface import F64
from ..scenes.scene import (
    CEILING,
    EAST,
    FLOOR,
    NORTH,
    SOUTH,
    WEST,
    Box3,
    Door,
    FloorPlan,
    Room,
)

_THIN = 1e-6  # m; a tunnel or a strip of wall thinner than this is none
_Notch = tuple[float, float, float]  # low and high along the wall, height
_Flat = list[tuple[float, float]]  # corners in the plane of a wall


@dataclass(frozen=True)
class Panel:
    """One flat piece of wall.

    Attributes:
        corners: (n, 3) metres, counter-clockwise seen from outside the air.
        surface: index into Scene.surfaces.
    """

    corners: F64
    surface: int


def shell(plan: FloorPlan) -> list[Panel]:
    """Every wall, floor, ceiling and door tunnel of a home; closed doors are wall."""
    panels = []
    for index, room in enumerate(plan.rooms):
        panels += _room(plan, index, room)
    for door in plan.doors:
        if _is_open(door):
            panels += _tunnel(plan, door)
    return panels


def furniture(plan: FloorPlan) -> list[Panel]:
    """The faces of all solid boxes of furniture, bottoms that stand on the floor left out."""
    panels = []
    for piece in plan.furniture:
        for part in piece.parts or (piece.box,):
            faces = [f for f in range(6) if f != FLOOR or part[2] > 1e-3]
            panels += [Panel(_face(part, f)[::-1], piece.surface) for f in faces]
    return panels


def _is_open(door: Door) -> bool:
    """Whether air passes; doors without leaves always stand open."""
    return bool(getattr(door, "open", True))


def _face(box: Box3, face: int) -> F64:
    """(4, 3) corners of a box's face, counter-clockwise seen from outside the box."""
    x0, y0, z0, x1, y1, z1 = box
    corners = {
        WEST: [(x0, y0, z0), (x0, y0, z1), (x0, y1, z1), (x0, y1, z0)],
        EAST: [(x1, y0, z0), (x1, y1, z0), (x1, y1, z1), (x1, y0, z1)],
        SOUTH: [(x0, y0, z0), (x1, y0, z0), (x1, y0, z1), (x0, y0, z1)],
        NORTH: [(x1, y1, z0), (x0, y1, z0), (x0, y1, z1), (x1, y1, z1)],
        FLOOR: [(x0, y0, z0), (x0, y1, z0), (x1, y1, z0), (x1, y0, z0)],
        CEILING: [(x0, y0, z1), (x1, y0, z1), (x1, y1, z1), (x0, y1, z1)],
    }
    return np.array(corners[face], dtype=np.float64)


def _room(plan: FloorPlan, index: int, room: Room) -> list[Panel]:
    """The six faces of a room with the openings of its doors cut out."""
    x0, y0, x1, y1 = room.box
    box = (x0, y0, 0.0, x1, y1, room.height)
    panels = [Panel(_face(box, face), room.surfaces[face]) for face in (FLOOR, CEILING)]
    for face in (WEST, EAST, SOUTH, NORTH):
        axis = 0 if face in (WEST, EAST) else 1  # of the normal
        low, high = (y0, y1) if axis == 0 else (x0, x1)
        holes = sorted(_notches(plan, index, room, face))
        for flat in _outlines(low, high, room.height, holes):
            along, up = np.array(flat).T
            across = np.full(len(flat), box[axis + (3 if face in (EAST, NORTH) else 0)])
            columns = [across, along, up] if axis == 0 else [along, across, up]
            corners = np.stack(columns, axis=1)
            # (along, up) counter-clockwise is seen from +x or from -y.
            outside = face in (EAST, SOUTH)
            panels.append(Panel(corners if outside else corners[::-1], room.surfaces[face]))
    return panels


def _notches(plan: FloorPlan, index: int, room: Room, face: int) -> list[_Notch]:
    """Doors in one wall of a room."""
    axis = 0 if face in (WEST, EAST) else 1
    upper = face in (EAST, NORTH)
    found = []
    for door in plan.doors:
        if _is_open(door) and door.axis == axis and index == door.rooms[0 if upper else 1]:
            height = min(door.height, room.height)
            found.append((door.box[1 - axis], door.box[3 - axis], height))
    return found


def _outlines(low: float, high: float, height: float, notches: list[_Notch]) -> list[_Flat]:
    """Counter-clockwise outlines (along, up) of a wall with openings that stand on the floor.

    Args:
        low: start of the wall.
        high: end of the wall.
        height: of the wall.
        notches: openings, sorted; one as high as the wall cuts it in two.
    """
    outlines, start, inside = [], low, []
    for notch in [*notches, (high, high, height)]:
        if notch[2] < height - _THIN:
            inside.append(notch)
            continue
        if notch[0] - start > _THIN:
            outlines.append(_outline(start, notch[0], height, inside))
        start, inside = notch[1], []
    return outlines


def _outline(low: float, high: float, height: float, notches: list[_Notch]) -> _Flat:
    """One piece of wall: along the floor and round each opening, then back under the ceiling."""
    points: _Flat = [(low, 0.0)]
    for a, b, top in notches:
        points += [(a, 0.0), (a, top), (b, top), (b, 0.0)]
    points += [(high, 0.0), (high, height), (low, height)]
    return [p for i, p in enumerate(points) if np.hypot(*np.subtract(p, points[i - 1])) > _THIN]


def _tunnel(plan: FloorPlan, door: Door) -> list[Panel]:
    """Jambs, lintel and threshold of a door; they are made like the room on its lower side."""
    x0, y0, x1, y1 = door.box
    if min(x1 - x0, y1 - y0) < _THIN:
        return []
    box = (x0, y0, 0.0, x1, y1, door.height)
    room = plan.rooms[door.rooms[0]]
    wall, floor = room.surfaces[EAST if door.axis == 0 else NORTH], room.surfaces[FLOOR]
    jambs = (SOUTH, NORTH) if door.axis == 0 else (WEST, EAST)
    sides = [Panel(_face(box, face), wall) for face in (*jambs, CEILING)]
    return [*sides, Panel(_face(box, FLOOR), floor)]
