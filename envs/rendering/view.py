"""Where a camera looks, and which boxes it cannot see: outside its view, or behind what is drawn.

A box is hidden if its nearest depth lies behind the farthest depth of every 8 x 8 tile that it may
touch; a tile's farthest depth is renewed only when it is asked for.
"""

from __future__ import annotations

import numpy as np

from ..interface import F32, Bool, kernel
from .inlining import inlined

NEAR = 0.02  # m; nothing nearer is seen
TILE = 8  # pixels, the side of an occlusion tile

# Rows of a frame: eye, then the axes times the focal length (pixels), then the axes over it.
EYE, RIGHT, DOWN, AHEAD, STEP_RIGHT, STEP_DOWN = range(6)


@kernel
def aim(pose: F32, width: int, height: int, focal: float, frame: F32, planes: F32) -> None:
    """Fill a camera's frame (6, 3) and view planes (5, 7) from a pose (5,) x, y, z, yaw, pitch.

    A plane is its normal, the magnitudes of the normal's parts, and the least distance inside.
    """
    cos_yaw, sin_yaw = np.cos(pose[3]), np.sin(pose[3])
    cos_pitch, sin_pitch = np.cos(pose[4]), np.sin(pose[4])
    scale = np.float32(focal)
    frame[EYE] = pose[:3]
    frame[AHEAD, 0] = cos_pitch * cos_yaw
    frame[AHEAD, 1] = cos_pitch * sin_yaw
    frame[AHEAD, 2] = sin_pitch
    frame[RIGHT, 0] = sin_yaw * scale
    frame[RIGHT, 1] = -cos_yaw * scale
    frame[RIGHT, 2] = 0
    frame[DOWN, 0] = sin_pitch * cos_yaw * scale
    frame[DOWN, 1] = sin_pitch * sin_yaw * scale
    frame[DOWN, 2] = -cos_pitch * scale
    for d in range(3):
        frame[STEP_RIGHT, d] = frame[RIGHT, d] / (scale * scale)
        frame[STEP_DOWN, d] = frame[DOWN, d] / (scale * scale)
        across = np.float32(0.5 * width) * frame[AHEAD, d]
        along = np.float32(0.5 * height) * frame[AHEAD, d]
        planes[0, d] = frame[AHEAD, d]
        planes[1, d] = across + frame[RIGHT, d]
        planes[2, d] = across - frame[RIGHT, d]
        planes[3, d] = along + frame[DOWN, d]
        planes[4, d] = along - frame[DOWN, d]
    for p in range(5):
        for d in range(3):
            planes[p, 3 + d] = abs(planes[p, d])
        planes[p, 6] = np.float32(NEAR) if p == 0 else np.float32(0)


@inlined
def distance(boxes: F32, node: int, frame: F32) -> np.float32:
    """Squared distance from the eye to a box."""
    total = np.float32(0)
    for d in range(3):
        gap = max(abs(boxes[node, d] - frame[EYE, d]) - boxes[node, 3 + d], np.float32(0))
        total += gap * gap
    return total


@inlined
def outside(boxes: F32, node: int, frame: F32, planes: F32) -> bool:
    """Whether a box lies wholly outside one of the view's planes."""
    x = boxes[node, 0] - frame[EYE, 0]
    y = boxes[node, 1] - frame[EYE, 1]
    z = boxes[node, 2] - frame[EYE, 2]
    for p in range(5):
        reach = planes[p, 0] * x + planes[p, 1] * y + planes[p, 2] * z
        reach += (
            planes[p, 3] * boxes[node, 3]
            + planes[p, 4] * boxes[node, 4]
            + planes[p, 5] * boxes[node, 5]
        )
        if reach < planes[p, 6]:
            return True
    return False


@inlined
def hidden(
    boxes: F32,
    node: int,
    frame: F32,
    inverse: F32,
    farthest: F32,
    stale: Bool,
    tiles_x: int,
    width: int,
    height: int,
) -> bool:
    """Whether everything that a box could show lies behind what is drawn."""
    x = boxes[node, 0] - frame[EYE, 0]
    y = boxes[node, 1] - frame[EYE, 1]
    z = boxes[node, 2] - frame[EYE, 2]
    middle = frame[AHEAD, 0] * x + frame[AHEAD, 1] * y + frame[AHEAD, 2] * z
    ax = frame[AHEAD, 0] * boxes[node, 3]
    ay = frame[AHEAD, 1] * boxes[node, 4]
    az = frame[AHEAD, 2] * boxes[node, 5]
    nearest = middle - abs(ax) - abs(ay) - abs(az)
    if nearest < np.float32(NEAR):
        return False
    across = frame[RIGHT, 0] * x + frame[RIGHT, 1] * y
    along = frame[DOWN, 0] * x + frame[DOWN, 1] * y + frame[DOWN, 2] * z
    rx, ry = frame[RIGHT, 0] * boxes[node, 3], frame[RIGHT, 1] * boxes[node, 4]
    dx, dy, dz = (
        frame[DOWN, 0] * boxes[node, 3],
        frame[DOWN, 1] * boxes[node, 4],
        frame[DOWN, 2] * boxes[node, 5],
    )
    left, right = np.float32(1e9), np.float32(-1e9)
    top, bottom = np.float32(1e9), np.float32(-1e9)
    for corner in range(8):
        sx = np.float32(1) if corner & 1 else np.float32(-1)
        sy = np.float32(1) if corner & 2 else np.float32(-1)
        sz = np.float32(1) if corner & 4 else np.float32(-1)
        scale = np.float32(1) / (middle + sx * ax + sy * ay + sz * az)
        u = (across + sx * rx + sy * ry) * scale
        v = (along + sx * dx + sy * dy + sz * dz) * scale
        left, right = min(left, u), max(right, u)
        top, bottom = min(top, v), max(bottom, v)
    limit = np.float32(1) / nearest
    half_x, half_y = np.float32(0.5 * width), np.float32(0.5 * height)
    first_x = int(max(left + half_x, np.float32(0))) // TILE
    last_x = int(min(right + half_x, np.float32(width - 1))) // TILE
    first_y = int(max(top + half_y, np.float32(0))) // TILE
    last_y = int(min(bottom + half_y, np.float32(height - 1))) // TILE
    for ty in range(first_y, last_y + 1):
        for tx in range(first_x, last_x + 1):
            tile = ty * tiles_x + tx
            if stale[tile]:
                farthest[tile] = _least(inverse, tx, ty, width, height)
                stale[tile] = False
            if farthest[tile] < limit:
                return False
    return True


@inlined
def _least(inverse: F32, tile_x: int, tile_y: int, width: int, height: int) -> np.float32:
    """The smallest inverse depth in a tile."""
    least = np.float32(1e9)
    first = tile_x * TILE
    for v in range(tile_y * TILE, min(tile_y * TILE + TILE, height)):
        start = v * width + first
        if first + TILE <= width:
            for u in range(TILE):  # a constant count: one vector instruction
                value = inverse[np.uintp(start + u)]
                least = min(least, value)
        else:
            for u in range(width - first):
                value = inverse[np.uintp(start + u)]
                least = min(least, value)
    return least
