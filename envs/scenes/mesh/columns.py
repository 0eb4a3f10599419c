"""Triangles to columns over a fine grid: how high the floor is, what stands on it, what is above.

Heights are taken at the centres of cells; what stands in the way is found wherever a face passes
through a cell, by cutting it along the cell's sides (Sutherland & Hodgman, "Reentrant polygon
clipping", 1974).
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from ...interface import F32, F64, Bool, inner_kernel, kernel

NO_FLOOR = np.float32(-1e9)
OPEN_SKY = np.float32(np.inf)
SLICES = 32  # bits of `filled`
SLICE = 0.1  # m, height that each of them stands for
_TOUCH = 1e-6  # of a cell: a face on the line between two cells is in one of them
_SLACK = 1e-7  # m; more than _TOUCH of any cell that is used
_U32 = np.uint32


class Grid(NamedTuple):
    """Cells of `cell` metres, (height, width) of them; x0, y0 is the outer corner of the first."""

    x0: float
    y0: float
    cell: float
    height: int
    width: int


@kernel
def top_heights(triangles: F64, grid: Grid) -> F32:
    """The highest face over each cell's centre, (height, width); NO_FLOOR where there is none."""
    heights = np.full((grid.height, grid.width), NO_FLOOR, np.float32)
    for k in range(len(triangles)):
        _each_centre(triangles[k], grid, heights, heights, np.float32(1))
    return heights


@kernel
def lowest_above(triangles: F64, grid: Grid, above: F32) -> F32:
    """The lowest face higher than `above`, (height, width); OPEN_SKY where there is none."""
    heights = np.full((grid.height, grid.width), OPEN_SKY, np.float32)
    for k in range(len(triangles)):
        _each_centre(triangles[k], grid, above, heights, np.float32(-1))
    return heights


@inner_kernel
def _each_centre(triangle: F64, grid: Grid, above: F32, heights: F32, sign: np.float32) -> None:
    """Raise (sign 1) or lower (sign -1, if it stays above `above`) heights to those of a face."""
    ux, uy, uz = triangle[1] - triangle[0]
    vx, vy, vz = triangle[2] - triangle[0]
    nz = ux * vy - uy * vx
    if nz == 0.0:
        return
    slope_x, slope_y = (uz * vy - uy * vz) / nz, (ux * vz - uz * vx) / nz
    low_y = min(triangle[0, 1], triangle[1, 1], triangle[2, 1])
    high_y = max(triangle[0, 1], triangle[1, 1], triangle[2, 1])
    first = max(int(np.ceil((low_y - grid.y0) / grid.cell - 0.5 - _TOUCH)), 0)
    last = min(int(np.floor((high_y - grid.y0) / grid.cell - 0.5 + _TOUCH)), grid.height - 1)
    for row in range(first, last + 1):
        y = min(max(grid.y0 + (row + 0.5) * grid.cell, low_y), high_y)
        left, right = _span(triangle, y)
        start = max(int(np.ceil((left - grid.x0) / grid.cell - 0.5 - _TOUCH)), 0)
        stop = min(int(np.floor((right - grid.x0) / grid.cell - 0.5 + _TOUCH)), grid.width - 1)
        for column in range(start, stop + 1):
            x = grid.x0 + (column + 0.5) * grid.cell
            z = triangle[0, 2] + slope_x * (x - triangle[0, 0]) + slope_y * (y - triangle[0, 1])
            if sign > 0:
                heights[row, column] = max(heights[row, column], np.float32(z))
            elif z > above[row, column]:
                heights[row, column] = min(heights[row, column], np.float32(z))


@inner_kernel
def _span(triangle: F64, y: float) -> tuple[float, float]:
    """From where to where a triangle reaches along x at a y within it."""
    left, right = 1e18, -1e18
    for k in range(3):
        ax, ay = triangle[k, 0], triangle[k, 1]
        bx, by = triangle[(k + 1) % 3, 0], triangle[(k + 1) % 3, 1]
        if min(ay, by) <= y <= max(ay, by):
            if ay == by:
                left, right = min(left, ax, bx), max(right, ax, bx)
            else:
                x = ax + (bx - ax) * (y - ay) / (by - ay)
                left, right = min(left, x), max(right, x)
    return left, right


@kernel
def standing_in(
    triangles: F64, steep: Bool, floor: F32, step: float, headroom: float, grid: Grid
) -> tuple[Bool, np.ndarray]:
    """What stands on the floor.

    Args:
        triangles: (F, 3, 3).
        steep: (F,) which of them are walls rather than tops.
        floor: (height, width) from `top_heights`.
        step: what is no higher than this above the floor is stepped over.
        headroom: what is this high above the floor or higher is passed under.
        grid: the cells.

    Returns:
        blocked (height, width): something is between step and headroom; filled (height, width)
        uint32: bit k is set where a steep face passes through k to k + 1 SLICEs above the floor.
    """
    blocked = np.zeros((grid.height, grid.width), np.bool_)
    filled = np.zeros((grid.height, grid.width), np.uint32)
    strip = np.empty((9, 3), np.float64)
    piece = np.empty((9, 3), np.float64)
    spare = np.empty((9, 3), np.float64)
    for k in range(len(triangles)):
        first, last = _cells(triangles[k, :, 1], grid.y0, grid.cell, grid.height)
        for row in range(first, last + 1):
            strip[:3] = triangles[k]
            low = grid.y0 + row * grid.cell
            count = _cut(strip, 3, 1, low, low + grid.cell, spare)
            if count == 0:
                continue
            start, stop = _cells(strip[:count, 0], grid.x0, grid.cell, grid.width)
            for column in range(start, stop + 1):
                base = floor[row, column]
                left = grid.x0 + column * grid.cell
                bottom, top = _reach(strip, count, left, left + grid.cell, piece, spare)
                bottom, top = bottom - base, top - base
                if base == NO_FLOOR or top < bottom:
                    continue
                if top > step and bottom < headroom:
                    blocked[row, column] = True
                if steep[k]:
                    filled[row, column] |= _slices(bottom, top)
    return blocked, filled


@inner_kernel
def _reach(
    strip: F64, count: int, left: float, right: float, piece: F64, spare: F64
) -> tuple[float, float]:
    """Lowest and highest z of the part of a polygon between two x; the wrong way round if none."""
    piece[:count] = strip[:count]
    corners = _cut(piece, count, 0, left, right, spare)
    if corners == 0:
        return 1.0, -1.0
    return piece[:corners, 2].min(), piece[:corners, 2].max()


@inner_kernel
def _slices(bottom: float, top: float) -> np.uint32:
    """Bits of the slices between two heights."""
    bits = _U32(0)
    for k in range(max(int(bottom / SLICE), 0), min(int(top / SLICE), SLICES - 1) + 1):
        bits |= _U32(1) << _U32(k)
    return bits


@inner_kernel
def _cells(values: F64, origin: float, cell: float, count: int) -> tuple[int, int]:
    """First and last cell that values along one axis reach into."""
    low, high = (values.min() - origin) / cell, (values.max() - origin) / cell
    first = int(np.floor(low + _TOUCH))
    last = max(int(np.ceil(high - _TOUCH)) - 1, first)
    return max(first, 0), min(last, count - 1)


@inner_kernel
def _cut(polygon: F64, count: int, axis: int, low: float, high: float, spare: F64) -> int:
    """Cut a polygon in place to low <= axis <= high, and return how many corners are left."""
    for sign, limit in ((1.0, low), (-1.0, high)):
        left = 0
        for k in range(count):
            a, b = polygon[k], polygon[(k + 1) % count]
            inside = sign * (a[axis] - limit)
            beyond = sign * (b[axis] - limit)
            if inside >= -_SLACK:
                spare[left] = a
                left += 1
            if (inside < -_SLACK) != (beyond < -_SLACK):
                share = inside / (inside - beyond)
                for d in range(3):
                    spare[left, d] = a[d] + share * (b[d] - a[d])
                left += 1
        count = left
        polygon[:count] = spare[:count]
        if count == 0:
            return 0
    return count
