"""Sound that bends round one edge, against the uniform theory of diffraction."""

from __future__ import annotations

import dataclasses
import itertools

import numpy as np

from ...envs.acoustics import AcousticConfig, GeometricEngine
from ...envs.interface import F64
from ...envs.scenes import Scene, joined, shoebox
from ...envs.scenes.scene import Door, FloorPlan, Room
from .check import Check, Curve, Plot, rms
from .measure import HEARD_OCTAVES
from .wedge import shadow_loss

HEIGHT = 2.6
_CORNER = (4.0, 4.0)  # of the wall that juts into the L
_SCREEN = (4.0, 3.0)  # end of the thin wall


def _l_shape() -> Scene:
    """An L whose inner corner is a wall of 90 degrees."""
    return joined([(0.0, 0.0, 8.0, 4.0), (0.0, 4.0, 4.0, 8.0)], height=HEIGHT)


def _screen() -> Scene:
    """Two rooms and between them a wall of 1 cm that ends in the middle of the floor."""
    (x, y), depth = _SCREEN, 6.0
    rooms = tuple(
        Room("room", box, HEIGHT, (0,) * 6)
        for box in ((0.0, 0.0, x, depth), (x + 0.01, 0.0, 2 * x, depth))
    )
    door = Door((0, 1), (x, y, x + 0.01, depth), HEIGHT, 0)
    plain = shoebox((2 * x, depth, HEIGHT))
    return dataclasses.replace(plain, plan=FloorPlan(rooms, (door,)), name="screen")


def _cases(quick: bool) -> list[tuple[float, float, float, float]]:
    """Source and receiver: metres from the edge, angle from the near face, degrees into shadow."""
    legs = ((2.0, 1.5),) if quick else ((2.0, 1.5), (0.8, 2.0), (2.4, 0.6))
    faces = (45.0,) if quick else (25.0, 45.0, 70.0)
    shadows = (2.0, 10.0, 25.0, 40.0, 60.0, 80.0)
    return [(*leg, f, s) for leg, f, s in itertools.product(legs, faces, shadows)]


def diffraction(quick: bool = True) -> list[Check]:
    """Loss of the first arrival in the shadow of a wall's corner and of a thin wall's end."""
    config = AcousticConfig(receiver="mono", late=False, order=0, air=False, bands=7)
    checks = []
    for name, scene, exterior in (
        ("corner of a wall", _l_shape(), 1.5 * np.pi),
        ("end of a thin wall", _screen(), 2.0 * np.pi),
    ):
        engine = GeometricEngine.from_config(scene, config)
        errors, first = [], []
        for rs, r, face, shadow in _cases(quick):
            phi = np.radians(face + 180.0 + shadow)
            if phi > exterior - np.radians(3):
                continue
            ours = _loss(engine, exterior, (rs, np.radians(face)), (r, phi))
            theory = [
                shadow_loss(f, exterior, (rs, np.radians(face)), (r, phi)) for f in HEARD_OCTAVES
            ]
            errors.append(ours - theory)
            if (rs, r, face) == (2.0, 1.5, 45.0):
                first.append((shadow, ours, theory))
        curves = []
        for i in (0, 2, 4):
            angles = [s for s, _, _ in first]
            label = f"{HEARD_OCTAVES[i]:.0f} Hz"
            curves.append(Curve(label, angles, [float(o[i]) for _, o, _ in first], f"C{i}o-"))
            curves.append(Curve(label + ", UTD", angles, [t[i] for _, _, t in first], f"C{i}:"))
        plot = Plot(f"Loss behind the {name}", "degrees into the shadow", "dB", tuple(curves))
        note = f"{len(errors)} places, five octaves; mean {np.mean(errors):+.2f} dB"
        against = "UTD of a hard wedge (Kouyoumjian and Pathak)"
        checks.append(
            Check(f"diffraction, {name}", against, rms(errors), 1.5, "dB rms", note, (plot,))
        )
    return checks


def _loss(
    engine: GeometricEngine,
    exterior: float,
    source: tuple[float, float],
    receiver: tuple[float, float],
) -> np.ndarray[tuple[int], np.dtype[np.float64]]:
    """(5,) dB that the bend costs the first arrival."""
    a, b = (_place(exterior, *polar) for polar in (source, receiver))
    found = engine.arrival(a, b)
    way = found.time * engine.config.speed
    if abs(way - source[0] - receiver[0]) > 0.02:
        return np.full(len(HEARD_OCTAVES), np.nan)  # it took another way: the check must fail
    loss: F64 = -20 * np.log10(found.gains[1:6] * way)
    return loss


def _place(exterior: float, distance: float, angle: float) -> tuple[float, float, float]:
    """A point by its distance from the edge and its angle from the face nearest to the source."""
    if exterior < 2 * np.pi:  # the face looks south, the air lies clockwise from east
        x, y = _CORNER
        return x + distance * np.cos(angle), y - distance * np.sin(angle), 1.3
    x, y = _SCREEN  # the face looks west, the air lies clockwise from south
    return x - distance * np.sin(angle), y - distance * np.cos(angle), 1.3
