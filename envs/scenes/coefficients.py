"""Surfaces of scenes that are not generated: numbers or names become what faces are made of."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from ..interface import SoundwalkError
from .materials import material, uniform
from .scene import OCTAVES, Surface

Coefficient = float | Sequence[float]
Faces = tuple[int, int, int, int, int, int]


def face_surfaces(
    absorption: Coefficient,
    scattering: Coefficient | None,
    materials: str | Sequence[str] | None,
) -> tuple[tuple[Surface, ...], Faces]:
    """Surfaces, and which of them each face from WEST to CEILING is made of.

    Args:
        absorption: of all faces, unless materials are given.
        scattering: of all faces; None for 0.1, or what the materials say.
        materials: one name for all faces, or six.

    Raises:
        SoundwalkError: a coefficient out of range, an unknown material, neither one nor six.
    """
    diffuse = None
    if scattering is not None:
        diffuse = _coefficients("scattering", scattering, "[0, 1]", 0.0)
    if materials is None:
        alpha = _coefficients("absorption", absorption, "(0, 1]", float(np.nextafter(0.0, 1.0)))
        return (uniform("room", alpha, diffuse or (0.1,)),), (0, 0, 0, 0, 0, 0)
    names = [materials] * 6 if isinstance(materials, str) else list(materials)
    if len(names) != 6:
        raise SoundwalkError(
            f"materials has {len(names)} names: give one, or six for the west, east, south and "
            "north wall, the floor and the ceiling"
        )
    used = list(dict.fromkeys(names))
    found = [material(name) for name in used]
    if diffuse is not None:
        spread = uniform("", (1.0,), diffuse).scattering
        found = [replace(entry, scattering=spread) for entry in found]
    west, east, south, north, floor, ceiling = (used.index(name) for name in names)
    return tuple(found), (west, east, south, north, floor, ceiling)


def _coefficients(name: str, value: Coefficient, interval: str, lowest: float) -> tuple[float, ...]:
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
