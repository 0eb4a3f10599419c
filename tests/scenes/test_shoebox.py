"""The room with closed forms."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from soundwalk.envs.interface import SoundwalkError
from soundwalk.envs.scenes import OCTAVES, shoebox


def test_a_shoebox_encloses_its_volume_with_normals_that_look_inwards() -> None:
    scene = shoebox((6, 5, 2.7), absorption=0.15)
    a, b, c = np.moveaxis(scene.triangles.astype(float), 1, 0)
    normals = np.cross(b - a, c - a)
    assert -(a * np.cross(b, c)).sum() / 6 == pytest.approx(81, rel=1e-6)
    centre = np.array([3, 2.5, 1.35])
    assert ((centre - a) * normals).sum(1).min() > 0
    area = np.linalg.norm(normals, axis=1).sum() / 2
    assert area == pytest.approx(2 * (30 + 6 * 2.7 + 5 * 2.7), rel=1e-6)


def test_coefficients_are_given_once_or_per_octave() -> None:
    assert shoebox((4, 3, 2.5), 0.2).surfaces[0].absorption == (0.2,) * 7
    own = tuple(0.1 * (band + 1) for band in range(len(OCTAVES)))
    scene = shoebox((4, 3, 2.5), own, scattering=own)
    assert scene.surfaces[0].absorption == own
    assert scene.surfaces[0].scattering == own


def test_faces_are_made_of_one_material_or_of_six() -> None:
    names = ("wall_white", "brickwork", "wall_white", "wall_white", "carpet_hairy", "ceiling")
    scene = shoebox((4, 3, 2.5), materials=names)
    assert [scene.surfaces[i].name for i in scene.plan.rooms[0].surfaces] == list(names)
    assert [scene.surfaces[i].name for i in scene.surface[::2]] == list(names)
    assert shoebox((4, 3, 2.5), materials="brickwork").surfaces[0].absorption[3] == 0.03
    rough = shoebox((4, 3, 2.5), scattering=0.7, materials=names)
    assert all(s.scattering == (0.7,) * 7 for s in rough.surfaces)


def test_the_four_walls_stop_an_agent_and_the_floor_does_not() -> None:
    scene = shoebox((4, 3, 2.5))
    boxes = scene.obstacles

    def blocked(x: float, y: float) -> bool:
        inside = (boxes[:, 0] <= x) & (x <= boxes[:, 2]) & (boxes[:, 1] <= y) & (y <= boxes[:, 3])
        return bool(inside.any())

    assert not blocked(2, 1.5)
    for x, y in ((-0.1, 1.5), (4.1, 1.5), (2, -0.1), (2, 3.1), (-0.1, -0.1), (4.1, 3.1)):
        assert blocked(x, y)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (((6, -5, 2.7),), r"size=\(6, -5, 2.7\) must be three positive numbers"),
        (((6, 5),), "must be three positive numbers"),
        (((6, 5, float("nan")),), "must be three positive numbers"),
        (((6, 5, 2.7), 0.0), r"absorption=0 is outside \(0, 1\]"),
        (((6, 5, 2.7), 1.2), r"absorption=1.2 is outside \(0, 1\]"),
        (((6, 5, 2.7), float("nan")), r"absorption=nan is outside \(0, 1\]"),
        (((6, 5, 2.7), 0.1, -0.1), r"scattering=-0.1 is outside \[0, 1\]"),
        (
            ((6, 5, 2.7), 0.1, None, "brickwrk"),
            "unknown material 'brickwrk': did you",
        ),
        (((6, 5, 2.7), 0.1, None, ("brickwork",) * 5), "materials has 5 names: give one, or six"),
        (((6, 5, 2.7), (0.1, 0.2)), "absorption has 2 values: give one, or 7, one per octave"),
    ],
)
def test_impossible_shoeboxes_are_refused(arguments: tuple[Any, ...], message: str) -> None:
    with pytest.raises(SoundwalkError, match=message):
        shoebox(*arguments)
