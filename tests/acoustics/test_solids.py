"""What shadows sound: boxes of furniture joined, left out and made endless, worked out by hand."""

from __future__ import annotations

import itertools

import numpy as np
import pytest

from soundwalk.envs.acoustics.solids import Solids, solid_boxes
from soundwalk.envs.interface import F64
from soundwalk.envs.scenes.scene import Box3, FloorPlan, Furniture, Room, SoundingObject

ROOM = Room("room", (0.0, 0.0, 5.0, 4.0), 2.5, (0,) * 6)
CHEST: Box3 = (2.0, 1.5, 0.3, 3.0, 2.5, 1.1)  # touches nothing
INSET = 0.015  # m taken off each side


def piece(*parts: Box3, room: int = 0) -> Furniture:
    corners = np.array(parts)
    x0, y0, z0 = (float(v) for v in corners[:, :3].min(0))
    x1, y1, z1 = (float(v) for v in corners[:, 3:].max(0))
    return Furniture("chest", room, (x0, y0, z0, x1, y1, z1), 0, 1, parts)


def solids(*pieces: Furniture) -> Solids:
    return solid_boxes(FloorPlan((ROOM,), furniture=pieces))


def boxes(found: Solids, room: int = 0) -> F64:
    """(K, 6) the boxes of a room that are used, in the order of their corners."""
    rows = found.boxes[room].T.astype(np.float64)
    rows = rows[(rows != 0).any(1)]
    return in_order(rows)


def in_order(rows: F64) -> F64:
    """Rows by their first column, those that agree there by the second, and so on."""
    ordered: F64 = rows[np.lexsort(rows.T[::-1])]
    return ordered


def shrunk(*wanted: Box3) -> F64:
    return in_order(np.array(wanted) + np.repeat([INSET, -INSET], 3))


def test_a_box_in_the_air_is_shrunk_on_every_side_and_bent_round_on_every_side() -> None:
    found = solids(piece(CHEST))
    np.testing.assert_allclose(boxes(found), shrunk(CHEST), atol=1e-6)
    np.testing.assert_allclose(found.reach[0, 0], shrunk(CHEST)[0], atol=1e-6)


def test_a_thin_board_keeps_half_of_its_thickness() -> None:
    board: Box3 = (2.0, 1.5, 1.0, 3.0, 2.5, 1.02)
    low, high = boxes(solids(piece(board)))[0, [2, 5]]
    assert (low, high) == pytest.approx((1.005, 1.015), abs=1e-6)


@pytest.mark.parametrize("order", list(itertools.permutations(range(4))))
def test_parts_that_fill_a_box_become_that_box_in_any_order(order: tuple[int, ...]) -> None:
    """Four drawers over and beside each other: no two of opposite corners fill their box alone."""
    parts = [(2.0 + x, 1.5, 0.3 + z, 2.5 + x, 2.5, 0.7 + z) for x in (0.0, 0.5) for z in (0.0, 0.4)]
    found = boxes(solids(piece(*(parts[k] for k in order))))
    np.testing.assert_allclose(found, shrunk((2.0, 1.5, 0.3, 3.0, 2.5, 1.1)), atol=1e-6)


def test_a_gap_is_filled_up_to_twelve_per_cent_of_the_parts() -> None:
    """Parts of 1 m and 0.8 m: the whole is 1.8 m and the gap; 1.12 times 1.8 m is 2.016 m."""
    for gap, count in ((0.2, 1), (0.21, 1), (0.22, 2), (0.45, 2)):
        first: Box3 = (1.0, 1.5, 0.3, 2.0, 2.5, 1.1)
        second: Box3 = (2.0 + gap, 1.5, 0.3, 2.8 + gap, 2.5, 1.1)
        assert len(boxes(solids(piece(first, second)))) == count


def test_parts_of_two_pieces_are_never_joined() -> None:
    halves: tuple[Box3, Box3] = ((2.0, 1.5, 0.3, 2.5, 2.5, 1.1), (2.5, 1.5, 0.3, 3.0, 2.5, 1.1))
    assert len(boxes(solids(piece(*halves)))) == 1
    np.testing.assert_allclose(
        boxes(solids(piece(halves[0]), piece(halves[1]))), shrunk(*halves), atol=1e-6
    )


def test_legs_and_trinkets_are_left_out_by_the_area_of_their_largest_face() -> None:
    """A face of 0.15 m2 shadows: of 0.5 m by 0.3 m, not of 0.5 m by 0.29 m."""
    leg: Box3 = (2.0, 2.0, 0.5, 2.06, 2.06, 1.2)
    for width, count in ((0.301, 1), (0.29, 0)):
        block: Box3 = (2.0, 2.0, 1.0, 2.5, 2.0 + width, 1.2)
        assert len(boxes(solids(piece(block)))) == count
    assert len(boxes(solids(piece(leg)))) == 0


@pytest.mark.parametrize("side", range(6))
def test_what_is_flat_on_a_surface_of_the_room_is_part_of_it(side: int) -> None:
    """A board of 5 cm on each side of the room, one of 6 cm there, and the thin one 10 cm off."""
    axis, high = side % 3, side // 3
    limits = np.array([(0.0, 0.0, 0.0), (5.0, 4.0, 2.5)])[high, axis]
    inward = 1 - 2 * high

    def board(thickness: float, away: float) -> Furniture:
        low, top = np.array([1.0, 1.0, 0.5]), np.array([3.0, 3.0, 2.0])
        ends = sorted((limits + inward * away, limits + inward * (away + thickness)))
        low[axis], top[axis] = ends
        x0, y0, z0, x1, y1, z1 = (float(v) for v in (*low, *top))
        return piece((x0, y0, z0, x1, y1, z1))

    assert len(boxes(solids(board(0.05, 0.0)))) == 0
    assert len(boxes(solids(board(0.05, 0.1)))) == 1
    thick = solids(board(0.06, 0.0))
    assert len(boxes(thick)) == 1
    endless = np.abs(thick.reach[0, 0]) == 1e3
    assert np.flatnonzero(endless).tolist() == [side]
    assert np.sign(thick.reach[0, 0, side]) == -inward


def test_near_a_wall_counts_as_touching_up_to_four_centimetres() -> None:
    for gap, endless in ((0.03, True), (0.05, False)):
        reach = solids(piece((gap, 1.5, 0.3, 1.0, 2.5, 1.1))).reach[0, 0, 0]
        assert reach == (-1e3 if endless else pytest.approx(gap + INSET))


def test_objects_shadow_from_a_larger_face_on_than_furniture() -> None:
    """Faces of 0.5 m by 0.5 m and 0.6 m by 0.6 m, on either side of 0.3 m2."""
    plan = FloorPlan(
        (ROOM,),
        objects=tuple(
            SoundingObject("fan", 0, (x, 1.0, 1.0), (x, 1.0, 1.0, x + 0.3, 1 + s, 1 + s), 1)
            for x, s in ((1.0, 0.5), (3.0, 0.6))
        ),
    )
    np.testing.assert_allclose(
        boxes(solid_boxes(plan)), shrunk((3.0, 1.0, 1.0, 3.3, 1.6, 1.6)), atol=1e-6
    )
    assert len(boxes(solid_boxes(plan, wanted=False))) == 0


def test_rooms_have_their_own_boxes_in_lanes_of_eight() -> None:
    other = Room("room", (6.0, 0.0, 11.0, 4.0), 2.5, (0,) * 6)
    empty = Room("room", (12.0, 0.0, 17.0, 4.0), 2.5, (0,) * 6)
    nine = [piece((6.1 + 0.5 * k, 1.5, 0.3, 6.5 + 0.5 * k, 2.5, 1.1), room=1) for k in range(9)]
    found = solid_boxes(FloorPlan((ROOM, other, empty), furniture=(piece(CHEST), *nine)))
    assert found.boxes.shape == (3, 6, 16)
    assert found.reach.shape == (3, 16, 6)
    assert found.lanes.tolist() == [8, 16, 0]
    assert [len(boxes(found, room)) for room in range(3)] == [1, 9, 0]
    np.testing.assert_allclose(boxes(found, 1)[:, 0], 6.115 + 0.5 * np.arange(9), atol=1e-6)
