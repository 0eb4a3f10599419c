"""Rooms of several boxes: closed, walkable, and one room to the eye."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from soundwalk.envs.interface import SoundwalkError
from soundwalk.envs.navigation.navmap import NavMap
from soundwalk.envs.scenes import Scene, joined, shoebox

from .scene_laws import cast, check_rays, navigable

BOXES = [(0, 0, 5, 3), (5, 0, 8, 6), (2, 3, 5, 6.5)]


@pytest.fixture(scope="module")
def room() -> Scene:
    return joined(BOXES, 2.5, materials=("brickwork",) * 5 + ("ceiling",))


def test_the_mesh_encloses_the_boxes_and_nothing_else(room: Scene) -> None:
    a, b, c = np.moveaxis(room.triangles.astype(float), 1, 0)
    assert np.abs(np.cross(b - a, c - a).sum(0)).max() < 1e-4
    floor = 15 + 18 + 10.5
    assert -(a * np.cross(b, c)).sum() / 6 == pytest.approx(floor * 2.5, rel=1e-6)
    check_rays(room, 200)


def test_every_stretch_that_boxes_share_is_a_joint(room: Scene) -> None:
    assert {(d.rooms, d.box, d.axis) for d in room.plan.doors} == {
        ((0, 1), (5.0, 0.0, 5.0, 3.0), 0),
        ((2, 1), (5.0, 3.0, 5.0, 6.0), 0),
        ((0, 2), (2.0, 3.0, 5.0, 3.0), 1),
    }
    assert all(d.thickness == 0 and d.open and d.height == 2.5 for d in room.plan.doors)


def test_one_sees_through_a_joint(room: Scene) -> None:
    distance, _ = cast(room, np.array([[0.5, 1.0, 1.2]]), np.array([[1.0, 0.0, 0.0]]))
    assert distance[0] == pytest.approx(7.5)


def test_feet_pass_joints_along_the_straight_line() -> None:
    ell = joined([(0, 0, 5, 3), (5, 0, 8, 6)])
    navmap = NavMap.from_scene(ell)
    field = navmap.field((1.0, 1.0))
    assert field.distance((7.0, 1.0)) == pytest.approx(6.0)
    assert navmap.is_free([[5.0, 1.5]])[0]
    around = field.distance((5.5, 5.5))
    assert around > np.hypot(4.5, 4.5) + 0.01  # round the corner at (5, 3)
    assert around < np.hypot(4.15, 2.0) + np.hypot(0.35, 2.5) + 0.3
    assert navigable(ell).contains(navigable(ell).representative_point())
    assert len(navmap.sample_free(np.random.default_rng(0), 50)) == 50


def test_one_box_is_a_shoebox() -> None:
    one, box = joined([(0, 0, 4, 3)], 2.5), shoebox((4, 3, 2.5))
    assert one.plan == box.plan
    assert one.surfaces == box.surfaces
    assert {t.tobytes() for t in one.triangles} == {t.tobytes() for t in box.triangles}


@pytest.mark.parametrize(
    ("boxes", "message"),
    [
        ([], "boxes is empty"),
        ([(0, 0, 2, 2), (1, 1, 3, 3)], "boxes 0 and 1 overlap"),
        ([(0, 0, 2, 2), (2, 2, 3, 3)], "box 1 touches none"),
        ([(0, 0, 2)], r"box 0 is \(0, 0, 2\): expected metres"),
        ([(2, 0, 0, 2)], "box 0 is"),
        ([(0, 0, float("inf"), 2)], "box 0 is"),
    ],
)
def test_boxes_that_make_no_room_are_refused(boxes: Any, message: str) -> None:
    with pytest.raises(SoundwalkError, match=message):
        joined(boxes)


def test_a_height_that_is_none_is_refused() -> None:
    with pytest.raises(SoundwalkError, match="height=0: expected a positive number"):
        joined([(0, 0, 4, 3)], 0)
