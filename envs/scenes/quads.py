"""Axis-aligned rectangles to triangles: the one shape that homes are made of.

A quad is a box that is flat along one axis and a facing: WEST … CEILING here names the *direction
its normal points to* (west = -x, …, floor = -z, ceiling = +z), the side the air is on.
"""

from __future__ import annotations

import numpy as np

from ..interface import F32, F64, I64
from .scene import CEILING, EAST, FLOOR, NORTH, SOUTH, WEST, Box3

TOWARDS = {WEST: EAST, EAST: WEST, SOUTH: NORTH, NORTH: SOUTH, FLOOR: CEILING, CEILING: FLOOR}
"""The direction that a room's face looks to: its west wall looks east."""

# Columns of (x0, y0, z0, x1, y1, z1) that make the four corners, counter-clockwise seen against the
# normal; along the flat axis the low and the high column hold the same value.
_CORNERS = np.array(
    [
        [[0, 1, 2], [0, 1, 5], [0, 4, 5], [0, 4, 2]],  # -x
        [[3, 1, 2], [3, 4, 2], [3, 4, 5], [3, 1, 5]],  # +x
        [[0, 1, 2], [3, 1, 2], [3, 1, 5], [0, 1, 5]],  # -y
        [[0, 4, 2], [0, 4, 5], [3, 4, 5], [3, 4, 2]],  # +y
        [[0, 1, 2], [0, 4, 2], [3, 4, 2], [3, 1, 2]],  # -z
        [[0, 1, 5], [3, 1, 5], [3, 4, 5], [0, 4, 5]],  # +z
    ]
)
_TWO = np.array([[0, 1, 2], [0, 2, 3]])


def quad_triangles(boxes: F64, facing: I64) -> F32:
    """Two triangles for each flat box.

    Args:
        boxes: (Q, 6) float64 metres, x0 y0 z0 x1 y1 z1, equal along one axis.
        facing: (Q,) directions of the normals.

    Returns:
        (2 Q, 3, 3) float32, counter-clockwise seen from the side the normal points to.
    """
    rows = np.arange(len(boxes))[:, None, None]
    corners = boxes[rows, _CORNERS[facing]]  # (Q, 4, 3)
    triangles: F32 = corners[:, _TWO].reshape(-1, 3, 3).astype(np.float32)
    return triangles


def face_of(box: Box3, direction: int) -> Box3:
    """The flat box on the side of `box` that looks in that direction."""
    flat = list(box)
    axis, high = divmod(direction, 2)
    flat[axis + (0 if high else 3)] = box[axis + (3 if high else 0)]
    return (flat[0], flat[1], flat[2], flat[3], flat[4], flat[5])
