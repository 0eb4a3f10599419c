"""What a place known by its plan looks like to who measures it: a raster, or what stands in it."""

from __future__ import annotations

import numpy as np

from ..interface import AGENT_HEIGHT, F64
from .freespace import CELL, FreeSpace
from .scene import FloorPlan, Scene

_STEP = 0.0501  # m; what is no higher above its floor or rug is stepped over (and rounding)


def rasterised(plan: FloorPlan, obstacles: F64, cell: float = CELL) -> FreeSpace:
    """Judge each cell at its centre.

    Args:
        plan: rooms and doors; closed doors are walls.
        obstacles: (K, 4) rectangles x0, y0, x1, y1 that stop an agent, metres.
        cell: edge of a cell, metres; cells lie at multiples of it.
    """
    x0, y0, x1, y1 = plan.bounds
    low = (np.floor(np.array([x0, y0]) / cell - 1e-6) - 2) * cell
    width, height = (np.ceil((np.array([x1, y1]) - low) / cell - 1e-6) + 2).astype(int)
    xs = low[0] + (np.arange(width) + 0.5) * cell
    ys = low[1] + (np.arange(height) + 0.5) * cell
    air, ceiling = np.zeros((height, width), bool), np.zeros((height, width), np.float32)
    spaces = [(door.box, door.height) for door in plan.doors if door.open]
    for (a, b, c, d), top in spaces + [(room.box, room.height) for room in plan.rooms]:
        inside = ((ys >= b) & (ys < d))[:, None] & ((xs >= a) & (xs < c))
        air |= inside
        ceiling[inside] = top
    floor = air.copy()
    for a, b, c, d in obstacles:
        floor &= ~(((ys >= b) & (ys < d))[:, None] & ((xs >= a) & (xs < c)))
    return FreeSpace(cell, (float(low[0]), float(low[1])), floor, ceiling, air=air)


def footprints(scene: Scene) -> F64:
    """(K, 4) rectangles in metres around each triangle that is in an agent's way.

    Exact for homes of boxes along the axes. `Scene.obstacles` has one rectangle around each body
    instead, whatever its shape: a person standing there is a box to walk around.
    """
    corners = scene.triangles.astype(np.float64)
    low, high = corners.min(1), corners.max(1)
    base = np.zeros(len(low))
    for x0, y0, _, x1, y1, top in (p.box for p in scene.plan.furniture if p.kind == "rug"):
        on = (low[:, :2] >= (x0, y0)).all(1) & (high[:, :2] <= (x1, y1)).all(1)
        base[on] = top
    stands = (high[:, 2] - base > _STEP) & (low[:, 2] < AGENT_HEIGHT)
    around = np.concatenate([low[stands, :2], high[stands, :2]], axis=1).round(4)
    rectangles: F64 = np.unique(around, axis=0)
    return rectangles
