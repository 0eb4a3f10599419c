"""One empty rectangular room: the world in which acoustics has closed forms."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np

from ..interface import SoundwalkError
from .materials import uniform
from .mesh import TOWARDS, face_of, quad_triangles
from .scene import OCTAVES, FloorPlan, Room, Scene

OUTER_WALL = 0.15  # m


def shoebox(
    size: Sequence[float],
    absorption: float | Sequence[float] = 0.15,
    scattering: float | Sequence[float] = 0.1,
) -> Scene:
    """A single empty room with its south-west floor corner at the origin.

    Args:
        size: length (x), width (y), height (z) in metres.
        absorption: energy absorption coefficient of all six faces, one or one per octave, (0, 1].
        scattering: diffuse share of the reflection, one or one per octave, [0, 1].

    Returns:
        A scene of 12 triangles facing inwards.

    Raises:
        SoundwalkError: a size that is not three positive numbers, a coefficient out of range.

    >>> shoebox((6, 5, 2.7), absorption=0.15).plan.rooms[0].area
    30.0
    """
    x, y, z = _size(size)
    alpha = _coefficients("absorption", absorption, "(0, 1]", lowest=np.nextafter(0.0, 1.0))
    diffuse = _coefficients("scattering", scattering, "[0, 1]", lowest=0.0)
    room = Room("room", (0.0, 0.0, x, y), z, (0, 0, 0, 0, 0, 0))
    box = (0.0, 0.0, 0.0, x, y, z)
    quads = np.array([face_of(box, face) for face in range(6)])
    triangles = quad_triangles(quads, np.array([TOWARDS[face] for face in range(6)]))
    t = OUTER_WALL
    obstacles = [(-t, -t, 0, y + t), (x, -t, x + t, y + t), (0, -t, x, 0), (0, y, x, y + t)]
    return Scene(
        triangles,
        np.zeros(len(triangles), np.int32),
        np.zeros(len(triangles), np.int32),
        (uniform("room", alpha, diffuse),),
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


def _coefficients(
    name: str, value: float | Sequence[float], interval: str, lowest: float
) -> tuple[float, ...]:
    """One coefficient or one per octave, checked."""
    values = tuple(float(v) for v in value) if isinstance(value, Sequence) else (float(value),)
    if len(values) not in (1, len(OCTAVES)):
        raise SoundwalkError(
            f"{name} has {len(values)} values: give one, or {len(OCTAVES)}, one per octave "
            f"from {OCTAVES[0]:.0f} to {OCTAVES[-1]:.0f} Hz"
        )
    for number in values:
        if not lowest <= number <= 1:
            raise SoundwalkError(
                f"{name}={number:g} is outside {interval}: it is a share of the energy "
                "that meets a surface"
            )
    return values
