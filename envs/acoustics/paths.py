"""The shortest way for sound through a sequence of door openings, and what each bend costs.

In plan the way is the string pulled taut through the openings (Lee and Preparata's funnel); height
varies linearly along it and bends once more under a lintel that is too low. A wall is thin against
what sound walks, so the two corners of one jamb bend it as one edge whose detour is that of both
(as ISO 9613-2 has it for walls much thinner than five wavelengths). Each bend is evaluated twice,
between its neighbours on the path and between the two ends, and the mean in dB is taken: for two
bends that is the spreading of double diffraction (UTD). Edges that are passed in the light take
what is left of the transition, a half of the pressure at the very edge.
"""

from __future__ import annotations

import math

from ..interface import F64
from .edges import corner_measure, screen_gain, screen_power
from .kernels import inner_kernel, kernel
from .passing import SILENT, pass_edges
from .strings import measure, reach_from, string_pull
from .tables import SOURCE_WIDE

Vector = tuple[float, float, float]


@inner_kernel
def _longer(
    openings: F64, path: F64, i: int, j: int, near: float, far: float, slope: float
) -> tuple[float, float]:
    """How much longer the way over the bends i ... j is than the straight one past them.

    Args:
        openings: that the path goes through.
        path: measured.
        i: first bend.
        j: last bend, on the same jamb.
        near: how far the source is from i.
        far: how far the listener is from j.
        slope: rise per metre in plan.

    Returns:
        that, and compared to the straight one from the source's mirror image in the wall.
    """
    ax, ay = path[i, 0] - path[i - 1, 7] * near, path[i, 1] - path[i - 1, 8] * near
    bx, by = path[j, 0] + path[j, 7] * far, path[j, 1] + path[j, 8] * far
    o = int(path[i, 5])
    wx, wy = openings[o, 2] - openings[o, 0], openings[o, 3] - openings[o, 1]
    px, py = 0.5 * (path[i, 0] + path[j, 0]), 0.5 * (path[i, 1] + path[j, 1])
    off = ((ax - px) * -wy + (ay - py) * wx) / (wx * wx + wy * wy)
    mx, my = ax + 2.0 * off * wy, ay - 2.0 * off * wx
    whole = near + far + (path[i, 2] if j > i else 0.0)
    rise = slope * slope * whole * whole
    length = math.sqrt(whole * whole + rise)
    edge = openings[o, 6 if path[i, 6] > 0.0 else 7]
    if edge > 1.0:
        sign = -1.0 if path[i, 6] > 0.0 else 1.0  # outwards, into the wall's line
        wide_x, wide_y = (ax, ay) if edge == SOURCE_WIDE else (bx, by)
        along = sign * ((wide_x - px) * wx + (wide_y - py) * wy)
        across = (wide_x - px) * wy - (wide_y - py) * wx
        angle = math.atan2(abs(across), along)
        turn = math.acos(path[i, 3])
        unit = 0.5 * near * far / (near + far) / math.sqrt(1.0 + slope * slope)
        one = corner_measure(math.pi + turn)
        two = corner_measure(2.0 * angle + math.pi + turn)
        return unit * one * one, unit * two * two
    direct = math.sqrt((bx - ax) ** 2 + (by - ay) ** 2 + rise)
    mirrored = math.sqrt((bx - mx) ** 2 + (by - my) ** 2 + rise)
    return max(length - direct, 0.0), max(length - mirrored, 0.0)


@inner_kernel
def _bends(  # noqa: C901 one walk
    openings: F64,
    path: F64,
    points: int,
    total: float,
    slope: float,
    roots: F64,
    least: float,
    gains: F64,
) -> bool:
    """Multiply `gains` by what the bends of a path cost.

    A bend's gain is the mean in dB of two: the fourth root of the product of their powers. The
    gains are kept as fourth powers on the way, so that roots are taken once.

    Returns:
        False if it bends where no edge is, or leaves less than `least` of the lowest band, the one
        that bends best; `gains` are then of no use.
    """
    for b in range(gains.shape[0]):
        square = gains[b] * gains[b]
        gains[b] = square * square
    least *= least
    floor = gains[0] * least * least
    k, before = 1, path[0, 2]
    while k < points - 1:
        o, side = int(path[k, 5]), path[k, 6]
        if openings[o, 6 if side > 0.0 else 7] == 0.0:
            return False
        last, inside = k, 0.0
        following = openings[int(path[k + 1, 5]), 5] if k + 1 < points - 1 else -1.0
        if following == openings[o, 5] and path[k + 1, 6] == side:  # both corners of a jamb
            last, inside = k + 1, path[k, 2]
        near, far = reach_from(path, points, k, last)
        d1, m1 = _longer(openings, path, k, last, near, far, slope)
        alone = last - k == points - 3
        x1, y1 = math.sqrt(d1), math.sqrt(m1)
        if alone:
            for b in range(gains.shape[0]):
                power = screen_power(x1 * roots[b], y1 * roots[b])
                gains[b] *= power * power
        else:
            rest = max(total - before - inside, 1e-9)
            d2, m2 = _longer(openings, path, k, last, before, rest, slope)
            x2, y2 = math.sqrt(d2), math.sqrt(m2)
            for b in range(gains.shape[0]):
                power = screen_power(x1 * roots[b], y1 * roots[b])
                gains[b] *= power * screen_power(x2 * roots[b], y2 * roots[b])
        if gains[0] < floor:
            return False
        before += inside + path[last, 2]
        k = last + 1
    for b in range(gains.shape[0]):
        gains[b] = math.sqrt(math.sqrt(gains[b]))
    return True


@inner_kernel
def _unit(ux: float, uy: float, slope: float, out: F64) -> None:
    """Unit vector along the unit vector (ux, uy) in plan, rising by `slope`."""
    flat = 1.0 / math.sqrt(1.0 + slope * slope)
    out[0], out[1], out[2] = ux * flat, uy * flat, slope * flat


@kernel
def trace(
    openings: F64,
    count: int,
    path: F64,
    start: Vector,
    end: Vector,
    roots: F64,
    least: float,
    gains: F64,
    direction: F64,
    departure: F64,
) -> float:
    """Follow the shortest way from start to end through the first `count` openings.

    Args:
        openings: (P, OPENING_COLUMNS), see tables.
        count: openings used.
        path: (P + 2, PATH_COLUMNS) scratch; holds the way afterwards.
        start: x, y, z.
        end: x, y, z.
        roots: (B,) of 4 / wavelength, see tables.
        least: gain of the bends per metre of the way below which it is given up.
        gains: (B,) multiplied by those of all edges.
        direction: (3,) set to the unit vector at the end towards where the sound comes from.
        departure: (3,) set to the unit vector in which it leaves the start.

    Returns:
        its length in metres; -1 if it is given up, or bends where there is no edge.
    """
    sz, tz = start[2], end[2]
    points = string_pull(openings, count, start[0], start[1], end[0], end[1], path)
    total = measure(path, points)
    rise = (tz - sz) / total
    length = total * math.sqrt(1.0 + rise * rise)
    up, down = rise, -rise  # slope of the first leg, and of the last, walking back from the end
    if points > 2 and not _bends(openings, path, points, total, rise, roots, least * length, gains):
        return -1.0
    at, z = pass_edges(openings, count, path, points, total, (sz, tz), roots, gains)
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
