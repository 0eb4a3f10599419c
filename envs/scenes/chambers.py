"""Which boxes of a plan are one room: those that joints hang together."""

from __future__ import annotations

import numpy as np

from ..interface import F64, SoundwalkError
from .scene import FloorPlan


class Chambers:
    """The rooms of a plan as people count them.

    Attributes:
        of: for each box of `plan.rooms` the first box of the same room.
        boxes: the boxes of each room, in the order of their first ones.
        count: how many rooms there are.

    >>> from .joined import joined
    >>> chambers = Chambers(joined([(0, 0, 4, 3), (4, 0, 6, 6)]).plan)
    >>> chambers.of, chambers.count
    ([0, 0], 1)
    """

    def __init__(self, plan: FloorPlan) -> None:
        """Join what doors without thickness join."""
        self._plan = plan
        self.of = list(range(len(plan.rooms)))
        for door in plan.doors:
            if door.thickness == 0.0:
                first, second = sorted(self.of[room] for room in door.rooms)
                self.of = [first if name == second else name for name in self.of]
        firsts = dict.fromkeys(self.of)
        self.boxes = [[i for i, owner in enumerate(self.of) if owner == one] for one in firsts]
        self.count = len(self.boxes)

    def at(self, point: F64) -> int:
        """The room at a point (2,): of a point in no box, the nearest."""
        x, y = float(point[0]), float(point[1])
        try:
            return self.of[self._plan.room_at(x, y)]
        except SoundwalkError:
            boxes = np.array([room.box for room in self._plan.rooms])
            gap = np.maximum(np.maximum(boxes[:, :2] - (x, y), (x, y) - boxes[:, 2:]), 0)
            return self.of[int(np.argmin((gap**2).sum(1)))]
