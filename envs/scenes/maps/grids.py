"""What is made of a map's cells before they become a scene: cut, refined, turned, sorted."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace

import numpy as np
from scipy import ndimage

from ...interface import F64, Bool, SoundwalkError
from ..freespace import CELL, clearance, islands, merged
from .reading import Grid

MOST_CELLS = 4_000_000  # 100 m x 100 m at 5 cm
TABLE = 4.0  # m2; what stands free and is larger is a wall
LONGEST = 2.5  # m; likewise
THIN = (0.25, 1.0)  # m; what is thinner than the one and longer than the other, too
_CORNERS = np.ones((3, 3), np.bool_)  # cells that touch at corners hang together


@dataclass(frozen=True, eq=False)
class Sorted:
    """Cells by what they are.

    Attributes:
        cell: edge of a cell, metres.
        origin: outer corner of cell [0, 0], metres.
        air: (H, W) bool, rooms and doorways, furnished or not.
        pieces: of each piece of furniture the rectangles x0, y0, x1, y1 in cells that make it.
    """

    cell: float
    origin: tuple[float, float]
    air: Bool
    pieces: tuple[F64, ...]


def fitted(grid: Grid) -> Grid:
    """The part of a map around its largest free island, in cells of about 5 cm.

    Raises:
        SoundwalkError: nothing is free, or more than MOST_CELLS cells are left.
    """
    labels, sizes = islands(grid.free)
    if not len(sizes):
        known = f"{np.mean(grid.occupied):.0%} is occupied, the rest unknown"
        raise SoundwalkError(
            f"map {grid.name!r} has no free space ({known}): are `negate` and the thresholds right?"
        )
    rows, columns = np.nonzero(labels == 1)
    low = np.maximum([rows.min() - 1, columns.min() - 1], 0)
    high = [rows.max() + 2, columns.max() + 2]
    cut = np.s_[low[0] : high[0], low[1] : high[1]]
    origin = (grid.origin[0] + low[1] * grid.cell, grid.origin[1] + low[0] * grid.cell)
    cropped = replace(grid, origin=origin, free=grid.free[cut], occupied=grid.occupied[cut])
    finer, coarser = max(1, round(grid.cell / CELL)), max(1, round(CELL / grid.cell))
    count = cropped.free.size * finer**2 / coarser**2
    if count > MOST_CELLS:
        sides = " x ".join(f"{n * grid.cell:.0f}" for n in cropped.free.shape[::-1])
        raise SoundwalkError(
            f"map {grid.name!r} measures {sides} m around its free space, {count:,.0f} cells of "
            f"about {CELL:g} m: at most {MOST_CELLS:,} are read; cut it into parts"
        )
    if finer > 1:
        block = np.ones((finer, finer), np.bool_)
        return replace(
            cropped,
            cell=grid.cell / finer,
            free=np.kron(cropped.free, block),
            occupied=np.kron(cropped.occupied, block),
        )
    return _coarser(cropped, coarser)


def _coarser(grid: Grid, factor: int) -> Grid:
    """Cells that are free if all that they are made of is, and occupied if any is."""
    if factor == 1:
        return grid
    pads = [(0, -side % factor) for side in grid.free.shape]

    def blocks(cells: Bool) -> Bool:
        padded = np.pad(cells, pads)
        return padded.reshape(
            padded.shape[0] // factor, factor, padded.shape[1] // factor, factor
        ).swapaxes(1, 2)

    return replace(
        grid,
        cell=grid.cell * factor,
        free=np.asarray(blocks(grid.free).all((2, 3))),
        occupied=np.asarray(blocks(grid.occupied).any((2, 3))),
    )


def turned(grid: Grid, angle: float) -> Grid:
    """The map turned counter-clockwise around (0, 0) by so many radians; cells are resampled."""
    cos, sin = math.cos(angle), math.sin(angle)
    height, width = grid.free.shape
    ends = np.array([[0, 0], [width, 0], [0, height], [width, height]]) * grid.cell + grid.origin
    moved = ends @ np.array([[cos, sin], [-sin, cos]])
    low = moved.min(0)
    columns, rows = np.ceil((moved.max(0) - low) / grid.cell).astype(int)
    xs = low[0] + (np.arange(columns) + 0.5) * grid.cell
    ys = (low[1] + (np.arange(rows) + 0.5) * grid.cell)[:, None]
    back = np.array([cos * xs + sin * ys, cos * ys - sin * xs])
    at = np.floor((back - np.reshape(grid.origin, (2, 1, 1))) / grid.cell).astype(int)
    inside = (at >= 0).all(0) & (at[0] < width) & (at[1] < height)
    x, y = np.where(inside, at, 0)
    return replace(
        grid,
        origin=(float(low[0]), float(low[1])),
        free=grid.free[y, x] & inside,
        occupied=grid.occupied[y, x] & inside,
    )


def sort_cells(grid: Grid, *, furnished: bool) -> Sorted:
    """Tell walls from furniture: what stands by itself within the free floor, and is not large.

    Args:
        grid: the map; what is unknown in it is solid.
        furnished: whether furniture stays; if not, it becomes free floor.
    """
    labels, _ = islands(np.pad(grid.free, 1))
    air = labels == 1
    solid, _ = ndimage.label(~air, _CORNERS)
    pieces = list[F64]()
    for number, place in enumerate(ndimage.find_objects(solid), 1):
        mine = solid[place] == number
        sides = np.array(mine.shape) * grid.cell
        longest, area = sides.max(), mine.sum() * grid.cell**2
        thickest = 2 * clearance(mine).max() * grid.cell
        screen = longest > THIN[1] and thickest < THIN[0]
        if longest > LONGEST or area > TABLE or screen:
            continue
        air[place] |= mine
        if furnished:
            corner = (place[1].start, place[0].start) * 2
            pieces.append(np.asarray(merged(mine) + np.array(corner), np.float64))
    origin = (grid.origin[0] - grid.cell, grid.origin[1] - grid.cell)
    return Sorted(grid.cell, origin, air, tuple(pieces))
