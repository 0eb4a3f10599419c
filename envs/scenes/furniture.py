"""Furniture to sleep, sit and work on and to store in: boxes in whole centimetres (see `kit`)."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from .dice import Dice
from .kit import Group, Part, Piece, Spot


@dataclass(frozen=True, slots=True)
class Style:
    """The taste of a home: names of surfaces."""

    wood: str
    sofa: str
    blanket: str
    rug: str


Maker = Callable[[Dice, Style], Group]


def style(dice: Dice) -> Style:
    """A taste."""
    return Style(
        dice.pick(("oak", "walnut", "birch", "white_wood")),
        dice.pick(("sofa_grey", "sofa_teal", "sofa_rust", "leather")),
        dice.pick(("blanket_red", "blanket_blue", "blanket_ochre")),
        dice.pick(("rug_red", "rug_blue", "rug_cream")),
    )


def _chair(u: int, v: int, *, back_at_front: bool) -> Piece:
    """A chair of 44 x 44 cm with its low corner at (u, v)."""
    back = v + 40 if back_at_front else v
    return Piece(
        "chair",
        (
            ((u, v, 43, u + 44, v + 44, 47), "chair_wood"),
            ((u, back, 47, u + 44, back + 4, 90), "chair_wood"),
            ((u, v, 0, u + 4, v + 44, 43), "chair_wood"),
            ((u + 40, v, 0, u + 44, v + 44, 43), "chair_wood"),
        ),
    )


def _table(u: int, v: int, width: int, depth: int, height: int, wood: str) -> Piece:
    """Four legs and a top."""
    legs: list[Part] = [
        ((x, y, 0, x + 6, y + 6, height - 4), wood)
        for x in (u + 2, u + width - 8)
        for y in (v + 2, v + depth - 8)
    ]
    return Piece("table", (((u, v, height - 4, u + width, v + depth, height), wood), *legs))


def _nightstand(u: int, wood: str) -> Piece:
    """A nightstand of 45 x 40 cm."""
    return Piece(
        "nightstand",
        (((u, 0, 0, u + 45, 38, 52), wood), ((u + 3, 38, 28, u + 42, 40, 48), "chair_wood")),
    )


def _bed(dice: Dice, look: Style, least: int = 0) -> Group:
    """A bed, head to the wall, with a nightstand on each side (or, if single, on one)."""
    size = dice.pick((140, 160)) if least else dice.pick((90, 90, 120))
    left = 45
    right = left + size
    pillows: list[Part] = [
        ((u, 10, 50, u + 60, 45, 60), "linen")
        for u in ((left + 8, right - 68) if size >= 140 else (left + (size - 60) // 2,))
    ]
    body = Piece(
        "bed",
        (
            ((left, 0, 0, right, 205, 28), look.wood),
            ((left, 0, 28, right, 6, 105), look.wood),
            ((left + 2, 6, 28, right - 2, 70, 50), "linen"),
            ((left, 70, 28, right, 205, 54), look.blanket),
            *pillows,
        ),
    )
    pieces = [body, _nightstand(0, look.wood)]
    spots = [Spot("nightstand", (5, 4, 40, 38), 52)]
    if size >= 140:
        pieces.append(_nightstand(right, look.wood))
        spots.append(Spot("nightstand", (right + 5, 4, right + 40, 38), 52))
        return Group(right + 45, 205, tuple(pieces), tuple(spots))
    return Group(right, 205, tuple(pieces), tuple(spots))


def _double_bed(dice: Dice, look: Style) -> Group:
    """A bed for two."""
    return _bed(dice, look, least=140)


def cabinet(kind: str, size: tuple[int, int, int], wood: str, doors: int) -> Piece:
    """A closed box with doors whose seams one sees."""
    width, depth, height = size
    parts: list[Part] = [((0, 0, 0, width, depth - 2, height), wood)]
    for index in range(doors):
        low, high = width * index // doors + 1, width * (index + 1) // doors - 1
        parts.append(((low, depth - 2, 6, high, depth, height - 4), wood))
    return Piece(kind, tuple(parts))


def _storage(kind: str, size: tuple[int, int, int], wood: str, doors: int, front: int) -> Group:
    """A cabinet that one walks up to; low ones carry things."""
    width, depth, height = size
    spots: tuple[Spot, ...] = ()
    if height < 110:
        half = width // 2 if width >= 80 else width
        spots = tuple(
            Spot("table", (u + 4, 4, u + half - 4, depth - 2), height)
            for u in range(0, width - half + 1, half)
        )
    return Group(width, depth, (cabinet(kind, size, wood, doors),), spots, front)


def _wardrobe(dice: Dice, look: Style) -> Group:
    """A wardrobe."""
    doors = dice.between(2, 4)
    return _storage("wardrobe", (doors * 50, 60, dice.between(195, 220, 5)), look.wood, doors, 50)


def _sideboard(dice: Dice, look: Style) -> Group:
    """A sideboard."""
    doors = dice.between(2, 3)
    return _storage("sideboard", (doors * 55, 42, dice.between(75, 85, 5)), look.wood, doors, 40)


def _dresser(dice: Dice, look: Style) -> Group:
    """A chest of drawers."""
    width, height = dice.between(80, 110, 5), dice.between(78, 92, 2)
    parts: list[Part] = [((0, 0, 0, width, 44, height), look.wood)]
    for index in range(3):
        low = 6 + (height - 10) * index // 3
        high = low + (height - 10) // 3 - 2
        parts.append(((2, 44, low, width - 2, 46, high), look.wood))
    half = width // 2
    spots = (
        Spot("table", (4, 4, half - 2, 44), height),
        Spot("table", (half + 2, 4, width - 4, 44), height),
    )
    return Group(width, 46, (Piece("dresser", tuple(parts)),), spots, 40)


def _filing_cabinet(dice: Dice, look: Style) -> Group:
    """A steel cabinet for papers."""
    parts: list[Part] = [((0, 0, 0, 46, 54, 74), "steel")]
    parts += [((2, 54, z, 44, 56, z + 30), "plastic_grey") for z in (4, 38)]
    spots = (Spot("table", (3, 6, 43, 52), 74),)
    return Group(46, 56, (Piece("filing_cabinet", tuple(parts)),), spots, 40)


def _console(dice: Dice, look: Style) -> Group:
    """A narrow table for a hall."""
    width = dice.between(80, 110, 5)
    top = _table(0, 0, width, 36, 80, look.wood)
    shelf: Part = ((2, 2, 20, width - 2, 34, 23), look.wood)
    spots = (
        Spot("table", (5, 2, width // 2, 34), 80),
        Spot("table", (width // 2, 2, width - 5, 34), 80),
    )
    return Group(width, 36, (Piece("console", (*top.parts, shelf)),), spots)


def _bookshelf(dice: Dice, look: Style) -> Group:
    """Boards with books between them."""
    width, height = dice.between(80, 120, 10), dice.pick((175, 200))
    boards = 5
    parts: list[Part] = [
        ((0, 0, 0, 3, 30, height), look.wood),
        ((width - 3, 0, 0, width, 30, height), look.wood),
    ]
    for index in range(boards):
        z = (height - 3) * index // (boards - 1)
        parts.append(((3, 0, z, width - 3, 30, z + 3), look.wood))
        if index < boards - 1:
            fill = dice.between(width // 2, width - 10, 5)
            parts.append(((4, 2, z + 3, fill, 24, z + dice.between(26, 36, 2)), "books"))
    return Group(width, 30, (Piece("bookshelf", tuple(parts)),), (), 40)


def _desk(dice: Dice, look: Style) -> Group:
    """A desk with a chair pushed halfway under it."""
    width = dice.between(120, 160, 10)
    u = width // 2 - 22
    parts: tuple[Part, ...] = (
        ((0, 0, 71, width, 66, 74), look.wood),
        ((0, 2, 0, 3, 64, 71), look.wood),
        ((width - 3, 2, 0, width, 64, 71), look.wood),
        ((3, 2, 40, width - 3, 4, 71), look.wood),
    )
    spots = (Spot("desk", (4, 20, u - 2, 64), 74), Spot("desk", (u + 46, 20, width - 4, 64), 74))
    return Group(width, 90, (Piece("desk", parts), _chair(u, 46, back_at_front=True)), spots)


def _sofa(dice: Dice, look: Style, *, with_table: bool = True) -> Group:
    """A sofa with a low table in front of it and a rug below."""
    width = dice.between(170, 220, 10)
    parts: tuple[Part, ...] = (
        ((0, 0, 0, width, 88, 28), look.sofa),
        ((0, 0, 28, width, 20, 82), look.sofa),
        ((0, 20, 28, 18, 88, 62), look.sofa),
        ((width - 18, 20, 28, width, 88, 62), look.sofa),
        ((19, 20, 28, width // 2 - 1, 88, 44), look.sofa),
        ((width // 2 + 1, 20, 28, width - 19, 88, 44), look.sofa),
    )
    body = Piece("sofa", parts)
    seat = Spot("seat", (width // 2 + 4, 40, width // 2 + 48, 86), 44)
    if not with_table:
        return Group(width, 88, (body,), (seat,), 45)
    u = width // 2 - 50
    low = _table(u, 132, 100, 52, 42, look.wood)
    rug = Piece("rug", (((5, 75, 0, width - 5, 200, 1), look.rug),))
    spots = (seat, Spot("low", (u + 6, 138, u + 46, 180), 42))
    return Group(width, 200, (body, Piece("coffee_table", low.parts), rug), spots)


def _sofa_alone(dice: Dice, look: Style) -> Group:
    """A sofa for small rooms."""
    return _sofa(dice, look, with_table=False)


def _armchair(dice: Dice, look: Style) -> Group:
    """A chair to sink into."""
    parts: tuple[Part, ...] = (
        ((0, 0, 0, 80, 80, 26), look.sofa),
        ((0, 0, 26, 80, 18, 86), look.sofa),
        ((0, 18, 26, 16, 80, 58), look.sofa),
        ((64, 18, 26, 80, 80, 58), look.sofa),
        ((17, 18, 26, 63, 80, 44), look.blanket),
    )
    return Group(80, 80, (Piece("armchair", parts),), (Spot("seat", (20, 36, 60, 78), 44),), 45)


def _tv_stand(dice: Dice, look: Style) -> Group:
    """A low board; what stands on it is decided later."""
    width = dice.between(140, 180, 10)
    body = cabinet("tv_stand", (width, 42, 46), look.wood, 3)
    spots = (Spot("tv", (width // 2 - 62, 6, width // 2 + 62, 40), 46),)
    return Group(width, 42, (body,), spots, 60)


def _dining_table(dice: Dice, look: Style) -> Group:
    """A table with two chairs on each long side."""
    width = dice.between(160, 190, 10)
    chairs = [_chair(u, v, back_at_front=v > 0) for v in (0, 94) for u in (14, width - 58)]
    spots = (Spot("table", (4, 46, 42, 92), 75), Spot("table", (width - 42, 46, width - 4, 92), 75))
    return Group(width, 138, (_table(0, 24, width, 90, 75, look.wood), *chairs), spots)


def _small_table(dice: Dice, look: Style) -> Group:
    """A table for two."""
    size = dice.pick((80, 90))
    u = size // 2 - 22
    chairs = [_chair(u, 0, back_at_front=False), _chair(u, size + 4, back_at_front=True)]
    spots = (Spot("table", (3, size // 2, 38, size // 2 + 46), 75),)
    return Group(size, size + 48, (_table(0, 24, size, size, 75, look.wood), *chairs), spots)


FURNITURE: dict[str, Maker] = {
    "double_bed": _double_bed,
    "bed": _bed,
    "wardrobe": _wardrobe,
    "sideboard": _sideboard,
    "dresser": _dresser,
    "filing_cabinet": _filing_cabinet,
    "console": _console,
    "bookshelf": _bookshelf,
    "desk": _desk,
    "sofa": _sofa,
    "sofa_alone": _sofa_alone,
    "armchair": _armchair,
    "tv_stand": _tv_stand,
    "dining_table": _dining_table,
    "small_table": _small_table,
}
"""By name: what makes a group in a given taste."""
