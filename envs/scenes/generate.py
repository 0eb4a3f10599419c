"""The home generator: a seed becomes a home, the same on every machine.

Rooms are laid out, doors cut, windows set, furniture and sounding objects placed, all in whole
centimetres (see `dice`, `layout`, `furnish`, `sounding`); only the last step divides by 100.
"""

from __future__ import annotations

import operator
from typing import SupportsIndex

from ..interface import SoundwalkError
from .assemble import Home, to_scene
from .dice import Dice
from .fixtures import front_door
from .furnish import decorate, find, furnish
from .furniture import style
from .kit import Piece, Pose
from .layout import Layout, lay_out
from .scene import Scene
from .shell import Finish
from .sounding import add_sources, enough
from .space import Space

_ATTEMPTS = 40
_MOST_ROOMS = 8
Rooms = int | tuple[int, int] | None
_ENTRANCES = ("hall", "living_room", "studio", "kitchen", "dining_room", "office", "bedroom")


def generate(seed: int, rooms: Rooms = None) -> Scene:
    """A furnished home.

    Args:
        seed: any whole number from 0; the same seed and rooms give the same home everywhere.
        rooms: how many, 1 to 8, or the least and most; None for 3 to 6.

    Returns:
        A scene with 8 to 12 sounding objects of different categories.

    Raises:
        SoundwalkError: a seed or a number of rooms that cannot be used.

    >>> len(generate(seed=7, rooms=4).plan.rooms)
    4
    """
    number = _seed(seed)
    low, high = _rooms(rooms)
    count = Dice(number, low, high).between(low, high)
    best: Home | None = None
    for attempt in range(_ATTEMPTS):
        home = _build(Dice(number, count, attempt, 1), number, count)
        if enough(home.sources):
            return to_scene(home)
        if best is None or len(home.sources) > len(best.sources):
            best = home
    return to_scene(best if best is not None else home)


def _seed(seed: int) -> int:
    """A whole number from 0."""
    try:
        number = _whole(seed)
    except TypeError:
        number = -1
    if number < 0:
        raise SoundwalkError(f"seed={seed!r} must be a whole number from 0, for example seed=7")
    return number


def _whole(value: SupportsIndex) -> int:
    """A whole number; Python counts True as 1, but who passes it means something else."""
    if isinstance(value, bool):
        raise TypeError("a truth value is no whole number")
    return operator.index(value)


def _rooms(rooms: Rooms) -> tuple[int, int]:
    """The least and the most rooms."""
    given = (3, 6) if rooms is None else rooms
    try:
        low, high = (given, given) if isinstance(given, SupportsIndex) else given
        low, high = _whole(low), _whole(high)
    except (TypeError, ValueError):
        low, high = 0, 0
    if not 1 <= low <= high <= _MOST_ROOMS:
        raise SoundwalkError(
            f"rooms={rooms!r} is not possible: give a number from 1 to {_MOST_ROOMS}, "
            "or the least and most such as (3, 6)"
        )
    return low, high


def _build(dice: Dice, seed: int, count: int) -> Home:
    """One attempt at a home."""
    layout = lay_out(dice, count)
    look = style(dice)
    spaces = [_space(layout, index) for index in range(count)]
    door = _entrance(dice, layout, spaces)
    for kind, space in zip(layout.kinds, spaces, strict=True):
        _glaze(dice, kind, space)
        furnish(dice, kind, space, look)
    sources = add_sources(dice, layout.kinds, spaces, door)
    for kind, space in zip(layout.kinds, spaces, strict=True):
        decorate(dice, kind, space, look)
    return Home(seed, layout, tuple(spaces), tuple(_finishes(dice, layout.kinds)), tuple(sources))


def _space(layout: Layout, index: int) -> Space:
    """An empty room with its doors; outer sides are those on the edge of the home."""
    rect = layout.rects[index]
    edges = (
        min(r[0] for r in layout.rects),
        max(r[2] for r in layout.rects),
        min(r[1] for r in layout.rects),
        max(r[3] for r in layout.rects),
    )
    own = (rect[0], rect[2], rect[1], rect[3])
    outer = [side for side in range(4) if own[side] == edges[side]]
    space = Space(rect, layout.height, outer=outer)
    for door in layout.doors:
        if index in door.rooms:
            space.add_door(door)
    return space


def _entrance(dice: Dice, layout: Layout, spaces: list[Space]) -> tuple[int, Pose, Piece] | None:
    """The front door, in the hall if there is one."""
    rooms = sorted(
        (i for i, kind in enumerate(layout.kinds) if kind in _ENTRANCES),
        key=lambda i: _ENTRANCES.index(layout.kinds[i]),
    )
    group = front_door(dice)
    for room in rooms:
        space = spaces[room]
        for _ in range(6):
            found = find(dice, space, group, "corner")
            if found and found[0] in space.outer:
                space.add(group, found[1])
                return room, found[1], space.pieces[-1]
    return None


def _glaze(dice: Dice, kind: str, space: Space) -> None:
    """Windows in the outer walls, clear of the front door."""
    for side in space.outer:
        length = space.side_length(side)
        wide = 60 if kind == "bathroom" else dice.between(100, 200, 10)
        sill = {"bathroom": 140, "kitchen": 105, "living_room": 60}.get(kind, 90)
        if length < wide + 80 or dice.chance(15):
            continue
        low = dice.between(length // 2 - wide // 2 - 20, length // 2 - wide // 2 + 20, 5)
        low = min(max(low, 40), length - 40 - wide)
        if all(
            high <= low - 15 or start >= low + wide + 15 for start, high in space.touching(side)
        ):
            space.windows.append((side, low, low + wide, sill, 215))


def _finishes(dice: Dice, kinds: tuple[str, ...]) -> list[Finish]:
    """Walls and floors that go together in a home."""
    common = dice.pick(("wall_white", "wall_cream", "wall_sand", "wall_grey"))
    wood = dice.pick(("floor_oak", "floor_walnut", "floor_oak", "floor_marble"))
    stone = dice.pick(("floor_tiles", "floor_slate"))
    tiles = dice.pick(("wall_tiles", "wall_tiles_green"))
    carpet = dice.pick(("floor_carpet", "floor_carpet_blue"))
    accents = ("wall_sage", "wall_sky", "wall_rose", "wall_brick", "wall_panels", "wall_sand")
    finishes = []
    for kind in kinds:
        walls = dice.pick(accents) if dice.chance(45) else common
        floor = wood
        if kind == "bathroom":
            walls, floor = tiles, stone
        elif kind == "kitchen":
            floor = dice.pick((stone, "floor_lino"))
        elif kind in {"bedroom", "office"} and dice.chance(50):
            floor = carpet
        finishes.append(Finish(walls, floor))
    return finishes
