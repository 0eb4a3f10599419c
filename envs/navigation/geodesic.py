"""Distances over the tangent graph: one Dijkstra per goal, one look around per query.

A *field* holds, for one goal, the cost-to-go at every departure (`costs`) and, for each chain,
where the straight way to the goal leaves it and how long that is (`exits`).
"""

from __future__ import annotations

from math import pi, sqrt

import numpy as np

from ..interface import F32, F64, I32, kernel
from .descent import look_down
from .heap import drop, push
from .shapes import BIG, segment_free
from .tangents import QUARTER, SLACK, chain_coordinate, tangent_from

STRAIGHT, ALONG, GOAL = 0, 1, 2  # what to do at a departure


@kernel
def goal_exits(gx: float, gy: float, arcs: F64, quadrants: I32, rects: F64, radius: float) -> F64:
    """Where each chain sees the goal: (chains, 2) coordinate s and length (BIG if nowhere)."""
    exits = np.full((2 * len(arcs), 2), BIG)
    for i in range(len(arcs)):
        for a in range(2):
            turn = 1 - 2 * a  # seen from the goal the way is reversed, and so is the turn
            length, nx, ny = tangent_from(gx, gy, arcs[i, 0], arcs[i, 1], radius, -turn)
            s = chain_coordinate(nx, ny, quadrants[i], arcs[i, 2], arcs[i, 3], turn)
            if s < 0.0:
                continue
            px, py = arcs[i, 0] + radius * nx, arcs[i, 1] + radius * ny
            if segment_free(px, py, gx, gy, rects, len(rects), radius):
                exits[2 * i + a, 0], exits[2 * i + a, 1] = s, length
    return exits


@kernel
def costs_to_go(  # noqa: C901 - Dijkstra
    exits: F64, values: F64, reached: I32, start: I32, following: I32, into: I32, members: I32,
    radius: float,
) -> tuple[F64, I32]:  # fmt: skip
    """Cost from every departure to the goal, and what to do there (STRAIGHT, ALONG, GOAL)."""
    edges = len(values)
    costs, choice = np.full(edges, BIG), np.zeros(edges, np.int32)
    keys, items = np.empty(4 * edges + 4), np.empty(4 * edges + 4, np.int32)
    size = 0
    chain_of = np.empty(edges, np.int32)
    for c in range(len(start) - 1):
        for k in range(start[c], start[c + 1]):
            chain_of[k] = c
    for e in range(edges):
        c = chain_of[e]
        if exits[c, 1] < BIG and exits[c, 0] >= values[e, 0] - SLACK:
            costs[e] = radius * max(exits[c, 0] - values[e, 0], 0.0) + exits[c, 1]
            choice[e] = GOAL
        c = reached[e]
        if exits[c, 1] < BIG and exits[c, 0] >= values[e, 2] - SLACK:
            cost = values[e, 1] + radius * max(exits[c, 0] - values[e, 2], 0.0) + exits[c, 1]
            if cost < costs[e]:
                costs[e], choice[e] = cost, STRAIGHT
        if costs[e] < BIG:
            size = push(keys, items, size, costs[e], e)
    while size > 0:
        cost, k = keys[0], items[0]
        size = drop(keys, items, size)
        if cost > costs[k]:
            continue
        if k > start[chain_of[k]]:
            through = cost + radius * (values[k, 0] - values[k - 1, 0])
            if through < costs[k - 1]:
                costs[k - 1], choice[k - 1] = through, ALONG
                size = push(keys, items, size, through, k - 1)
        for m in range(into[k], into[k + 1]):
            e = members[m]
            through = cost + values[e, 1] + radius * max(values[k, 0] - values[e, 2], 0.0)
            if through < costs[e]:
                costs[e], choice[e] = through, STRAIGHT
                size = push(keys, items, size, through, e)
    return costs, choice


@kernel
def _onwards(
    chain: int, s: float, values: F64, start: I32, exits: F64, costs: F64, radius: float
) -> float:
    """Cost-to-go for who travels a chain and is at s."""
    best = BIG
    if exits[chain, 1] < BIG and exits[chain, 0] >= s - SLACK:
        best = radius * max(exits[chain, 0] - s, 0.0) + exits[chain, 1]
    low, high = start[chain], start[chain + 1]
    while low < high:
        middle = (low + high) // 2
        if values[middle, 0] >= s - SLACK:
            high = middle
        else:
            low = middle + 1
    if low < start[chain + 1]:
        best = min(best, radius * max(values[low, 0] - s, 0.0) + costs[low])
    return best


@kernel
def look(  # noqa: C901 - one flat search
    x: float, y: float, gx: float, gy: float, rects: F64, num_rects: int, arcs: F64,
    quadrants: I32, num_arcs: int, values: F64, start: I32, exits: F64, costs: F64, radius: float,
    raster: F64, times: F32,
) -> tuple[float, float, float, int, float]:  # fmt: skip
    """Geodesic distance from a point to the goal of a field, and the first straight leg.

    Where the home has a raster (its cells have a size), distances are read from that.

    Returns:
        distance (BIG: no way), unit direction of the first leg, the chain it reaches (-1: the goal
        itself or a raster, -2: no way) and where on that chain.
    """
    if raster[2] > 0.0:
        d, dx, dy = look_down(x, y, gx, gy, rects, num_rects, radius, raster, times)
        return d, dx, dy, -1 if d < BIG else -2, 0.0
    dx, dy = gx - x, gy - y
    d = sqrt(dx * dx + dy * dy)
    if segment_free(x, y, gx, gy, rects, num_rects, radius):
        return d, dx / max(d, 1e-12), dy / max(d, 1e-12), -1, 0.0
    totals, legs = np.empty(2 * num_arcs), np.empty((2 * num_arcs, 3))
    which = np.empty(2 * num_arcs, np.int32)
    n = 0
    for i in range(num_arcs):
        for a in range(2):
            turn = 1 - 2 * a
            length, nx, ny = tangent_from(x, y, arcs[i, 0], arcs[i, 1], radius, turn)
            s = chain_coordinate(nx, ny, quadrants[i], arcs[i, 2], arcs[i, 3], turn)
            if s < 0.0:
                continue
            total = length + _onwards(2 * i + a, s, values, start, exits, costs, radius)
            if total < BIG:
                totals[n], legs[n, 0], legs[n, 1], legs[n, 2], which[n] = (
                    total,
                    nx,
                    ny,
                    s,
                    2 * i + a,
                )
                n += 1
    for _ in range(n):
        k = np.argmin(totals[:n])
        if totals[k] >= BIG:
            break
        c = which[k]
        px, py = arcs[c // 2, 0] + radius * legs[k, 0], arcs[c // 2, 1] + radius * legs[k, 1]
        if segment_free(x, y, px, py, rects, num_rects, radius):
            turn = 1 - 2 * (c % 2)
            return totals[k], -turn * legs[k, 1], turn * legs[k, 0], c, legs[k, 2]
        totals[k] = BIG
    return BIG, 0.0, 0.0, -2, 0.0


@kernel
def _add_arc(
    points: F64, n: int, arc: F64, quadrant: int, turn: int, s0: float, s1: float, radius: float
) -> int:
    """Append points along a chain from s0 to s1, at most 7.5 degrees apart."""
    steps = int((s1 - s0) / (pi / 24)) + 1
    for i in range(steps + 1):
        s = s0 + (s1 - s0) * i / steps
        angle = (s if turn > 0 else QUARTER - s) + quadrant * QUARTER
        points[n, 0] = arc[0] + radius * np.cos(angle)
        points[n, 1] = arc[1] + radius * np.sin(angle)
        n += 1
    return n


@kernel
def trace(  # noqa: C901 - follows the choices
    chain: int, s: float, arcs: F64, quadrants: I32, values: F64, reached: I32, start: I32,
    exits: F64, costs: F64, choice: I32, radius: float,
) -> F64:  # fmt: skip
    """The points of the shortest path from (chain, s) on, the goal left out."""
    points = np.empty((16 * (len(values) + 2), 2))
    n = 0
    for _ in range(len(values) + 1):
        turn = 1 - 2 * (chain % 2)
        leave, k = exits[chain, 0], -1
        best = BIG
        if exits[chain, 1] < BIG and leave >= s - SLACK:
            best = radius * max(leave - s, 0.0) + exits[chain, 1]
        for e in range(start[chain], start[chain + 1]):
            if values[e, 0] >= s - SLACK:
                if radius * max(values[e, 0] - s, 0.0) + costs[e] < best:
                    k = e
                    while choice[k] == ALONG:
                        k += 1
                    if choice[k] == STRAIGHT:
                        leave = values[k, 0]
                    else:
                        k = -1
                break
        arc, quadrant = arcs[chain // 2], quadrants[chain // 2]
        n = _add_arc(points, n, arc, quadrant, turn, s, max(leave, s), radius)
        if k < 0:
            break
        chain, s = reached[k], values[k, 2]
    return points[:n].copy()
