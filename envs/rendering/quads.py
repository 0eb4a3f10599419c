"""Two triangles of one plane that share an edge are drawn as one quadrilateral.

Homes are made of rectangles: joined, they need half the set-up and half the spans.
"""

from __future__ import annotations

import numpy as np

from ..interface import F32, I32, I64, kernel
from ..scenes.corners import vertex_numbers


def join_quads(triangles: F32, normals: F32, labels: I64) -> tuple[F32, I32, I64]:
    """Join pairs of triangles into convex quadrilaterals.

    Args:
        triangles: (F, 3, 3) corners in metres, none degenerate.
        normals: (F, 3) unit normals.
        labels: (F,); only faces of equal label are joined.

    Returns:
        corners (Q, 4, 3), a triangle repeating its last corner; counts (Q,) 3 or 4; source (Q,) the
        triangle each face came from.
    """
    faces = len(triangles)
    vertex = vertex_numbers(triangles).reshape(faces, 3)
    edges = (vertex << 32 | np.roll(vertex, -1, 1)).reshape(-1)  # from corner k to corner k + 1
    reverse = (np.roll(vertex, -1, 1) << 32 | vertex).reshape(-1)
    order = np.argsort(edges, kind="stable")
    place = np.minimum(np.searchsorted(edges[order], reverse), max(len(edges) - 1, 0))
    partner = np.where(edges[order[place]] == reverse, order[place], -1) if faces else edges
    corners = np.empty((faces, 4, 3), np.float32)
    counts = np.empty(faces, np.int32)
    source = np.empty(faces, np.int64)
    used = _pair(triangles, normals, labels, partner, corners, counts, source)
    return corners[:used], counts[:used], source[:used]


@kernel
def _pair(
    triangles: F32,
    normals: F32,
    labels: I64,
    partner: I64,
    corners: F32,
    counts: I32,
    source: I64,
) -> int:
    """Greedily join each triangle over its longest edge; fill the outputs, return their length."""
    faces = triangles.shape[0]
    taken = np.zeros(faces, np.bool_)
    quad = np.empty((4, 3), np.float32)
    used = 0
    for face in range(faces):
        if taken[face]:
            continue
        taken[face] = True
        edge = _longest(triangles[face])
        other = partner[3 * face + edge]
        mate = other // 3
        joined = False
        if other >= 0 and not taken[mate] and labels[mate] == labels[face]:
            for d in range(3):
                quad[0, d] = triangles[face, edge, d]
                quad[1, d] = triangles[mate, (other + 2 - 3 * mate) % 3, d]
                quad[2, d] = triangles[face, (edge + 1) % 3, d]
                quad[3, d] = triangles[face, (edge + 2) % 3, d]
            joined = _flat_and_convex(quad, normals[face])
        for d in range(3):
            for c in range(4):
                corners[used, c, d] = quad[c, d] if joined else triangles[face, min(c, 2), d]
        if joined:
            taken[mate] = True
        counts[used] = 4 if joined else 3
        source[used] = face
        used += 1
    return used


@kernel
def _longest(triangle: F32) -> int:
    """Which edge of a triangle is longest; edge k runs from corner k to corner k + 1."""
    best = np.float32(-1)
    which = 0
    for k in range(3):
        length = np.float32(0)
        for d in range(3):
            length += (triangle[(k + 1) % 3, d] - triangle[k, d]) ** 2
        if length > best:
            best = length
            which = k
    return which


@kernel
def _flat_and_convex(quad: F32, normal: F32) -> bool:
    """Whether four corners lie in one plane (to 10 micrometres) and turn left at every corner."""
    height = np.float32(0)
    for d in range(3):
        height += normal[d] * (quad[1, d] - quad[0, d])
    if abs(height) > np.float32(1e-5):
        return False
    for k in range(4):
        a, b, c = quad[k], quad[(k + 1) % 4], quad[(k + 2) % 4]
        ux, uy, uz = b[0] - a[0], b[1] - a[1], b[2] - a[2]
        vx, vy, vz = c[0] - b[0], c[1] - b[1], c[2] - b[2]
        turn = normal[0] * (uy * vz - uz * vy)
        turn += normal[1] * (uz * vx - ux * vz)
        turn += normal[2] * (ux * vy - uy * vx)
        if turn <= np.float32(1e-7):
            return False
    return True
