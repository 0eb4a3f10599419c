"""Doors: which rooms open to which, as people build, and where in the shared wall."""

from __future__ import annotations

from dataclasses import dataclass

from .dice import Dice

RectCm = tuple[int, int, int, int]
DOOR_HEIGHT = 205  # cm, of the opening
_MARGIN = 12  # cm of wall that stays between a door and a corner
_NEVER = 99
_STRICT = 30  # costs up to here are what people build

# How odd it is that the first kind of room is the way into the second, in tenths.
_ODD: dict[str, dict[str, int]] = {
    "hall": {"": 0},
    "living_room": {"": 10, "kitchen": 4, "dining_room": 4},
    "studio": {"": 5},
    "dining_room": {"": 30, "kitchen": 5, "living_room": 8},
    "kitchen": {"": 45, "dining_room": 5, "living_room": 15, "hall": 15, "studio": 15},
    "bedroom": {"": 60, "bathroom": 15, "office": 28},
    "office": {"": 60},
    "bathroom": {"": _NEVER},
}


@dataclass(frozen=True, slots=True)
class DoorCm:
    """A tunnel through a wall: rooms (lower side first), outline seen from above, walking axis."""

    rooms: tuple[int, int]
    rect: RectCm
    axis: int


@dataclass(frozen=True, slots=True)
class _Shared:
    """The stretch of wall that two rooms share."""

    rooms: tuple[int, int]
    axis: int
    wall: tuple[int, int]
    span: tuple[int, int]


def connect(
    dice: Dice, kinds: tuple[str, ...], rects: tuple[RectCm, ...], wall: int, *, strict: bool
) -> tuple[DoorCm, ...] | None:
    """Doors that make one home of the rooms: a tree of likely ways, and sometimes a second way.

    Returns:
        None if some room cannot be reached in a way that people would build (or, unless strict,
        at all).
    """
    shared = _shared_walls(rects, wall)
    tree = _tree(dice, kinds, shared, _STRICT if strict else _NEVER - 1)
    if tree is None:
        return None
    private = {i for i, kind in enumerate(kinds) if kind == "bathroom"}
    spare = [
        s
        for s in shared
        if s not in tree and not private.intersection(s.rooms) and _oddness(kinds, *s.rooms) <= 10
    ]
    if spare and dice.chance(35):
        tree.append(dice.pick(spare))
    return tuple(_door(dice, stretch) for stretch in tree)


def _shared_walls(rects: tuple[RectCm, ...], wall: int) -> list[_Shared]:
    """All stretches that are long enough for a door."""
    found = []
    for i, a in enumerate(rects):
        for j, b in enumerate(rects):
            for axis in (0, 1):
                across = 1 - axis
                if a[axis + 2] + wall != b[axis]:
                    continue
                span = (max(a[across], b[across]), min(a[across + 2], b[across + 2]))
                if span[1] - span[0] >= 100 + 2 * _MARGIN:
                    found.append(_Shared((i, j), axis, (a[axis + 2], b[axis]), span))
    return found


def _oddness(kinds: tuple[str, ...], a: int, b: int) -> int:
    """How odd a door between two rooms is, entered from the likelier side."""
    ways = ((kinds[a], kinds[b]), (kinds[b], kinds[a]))
    return min(_ODD[parent].get(child, _ODD[parent][""]) for parent, child in ways)


def _tree(
    dice: Dice, kinds: tuple[str, ...], shared: list[_Shared], limit: int
) -> list[_Shared] | None:
    """Grow from the hall (or living room) by the least odd door, as Prim's algorithm does."""
    order = ("hall", "studio", "living_room")
    root = next(kinds.index(kind) for kind in order if kind in kinds)
    reached = {root}
    tree: list[_Shared] = []
    while len(reached) < len(kinds):
        options: list[tuple[int, int, _Shared, int]] = []
        for stretch in shared:
            a, b = stretch.rooms
            if (a in reached) == (b in reached):
                continue
            parent, child = (a, b) if a in reached else (b, a)
            ways = _ODD[kinds[parent]]
            odd = ways.get(kinds[child], ways[""])
            if odd <= limit:
                options.append((odd * 10 + dice.below(60), len(options), stretch, child))
        if not options:
            return None
        _, _, stretch, child = min(options, key=lambda option: option[:2])
        tree.append(stretch)
        reached.add(child)
    return tree


def _door(dice: Dice, stretch: _Shared) -> DoorCm:
    """A door near one end of the shared wall, or in its middle if the wall is long."""
    width = dice.between(90, 100, 5)
    low, high = stretch.span[0] + _MARGIN, stretch.span[1] - _MARGIN - width
    near = min(dice.between(0, 25, 5), high - low)
    middle = (low + high) // 10 * 5
    start = dice.pick((low + near, high - near, low + near, high - near, max(low, middle)))
    low_wall, high_wall = stretch.wall
    if stretch.axis == 0:
        return DoorCm(stretch.rooms, (low_wall, start, high_wall, start + width), 0)
    return DoorCm(stretch.rooms, (start, low_wall, start + width, high_wall), 1)
