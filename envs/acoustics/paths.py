"""The shortest way for sound through a sequence of door openings, and what each bend costs.

In plan the way is the string pulled taut through the openings (Lee and Preparata's funnel); height
varies linearly along it and bends once more under a lintel that is too low. The loss of a bend is
Kurze and Anderson's fit to Maekawa's barrier data, Applied Acoustics 4 (1971), whose 5 dB at
grazing incidence fade in with the path difference, so that nothing jumps when the source comes
into sight. Each bend is evaluated twice, between its neighbours on the path and between the two
ends, and the mean in dB is taken: for two bends that is the spreading of double diffraction (UTD).
"""

from __future__ import annotations

import math

import numpy as np

from ..interface import F64, SPEED_OF_SOUND, kernel
from .tables import PATH_COLUMNS, Tables, Work

NEAREST = 0.05  # m; 1/r grows no further
SHARP = 0.3  # rad; bends much slighter than this do not shorten their neighbours' legs


@kernel
def edge_gain(difference: float, frequency: float, speed: float) -> float:
    """Pressure gain of a bend whose path is `difference` metres longer than straight on.

    20 log10(x / tanh x) + 5 tanh(x)^2 dB of loss with x = sqrt(2 pi N) and the
    Fresnel number N = 2 difference / wavelength.
    """
    squared = 4.0 * math.pi * max(difference, 0.0) * frequency / speed
    if squared < 1e-8:
        return 1.0
    x = math.sqrt(squared)
    t = 1.0 - 2.0 / (math.exp(2.0 * x) + 1.0) if x < 9.0 else 1.0  # tanh
    return t / x * math.exp(-0.5756462732485114 * t * t)


def bend_loss(difference: float, frequency: float) -> float:
    """Loss in dB of a bend whose path is `difference` metres longer than the straight line.

    >>> bend_loss(0.0, 1000.0)
    0.0
    """
    return -20 * math.log10(edge_gain(float(difference), float(frequency), SPEED_OF_SOUND)) + 0.0


@kernel
def _cross(ax: float, ay: float, bx: float, by: float, cx: float, cy: float) -> float:
    """Positive if c lies to the left of the line from a to b."""
    return (bx - ax) * (cy - ay) - (by - ay) * (cx - ax)


@kernel
def string_pull(  # noqa: C901 one funnel
    openings: F64, count: int, sx: float, sy: float, tx: float, ty: float, path: F64
) -> int:
    """Shortest polyline from s to t through `count` openings.

    Args:
        openings: (P, 5) float64: left x, y, right x, y (seen while walking), height.
        count: how many of them are used.
        sx: start.
        sy: start.
        tx: end.
        ty: end.
        path: (>= count + 2, >= 2) float64, filled with the points in order, both ends included.

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
        corner = -1
        if _cross(ax, ay, rx, ry, nrx, nry) >= 0.0:
            if (rx == ax and ry == ay) or _cross(ax, ay, lx, ly, nrx, nry) < 0.0:
                rx, ry, right = nrx, nry, i
            else:
                ax, ay, corner = lx, ly, left
        if corner < 0 and _cross(ax, ay, lx, ly, nlx, nly) <= 0.0:
            if (lx == ax and ly == ay) or _cross(ax, ay, rx, ry, nlx, nly) > 0.0:
                lx, ly, left = nlx, nly, i
            else:
                ax, ay, corner = rx, ry, right
        if corner >= 0:
            if ax != path[points - 1, 0] or ay != path[points - 1, 1]:
                path[points, 0], path[points, 1] = ax, ay
                points += 1
            lx, ly, rx, ry = ax, ay, ax, ay
            left, right, i = corner, corner, corner
        i += 1
    if points > 1 and path[points - 1, 0] == tx and path[points - 1, 1] == ty:
        return points
    path[points, 0], path[points, 1] = tx, ty
    return points + 1


@kernel
def _height_bend(
    openings: F64, count: int, path: F64, points: int, total: float, sz: float, tz: float
) -> tuple[float, float]:
    """Where the even rise along the path leaves the openings most: arc (-1: nowhere), height."""
    worst, arc_at, z_at = 1e-9, -1.0, 0.0
    for p in range(count):
        lx, ly, rx, ry = openings[p, 0], openings[p, 1], openings[p, 2], openings[p, 3]
        arc = 0.0
        for k in range(points - 1):
            x0, y0, x1, y1 = path[k, 0], path[k, 1], path[k + 1, 0], path[k + 1, 1]
            length = math.sqrt((x1 - x0) ** 2 + (y1 - y0) ** 2)
            before = _cross(lx, ly, rx, ry, x0, y0)
            after = _cross(lx, ly, rx, ry, x1, y1)
            if before * after <= 0.0 and before != after:
                at = arc + length * before / (before - after)
                z = sz + (tz - sz) * at / total
                if z - openings[p, 4] > worst:
                    worst, arc_at, z_at = z - openings[p, 4], at, openings[p, 4]
                if -z > worst:
                    worst, arc_at, z_at = -z, at, 0.0
                break
            arc += length
    return arc_at, z_at


@kernel
def _measure(path: F64, points: int) -> float:
    """Fill columns 2 ... 4 of path: leg after each point, cosine of the turn, and transparency.

    The transparency tells how far a neighbouring bend sees through this one: 1 where the path goes
    straight on, so that a bend that is about to appear or vanish changes nothing.

    Returns:
        length of the path in plan.
    """
    total = 1e-9
    for k in range(points - 1):
        dx, dy = path[k + 1, 0] - path[k, 0], path[k + 1, 1] - path[k, 1]
        path[k, 2] = max(math.sqrt(dx * dx + dy * dy), 1e-9)
        total += path[k, 2]
        if k > 0:
            bx, by = path[k, 0] - path[k - 1, 0], path[k, 1] - path[k - 1, 1]
            cosine = (bx * dx + by * dy) / (path[k, 2] * path[k - 1, 2])
            path[k, 3] = min(1.0, max(-1.0, cosine))
            path[k, 4] = math.exp(-2.0 * (1.0 - path[k, 3]) / (SHARP * SHARP))
    return total


@kernel
def _bend(
    path: F64,
    points: int,
    k: int,
    total: float,
    slope: float,
    tables: Tables,
    gains: F64,
) -> None:
    """Multiply `gains` by what the bend at point k costs."""
    near, through = path[k - 1, 2], 1.0
    whole = near
    for j in range(k - 1, 0, -1):
        through *= path[j, 4]
        near += through * path[j - 1, 2]
        whole += path[j - 1, 2]
    far, through = path[k, 2], 1.0
    for j in range(k + 1, points - 1):
        through *= path[j, 4]
        far += through * path[j, 2]
    rest = max(total - whole, 1e-9)
    stretch = math.sqrt(1.0 + slope * slope)
    turn = 2.0 * (1.0 - path[k, 3])
    d1 = _detour(near, far, turn, slope, stretch)
    d2 = _detour(whole, rest, turn, slope, stretch) if points > 3 else d1
    for b in range(gains.shape[0]):
        gain = edge_gain(d1, tables.centres[b], tables.speed[0])
        if points > 3:
            gain = math.sqrt(gain * edge_gain(d2, tables.centres[b], tables.speed[0]))
        gains[b] *= gain


@kernel
def _detour(a: float, c: float, turn: float, slope: float, stretch: float) -> float:
    """How much longer two legs are than the straight line past their bend; turn: 2 - 2 cosine."""
    chord = math.sqrt(max((a + c) * (a + c) * stretch * stretch - a * c * turn, 0.0))
    return (a + c) * stretch - chord


@kernel
def _unit(dx: float, dy: float, slope: float, out: F64) -> None:
    """Unit vector along (dx, dy) in plan, rising by `slope`."""
    flat = max(math.sqrt(dx * dx + dy * dy), 1e-12)
    norm = math.sqrt(1.0 + slope * slope)
    out[0], out[1], out[2] = dx / flat / norm, dy / flat / norm, slope / norm


@kernel
def trace(
    work: Work,
    count: int,
    start: tuple[float, float, float],
    end: tuple[float, float, float],
    tables: Tables,
    index: int,
) -> None:
    """Follow the shortest way from start to end through the first `count` openings of `work`.

    Sets length, direction (at `end`, towards where the sound comes from) and departure (at
    `start`) of arrival `index`, and multiplies its gains by those of all bends.

    Args:
        work: openings, and where the arrival is written.
        count: openings used.
        start: x, y, z.
        end: x, y, z.
        tables: constants.
        index: of the arrival.
    """
    openings, path, gains = work.openings, work.path, work.gains[index]
    sz, tz = start[2], end[2]
    points = string_pull(openings, count, start[0], start[1], end[0], end[1], path)
    total = _measure(path, points)
    rise = (tz - sz) / total
    length = total * math.sqrt(1.0 + rise * rise)
    up, down = rise, -rise  # slope of the first leg, and of the last, walking back from the end
    for k in range(1, points - 1):
        _bend(path, points, k, total, rise, tables, gains)
    at, z = _height_bend(openings, count, path, points, total, sz, tz)
    if at >= 0.0:
        rest = max(total - at, 1e-9)
        bent = math.sqrt(at * at + (z - sz) ** 2) + math.sqrt(rest * rest + (tz - z) ** 2)
        for b in range(gains.shape[0]):
            gains[b] *= edge_gain(bent - length, tables.centres[b], tables.speed[0])
        length, up, down = bent, (z - sz) / max(at, 1e-9), (z - tz) / rest
    work.lengths[index] = length
    _unit(path[points - 2, 0] - end[0], path[points - 2, 1] - end[1], down, work.directions[index])
    _unit(path[1, 0] - start[0], path[1, 1] - start[1], up, work.departures[index])


def taut_path(openings: F64, source: tuple[float, float], target: tuple[float, float]) -> F64:
    """Shortest polyline through openings, as an array of its points.

    Args:
        openings: (P, 5): left x, y and right x, y seen while walking, and height.
        source: x, y.
        target: x, y.

    Returns:
        (points, 2) float64, both ends included.
    """
    path = np.empty((len(openings) + 2, PATH_COLUMNS))
    points = string_pull(openings, len(openings), *source, *target, path)
    return path[:points, :2]
