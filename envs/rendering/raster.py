"""From faces to pixels: the nearest face and its inverse depth at every pixel of one camera.

The tree is walked front to back; what lies outside the view or behind what is drawn is skipped. A
face is drawn span by span from its edge functions in homogeneous coordinates (Olano and Greer,
"Triangle scan conversion using 2D homogeneous coordinates", 1997), so that a face reaching behind
the camera needs no cutting: the near plane is one more edge. Inverse depth is affine on the screen
and comes from the face's plane.
"""

from __future__ import annotations

import numpy as np

from ..interface import F32, I32, Bool, kernel
from .bvh import MOST_IN_LEAF
from .inlining import inlined
from .sift import OVERLAP, sift
from .view import (
    AHEAD,
    DOWN,
    EYE,
    NEAR,
    RIGHT,
    STEP_DOWN,
    STEP_RIGHT,
    TILE,
    distance,
    hidden,
    outside,
)

FARTHEST = 1e6  # m; the depth of pixels that see nothing


@kernel
def rasterise(
    boxes: F32,
    links: I32,
    corners: F32,
    normals: F32,
    tags: I32,
    closed: bool,
    flat: F32,
    sifted: bool,
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
        flat: (12 Q,) from `side_by_side`, if sifted.
        sifted: whether to sift the faces of each leaf; pays if most are smaller than a pixel.
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
    between = np.zeros(MOST_IN_LEAF, np.bool_)
    stack = np.empty(256, np.int32)
    stack[0] = 0
    pending = 1
    while pending:
        pending -= 1
        node = stack[pending]
        if outside(boxes, node, frame, planes):
            continue
        if hidden(boxes, node, frame, inverse, farthest, stale, tiles_x, width, height):
            continue
        child = links[node, 0]
        if child >= 0:
            right_first = distance(boxes, child, frame) > distance(boxes, child + 1, frame)
            stack[pending] = child if right_first else child + 1
            stack[pending + 1] = child + 1 if right_first else child
            pending += 2
            continue
        first, count = links[node, 1], links[node, 2]
        sifting = sifted and count <= MOST_IN_LEAF
        if sifting:
            sift(flat, first, count, frame, width, height, between)
        for face in range(first, first + count):
            if sifting and between[face - first]:
                continue
            _draw(
                face, corners, normals, tags[face, 0], closed, frame, inverse, faces,
                stale, tiles_x, width, height, corner, lines,
            )  # fmt: skip


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
