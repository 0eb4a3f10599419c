"""Boxes, pieces and poses of furnishing, against point sets and complex rotations."""

from __future__ import annotations

import itertools

import numpy as np
import pytest

from soundwalk.envs.interface import Bool
from soundwalk.envs.scenes.boxes import BoxCm, bounding, overlap
from soundwalk.envs.scenes.kit import Group, Piece, Pose, Spot

RNG = np.random.default_rng(5)
GRID = 20  # unit cubes along each axis


def drawn_box(high: int = 10) -> BoxCm:
    """A box of random corners from 4 on, so that it may be widened by 4."""
    low = RNG.integers(4, high, 3)
    x0, y0, z0, x1, y1, z1 = (int(v) for v in (*low, *(low + RNG.integers(1, 5, 3))))
    return (x0, y0, z0, x1, y1, z1)


def cubes(box: BoxCm, wider: int = 0) -> Bool:
    """The unit cubes of a box that is widened on all sides."""
    filled = np.zeros((GRID,) * 3, bool)
    x0, y0, z0, x1, y1, z1 = box
    low = [v - wider for v in (x0, y0, z0)]
    high = [v + wider for v in (x1, y1, z1)]
    filled[low[0] : high[0], low[1] : high[1], low[2] : high[2]] = True
    return filled


def piece(*boxes: BoxCm) -> Piece:
    return Piece("piece", tuple((box, "oak") for box in boxes))


@pytest.mark.parametrize("gap", range(4))
def test_boxes_come_near_each_other_when_one_widened_by_the_gap_shares_a_cube(gap: int) -> None:
    outcomes = []
    for _ in range(300):
        a, b = drawn_box(), drawn_box()
        shared = bool((cubes(a, gap) & cubes(b)).any())
        assert overlap(a, b, gap) == overlap(b, a, gap) == shared
        outcomes.append(shared)
    assert 10 < sum(outcomes) < 290


def test_the_bounding_box_holds_every_cube_and_none_smaller_does() -> None:
    for count in (1, 2, 5):
        boxes = [drawn_box() for _ in range(count)]
        filled = np.any([cubes(box) for box in boxes], axis=0)
        around = cubes(bounding(boxes))
        assert not (filled & ~around).any()
        for axis in range(3):
            others = tuple(k for k in range(3) if k != axis)
            np.testing.assert_array_equal(
                np.flatnonzero(around.any(others))[[0, -1]],
                np.flatnonzero(filled.any(others))[[0, -1]],
            )


@pytest.mark.parametrize("turn", range(4))
def test_a_pose_turns_corners_like_complex_numbers_and_then_moves_them(turn: int) -> None:
    for _ in range(50):
        u0, v0 = (int(v) for v in RNG.integers(-90, 90, 2))
        u1, v1 = u0 + int(RNG.integers(1, 90)), v0 + int(RNG.integers(1, 90))
        x, y = (int(v) for v in RNG.integers(-200, 200, 2))
        corners = [complex(*c) * 1j**turn + complex(x, y) for c in ((u0, v0), (u1, v1))]
        east, north = sorted(c.real for c in corners), sorted(c.imag for c in corners)
        placed = Pose(turn, x, y).rect((u0, v0, u1, v1))
        assert placed == (east[0], north[0], east[1], north[1])
        assert Pose(turn, x, y).box((u0, v0, 3, u1, v1, 9)) == (*placed[:2], 3, *placed[2:], 9)


def test_poses_keep_what_touches_touching_and_what_is_apart_apart() -> None:
    for turn, _ in itertools.product(range(4), range(50)):
        a, b, pose = drawn_box(), drawn_box(), Pose(turn, 31, -12)
        for gap in (0, 2):
            assert overlap(pose.box(a), pose.box(b), gap) == overlap(a, b, gap)


def test_a_piece_is_lifted_with_all_its_parts_and_keeps_their_surfaces() -> None:
    table = Piece("table", (((0, 0, 70, 80, 60, 74), "oak"), ((0, 0, 0, 5, 5, 70), "steel")))
    lifted = Pose(1, 100, 200).piece(table, lift=15)
    # a quarter turn takes (u, v) to (100 - v, 200 + u)
    assert lifted == Piece(
        "table", (((40, 200, 85, 100, 280, 89), "oak"), ((95, 200, 15, 100, 205, 85), "steel"))
    )


@pytest.mark.parametrize(
    ("low", "high", "stops"),
    [(0, 5, False), (0, 6, True), (139, 150, True), (140, 150, False), (2, 200, True)],
)
def test_what_is_flat_or_above_an_agents_head_does_not_stop_it(
    low: int, high: int, stops: bool
) -> None:
    assert piece((10, 20, low, 30, 50, high)).footprint == ((10, 20, 30, 50) if stops else None)


def test_a_footprint_is_that_of_the_parts_within_an_agents_height() -> None:
    """A lamp whose shade reaches farther than its foot, on a rug."""
    lamp = piece((40, 40, 0, 60, 60, 10), (20, 20, 150, 80, 80, 180), (0, 0, 0, 100, 100, 1))
    assert lamp.footprint == (40, 40, 60, 60)
    assert lamp.box == (0, 0, 0, 100, 100, 180)


def test_a_spot_turns_with_its_group_and_stays_at_its_height() -> None:
    spot = Spot("lamp", (10, 20, 30, 50), 74)
    assert Pose(2, 300, 200).spot(spot) == Spot("lamp", (270, 150, 290, 180), 74, 2)


def test_a_group_is_as_high_as_its_highest_part() -> None:
    low, high = piece((0, 0, 0, 9, 9, 40), (0, 0, 40, 9, 9, 88)), piece((9, 0, 0, 12, 9, 87))
    assert Group(12, 9, (low, high)).height == 88
    assert Group(12, 9, (high,)).height == 87
