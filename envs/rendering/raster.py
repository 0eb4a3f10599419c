"""From faces to pixels: the nearest face and its inverse depth at every pixel of one camera.

The tree is walked front to back; a node is skipped if it lies outside the view or behind what is
already drawn (the farthest depth of each 8 x 8 tile is kept, renewed only when asked for). A face
is drawn span by span from its edge functions in homogeneous coordinates (Olano and Greer, "Triangle
scan conversion using 2D homogeneous coordinates", 1997), so that a face reaching behind the camera
needs no cutting: the near plane is one more edge. Inverse depth is affine on the screen and comes
from the face's plane.
"""

from __future__ import annotations

import numpy as np

from ..interface import F32, I32, Bool, kernel
from .inlining import inlined

NEAR = 0.02  # m; nothing nearer is seen
FARTHEST = 1e6  # m; the depth of pixels that see nothing
TILE = 8  # pixels, the side of an occlusion tile
OVERLAP = 1e-4  # pixels that faces reach over their edges, so that rounding opens no gap

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


@kernel
def rasterise(
    boxes: F32,
    links: I32,
    corners: F32,
    normals: F32,
    tags: I32,
    closed: bool,
    frame: F32,
    planes: F32,
    inverse: F32,
    faces: I32,
    width: int,
    height: int,
) -> None:
    """Draw one mesh as seen from one camera.

    Args:
        boxes: (B, 6) tree of the mesh.
        links: (B, 3) tree of the mesh.
        corners: (Q, 4, 3) of the faces.
        normals: (Q, 3) of the faces.
        tags: (Q, 4) of the faces.
        closed: whether to skip faces seen from behind.
        frame: (6, 3) from `aim`.
        planes: (5, 7) from `aim`.
        inverse: (height * width,) inverse depth in 1/m, overwritten.
        faces: (height * width,) face number or -1, overwritten.
        width: pixels.
        height: pixels.
    """
    inverse[:] = np.float32(1 / FARTHEST)
    faces[:] = -1
    tiles_x = (width + TILE - 1) // TILE
    tiles_y = (height + TILE - 1) // TILE
    farthest = np.zeros(tiles_x * tiles_y, np.float32)  # smallest inverse depth in each tile
    stale = np.zeros(tiles_x * tiles_y, np.bool_)
    corner = np.empty((4, 3), np.float32)
    lines = np.empty((5, 2), np.float32)
    stack = np.empty(256, np.int32)
    stack[0] = 0
    pending = 1
    while pending:
        pending -= 1
        node = stack[pending]
        if _outside(boxes, node, frame, planes):
            continue
        if _hidden(boxes, node, frame, inverse, farthest, stale, tiles_x, width, height):
            continue
        child = links[node, 0]
        if child >= 0:
            right_first = _distance(boxes, child, frame) > _distance(boxes, child + 1, frame)
            stack[pending] = child if right_first else child + 1
            stack[pending + 1] = child + 1 if right_first else child
            pending += 2
            continue
        first = links[node, 1]
        for face in range(first, first + links[node, 2]):
            _draw(
                face, corners, normals, tags[face, 0], closed, frame, inverse, faces,
                stale, tiles_x, width, height, corner, lines,
            )  # fmt: skip


@inlined
def _distance(boxes: F32, node: int, frame: F32) -> np.float32:
    """Squared distance from the eye to a box."""
    total = np.float32(0)
    for d in range(3):
        gap = max(abs(boxes[node, d] - frame[EYE, d]) - boxes[node, 3 + d], np.float32(0))
        total += gap * gap
    return total


@inlined
def _outside(boxes: F32, node: int, frame: F32, planes: F32) -> bool:
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
def _hidden(
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


@inlined
def _aside(corner: F32, count: int, half_x: np.float32, half_y: np.float32) -> bool:
    """Whether all corners of a face lie outside one plane of the view."""
    left = right = above = below = behind = True
    for c in range(count):
        across, along, ahead = corner[c, 0], corner[c, 1], corner[c, 2]
        left = left and across < -half_x * ahead
        right = right and across > half_x * ahead
        above = above and along < -half_y * ahead
        below = below and along > half_y * ahead
        behind = behind and ahead < np.float32(NEAR)
    return left or right or above or below or behind


@inlined
def _draw(  # noqa: C901 - one face, set-up to spans
    face: int,
    corners: F32,
    normals: F32,
    count: int,
    closed: bool,
    frame: F32,
    inverse: F32,
    faces: I32,
    stale: Bool,
    tiles_x: int,
    width: int,
    height: int,
    corner: F32,
    lines: F32,
) -> None:
    """Draw one face where it is nearest. `corner` (4, 3) and `lines` (5, 2) are working memory."""
    x = corners[face, 0, 0] - frame[EYE, 0]
    y = corners[face, 0, 1] - frame[EYE, 1]
    z = corners[face, 0, 2] - frame[EYE, 2]
    gap = (
        normals[face, 0] * x + normals[face, 1] * y + normals[face, 2] * z
    )  # minus the eye's height over the plane
    if abs(gap) < np.float32(1e-6) or (closed and gap > 0):
        return
    half_x, half_y = np.float32(0.5 * width), np.float32(0.5 * height)
    centre_x, centre_y = half_x - np.float32(0.5), half_y - np.float32(0.5)
    left, right = np.float32(1e9), np.float32(-1e9)
    top, bottom = np.float32(1e9), np.float32(-1e9)
    crossing = False
    for c in range(count):
        x = corners[face, c, 0] - frame[EYE, 0]
        y = corners[face, c, 1] - frame[EYE, 1]
        z = corners[face, c, 2] - frame[EYE, 2]
        across = frame[RIGHT, 0] * x + frame[RIGHT, 1] * y
        along = frame[DOWN, 0] * x + frame[DOWN, 1] * y + frame[DOWN, 2] * z
        ahead = frame[AHEAD, 0] * x + frame[AHEAD, 1] * y + frame[AHEAD, 2] * z
        corner[c, 0] = across
        corner[c, 1] = along
        corner[c, 2] = ahead
        if ahead < np.float32(NEAR):
            crossing = True
        else:
            scale = np.float32(1) / ahead
            left, right = min(left, across * scale), max(right, across * scale)
            top, bottom = min(top, along * scale), max(bottom, along * scale)
    low_x, high_x = np.float32(0), np.float32(width - 1)
    low_y, high_y = np.float32(0), np.float32(height - 1)
    if crossing:
        if _aside(corner, count, half_x, half_y):
            return
    else:
        slack = np.float32(OVERLAP)
        low_x, high_x = max(low_x, left + centre_x - slack), min(high_x, right + centre_x + slack)
        low_y, high_y = max(low_y, top + centre_y - slack), min(high_y, bottom + centre_y + slack)
    if low_x > high_x or low_y > high_y:
        return
    # ceil and floor: a face between the pixel centres, as most of a fine mesh, ends here
    if width - 1 - int(np.float32(width - 1) - low_x) > int(high_x):
        return
    if height - 1 - int(np.float32(height - 1) - low_y) > int(high_y):
        return
    # Inverse depth = base + slope_x * u + slope_y * v, u and v pixel numbers.
    scale = np.float32(1) / gap
    slope_x = scale * (
        normals[face, 0] * frame[STEP_RIGHT, 0] + normals[face, 1] * frame[STEP_RIGHT, 1]
    )
    slope_y = normals[face, 0] * frame[STEP_DOWN, 0] + normals[face, 1] * frame[STEP_DOWN, 1]
    slope_y = scale * (slope_y + normals[face, 2] * frame[STEP_DOWN, 2])
    base = (
        normals[face, 0] * frame[AHEAD, 0]
        + normals[face, 1] * frame[AHEAD, 1]
        + normals[face, 2] * frame[AHEAD, 2]
    )
    base = scale * base - slope_x * centre_x - slope_y * centre_y
    # Each edge bounds the span of a row from the left or from the right by a line u = p + q * v.
    lefts = 0
    rights = 0
    facing = np.float32(1) if gap > 0 else np.float32(-1)
    for c in range(count + 1):
        if c < count:
            n = c + 1 if c + 1 < count else 0
            across, along, ahead = corner[c, 0], corner[c, 1], corner[c, 2]
            x, y, z = corner[n, 0] - across, corner[n, 1] - along, corner[n, 2] - ahead
            a = facing * (along * z - ahead * y)
            b = facing * (ahead * x - across * z)
            e = facing * (across * y - along * x)
            e -= a * centre_x + b * centre_y
        elif crossing:
            a, b, e = -slope_x, -slope_y, np.float32(1 / NEAR) - base
        else:
            break
        e += np.float32(OVERLAP) * (abs(a) + abs(b))
        if abs(a) > np.float32(1e-6) * abs(b):
            scale = np.float32(-1) / a
            if a > 0:
                lines[lefts, 0] = e * scale
                lines[lefts, 1] = b * scale
                lefts += 1
            else:
                rights += 1
                lines[5 - rights, 0] = e * scale
                lines[5 - rights, 1] = b * scale
        elif b > 0:
            low_y = max(low_y, -e / b)
        elif b < 0:
            high_y = min(high_y, -e / b)
    first_row = height - 1 - int(np.float32(height - 1) - low_y)
    low_tile, high_tile = width, -1
    last_row = int(high_y) if high_y >= 0 else -1
    for v in range(first_row, last_row + 1):
        row = np.float32(v)
        low, high = low_x, high_x
        for k in range(lefts):
            low = max(low, lines[k, 0] + lines[k, 1] * row)
        for k in range(5 - rights, 5):
            high = min(high, lines[k, 0] + lines[k, 1] * row)
        if low <= high:
            first = width - 1 - int(np.float32(width - 1) - low)
            last = int(high)
            value = base + slope_y * row + slope_x * np.float32(first)
            for u in range(first, last + 1):
                pixel = np.uintp(v * width + u)
                if value > inverse[pixel]:
                    inverse[pixel] = value
                    faces[pixel] = face
                value += slope_x
            if first <= last:
                low_tile, high_tile = min(low_tile, first), max(high_tile, last)
        if v % TILE == TILE - 1 or v == last_row:
            for tile in range(low_tile // TILE, high_tile // TILE + 1):
                stale[v // TILE * tiles_x + tile] = True
            low_tile, high_tile = width, -1
