"""What the faces of a mesh's rooms are made of: means over what the mesh has there.

Points spread over the mesh are assigned to the floor, ceiling or wall of a room that they lie on
or close to. A face of a room then absorbs what its points do on average, as the Sabine and Eyring
formulas weigh it; where a ceiling is missing, sound leaves: that share absorbs all.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from ...interface import F64, I64
from ..freespace import FreeSpace
from ..scene import CEILING, OCTAVES, FloorPlan, Room, Scene, Surface
from .soup import areas, normals

NEAR = 0.12  # m, from a face of a room: frames, curtains and pictures belong to the wall
_POINTS = 40_000
_ALONG = 0.7  # cosine, what lies on a wall looks as it does
_SILENT = (1.0,) * len(OCTAVES)
_Faces = tuple[int, int, int, int, int, int]


def finished(scene: Scene) -> Scene:
    """The scene with surfaces for the faces of its rooms, added to those of its triangles."""
    points, facing, made_of = _spread(scene)
    surfaces = list(scene.surfaces)
    numbers: dict[Surface, int] = {entry: k for k, entry in enumerate(surfaces)}
    assert scene.free is not None  # rooms are made from it
    rooms = []
    for room in scene.plan.rooms:
        faces = []
        for face in range(6):
            on = _on_face(room, face, points, facing)
            share = _open_share(room, scene.free) if face == CEILING else 0.0
            mixed = _mixed(scene.surfaces, np.bincount(made_of[on], minlength=len(surfaces)), share)
            if mixed not in numbers:
                numbers[mixed] = len(surfaces)
                surfaces.append(mixed)
            faces.append(numbers[mixed])
        west, east, south, north, floor, ceiling = faces
        rooms.append(replace(room, surfaces=(west, east, south, north, floor, ceiling)))
    plan: FloorPlan = replace(scene.plan, rooms=tuple(rooms))
    return replace(scene, surfaces=tuple(surfaces), plan=plan)


def _spread(scene: Scene) -> tuple[F64, I64, I64]:
    """Points (N, 3) over all but furniture, the axis that each faces along or -1, its surface."""
    corners = scene.triangles.astype(np.float64)
    things = [piece.instance for piece in scene.plan.furniture]
    things += [thing.instance for thing in scene.plan.objects]
    area = np.where(np.isin(scene.instance, things), 0.0, areas(corners))
    rng = np.random.default_rng(0)
    marks = (np.arange(_POINTS) + 0.5) / _POINTS * area.sum()
    face = np.minimum(np.searchsorted(np.cumsum(area), marks), len(corners) - 1)
    a, b = rng.random((2, _POINTS, 1))
    over = a + b > 1
    a, b = np.where(over, 1 - a, a), np.where(over, 1 - b, b)
    first = corners[face, 0]
    points = first + a * (corners[face, 1] - first) + b * (corners[face, 2] - first)
    direction = np.abs(normals(corners[face]))
    axis = np.where(direction.max(1) > _ALONG, direction.argmax(1), -1)
    return points, axis.astype(np.int64), scene.surface[face].astype(np.int64)


def _on_face(room: Room, face: int, points: F64, facing: I64) -> np.ndarray:
    """Which points lie on or close to a face of a room, and look as it does."""
    x0, y0, x1, y1 = room.box
    low, high = np.array([x0, y0, 0.0]), np.array([x1, y1, room.height])
    axis, upper = divmod(face, 2)
    at = high[axis] if upper else low[axis]
    inside = ((points >= low - NEAR) & (points <= high + NEAR)).all(1)
    near: np.ndarray = inside & (facing == axis) & (np.abs(points[:, axis] - at) <= NEAR)
    return near


def _open_share(room: Room, free: FreeSpace) -> float:
    """Share of a room's air that has nothing above it."""
    air = free.floor if free.air is None else free.air
    rows, columns = np.nonzero(air)
    x, y = free.centres(np.stack([rows, columns], 1)).T
    x0, y0, x1, y1 = room.box
    inside = (x > x0) & (x < x1) & (y > y0) & (y < y1)
    if not inside.any():
        return 0.0
    return round(float(np.isinf(free.ceiling[rows[inside], columns[inside]]).mean()), 3)


def _mixed(surfaces: tuple[Surface, ...], counts: np.ndarray, gone: float) -> Surface:
    """The mean of surfaces that have so many points each, `gone` of it missing."""
    if not counts.any():
        return Surface("open", _SILENT) if gone > 0.5 else surfaces[0]
    share = counts / counts.sum() * (1 - gone)
    main = int(share.argmax())
    if share[main] > 0.98:
        return surfaces[main]
    name = surfaces[main].name + (" and open" if gone else " and others")

    def mean(label: str, missing: float) -> tuple[float, ...]:
        table = np.array([getattr(entry, label) for entry in surfaces])[: len(share)]
        values = share[: len(table)] @ table + gone * missing
        return tuple(round(float(v), 4) for v in values)

    return Surface(
        name, mean("absorption", 1.0), mean("scattering", 0.0), surfaces[main].colour,
        surfaces[main].texture, mean("transmission", 1.0),
    )  # fmt: skip
