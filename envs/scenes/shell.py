"""The shell of a home: walls with their openings, door tunnels, panes, and the solid walls.

Lengths are whole numbers of any unit; those of generated homes are centimetres.
"""

from __future__ import annotations

from collections.abc import Sequence
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


@dataclass(frozen=True, slots=True, order=True)
class Hole:
    """An opening in a wall: from low to high along it, from bottom to top, glazed or not."""

    low: int
    high: int
    bottom: int
    top: int
    glazed: bool = False


def room_quads(space: Space, finish: Finish) -> list[Quad]:
    """The inner faces of a room, with its doors left open and its windows glazed."""
    holes: list[list[Hole]] = [[], [], [], []]
    for side, low, high in space.doors:
        holes[side].append(Hole(low, high, 0, DOOR_HEIGHT))
    for side, low, high, bottom, top in space.windows:
        holes[side].append(Hole(low, high, bottom, top, glazed=True))
    names = (*(finish.walls,) * 4, finish.floor, finish.ceiling)
    return box_quads(space.rect, space.height, holes, names, _FRAME)


def box_quads(
    rect: RectCm, height: int, holes: list[list[Hole]], names: Sequence[str], frame: int
) -> list[Quad]:
    """The inner faces of a box with holes.

    Args:
        rect: seen from above.
        height: of the ceiling.
        holes: of each wall from WEST to NORTH, measured from its low end; they do not overlap.
        names: what the six faces from WEST to CEILING are made of.
        frame: width of the frames of panes.
    """
    x0, y0, x1, y1 = rect
    quads: list[Quad] = [
        ((x0, y0, 0, x1, y1, 0), CEILING, names[FLOOR]),
        ((x0, y0, height, x1, y1, height), FLOOR, names[CEILING]),
    ]
    for side in range(4):
        end = y1 - y0 if side < 2 else x1 - x0
        position = 0
        for hole in [*sorted(holes[side]), Hole(end, end, 0, 0)]:
            low, high = hole.low, hole.high
            patches = [(position, low, 0, height), (low, high, 0, hole.bottom)]
            patches.append((low, high, hole.top, height))
            solid = [p for p in patches if p[0] < p[1] and p[2] < p[3]]
            quads += [_wall(rect, side, patch, names[side]) for patch in solid]
            if hole.glazed:
                quads += _window(rect, side, (low, high, hole.bottom, hole.top), frame)
            position = high
    return quads


def _wall(rect: RectCm, side: int, patch: tuple[int, int, int, int], name: str) -> Quad:
    """A rectangle on a wall: low, high along it, bottom, top."""
    low, high, bottom, top = patch
    x0, y0, x1, y1 = rect
    if side == WEST:
        return ((x0, y0 + low, bottom, x0, y0 + high, top), EAST, name)
    if side == EAST:
        return ((x1, y0 + low, bottom, x1, y0 + high, top), WEST, name)
    if side == SOUTH:
        return ((x0 + low, y0, bottom, x0 + high, y0, top), NORTH, name)
    return ((x0 + low, y1, bottom, x0 + high, y1, top), SOUTH, name)


def window_box(rect: RectCm, window: tuple[int, int, int, int, int]) -> BoxCm:
    """The flat box of a window."""
    return _wall(rect, window[0], window[1:], "glass")[0]


def _window(rect: RectCm, side: int, hole: tuple[int, int, int, int], frame: int) -> list[Quad]:
    """A pane in its frame, all in the plane of the wall."""
    low, high, bottom, top = hole
    a, b, c, d = low + frame, high - frame, bottom + frame, top - frame
    around = ((low, a, bottom, top), (b, high, bottom, top), (a, b, bottom, c), (a, b, d, top))
    quads = [_wall(rect, side, patch, "frame") for patch in around]
    return [*quads, _wall(rect, side, (a, b, c, d), "glass")]


def tunnel_quads(door: DoorCm, floor: str, height: int = DOOR_HEIGHT) -> list[Quad]:
    """The two jambs, the underside of the lintel, and the threshold of an open door."""
    x0, y0, x1, y1 = door.rect
    z = height
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
