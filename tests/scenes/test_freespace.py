"""The raster of the floor, against rectangles and brute force."""

from __future__ import annotations

import numpy as np
import pytest

from soundwalk.envs.interface import Bool, SoundwalkError
from soundwalk.envs.scenes import generate, shoebox
from soundwalk.envs.scenes.freespace import FreeSpace, clearance, islands, merged
from soundwalk.envs.scenes.rasterise import footprints, rasterised
from soundwalk.envs.scenes.scene import blocks_agent


def raster(floor: Bool, cell: float = 0.05) -> FreeSpace:
    return FreeSpace(cell, (1.0, -2.0), floor, np.full(floor.shape, 2.5, np.float32))


def test_clearance_is_the_distance_to_the_nearest_blocked_square() -> None:
    rng = np.random.default_rng(0)
    free = rng.random((23, 31)) < 0.9
    found = clearance(free)
    blocked = np.argwhere(~np.pad(free, 1)) - 1
    for row, column in np.ndindex(free.shape):
        gaps = np.maximum(np.abs(blocked - (row, column)) - 0.5, 0.0)
        expected = np.hypot(*gaps.T).min() if free[row, column] else 0.0
        assert found[row, column] == pytest.approx(expected)


def test_the_raster_of_a_home_has_its_area() -> None:
    home = generate(11, 4)
    free = rasterised(home.plan, home.obstacles)
    area = sum(room.area for room in home.plan.rooms)
    area += sum(door.width * door.thickness for door in home.plan.doors)
    assert free.air is not None
    assert free.air.sum() * free.cell**2 == pytest.approx(area, rel=0.01)
    assert free.floor.sum() < free.air.sum()
    heights = sorted({home.plan.rooms[0].height, home.plan.doors[0].height})
    np.testing.assert_allclose(np.unique(free.ceiling[free.air]), heights, rtol=1e-6)


def test_cells_and_centres_are_each_others_inverse() -> None:
    free = raster(np.ones((4, 6), bool))
    cells = np.argwhere(free.floor)
    np.testing.assert_array_equal(free.cells(free.centres(cells)), cells)
    np.testing.assert_allclose(free.centres([[0, 0]]), [[1.025, -1.975]])


def test_outside_of_the_raster_nothing_is_free() -> None:
    free = raster(np.ones((4, 6), bool))
    points = [[1.01, -1.99], [1.31, -1.99], [0.99, -1.9], [1.1, -1.79]]
    assert free.holds(points).tolist() == [True, False, False, False]


def test_surfaces_lie_in_the_middle_of_the_fine_cells_they_pass_through() -> None:
    fine = np.ones((12, 18), bool)
    fine[3:6, 4:5] = False
    free = FreeSpace(
        0.06, (1.0, -2.0), np.ones((4, 6), bool), np.ones((4, 6), np.float32), fine=fine
    )
    taken, left = free.surfaces()
    np.testing.assert_allclose(taken, [[1.09, -1.93, 1.09, -1.89]])
    np.testing.assert_allclose(left[:, :2].min(0), [0.99, -2.01])
    np.testing.assert_allclose(left[:, 2:].max(0), [1.37, -1.75])
    taken, left = raster(np.eye(2, dtype=bool)).surfaces()
    np.testing.assert_allclose(taken, [[1.0, -1.95, 1.05, -1.9], [1.05, -2.0, 1.1, -1.95]])
    np.testing.assert_allclose(left, [[1.0, -2.0, 1.05, -1.95], [1.05, -1.95, 1.1, -1.9]])


@pytest.mark.parametrize("shape", [(4, 6), (3, 12), (13, 18)])
def test_a_finer_floor_of_other_extent_is_refused(shape: tuple[int, int]) -> None:
    floor = np.ones((6, 9), bool)
    with pytest.raises(SoundwalkError, match="a whole multiple of that of floor"):
        FreeSpace(0.05, (0.0, 0.0), floor, np.ones((6, 9), np.float32), fine=np.ones(shape, bool))


def test_rectangles_cover_the_blocked_cells_and_no_other() -> None:
    rng = np.random.default_rng(1)
    cells = rng.random((17, 29)) < 0.4
    painted = np.zeros(cells.shape, int)
    for x0, y0, x1, y1 in merged(cells):
        painted[y0:y1, x0:x1] += 1
    np.testing.assert_array_equal(painted, cells)
    low, high = raster(~cells).obstacles()[:, :2].min(0), raster(~cells).obstacles()[:, 2:].max(0)
    np.testing.assert_allclose([*low, *high], [1.0, -2.0, 1.0 + 29 * 0.05, -2.0 + 17 * 0.05])


def test_islands_come_largest_first() -> None:
    free = np.zeros((6, 12), bool)
    free[1:3, 1:3] = free[1:5, 5:11] = True
    free[5, 0] = True
    labels, sizes = islands(free)
    assert sizes.tolist() == [24, 4, 1]
    assert labels[2, 6] == 1
    assert labels[2, 2] == 2
    assert labels[0, 0] == 0


def test_a_disc_stands_where_it_keeps_its_radius_from_the_walls() -> None:
    room = shoebox((2, 1, 2.5))
    free = rasterised(room.plan, room.obstacles)
    standing = free.centres(np.argwhere(free.eroded(0.15)))
    np.testing.assert_allclose(standing.min(0), [0.175, 0.175])
    np.testing.assert_allclose(standing.max(0), [1.825, 0.825])


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"floor": np.zeros((3, 4), bool)}, "none of the 12 cells of 0.05 m is free"),
        ({"cell": 0.0}, "positive number of metres"),
        ({"floor": np.ones((3, 4))}, r"expected \(H, W\) bool"),
        ({"ceiling": np.ones((4, 3), np.float32)}, "ceiling has shape"),
        ({"air": np.ones((2, 2), bool)}, "air has shape"),
        ({"origin": (np.nan, 0.0)}, "finite"),
    ],
)
def test_a_raster_that_is_none_is_refused(change: dict[str, object], message: str) -> None:
    values: dict[str, object] = {
        "cell": 0.05,
        "origin": (0.0, 0.0),
        "floor": np.ones((3, 4), bool),
        "ceiling": np.ones((3, 4), np.float32),
    }
    with pytest.raises(SoundwalkError, match=message):
        FreeSpace(**(values | change))  # type: ignore[arg-type]


def test_footprints_are_all_that_stands_and_nothing_besides() -> None:
    for seed in range(4):
        home = generate(seed)
        slack = np.array([-1e-3, -1e-3, 1e-3, 1e-3])
        allowed, found = home.obstacles + slack, footprints(home)
        inside = (found[:, None, :2] >= allowed[None, :, :2]).all(2)
        inside &= (found[:, None, 2:] <= allowed[None, :, 2:]).all(2)
        outlines = np.abs(found[:, :2] - found[:, 2:]).min(1) < 1e-3  # faces along walls
        assert (inside.any(1) | outlines).all()
        for piece in home.plan.furniture:
            around = np.array([*piece.box[:2], *piece.box[3:5]])
            within = (found[:, :2] >= around[:2] - 1e-3).all(1)
            within &= (found[:, 2:] <= around[2:] + 1e-3).all(1)
            assert within.any() or not blocks_agent(piece.box)
