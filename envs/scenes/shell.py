"""The shell of a home: walls with their openings, door tunnels, panes, and the solid walls."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from .boxes import BoxCm
from .doors import DOOR_HEIGHT, DoorCm, RectCm
from .scene import CEILING, EAST, FLOOR, NORTH, SOUTH, WEST
from .space import Space

OUTER_CM = 15  # thickness of the outer walls
_FRAME = 6  # cm, of a window
Quad = tuple[BoxCm, int, str]  # flat box, direction of its normal, surface


@dataclass(frozen=True, slots=True)
class Finish:
    """What the faces of a room are made of."""

    walls: str
    floor: str
    ceiling: str = "ceiling"


def room_quads(space: Space, finish: Finish) -> list[Quad]:
    """The inner faces of a room, with its doors left open and its windows glazed."""
    x0, y0, x1, y1 = space.rect
    quads: list[Quad] = [
        ((x0, y0, 0, x1, y1, 0), CEILING, finish.floor),
        ((x0, y0, space.height, x1, y1, space.height), FLOOR, finish.ceiling),
    ]
    for side in range(4):
        holes = [(a, b, 0, DOOR_HEIGHT, False) for s, a, b in space.doors if s == side]
        holes += [(*w[1:], True) for w in space.windows if w[0] == side]
        position = 0
        for low, high, bottom, top, glazed in sorted(holes):
            quads.append(_wall(space, side, (position, low, 0, space.height), finish.walls))
            if bottom > 0:
                quads.append(_wall(space, side, (low, high, 0, bottom), finish.walls))
            quads.append(_wall(space, side, (low, high, top, space.height), finish.walls))
            if glazed:
                quads += _window(space, side, (low, high, bottom, top))
            position = high
        end = space.side_length(side)
        quads.append(_wall(space, side, (position, end, 0, space.height), finish.walls))
    return quads


def _wall(space: Space, side: int, patch: tuple[int, int, int, int], name: str) -> Quad:
    """A rectangle on a wall: low, high along it, bottom, top."""
    low, high, bottom, top = patch
    x0, y0, x1, y1 = space.rect
    if side == WEST:
        return ((x0, y0 + low, bottom, x0, y0 + high, top), EAST, name)
    if side == EAST:
        return ((x1, y0 + low, bottom, x1, y0 + high, top), WEST, name)
    if side == SOUTH:
        return ((x0 + low, y0, bottom, x0 + high, y0, top), NORTH, name)
    return ((x0 + low, y1, bottom, x0 + high, y1, top), SOUTH, name)


def window_box(space: Space, window: tuple[int, int, int, int, int]) -> BoxCm:
    """The flat box of a window."""
    return _wall(space, window[0], window[1:], "glass")[0]


def _window(space: Space, side: int, hole: tuple[int, int, int, int]) -> list[Quad]:
    """A pane in its frame, all in the plane of the wall."""
    low, high, bottom, top = hole
    a, b, c, d = low + _FRAME, high - _FRAME, bottom + _FRAME, top - _FRAME
    frame = ((low, a, bottom, top), (b, high, bottom, top), (a, b, bottom, c), (a, b, d, top))
    quads = [_wall(space, side, patch, "frame") for patch in frame]
    return [*quads, _wall(space, side, (a, b, c, d), "glass")]


def tunnel_quads(door: DoorCm, floor: str) -> list[Quad]:
    """The two jambs, the underside of the lintel, and the threshold of an open door."""
    x0, y0, x1, y1 = door.rect
    z = DOOR_HEIGHT
    if door.axis == 0:
        jambs: list[Quad] = [
            ((x0, y0, 0, x1, y0, z), NORTH, "frame"),
            ((x0, y1, 0, x1, y1, z), SOUTH, "frame"),
        ]
    else:
        jambs = [
            ((x0, y0, 0, x0, y1, z), EAST, "frame"),
            ((x1, y0, 0, x1, y1, z), WEST, "frame"),
        ]
    return [
        *jambs,
        ((x0, y0, z, x1, y1, z), FLOOR, "frame"),
        ((x0, y0, 0, x1, y1, 0), CEILING, floor),
    ]


def wall_rectangles(
    rooms: tuple[RectCm, ...], doors: tuple[DoorCm, ...], border: int = OUTER_CM
) -> list[RectCm]:
    """Everything that is neither room nor door, as few rectangles; outer walls `border` thick."""
    air = [*rooms, *(door.rect for door in doors)]
    low_x, low_y = min(r[0] for r in rooms) - border, min(r[1] for r in rooms) - border
    top_x, top_y = max(r[2] for r in rooms) + border, max(r[3] for r in rooms) + border
    xs = sorted({low_x, top_x, *(r[0] for r in air), *(r[2] for r in air)})
    ys = sorted({low_y, top_y, *(r[1] for r in air), *(r[3] for r in air)})
    solid = np.ones((len(ys) - 1, len(xs) - 1), bool)
    for x0, y0, x1, y1 in air:
        solid[ys.index(y0) : ys.index(y1), xs.index(x0) : xs.index(x1)] = False
    done: list[RectCm] = []
    growing: dict[tuple[int, int], int] = {}
    for row in range(len(ys)):
        runs = _runs(solid[row].tolist(), xs) if row < len(ys) - 1 else []
        ended = [span for span in growing if span not in runs]
        done += [(low, growing.pop((low, high)), high, ys[row]) for low, high in ended]
        for span in runs:
            growing.setdefault(span, ys[row])
    return done


def _runs(solid: list[bool], xs: list[int]) -> list[tuple[int, int]]:
    """Stretches of solid cells."""
    runs = []
    start: int | None = None
    for index, filled in enumerate([*solid, False]):
        if filled and start is None:
            start = xs[index]
        elif not filled and start is not None:
            runs.append((start, xs[index]))
            start = None
    return runs
