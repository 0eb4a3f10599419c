"""Distances on a raster by fast marching: |grad T| = 1 where a disc can stand, T = 0 at the goal.

Nodes are the corners of cells, so that a disc whose diameter is a whole number of cells can touch
walls exactly; where the floor is known more finely they lie closer (`Raster`). Second order where
two nodes upwind are known (Sethian, "Level Set Methods and Fast Marching Methods", 1999, section
8.3). A point source has a kink that no order resolves, so nodes near the goal take their straight
distance if the way is free.
"""

from __future__ import annotations

from math import sqrt

import numpy as np

from ..interface import F32, F64, U8, Bool, kernel
from .heap import drop, push
from .shapes import BIG, segment_free

GRAZE = 0.25  # cells
ROOT2 = sqrt(2.0)
NEAR = 1.0  # m around the goal in which straight distances are taken


@kernel
def _upwind(times: F64, done: Bool, k: int, step: int) -> tuple[float, float, float]:
    """The known neighbour along one axis, for the equation sum (weight (T - value))^2 = 1.

    Args:
        times: (N,) in cells.
        done: (N,) whether they are final.
        k: the node.
        step: from node to node along this axis.

    Returns:
        weight (0 if no neighbour is known), value, and the neighbour's time.
    """
    first, toward = BIG, 0
    if done[k - step]:
        first, toward = times[k - step], -step
    if done[k + step] and times[k + step] < first:
        first, toward = times[k + step], step
    if toward == 0:
        return 0.0, 0.0, BIG
    second = k + 2 * toward
    if done[second] and times[second] <= first:
        return 1.5, (4.0 * first - times[second]) / 3.0, first
    return 1.0, first, first


@kernel
def _arrival(times: F64, done: Bool, k: int, width: int) -> float:
    """Time at a node by its known neighbours along both axes, or along the better one."""
    a, u, first = _upwind(times, done, k, 1)
    b, v, other = _upwind(times, done, k, width)
    best = BIG
    if a > 0.0:
        best = u + 1.0 / a
    if b > 0.0:
        best = min(best, v + 1.0 / b)
    if a > 0.0 and b > 0.0:
        a, b = a * a, b * b
        middle = (a * u + b * v) / (a + b)
        root = (a + b - a * b * (u - v) ** 2) / (a + b) ** 2
        if root >= 0.0:
            both = middle + sqrt(root)
            if both >= max(first, other):
                return both
    return best


@kernel
def grazing(clear: F64, radius: float) -> U8:  # noqa: C901 - one window after another
    """Where distances are marched.

    The quarter circle around an obstacle's corner passes between nodes: a path over those outside
    of it is 3 cm longer. So nodes up to GRAZE cells inside count as well, except such as bridge
    what is apart within two nodes around: there the disc does not pass.

    Args:
        clear: (rows, columns) distance of nodes to the nearest obstacle, in cells.
        radius: of the disc, in cells.

    Returns:
        (rows, columns) 0: blocked, 1: a disc can stand there, 2: nearly.
    """
    rows, columns = clear.shape
    out = np.zeros((rows, columns), np.uint8)
    for i in range(rows):
        for j in range(columns):
            if clear[i, j] >= radius - 1e-6:
                out[i, j] = 1
    label = np.zeros((5, 5), np.int32)
    for i in range(2, rows - 2):
        for j in range(2, columns - 2):
            if out[i, j] == 1 or clear[i, j] < radius - GRAZE:
                continue
            first = -1
            for m in range(25):
                stands = out[i + m // 5 - 2, j + m % 5 - 2] == 1
                label[m // 5, m % 5] = 1 if stands else 0
                if stands and first < 0:
                    first = m
            if first < 0:
                continue
            label[first // 5, first % 5] = 2
            for _ in range(12):  # the longest way through a window of 5 x 5
                for m in range(25):
                    a, b = m // 5, m % 5
                    if label[a, b] == 1:
                        for n in range(9):
                            c, d = a + n // 3 - 1, b + n % 3 - 1
                            if 0 <= c < 5 and 0 <= d < 5 and label[c, d] == 2:
                                label[a, b] = 2
            whole = True
            for m in range(25):
                whole = whole and label[m // 5, m % 5] != 1
            if whole:
                out[i, j] = 2
    return out


@kernel
def march(  # noqa: C901 - one flat loop
    nodes: U8, raster: F64, gx: float, gy: float, rects: F64, radius: float
) -> F32:
    """Distance from every node to a goal.

    Args:
        nodes: (rows, columns) see `grazing`.
        raster: x and y of the first node, metres; edge of a cell; rows; columns.
        gx: the goal, where the disc can stand, metres.
        gy: likewise.
        rects: (K, 4) obstacles in metres.
        radius: of the disc.

    Returns:
        (rows x columns,) float32 metres, BIG where the disc cannot stand or no way leads.
    """
    rows, columns, cell = nodes.shape[0], nodes.shape[1], raster[2]
    width = columns + 4  # a border of two nodes on which nothing stands
    total = (rows + 4) * width
    times, done = np.full(total, BIG), np.zeros(total, np.bool_)
    open_ = np.zeros(total, np.bool_)
    for i in range(rows):
        for j in range(columns):
            open_[(i + 2) * width + j + 2] = nodes[i, j] > 0
    keys, items = np.empty(4 * total + 8), np.empty(4 * total + 8, np.int32)
    size = 0
    near, count = np.empty((len(rects), 4)), 0
    wide = NEAR + radius
    for k in range(len(rects)):
        across = rects[k, 0] < gx + wide and rects[k, 2] > gx - wide
        if across and rects[k, 1] < gy + wide and rects[k, 3] > gy - wide:
            near[count] = rects[k]
            count += 1
    low, high = int((gy - NEAR - raster[1]) / cell), int((gy + NEAR - raster[1]) / cell) + 1
    left, right = int((gx - NEAR - raster[0]) / cell), int((gx + NEAR - raster[0]) / cell) + 1
    for i in range(max(low, 0), min(high + 1, rows)):
        for j in range(max(left, 0), min(right + 1, columns)):
            x, y = raster[0] + j * cell, raster[1] + i * cell
            away = sqrt((x - gx) ** 2 + (y - gy) ** 2)
            if nodes[i, j] != 1 or away > NEAR:
                continue
            if segment_free(gx, gy, x, y, near, count, radius):
                k = (i + 2) * width + j + 2
                times[k] = away / cell
                size = push(keys, items, size, times[k], k)
    while size > 0:
        key, k = keys[0], items[0]
        size = drop(keys, items, size)
        if done[k] or key > times[k]:
            continue
        done[k] = True
        for step in (-1, 1, -width, width, -width - 1, -width + 1, width - 1, width + 1):
            n = k + step
            if open_[n] and not done[n]:
                if step in (-1, 1, -width, width):
                    time = _arrival(times, done, n, width)
                else:
                    time = times[k] + ROOT2
                if time < times[n]:
                    times[n] = time
                    size = push(keys, items, size, time, n)
    out = np.empty(rows * columns, np.float32)
    for i in range(rows):
        for j in range(columns):
            time = times[(i + 2) * width + j + 2]
            out[i * columns + j] = time * cell if time < BIG and nodes[i, j] == 1 else BIG
    return out
