"""From a storey to its `FreeSpace`: at a centimetre, one island of it, then in cells of 5 cm.

Where an agent can go is decided on a fine grid; a coarse cell is what its middle is. Only what is
thinner than a cell (a wall that is a single sheet, the leg of a chair) is first made a cell thick,
so that none of it is lost between the middles.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from scipy import ndimage

from ...interface import F32, Bool, SoundwalkError
from ..freespace import CELL, FEW, FreeSpace
from .columns import NO_FLOOR, OPEN_SKY, SLICE, SLICES, lowest_above
from .storeys import Body, Building, Floor, stand

MOST_CELLS = 16_000_000  # of the fine grid; above that it is less fine
HOLE = 0.05  # m², holes in a floor that are closed
_FINE = (5, 3, 1)  # fine cells along a coarse one, odd: one is in the middle
_BELOW_CEILING = 0.12  # m, what reaches so near is a wall and no wardrobe
_OPEN_WALL = 2.2  # m, height of walls under open sky
_SLAB = 0.05  # m; a top that much below the usual ceiling is no floor of another storey
_PLINTH = 0.2  # m, slices below do not count: a skirting board alone is not a wall


@dataclass(frozen=True, eq=False)
class Stand:
    """Free space of one island, and the areas of all islands of its storey, m²."""

    free: FreeSpace
    islands: tuple[float, ...]


def free_space(building: Building, z: float, island: int, body: Body) -> Stand:
    """The free space of one island of the storey at height z, which becomes level 0.

    Args:
        building: the mesh.
        z: of the storey.
        island: its number, 0 is the largest.
        body: the agent.

    Raises:
        SoundwalkError: there is no such island.
    """
    floor = stand(building, z, body, CELL / _fineness(building), HOLE)
    labels, sizes = floor.parts(body.radius)
    areas = tuple(round(float(size) * floor.grid.cell**2, 2) for size in sizes)
    kept = tuple(area for area in areas if area >= 0.1) or areas[:1]
    if not 0 <= island < len(kept):
        raise SoundwalkError(
            f"island {island} does not exist: the floor has {len(kept)} "
            f"({', '.join(f'{area:g} m²' for area in kept)}), numbered from 0"
        )
    reach = _reached(floor.free, labels, island + 1)
    fine = round(CELL / floor.grid.cell)
    inside = _sampled(reach, fine)
    air = _sampled(_airy(floor, reach), fine) | inside
    middle = fine // 2
    over = _over_furniture(building, floor, _usual_ceiling(floor, reach))
    ceiling = (over - np.float32(z))[middle::fine, middle::fine].astype(np.float32)
    origin = (floor.grid.x0, floor.grid.y0)
    free = _trimmed(FreeSpace(CELL, origin, inside, ceiling, 0.0, air, reach))
    if fine == 1 or len(free.surfaces()[0]) > FEW:
        free = replace(free, fine=None)
    return Stand(free, kept)


def _fineness(building: Building) -> int:
    """Fine cells along a coarse one."""
    grid = building.grid(CELL)
    for fine in _FINE:
        if grid.height * grid.width * fine**2 <= MOST_CELLS:
            return fine
    return 1


def _reached(free: Bool, labels: np.ndarray, part: int) -> Bool:
    """The free cells that belong to one island: connected with it, and nearer to it than to others.

    An agent's middle keeps away from walls, the floor does not; so cells beside an island count.
    """
    connected, _ = ndimage.label(free)
    own = np.unique(connected[labels == part])
    reach = np.isin(connected, own[own > 0])
    others = (labels > 0) & (labels != part) & reach
    if others.any():
        known = labels > 0
        nearest = ndimage.distance_transform_edt(
            ~known, return_distances=False, return_indices=True
        )
        reach &= labels[tuple(nearest)] == part
    result: Bool = reach
    return result


def _usual_ceiling(floor: Floor, reach: Bool) -> float:
    """Median height of the ceiling; inf if most of the floor has none."""
    ceilings = floor.ceiling[reach & (floor.ceiling < OPEN_SKY)]
    return float(np.median(ceilings)) if len(ceilings) > reach.sum() / 2 else np.inf


def _over_furniture(building: Building, floor: Floor, usual: float) -> F32:
    """The ceiling, over lamps and wall cupboards too: what hangs has a top below the ceiling."""
    corners = building.corners
    tops = lowest_above(corners[building.tops], floor.grid, floor.ceiling)
    hangs = tops < usual - _SLAB
    above = np.where(hangs, tops, OPEN_SKY).astype(np.float32)
    higher = lowest_above(corners[building.undersides], floor.grid, above)
    ceiling: F32 = np.where(hangs, higher, floor.ceiling).astype(np.float32)
    if not np.isfinite(usual):  # scans of open rooms: bumps of walls are no ceiling
        size = round(CELL / floor.grid.cell)
        known = (ceiling < OPEN_SKY).astype(np.uint8)
        core = ndimage.maximum_filter(ndimage.minimum_filter(known, size), size)
        ceiling[core == 0] = OPEN_SKY
    return ceiling


def _airy(floor: Floor, reach: Bool) -> Bool:
    """Floor that no wall stands on, on this side of walls: of the rooms, under furniture too."""
    usual = _usual_ceiling(floor, reach)
    base = float(np.median(floor.base[reach]))
    high = usual - base - _BELOW_CEILING if np.isfinite(usual) else _OPEN_WALL
    last = min(max(int(high / SLICE), round(_PLINTH / SLICE)) + 1, SLICES)
    bits = [1 << k for k in range(round(_PLINTH / SLICE), last)]
    wall_bits = np.uint32(sum(bits))
    walls = (floor.filled & wall_bits) == wall_bits
    labels, _ = ndimage.label((floor.base > NO_FLOOR) & ~walls)
    own = np.unique(labels[reach & ~walls])
    return np.isin(labels, own[own > 0])


def _sampled(cells: Bool, fine: int) -> Bool:
    """Coarse cells whose middles are set, after what is not set was made a coarse cell thick."""
    if fine == 1:
        return cells.copy()
    solid = (~cells).astype(np.uint8)
    core = ndimage.maximum_filter(ndimage.minimum_filter(solid, fine, cval=1), fine)
    thick = ndimage.maximum_filter(solid & ~core & 1, fine) | core
    middle = fine // 2
    result: Bool = thick[middle::fine, middle::fine] == 0
    return result


def _trimmed(free: FreeSpace) -> FreeSpace:
    """Without empty rows and columns around, except one."""
    assert free.air is not None  # as made here
    assert free.fine is not None
    k = free.fine.shape[0] // free.floor.shape[0]
    rows, columns = np.nonzero(free.air | free.floor)
    top, bottom = max(int(rows.min()) - 1, 0), int(rows.max()) + 2
    left, right = max(int(columns.min()) - 1, 0), int(columns.max()) + 2
    window = (slice(top, bottom), slice(left, right))
    ceiling: F32 = np.ascontiguousarray(free.ceiling[window])
    origin = (free.origin[0] + left * free.cell, free.origin[1] + top * free.cell)
    return FreeSpace(
        free.cell,
        (round(origin[0], 6), round(origin[1], 6)),
        np.ascontiguousarray(free.floor[window]),
        ceiling,
        0.0,
        np.ascontiguousarray(free.air[window]),
        np.ascontiguousarray(free.fine[k * top : k * bottom, k * left : k * right]),
    )
