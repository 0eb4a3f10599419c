"""Reading marched distances: how far it is from a point, and which way.

Between nodes the distance is what is left from the best node around, each counted with the straight
way to it. A path steps from node to node down to the goal and is then pulled taut.
"""

from __future__ import annotations

from math import sqrt

import numpy as np

from ..interface import F32, F64, kernel
from .shapes import BIG, segment_free

REACH = 2  # nodes around a point that are looked at, each way; a path steps by one at a time
AHEAD = 64  # steps along a path by which its direction is judged


@kernel
def _around(x: float, y: float, raster: F64, times: F32) -> float:
    """Distance from a point by the best of the four nodes of its cell; BIG if it has none."""
    cell, rows, columns = raster[2], int(raster[3]), int(raster[4])
    i, j = int(np.floor((y - raster[1]) / cell)), int(np.floor((x - raster[0]) / cell))
    best = BIG
    for row in range(max(i, 0), min(i + 2, rows)):
        for column in range(max(j, 0), min(j + 2, columns)):
            px, py = raster[0] + column * cell, raster[1] + row * cell
            time = float(times[row * columns + column])
            best = min(best, time + sqrt((px - x) ** 2 + (py - y) ** 2))
    return best


@kernel
def _step(
    x: float, y: float, raster: F64, times: F32, here: float, longest: int
) -> tuple[float, float, float, float]:
    """The best node around a point.

    Args:
        x: the point, metres.
        y: likewise.
        raster: x and y of the first node, cell, rows, columns.
        times: (rows x columns,) distances, metres.
        here: distance of the point as known, BIG if it is not. The node's own must be less; by the
            node it may become less, too, but not by a cell: that node is behind a gap too narrow.
        longest: rows plus columns to the node; 3 leaves out the corners of the window, steps to
            which could cut an obstacle's corner.

    Returns:
        distance from the point by that node (BIG if there is none), its place, its own distance.
    """
    cell, rows, columns = raster[2], int(raster[3]), int(raster[4])
    i, j = int((y - raster[1]) / cell + 0.5), int((x - raster[0]) / cell + 0.5)
    least = here - cell if here < BIG else -1.0
    best, bx, by, left = BIG, x, y, BIG
    for row in range(max(i - REACH, 0), min(i + REACH + 1, rows)):
        for column in range(max(j - REACH, 0), min(j + REACH + 1, columns)):
            time = float(times[row * columns + column])
            if time < min(here, BIG / 2) and abs(row - i) + abs(column - j) <= longest:
                px, py = raster[0] + column * cell, raster[1] + row * cell
                total = time + sqrt((px - x) ** 2 + (py - y) ** 2)
                if least <= total < best:
                    best, bx, by, left = total, px, py, time
    return best, bx, by, left


@kernel
def _descend(
    x: float, y: float, goal: tuple[float, float], rects: F64, count: int, radius: float,
    raster: F64, times: F32, path: F64,
) -> tuple[float, int]:  # fmt: skip
    """Fill `path` (P, 2) with nodes from a point down to the goal.

    Returns:
        distance by the first node (BIG if no way leads) and how many nodes were filled.
    """
    cell, here = raster[2], _around(x, y, raster, times)
    distance, px, py, left = _step(x, y, raster, times, here, 4)
    if distance >= BIG or (here >= BIG and not segment_free(x, y, px, py, rects, count, radius)):
        return BIG, 0
    n = 0
    while True:
        path[n, 0], path[n, 1] = px, py
        n += 1
        near = abs(px - goal[0]) <= cell and abs(py - goal[1]) <= cell
        if near or n == len(path):
            return distance, n
        total, px, py, left = _step(px, py, raster, times, left, 3)
        if total >= BIG:
            return distance, n


@kernel
def _farthest(
    x: float, y: float, path: F64, start: int, end: int, rects: F64, count: int, radius: float
) -> int:
    """The last of the nodes start … end - 1 before one that is out of sight, at least `start`."""
    low, stride = start, 1
    while low + stride < end:
        px, py = path[low + stride, 0], path[low + stride, 1]
        if not segment_free(x, y, px, py, rects, count, radius):
            break
        low += stride
        stride *= 2
    high = min(low + stride, end)
    while high - low > 1:
        middle = (low + high) // 2
        if segment_free(x, y, path[middle, 0], path[middle, 1], rects, count, radius):
            low = middle
        else:
            high = middle
    return low


@kernel
def look_down(
    x: float, y: float, gx: float, gy: float, rects: F64, count: int, radius: float, raster: F64,
    times: F32,
) -> tuple[float, float, float]:  # fmt: skip
    """Distance from a point to the goal (BIG: no way), and the unit direction of the first leg.

    The leg leads to the farthest node in sight of the next AHEAD down the path.
    """
    dx, dy = gx - x, gy - y
    away = sqrt(dx * dx + dy * dy)
    if segment_free(x, y, gx, gy, rects, count, radius):
        return away, dx / max(away, 1e-12), dy / max(away, 1e-12)
    path = np.empty((AHEAD, 2))
    distance, n = _descend(x, y, (gx, gy), rects, count, radius, raster, times, path)
    if n == 0:
        return BIG, 0.0, 0.0
    last = _farthest(x, y, path, 0, n, rects, count, radius)
    dx, dy = path[last, 0] - x, path[last, 1] - y
    size = max(sqrt(dx * dx + dy * dy), 1e-12)
    return distance, dx / size, dy / size


@kernel
def trace_down(
    x: float, y: float, gx: float, gy: float, rects: F64, radius: float, raster: F64, times: F32
) -> F64:
    """Corners (P, 2) of the shortest path from a point to the goal, both included.

    Returns:
        no rows if no way leads there.
    """
    path = np.empty((len(times) + 2, 2))
    path[0, 0], path[0, 1] = x, y
    path[1, 0], path[1, 1] = gx, gy
    count = len(rects)
    if segment_free(x, y, gx, gy, rects, count, radius):
        return path[:2].copy()
    _, n = _descend(x, y, (gx, gy), rects, count, radius, raster, times, path[1:])
    if n == 0:
        return path[:0].copy()
    path[n + 1, 0], path[n + 1, 1] = gx, gy
    corners, at, m = np.empty((n + 2, 2)), 0, 1
    corners[0, 0], corners[0, 1] = x, y
    while at < n + 1:
        px, py = path[at, 0], path[at, 1]
        at = _farthest(px, py, path, at + 1, n + 2, rects, count, radius)
        corners[m, 0], corners[m, 1] = path[at, 0], path[at, 1]
        m += 1
    return corners[:m].copy()
