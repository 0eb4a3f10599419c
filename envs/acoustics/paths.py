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

import numpy as np

from ..interface import F64, kernel
from .edges import PASSED, passing_gain, screen_gain
from .tables import PATH_COLUMNS

NEAREST = 0.05  # m; 1/r grows no further
SHARP = 0.3  # rad; bends much slighter than this do not shorten their neighbours' legs
JAMB = 0.45  # m; two corners of one side that are nearer than this are one edge

Vector = tuple[float, float, float]


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
        if _cross(ax, ay, rx, ry, nrx, nry) >= 0.0:
            if (rx == ax and ry == ay) or _cross(ax, ay, lx, ly, nrx, nry) < 0.0:
                rx, ry, right = nrx, nry, i
            else:
                ax, ay, corner = lx, ly, left
        if corner < 0 and _cross(ax, ay, lx, ly, nlx, nly) <= 0.0:
            if (lx == ax and ly == ay) or _cross(ax, ay, rx, ry, nlx, nly) > 0.0:
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
def _reach(path: F64, points: int, first: int, last: int) -> tuple[float, float]:
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


@kernel
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
    ax = path[i, 0] - (path[i, 0] - path[i - 1, 0]) / path[i - 1, 2] * near
    ay = path[i, 1] - (path[i, 1] - path[i - 1, 1]) / path[i - 1, 2] * near
    bx = path[j, 0] + (path[j + 1, 0] - path[j, 0]) / path[j, 2] * far
    by = path[j, 1] + (path[j + 1, 1] - path[j, 1]) / path[j, 2] * far
    o = int(path[i, 5])
    wx, wy = openings[o, 2] - openings[o, 0], openings[o, 3] - openings[o, 1]
    px, py = 0.5 * (path[i, 0] + path[j, 0]), 0.5 * (path[i, 1] + path[j, 1])
    off = ((ax - px) * -wy + (ay - py) * wx) / (wx * wx + wy * wy)
    mx, my = ax + 2.0 * off * wy, ay - 2.0 * off * wx
    whole = near + far + (path[i, 2] if j > i else 0.0)
    rise = slope * slope * whole * whole
    length = math.sqrt(whole * whole + rise)
    direct = math.sqrt((bx - ax) ** 2 + (by - ay) ** 2 + rise)
    mirrored = math.sqrt((bx - mx) ** 2 + (by - my) ** 2 + rise)
    return max(length - direct, 0.0), max(length - mirrored, 0.0)


@kernel
def _bends(
    openings: F64,
    path: F64,
    points: int,
    total: float,
    slope: float,
    centres: F64,
    speed: float,
    gains: F64,
) -> bool:
    """Multiply `gains` by what the bends of a path cost; False if it bends where no edge is."""
    k, before = 1, path[0, 2]
    while k < points - 1:
        o, side = int(path[k, 5]), path[k, 6]
        if openings[o, 6 if side > 0.0 else 7] == 0.0:
            return False
        last, inside = k, 0.0
        if k + 1 < points - 1 and path[k + 1, 6] == side and path[k, 2] < JAMB:
            last, inside = k + 1, path[k, 2]
        near, far = _reach(path, points, k, last)
        d1, m1 = _longer(openings, path, k, last, near, far, slope)
        alone = last - k == points - 3
        d2, m2 = d1, m1
        if not alone:
            rest = max(total - before - inside, 1e-9)
            d2, m2 = _longer(openings, path, k, last, before, rest, slope)
        for b in range(gains.shape[0]):
            wave = 4.0 * centres[b] / speed
            gain = screen_gain(d1, m1, wave)
            if not alone:
                gain = math.sqrt(gain * screen_gain(d2, m2, wave))
            gains[b] *= gain
        before += inside + path[last, 2]
        k = last + 1
    return True


@kernel
def _bent_at(openings: F64, path: F64, points: int, opening: int, side: float) -> bool:
    """Whether the path bends round that side of an opening's door."""
    for k in range(1, points - 1):
        o = int(path[k, 5])
        if path[k, 6] == side and openings[o, 5] == openings[opening, 5]:
            return True
    return False


@kernel
def _crossing(openings: F64, p: int, path: F64, points: int) -> tuple[int, float]:
    """The leg that goes through opening p, and how far along it; -1 if none does."""
    lx, ly, rx, ry = openings[p, 0], openings[p, 1], openings[p, 2], openings[p, 3]
    for k in range(points - 1):
        before = _cross(lx, ly, rx, ry, path[k, 0], path[k, 1])
        after = _cross(lx, ly, rx, ry, path[k + 1, 0], path[k + 1, 1])
        if before * after <= 0.0 and before != after:
            return k, path[k, 2] * before / (before - after)
    return -1, 0.0


@kernel
def _from(path: F64, points: int, k: int, at: float) -> tuple[float, float]:
    """How far the way sees back and on from a point `at` metres along leg k."""
    near, far, through = at, path[k, 2] - at, 1.0
    for j in range(k, 0, -1):
        through *= path[j, 4]
        near += through * path[j - 1, 2]
    through = 1.0
    for j in range(k + 1, points - 1):
        through *= path[j, 4]
        far += through * path[j, 2]
    return near, far


@kernel
def _clearance(path: F64, k: int, x: float, y: float) -> float:
    """Distance of a point from the line of leg k."""
    ux, uy = path[k + 1, 0] - path[k, 0], path[k + 1, 1] - path[k, 1]
    return float(abs(ux * (y - path[k, 1]) - uy * (x - path[k, 0])) / path[k, 2])


@kernel
def _pass(  # noqa: C901 three edges of each door
    openings: F64,
    count: int,
    path: F64,
    points: int,
    total: float,
    heights: tuple[float, float],
    centres: F64,
    speed: float,
    gains: F64,
) -> tuple[float, float]:
    """Multiply `gains` by what edges take that are passed in the light.

    Returns:
        where the even rise along the path meets a lintel most: arc (-1: nowhere) and its height.
    """
    sz, slope = heights[0], (heights[1] - heights[0]) / total
    stretch = math.sqrt(1.0 + slope * slope)
    worst, arc_at, z_at = 1e-9, -1.0, 0.0
    wide = PASSED * PASSED * speed / (4.0 * centres[0])
    squares = (wide, wide, wide)
    faces, above = 0, 0
    for p in range(count):
        k, at = _crossing(openings, p, path, points)
        left, right, top = (
            squares
            if p > 0 and openings[p, 5] == openings[p - 1, 5]
            else (
                wide,
                wide,
                wide,
            )
        )
        if k >= 0:
            arc = at
            for j in range(k):
                arc += path[j, 2]
            bend, other = 0, k  # at a bend, both legs count alike
            if at >= path[k, 2] - 1e-9 and k + 1 < points - 1:
                bend, other = k + 1, k + 1
            elif at <= 1e-9 and k > 0:
                bend, other = k, k - 1
            if bend > 0:
                near, far = _reach(path, points, bend, bend)
                seen = max(path[bend, 4], 1e-6)
            else:
                near, far = _from(path, points, k, at)
                seen = 1.0
            per = 0.5 * (near + far) / (max(near, 1e-6) * max(far, 1e-6) * stretch * seen)
            if openings[p, 6] > 0.0:
                h = _clearance(path, k, openings[p, 0], openings[p, 1])
                h = 0.5 * (h + _clearance(path, other, openings[p, 0], openings[p, 1]))
                left = min(left, per * h * h)
            if openings[p, 7] > 0.0:
                h = _clearance(path, k, openings[p, 2], openings[p, 3])
                h = 0.5 * (h + _clearance(path, other, openings[p, 2], openings[p, 3]))
                right = min(right, per * h * h)
            z = sz + slope * arc
            faces, above = faces + 1, above + (1 if z >= 0.0 else 0)
            over = z - openings[p, 4]
            if over > worst:
                worst, arc_at, z_at = over, arc, openings[p, 4]
            top = 0.0 if over > 0.0 else min(top, per * (over / stretch) ** 2)
        squares = (left, right, top)
        if p + 1 < count and openings[p + 1, 5] == openings[p, 5]:
            continue
        if above < faces:  # under the floor: reflected further on, which is another way
            for b in range(gains.shape[0]):
                gains[b] *= above / faces
        faces, above = 0, 0
        if left < wide and _bent_at(openings, path, points, p, 1.0):
            left = wide
        if right < wide and _bent_at(openings, path, points, p, -1.0):
            right = wide
        if top == 0.0:
            top = wide
        if min(left, right, top) < wide:
            for b in range(gains.shape[0]):
                wave = 4.0 * centres[b] / speed
                gain = passing_gain(left, wave) * passing_gain(right, wave)
                gains[b] *= gain * passing_gain(top, wave)
    return arc_at, z_at


@kernel
def _unit(dx: float, dy: float, slope: float, out: F64) -> None:
    """Unit vector along (dx, dy) in plan, rising by `slope`."""
    flat = max(math.sqrt(dx * dx + dy * dy), 1e-12)
    norm = math.sqrt(1.0 + slope * slope)
    out[0], out[1], out[2] = dx / flat / norm, dy / flat / norm, slope / norm


@kernel
def trace(
    openings: F64,
    count: int,
    path: F64,
    start: Vector,
    end: Vector,
    centres: F64,
    speed: float,
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
        centres: (B,) of the bands, hertz.
        speed: of sound.
        gains: (B,) multiplied by those of all edges.
        direction: (3,) set to the unit vector at the end towards where the sound comes from.
        departure: (3,) set to the unit vector in which it leaves the start.

    Returns:
        its length in metres; -1 if it would bend where rooms are joined without an edge.
    """
    sz, tz = start[2], end[2]
    points = string_pull(openings, count, start[0], start[1], end[0], end[1], path)
    total = _measure(path, points)
    rise = (tz - sz) / total
    length = total * math.sqrt(1.0 + rise * rise)
    up, down = rise, -rise  # slope of the first leg, and of the last, walking back from the end
    if points > 2 and not _bends(openings, path, points, total, rise, centres, speed, gains):
        return -1.0
    at, z = _pass(openings, count, path, points, total, (sz, tz), centres, speed, gains)
    if at >= 0.0:
        rest = max(total - at, 1e-9)
        bent = math.sqrt(at * at + (z - sz) ** 2) + math.sqrt(rest * rest + (tz - z) ** 2)
        mirrored = bent - math.sqrt((rest - at) ** 2 + (tz - sz) ** 2)
        for b in range(gains.shape[0]):
            gains[b] *= screen_gain(max(bent - length, 0.0), mirrored, 4.0 * centres[b] / speed)
        length, up, down = bent, (z - sz) / max(at, 1e-9), (z - tz) / rest
    _unit(path[points - 2, 0] - end[0], path[points - 2, 1] - end[1], down, direction)
    _unit(path[1, 0] - start[0], path[1, 1] - start[1], up, departure)
    return length


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
