"""The shortest way in plan through a sequence of openings: Lee and Preparata's funnel."""

from __future__ import annotations

import math

import numpy as np

from ..interface import F64
from .kernels import inner_kernel, kernel
from .tables import PATH_COLUMNS

SHARP = 0.3  # rad; bends much slighter than this do not shorten their neighbours' legs


@kernel
def cross(ax: float, ay: float, bx: float, by: float, cx: float, cy: float) -> float:
    """Positive if c lies to the left of the line from a to b."""
    return (bx - ax) * (cy - ay) - (by - ay) * (cx - ax)


@kernel
def string_pull(  # noqa: C901 one funnel
    openings: F64, count: int, sx: float, sy: float, tx: float, ty: float, path: F64
) -> int:
    """Shortest polyline from s to t through `count` openings.

    Args:
        openings: (P, >= 4) float64: left x, y, right x, y (seen while walking).
        count: how many of them are used.
        sx: start.
        sy: start.
        tx: end.
        ty: end.
        path: (>= count + 2, PATH_COLUMNS) float64; the points in order, both ends included, go into
            columns 0 and 1, and of each bend its opening and side (1 left, -1 right) into 5 and 6.

    Returns:
        number of points.
    """
    path[0, 0], path[0, 1] = sx, sy
    points = 1
    ax, ay, lx, ly, rx, ry = sx, sy, sx, sy, sx, sy
    left, right, i = 0, 0, 1
    while i <= count + 1:
        nlx, nly, nrx, nry = tx, ty, tx, ty
        if i <= count:
            nlx, nly = openings[i - 1, 0], openings[i - 1, 1]
            nrx, nry = openings[i - 1, 2], openings[i - 1, 3]
        corner, side = -1, 1.0
        if cross(ax, ay, rx, ry, nrx, nry) >= 0.0:
            if (rx == ax and ry == ay) or cross(ax, ay, lx, ly, nrx, nry) < 0.0:
                rx, ry, right = nrx, nry, i
            else:
                ax, ay, corner = lx, ly, left
        if corner < 0 and cross(ax, ay, lx, ly, nlx, nly) <= 0.0:
            if (lx == ax and ly == ay) or cross(ax, ay, rx, ry, nlx, nly) > 0.0:
                lx, ly, left = nlx, nly, i
            else:
                ax, ay, corner, side = rx, ry, right, -1.0
        if corner >= 0:
            if ax != path[points - 1, 0] or ay != path[points - 1, 1]:
                path[points, 0], path[points, 1] = ax, ay
                path[points, 5], path[points, 6] = corner - 1, side
                points += 1
            lx, ly, rx, ry = ax, ay, ax, ay
            left, right, i = corner, corner, corner
        i += 1
    if points > 1 and path[points - 1, 0] == tx and path[points - 1, 1] == ty:
        return points
    path[points, 0], path[points, 1] = tx, ty
    return points + 1


@kernel
def measure(path: F64, points: int) -> float:
    """Fill columns 2 ... 4 of path: leg after each point, cosine of the turn, and transparency.

    Columns 7 and 8 are the unit vector along that leg.

    The transparency tells how far a neighbouring bend sees through this one: 1 where the path goes
    straight on, so that a bend that is about to appear or vanish changes nothing.

    Returns:
        length of the path in plan.
    """
    total = 1e-9
    for k in range(points - 1):
        dx, dy = path[k + 1, 0] - path[k, 0], path[k + 1, 1] - path[k, 1]
        leg = max(math.sqrt(dx * dx + dy * dy), 1e-9)
        ux, uy = dx / leg, dy / leg
        path[k, 2], path[k, 7], path[k, 8] = leg, ux, uy
        total += leg
        if k > 0:
            cosine = path[k - 1, 7] * ux + path[k - 1, 8] * uy
            path[k, 3] = min(1.0, max(-1.0, cosine))
            path[k, 4] = math.exp(-2.0 * (1.0 - path[k, 3]) / (SHARP * SHARP))
    return total


@inner_kernel
def reach_from(path: F64, points: int, first: int, last: int) -> tuple[float, float]:
    """How far the way sees back from point `first` and on from point `last`."""
    near, through = path[first - 1, 2], 1.0
    for j in range(first - 1, 0, -1):
        through *= path[j, 4]
        near += through * path[j - 1, 2]
    far, through = path[last, 2], 1.0
    for j in range(last + 1, points - 1):
        through *= path[j, 4]
        far += through * path[j, 2]
    return near, far


def taut_path(openings: F64, source: tuple[float, float], target: tuple[float, float]) -> F64:
    """Shortest polyline through openings, as an array of its points.

    Args:
        openings: (P, >= 4): left x, y and right x, y seen while walking.
        source: x, y.
        target: x, y.

    Returns:
        (points, 2) float64, both ends included.
    """
    path = np.empty((len(openings) + 2, PATH_COLUMNS))
    points = string_pull(openings, len(openings), *source, *target, path)
    return path[:points, :2]
