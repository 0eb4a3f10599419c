"""One empty rectangular room: the world in which acoustics has closed forms."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np

from ..interface import SoundwalkError
from .coefficients import Coefficient, face_surfaces
from .quads import TOWARDS, face_of, quad_triangles
from .scene import FloorPlan, Room, Scene

OUTER_WALL = 0.15  # m


def shoebox(
    size: Sequence[float],
    absorption: Coefficient = 0.15,
    scattering: Coefficient | None = None,
    materials: str | Sequence[str] | None = None,
) -> Scene:
    """A single empty room with its south-west floor corner at the origin.

    Args:
        size: length (x), width (y), height (z) in metres.
        absorption: energy absorption coefficient of all six faces, one or one per octave, (0, 1].
        scattering: diffuse share of the reflection, one or one per octave, [0, 1]; None for 0.1,
            or for what the materials say.
        materials: instead of `absorption`, what all faces are made of, or six names for the west,
            east, south and north wall, the floor and the ceiling: surfaces of generated homes
            ("wall_white") or materials of pyroomacoustics' table ("brickwork").

    Returns:
        A scene of 12 triangles facing inwards.

    Raises:
        SoundwalkError: a size that is not three positive numbers, a coefficient out of range,
            an unknown material.

    >>> shoebox((6, 5, 2.7), absorption=0.15).plan.rooms[0].area
    30.0
    """
    x, y, z = _size(size)
    surfaces, faces = face_surfaces(absorption, scattering, materials)
    room = Room("room", (0.0, 0.0, x, y), z, faces)
    box = (0.0, 0.0, 0.0, x, y, z)
    quads = np.array([face_of(box, face) for face in range(6)])
    triangles = quad_triangles(quads, np.array([TOWARDS[face] for face in range(6)]))
    t = OUTER_WALL
    obstacles = [(-t, -t, 0, y + t), (x, -t, x + t, y + t), (0, -t, x, 0), (0, y, x, y + t)]
    return Scene(
        triangles,
        np.repeat(np.array(faces, np.int32), 2),
        np.zeros(len(triangles), np.int32),
        surfaces,
        FloorPlan((room,)),
        np.array(obstacles, np.float64),
        name=f"shoebox {x:g} x {y:g} x {z:g} m",
    )


def _size(size: Sequence[float]) -> tuple[float, float, float]:
    """Three positive metres."""
    values = tuple(float(v) for v in size)
    if len(values) != 3 or not all(math.isfinite(v) and v > 0 for v in values):
        raise SoundwalkError(
            f"size={tuple(size)!r} must be three positive numbers, length, width and height in "
            "metres, for example (6, 5, 2.7)"
        )
    return values[0], values[1], values[2]
