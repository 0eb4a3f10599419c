"""What stands in a room of each kind, and where people would put it."""

from __future__ import annotations

from collections.abc import Iterator

from . import fixtures as fix
from .boxes import overlap
from .dice import Dice
from .doors import RectCm
from .fixtures import FIXTURES
from .furniture import FURNITURE, Maker, Style
from .kit import Group, Piece, Pose
from .space import Space

MAKERS: dict[str, Maker] = {**FURNITURE, **FIXTURES}
_OPPOSITE = (1, 0, 3, 2)
_TRIES = 26  # positions along the walls before a piece is left out

# kind of room: (names of MAKERS, of which the first that fits is taken, where, per cent of rooms
# that want it); what matters most comes first.
_RECIPES: dict[str, tuple[tuple[tuple[str, ...], str, int], ...]] = {
    "living_room": (
        (("sofa", "sofa_alone"), "centre", 100),
        (("tv_stand",), "opposite", 95),
        (("bookshelf",), "corner", 75),
        (("armchair",), "corner", 60),
        (("sideboard",), "centre", 65),
        (("small_table",), "free", 40),
    ),
    "kitchen": (
        (("fridge",), "corner", 100),
        (("counter", "plain_counter", "short_counter"), "corner", 100),
        (("small_table",), "free", 85),
        (("dresser", "towel_cabinet"), "corner", 50),
    ),
    "bedroom": (
        (("double_bed", "bed"), "centre", 100),
        (("wardrobe",), "corner", 100),
        (("desk",), "corner", 45),
        (("dresser",), "centre", 60),
        (("armchair",), "corner", 25),
    ),
    "bathroom": (
        (("basin", "small_basin"), "corner", 100),
        (("bathtub", "shower", "shower"), "corner", 100),
        (("toilet",), "corner", 100),
        (("towel_cabinet",), "corner", 50),
    ),
    "hall": (
        (("coat_rack",), "corner", 75),
        (("console",), "corner", 95),
        (("wardrobe",), "corner", 25),
    ),
    "office": (
        (("desk",), "corner", 100),
        (("bookshelf",), "corner", 95),
        (("filing_cabinet",), "corner", 90),
        (("sofa_alone", "armchair"), "centre", 45),
        (("bookshelf",), "corner", 40),
    ),
    "dining_room": (
        (("dining_table", "small_table"), "free", 100),
        (("sideboard",), "centre", 95),
        (("bookshelf",), "corner", 40),
        (("dresser",), "corner", 30),
    ),
    "studio": (
        (("counter", "plain_counter", "short_counter"), "corner", 100),
        (("fridge",), "corner", 100),
        (("double_bed", "bed"), "corner", 100),
        (("wardrobe",), "corner", 90),
        (("sofa", "sofa_alone"), "centre", 90),
        (("tv_stand",), "opposite", 85),
        (("small_table",), "free", 90),
        (("dresser",), "corner", 80),
        (("desk",), "corner", 60),
    ),
}


def furnish(dice: Dice, kind: str, space: Space, look: Style) -> None:
    """Place the furniture of a room of that kind, essentials first; what does not fit stays out."""
    faced: int | None = None
    for names, where, percent in _RECIPES[kind]:
        if not dice.chance(percent):
            continue
        for name in names:
            group = MAKERS[name](dice, look)
            side = place(dice, space, group, where, faced)
            if side is not None:
                if name in {"sofa", "sofa_alone"}:
                    faced = side
                break


def place(
    dice: Dice, space: Space, group: Group, where: str, faced: int | None = None
) -> int | None:
    """Put a group where it fits.

    Args:
        dice: chance.
        space: the room.
        group: what to put.
        where: "corner", "centre" (of a wall), "opposite" (of the wall `faced`), or "free".
        faced: a wall, for "opposite".

    Returns:
        The wall it stands against (0 for "free"), or None if it fits nowhere.
    """
    found = find(dice, space, group, where, faced)
    if found is None:
        return None
    space.add(group, found[1])
    return found[0]


def find(
    dice: Dice, space: Space, group: Group, where: str, faced: int | None = None
) -> tuple[int, Pose] | None:
    """The wall and the pose that `place` would take."""
    poses = _free_poses(dice, space, group) if where == "free" else None
    for side, pose in poses or _wall_poses(dice, space, group, where, faced):
        if space.fits(group, pose):
            return side, pose
    return None


def _free_poses(dice: Dice, space: Space, group: Group) -> Iterator[tuple[int, Pose]]:
    """Poses away from the walls: near the middle, then anywhere."""
    x0, y0, x1, y1 = space.rect
    for attempt in range(14):
        turn = dice.below(4)
        w, d = (group.width, group.depth) if turn % 2 == 0 else (group.depth, group.width)
        if x1 - x0 < w + 80 or y1 - y0 < d + 80:
            continue
        spread = 5 if attempt else 0
        left = _middle(dice, x0 + 40, x1 - 40 - w, spread * attempt)
        low = _middle(dice, y0 + 40, y1 - 40 - d, spread * attempt)
        corner = ((left, low), (left + w, low), (left + w, low + d), (left, low + d))[turn]
        yield 0, Pose(turn, *corner)


def _middle(dice: Dice, low: int, high: int, percent: int) -> int:
    """A number near the middle between low and high: within so many per cent of the range."""
    reach = (high - low) * percent // 140
    middle = (low + high) // 2
    return min(max(middle + dice.between(-reach, reach), low), high)


def _wall_poses(
    dice: Dice, space: Space, group: Group, where: str, faced: int | None
) -> Iterator[tuple[int, Pose]]:
    """Poses against the walls in the order of liking."""
    sides = dice.shuffled((0, 1, 2, 3))
    if where == "opposite" and faced is not None:
        sides.remove(_OPPOSITE[faced])
        sides.insert(0, _OPPOSITE[faced])
    count = 0
    for side in sides:
        for offset in _offsets(dice, space, side, group.width, where):
            low, high = offset, offset + group.width
            if space.shows_window(side, low, high, group.height):
                continue
            if any(s == side and low < b and a < high for s, a, b in space.doors):
                continue
            count += 1
            if count > _TRIES:
                return
            yield side, space.pose(side, offset, group.width)


def _offsets(dice: Dice, space: Space, side: int, width: int, where: str) -> list[int]:
    """Offsets along a wall: flush with corners and neighbours, in the middle, and anywhere."""
    free = space.side_length(side) - width
    if free < 0:
        return []
    flush = [0, free]
    for low, high in space.touching(side):
        flush += [low - width, high]
    flush = [offset for offset in dice.shuffled(flush) if 0 <= offset <= free]
    loose = [free // 2, dice.between(0, free), dice.between(0, free)]
    options = flush + loose[:2] if where == "corner" else loose + flush
    return list(dict.fromkeys(options))


def decorate(dice: Dice, kind: str, space: Space, look: Style) -> None:
    """Taps, a lamp, plants, pictures, a rug: what makes a room a home, last."""
    for spot in [spot for spot in space.spots if spot.use == "tap"]:
        space.spots.remove(spot)
        tap = on_spot(spot.rect, spot.turn, fix.TAP).piece(fix.TAP, spot.z)
        if space.spares_voices([box for box, _ in tap.parts], []):
            space.add_piece(tap)
    x0, y0, x1, y1 = space.rect
    middle = Pose(0, (x0 + x1) // 2, (y0 + y1) // 2)
    lamp = middle.piece(fix.ceiling_lamp(dice, space.height))
    if not any(overlap(lamp.box, solid) for solid in space.solids):
        space.add_piece(lamp)
    if kind != "bathroom":
        for name, percent in (("plant", 60), ("floor_lamp", 35)):
            if dice.chance(percent) and (kind != "kitchen" or name == "plant"):
                place(dice, space, MAKERS[name](dice, look), "corner")
        _hang_pictures(dice, space, look)
    if kind in {"bedroom", "office", "living_room", "hall"} and dice.chance(60):
        _lay_rug(dice, space, look)


def on_spot(rect: RectCm, turn: int, piece: Piece) -> Pose:
    """The pose of a thing at the front edge of a spot, in the middle of its width."""
    x0, y0, x1, y1 = rect
    frame = Pose(turn, *((x0, y0), (x1, y0), (x1, y1), (x0, y1))[turn])
    across, deep = (x1 - x0, y1 - y0) if turn % 2 == 0 else (y1 - y0, x1 - x0)
    _, _, _, width, depth, _ = piece.box
    u, v = (across - width) // 2, deep - depth
    x, y, _, _ = frame.rect((u, v, u, v))
    return Pose(turn, x, y)


def hang(dice: Dice, space: Space, piece: Piece, tries: int = 6) -> Iterator[Pose]:
    """Poses for a thing on a wall, clear of doors, windows and furniture; beside doors first."""
    box = piece.box
    width = box[3] - box[0]
    options = []
    for side, low, high in space.doors:
        options += [(side, low - width - 14), (side, high + 14)]
    options = dice.shuffled(options) if width < 40 else []
    for _ in range(tries):
        side = dice.below(4)
        options.append((side, dice.between(10, space.side_length(side) - width - 10)))
    for side, offset in options:
        if not 5 <= offset <= space.side_length(side) - width - 5:
            continue
        if _wall_is_clear(space, side, offset, offset + width, box[2], box[5]):
            pose = space.pose(side, offset, width)
            boxes = [box for box, _ in pose.piece(piece).parts]
            crowded = any(overlap(box, solid, 3) for box in boxes for solid in space.solids)
            if not crowded and space.spares_voices(boxes, []):
                yield pose


def _wall_is_clear(space: Space, side: int, low: int, high: int, z0: int, z1: int) -> bool:
    """Whether no door or window (with its frame) lies there."""
    if any(s == side and low < b + 8 and a - 8 < high for s, a, b in space.doors):
        return False
    return not any(
        s == side and low < b + 8 and a - 8 < high and z0 < top and z1 > sill
        for s, a, b, sill, top in space.windows
    )


def _hang_pictures(dice: Dice, space: Space, look: Style) -> None:
    """Up to three pictures."""
    for _ in range(dice.between(0, 2)):
        piece = fix.picture(dice, look)
        pose = next(hang(dice, space, piece, 4), None)
        if pose:
            space.add_piece(pose.piece(piece))


def _lay_rug(dice: Dice, space: Space, look: Style) -> None:
    """A rug in the middle, if there is none."""
    if any(piece.kind == "rug" for piece in space.pieces):
        return
    piece = fix.rug(dice, look)
    _, _, _, width, depth, _ = piece.box
    x0, y0, x1, y1 = space.rect
    if x1 - x0 < y1 - y0:
        width, depth = depth, width
        piece = Piece("rug", (((0, 0, 0, width, depth, 1), look.rug),))
    if x1 - x0 > width + 60 and y1 - y0 > depth + 60:
        pose = Pose(0, (x0 + x1 - width) // 2, (y0 + y1 - depth) // 2)
        space.add_piece(pose.piece(piece))
