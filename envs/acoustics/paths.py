"""The shortest way for sound through a sequence of door openings.

In plan it is the string pulled taut through the openings (Lee and Preparata's funnel); height
varies linearly along it and bends once more under a lintel that is too low. What each bend costs is
in `bending`; edges that are passed in the light take what is left of the transition, a half of the
pressure at the very edge (`passing`).

A way is first laid in plan and then climbed: images over floor and ceiling share the first part.
"""

from __future__ import annotations

import math

from ..interface import F64
from .bending import bend, lay_bends
from .edges import screen_gain
from .kernels import inner_kernel, kernel
from .passing import SILENT, lay_edges, pass_edges
from .strings import measure, string_pull

Vector = tuple[float, float, float]


@inner_kernel
def _unit(ux: float, uy: float, slope: float, out: F64) -> None:
    """Unit vector along the unit vector (ux, uy) in plan, rising by `slope`."""
    flat = 1.0 / math.sqrt(1.0 + slope * slope)
    out[0], out[1], out[2] = ux * flat, uy * flat, slope * flat


@kernel
def lay(
    openings: F64, count: int, path: F64, sx: float, sy: float, tx: float, ty: float
) -> tuple[int, float]:
    """Lay the shortest way in plan from s to t through the first `count` openings.

    Args:
        openings: (P, OPENING_COLUMNS), see tables; what `climb` needs is added.
        count: openings used.
        path: (P + 2, PATH_COLUMNS) scratch; holds the way afterwards.
        sx: start, metres.
        sy: start.
        tx: end.
        ty: end.

    Returns:
        its points, 0 if it bends where there is no edge; and its length in plan, metres.
    """
    points = string_pull(openings, count, sx, sy, tx, ty, path)
    total = measure(path, points)
    if points > 2 and not lay_bends(openings, path, points, total):
        return 0, total
    lay_edges(openings, count, path, points)
    return points, total


@kernel
def climb(
    openings: F64,
    count: int,
    path: F64,
    plan: tuple[int, float],
    sz: float,
    tz: float,
    roots: F64,
    least: float,
    gains: F64,
    direction: F64,
    departure: F64,
) -> float:
    """Follow a way that was laid in plan from height sz to height tz.

    Args:
        openings: laid.
        count: openings used.
        path: laid.
        plan: what `lay` returned; its points are not 0.
        sz: height of the start, metres.
        tz: height of the end.
        roots: (B,) of 4 / wavelength, see tables.
        least: gain of the bends per metre of the way below which it is given up.
        gains: (B,) multiplied by those of all edges.
        direction: (3,) set to the unit vector at the end towards where the sound comes from.
        departure: (3,) set to the unit vector in which it leaves the start.

    Returns:
        its length in metres; -1 if it is given up.
    """
    points, total = plan
    rise = (tz - sz) / total
    length = total * math.sqrt(1.0 + rise * rise)
    up, down = rise, -rise  # slope of the first leg, and of the last, walking back from the end
    if points > 2 and not bend(path, points, rise, roots, least * length, gains):
        return -1.0
    at, z = pass_edges(openings, count, rise, sz, roots, gains)
    if at == SILENT:
        return -1.0
    if at >= 0.0:
        rest = max(total - at, 1e-9)
        bent = math.sqrt(at * at + (z - sz) ** 2) + math.sqrt(rest * rest + (tz - z) ** 2)
        mirrored = bent - math.sqrt((rest - at) ** 2 + (tz - sz) ** 2)
        for b in range(gains.shape[0]):
            gains[b] *= screen_gain(max(bent - length, 0.0), mirrored, roots[b] * roots[b])
        length, up, down = bent, (z - sz) / max(at, 1e-9), (z - tz) / rest
    _unit(-path[points - 2, 7], -path[points - 2, 8], down, direction)
    _unit(path[0, 7], path[0, 8], up, departure)
    return length


@kernel
def trace(
    openings: F64,
    count: int,
    path: F64,
    start: Vector,
    end: Vector,
    roots: F64,
    gains: F64,
    direction: F64,
    departure: F64,
) -> float:
    """Lay a way from start to end (x, y, z) and climb it, however faint it is.

    Returns:
        its length in metres; -1 if it bends where there is no edge, or leads under the floor.
    """
    plan = lay(openings, count, path, start[0], start[1], end[0], end[1])
    if plan[0] == 0:
        return -1.0
    return climb(
        openings, count, path, plan, start[2], end[2], roots, 0.0, gains, direction, departure
    )
