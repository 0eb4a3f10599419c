"""Where the disc can stand: free points, the nearest one, and uniform samples."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
from scipy.ndimage import label

from soundwalk.envs.interface import AGENT_RADIUS, F64, SoundwalkError
from soundwalk.envs.navigation import NavMap
from soundwalk.envs.scenes.shoebox import shoebox

R = AGENT_RADIUS
Homes = Callable[..., tuple[F64, F64]]


def test_free_is_where_clearance_reaches_the_radius_and_there_is_floor(
    home: Homes, clearance: Callable[[F64, F64], F64]
) -> None:
    rects, floor = home(1)
    navmap = NavMap.from_rectangles(rects, floor)
    points = np.random.default_rng(0).uniform(-1, 12, (20_000, 2))
    low, high = floor[:, :2], floor[:, 2:]
    inside = (points[:, None] >= low) & (points[:, None] <= high)
    on_floor = np.logical_or.reduce(inside.all(-1), axis=1)
    np.testing.assert_array_equal(
        navmap.is_free(points), on_floor & (clearance(points, rects) >= R)
    )


def test_a_scene_s_rooms_and_obstacles_make_its_map() -> None:
    navmap = NavMap.from_scene(shoebox((6, 5, 2.7)))
    np.testing.assert_array_equal(
        navmap.is_free(np.array([[0.14, 2], [0.16, 2], [3, 4.84], [3, 4.86], [7, 2]])),
        [False, True, True, False, False],
    )
    assert navmap.field((1.0, 1.0)).distance((5.0, 4.0)) == pytest.approx(5.0)


def test_nearest_free_is_as_near_as_a_fine_grid_finds(home: Homes) -> None:
    rng, cell = np.random.default_rng(5), 0.01
    for seed in range(3):
        navmap = NavMap.from_rectangles(*home(seed))
        for _ in range(8):
            point = rng.uniform(navmap.bounds[:2], navmap.bounds[2:])
            found = navmap.nearest_free(point)
            assert navmap.reachable(found[None])[0]
            distance = np.hypot(*(found - point))
            reach = distance + 3 * cell
            axis = np.arange(-reach, reach + cell, cell)
            grid = np.stack(np.meshgrid(axis, axis), -1).reshape(-1, 2)
            near = grid[np.hypot(*grid.T) < distance - 1e-6] + point
            assert not navmap.reachable(near).any()  # nothing nearer


def test_nearest_free_of_a_point_in_a_box_is_its_projection(hall: Callable[..., NavMap]) -> None:
    navmap = hall((0.0, 0.0, 2.0, 1.0))
    np.testing.assert_allclose(navmap.nearest_free((1.0, 0.2)), [1.0, -R], atol=1e-12)
    np.testing.assert_allclose(navmap.nearest_free((0.1, 0.5)), [-R, 0.5], atol=1e-12)
    np.testing.assert_array_equal(navmap.nearest_free((5.0, 5.0)), [5.0, 5.0])
    corner = navmap.nearest_free((-0.06, -0.08))  # in the corner's disc: pushed out radially
    np.testing.assert_allclose(corner, [-0.6 * R, -0.8 * R], atol=1e-12)


def test_nearest_free_skips_pockets_that_cannot_be_reached() -> None:
    walls = np.array([(4.0, 0.0, 4.2, 5.0)])
    navmap = NavMap.from_rectangles(walls, np.array([[0.0, 0.0, 6.0, 5.0]]))
    np.testing.assert_allclose(navmap.nearest_free((5.0, 2.0)), [4.0 - R, 2.0], atol=1e-12)
    assert navmap.is_free([[5.0, 2.0]])[0]
    np.testing.assert_array_equal(navmap.reachable([[5.0, 2.0], [1.0, 2.0]]), [False, True])
    assert (navmap.sample_free(np.random.default_rng(0), 200)[:, 0] < 4.0).all()


def test_nearest_free_of_a_far_point_is_still_found(hall: Callable[..., NavMap]) -> None:
    np.testing.assert_allclose(hall().nearest_free((50.0, 3.0)), [10 - R, 3.0], atol=1e-9)


def test_samples_are_free_repeatable_and_uniform(home: Homes) -> None:
    rects, floor = home(2)
    navmap = NavMap.from_rectangles(rects, floor)
    points = navmap.sample_free(np.random.default_rng(9), 20_000)
    np.testing.assert_array_equal(points, navmap.sample_free(np.random.default_rng(9), 20_000))
    assert navmap.reachable(points).all()
    # Counts in cells of 1 m against the area that a jittered grid finds reachable in them.
    axes = [np.arange(low, high, 0.04) for low, high in navmap.bounds.reshape(2, 2).T]
    grid = np.stack(np.meshgrid(*axes), -1).reshape(-1, 2)
    grid += np.random.default_rng(1).uniform(0, 0.04, grid.shape)
    grid = grid[(grid < navmap.bounds[2:]).all(1)]
    grid = grid[navmap.reachable(grid)]
    size = np.ceil(navmap.bounds[2:]).astype(int)

    def cells(where: F64) -> F64:
        column, row = np.floor(where).astype(int).T
        return np.bincount(column * size[1] + row, minlength=size.prod()).astype(float)

    area, count = cells(grid) / len(grid), cells(points)
    expected = area * len(points)
    spread = np.sqrt(expected * (1 + len(points) / len(grid))) + 1
    score = (count - expected) / spread  # about normal: both counts vary
    assert np.abs(score).max() < 4.5
    assert (score[expected > 0] ** 2).mean() < 1.3
    assert navmap.sample_free(np.random.default_rng(0), 0).shape == (0, 2)


def test_maps_that_make_no_sense_are_refused() -> None:
    room = np.array([[0.0, 0.0, 4.0, 4.0]])
    with pytest.raises(SoundwalkError, match=r"an agent of radius 0.15 m fits nowhere"):
        NavMap.from_rectangles(room, room)
    with pytest.raises(SoundwalkError, match="radius=-1 of the agent must be a positive length"):
        NavMap.from_rectangles(room, room, radius=-1)
    with pytest.raises(SoundwalkError, match=r"obstacle 1 is .* expected finite x0 <= x1"):
        NavMap.from_rectangles(np.array([(0.0, 0, 1, 1), (2, 0, 1, 1)]), room)
    with pytest.raises(SoundwalkError, match=r"obstacle 0 is .*nan"):
        NavMap.from_rectangles(np.array([(0.0, np.nan, 1, 1)]), room)
    open_room = NavMap.from_rectangles(np.zeros((0, 4)), room)
    with pytest.raises(SoundwalkError, match="n=-1 points cannot be sampled"):
        open_room.sample_free(np.random.default_rng(0), -1)
    with pytest.raises(SoundwalkError, match=r"points have shape \(2,\): expected \(M, 2\)"):
        open_room.is_free([1.0, 2.0])


def test_a_home_without_outer_walls_is_still_closed() -> None:
    navmap = NavMap.from_rectangles(np.zeros((0, 4)), np.array([[0.0, 0.0, 4.0, 4.0]]))
    np.testing.assert_array_equal(navmap.is_free([[0.1, 2.0], [0.2, 2.0]]), [False, True])


@pytest.mark.parametrize("lattice", [0.01, 0.05, 0.15])
def test_where_edges_coincide_every_point_of_a_connected_part_has_a_way(
    clearance: Callable[[F64, F64], F64], lattice: float
) -> None:
    # Rectangles on a lattice: sides in line, corners on sides, gaps of exactly two radii.
    floor, axis = np.array([[0.0, 0.0, 4.0, 4.0]]), np.arange(0.0, 4.0001, 0.02)
    grid = np.stack(np.meshgrid(axis, axis, indexing="ij"), -1).reshape(-1, 2)
    checked = 0
    for seed in (39, 67, 75, 105, 290, 302, 329, 351, *range(20)):
        rng = np.random.default_rng(seed)
        low = rng.uniform(0, 3.4, (rng.integers(3, 14), 2))
        high = low + rng.uniform(0.1, 1.2, low.shape)
        rects = np.round(np.concatenate([low, high], 1) / lattice) * lattice
        navmap = NavMap.from_rectangles(np.minimum(rects, 4.0), floor)
        open_ = clearance(grid, navmap.rects) >= R + 1e-6
        parts, count = label(open_.reshape(len(axis), -1))
        for part in range(1, count + 1):
            members = grid[parts.ravel() == part]
            field = navmap.field(members[0])
            there = np.array([field.distance(p) for p in members[:: 1 + len(members) // 150]])
            assert np.isfinite(there).all()
            checked += len(there)
    assert checked > 1000
