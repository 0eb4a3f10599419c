"""Which walls two rooms share, and where in them a doorway lies."""

from __future__ import annotations

from collections.abc import Sequence

from ...interface import SoundwalkError
from .draft import UNIT, Rect, spoken

THINNEST, THICKEST = UNIT // 20, UNIT * 6 // 10  # walls: 5 to 60 cm
_NEAR = UNIT * 3 // 10  # by how much a point may miss the wall it is to lie in
Wall = tuple[int, int, int, Rect]  # lower box, upper box, axis across, the wall seen from above


def shared_walls(first: dict[int, Rect], second: dict[int, Rect]) -> list[Wall]:
    """The walls between the boxes of two rooms, by the numbers of the boxes."""
    found: list[Wall] = []
    for one, theirs in ((first, second), (second, first)):
        for i, a in one.items():
            for j, b in theirs.items():
                found += [(i, j, axis, wall) for axis in (0, 1) if (wall := _between(a, b, axis))]
    return found


def _between(a: Rect, b: Rect, axis: int) -> Rect | None:
    """The wall from box a up to box b along an axis."""
    across = 1 - axis
    low, high = max(a[across], b[across]), min(a[across + 2], b[across + 2])
    gap = b[axis] - a[axis + 2]
    if low >= high or not THINNEST <= gap <= THICKEST:
        return None
    if axis == 0:
        return a[2], low, b[0], high
    return low, a[3], high, b[1]


def doorway(
    walls: Sequence[Wall], at: tuple[int, int], width: int, where: str
) -> tuple[Wall, Rect]:
    """The wall that a door lies in, and its tunnel.

    Args:
        walls: between the two rooms.
        at: the middle of the opening.
        width: of the opening.
        where: which door, for messages.

    Raises:
        SoundwalkError: the rooms share no wall, the point is not in one, or the door is wider than
            what is left of it.
    """
    if not walls:
        raise SoundwalkError(
            f"{where}: the two rooms share no wall: expected boxes {THINNEST / UNIT:g} to "
            f"{THICKEST / UNIT:g} m apart, side by side; boxes of one room may touch"
        )
    listed = "; ".join(spoken(wall[3]) for wall in walls)
    x, y = at[0] / UNIT, at[1] / UNIT
    near = [wall for wall in walls if _holds(wall, at)]
    if not near:
        raise SoundwalkError(
            f"{where}: ({x:g}, {y:g}) does not lie in a wall between them, which are: {listed}"
        )
    wall = near[0]
    axis, (x0, y0, x1, y1) = wall[2], wall[3]
    middle = at[1 - axis]
    low, high = middle - width // 2, middle - width // 2 + width
    if low < (y0, x0)[axis] or high > (y1, x1)[axis]:
        raise SoundwalkError(
            f"{where} is {width / UNIT:g} m wide around ({x:g}, {y:g}) and reaches past the end of "
            f"the wall they share: {spoken(wall[3])}"
        )
    return wall, ((x0, low, x1, high) if axis == 0 else (low, y0, high, y1))


def _holds(wall: Wall, at: tuple[int, int]) -> bool:
    """Whether a point lies in a wall, or a little before it."""
    axis, rect = wall[2], wall[3]
    across = 1 - axis
    along = rect[across] <= at[across] <= rect[across + 2]
    return along and rect[axis] - _NEAR <= at[axis] <= rect[axis + 2] + _NEAR


def nearest_side(boxes: dict[int, Rect], at: tuple[int, int], where: str) -> tuple[int, int]:
    """The box, and its side from WEST to NORTH, in which a point lies.

    Raises:
        SoundwalkError: the point lies in none of the walls.
    """
    ranked = []
    for index, rect in boxes.items():
        for side in range(4):
            axis, across = side // 2, 1 - side // 2
            if rect[across] <= at[across] <= rect[across + 2]:
                ranked.append((abs(at[axis] - rect[axis + 2 * (side % 2)]), index, side))
    if not ranked or min(ranked)[0] > _NEAR:
        raise SoundwalkError(
            f"{where}: ({at[0] / UNIT:g}, {at[1] / UNIT:g}) does not lie in a wall of the room: "
            f"{'; '.join(spoken(rect) for rect in boxes.values())}"
        )
    _, index, side = min(ranked)
    return index, side
