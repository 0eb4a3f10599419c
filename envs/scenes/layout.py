"""Which rooms a home has and where they lie: whole centimetres, so that every machine agrees.

Two families: a corridor with rooms on both sides (as flats are built), and recursive subdivision
of a rectangle around a living room. A layout counts when every room has a door to a fitting parent.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

from .dice import Dice
from .doors import DoorCm, RectCm, connect

# kind: (least and most floor area in m², shortest side in cm)
KINDS: dict[str, tuple[int, int, int]] = {
    "living_room": (18, 27, 330),
    "kitchen": (9, 14, 230),
    "bedroom": (11, 16, 280),
    "bathroom": (5, 8, 190),
    "hall": (6, 10, 190),
    "office": (9, 13, 240),
    "dining_room": (12, 16, 290),
    "studio": (27, 38, 460),
}
_PROGRAMS: dict[int, tuple[tuple[str, ...], ...]] = {
    1: (("studio",),),
    2: (("living_room", "bedroom"), ("studio", "bathroom"), ("living_room", "kitchen")),
    3: (
        ("living_room", "kitchen", "bedroom"),
        ("studio", "bathroom", "office"),
        ("living_room", "bedroom", "bathroom"),
    ),
    4: (
        ("living_room", "kitchen", "bedroom", "bathroom"),
        ("living_room", "kitchen", "bedroom", "office"),
        ("living_room", "kitchen", "bedroom", "hall"),
    ),
}
_LARGE = ("living_room", "kitchen", "bedroom", "bathroom", "hall")
_ADDED = ("bedroom", "office", "dining_room", "bedroom", "bathroom")
_ASPECT = 2.3  # no room but a hall is longer than this times its width


@dataclass(frozen=True, slots=True)
class Layout:
    """Rooms, doors and the thickness of the walls between rooms, all in centimetres."""

    kinds: tuple[str, ...]
    rects: tuple[RectCm, ...]
    doors: tuple[DoorCm, ...]
    wall: int
    height: int


_Items = list[tuple[str, int]]  # kind, area in cm²
_Placed = list[tuple[str, RectCm]]


def lay_out(dice: Dice, rooms: int) -> Layout:
    """A believable layout of that many rooms (1 to 8)."""
    wall = dice.pick((10, 12, 15))
    height = dice.between(240, 300, 5)
    for attempt in range(80):
        items = _program(dice, rooms)
        halls = any(kind == "hall" for kind, _ in items)
        family = _corridor if halls and dice.chance(75) else _subdivided
        placed = family(dice, items, wall) if attempt < 72 else _terrace(items, wall)
        if placed is None or not all(_believable(kind, rect) for kind, rect in placed):
            continue
        placed = _turned(dice, placed)
        kinds = tuple(kind for kind, _ in placed)
        rects = tuple(rect for _, rect in placed)
        doors = connect(dice, kinds, rects, wall, strict=attempt < 48)
        if doors is not None:
            return Layout(kinds, rects, doors, wall, height)
    placed = _terrace(_program(dice, rooms), wall)
    kinds, rects = tuple(k for k, _ in placed), tuple(r for _, r in placed)
    return Layout(kinds, rects, connect(dice, kinds, rects, wall, strict=False) or (), wall, height)


def _program(dice: Dice, rooms: int) -> _Items:
    """Kinds and areas, the living room first."""
    if rooms in _PROGRAMS:
        kinds = dice.pick(_PROGRAMS[rooms])
    else:
        kinds = _LARGE + tuple(dice.shuffled(_ADDED)[: rooms - len(_LARGE)])
    return [(kind, dice.between(KINDS[kind][0] * 10, KINDS[kind][1] * 10) * 1000) for kind in kinds]


def _believable(kind: str, rect: RectCm) -> bool:
    """Whether a room of that kind can have that shape."""
    sides = sorted((rect[2] - rect[0], rect[3] - rect[1]))
    limit = 6.0 if kind == "hall" else _ASPECT
    least, most, side = KINDS[kind]
    area = sides[0] * sides[1]
    fits = least * 8500 <= area <= most * (20000 if kind == "hall" else 13000)
    return fits and sides[0] >= side and sides[1] <= limit * sides[0]


def _grid(value: float) -> int:
    """Rounded to 5 cm."""
    return int(value / 5 + 0.5) * 5


def _subdivided(dice: Dice, items: _Items, wall: int) -> _Placed | None:
    """A rectangle cut in two, and the parts again, until each part is one room."""
    total = sum(area for _, area in items) * 103 // 100
    width = _grid(math.isqrt(total * dice.between(90, 150) // 100))
    return _cut(dice, dice.shuffled(items), (0, 0, width, _grid(total / width)), wall)


def _cut(dice: Dice, items: _Items, rect: RectCm, wall: int) -> _Placed:
    """Share a rectangle among rooms in proportion to their areas."""
    if len(items) == 1:
        return [(items[0][0], rect)]
    count = dice.between(1, len(items) - 1)
    first, second = items[:count], items[count:]
    share = sum(a for _, a in first) / (sum(a for _, a in first) + sum(a for _, a in second))
    x0, y0, x1, y1 = rect
    along_x = (x1 - x0 >= y1 - y0) != dice.chance(12)
    if along_x:
        at = x0 + _grid(share * (x1 - x0 - wall))
        low, high = (x0, y0, at, y1), (at + wall, y0, x1, y1)
    else:
        at = y0 + _grid(share * (y1 - y0 - wall))
        low, high = (x0, y0, x1, at), (x0, at + wall, x1, y1)
    return _cut(dice, first, low, wall) + _cut(dice, second, high, wall)


def _corridor(dice: Dice, items: _Items, wall: int) -> _Placed | None:
    """A hall along a row of rooms (or between two); the living room lies across its end."""
    rest = dice.shuffled([item for item in items if item[0] != "hall"])
    hall = dice.between(190, 220, 5)
    band = dice.between(300, 390, 5)
    two_sided = len(rest) > 4
    depth = band + hall + wall + (band + wall if two_sided else 0)
    column = _column(dice, rest, mates=two_sided)
    left = _grid(sum(area for _, area in column) / (depth - wall))
    placed = [
        (kind, (0, low, left, high))
        for (kind, _), (low, high) in zip(column, _spans(column, 0, depth, wall), strict=True)
    ]
    left += wall
    rest, bath = _end_of_hall(dice, rest)
    rows = _balanced(rest) if two_sided else (rest,)
    right = left + _grid(max(sum(area for _, area in row) for row in rows) / band)
    for row, (low, high) in zip(rows, ((0, band), (depth - band, depth)), strict=False):
        placed += _row(row, left, right, low, high, wall)
    low, high = band + wall, band + wall + hall
    if bath:
        placed += [(bath[0], (right - 230, low, right, high))]
        right -= 230 + wall
    return [*placed, ("hall", (left, low, right, high))]


def _column(dice: Dice, rest: _Items, *, mates: bool) -> _Items:
    """Take the living room (and a neighbour for it) out of the list."""
    living = next(item for item in rest if item[0] == "living_room")
    near = [item for item in rest if item[0] in {"kitchen", "dining_room"}]
    column = dice.shuffled([living, dice.pick(near)]) if mates else [living]
    for item in column:
        rest.remove(item)
    return column


def _end_of_hall(dice: Dice, rest: _Items) -> tuple[_Items, tuple[str, int] | None]:
    """Sometimes the bathroom lies at the end of the hall instead of in a row."""
    bath = next((item for item in rest if item[0] == "bathroom"), None)
    if bath is None or len(rest) < 3 or dice.chance(40):
        return rest, None
    return [item for item in rest if item is not bath], bath


def _balanced(items: _Items) -> tuple[_Items, _Items]:
    """Two rows of nearly equal area, the largest rooms dealt first."""
    rows: tuple[_Items, _Items] = ([], [])
    sums = [0, 0]
    for item in sorted(items, key=lambda item: (-item[1], item[0])):
        shorter = int(sums[1] < sums[0])
        rows[shorter].append(item)
        sums[shorter] += item[1]
    return rows


def _row(row: _Items, left: int, right: int, low: int, high: int, wall: int) -> _Placed:
    """Rooms side by side that fill a row exactly."""
    spans = _spans(row, left, right, wall)
    return [(kind, (a, low, b, high)) for (kind, _), (a, b) in zip(row, spans, strict=True)]


def _spans(row: _Items, start: int, end: int, wall: int) -> list[tuple[int, int]]:
    """Stretches in proportion to the areas, with a wall between each two, that fill the line."""
    free = end - start - wall * (len(row) - 1)
    total = sum(area for _, area in row)
    spans = []
    done, low = 0, start
    for index, (_, area) in enumerate(row):
        done += area
        high = start + _grid(free * done / total) + wall * index
        spans.append((low, end if index == len(row) - 1 else high))
        low = high + wall
    return spans


def _terrace(items: _Items, wall: int) -> _Placed:
    """What always works: the first room as a strip, with all others in a row along it."""
    (kind, area), others = items[0], items[1:]
    if not others:
        side = _grid(math.isqrt(area))
        return [(kind, (0, 0, side, side))]
    placed: _Placed = []
    start = 0
    for other, space in others:
        width = max(_grid(space / 380), KINDS[other][2])
        placed.append((other, (start, 400 + wall, start + width, 780 + wall)))
        start += width + wall
    end = max(start - wall, 470)
    other, rect = placed[-1]
    placed[-1] = (other, (rect[0], rect[1], end, rect[3]))
    return [(kind, (0, 0, end, 400)), *placed]


def _turned(dice: Dice, placed: _Placed) -> _Placed:
    """The same home mirrored or with x and y exchanged."""
    swap, flip_x, flip_y = dice.chance(50), dice.chance(50), dice.chance(50)
    result = []
    for kind, (x0, y0, x1, y1) in placed:
        rect = (y0, x0, y1, x1) if swap else (x0, y0, x1, y1)
        result.append((kind, rect))
    right = max(rect[2] for _, rect in result)
    top = max(rect[3] for _, rect in result)
    flipped = []
    for kind, (x0, y0, x1, y1) in result:
        xs = (right - x1, right - x0) if flip_x else (x0, x1)
        ys = (top - y1, top - y0) if flip_y else (y0, y1)
        flipped.append((kind, (xs[0], ys[0], xs[1], ys[1])))
    return flipped
