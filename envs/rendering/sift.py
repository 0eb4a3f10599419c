"""Which faces of a leaf lie between the pixel centres: most of a fine mesh.

Such a face is found for many at a time: the corners of a leaf's faces lie side by side in memory,
and the loop over them has no branches, so that the compiler makes it a loop over vectors.
"""

from __future__ import annotations

import numpy as np

from ..interface import F32, I32, Bool
from .inlining import inlined
from .view import AHEAD, DOWN, EYE, NEAR, RIGHT

OVERLAP = 1e-4  # pixels that faces reach over their edges, so that rounding opens no gap


def side_by_side(corners: F32, links: I32) -> F32:
    """Corners of each leaf's faces together: all x of first corners, then all y, and so on.

    Args:
        corners: (Q, 4, 3).
        links: (B, 3) of the tree.

    Returns:
        (12 Q,); the leaf whose first face is f begins at 12 f.
    """
    leaves = links[links[:, 0] < 0]
    leaves = leaves[np.argsort(leaves[:, 1])].astype(np.int64)
    first, count = (np.repeat(leaves[:, k], leaves[:, 2]) for k in (1, 2))
    place = 11 * first + np.arange(len(corners))
    flat = np.empty(12 * len(corners), np.float32)
    flat[place[:, None] + count[:, None] * np.arange(12)] = corners.reshape(-1, 12)
    return flat


@inlined
def sift(
    flat: F32, first: int, count: int, frame: F32, width: int, height: int, between: Bool
) -> None:
    """Set between[k] for each face of a leaf that covers no pixel centre.

    Args:
        flat: (12 Q,) from `side_by_side`.
        first: number of the leaf's first face.
        count: of its faces.
        frame: (6, 3) from `aim`.
        width: pixels.
        height: pixels.
        between: (count,) or longer, written. Faces that reach behind the camera are not in between.
    """
    ex, ey, ez = frame[EYE, 0], frame[EYE, 1], frame[EYE, 2]
    rx, ry = frame[RIGHT, 0], frame[RIGHT, 1]
    dx, dy, dz = frame[DOWN, 0], frame[DOWN, 1], frame[DOWN, 2]
    ax, ay, az = frame[AHEAD, 0], frame[AHEAD, 1], frame[AHEAD, 2]
    slack = np.float32(OVERLAP)
    centre_x = np.float32(0.5 * width) - np.float32(0.5)
    centre_y = np.float32(0.5 * height) - np.float32(0.5)
    last_x, last_y = np.float32(width - 1), np.float32(height - 1)
    start = 12 * first
    for k in range(count):
        left = top = np.float32(1e9)
        right = bottom = np.float32(-1e9)
        nearest = np.float32(1e9)
        for c in range(0, 12, 3):
            x = flat[np.uintp(start + c * count + k)] - ex
            y = flat[np.uintp(start + (c + 1) * count + k)] - ey
            z = flat[np.uintp(start + (c + 2) * count + k)] - ez
            ahead = ax * x + ay * y + az * z
            scale = np.float32(1) / ahead
            u = (rx * x + ry * y) * scale
            v = (dx * x + dy * y + dz * z) * scale
            nearest = min(nearest, ahead)
            left, right = min(left, u), max(right, u)
            top, bottom = min(top, v), max(bottom, v)
        low_x = np.ceil(max(left + centre_x - slack, np.float32(0)))
        high_x = np.floor(min(right + centre_x + slack, last_x))
        low_y = np.ceil(max(top + centre_y - slack, np.float32(0)))
        high_y = np.floor(min(bottom + centre_y + slack, last_y))
        none = (low_x > high_x) | (low_y > high_y)
        between[k] = none & (nearest >= np.float32(NEAR))
