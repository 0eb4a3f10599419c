"""Faces of boxes: their areas, directions and what of them shows, by hand and by divergence."""

from __future__ import annotations

import itertools

import numpy as np
import pytest

from soundwalk.envs.interface import F32, F64
from soundwalk.envs.scenes.boxes import BoxCm
from soundwalk.envs.scenes.corners import vertex_numbers
from soundwalk.envs.scenes.faces import Palette, Solid, triangulated
from soundwalk.envs.scenes.quads import face_of, quad_triangles

PLANES = (0, 400, 0, 300, 0, 250)  # west, east, south, north, floor, ceiling of a room
FLOOR = [((0, 0, 0, 400, 300, 0), 5, "tiles")]
BOX: BoxCm = (100, 50, 20, 180, 90, 60)  # 80 x 40 x 40 cm, touching nothing


def area_vectors(triangles: F32) -> F64:
    """(F, 3) square metres along each normal."""
    a, b, c = np.moveaxis(triangles.astype(np.float64), 1, 0)
    vectors: F64 = np.cross(b - a, c - a) / 2
    return vectors


def shown(*solids: Solid) -> F32:
    """The triangles of some solids in one room, without its floor."""
    triangles, _, instance = triangulated(FLOOR, [(PLANES, solids)], Palette(), 100)
    return triangles[instance > 0]


def areas(triangles: F32) -> list[float]:
    """Square metres that look west, east, south, north, down and up."""
    vectors = area_vectors(triangles)
    sums = [s * np.maximum(s * vectors[:, k], 0).sum() for k in range(3) for s in (-1, 1)]
    return [round(float(abs(v)), 6) for v in sums]


def test_a_box_in_the_air_shows_all_sides_and_encloses_its_volume() -> None:
    triangles = shown((BOX, 0, 1))
    assert areas(triangles) == [0.16, 0.16, 0.32, 0.32, 0.32, 0.32]
    assert np.abs(area_vectors(triangles).sum(0)).max() < 1e-9
    volume = (triangles.mean(1) * area_vectors(triangles)).sum() / 3
    assert volume == pytest.approx(0.8 * 0.4 * 0.4)


@pytest.mark.parametrize("direction", range(6))
def test_a_side_that_lies_on_a_wall_floor_or_ceiling_is_left_out(direction: int) -> None:
    axis, high = divmod(direction, 2)
    moved = np.array(BOX)
    moved[[axis, axis + 3]] += PLANES[direction] - BOX[axis + 3 * high]
    x0, y0, z0, x1, y1, z1 = (int(v) for v in moved)
    left = areas(shown(((x0, y0, z0, x1, y1, z1), 0, 1)))
    whole = [0.16, 0.16, 0.32, 0.32, 0.32, 0.32]
    whole[direction] = 0.0
    assert left == whole


def test_between_two_equal_boxes_side_by_side_nothing_is_drawn() -> None:
    beside: BoxCm = (180, 50, 20, 260, 90, 60)
    pair = areas(shown((BOX, 0, 1), (beside, 0, 1)))
    assert pair == areas(shown(((100, 50, 20, 260, 90, 60), 0, 1)))


def test_of_a_small_box_on_a_large_one_only_the_hidden_bottom_is_left_out() -> None:
    small: BoxCm = (110, 60, 60, 130, 70, 90)
    alone = np.array(areas(shown((BOX, 0, 1)))) + areas(shown((small, 0, 2)))
    alone[4] -= 0.2 * 0.1
    np.testing.assert_allclose(areas(shown((BOX, 0, 1), (small, 0, 2))), alone, atol=1e-6)


def test_a_side_that_is_covered_in_part_is_drawn_whole() -> None:
    half: BoxCm = (180, 70, 20, 260, 110, 60)  # covers 20 of the 40 cm of the east side
    both = areas(shown((BOX, 0, 1), (half, 0, 2)))
    assert both[0] == pytest.approx(2 * 0.16)
    assert both[1] == pytest.approx(2 * 0.16)


def test_rooms_hide_nothing_in_other_rooms() -> None:
    """The same solid in two rooms, on the floor of the first only."""
    low: BoxCm = (100, 50, 0, 180, 90, 40)
    raised = (0, 400, 0, 300, -10, 250)
    rooms = [(PLANES, [(low, 0, 1)]), (raised, [(low, 0, 2)]), (PLANES, [])]
    triangles, _, instance = triangulated(FLOOR, rooms, Palette(), 100)
    assert areas(triangles[instance == 1])[4:] == [0.0, 0.32]
    assert areas(triangles[instance == 2])[4:] == [0.32, 0.32]


def test_each_face_keeps_its_surface_and_instance_and_the_shell_comes_first() -> None:
    palette = Palette()
    palette("oak")
    shell = [*FLOOR, ((0, 0, 250, 400, 300, 250), 4, "oak")]
    triangles, surface, instance = triangulated(
        shell, [(PLANES, [(BOX, 7, 3), ((0, 0, 0, 50, 50, 50), 8, 4)])], palette, 100
    )
    assert surface[:4].tolist() == [1, 1, 0, 0]
    assert instance[:4].tolist() == [0, 0, 0, 0]
    assert palette.names == {"oak": 0, "tiles": 1}
    for number, box in ((3, BOX), (4, (0, 0, 0, 50, 50, 50))):
        corners = triangles[instance == number].reshape(-1, 3)
        np.testing.assert_allclose(corners.min(0), np.array(box[:3]) / 100, atol=1e-7)
        np.testing.assert_allclose(corners.max(0), np.array(box[3:]) / 100, atol=1e-7)
        assert set(surface[instance == number].tolist()) == {number + 4}
    # the box in the south-west corner stands on the floor and against two walls
    assert (instance == 3).sum() == 12
    assert (instance == 4).sum() == 6


@pytest.mark.parametrize("direction", range(6))
def test_the_face_of_a_box_looks_where_it_is_said_to_from_that_side(direction: int) -> None:
    box = (1.0, 2.0, 3.0, 2.5, 4.0, 3.5)
    flat = face_of(box, direction)
    axis, high = divmod(direction, 2)
    assert flat[axis] == flat[axis + 3] == box[axis + 3 * high]
    triangles = quad_triangles(np.array([flat]), np.array([direction]))
    sides = np.array(box[3:]) - box[:3]
    expected = np.zeros(3)
    expected[axis] = (2 * high - 1) * np.prod(np.delete(sides, axis))
    np.testing.assert_allclose(area_vectors(triangles).sum(0), expected, rtol=1e-6)


def test_corners_have_the_same_number_if_and_only_if_they_lie_in_one_place() -> None:
    rng = np.random.default_rng(0)
    lattice = rng.integers(-2, 3, (60, 3, 3)).astype(np.float32) / np.float32(3)
    numbers = vertex_numbers(lattice)
    _, truth = np.unique(lattice.reshape(-1, 3), axis=0, return_inverse=True)
    pairs = set(zip(numbers.tolist(), truth.ravel().tolist(), strict=True))
    assert len(pairs) == len(set(numbers.tolist())) == truth.max() + 1
    assert sorted(set(numbers.tolist())) == list(range(len(pairs)))


def test_a_zero_is_one_place_whatever_its_sign() -> None:
    signs = np.array([*itertools.product((0.0, -0.0), repeat=3), (0, 0, 1)], np.float32)
    assert len(set(vertex_numbers(signs.reshape(3, 3, 3)).tolist())) == 2


def test_places_a_rounding_apart_are_two() -> None:
    x = np.float32(1.7)
    close = np.array([[(x, 0, 0), (np.nextafter(x, np.float32(2)), 0, 0), (x, 0, 0)]], np.float32)
    a, b, c = vertex_numbers(close).tolist()
    assert a == c != b
