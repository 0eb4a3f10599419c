"""From sorted cells to a scene: walls stand on the edges of the air, furniture on its floor."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np

from ...interface import F64, I64, Bool
from ..chambers import Chambers
from ..freespace import FreeSpace, merged
from ..materials import material
from ..quads import face_of, quad_triangles
from ..scene import CEILING, EAST, FLOOR, NORTH, SOUTH, WEST, Box3, FloorPlan, Furniture, Scene
from ..segment import plan_from_free
from .grids import Sorted

_SMALLEST = 2.0  # m2 of a room
_MOST_BOXES = 24  # of a room with furniture along its walls: covers all but 10 % of its floor
_MOST_PARTS = 8  # boxes of a piece of furniture; more become the box around them


@dataclass(frozen=True, slots=True)
class Build:
    """What a map does not say.

    Attributes:
        height: of the walls, metres.
        furniture_height: metres.
        materials: names by walls, floor, ceiling, furniture.
    """

    height: float
    furniture_height: float
    materials: Mapping[str, str]


def build(cells: Sorted, how: Build, name: str) -> Scene:
    """The scene of a map's cells."""
    names = list(dict.fromkeys(how.materials.values()))
    wall, floor, roof, wood = (
        names.index(how.materials[key]) for key in ("walls", "floor", "ceiling", "furniture")
    )
    pieces = [_boxes(cells, piece, how.furniture_height) for piece in cells.pieces]
    free = _free(cells, how.height)
    plan = _plan(free, (wall, wall, wall, wall, floor, roof))
    quads, facings = _shell(cells, how.height)
    made_of = np.array([wall, wall, wall, wall, roof, floor])[facings]  # by where a face looks
    instances = np.zeros(len(quads), np.int64)
    for number, boxes in enumerate(pieces, 1):
        faces = np.array([face_of(box, side) for box in boxes for side in _SEEN])
        quads = np.concatenate([quads, faces])
        facings = np.concatenate([facings, np.tile(_SEEN, len(boxes))])
        made_of = np.concatenate([made_of, np.full(len(faces), wood)])
        instances = np.concatenate([instances, np.full(len(faces), number)])
    return Scene(
        quad_triangles(quads, facings),
        np.repeat(made_of.astype(np.int32), 2),
        np.repeat(instances.astype(np.int32), 2),
        tuple(material(entry) for entry in names),
        replace(plan, furniture=_furniture(plan, pieces, wood)),
        free.obstacles(),
        name=name,
        free=free,
    )


_SEEN = (WEST, EAST, SOUTH, NORTH, CEILING)  # sides of furniture; the floor hides the sixth


def _plan(free: FreeSpace, faces: tuple[int, int, int, int, int, int]) -> FloorPlan:
    """Rooms and doors.

    Furniture along walls looks like walls in a map, and gaps beside it like doorways. Where some
    room would be too small for one, rooms are parted only where the floor narrows much.
    """
    plan = plan_from_free(free, faces)
    sizes = [sum(plan.rooms[i].area for i in boxes) for boxes in Chambers(plan).boxes]
    if min(sizes) >= _SMALLEST or free.air is None:
        return plan
    bare = replace(free, floor=free.air, air=None)
    return plan_from_free(bare, faces, most_boxes=_MOST_BOXES)


def _free(cells: Sorted, height: float) -> FreeSpace:
    floor = cells.air.copy()
    for piece in cells.pieces:
        for x0, y0, x1, y1 in piece.astype(int):
            floor[y0:y1, x0:x1] = False
    ceiling = np.full(cells.air.shape, height, np.float32)
    return FreeSpace(cells.cell, cells.origin, floor, ceiling, air=cells.air)


def _boxes(cells: Sorted, piece: F64, height: float) -> list[Box3]:
    """The solid boxes of a piece in metres."""
    if len(piece) > _MOST_PARTS:
        piece = np.array([[*piece[:, :2].min(0), *piece[:, 2:].max(0)]])
    flat = np.array(cells.origin * 2) + piece * cells.cell
    return [(x0, y0, 0.0, x1, y1, height) for x0, y0, x1, y1 in flat.tolist()]


def _furniture(
    plan: FloorPlan, pieces: Sequence[list[Box3]], surface: int
) -> tuple[Furniture, ...]:
    """The pieces, each in the room nearest to it."""
    rooms = np.array([room.box for room in plan.rooms])
    found = []
    for number, boxes in enumerate(pieces, 1):
        x0, y0, z0, x1, y1, z1 = zip(*boxes, strict=True)
        around = (min(x0), min(y0), min(z0), max(x1), max(y1), max(z1))
        middle = np.array([around[0] + around[3], around[1] + around[4]]) / 2
        gap = np.maximum(np.maximum(rooms[:, :2] - middle, middle - rooms[:, 2:]), 0)
        room = int(np.argmin((gap**2).sum(1)))
        found.append(Furniture("furniture", room, around, surface, number, tuple(boxes)))
    return tuple(found)


def _shell(cells: Sorted, height: float) -> tuple[F64, I64]:
    """Flat boxes (Q, 6) in metres of walls, floor and ceiling, and where they look."""
    flat = merged(cells.air).astype(np.float64)
    low, top = np.zeros((len(flat), 1)), np.full((len(flat), 1), height / cells.cell)
    parts = [
        (np.hstack([flat[:, :2], low, flat[:, 2:], low]), CEILING),
        (np.hstack([flat[:, :2], top, flat[:, 2:], top]), FLOOR),
    ]
    for side in (WEST, EAST, SOUTH, NORTH):
        runs = _edges(cells.air, side)
        low, top = np.zeros((len(runs), 1)), np.full((len(runs), 1), height / cells.cell)
        parts.append((np.hstack([runs[:, :2], low, runs[:, 2:], top]), side ^ 1))
    quads = np.concatenate([quad for quad, _ in parts]) * cells.cell
    quads += np.array([*cells.origin, 0.0] * 2)
    return quads, np.repeat([side for _, side in parts], [len(quad) for quad, _ in parts])


def _edges(air: Bool, side: int) -> F64:
    """Stretches (K, 4) x0, y0, x1, y1 along which air ends on that side, in cells."""
    axis, high = side // 2, side % 2
    lines = air if axis == 0 else air.T  # the side's axis runs along a row
    beyond = np.roll(lines, 1 - 2 * high, axis=1)
    ends = merged((lines & ~beyond).T)  # runs along the wall: x is along it, y across
    found = []
    for a, across, b, until in ends.tolist():
        for line in range(across, until):
            at = line + high
            found.append((at, a, at, b) if axis == 0 else (a, at, b, at))
    return np.array(found, np.float64).reshape(-1, 4)
