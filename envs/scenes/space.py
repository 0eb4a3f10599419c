"""Where things fit in a room: nothing may stand so near to another that an agent could get stuck.

The law: two obstacles either touch or leave at least PASSAGE between them, and what stays free is
in one piece. So every way that a disc can enter is 10 cm wider than the disc (2 r + 10 cm = 40 cm).
"""

from __future__ import annotations

from bisect import bisect_left
from dataclasses import dataclass, field
from math import isqrt

from .boxes import BoxCm, overlap
from .doors import DoorCm, RectCm
from .kit import AGENT_CM, Group, Piece, Pose, Spot

PASSAGE = 40  # cm between two obstacles that do not touch
RADIUS = 15  # cm of an agent
REACH = 54  # cm from a sounding point to the nearest place an agent can stand
AIR = 6  # cm around a sounding point that are not solid
DOOR_ZONE = 78  # cm in front of a door that stay free

_STEPS = sorted(
    ((x, y) for x in range(-54, 55, 9) for y in range(-54, 55, 9) if x * x + y * y <= REACH**2),
    key=lambda step: (step[0] ** 2 + step[1] ** 2, step),
)


@dataclass(slots=True)
class Space:
    """A room while it is being furnished.

    Attributes:
        rect: inner faces of its walls.
        height: of the ceiling.
        doors: spans (side, low, high) of the openings, from the low end of that wall.
        windows: (side, low, high, sill, top) of the panes, likewise.
        outer: sides that look outdoors.
        blockers: what stops an agent.
        keep: what must stay free.
        solids: all boxes, also what hangs and lies.
        pieces: what stands here, in order.
        spots: free surfaces.
        voices: points that sound; nothing may be put on them or between them and every listener.
    """

    rect: RectCm
    height: int
    doors: list[tuple[int, int, int]] = field(default_factory=list)
    windows: list[tuple[int, int, int, int, int]] = field(default_factory=list)
    outer: list[int] = field(default_factory=list)
    blockers: list[RectCm] = field(default_factory=list)
    keep: list[RectCm] = field(default_factory=list)
    solids: list[BoxCm] = field(default_factory=list)
    pieces: list[Piece] = field(default_factory=list)
    spots: list[Spot] = field(default_factory=list)
    voices: list[tuple[int, int, int]] = field(default_factory=list)

    def add_door(self, door: DoorCm) -> None:
        """Keep the floor before a door free."""
        x0, y0, x1, y1 = self.rect
        a0, b0, a1, b1 = door.rect
        z = DOOR_ZONE
        if door.axis == 0:
            side = 0 if a1 == x0 else 1
            self.doors.append((side, b0 - y0, b1 - y0))
            self.keep.append((x0, b0, x0 + z, b1) if side == 0 else (x1 - z, b0, x1, b1))
        else:
            side = 2 if b1 == y0 else 3
            self.doors.append((side, a0 - x0, a1 - x0))
            self.keep.append((a0, y0, a1, y0 + z) if side == 2 else (a0, y1 - z, a1, y1))

    def side_length(self, side: int) -> int:
        """Length of the wall WEST, EAST, SOUTH or NORTH."""
        x0, y0, x1, y1 = self.rect
        return y1 - y0 if side < 2 else x1 - x0

    def pose(self, side: int, offset: int, width: int) -> Pose:
        """A group of that width against a wall, `offset` from its low end."""
        x0, y0, x1, y1 = self.rect
        if side == 0:
            return Pose(3, x0, y0 + offset + width)
        if side == 1:
            return Pose(1, x1, y0 + offset)
        if side == 2:
            return Pose(0, x0 + offset, y0)
        return Pose(2, x0 + offset + width, y1)

    def touching(self, side: int) -> list[tuple[int, int]]:
        """Stretches of a wall, from its low end, that obstacles stand against."""
        x0, y0, x1, y1 = self.rect
        if side == 0:
            return [(b[1] - y0, b[3] - y0) for b in self.blockers if b[0] == x0]
        if side == 1:
            return [(b[1] - y0, b[3] - y0) for b in self.blockers if b[2] == x1]
        if side == 2:
            return [(b[0] - x0, b[2] - x0) for b in self.blockers if b[1] == y0]
        return [(b[0] - x0, b[2] - x0) for b in self.blockers if b[3] == y1]

    def shows_window(self, side: int, low: int, high: int, top: int) -> bool:
        """Whether something up to that height would stand before a window."""
        return any(
            s == side and low < b and a < high and top > sill for s, a, b, sill, _ in self.windows
        )

    def fits(self, group: Group, pose: Pose) -> bool:
        """Whether the group can stand there under the law above."""
        if not self._inside(pose.rect((0, 0, group.width, group.depth + group.front))):
            return False
        prints = [f for f in (piece.footprint for piece in group.pieces) if f]
        rects = [pose.rect(f) for f in prints]
        if not all(self._allowed(rect) for rect in rects):
            return False
        if group.front:
            zone = pose.rect((0, group.depth, group.width, group.depth + group.front))
            if any(_cross(zone, blocker) for blocker in self.blockers):
                return False
        if any(
            overlap(pose.box(box), solid)
            for piece in group.pieces
            if piece.kind != "rug"
            for box, _ in piece.parts
            for solid in self.solids
            if solid[5] > 2
        ):
            return False
        boxes = [pose.box(box) for piece in group.pieces for box, _ in piece.parts]
        return self._in_one_piece(rects) and self.spares_voices(boxes, rects)

    def spares_voices(self, boxes: list[BoxCm], rects: list[RectCm]) -> bool:
        """Whether all that sounds here can still be heard, and reached, beside new boxes.

        Args:
            boxes: solid boxes to be added.
            rects: what of them stops an agent.
        """
        for x, y, z in self.voices:
            if any(overlap((x, y, z, x, y, z), box, AIR) for box in boxes):
                return False
            if rects and not self._reachable(x, y, self.blockers + rects):
                return False
        return True

    def _inside(self, rect: RectCm) -> bool:
        x0, y0, x1, y1 = self.rect
        return rect[0] >= x0 and rect[1] >= y0 and rect[2] <= x1 and rect[3] <= y1

    def _allowed(self, rect: RectCm) -> bool:
        """Whether an obstacle there keeps its distances."""
        x0, y0, x1, y1 = self.rect
        gaps = (rect[0] - x0, rect[1] - y0, x1 - rect[2], y1 - rect[3])
        if any(0 < gap < PASSAGE for gap in gaps):
            return False
        if any(_cross(rect, zone) for zone in self.keep):
            return False
        return all(_apart(rect, blocker) for blocker in self.blockers)

    def _in_one_piece(self, rects: list[RectCm]) -> bool:
        """Whether the free floor stays connected: flood fill over the grid of all edges."""
        blockers = self.blockers + rects
        x0, y0, x1, y1 = self.rect
        xs = sorted({x0, x1, *(b[0] for b in blockers), *(b[2] for b in blockers)})
        ys = sorted({y0, y1, *(b[1] for b in blockers), *(b[3] for b in blockers)})
        whole = (1 << (len(xs) - 1)) - 1
        free = [whole] * (len(ys) - 1)
        for b in blockers:
            mask = (1 << bisect_left(xs, b[2])) - (1 << bisect_left(xs, b[0]))
            for row in range(bisect_left(ys, b[1]), bisect_left(ys, b[3])):
                free[row] &= ~mask
        return _connected(free)

    def add(self, group: Group, pose: Pose) -> None:
        """Place the group."""
        for piece in group.pieces:
            self.add_piece(pose.piece(piece))
        if group.front:
            self.keep.append(pose.rect((0, group.depth, group.width, group.depth + group.front)))
        self.spots += [pose.spot(spot) for spot in group.spots]

    def add_piece(self, piece: Piece) -> None:
        """Place a piece that is already in the room's frame."""
        self.pieces.append(piece)
        self.solids += [box for box, _ in piece.parts]
        footprint = piece.footprint
        if footprint:
            self.blockers.append(footprint)

    def audible(self, point: tuple[int, int, int], body: list[BoxCm]) -> bool:
        """Whether sound can leave a point, and an agent can come near it."""
        x, y, z = point
        x0, y0, x1, y1 = self.rect
        if not (x0 + 5 <= x <= x1 - 5 and y0 + 5 <= y <= y1 - 5 and 20 <= z <= 220):
            return False
        if z > self.height - 5:
            return False
        here = (x, y, z, x, y, z)
        if any(overlap(here, solid, AIR) for solid in self.solids + body):
            return False
        rects = [(b[0], b[1], b[3], b[4]) for b in body if b[2] < AGENT_CM]
        return self._reachable(x, y, self.blockers + rects)

    def _reachable(self, x: int, y: int, blockers: list[RectCm]) -> bool:
        """Whether the disc of an agent fits somewhere within REACH."""
        r = RADIUS
        x0, y0, x1, y1 = self.rect
        wide = [(a - r, b - r, c + r, d + r) for a, b, c, d in blockers]
        for dx, dy in _STEPS:
            px, py = x + dx, y + dy
            if not (x0 + r <= px <= x1 - r and y0 + r <= py <= y1 - r):
                continue
            if not any(a < px < c and b < py < d for a, b, c, d in wide):
                return True
        return False


def _cross(a: RectCm, b: RectCm) -> bool:
    """Whether two rectangles overlap by more than an edge."""
    return a[0] < b[2] and b[0] < a[2] and a[1] < b[3] and b[1] < a[3]


def _apart(a: RectCm, b: RectCm) -> bool:
    """Whether two obstacles touch without overlapping, or leave a passage."""
    dx = max(a[0] - b[2], b[0] - a[2])
    dy = max(a[1] - b[3], b[1] - a[3])
    if dx < 0 and dy < 0:
        return False
    if dx <= 0 and dy <= 0:
        return True
    return isqrt(max(dx, 0) ** 2 + max(dy, 0) ** 2) >= PASSAGE


def _connected(free: list[int]) -> bool:
    """Whether the set bits of the rows are one region (neighbours share an edge)."""
    start = next((index for index, row in enumerate(free) if row), None)
    if start is None:
        return False
    filled = [0] * len(free)
    filled[start] = free[start] & -free[start]
    changed = True
    while changed:
        changed = False
        for order in (range(len(free)), range(len(free) - 1, -1, -1)):
            for row in order:
                before = filled[row]
                grown = before
                if row:
                    grown |= filled[row - 1]
                if row + 1 < len(free):
                    grown |= filled[row + 1]
                grown = _spread(grown & free[row], free[row])
                if grown != before:
                    filled[row] = grown
                    changed = True
    return filled == free


def _spread(seed: int, free: int) -> int:
    """Fill each run of free bits that holds a seed."""
    while True:
        wider = (seed | seed << 1 | seed >> 1) & free
        if wider == seed:
            return seed
        seed = wider
