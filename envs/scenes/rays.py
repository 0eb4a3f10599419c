"""Rays against triangles: a uniform grid of cells, walked cell by cell.

Amanatides and Woo, "A fast voxel traversal algorithm for ray tracing" (Eurographics 1987); Möller
and Trumbore, "Fast, minimum storage ray/triangle intersection" (1997). Faces are seen from both
sides, as scans are seldom turned the right way.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from ..interface import F32, F64, I32, inner_kernel, kernel

FAR = 1e9  # m; stands for no hit
_FINEST, _COARSEST = 0.1, 1.0  # m, edge of a cell
_MARGIN = 1e-3  # m around the triangles


class RayGrid(NamedTuple):
    """Triangles sorted into cells.

    Attributes:
        triangles: (F, 3, 3) float64, metres.
        low: (3,) corner of the first cell.
        cell: edge, metres.
        shape: (3,) int32 cells along x, y, z.
        start: (cells + 1,) int32 where each cell's list begins.
        faces: triangles of all cells.
    """

    triangles: F64
    low: F64
    cell: float
    shape: I32
    start: I32
    faces: I32


def ray_grid(triangles: F32 | F64) -> RayGrid:
    """Sort triangles (F, 3, 3) in metres for tracing; F may be 0."""
    corners = np.ascontiguousarray(triangles, np.float64)
    points = corners.reshape(-1, 3) if len(corners) else np.zeros((1, 3))
    low, high = points.min(0) - _MARGIN, points.max(0) + _MARGIN
    size = high - low
    cell = float(np.clip((np.prod(size) / max(len(corners), 1)) ** (1 / 3), _FINEST, _COARSEST))
    shape = np.maximum(np.ceil(size / cell), 1).astype(np.int32)
    start, faces = _sorted(corners, low, cell, shape)
    return RayGrid(corners, low, cell, shape, start, faces)


@kernel
def _sorted(corners: F64, low: F64, cell: float, shape: I32) -> tuple[I32, I32]:  # noqa: C901
    """Lists of the triangles whose boxes meet each cell: two passes, count and fill."""
    total = shape[0] * shape[1] * shape[2]
    start = np.zeros(total + 1, np.int32)
    faces = np.zeros(0, np.int32)
    fill = np.zeros(0, np.int32)
    first, last = np.zeros(3, np.int64), np.zeros(3, np.int64)
    for sweep in range(2):
        if sweep == 1:
            for k in range(total):
                start[k + 1] += start[k]
            faces = np.zeros(start[total], np.int32)
            fill = start[:total].copy()
        for f in range(len(corners)):
            for axis in range(3):
                a, b, c = corners[f, 0, axis], corners[f, 1, axis], corners[f, 2, axis]
                near, far = min(a, b, c) - 1e-6 - low[axis], max(a, b, c) + 1e-6 - low[axis]
                first[axis] = min(max(int(near / cell), 0), shape[axis] - 1)
                last[axis] = min(max(int(far / cell), 0), shape[axis] - 1)
            for i in range(first[0], last[0] + 1):
                for j in range(first[1], last[1] + 1):
                    for k in range(first[2], last[2] + 1):
                        place = (i * shape[1] + j) * shape[2] + k
                        if sweep == 0:
                            start[place + 1] += 1
                        else:
                            faces[fill[place]] = f
                            fill[place] += 1
    return start, faces


@inner_kernel
def _meet(t: F64, px: float, py: float, pz: float, dx: float, dy: float, dz: float) -> float:
    """Distance along a ray to a triangle, FAR if it misses."""
    ux, uy, uz = t[1, 0] - t[0, 0], t[1, 1] - t[0, 1], t[1, 2] - t[0, 2]
    vx, vy, vz = t[2, 0] - t[0, 0], t[2, 1] - t[0, 1], t[2, 2] - t[0, 2]
    hx, hy, hz = dy * vz - dz * vy, dz * vx - dx * vz, dx * vy - dy * vx
    det = ux * hx + uy * hy + uz * hz
    if abs(det) < 1e-14:
        return FAR
    sx, sy, sz = px - t[0, 0], py - t[0, 1], pz - t[0, 2]
    u = (sx * hx + sy * hy + sz * hz) / det
    if u < -1e-9 or u > 1.0 + 1e-9:
        return FAR
    qx, qy, qz = sy * uz - sz * uy, sz * ux - sx * uz, sx * uy - sy * ux
    v = (dx * qx + dy * qy + dz * qz) / det
    if v < -1e-9 or u + v > 1.0 + 1e-9:
        return FAR
    along: float = (vx * qx + vy * qy + vz * qz) / det
    return along


@kernel
def first_hit(  # noqa: C901 - one walk
    grid: RayGrid, px: float, py: float, pz: float, dx: float, dy: float, dz: float
) -> tuple[float, int]:
    """The first triangle on a ray, farther than 0.1 mm.

    Args:
        grid: triangles.
        px: where the ray starts, metres.
        py: likewise.
        pz: likewise.
        dx: unit direction.
        dy: likewise.
        dz: likewise.

    Returns:
        distance in metres and the triangle; FAR and -1 if there is none.
    """
    cell, shape = grid.cell, grid.shape
    enter, leave = 0.0, FAR
    for axis in range(3):
        p = px if axis == 0 else (py if axis == 1 else pz)
        d = dx if axis == 0 else (dy if axis == 1 else dz)
        a, b = grid.low[axis], grid.low[axis] + shape[axis] * cell
        if abs(d) < 1e-12:
            if p < a or p > b:
                return FAR, -1
            continue
        near, far = (a - p) / d, (b - p) / d
        enter, leave = max(enter, min(near, far)), min(leave, max(near, far))
    if enter > leave:
        return FAR, -1
    at = enter + 1e-9
    i = min(max(int((px + at * dx - grid.low[0]) / cell), 0), shape[0] - 1)
    j = min(max(int((py + at * dy - grid.low[1]) / cell), 0), shape[1] - 1)
    k = min(max(int((pz + at * dz - grid.low[2]) / cell), 0), shape[2] - 1)
    si, sj, sk = (1 if dx > 0 else -1), (1 if dy > 0 else -1), (1 if dz > 0 else -1)
    tx = (grid.low[0] + (i + (si > 0)) * cell - px) / dx if abs(dx) > 1e-12 else FAR
    ty = (grid.low[1] + (j + (sj > 0)) * cell - py) / dy if abs(dy) > 1e-12 else FAR
    tz = (grid.low[2] + (k + (sk > 0)) * cell - pz) / dz if abs(dz) > 1e-12 else FAR
    wx = cell / abs(dx) if abs(dx) > 1e-12 else FAR
    wy = cell / abs(dy) if abs(dy) > 1e-12 else FAR
    wz = cell / abs(dz) if abs(dz) > 1e-12 else FAR
    best, hit = FAR, -1
    while True:
        place = (i * shape[1] + j) * shape[2] + k
        for n in range(grid.start[place], grid.start[place + 1]):
            t = _meet(grid.triangles[grid.faces[n]], px, py, pz, dx, dy, dz)
            if 1e-4 < t < best:
                best, hit = t, grid.faces[n]
        ahead = min(tx, ty, tz)
        if best <= ahead:
            return best, hit
        if ahead == tx:
            i, tx = i + si, tx + wx
            if i < 0 or i >= shape[0]:
                return best, hit
        elif ahead == ty:
            j, ty = j + sj, ty + wy
            if j < 0 or j >= shape[1]:
                return best, hit
        else:
            k, tz = k + sk, tz + wz
            if k < 0 or k >= shape[2]:
                return best, hit


@kernel
def hits(grid: RayGrid, starts: F64, directions: F64) -> tuple[F64, I32]:
    """First hits of N rays: distances (N,) in metres, FAR if none, and triangles (N,), -1 if none.

    Args:
        grid: triangles.
        starts: (N, 3).
        directions: (N, 3) unit vectors.
    """
    distance, face = np.empty(len(starts)), np.empty(len(starts), np.int32)
    for n in range(len(starts)):
        p, d = starts[n], directions[n]
        distance[n], face[n] = first_hit(grid, p[0], p[1], p[2], d[0], d[1], d[2])
    return distance, face
