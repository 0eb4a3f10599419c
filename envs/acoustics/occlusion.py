"""How much longer sound must travel because furniture stands in its way.

A leg that crosses a box goes round it: to the left, to the right, or by the nearest of its other
edges. In the energy of all detours each counts with the inverse of how much longer it is (the loss
of an edge grows as 10 lg of it), so one number per box tells the loss in all bands; numbers of
several boxes add up. Kurze and Anderson's formula (edges.edge_gain) turns it into a gain, which
tends to one as a box is only just grazed.
"""

from __future__ import annotations

import math

import numpy as np

from ..interface import F32, F64
from .kernels import inner_kernel

TOUCHING = 0.035  # m; a source or listener so near to a (shrunk) box is not shadowed by it
CLEAR = 0.065  # m; from here on it is
ENDLESS = 1e3  # m
SHARED = 62  # the bit of all boxes from this one on

Vector = tuple[float, float, float]


@inner_kernel
def _met(boxes: F32, lanes: int, o: Vector, i: Vector, since: float, until: float) -> int:
    """Which boxes a line meets between two values of t, one bit each; the last ones share a bit.

    Eight boxes are tested at once; `i` is the inverse of the line's direction.
    """
    ox, oy, oz = np.float32(o[0]), np.float32(o[1]), np.float32(o[2])
    ix, iy, iz = np.float32(i[0]), np.float32(i[1]), np.float32(i[2])
    low, high = np.float32(since), np.float32(until)
    bits = 0
    for n in range(lanes):
        x0, x1 = (boxes[0, n] - ox) * ix, (boxes[3, n] - ox) * ix
        y0, y1 = (boxes[1, n] - oy) * iy, (boxes[4, n] - oy) * iy
        z0, z1 = (boxes[2, n] - oz) * iz, (boxes[5, n] - oz) * iz
        enter = max(min(x0, x1), min(y0, y1), min(z0, z1), low)
        leave = min(max(x0, x1), max(y0, y1), max(z0, z1), high)
        bits |= int(enter < leave) << min(n, SHARED)
    return bits


@inner_kernel
def _side(reach: F64, nx: float, ny: float, nz: float) -> float:
    """How far a box reaches in a direction."""
    x = reach[3] if nx > 0.0 else reach[0]
    y = reach[4] if ny > 0.0 else reach[1]
    z = reach[5] if nz > 0.0 else reach[2]
    return float(x * nx + y * ny + z * nz)


@inner_kernel
def _nearness(before: float, behind: float, h: float) -> float:
    """One over how much longer a way is that steps aside by h before a box and back behind it."""
    square = h * h
    one = math.sqrt(before * before + square) + before + 1e-9
    two = math.sqrt(behind * behind + square) + behind + 1e-9
    both = one * two
    return both / (square * (one + two) + 1e-9 * both)


@inner_kernel
def _detour(reach: F64, o: Vector, u: Vector, before: float, behind: float) -> float:
    """How much longer the ways round a box are than straight on; u is a unit vector."""
    best, inverse = ENDLESS, 0.0
    for axis in range(3):  # of the edges that the way bends over
        nx, ny, nz = 0.0, 0.0, 0.0
        if axis == 0:
            ny, nz = -u[2], u[1]
        elif axis == 1:
            nx, nz = u[2], -u[0]
        else:
            nx, ny = -u[1], u[0]
        norm = nx * nx + ny * ny + nz * nz
        if norm < 1e-6:
            continue
        norm = 1.0 / math.sqrt(norm)
        at = o[0] * nx + o[1] * ny + o[2] * nz
        right = max(_side(reach, nx, ny, nz) - at, 0.0) * norm
        left = max(_side(reach, -nx, -ny, -nz) + at, 0.0) * norm
        if axis < 2:
            best = min(best, left, right)
        else:
            inverse = _nearness(before, behind, left) + _nearness(before, behind, right)
    return 1.0 / (inverse + _nearness(before, behind, best))


@inner_kernel
def _apart(boxes: F32, n: int, point: Vector) -> float:
    """0 if a point touches box n, 1 if it is clear of it."""
    dx = max(boxes[0, n] - point[0], point[0] - boxes[3, n], 0.0)
    dy = max(boxes[1, n] - point[1], point[1] - boxes[4, n], 0.0)
    dz = max(boxes[2, n] - point[2], point[2] - boxes[5, n], 0.0)
    distance = math.sqrt(dx * dx + dy * dy + dz * dz)
    return min(max((distance - TOUCHING) / (CLEAR - TOUCHING), 0.0), 1.0)


@inner_kernel
def _round(
    boxes: F32,
    n: int,
    reach: F64,
    o: Vector,
    way: tuple[Vector, Vector],
    span: tuple[float, float],
    ends: tuple[Vector, Vector],
) -> float:
    """Metres of detour round box n, if the way meets it; see `blocked`."""
    d, i = way
    enter, leave = span
    for k in range(3):
        a, b = (boxes[k, n] - o[k]) * i[k], (boxes[k + 3, n] - o[k]) * i[k]
        enter, leave = max(enter, min(a, b)), min(leave, max(a, b))
    if enter >= leave:
        return 0.0
    apart = _apart(boxes, n, ends[0]) * _apart(boxes, n, ends[1])
    if apart <= 0.0:
        return 0.0
    total = math.sqrt(d[0] * d[0] + d[1] * d[1] + d[2] * d[2])
    u = (d[0] / total, d[1] / total, d[2] / total)
    return apart * _detour(reach, o, u, enter * total, (1.0 - leave) * total)


@inner_kernel
def blocked(
    boxes: F32,
    reach: F64,
    lanes: int,
    o: Vector,
    way: tuple[Vector, Vector],
    span: tuple[float, float],
    ends: tuple[Vector, Vector],
) -> float:
    """Metres that one leg of a way is made longer by the boxes of a room.

    Args:
        boxes: (6, N) of the room, see solids.Solids.
        reach: (N, 6) the same, endless towards walls.
        lanes: how many of them to test.
        o: where the line of the leg would be at t = 0, the beginning of the whole way.
        way: from there to the end of the whole way at t = 1, as if it were straight, no zeros; and
            one over each component.
        span: from which t to which the leg lasts.
        ends: source and listener; a box that one of them touches is not in the way.
    """
    extra = 0.0
    met, n = _met(boxes, lanes, o, way[1], span[0], span[1]), 0
    while met != 0 and n < lanes:
        if met & 1 == 1:
            extra += _round(boxes, n, reach[n], o, way, span, ends)
        if n < SHARED:
            met >>= 1
        n += 1
    return extra


@inner_kernel
def straight_detour(
    boxes: F32, reach: F64, lanes: int, start: Vector, end: Vector, ends: tuple[Vector, Vector]
) -> float:
    """Metres that the straight way from `start` to `end` is made longer; see `blocked`."""
    dx, dy, dz = end[0] - start[0], end[1] - start[1], end[2] - start[2]
    d = (
        dx if abs(dx) > 1e-9 else 1e-9,
        dy if abs(dy) > 1e-9 else 1e-9,
        dz if abs(dz) > 1e-9 else 1e-9,
    )
    way = d, (1.0 / d[0], 1.0 / d[1], 1.0 / d[2])
    return blocked(boxes, reach, lanes, start, way, (0.0, 1.0), ends)
