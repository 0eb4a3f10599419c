"""Rooms that are not boxes, as boxes that touch: an L, a T, a room with an alcove."""

from __future__ import annotations

import itertools
import math
from collections.abc import Sequence

import numpy as np

from ..interface import SoundwalkError
from .coefficients import Coefficient, face_surfaces
from .quads import TOWARDS, quad_triangles
from .scene import (
    CEILING,
    EAST,
    FLOOR,
    NORTH,
    SOUTH,
    WEST,
    Box2,
    Box3,
    Door,
    FloorPlan,
    Room,
    Scene,
)
from .shell import OUTER_CM, wall_rectangles

_UNIT = 10_000  # coordinates are compared in whole tenths of a millimetre
_Rect = tuple[int, int, int, int]


def joined(
    boxes: Sequence[Sequence[float]],
    height: float = 2.6,
    absorption: Coefficient = 0.15,
    scattering: Coefficient | None = None,
    materials: str | Sequence[str] | None = None,
) -> Scene:
    """An empty room made of boxes: where two of them touch there is no wall.

    Args:
        boxes: x0, y0, x1, y1 of each box in metres; they must not overlap.
        height: of all of them, metres.
        absorption: as in `shoebox`.
        scattering: as in `shoebox`.
        materials: as in `shoebox`.

    Returns:
        A scene with a room per box and a joint (a door without thickness, as high as the room)
        for every stretch that two boxes share.

    Raises:
        SoundwalkError: a box that is none, boxes that overlap or hang together nowhere, a
            coefficient or a material that there is not.

    >>> joined([(0, 0, 4, 3), (4, 0, 6, 6)]).plan.doors[0].box
    (4.0, 0.0, 4.0, 3.0)
    """
    if not (math.isfinite(height) and height > 0):
        raise SoundwalkError(f"height={height!r}: expected a positive number of metres")
    rects = [_rect(index, box) for index, box in enumerate(boxes)]
    stretches = joints(rects)
    surfaces, faces = face_surfaces(absorption, scattering, materials)
    rooms = tuple(Room("room", _metres(rect), float(height), faces) for rect in rects)
    doors = tuple(Door(pair, _metres(box), float(height), axis) for pair, box, axis in stretches)
    quads: list[Box3] = []
    sides: list[int] = []
    for index, rect in enumerate(rects):
        for side, quad in _faces(rect, [j for j in stretches if index in j[0]], index, height):
            quads.append(quad)
            sides.append(side)
    triangles = quad_triangles(np.array(quads), np.array([TOWARDS[side] for side in sides]))
    walls = wall_rectangles(tuple(rects), (), OUTER_CM * _UNIT // 100)
    return Scene(
        triangles,
        np.repeat(np.array([faces[side] for side in sides], np.int32), 2),
        np.zeros(len(triangles), np.int32),
        surfaces,
        FloorPlan(rooms, doors),
        np.array(walls, np.float64) / _UNIT,
        name=f"room of {len(rects)} boxes",
    )


def _rect(index: int, box: Sequence[float]) -> _Rect:
    """A box in whole units."""
    values = [float(v) for v in box]
    if len(values) == 4 and all(math.isfinite(v) for v in values):
        x0, y0, x1, y1 = (round(v * _UNIT) for v in values)
        if x0 < x1 and y0 < y1:
            return x0, y0, x1, y1
    raise SoundwalkError(f"box {index} is {tuple(box)!r}: expected metres x0 < x1, y0 < y1")


def _metres(rect: _Rect) -> Box2:
    return (rect[0] / _UNIT, rect[1] / _UNIT, rect[2] / _UNIT, rect[3] / _UNIT)


def joints(rects: list[_Rect]) -> list[tuple[tuple[int, int], _Rect, int]]:
    """Every stretch that two boxes share: rooms (lower side first), its rectangle, axis."""
    if not rects:
        raise SoundwalkError("boxes is empty: give at least one")
    found = []
    for i, j in itertools.permutations(range(len(rects)), 2):
        a, b = rects[i], rects[j]
        if i < j and a[0] < b[2] and b[0] < a[2] and a[1] < b[3] and b[1] < a[3]:
            raise SoundwalkError(f"boxes {i} and {j} overlap: let them touch instead")
        for axis in (0, 1):
            low = max(a[1 - axis], b[1 - axis])
            high = min(a[3 - axis], b[3 - axis])
            if a[axis + 2] == b[axis] and low < high:
                at = b[axis]
                box = (at, low, at, high) if axis == 0 else (low, at, high, at)
                found.append(((i, j), box, axis))
    reached = {0}
    for _ in rects:
        reached |= {room for pair, _, _ in found if reached & set(pair) for room in pair}
    if len(reached) < len(rects):
        alone = next(index for index in range(len(rects)) if index not in reached)
        raise SoundwalkError(f"box {alone} touches none of those that hang together with box 0")
    return found


def _faces(
    rect: _Rect, joints: list[tuple[tuple[int, int], _Rect, int]], index: int, height: float
) -> list[tuple[int, Box3]]:
    """The solid stretches of a box's six faces."""
    x0, y0, x1, y1 = _metres(rect)
    flat: list[tuple[int, Box3]] = [
        (FLOOR, (x0, y0, 0.0, x1, y1, 0.0)),
        (CEILING, (x0, y0, height, x1, y1, height)),
    ]
    for side in (WEST, EAST, SOUTH, NORTH):
        axis = side // 2
        lower = side in (EAST, NORTH)
        holes = sorted(
            (box[1 - axis], box[3 - axis])
            for pair, box, along in joints
            if along == axis and (pair[0] == index) == lower
        )
        at = rect[axis + 2 if lower else axis] / _UNIT
        position = rect[1 - axis]
        for low, high in [*holes, (rect[3 - axis], rect[3 - axis])]:
            if low > position:
                a, b = position / _UNIT, low / _UNIT
                patch: Box3 = (at, a, 0.0, at, b, height)
                flat.append((side, patch if axis == 0 else (a, at, 0.0, b, at, height)))
            position = high
    return flat
