"""Furniture and sounding objects of a plan: pieces of the kit in their place, or plain boxes."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from ...interface import CATEGORIES, SoundwalkError, unknown
from ..bodies import BODIES
from ..body import Body as SoundingBody
from ..dice import Dice
from ..fixtures import front_door, picture, rug
from ..furnish import MAKERS
from ..furniture import Maker, Style, style
from ..kit import Group, Piece, Pose
from .draft import UNIT, Body, Part, solid_units, units

_CM = UNIT // 100
_TURNS = {"north": 0, "west": 1, "south": 2, "east": 3}  # quarter turns of what looks along +y
_KNOCKED = SoundingBody(
    "knocking", front_door(Dice(0)).pieces[0].parts, (50, 18, 120), ("against",)
)
SOUNDING = {**BODIES, "knocking": _KNOCKED}


def _door(dice: Dice, look: Style) -> Group:
    """The front door, whatever the taste."""
    return front_door(dice)


def _alone(make: Callable[[Dice, Style], Piece]) -> Maker:
    """A maker of a group that is one piece."""

    def maker(dice: Dice, look: Style) -> Group:
        piece = make(dice, look)
        _, _, _, width, depth, _ = piece.box
        return Group(width, depth, (piece,))

    return maker


KIT: dict[str, Maker] = {
    **MAKERS,
    "front_door": _door,
    "picture": _alone(picture),
    "rug": _alone(rug),
}
"""What `kit` can name, by name."""


def furniture(entry: dict[str, Any], where: str) -> list[Body]:
    """The pieces that an entry of "furniture" stands for.

    Raises:
        SoundwalkError: it is neither of the kit nor made of boxes, or lacks what it needs.
    """
    if "kit" in entry:
        _only(entry, where, ("kit", "at", "facing", "seed"), needs=("at",))
        name = entry["kit"]
        if name not in KIT:
            raise unknown(f"kit of {where}", name, KIT)
        dice = Dice(int(entry.get("seed", 0)))
        group = KIT[name](dice, style(dice))
        pose, lift = _pose(entry, group.width, where)
        return [Body(where, piece.kind, _parts(pose, piece, 0, 0, lift)) for piece in group.pieces]
    _only(entry, where, ("kind", "box", "material", "parts"), needs=("kind",))
    return [Body(where, entry["kind"], _boxes(entry, where))]


def sounding(entry: dict[str, Any], where: str) -> Body:
    """The object that an entry of "objects" stands for.

    Raises:
        SoundwalkError: an unknown category, or it lacks a place.
    """
    category = entry["category"]
    if category not in CATEGORIES:
        raise unknown(f"category of {where}", category, CATEGORIES)
    if "position" in entry:
        _only(entry, where, ("category", "position", "parts"))
        x, y, z = (units(v, f"{where}, position") for v in entry["position"])
        parts = _boxes(entry, where) if "parts" in entry else ()
        return Body(where, category, parts, (x, y, z))
    _only(entry, where, ("category", "at", "facing"), needs=("at",))
    body = SOUNDING[category]
    u0, v0, _, u1, _, _ = body.box
    pose, lift = _pose(entry, u1 - u0, where, body.lift)
    u, v, z = ((e - o) * _CM for e, o in zip(body.emit, (u0, v0, 0), strict=True))
    x, y, _, _ = pose.rect((u, v, u, v))
    parts = _parts(pose, Piece(category, body.parts), u0, v0, lift)
    return Body(where, category, parts, (x, y, z + lift))


def _only(
    entry: dict[str, Any], where: str, keys: Sequence[str], *, needs: Sequence[str] = ()
) -> None:
    """Refuse keys that say something else, and ask for those that are needed."""
    for key in entry:
        if key not in (*keys, "comment"):
            raise SoundwalkError(
                f"{where} has {key!r} beside {keys[0]!r}: expected only {', '.join(keys)}"
            )
    for key in needs:
        if key not in entry:
            raise SoundwalkError(f"{where} has no {key!r}: expected {', '.join(keys)}")


def _pose(entry: dict[str, Any], width: int, where: str, lift: int = 0) -> tuple[Pose, int]:
    """Where the frame of something so many centimetres wide lies, and how high."""
    x, y, *height = (units(v, f"{where}, at") for v in entry["at"])
    turn = _TURNS[entry.get("facing", "north")]
    left = -width * _CM // 2
    corner = Pose(turn, x, y).rect((left, 0, left, 0))
    return Pose(turn, corner[0], corner[1]), height[0] if height else lift * _CM


def _parts(pose: Pose, piece: Piece, u: int, v: int, lift: int) -> tuple[Part, ...]:
    """The parts of a piece whose corner (u, v) lies at the pose."""
    larger = [
        (((a - u) * _CM, (b - v) * _CM, c * _CM, (d - u) * _CM, (e - v) * _CM, f * _CM), name)
        for (a, b, c, d, e, f), name in piece.parts
    ]
    return pose.piece(Piece(piece.kind, tuple(larger)), lift).parts


def _boxes(entry: dict[str, Any], where: str) -> tuple[Part, ...]:
    """Parts that are written down: one box, or several."""
    if ("box" in entry) == ("parts" in entry):
        raise SoundwalkError(f"{where}: expected either 'box' or 'parts'")
    if "box" in entry:
        return ((solid_units(entry["box"], f"{where}, box"), entry.get("material", "oak")),)
    return tuple(
        (solid_units(part["box"], f"{where}, parts[{i}]"), part["material"])
        for i, part in enumerate(entry["parts"])
    )
