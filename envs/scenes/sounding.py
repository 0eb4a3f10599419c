"""Which things in a home can sound, and where they stand."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from ..interface import CATEGORIES, UNHEARD_CATEGORIES
from .bodies import BODIES
from .body import Body
from .boxes import BoxCm
from .dice import Dice
from .furnish import find, hang, on_spot
from .kit import Group, Piece, Pose
from .space import Space

LEAST_HEARD, LEAST_UNHEARD = 5, 2
_HEARD = tuple(c for c in CATEGORIES if c not in UNHEARD_CATEGORIES)
_ORDER = {"against": 0, "floor": 1, "wall": 3}  # what needs most room is placed first


@dataclass(frozen=True, slots=True)
class Source:
    """A placed sounding body, in the frame of the home."""

    category: str
    room: int
    piece: Piece
    point: tuple[int, int, int]


def add_sources(
    dice: Dice, kinds: tuple[str, ...], spaces: list[Space], door: tuple[int, Pose, Piece] | None
) -> list[Source]:
    """Place 8 to 12 sounding objects of different categories, spread over the rooms.

    Args:
        dice: chance.
        kinds: of the rooms.
        spaces: the furnished rooms; the bodies are added to them.
        door: room, pose and piece of the front door, which can be knocked on.

    Returns:
        The objects; fewer if they do not fit, the caller judges.
    """
    total = dice.between(8, 9 if len(kinds) == 1 else 12)
    unheard = dice.between(LEAST_UNHEARD, max(LEAST_UNHEARD, total // 3))
    placed: list[Source] = []
    for names, count in ((UNHEARD_CATEGORIES, unheard), (_HEARD, total - unheard)):
        names_in_turn = dice.shuffled(names)
        first = sorted(names_in_turn[:count], key=_needs)
        missing = count
        for name in first + names_in_turn[count:]:
            source = _try(dice, name, kinds, spaces, door, placed) if missing else None
            if source:
                placed.append(source)
                missing -= 1
    return placed


def enough(sources: Sequence[Source]) -> bool:
    """Whether there are as many heard and unheard categories as every home promises."""
    unheard = sum(source.category in UNHEARD_CATEGORIES for source in sources)
    return unheard >= LEAST_UNHEARD and len(sources) - unheard >= LEAST_HEARD and len(sources) >= 8


def _needs(category: str) -> int:
    """A rank: large bodies come first."""
    return _ORDER.get(BODIES[category].mounts[0], 2) if category in BODIES else 2


def _try(
    dice: Dice,
    category: str,
    kinds: tuple[str, ...],
    spaces: list[Space],
    door: tuple[int, Pose, Piece] | None,
    placed: list[Source],
) -> Source | None:
    """Place one body in the fitting room that holds the fewest objects."""
    if category == "knocking":
        return _knocking(spaces, door)
    body = BODIES[category]
    rooms = [i for i, kind in enumerate(kinds) if not body.rooms or kind in body.rooms]
    held = [sum(source.room == i for source in placed) for i in range(len(kinds))]
    rooms = sorted(dice.shuffled(rooms), key=lambda i: held[i])
    for room in rooms:
        space = spaces[room]
        for mount in body.mounts:
            for piece, point in _poses(dice, body, mount, space):
                boxes = [box for box, _ in piece.parts]
                if space.audible(point, boxes) and space.spares_voices(boxes, []):
                    _settle(space, piece, body, mount)
                    space.voices.append(point)
                    return Source(category, room, piece, point)
    return None


def _knocking(spaces: list[Space], door: tuple[int, Pose, Piece] | None) -> Source | None:
    """Somebody knocks on the front door: it sounds where the knuckles meet it."""
    if door is None:
        return None
    room, pose, piece = door
    point = pose.box((50, 18, 120, 50, 18, 120))[:3]
    if not spaces[room].audible(point, []):
        return None
    spaces[room].pieces.remove(piece)
    spaces[room].voices.append(point)
    return Source("knocking", room, piece, point)


def _poses(
    dice: Dice, body: Body, mount: str, space: Space
) -> Iterator[tuple[Piece, tuple[int, int, int]]]:
    """The body where it could stand, with the point that sounds."""
    u0, v0, _, u1, v1, _ = body.box
    piece = Piece(body.category, body.parts)
    if mount == "wall":
        raised = Pose(0, -u0, -v0).piece(piece, body.lift)
        for pose in hang(dice, space, raised):
            yield pose.piece(raised), _point(pose, body, body.lift)
    elif mount in {"floor", "against"}:
        grounded = Pose(0, -u0, -v0).piece(piece)
        group = Group(u1 - u0, v1 - v0, (grounded,), (), body.front)
        found = find(dice, space, group, "free" if mount == "floor" else "corner")
        if found is None and mount == "floor":
            found = find(dice, space, group, "corner")
        if found:
            yield found[1].piece(grounded), _point(found[1], body, 0)
    else:
        for spot in [spot for spot in space.spots if spot.use == mount]:
            x0, y0, x1, y1 = spot.rect
            across, deep = (x1 - x0, y1 - y0) if spot.turn % 2 == 0 else (y1 - y0, x1 - x0)
            if u1 - u0 <= across and v1 - v0 <= deep:
                grounded = Pose(0, -u0, -v0).piece(piece)
                pose = on_spot(spot.rect, spot.turn, grounded)
                yield pose.piece(grounded, spot.z), _point(pose, body, spot.z)


def _point(pose: Pose, body: Body, lift: int) -> tuple[int, int, int]:
    """Where sound leaves a body whose low corner lies at the pose, in the frame of the home."""
    u0, v0, _, _, _, _ = body.box
    u, v, z = body.emit
    x, y, _, _ = pose.rect((u - u0, v - v0, u - u0, v - v0))
    return (x, y, z + lift)


def _settle(space: Space, piece: Piece, body: Body, mount: str) -> None:
    """Take the place."""
    boxes: list[BoxCm] = [box for box, _ in piece.parts]
    space.solids += boxes
    if mount in {"floor", "against"}:
        footprint = piece.footprint
        if footprint:
            space.blockers.append(footprint)
    x0, y0, _, x1, y1, _ = piece.box
    space.spots = [
        s for s in space.spots
        if not (x0 < s.rect[2] and s.rect[0] < x1 and y0 < s.rect[3] and s.rect[1] < y1)
    ]  # fmt: skip
