"""What the bends of a way cost: first all that its plan decides, then, for each height, the gains.

A wall is thin against what sound walks, so the two corners of one jamb bend a way as one edge whose
detour is that of both (as ISO 9613-2 has it for walls much thinner than five wavelengths). Each
bend is evaluated twice, between its neighbours on the path and between the two ends, and the mean
in dB is taken: for two bends that is the spreading of double diffraction (UTD).

Ways that differ in height only, as those of images over floor and ceiling do, share the first part.
"""

from __future__ import annotations

import math

from ..interface import F64
from .edges import corner_measure, screen_power
from .kernels import inner_kernel
from .strings import reach_from
from .tables import SOURCE_WIDE

# Columns of a path that `lay_bends` fills where a bend begins: its last corner, and for each of its
# two evaluations the length past it in plan, and the squares of the straight ways past it, from the
# source and from its mirror image. A corner of an L has length 0, and both detours instead.
LAST, NEAR, WHOLE = 9, 10, 13


@inner_kernel
def _lay(openings: F64, path: F64, i: int, j: int, near: float, far: float, column: int) -> None:
    """Enter one evaluation of the bends i ... j on one jamb into three columns of row i.

    Args:
        openings: that the path goes through.
        path: measured.
        i: first bend.
        j: last bend.
        near: how far the source is from i.
        far: how far the listener is from j.
        column: NEAR or WHOLE.
    """
    ax, ay = path[i, 0] - path[i - 1, 7] * near, path[i, 1] - path[i - 1, 8] * near
    bx, by = path[j, 0] + path[j, 7] * far, path[j, 1] + path[j, 8] * far
    o = int(path[i, 5])
    wx, wy = openings[o, 2] - openings[o, 0], openings[o, 3] - openings[o, 1]
    px, py = 0.5 * (path[i, 0] + path[j, 0]), 0.5 * (path[i, 1] + path[j, 1])
    edge = openings[o, 6 if path[i, 6] > 0.0 else 7]
    if edge > 1.0:
        sign = -1.0 if path[i, 6] > 0.0 else 1.0  # outwards, into the wall's line
        wide_x, wide_y = (ax, ay) if edge == SOURCE_WIDE else (bx, by)
        along = sign * ((wide_x - px) * wx + (wide_y - py) * wy)
        across = (wide_x - px) * wy - (wide_y - py) * wx
        angle = math.atan2(abs(across), along)
        turn = math.acos(path[i, 3])
        unit = 0.5 * near * far / (near + far)
        one = corner_measure(math.pi + turn)
        two = corner_measure(2.0 * angle + math.pi + turn)
        path[i, column] = 0.0
        path[i, column + 1], path[i, column + 2] = unit * one * one, unit * two * two
        return
    off = ((ax - px) * -wy + (ay - py) * wx) / (wx * wx + wy * wy)
    mx, my = ax + 2.0 * off * wy, ay - 2.0 * off * wx
    path[i, column] = near + far + (path[i, 2] if j > i else 0.0)
    path[i, column + 1] = (bx - ax) * (bx - ax) + (by - ay) * (by - ay)
    path[i, column + 2] = (bx - mx) * (bx - mx) + (by - my) * (by - my)


@inner_kernel
def lay_bends(openings: F64, path: F64, points: int, total: float) -> bool:
    """Enter what a measured path's bends have in common at all heights; False: no edge is there."""
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
        path[k, LAST] = last
        _lay(openings, path, k, last, near, far, NEAR)
        if last - k < points - 3:  # not the only one
            _lay(openings, path, k, last, before, max(total - before - inside, 1e-9), WHOLE)
        before += inside + path[last, 2]
        k = last + 1
    return True


@inner_kernel
def _detours(path: F64, k: int, column: int, slope: float) -> tuple[float, float]:
    """Roots of how much longer a way over bend k is than past it, and than from the mirror image.

    Args:
        path: laid.
        k: where the bend begins.
        column: NEAR or WHOLE.
        slope: rise per metre in plan.
    """
    whole, square = path[k, column], 1.0 + slope * slope
    if whole == 0.0:
        flat = 1.0 / math.sqrt(square)
        return math.sqrt(path[k, column + 1] * flat), math.sqrt(path[k, column + 2] * flat)
    rise = slope * slope * whole * whole
    length = whole * math.sqrt(square)
    direct, mirrored = math.sqrt(path[k, column + 1] + rise), math.sqrt(path[k, column + 2] + rise)
    return math.sqrt(max(length - direct, 0.0)), math.sqrt(max(length - mirrored, 0.0))


@inner_kernel
def bend(path: F64, points: int, slope: float, roots: F64, least: float, gains: F64) -> bool:
    """Multiply `gains` by what the bends of a laid path cost at a slope.

    A bend's gain is the mean in dB of two: the fourth root of the product of their powers. The
    gains are kept as fourth powers on the way, so that roots are taken once.

    Returns:
        False if they leave less than `least` of the lowest band, the one that bends best; `gains`
        are then of no use.
    """
    for b in range(gains.shape[0]):
        square = gains[b] * gains[b]
        gains[b] = square * square
    least *= least
    floor = gains[0] * least * least
    k = 1
    while k < points - 1:
        last = int(path[k, LAST])
        x1, y1 = _detours(path, k, NEAR, slope)
        if last - k == points - 3:
            for b in range(gains.shape[0]):
                power = screen_power(x1 * roots[b], y1 * roots[b])
                gains[b] *= power * power
        else:
            x2, y2 = _detours(path, k, WHOLE, slope)
            for b in range(gains.shape[0]):
                power = screen_power(x1 * roots[b], y1 * roots[b])
                gains[b] *= power * screen_power(x2 * roots[b], y2 * roots[b])
        if gains[0] < floor:
            return False
        k = last + 1
    for b in range(gains.shape[0]):
        gains[b] = math.sqrt(math.sqrt(gains[b]))
    return True
