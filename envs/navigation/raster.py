"""The nodes of a raster on which distances are marched: where a disc can stand on them."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy import ndimage

from ..interface import F32, F64, U8
from ..scenes.freespace import FreeSpace, corner_clearance
from .marching import grazing
from .shapes import BIG

NODE = 0.02  # m from node to node where the floor is known as finely


@dataclass(frozen=True, eq=False, slots=True)
class Raster:
    """Corners of the cells of a `FreeSpace`, or of fine ones where it has them.

    Attributes:
        frame: (5,) float64: x and y of the first node in metres, metres from node to node, rows,
            columns.
        nodes: (rows, columns) uint8, where a disc can stand, see `marching.grazing`.
    """

    frame: F64
    nodes: U8

    @classmethod
    def build(cls, free: FreeSpace, radius: float) -> Raster:
        """The nodes for a disc of that radius, metres."""
        if free.fine is None:
            step, clear = free.cell, corner_clearance(free.floor)
        else:
            edge = free.edge(free.fine)
            every = max(round(NODE / edge), 1)
            clear = corner_clearance(free.fine)[::every, ::every]
            clear[clear > 0] += 0.5  # as in `surfaces`: they lie in the middle of their cells
            step, clear = edge * every, clear / every
        nodes = grazing(clear, radius / step)
        frame = np.array([*free.origin, step, *nodes.shape], np.float64)
        return cls(frame, nodes)

    @property
    def used(self) -> bool:
        """Whether the home has one; see NO_RASTER."""
        return bool(self.frame[2] > 0)

    def main(self) -> F64:
        """A node (2,) in metres of the largest part that hangs together; NaN if there is none."""
        labels, count = ndimage.label(self.nodes == 1)
        if not count:
            return np.full(2, np.nan)
        largest = 1 + np.argmax(np.bincount(labels.ravel())[1:])
        row, column = np.argwhere(labels == largest)[0]
        node: F64 = self.frame[:2] + self.frame[2] * np.array([column, row])
        return node

    def places(self, times: F32) -> F64:
        """Nodes (M, 2) in metres from which a goal can be reached, by their distances to it."""
        rows, columns = np.nonzero(times.reshape(self.nodes.shape) < BIG / 2)
        places: F64 = self.frame[:2] + self.frame[2] * np.stack([columns, rows], axis=1)
        return places


NO_RASTER = Raster(np.zeros(5), np.zeros((0, 0), np.uint8))
"""Of homes whose distances are exact."""
