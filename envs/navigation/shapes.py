"""A disc among rectangles: clearance, free segments, and how it slides.

The centre of a disc of radius r keeps out of every rectangle's *rounded rectangle*: the rectangle
grown by r, with quarter circles at its corners. All shapes here are convex, which makes every test
exact: a segment is free unless it enters the grown rectangle's cross or one of its corner discs,
and a motion that does not point into a convex obstacle it touches never enters it.
"""

from __future__ import annotations

from math import hypot, sqrt

import numpy as np

from ..interface import F64, kernel

TOUCH = 1e-9  # m; a centre may be this much nearer than the radius (rounding)
GRAZE = (
    1e-7  # m; a line of sight may cut this deep: > TOUCH, so that touching points see along walls
)
SKIN = 1e-10  # m; motion stops this far before touching
BIG = 1e9  # m; stands for "no way": the kernels use no infinities


@kernel
def clearance(x: float, y: float, rects: F64, count: int) -> float:
    """Distance in metres from a point to the nearest of `rects[:count]` (0 inside one)."""
    best = BIG
    for k in range(count):
        dx = max(rects[k, 0] - x, 0.0, x - rects[k, 2])
        dy = max(rects[k, 1] - y, 0.0, y - rects[k, 3])
        best = min(best, dx * dx + dy * dy)
    return sqrt(best)


@kernel
def within_reach(rect: F64, x: float, y: float, reach: float) -> bool:
    """Whether a rectangle grown by `reach` (square corners) holds the point."""
    across: bool = rect[0] < x + reach and rect[2] > x - reach
    along: bool = rect[1] < y + reach and rect[3] > y - reach
    return across and along


@kernel
def _box_hit(
    ax: float, ay: float, bx: float, by: float, x0: float, y0: float, x1: float, y1: float
) -> bool:
    """Whether the segment a-b meets the box (separating axes)."""
    hx, hy = 0.5 * (bx - ax), 0.5 * (by - ay)
    ex, ey = 0.5 * (x1 - x0), 0.5 * (y1 - y0)
    mx, my = 0.5 * (ax + bx) - 0.5 * (x0 + x1), 0.5 * (ay + by) - 0.5 * (y0 + y1)
    if abs(mx) >= ex + abs(hx) or abs(my) >= ey + abs(hy):
        return False
    return abs(hx * my - hy * mx) < ex * abs(hy) + ey * abs(hx)


@kernel
def _near_segment(
    px: float, py: float, ax: float, ay: float, bx: float, by: float, reach: float
) -> bool:
    """Whether the point p lies nearer than `reach` to the segment a-b."""
    ux, uy = bx - ax, by - ay
    length2 = ux * ux + uy * uy
    t = 0.0
    if length2 > 0.0:
        t = min(max(((px - ax) * ux + (py - ay) * uy) / length2, 0.0), 1.0)
    dx, dy = ax + t * ux - px, ay + t * uy - py
    return dx * dx + dy * dy < reach * reach


@kernel
def segment_free(  # noqa: C901 - one flat loop
    ax: float, ay: float, bx: float, by: float, rects: F64, count: int, radius: float
) -> bool:
    """Whether a disc of `radius` can be pushed straight from a to b (grazing allowed)."""
    r = radius - GRAZE
    xl, xh = min(ax, bx) - r, max(ax, bx) + r
    yl, yh = min(ay, by) - r, max(ay, by) + r
    hx, hy = 0.5 * (bx - ax), 0.5 * (by - ay)
    mx, my = 0.5 * (ax + bx), 0.5 * (ay + by)
    reach = r * sqrt(hx * hx + hy * hy)
    for k in range(count):
        x0, y0, x1, y1 = rects[k, 0], rects[k, 1], rects[k, 2], rects[k, 3]
        if x0 >= xh or x1 <= xl or y0 >= yh or y1 <= yl:
            continue
        cross = hx * (my - 0.5 * (y0 + y1)) - hy * (mx - 0.5 * (x0 + x1))
        if abs(cross) >= 0.5 * ((x1 - x0) * abs(hy) + (y1 - y0) * abs(hx)) + reach and reach > 0.0:
            continue
        if _box_hit(ax, ay, bx, by, x0 - r, y0, x1 + r, y1):
            return False
        if _box_hit(ax, ay, bx, by, x0, y0 - r, x1, y1 + r):
            return False
        for cx in (x0, x1):
            for cy in (y0, y1):
                if _near_segment(cx, cy, ax, ay, bx, by, r):
                    return False
    return True


@kernel
def _contact(  # noqa: C901 - cases of one ray
    x: float, y: float, vx: float, vy: float, rect: F64, reach: float
) -> tuple[float, float, float]:
    """First touch of the motion (x, y) + t v, 0 <= t <= 1, with a rectangle grown by `reach`.

    Returns:
        t (2 if there is none) and the unit normal there.
    """
    x0, y0, x1, y1 = rect[0], rect[1], rect[2], rect[3]
    wx, wy = x - min(max(x, x0), x1), y - min(max(y, y0), y1)
    away = wx * wx + wy * wy
    if away <= reach * reach:
        distance = max(sqrt(away), 1e-12)
        inward = (wx * vx + wy * vy) / distance
        if inward < -1e-12 or away < 1e-18:
            return 0.0, wx / distance, wy / distance
        return 2.0, 0.0, 0.0
    enter, leave, along_x = -BIG, BIG, True
    if abs(vx) < 1e-14:
        if x <= x0 - reach or x >= x1 + reach:
            return 2.0, 0.0, 0.0
    else:
        a, b = (x0 - reach - x) / vx, (x1 + reach - x) / vx
        enter, leave = min(a, b), max(a, b)
    if abs(vy) < 1e-14:
        if y <= y0 - reach or y >= y1 + reach:
            return 2.0, 0.0, 0.0
    else:
        a, b = (y0 - reach - y) / vy, (y1 + reach - y) / vy
        along_x = enter > min(a, b)
        enter, leave = max(enter, min(a, b)), min(leave, max(a, b))
    if enter > leave or leave < 0.0 or enter > 1.0:
        return 2.0, 0.0, 0.0
    start = max(enter, 0.0)
    ex, ey = x + start * vx, y + start * vy
    if enter >= 0.0:
        if along_x and y0 <= ey <= y1:
            return enter, -1.0 if vx > 0 else 1.0, 0.0
        if not along_x and x0 <= ex <= x1:
            return enter, 0.0, -1.0 if vy > 0 else 1.0
    wx, wy = x - min(max(ex, x0), x1), y - min(max(ey, y0), y1)  # from the corner's centre
    b, c = wx * vx + wy * vy, wx * wx + wy * wy - reach * reach
    root = b * b - (vx * vx + vy * vy) * c
    if b >= 0.0 or root < 0.0:
        return 2.0, 0.0, 0.0
    t = max(c, 0.0) / (-b + sqrt(root))
    nx, ny = wx + t * vx, wy + t * vy
    size = sqrt(nx * nx + ny * ny)
    return t, nx / size, ny / size


@kernel
def slide(  # noqa: C901 - one loop
    x: float, y: float, dx: float, dy: float, rects: F64, count: int, radius: float
) -> tuple[float, float, bool]:
    """Push a disc by (dx, dy); where it touches, what is left of the push goes along the tangent.

    Continuous for any length. A push that would end inside anything (by rounding, or because it
    began there) is not made.

    Returns:
        the new centre, and whether anything was touched.
    """
    near = np.empty(count, np.int32)
    n = 0
    length = sqrt(dx * dx + dy * dy)
    reach = length + radius + 1e-6
    for k in range(count):
        if within_reach(rects[k], x, y, reach):
            near[n] = k
            n += 1
    px, py, vx, vy, collided = x, y, dx, dy, False
    for _ in range(8):
        first, nx, ny = 2.0, 0.0, 0.0
        for k in range(n):
            t, ax, ay = _contact(px, py, vx, vy, rects[near[k]], radius + SKIN)
            if t < first:
                first, nx, ny = t, ax, ay
        if first > 1.0:
            px, py = px + vx, py + vy
            break
        collided = True
        px, py = px + first * vx, py + first * vy
        vx, vy = (1.0 - first) * vx, (1.0 - first) * vy
        inward = vx * nx + vy * ny
        vx, vy = vx - inward * nx, vy - inward * ny
        if hypot(vx, vy) < 1e-9 or vx * dx + vy * dy <= 0.0 or nx * nx + ny * ny < 0.5:
            break
    for j in range(n):
        k = near[j]
        ex = max(rects[k, 0] - px, 0.0, px - rects[k, 2])
        ey = max(rects[k, 1] - py, 0.0, py - rects[k, 3])
        if sqrt(ex * ex + ey * ey) < radius - TOUCH:
            return x, y, True
    return px, py, collided
