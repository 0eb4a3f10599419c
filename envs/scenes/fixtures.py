"""Kitchen and bathroom fittings, plants, lamps, pictures. Whole centimetres, own frame (kit.py)."""

from __future__ import annotations

from .dice import Dice
from .furniture import Maker, Style, cabinet
from .kit import Group, Part, Piece, Spot

TAP = Piece("tap", (((0, 0, 0, 4, 4, 22), "steel"), ((0, 4, 18, 4, 20, 22), "steel")))


def _counter(dice: Dice, look: Style) -> Group:
    """Base cabinets with a sink and a stove, and cabinets above."""
    return _counter_of(dice.between(3, 6), look, uppers=True)


def _counter_of(units: int, look: Style, *, uppers: bool) -> Group:
    """Base cabinets of 50 cm each."""
    width, half = units * 50, (units + 1) // 2
    parts: list[Part] = [
        ((0, 0, 0, width, 56, 86), look.wood),
        ((0, 0, 86, width, 62, 90), "worktop"),
    ]
    doors = [(width * k // half, width * (k + 1) // half) for k in range(half)]
    parts += [((low + 1, 56, 10, high - 1, 58, 84), look.wood) for low, high in doors]
    parts.append(((8, 12, 90, 52, 50, 91), "steel"))
    parts.append(((width - 58, 8, 90, width - 4, 54, 91), "black_wood"))
    pieces = [Piece("counter", tuple(parts))]
    if uppers:
        upper: list[Part] = [((0, 0, 152, width, 32, 215), look.wood)]
        upper += [((low + 1, 32, 153, high - 1, 34, 214), look.wood) for low, high in doors]
        pieces.append(Piece("wall_cabinet", tuple(upper)))
    spots = [Spot("tap", (26, 4, 34, 24), 90)]
    spots += [Spot("counter", (u, 18, u + 46, 60), 90) for u in range(56, width - 100, 46)]
    if units == 3:
        spots.append(Spot("counter", (54, 18, 90, 60), 90))
    return Group(width, 62, tuple(pieces), tuple(spots), 45)


def _plain_counter(dice: Dice, look: Style) -> Group:
    """A counter under a window."""
    return _counter_of(dice.between(3, 5), look, uppers=False)


def _short_counter(dice: Dice, look: Style) -> Group:
    """A kitchenette."""
    return _counter_of(3, look, uppers=False)


def _fridge(dice: Dice, look: Style) -> Group:
    """A fridge with a freezer above."""
    height = dice.between(170, 195, 5)
    parts: tuple[Part, ...] = (
        ((0, 0, 0, 60, 60, height), "steel"),
        ((1, 60, 6, 59, 64, height - 55), "plastic_white"),
        ((1, 60, height - 53, 59, 64, height - 1), "plastic_white"),
        ((4, 64, height - 95, 7, 67, height - 60), "steel"),
    )
    return Group(60, 67, (Piece("fridge", parts),), (), 50)


def _bathtub(dice: Dice, look: Style) -> Group:
    """A tub one can look into."""
    parts: tuple[Part, ...] = (
        ((0, 0, 0, 170, 8, 56), "ceramic"),
        ((0, 67, 0, 170, 75, 56), "ceramic"),
        ((0, 8, 0, 10, 67, 56), "ceramic"),
        ((160, 8, 0, 170, 67, 56), "ceramic"),
        ((10, 8, 0, 160, 67, 16), "ceramic"),
        ((4, 34, 56, 8, 40, 72), "steel"),
    )
    return Group(170, 75, (Piece("bathtub", parts),), (), 45)


def _shower(dice: Dice, look: Style) -> Group:
    """A shower cabin."""
    parts: tuple[Part, ...] = (
        ((0, 0, 0, 90, 90, 8), "ceramic"),
        ((0, 88, 8, 90, 90, 195), "glass"),
        ((88, 0, 8, 90, 88, 195), "glass"),
        ((42, 0, 100, 46, 4, 200), "steel"),
        ((34, 4, 196, 54, 24, 200), "steel"),
    )
    return Group(90, 90, (Piece("shower", parts),))


def _toilet(dice: Dice, look: Style) -> Group:
    """A toilet."""
    parts: tuple[Part, ...] = (
        ((0, 0, 36, 40, 18, 82), "ceramic"),
        ((6, 0, 0, 34, 18, 36), "ceramic"),
        ((6, 18, 0, 34, 60, 36), "ceramic"),
        ((2, 18, 36, 38, 68, 42), "ceramic"),
    )
    return Group(40, 68, (Piece("toilet", parts),), (), 45)


def _basin(dice: Dice, look: Style) -> Group:
    """A washstand below a mirror."""
    return _washstand(dice.pick((80, 100, 120)), look)


def _small_basin(dice: Dice, look: Style) -> Group:
    """A washstand for a narrow place."""
    return _washstand(56, look)


def _washstand(width: int, look: Style) -> Group:
    """A cabinet with a bowl in it, room beside the bowl if it is wide, and a mirror above."""
    body = cabinet("washstand", (width, 46, 80), look.wood, 2)
    parts: tuple[Part, ...] = (
        *body.parts,
        ((0, 0, 80, width, 48, 86), "ceramic"),
        ((width - 52, 12, 86, width - 8, 42, 87), "steel"),
    )
    mirror = Piece("mirror", (((6, 0, 120, width - 6, 2, 190), "mirror"),))
    spots = [Spot("tap", (width - 34, 2, width - 26, 22), 86)]
    if width >= 80:
        spots.append(Spot("vanity", (2, 6, width - 54, 46), 86))
    return Group(width, 48, (Piece("washstand", parts), mirror), tuple(spots), 45)


def _towel_cabinet(dice: Dice, look: Style) -> Group:
    """A tall narrow cabinet."""
    return Group(42, 36, (cabinet("cabinet", (42, 34, 170), look.wood, 1),), (), 40)


def _coat_rack(dice: Dice, look: Style) -> Group:
    """A bench with coats above it."""
    width = dice.between(90, 130, 10)
    parts: tuple[Part, ...] = (
        ((0, 0, 0, width, 38, 44), look.wood),
        ((0, 0, 44, width, 4, 190), look.wood),
        ((0, 4, 180, width, 30, 184), look.wood),
        ((8, 4, 80, 34, 20, 170), "jeans"),
        ((44, 4, 90, 68, 18, 170), look.blanket),
    )
    return Group(width, 38, (Piece("coat_rack", parts),), ())


def _plant(dice: Dice, look: Style) -> Group:
    """A plant in a pot."""
    height = dice.between(100, 160, 10)
    parts: tuple[Part, ...] = (
        ((8, 8, 0, 38, 38, 32), "terracotta"),
        ((20, 20, 32, 26, 26, height - 60), "walnut"),
        ((0, 0, height - 60, 46, 46, height - 20), "leaves"),
        ((10, 10, height - 20, 36, 36, height), "leaves"),
    )
    return Group(46, 46, (Piece("plant", parts),))


def _floor_lamp(dice: Dice, look: Style) -> Group:
    """A lamp on a pole."""
    parts: tuple[Part, ...] = (
        ((0, 0, 0, 34, 34, 6), "black_metal"),
        ((16, 16, 6, 19, 19, 142), "black_metal"),
        ((1, 1, 142, 33, 33, 172), "lampshade"),
    )
    return Group(34, 34, (Piece("floor_lamp", parts),))


def ceiling_lamp(dice: Dice, height: int) -> Piece:
    """A lamp on the ceiling above the origin."""
    half = dice.pick((16, 20, 24))
    shade: Part = ((-half, -half, height - 12, half, half, height), "lampshade")
    return Piece("ceiling_lamp", (shade,))


def picture(dice: Dice, look: Style) -> Piece:
    """A picture on canvas."""
    width, height = dice.between(50, 110, 10), dice.between(40, 60, 10)
    art = dice.pick(("picture_warm", "picture_cool", "picture_green"))
    return Piece("picture", (((0, 0, 142, width, 4, 142 + height), art),))


def rug(dice: Dice, look: Style) -> Piece:
    """A rug to lie in the middle of a room."""
    width, depth = dice.between(120, 200, 10), dice.between(80, 140, 10)
    return Piece("rug", (((0, 0, 0, width, depth, 1), look.rug),))


def front_door(dice: Dice) -> Group:
    """The closed door to the outside."""
    parts: tuple[Part, ...] = (
        ((0, 0, 0, 100, 4, 208), "frame"),
        ((5, 4, 1, 95, 6, 204), "front_door"),
        ((84, 6, 100, 92, 9, 104), "brass"),
    )
    return Group(100, 9, (Piece("front_door", parts),), (), 70)


FIXTURES: dict[str, Maker] = {
    "counter": _counter,
    "plain_counter": _plain_counter,
    "short_counter": _short_counter,
    "fridge": _fridge,
    "bathtub": _bathtub,
    "shower": _shower,
    "toilet": _toilet,
    "basin": _basin,
    "small_basin": _small_basin,
    "towel_cabinet": _towel_cabinet,
    "coat_rack": _coat_rack,
    "plant": _plant,
    "floor_lamp": _floor_lamp,
}
"""By name: what makes a group in a given taste."""
