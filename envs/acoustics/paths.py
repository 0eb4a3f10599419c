"""The shortest way for sound through a sequence of door openings, and what each bend costs.

In plan the way is the string pulled taut through the openings (Lee and Preparata's funnel); height
varies linearly along it and bends once more under a lintel that is too low. The loss of a bend is
Kurze and Anderson's fit to Maekawa's barrier data, Applied Acoustics 4 (1971), whose 5 dB at grazing
incidence fade in with the path difference, so that nothing jumps when the source comes into sight.
Each bend is evaluated twice, between its neighbours on the path and between the two ends, and the
mean in dB is taken: for two bends that is the spreading of double edge diffraction (UTD).
"""

from __future__ import annotations

import math

import numpy as np

from ..interface import F64, SPEED_OF_SOUND, kernel

MAX_PORTALS = 24
NEAREST = 0.05  # m; 1/r grows no further


@kernel
def edge_gain(difference, frequency):  # type: ignore[no-untyped-def]
    """Pressure gain of a bend whose path is `difference` metres longer than straight on.

    20 log10(x / tanh x) + 5 tanh(x)^2 dB of loss with x = sqrt(2 pi N), N = 2 difference / wavelength.
    """
    x2 = 4.0 * math.pi * max(difference, 0.0) * frequency / SPEED_OF_SOUND
    if x2 < 1e-8:
        return 1.0
    x = math.sqrt(x2)
    t = math.tanh(x) if x < 9.0 else 1.0
    return t / x * math.exp(-0.5756462732485114 * t * t)


def bend_loss(difference: float, frequency: float) -> float:
    """Loss in dB of a bend whose path is `difference` metres longer than the straight line.

    >>> bend_loss(0.0, 1000.0)
    0.0
    """
    return -20 * math.log10(edge_gain(float(difference), float(frequency))) + 0.0


@kernel
def _cross(ax, ay, bx, by, cx, cy):  # type: ignore[no-untyped-def]
    """Positive if c lies to the left of the line from a to b."""
    return (bx - ax) * (cy - ay) - (by - ay) * (cx - ax)


@kernel
def string_pull(portals, count, sx, sy, tx, ty, path):  # type: ignore[no-untyped-def]  # noqa: C901 one funnel
    """Shortest polyline from s to t through `count` openings.

    Args:
        portals: (P, 5) float64: left x, y, right x, y (seen while walking), height.
        count: how many of them are used.
        sx, sy, tx, ty: ends.
        path: (>= count + 2, 2) float64, filled with the points in order, both ends included.

    Returns:
        number of points.
    """
    path[0, 0], path[0, 1] = sx, sy
    points = 1
    ax, ay, lx, ly, rx, ry = sx, sy, sx, sy, sx, sy
    left = 0
    right = 0
    i = 1
    while i <= count + 1:
        if i <= count:
            nlx, nly = portals[i - 1, 0], portals[i - 1, 1]
            nrx, nry = portals[i - 1, 2], portals[i - 1, 3]
        else:
            nlx, nly, nrx, nry = tx, ty, tx, ty
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
            left = corner
            right = corner
            i = corner + 1
            continue
        i += 1
    if path[points - 1, 0] == tx and path[points - 1, 1] == ty and points > 1:
        return points
    path[points, 0], path[points, 1] = tx, ty
    return points + 1


@kernel
def _height_bend(portals, count, path, points, total, sz, tz):  # type: ignore[no-untyped-def]
    """Where the straight rise along the path leaves the openings most: (arc, height), arc -1 if not."""
    worst = 1e-9
    arc_at = -1.0
    z_at = 0.0
    for p in range(count):
        lx, ly, rx, ry = portals[p, 0], portals[p, 1], portals[p, 2], portals[p, 3]
        arc = 0.0
        for k in range(points - 1):
            x0, y0, x1, y1 = path[k, 0], path[k, 1], path[k + 1, 0], path[k + 1, 1]
            length = math.sqrt((x1 - x0) ** 2 + (y1 - y0) ** 2)
            before = _cross(lx, ly, rx, ry, x0, y0)
            after = _cross(lx, ly, rx, ry, x1, y1)
            if before * after <= 0.0 and before != after:
                at = arc + length * before / (before - after)
                z = sz + (tz - sz) * at / total
                above = z - portals[p, 4]
                if above > worst:
                    worst, arc_at, z_at = above, at, portals[p, 4]
                if -z > worst:
                    worst, arc_at, z_at = -z, at, 0.0
                break
            arc += length
    return arc_at, z_at


@kernel
def trace(portals, count, sx, sy, sz, tx, ty, tz, path, centres, gains, direction):  # type: ignore[no-untyped-def]  # noqa: C901 one path
    """Follow the shortest way from s to t through the openings.

    Args:
        portals: (P, 5), see string_pull; the last value is the opening's height.
        count: how many are used.
        sx, sy, sz, tx, ty, tz: source and receiver.
        path: (P + 2, 2) scratch.
        centres: (B,) hertz.
        gains: (B,), multiplied by the gain of all bends.
        direction: (3,), filled with the unit vector at t towards where the sound comes from.

    Returns:
        length of the way in metres.
    """
    points = string_pull(portals, count, sx, sy, tx, ty, path)
    total = 0.0
    for k in range(points - 1):
        total += math.sqrt((path[k + 1, 0] - path[k, 0]) ** 2 + (path[k + 1, 1] - path[k, 1]) ** 2)
    total = max(total, 1e-9)
    rise = tz - sz
    length = math.sqrt(total * total + rise * rise)
    slope = (sz - tz) / total
    if count > 0:
        at, z = _height_bend(portals, count, path, points, total, sz, tz)
        if at >= 0.0:
            rest = max(total - at, 1e-9)
            bent = math.sqrt(at * at + (z - sz) ** 2) + math.sqrt(rest * rest + (tz - z) ** 2)
            for b in range(gains.shape[0]):
                gains[b] *= edge_gain(bent - length, centres[b])
            length = bent
            slope = (z - tz) / rest
    stretch = math.sqrt(total * total + rise * rise) / total
    arc = 0.0
    for k in range(1, points - 1):
        ux, uy = path[k, 0] - path[k - 1, 0], path[k, 1] - path[k - 1, 1]
        vx, vy = path[k + 1, 0] - path[k, 0], path[k + 1, 1] - path[k, 1]
        a = max(math.sqrt(ux * ux + uy * uy), 1e-9)
        c = max(math.sqrt(vx * vx + vy * vy), 1e-9)
        arc += a
        cosine = min(1.0, max(-1.0, (ux * vx + uy * vy) / (a * c)))
        for whole in range(2):
            if whole == 1:
                a, c = arc, max(total - arc, 1e-9)
            climb = (a + c) * rise / total
            chord = math.sqrt(max(a * a + c * c + 2 * a * c * cosine, 0.0) + climb * climb)
            difference = (a + c) * stretch - chord
            for b in range(gains.shape[0]):
                gains[b] *= math.sqrt(edge_gain(difference, centres[b]))
    dx, dy = path[points - 2, 0] - tx, path[points - 2, 1] - ty
    flat = math.sqrt(dx * dx + dy * dy)
    if flat < 1e-9:
        dx, dy, flat = 0.0, 0.0, 0.0
        norm = max(abs(sz - tz), 1e-9)
        direction[0], direction[1], direction[2] = 0.0, 0.0, (sz - tz) / norm
    else:
        norm = math.sqrt(1.0 + slope * slope)
        direction[0], direction[1] = dx / flat / norm, dy / flat / norm
        direction[2] = slope / norm
    return length


def taut_path(portals: F64, source: tuple[float, float], target: tuple[float, float]) -> F64:
    """Shortest polyline through openings, as an array of its points.

    Args:
        portals: (P, 5): left x, y and right x, y seen while walking, and height of each opening.
        source: x, y.
        target: x, y.

    Returns:
        (points, 2) float64, both ends included.
    """
    path = np.empty((len(portals) + 2, 2))
    points = string_pull(portals, len(portals), *source, *target, path)
    return path[:points]
