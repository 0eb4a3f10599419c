"""The visibility graph of a disc among rectangles: corner arcs joined by common tangents.

A shortest path of a disc's centre is a taut string: straight pieces that touch quarter circles of
the disc's radius around rectangles' corners, and arcs along those. So the graph is exact: its
vertices are the touching points, its edges the free common tangents of two arcs whose touching
points lie on the arcs. (The tangent graph of Liu & Arimoto, "Path planning using a tangent graph
for mobile robots among polygonal and curved obstacles", IJRR 1992.) No error bound is needed.

An *arc* is a piece of a quarter circle that no other rectangle covers: centre, quadrant, and the
range lo..hi of the angle from the quadrant's start. A *chain* is an arc travelled one way: number
2·arc counter-clockwise, 2·arc + 1 clockwise. Its coordinate s grows on the way: s = t counter-
clockwise, s = pi/2 - t clockwise, for t the angle from the quadrant's start. A *departure* is a
straight edge that leaves a chain at s and arrives on another.
"""

from __future__ import annotations

from math import acos, asin, atan2, pi, sqrt

import numpy as np

from ..interface import F64, I32, kernel
from .shapes import clearance, segment_free

QUARTER = 0.5 * pi
SLACK = 1e-6  # rad; a touching point this far off an arc's end counts as its end


@kernel
def local_angle(nx: float, ny: float, quadrant: int) -> float:
    """Angle of the direction n from the start of the quadrant; -1 if clearly outside of it."""
    cx, cy = nx, ny
    if quadrant == 1:
        cx, cy = ny, -nx
    elif quadrant == 2:
        cx, cy = -nx, -ny
    elif quadrant == 3:
        cx, cy = -ny, nx
    if cx < -SLACK or cy < -SLACK:
        return -1.0
    return atan2(max(cy, 0.0), max(cx, 0.0))


@kernel
def chain_coordinate(nx: float, ny: float, quadrant: int, lo: float, hi: float, turn: int) -> float:
    """Coordinate s of the touching point in direction n on an arc, -1 if it is not on the arc.

    Args:
        nx: unit vector from the corner, x.
        ny: unit vector from the corner, y.
        quadrant: of the corner.
        lo: start of the arc.
        hi: end of the arc.
        turn: +1 if the path turns counter-clockwise, -1 clockwise.
    """
    t = local_angle(nx, ny, quadrant)
    if t < lo - SLACK or t > hi + SLACK:
        return -1.0
    t = min(max(t, lo), hi)
    return t if turn > 0 else QUARTER - t


@kernel
def tangent_from(
    x: float, y: float, cx: float, cy: float, radius: float, turn: int
) -> tuple[float, float, float]:
    """The straight way from a point onto a circle that it then follows with `turn`.

    Returns:
        length, and the unit vector from the circle's centre to the touching point.
    """
    wx, wy = x - cx, y - cy
    d = sqrt(wx * wx + wy * wy)
    length = sqrt(max(d * d - radius * radius, 0.0))
    d = max(d, radius)
    c, s = radius / d, turn * length / d
    return length, (c * wx - s * wy) / d, (c * wy + s * wx) / d


@kernel
def _cuts(  # noqa: C901 - sides, then corners
    cx: float, cy: float, quadrant: int, rect: F64, radius: float, out: F64, n: int
) -> int:
    """Append the local angles at which a corner's circle may cross a grown rectangle's border."""
    found = np.empty(16)
    m = 0
    for side in range(4):
        level = rect[side] + (-radius if side < 2 else radius) - (cx if side % 2 == 0 else cy)
        if abs(level) < radius:
            if side % 2 == 0:
                found[m], found[m + 1] = acos(level / radius), -acos(level / radius)
            else:
                found[m], found[m + 1] = asin(level / radius), pi - asin(level / radius)
            m += 2
    for i in (0, 2):
        for j in (1, 3):
            dx, dy = rect[i] - cx, rect[j] - cy
            d = sqrt(dx * dx + dy * dy)
            if 1e-9 < d < 2 * radius:
                middle, half = atan2(dy, dx), acos(d / (2 * radius))
                found[m], found[m + 1] = middle + half, middle - half
                m += 2
    for i in range(m):
        t = (found[i] - quadrant * QUARTER) % (2 * pi)
        if 1e-8 < t < QUARTER - 1e-8:  # a cut at an end would leave a piece of no length
            out[n] = t
            n += 1
    return n


@kernel
def _has_corner(rects: F64, count: int, cx: float, cy: float, quadrant: int) -> bool:
    """Whether one of the first rectangles has the same corner in the same quadrant."""
    i, j = (2 if quadrant in (0, 3) else 0), (3 if quadrant < 2 else 1)
    for k in range(count):
        if abs(rects[k, i] - cx) < 1e-9 and abs(rects[k, j] - cy) < 1e-9:
            return True
    return False


@kernel
def free_arcs(rects: F64, bounds: F64, radius: float) -> tuple[F64, I32]:  # noqa: C901 - one sweep
    """The pieces of all corners' quarter circles that no rectangle covers.

    Args:
        rects: (K, 4) x0, y0, x1, y1.
        bounds: (4,) pieces that begin outside of this rectangle are left out.
        radius: of the disc, m.

    Returns:
        (P, 4) centre x, y, angles lo, hi from the quadrant's start; (P,) quadrant.
    """
    count = len(rects)
    arcs, quadrants = np.empty((8 * count + 8, 4)), np.empty(8 * count + 8, np.int32)
    n = 0
    near = np.empty((count, 4))
    cuts = np.empty(16 * count + 2)
    for a in range(count):
        for quadrant in range(4):
            cx = rects[a, 2 if quadrant in (0, 3) else 0]
            cy = rects[a, 3 if quadrant < 2 else 1]
            if cx < bounds[0] or cy < bounds[1] or cx > bounds[2] or cy > bounds[3]:
                continue
            if _has_corner(rects, a, cx, cy, quadrant):
                continue
            m, c = 0, 2
            cuts[0], cuts[1] = 0.0, QUARTER
            for b in range(count):
                dx = max(rects[b, 0] - cx, 0.0, cx - rects[b, 2])
                dy = max(rects[b, 1] - cy, 0.0, cy - rects[b, 3])
                if b != a and dx * dx + dy * dy < 4 * radius * radius:
                    near[m] = rects[b]
                    c = _cuts(cx, cy, quadrant, rects[b], radius, cuts, c)
                    m += 1
            angles = np.sort(cuts[:c])
            opened = -1.0
            for i in range(c - 1):
                t = 0.5 * (angles[i] + angles[i + 1]) + quadrant * QUARTER
                x, y = cx + radius * np.cos(t), cy + radius * np.sin(t)
                if angles[i + 1] - angles[i] < 1e-9:
                    continue
                free = clearance(x, y, near, m) >= radius - 1e-13
                free = free and bounds[0] <= x <= bounds[2] and bounds[1] <= y <= bounds[3]
                if free and opened < 0.0:
                    opened = angles[i]
                if opened >= 0.0 and (not free or i == c - 2):
                    end = angles[i + 1] if free else angles[i]
                    if end - opened > SLACK and n < len(arcs):
                        arcs[n, 0], arcs[n, 1], arcs[n, 2], arcs[n, 3] = cx, cy, opened, end
                        quadrants[n] = quadrant
                        n += 1
                    opened = -1.0
    return arcs[:n].copy(), quadrants[:n].copy()


@kernel
def _common_tangent(
    dx: float, dy: float, radius: float, turn_a: int, turn_b: int
) -> tuple[float, float, float, float, float]:
    """Common tangent of two circles of one radius, leaving the first with turn_a onto turn_b.

    Returns:
        length (-1 if none), unit normals at both touching points.
    """
    d = sqrt(dx * dx + dy * dy)
    if d < 1e-9:
        return -1.0, 0.0, 0.0, 0.0, 0.0
    ux, uy = dx / d, dy / d
    if turn_a == turn_b:
        return d, turn_a * uy, -turn_a * ux, turn_a * uy, -turn_a * ux
    if d < 2 * radius:
        return -1.0, 0.0, 0.0, 0.0, 0.0
    c = 2 * radius / d
    s = sqrt(max(1.0 - c * c, 0.0))
    nx, ny = c * ux + turn_a * s * uy, c * uy - turn_a * s * ux
    return d * s, nx, ny, -nx, -ny


@kernel
def tangent_edges(  # noqa: C901 - one sweep over pairs
    arcs: F64, quadrants: I32, rects: F64, radius: float
) -> tuple[F64, I32]:
    """All free common tangents of the arcs, each in both directions.

    Returns:
        (E, 3) s at departure, length, s at arrival; (E, 2) chains left and reached.
    """
    capacity = 1024
    values, chains = np.empty((capacity, 3)), np.empty((capacity, 2), np.int32)
    n, count = 0, len(rects)
    for i in range(len(arcs)):
        for j in range(i):
            dx, dy = arcs[j, 0] - arcs[i, 0], arcs[j, 1] - arcs[i, 1]
            for a in range(2):
                for b in range(2):
                    turn_a, turn_b = 1 - 2 * a, 1 - 2 * b
                    length, nx, ny, mx, my = _common_tangent(dx, dy, radius, turn_a, turn_b)
                    if length < 0.0:
                        continue
                    s = chain_coordinate(nx, ny, quadrants[i], arcs[i, 2], arcs[i, 3], turn_a)
                    if s < 0.0:
                        continue
                    t = chain_coordinate(mx, my, quadrants[j], arcs[j, 2], arcs[j, 3], turn_b)
                    if t < 0.0:
                        continue
                    px, py = arcs[i, 0] + radius * nx, arcs[i, 1] + radius * ny
                    qx, qy = arcs[j, 0] + radius * mx, arcs[j, 1] + radius * my
                    if not segment_free(px, py, qx, qy, rects, count, radius):
                        continue
                    if n + 2 > capacity:
                        values = np.concatenate((values, np.empty((capacity, 3))))
                        chains = np.concatenate((chains, np.empty((capacity, 2), np.int32)))
                        capacity *= 2
                    values[n, 0], values[n, 1], values[n, 2] = s, length, t
                    chains[n, 0], chains[n, 1] = 2 * i + a, 2 * j + b
                    values[n + 1, 0], values[n + 1, 1] = QUARTER - t, length
                    values[n + 1, 2] = QUARTER - s
                    chains[n + 1, 0], chains[n + 1, 1] = 2 * j + 1 - b, 2 * i + 1 - a
                    n += 2
    return values[:n].copy(), chains[:n].copy()


@kernel
def link(  # noqa: C901 - index building
    values: F64, chains: I32, num_chains: int
) -> tuple[F64, I32, I32, I32, I32, I32]:
    """Sort departures along their chains and find where each arrival continues.

    Returns:
        values (E, 3) and reached chains (E,), sorted; start (chains + 1,) of each chain's
        departures; following (E,): the first departure at or after the arrival, -1 if none; the
        arrivals before each departure as lists: their starts (E + 1,) and members (E,).
    """
    edges = len(values)
    order = np.argsort(chains[:, 0] * 16.0 + values[:, 0])
    values, owner, reached = values[order], chains[order, 0], chains[order, 1]
    start = np.zeros(num_chains + 1, np.int32)
    for e in range(edges):
        start[owner[e] + 1] += 1
    for c in range(num_chains):
        start[c + 1] += start[c]
    following = np.full(edges, -1, np.int32)
    into = np.zeros(edges + 1, np.int32)
    for e in range(edges):
        for k in range(start[reached[e]], start[reached[e] + 1]):
            if values[k, 0] >= values[e, 2] - SLACK:
                following[e] = k
                into[k + 1] += 1
                break
    for k in range(edges):
        into[k + 1] += into[k]
    members, fill = np.empty(edges, np.int32), into[:-1].copy()
    for e in range(edges):
        if following[e] >= 0:
            members[fill[following[e]]] = e
            fill[following[e]] += 1
    return values, reached.copy(), start, following, into, members
