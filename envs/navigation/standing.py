"""Where a disc can stand: tests of many points, and the candidates for the nearest free point."""

from __future__ import annotations

from math import sqrt

import numpy as np

from ..interface import F64, Bool, kernel
from .shapes import TOUCH, clearance, within_reach


@kernel
def clear_points(points: F64, rects: F64, floor: F64, radius: float) -> Bool:
    """Whether discs at points (M, 2) keep off `rects` (K, 4), centres on `floor` (F, 4)."""
    free = np.zeros(len(points), np.bool_)
    for i in range(len(points)):
        x, y = points[i, 0], points[i, 1]
        for f in range(len(floor)):
            if floor[f, 0] <= x <= floor[f, 2] and floor[f, 1] <= y <= floor[f, 3]:
                free[i] = clearance(x, y, rects, len(rects)) >= radius - TOUCH
                break
    return free


@kernel
def _offer(
    x: float, y: float, cx: float, cy: float, reach: float, near: F64, count: int,
    radius: float, out: F64, n: int,
) -> int:  # fmt: skip
    """Append the candidate c if it is within reach of p and free of the near rectangles."""
    d = sqrt((cx - x) ** 2 + (cy - y) ** 2)
    if d <= reach and n < len(out) and clearance(cx, cy, near, count) >= radius - TOUCH:
        out[n, 0], out[n, 1], out[n, 2] = d, cx, cy
        return n + 1
    return n


@kernel
def _pieces(rects: F64, count: int, radius: float) -> tuple[F64, F64]:
    """Borders of grown rectangles: (4·count, 4) sides as a, b; (4·count, 2) corner centres."""
    sides, corners = np.empty((4 * count, 4)), np.empty((4 * count, 2))
    for k in range(count):
        x0, y0, x1, y1 = rects[k, 0], rects[k, 1], rects[k, 2], rects[k, 3]
        sides[4 * k] = np.array([x0 - radius, y0, x0 - radius, y1])
        sides[4 * k + 1] = np.array([x1 + radius, y0, x1 + radius, y1])
        sides[4 * k + 2] = np.array([x0, y0 - radius, x1, y0 - radius])
        sides[4 * k + 3] = np.array([x0, y1 + radius, x1, y1 + radius])
        for c in range(4):
            corners[4 * k + c, 0] = x0 if c % 2 == 0 else x1
            corners[4 * k + c, 1] = y0 if c < 2 else y1
    return sides, corners


@kernel
def nearest_candidates(  # noqa: C901 - enumerates crossings
    x: float, y: float, reach: float, rects: F64, radius: float
) -> F64:
    """Free candidates for the point of the free space that is nearest to (x, y).

    Returns:
        (C, 3) distance, x, y of each candidate nearer than `reach`.
    """
    near, count = np.empty((len(rects), 4)), 0
    wide = reach + radius
    for k in range(len(rects)):
        if within_reach(rects[k], x, y, wide):
            near[count] = rects[k]
            count += 1
    sides, corners = _pieces(near, count, radius)
    out, m = np.empty((4096, 3)), 4 * count
    n = _offer(x, y, x, y, reach, near, count, radius, out, 0)
    for i in range(m):
        ax, ay, bx, by = sides[i, 0], sides[i, 1], sides[i, 2], sides[i, 3]
        px, py = min(max(x, ax), bx), min(max(y, ay), by)
        n = _offer(x, y, px, py, reach, near, count, radius, out, n)
        dx, dy = x - corners[i, 0], y - corners[i, 1]
        d = sqrt(dx * dx + dy * dy)
        if d > 1e-9:
            px, py = corners[i, 0] + radius * dx / d, corners[i, 1] + radius * dy / d
            n = _offer(x, y, px, py, reach, near, count, radius, out, n)
        for j in range(m):
            if i // 4 == j // 4:
                continue
            if ax == bx and sides[j, 1] == sides[j, 3]:  # an upright side and a level one
                n = _offer(x, y, ax, sides[j, 1], reach, near, count, radius, out, n)
            cx, cy = corners[j, 0], corners[j, 1]
            away = abs(ax - cx) if ax == bx else abs(ay - cy)
            if away < radius:  # a side and a circle
                h = sqrt(radius * radius - away * away)
                for sign in (-1.0, 1.0):
                    px, py = (ax, cy + sign * h) if ax == bx else (cx + sign * h, ay)
                    n = _offer(x, y, px, py, reach, near, count, radius, out, n)
            ux, uy = cx - corners[i, 0], cy - corners[i, 1]
            d = sqrt(ux * ux + uy * uy)
            if j > i and 1e-9 < d < 2 * radius:  # two circles
                h = sqrt(radius * radius - d * d / 4) / d
                mx, my = corners[i, 0] + ux / 2, corners[i, 1] + uy / 2
                n = _offer(x, y, mx - h * uy, my + h * ux, reach, near, count, radius, out, n)
                n = _offer(x, y, mx + h * uy, my - h * ux, reach, near, count, radius, out, n)
    return out[:n].copy()
