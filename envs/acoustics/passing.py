"""What edges take from a way that passes them in the light, and which lintel bends it."""

from __future__ import annotations

import math

from ..interface import F64
from .edges import PASSED, corner_measure, passed
from .kernels import inner_kernel
from .strings import cross, reach_from
from .tables import SOURCE_WIDE

SILENT = -2.0
FAR = 1e30  # m2
# Columns of an opening that `lay_edges` fills.
ARC, REACH, SPLIT, CLOSE, LEFT, RIGHT = 8, 9, 10, 11, 12, 14


@inner_kernel
def _bent_at(openings: F64, path: F64, points: int, opening: int, side: float) -> bool:
    """Whether the path bends round that side of an opening's door."""
    for k in range(1, points - 1):
        o = int(path[k, 5])
        if path[k, 6] == side and openings[o, 5] == openings[opening, 5]:
            return True
    return False


@inner_kernel
def _crossing(openings: F64, p: int, path: F64, points: int) -> tuple[int, float]:
    """The leg that goes through opening p, and how far along it; -1 if none does.

    Of all legs that meet the opening's line, which goes on beyond its ends, the one that meets it
    nearest to the middle.
    """
    lx, ly, rx, ry = openings[p, 0], openings[p, 1], openings[p, 2], openings[p, 3]
    through, at, least = -1, 0.0, 1e30
    for k in range(points - 1):
        before = cross(lx, ly, rx, ry, path[k, 0], path[k, 1])
        after = cross(lx, ly, rx, ry, path[k + 1, 0], path[k + 1, 1])
        if before * after <= 0.0 and before != after:
            along = path[k, 2] * before / (before - after)
            x, y = path[k, 0] + along * path[k, 7], path[k, 1] + along * path[k, 8]
            aside = abs((2.0 * x - lx - rx) * (rx - lx) + (2.0 * y - ly - ry) * (ry - ly))
            if aside < least:
                through, at, least = k, along, aside
    return through, at


@inner_kernel
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


@inner_kernel
def _clearance(path: F64, k: int, x: float, y: float) -> float:
    """Distance of a point from the line of leg k."""
    return float(abs(path[k, 7] * (y - path[k, 1]) - path[k, 8] * (x - path[k, 0])))


@inner_kernel
def _components(path: F64, k: int, wx: float, wy: float) -> tuple[float, float]:
    """Size of leg k's direction across a wall's line, and along it."""
    ux, uy = path[k, 7], path[k, 8]
    return abs(ux * wy - uy * wx), ux * wx + uy * wy


@inner_kernel
def _mirrored(
    openings: F64, p: int, path: F64, legs: tuple[int, int], end: int, clear: float
) -> tuple[float, float]:
    """What an edge at an end of an opening needs to know of the way from the source's mirror image.

    Args:
        openings: that the path goes through.
        p: which of them.
        path: measured.
        legs: that lead to it and away from it; the same one twice unless the path bends there.
        end: column of the end, 0 left or 2 right.
        clear: metres at which it is passed.

    Returns:
        the square of that, FAR if there is no edge; and of the way's share across the wall, or for
        the corner of an L of Pierce's M.
    """
    edge = openings[p, 6 + end // 2]
    if edge <= 0.0:
        return FAR, 0.0
    wx, wy = openings[p, 2] - openings[p, 0], openings[p, 3] - openings[p, 1]
    narrow = 1.0 / math.sqrt(wx * wx + wy * wy)
    wx, wy = wx * narrow, wy * narrow
    across, along = _components(path, legs[0], wx, wy)
    after, outward = _components(path, legs[1], wx, wy)
    if edge <= 1.0:
        across = 0.5 * (across + after)
        return clear * clear, across * across
    if edge == SOURCE_WIDE:
        outward = -along
    else:
        across = after
    angle = math.atan2(across, -outward if end == 0 else outward)
    two = corner_measure(2.0 * angle + math.pi)
    return clear * clear, two * two


@inner_kernel
def _seen(path: F64, points: int, k: int, at: float) -> tuple[int, float, float, float]:
    """How an edge that leg k passes sees the way, `at` metres along the leg.

    Returns:
        another leg that counts alike, at a bend, or k; how far it sees back and on, in plan; and
        how much of that.
    """
    if at >= path[k, 2] - 1e-9 and k + 1 < points - 1:
        bend, other = k + 1, k + 1
    elif at <= 1e-9 and k > 0:
        bend, other = k, k - 1
    else:
        near, far = _from(path, points, k, at)
        return k, near, far, 1.0
    near, far = reach_from(path, points, bend, bend)
    return other, near, far, max(path[bend, 4], 1e-6)


@inner_kernel
def lay_edges(openings: F64, count: int, path: F64, points: int) -> None:
    """Enter into the openings what a measured path's passing them has in common at all heights.

    These are, from column ARC on: how far along the path, -1 if nowhere; how far the edges see back
    and on, together and four times the product; half the sum of the inverse of both, over what they
    see of it; and of the left and of the right edge the square of the clearance and what
    `_mirrored` says.
    """
    for p in range(count):
        k, at = _crossing(openings, p, path, points)
        openings[p, ARC] = -1.0
        if k < 0:
            continue
        other, near, far, seen = _seen(path, points, k, at)
        for j in range(k):
            at += path[j, 2]
        openings[p, ARC], openings[p, REACH], openings[p, SPLIT] = at, near + far, 4.0 * near * far
        openings[p, CLOSE] = 0.5 * (near + far) / (max(near, 1e-6) * max(far, 1e-6) * seen)
        legs = (min(k, other), max(k, other))
        for side in range(2):
            x, y = openings[p, 2 * side], openings[p, 2 * side + 1]
            clear = 0.5 * (_clearance(path, k, x, y) + _clearance(path, other, x, y))
            square, mirrored = _mirrored(openings, p, path, legs, 2 * side, clear)
            if square < FAR and _bent_at(openings, path, points, p, 1.0 - 2.0 * side):
                square = FAR
            openings[p, LEFT + 2 * side], openings[p, LEFT + 2 * side + 1] = square, mirrored


@inner_kernel
def _image(edge: float, mirrored: float, whole: float, split: float) -> float:
    """Detour over an edge against the way from the source's mirror image.

    Args:
        edge: which one.
        mirrored: as `_mirrored` says.
        whole: metres that the edge sees back and on.
        split: four times the product of both, in plan.
    """
    if edge <= 1.0:
        return max(whole - math.sqrt(max(whole * whole - split * mirrored, 0.0)), 0.0)
    return 0.125 * split / whole * mirrored


@inner_kernel
def _pass(square: float, mirrored: float, roots: F64, gains: F64) -> None:
    """Multiply gains by what one edge leaves; see edges.passing_gain."""
    v, y = math.sqrt(square), math.sqrt(mirrored)
    for b in range(gains.shape[0]):
        gains[b] *= passed(v * roots[b], y * roots[b])


@inner_kernel
def pass_edges(  # noqa: C901 three edges of each door
    openings: F64, count: int, slope: float, sz: float, roots: F64, gains: F64
) -> tuple[float, float]:
    """Multiply `gains` by what edges take that are passed in the light.

    Args:
        openings: laid.
        count: openings used.
        slope: rise per metre in plan.
        sz: height of the start, metres.
        roots: (B,) of 4 / wavelength.
        gains: (B,).

    Returns:
        where the even rise along the path meets a lintel most: arc (-1: nowhere, SILENT: the way
        leads under the floor) and its height.
    """
    stretch = math.sqrt(1.0 + slope * slope)
    worst, arc_at, z_at = 1e-9, -1.0, 0.0
    wide = (PASSED / roots[0]) ** 2
    left, right, top = wide, wide, wide
    left_image, right_image, top_image = 0.0, 0.0, 0.0
    faces, above = 0, 0
    for p in range(count):
        if p == 0 or openings[p, 5] != openings[p - 1, 5]:
            left, right, top = wide, wide, wide
        arc = openings[p, ARC]
        if arc >= 0.0:
            whole, split = openings[p, REACH] * stretch, openings[p, SPLIT]
            per = openings[p, CLOSE] / stretch
            beside = per * openings[p, LEFT]
            if beside < left:
                left = beside
                left_image = _image(openings[p, 6], openings[p, LEFT + 1], whole, split)
            beside = per * openings[p, RIGHT]
            if beside < right:
                right = beside
                right_image = _image(openings[p, 7], openings[p, RIGHT + 1], whole, split)
            z = sz + slope * arc
            faces, above = faces + 1, above + (1 if z >= 0.0 else 0)
            over = z - openings[p, 4]
            if over > worst:
                worst, arc_at, z_at = over, arc, openings[p, 4]
            if over > 0.0:
                top = 0.0
            elif per * (over / stretch) ** 2 < top:
                top = per * (over / stretch) ** 2
                top_image = whole - math.sqrt(max(whole * whole - split, 0.0))
        if p + 1 < count and openings[p + 1, 5] == openings[p, 5]:
            continue
        if above < faces:  # under the floor: reflected further on, which is another way
            if above == 0:
                return SILENT, 0.0
            for b in range(gains.shape[0]):
                gains[b] *= above / faces
        faces, above = 0, 0
        if left < wide:
            _pass(left, left_image, roots, gains)
        if right < wide:
            _pass(right, right_image, roots, gains)
        if 0.0 < top < wide:
            _pass(top, top_image, roots, gains)
    return arc_at, z_at
