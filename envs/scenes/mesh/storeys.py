"""The floors of a building: heights at which much lies level and an agent can stand.

Faces that look up are gathered by height. The heights that gather most are tried, and those on
which an agent has room are storeys. Storeys lie farther apart than an agent is high, so that beds
and tables are none; a flat roof is one, but without a roof over it.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy import ndimage

from ...interface import F64, I32, I64, Bool
from ..freespace import CELL, clearance, islands
from .columns import NO_FLOOR, OPEN_SKY, SLICE, SLICES, Grid, lowest_above, standing_in, top_heights
from .report import Storey
from .soup import areas, normals

SLOPE = 0.7  # cosine of the steepest floor, 45 degrees, as in Recast
BAND = 0.3  # m, a storey's floor may rise and fall by so much
SMALLEST = 1.0  # m², a storey has a part as large, for the agent's middle
_BIN = 0.1  # m
_TRIED = 24  # heights
_STEEP = 0.5  # cosine, less is a wall


@dataclass(frozen=True, slots=True)
class Body:
    """What has to fit: an agent's height and radius, and what it steps over, metres."""

    height: float
    radius: float
    step: float


@dataclass(frozen=True, eq=False)
class Building:
    """Faces of a mesh by what they can be.

    Attributes:
        corners: (F, 3, 3) float64 metres, z up.
        tops: mask of faces that one could stand on.
        undersides: mask of faces that end the air above.
        steep: mask of faces that are walls.
        turned: faces look to both sides: their order of corners was not to be trusted.
    """

    corners: F64
    tops: Bool
    undersides: Bool
    steep: Bool
    turned: bool = False

    @classmethod
    def of(cls, corners: F64, *, turned: bool = False) -> Building:
        """Sort faces; if `turned`, those that look down are tops, too, and those up undersides."""
        up = normals(corners)[:, 2]
        if turned:
            up = np.abs(up)
        under = up if turned else -up
        return cls(corners, up > SLOPE, under > _STEEP, np.abs(up) < _STEEP, turned)

    def grid(self, cell: float) -> Grid:
        """Cells over all of it, in whole multiples of CELL, with two CELLs around."""
        low = np.floor(self.corners[..., :2].min((0, 1)) / CELL + 1e-6) - 2
        high = np.ceil(self.corners[..., :2].max((0, 1)) / CELL - 1e-6) + 2
        width, height = ((high - low) * round(CELL / cell)).astype(int)
        return Grid(float(low[0] * CELL), float(low[1] * CELL), cell, int(height), int(width))


@dataclass(frozen=True, eq=False)
class Floor:
    """One height of a building over a grid: (height, width) each.

    Attributes:
        grid: the cells.
        base: height of the floor, NO_FLOOR where there is none.
        free: there is floor and headroom.
        filled: see `standing_in`.
        ceiling: height of the lowest underside an agent can stand below, OPEN_SKY if none.
    """

    grid: Grid
    base: np.ndarray
    free: Bool
    filled: np.ndarray
    ceiling: np.ndarray

    def parts(self, radius: float) -> tuple[I32, I64]:
        """Islands for a disc of that radius, the largest first: labels and sizes in cells."""
        return islands(clearance(self.free) * self.grid.cell >= radius)


def stand(building: Building, z: float, body: Body, cell: float, hole: float) -> Floor:
    """Where an agent can stand near the height z.

    Args:
        building: the mesh.
        z: height of the floor.
        body: what has to fit.
        cell: of the grid, m.
        hole: m², holes in the floor that are smaller are closed, as scans have them.
    """
    grid = building.grid(cell)
    heights = building.corners[..., 2]
    near = building.tops & (heights.max(1) > z - BAND) & (heights.min(1) < z + BAND)
    base = top_heights(building.corners[near], grid)
    base[(base < z - BAND) | (base > z + BAND)] = NO_FLOOR
    base = _closed(base, round(hole / cell**2))
    floor = base > NO_FLOOR
    lowest = float(base[floor].min()) if floor.any() else z
    high = z + BAND + SLICES * SLICE
    reach = (heights.max(1) > lowest + body.step) & (heights.min(1) < high)
    blocked, filled = standing_in(
        building.corners[reach], building.steep[reach], base, body.step, body.height, grid
    )
    above = np.where(floor, base + np.float32(body.height - 1e-3), OPEN_SKY).astype(np.float32)
    over = building.undersides & (heights.max(1) > lowest + body.height)
    ceiling = lowest_above(building.corners[over], grid, above)
    return Floor(grid, base, floor & ~blocked & ~_ledges(base, body.step), filled, ceiling)


def _closed(base: np.ndarray, largest: int) -> np.ndarray:
    """The floor with holes of up to so many cells closed at the height beside them."""
    labels, count = ndimage.label(base == NO_FLOOR)
    small = np.bincount(labels.ravel(), minlength=count + 1) <= largest
    small[0] = False
    holes = small[labels]
    if not holes.any():
        return base
    _, nearest = ndimage.distance_transform_edt(base == NO_FLOOR, return_indices=True)
    filled: np.ndarray = np.where(holes, base[tuple(nearest)], base)
    return filled


def _ledges(base: np.ndarray, step: float) -> Bool:
    """Cells of the floor that are higher by more than a step than one beside them."""
    ledge = np.zeros(base.shape, bool)
    for axis in (0, 1):
        a = np.moveaxis(base, axis, 0)
        edge = np.moveaxis(ledge, axis, 0)
        both = (a[1:] > NO_FLOOR) & (a[:-1] > NO_FLOOR)
        edge[1:] |= both & (a[1:] - a[:-1] > step)
        edge[:-1] |= both & (a[:-1] - a[1:] > step)
    return ledge


def find_storeys(building: Building, body: Body) -> tuple[Storey, ...]:
    """The storeys of a building, from below; empty if there is none."""
    found: list[tuple[Storey, float]] = []
    for z in _candidates(building):
        if any(abs(z - other.z) < body.height for other, _ in found):
            continue
        floor = stand(building, z, body, CELL, hole=0.01)
        label, sizes = floor.parts(body.radius)
        if not len(sizes) or sizes[0] * CELL**2 < SMALLEST:
            continue
        largest = label == 1
        roofed = float((floor.ceiling[largest] < OPEN_SKY).mean())
        level = float(np.median(floor.base[largest]))
        area = float(sizes[0] * CELL**2)
        found.append((Storey(round(level, 3), round(area, 2), round(roofed, 2)), area))
    return tuple(sorted((storey for storey, _ in found), key=lambda storey: storey.z))


def _candidates(building: Building) -> list[float]:
    """Heights at which most area looks up, most first."""
    corners = building.corners[building.tops]
    if not len(corners):
        return []
    area = areas(corners)
    z = corners[..., 2].mean(1)
    bins = np.floor((z - z.min()) / _BIN).astype(np.int64) + 1
    count = int(bins.max()) + 2  # an empty one on either side
    gathered = np.bincount(bins, area, count)
    centre = np.bincount(bins, area * z, count) / np.maximum(gathered, 1e-12)
    wide = np.convolve(gathered, (1, 1, 1), "same")
    order = np.argsort(-wide, kind="stable")[:_TRIED]
    return [float(centre[k]) for k in order if gathered[k] > 0 and wide[k] >= SMALLEST]


def main_storey(storeys: tuple[Storey, ...]) -> int:
    """The storey with most area under a roof; if none has a roof, the largest."""
    roofed = [storey.area * storey.roofed for storey in storeys]
    if max(roofed) < SMALLEST:
        roofed = [storey.area for storey in storeys]
    return roofed.index(max(roofed))
