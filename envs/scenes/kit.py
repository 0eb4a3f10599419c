"""The words of furnishing: parts make pieces, pieces make groups, and a pose puts them in a room.

Lengths are whole centimetres. In a group's own frame u runs along the wall it stands against, v
away from that wall into the room, z up; its front looks along +v.
"""

from __future__ import annotations

from dataclasses import dataclass

from .boxes import BoxCm, bounding
from .doors import RectCm

Part = tuple[BoxCm, str]  # a solid box and the name of its surface
AGENT_CM = 140  # what begins above this does not stop an agent
_FLAT_CM = 5  # what ends below this does not either


@dataclass(frozen=True, slots=True)
class Piece:
    """One piece of furniture."""

    kind: str
    parts: tuple[Part, ...]

    @property
    def box(self) -> BoxCm:
        """The bounding box of all parts."""
        return bounding([box for box, _ in self.parts])

    @property
    def footprint(self) -> RectCm | None:
        """What stops an agent, seen from above: the outline of all parts within its height."""
        low = [b for b, _ in self.parts if b[2] < AGENT_CM and b[5] > _FLAT_CM]
        if not low:
            return None
        x0, y0, _, x1, y1, _ = bounding(low)
        return (x0, y0, x1, y1)


@dataclass(frozen=True, slots=True)
class Spot:
    """A free surface on which one small thing can stand; `use` says what belongs there."""

    use: str
    rect: RectCm
    z: int
    turn: int = 0


@dataclass(frozen=True, slots=True)
class Group:
    """Pieces that are placed together.

    Attributes:
        width: along the wall.
        depth: from the wall.
        pieces: in the group's frame.
        spots: where small things can stand.
        front: how far in front of it no other piece may stand.
    """

    width: int
    depth: int
    pieces: tuple[Piece, ...]
    spots: tuple[Spot, ...] = ()
    front: int = 0

    @property
    def height(self) -> int:
        """The highest point."""
        return max(box[5] for piece in self.pieces for box, _ in piece.parts)


@dataclass(frozen=True, slots=True)
class Pose:
    """Where a group's frame lies in the room: quarter turns counter-clockwise, and its origin."""

    turn: int
    x: int
    y: int

    def rect(self, rect: RectCm) -> RectCm:
        """A rectangle from the group's frame to the room's."""
        u0, v0, u1, v1 = rect
        x, y = self.x, self.y
        if self.turn == 0:
            return (x + u0, y + v0, x + u1, y + v1)
        if self.turn == 1:
            return (x - v1, y + u0, x - v0, y + u1)
        if self.turn == 2:
            return (x - u1, y - v1, x - u0, y - v0)
        return (x + v0, y - u1, x + v1, y - u0)

    def box(self, box: BoxCm) -> BoxCm:
        """A box from the group's frame to the room's."""
        x0, y0, x1, y1 = self.rect((box[0], box[1], box[3], box[4]))
        return (x0, y0, box[2], x1, y1, box[5])

    def piece(self, piece: Piece, lift: int = 0) -> Piece:
        """A piece from the group's frame to the room's, raised by `lift`."""
        parts = []
        for box, name in piece.parts:
            x0, y0, z0, x1, y1, z1 = self.box(box)
            parts.append(((x0, y0, z0 + lift, x1, y1, z1 + lift), name))
        return Piece(piece.kind, tuple(parts))

    def spot(self, spot: Spot) -> Spot:
        """A spot from the group's frame to the room's."""
        return Spot(spot.use, self.rect(spot.rect), spot.z, self.turn)
