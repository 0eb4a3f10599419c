"""From a storey to its `FreeSpace`: at a centimetre, one island of it, then in cells of 5 cm.

Where an agent can go is decided on a fine grid; a coarse cell is what its middle is. Only what is
thinner than a cell (a wall that is a single sheet, the leg of a chair) is first made a cell thick,
so that none of it is lost between the middles.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy import ndimage

from ...interface import F32, Bool, SoundwalkError
from ..freespace import CELL, FreeSpace
from .columns import NO_FLOOR, OPEN_SKY, SLICE
from .storeys import Body, Building, Floor, stand

MOST_CELLS = 16_000_000  # of the fine grid; above that it is less fine
HOLE = 0.05  # m², holes in a floor that are closed
_FINE = (5, 3, 1)  # fine cells along a coarse one, odd: one is in the middle
_BELOW_CEILING = 0.4  # m, what reaches so near is a wall and no wardrobe
_OPEN_WALL = 2.2  # m, height of walls under open sky
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
    ceiling = (floor.ceiling - np.float32(z))[middle::fine, middle::fine].astype(np.float32)
    origin = (floor.grid.x0, floor.grid.y0)
    return Stand(_trimmed(FreeSpace(CELL, origin, inside, ceiling, 0.0, air)), kept)


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


def _airy(floor: Floor, reach: Bool) -> Bool:
    """Floor that no wall stands on, on this side of walls: of the rooms, under furniture too."""
    ceilings = floor.ceiling[reach & (floor.ceiling < OPEN_SKY)]
    usual = float(np.median(ceilings)) if len(ceilings) > reach.sum() / 2 else np.inf
    base = float(np.median(floor.base[reach]))
    high = min(usual - base - _BELOW_CEILING, _OPEN_WALL)
    bits = [1 << k for k in range(round(_PLINTH / SLICE), max(int(high / SLICE), 4))]
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
    )
