"""What rooms of places from elsewhere absorb, and how long sound is free in them, found by rays.

The plan draws such rooms as boxes; their walls, holes, roofs and nameless contents are what the
triangles are. So absorption and mean free path are counted on those (`wandering`): a ray that
leaves where the plan knows no door is absorbed. The total of a room is exact up to the number of
rays; how it is shared among the faces of boxes and what lies between them follows the hits, too.
Furniture that the plan names is left out of the geometry and added as in generated homes.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from ..interface import F64, I64
from ..scenes.freespace import FreeSpace
from ..scenes.rays import RayGrid, ray_grid
from ..scenes.scene import Scene
from .statistics import RoomAcoustics, face_areas, one_room
from .wandering import DOOR, INSIDE, OPENING, Bounds, Hits, wander

RAYS, STEPS, WARM = 1024, 24, 4  # rays in a room, their hits, and how many are left out
WIDE = 1.0  # m, how far walls may lie beyond the boxes
_FEW = 30  # hits; fewer say nothing of a face
_LOW, _HIGH = 0.2, 1.2  # m, rays start between these heights


def traced_statistics(
    scene: Scene, free: FreeSpace, absorption: F64, stats: list[RoomAcoustics]
) -> list[RoomAcoustics]:
    """The statistics of every room by its true geometry.

    Args:
        scene: the place.
        free: its raster: rays start over free floor.
        absorption: (surfaces, B) energy absorption per band.
        stats: by the plan alone; kept where no floor is free.
    """
    things = [piece.instance for piece in scene.plan.furniture]
    things += [thing.instance for thing in scene.plan.objects]
    bare = np.flatnonzero(~np.isin(scene.instance, things))
    grid = ray_grid(scene.triangles[bare])
    ends = np.zeros((2, absorption.shape[1]))  # for DOOR, and for OPENING
    ends[OPENING] = 1.0
    skins = np.concatenate([absorption[scene.surface[bare]], ends])
    group = one_room(scene.plan)
    out = list(stats)
    for first in np.unique(group):
        members = np.flatnonzero(group == first)
        hits = _explored(scene, free, grid, members)
        if hits is not None:
            here = _shared(scene, hits, skins, members, stats)
            for room, found in zip(members, here, strict=True):
                out[room] = found
    return out


def _explored(scene: Scene, free: FreeSpace, grid: RayGrid, members: I64) -> Hits | None:
    """The hits of rays in a room, those of the first STEPS left out; None without free floor."""
    plan = scene.plan
    boxes = np.array([(*plan.rooms[room].box, plan.rooms[room].height) for room in members])
    doors = [
        (*door.box, door.height)
        for door in plan.doors
        if door.open and door.thickness > 0 and set(door.rooms) & set(members.tolist())
    ]
    cells = np.argwhere(free.floor)
    points = free.centres(cells)
    inside = np.zeros(len(points), bool)
    for x0, y0, x1, y1, _ in boxes:
        inside |= (points > (x0, y0)).all(1) & (points < (x1, y1)).all(1)
    if not inside.any():
        return None
    over = free.ceiling[tuple(cells[inside].T)]
    highest = float(over[np.isfinite(over)].max(initial=0.0))
    slack = np.array([WIDE, WIDE + max(highest - float(boxes[:, 4].min()), 0.0)])
    rng = np.random.default_rng(int(members[0]))
    chosen = rng.integers(int(inside.sum()), size=RAYS)
    starts = np.empty((RAYS, 3))
    starts[:, :2] = points[inside][chosen]
    starts[:, 2] = np.minimum(rng.uniform(_LOW, _HIGH, RAYS), 0.9 * over[chosen])
    bounds = Bounds(boxes, np.array(doors, np.float64).reshape(-1, 5), slack)
    hits = wander(grid, bounds, starts, rng.random((RAYS, STEPS + 1, 2)))
    late = np.tile(np.arange(STEPS) >= WARM, RAYS)
    return Hits(hits.box[late], hits.face[late], hits.triangle[late], hits.length[late])


class _Count(NamedTuple):
    """Of the hits in each box: how many on each face and inside, and what they absorbed."""

    hits: F64  # (N, 7)
    lost: F64  # (N, 7, B)


def _counted(hits: Hits, skins: F64, boxes: int) -> _Count:
    """Count the hits on all but doors."""
    solid = hits.triangle != DOOR
    place = hits.box[solid] * (INSIDE + 1) + hits.face[solid]
    lost = skins[hits.triangle[solid]]
    size = boxes * (INSIDE + 1)
    number = np.bincount(place, minlength=size).astype(np.float64)
    columns = [np.bincount(place, band, size).astype(np.float64) for band in lost.T]
    total: F64 = np.stack(columns, axis=1)
    hits_of: F64 = number.reshape(boxes, -1)
    return _Count(hits_of, total.reshape(boxes, INSIDE + 1, -1))


def _shared(
    scene: Scene, hits: Hits, skins: F64, members: I64, stats: list[RoomAcoustics]
) -> list[RoomAcoustics]:
    """Statistics of the boxes of one room."""
    rooms = [scene.plan.rooms[room] for room in members]
    volume = sum(room.area * room.height for room in rooms)
    count = _counted(hits, skins, len(members))
    whole = 4 * volume / float(hits.length.mean())  # m2, doors counted
    surface = whole * count.hits.sum() / len(hits.triangle)
    lost = surface * count.lost.sum((0, 1)) / count.hits.sum()  # (B,) m2 absorption area
    areas = np.array([face_areas(room) for room in rooms])
    openings = np.array([stats[room].openings for room in members])
    walls = np.maximum(areas - openings, 0.0)  # (N, 6)
    known = (count.hits[:, :INSIDE] >= _FEW)[..., None]
    by_hits = count.lost[:, :INSIDE] / np.maximum(count.hits[:, :INSIDE, None], 1.0)
    by_plan = np.array([stats[room].absorption for room in members])
    faces = np.where(known, by_hits, by_plan)  # (N, 6, B)
    taken = (walls[..., None] * faces).sum((0, 1))
    faces = faces * np.minimum(lost / np.maximum(taken, 1e-9), 1.0)
    named = np.array([stats[room].furniture for room in members])
    things = np.array([stats[room].surface for room in members]) - walls.sum(1)
    within = count.lost[:, INSIDE] + 1e-9
    furniture = named + np.maximum(lost - taken, 0.0) * within / within.sum(0)
    share = (count.hits[:, INSIDE] + 1e-9) / (count.hits[:, INSIDE] + 1e-9).sum()
    solid = walls.sum(1) + things + max(surface - float(walls.sum()), 0.0) * share
    mean = np.clip((lost + named.sum(0)) / (surface + things.sum()), 1e-4, 0.99)
    eyring = -np.log1p(-mean) / mean
    free_path = 4 * volume / float(whole + things.sum())
    return [
        RoomAcoustics(faces[n], furniture[n], float(solid[n]), free_path, eyring, openings[n])
        for n in range(len(members))
    ]
