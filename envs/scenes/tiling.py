"""A room of any shape as a few boxes that touch.

The room's raster is judged on a coarser and coarser lattice over its bounds, a lattice cell being
air if half of it is. Neighbours on a lattice stay neighbours, so the boxes hang together.
"""

from __future__ import annotations

import numpy as np
from scipy import ndimage

from ..interface import I64, Bool
from .freespace import merged

Tile = tuple[int, int, int, int]  # x0, y0, x1, y1 in cells

GOOD = 0.04  # share of a room's area by which boxes may err if that takes fewer of them
_STEPS = (1, 2, 3, 4, 6, 8, 10, 13, 16, 20)  # cells
_SPUR = 5  # cells; thinner things do not count as part of the bounds


def tile(region: Bool, most: int) -> list[list[Tile]]:
    """Ways to cover a room with boxes, the preferred first, the last one exact.

    Preferred are the fewest boxes that err by at most GOOD of the area, else, among those with at
    most `most` boxes, the ones that err least. The others follow with ever finer steps.

    Args:
        region: (H, W) cells of one room, in one piece.
        most: boxes.
    """
    ways = [[firm_box(region)], *(_lattice(region, step) for step in _STEPS)]
    errors = [_error(region, way) for way in ways]
    few = [k for k, way in enumerate(ways) if len(way) <= most]
    good = [k for k in few if errors[k] <= GOOD]
    if good:
        best = min(good, key=lambda k: (len(ways[k]), errors[k]))
    else:
        best = min(few, key=lambda k: (errors[k], len(ways[k])))
    finer = [way for way in ways[:0:-1] if len(way) > len(ways[best])]
    return [ways[best], *finer]


def _error(region: Bool, tiles: list[Tile]) -> float:
    """Area that is covered and should not be, or should be and is not, over the room's."""
    covered = np.zeros(region.shape, bool)
    for x0, y0, x1, y1 in tiles:
        covered[y0:y1, x0:x1] = True
    return float((covered ^ region).sum() / region.sum())


def _bounds(region: Bool) -> Tile:
    """The rectangle around a room, spurs left out."""
    firm = ndimage.binary_opening(region, np.ones((_SPUR, _SPUR), bool))
    rows, columns = np.nonzero(firm if firm.any() else region)
    return int(columns.min()), int(rows.min()), int(columns.max()) + 1, int(rows.max()) + 1


def firm_box(region: Bool) -> Tile:
    """One box for a region: the rows and columns that are at least half as full as the fullest."""
    spans = []
    for axis in (0, 1):
        filled = region.sum(axis)
        full = np.flatnonzero(filled >= filled.max() / 2)
        spans.append((int(full[0]), int(full[-1]) + 1))
    return spans[0][0], spans[1][0], spans[0][1], spans[1][1]


def _lattice(region: Bool, step: int) -> list[Tile]:
    """The boxes of a lattice of about that many cells."""
    if step == 1:
        rows, columns = np.arange(region.shape[0] + 1), np.arange(region.shape[1] + 1)
        coarse = region
    else:
        x0, y0, x1, y1 = _bounds(region)
        rows, columns = _lines(y0, y1, step), _lines(x0, x1, step)
        counts = np.add.reduceat(region[y0:y1, x0:x1].astype(np.int64), rows[:-1] - y0, axis=0)
        counts = np.add.reduceat(counts, columns[:-1] - x0, axis=1)
        coarse = 2 * counts >= np.outer(np.diff(rows), np.diff(columns))
        labels, number = ndimage.label(coarse)
        if number > 1:
            coarse = labels == 1 + np.argmax(np.bincount(labels.ravel())[1:])
    flat, upright = merged(coarse), merged(coarse.T)[:, [1, 0, 3, 2]]
    tiles = upright if len(upright) < len(flat) else flat
    return [(int(columns[a]), int(rows[b]), int(columns[c]), int(rows[d])) for a, b, c, d in tiles]


def _lines(low: int, high: int, step: int) -> I64:
    """Lattice lines from low to high, about `step` apart."""
    count = max(1, round((high - low) / step))
    return np.round(np.linspace(low, high, count + 1)).astype(np.int64)
