"""What a sounding body is: a handful of boxes, where its sound leaves, and where it can be."""

from __future__ import annotations

from dataclasses import dataclass

from .boxes import BoxCm, bounding
from .kit import Part


@dataclass(frozen=True, slots=True)
class Body:
    """One thing that can sound.

    Attributes:
        category: of interface.CATEGORIES.
        parts: solid boxes; the front looks along +v.
        emit: u, v, z of the point that sounds.
        mounts: where it can be, best first: uses of spots (kit.Spot), "floor" (against a wall or
            free), "against" (against a wall), "wall" (hung on a wall).
        rooms: kinds of rooms it belongs to, any if empty.
        front: cm that stay free before it if it stands on the floor.
        lift: cm above the floor at which it hangs on a wall.
    """

    category: str
    parts: tuple[Part, ...]
    emit: tuple[int, int, int]
    mounts: tuple[str, ...]
    rooms: tuple[str, ...] = ()
    front: int = 0
    lift: int = 0

    @property
    def box(self) -> BoxCm:
        """The bounding box of all parts."""
        return bounding([box for box, _ in self.parts])
