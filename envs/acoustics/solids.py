"""What stands in the way of sound in a room: the boxes of furniture and of large objects.

Parts of a piece that fill a common box are joined; legs and trinkets are left out, and so is what
lies flat on a wall or the floor, which belongs to that surface.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from ..interface import F32, F64, I32
from ..scenes.scene import Box3, FloorPlan, Room

LEAST_AREA = 0.15  # m2 of the largest face of what shadows
LEAST_OBJECT = 0.3  # m2, of a sounding object, which fills its box less well
FLAT = 0.055  # m; thinner things that touch a wall or the floor are part of it
NEAR = 0.04  # m; nothing bends round the side that is as near to a wall
ENDLESS = 1e3  # m
SHRINK = 0.015  # m; so much is taken off each side, so that what starts on a face is not inside
LANES = 8  # rows are padded to a multiple of this: the kernel tests as many boxes at once


class Solids(NamedTuple):
    """The boxes of all rooms.

    Attributes:
        boxes: (R, 6, N) float32 x0, y0, z0, x1, y1, z1, a little shrunk; unused ones are zero.
        reach: (R, N, 6) float64 the same boxes, endless towards walls, floor and ceiling that
            they touch.
        lanes: (R,) int32 how many columns of boxes to test.
    """

    boxes: F32
    reach: F64
    lanes: I32


def _joined(parts: list[Box3]) -> list[Box3]:
    """Parts, those that together fill a box put together."""
    boxes = sorted(parts, key=_volume, reverse=True)
    volumes = [_volume(box) for box in boxes]
    index = 0
    while index < len(boxes):
        box, volume = boxes[index], volumes[index]
        for other in range(index + 1, len(boxes)):
            around = _around(box, boxes[other])
            whole = _volume(around)
            if whole <= 1.12 * (volume + volumes[other]):
                boxes[index], volumes[index] = around, whole
                del boxes[other], volumes[other]
                index = -1
                break
        index += 1
    return boxes


def _around(a: Box3, b: Box3) -> Box3:
    """The box around two."""
    low = min(a[0], b[0]), min(a[1], b[1]), min(a[2], b[2])
    return (*low, max(a[3], b[3]), max(a[4], b[4]), max(a[5], b[5]))


def _volume(box: Box3) -> float:
    return (box[3] - box[0]) * (box[4] - box[1]) * (box[5] - box[2])


def _shadows(box: Box3, room: Room, least: float) -> bool:
    """Whether a box is large enough to matter, and no part of a wall."""
    sides = sorted((box[3] - box[0], box[4] - box[1], box[5] - box[2]))
    if sides[2] * sides[1] < least:
        return False
    return sides[0] > FLAT or not any(_touched(box, room))


def _touched(box: Box3, room: Room) -> list[bool]:
    """Which of a box's sides x0, y0, z0, x1, y1, z1 touch the room's surfaces."""
    x0, y0, x1, y1 = room.box
    low, high = (x0, y0, 0.0), (x1, y1, room.height)
    below = [box[k] < low[k] + NEAR for k in range(3)]
    above = [box[k + 3] > high[k] - NEAR for k in range(3)]
    return below + above


def solid_boxes(plan: FloorPlan, *, wanted: bool = True) -> Solids:
    """The boxes that shadow sound, room by room.

    Args:
        plan: rooms, furniture, objects.
        wanted: False for a home in which nothing stands in the way.
    """
    found: list[list[Box3]] = [[] for _ in plan.rooms]
    if wanted:
        for piece in plan.furniture:
            room = plan.rooms[piece.room]
            boxes = _joined(list(piece.parts or (piece.box,)))
            found[piece.room] += [box for box in boxes if _shadows(box, room, LEAST_AREA)]
        for thing in plan.objects:
            if _shadows(thing.box, plan.rooms[thing.room], LEAST_OBJECT):
                found[thing.room].append(thing.box)
    most = max(1, *(len(boxes) for boxes in found))
    lanes = -(-most // LANES) * LANES
    solids = np.zeros((len(plan.rooms), 6, lanes), dtype=np.float32)
    reach = np.zeros((len(plan.rooms), lanes, 6))
    for index, (room, boxes) in enumerate(zip(plan.rooms, found, strict=True)):
        for row, box in enumerate(boxes):
            corners = np.array(box)
            inset = np.minimum(SHRINK, (corners[3:] - corners[:3]) / 4)
            shrunk = corners + np.concatenate([inset, -inset])
            solids[index, :, row] = shrunk
            away = np.repeat([-ENDLESS, ENDLESS], 3)
            reach[index, row] = np.where(_touched(box, room), away, shrunk)
    used = [-(-len(boxes) // LANES) * LANES for boxes in found]
    return Solids(solids, reach, np.array(used, dtype=np.int32))
