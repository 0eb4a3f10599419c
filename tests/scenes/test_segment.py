"""Rooms and doors found in a raster, against the plans that the rasters were drawn from."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import pytest
from scipy import ndimage

from soundwalk.envs.interface import Bool, SoundwalkError
from soundwalk.envs.scenes import FloorPlan, Scene, joined, shoebox
from soundwalk.envs.scenes.freespace import FreeSpace
from soundwalk.envs.scenes.rasterise import rasterised
from soundwalk.envs.scenes.segment import mismatch, plan_from_free, wall_angle

ys, xs = np.mgrid[0:200, 0:300] * 0.05 + 0.025


def place(air: Bool, height: float = 2.6) -> FreeSpace:
    """An empty place as high everywhere."""
    return FreeSpace(0.05, (0.0, 0.0), air, np.full(air.shape, height, np.float32), air=air)


def box(x0: float, y0: float, x1: float, y1: float) -> Bool:
    inside: Bool = (xs > x0) & (xs < x1) & (ys > y0) & (ys < y1)
    return inside


def strip(x0: float, y0: float, x1: float, y1: float, width: float) -> Bool:
    """A straight corridor between two points."""
    length = math.hypot(x1 - x0, y1 - y0)
    along = ((xs - x0) * (x1 - x0) + (ys - y0) * (y1 - y0)) / length
    across = ((xs - x0) * (y1 - y0) - (ys - y0) * (x1 - x0)) / length
    inside: Bool = (along > 0) & (along < length) & (np.abs(across) < width / 2)
    return inside


def overlap(a: tuple[float, ...], b: tuple[float, ...]) -> float:
    """Intersection over union of two rectangles."""
    width, depth = (min(a[k + 2], b[k + 2]) - max(a[k], b[k]) for k in (0, 1))
    common = max(width, 0.0) * max(depth, 0.0)
    both = sum((r[2] - r[0]) * (r[3] - r[1]) for r in (a, b))
    return common / (both - common)


def hangs_together(plan: FloorPlan) -> bool:
    """Whether doors connect all rooms, each lying exactly between the boxes it names."""
    reached = {0}
    for _ in plan.rooms:
        for door in plan.doors:
            if reached & set(door.rooms):
                reached |= set(door.rooms)
    for door in plan.doors:
        low, high = (plan.rooms[k].box for k in door.rooms)
        axis, across = door.axis, 1 - door.axis
        assert door.box[axis] == pytest.approx(low[axis + 2])
        assert door.box[axis + 2] == pytest.approx(high[axis])
        assert door.box[across] >= max(low[across], high[across]) - 1e-9
        assert door.box[across + 2] <= min(low[across + 2], high[across + 2]) + 1e-9
        assert door.height <= min(plan.rooms[k].height for k in door.rooms)
    return reached == set(range(len(plan.rooms)))


def check_recovered(home: Scene, plan: FloorPlan) -> None:
    """Rooms and doors of a home are found again, once each."""
    assert len(plan.rooms) == len(home.plan.rooms)
    assert len(plan.doors) == len(home.plan.doors)
    twin = []
    for room in home.plan.rooms:
        shares = [overlap(room.box, other.box) for other in plan.rooms]
        assert max(shares) >= 0.9
        twin.append(int(np.argmax(shares)))
    for door in home.plan.doors:
        centre = np.add(door.box[:2], door.box[2:]) / 2
        found = [d for d in plan.doors if set(d.rooms) == {twin[r] for r in door.rooms}]
        gaps = [np.abs(np.add(d.box[:2], d.box[2:]) / 2 - centre).max() for d in found]
        assert min(gaps) <= 0.1
    assert hangs_together(plan)


def test_rooms_and_doors_of_furnished_homes_are_found_again(homes: list[Scene]) -> None:
    for home in homes:
        free = rasterised(home.plan, home.obstacles)
        plan = plan_from_free(free)
        check_recovered(home, plan)
        assert mismatch(free, plan) < 0.001
        for door in plan.doors:
            assert door.height == pytest.approx(home.plan.doors[0].height)
        for room in plan.rooms:
            assert room.height == pytest.approx(home.plan.rooms[0].height)


def test_without_lintels_narrow_passages_tell_the_rooms(homes: list[Scene]) -> None:
    for home in homes[::2]:
        free = rasterised(home.plan, home.obstacles)
        flat = np.full_like(free.ceiling, home.plan.rooms[0].height)
        check_recovered(home, plan_from_free(replace(free, ceiling=flat)))


def test_an_empty_room_is_one_box() -> None:
    room = shoebox((6, 4, 2.5))
    plan = plan_from_free(rasterised(room.plan, room.obstacles))
    assert len(plan.rooms) == 1
    assert plan.doors == ()
    assert plan.rooms[0].box == pytest.approx((0, 0, 6, 4))
    assert plan.rooms[0].height == pytest.approx(2.5)


def test_an_l_is_two_boxes_and_a_joint_between_them() -> None:
    room = joined([(0, 0, 4, 3), (4, 0, 6, 6)], height=2.8)
    plan = plan_from_free(rasterised(room.plan, room.obstacles))
    assert [door.thickness for door in plan.doors] == [0.0]
    assert sum(r.area for r in plan.rooms) == pytest.approx(24)
    assert plan.doors[0].height == pytest.approx(2.8)
    assert hangs_together(plan)


def test_a_table_is_no_wall_and_makes_no_rooms() -> None:
    hall = box(1, 1, 9, 5)
    floor = hall & ~box(4, 1.8, 6, 4.2) & ~box(1, 1, 1.6, 5)
    free = replace(place(hall), floor=floor)
    assert len(plan_from_free(free).rooms) == 1
    plan = plan_from_free(replace(free, floor=hall & ~box(4, 2.2, 5.5, 3.8), air=None))
    assert plan.rooms[0].box == pytest.approx((1, 1, 9, 5))


@pytest.mark.parametrize(("most", "error"), [(6, 0.1), (12, 0.05)])
def test_a_round_room_becomes_boxes_of_its_area(most: int, error: float) -> None:
    free = place((xs - 4) ** 2 + (ys - 5) ** 2 < 9)
    plan = plan_from_free(free, most_boxes=most)
    assert 1 < len(plan.rooms) <= most
    assert mismatch(free, plan) < error
    assert sum(r.area for r in plan.rooms) == pytest.approx(9 * math.pi, rel=error / 2)
    assert hangs_together(plan)


def test_a_diagonal_corridor_joins_the_rooms_at_its_ends() -> None:
    ends = box(1, 1, 4, 4) | box(9, 6, 13, 9.5)
    free = place(ends | strip(3.5, 3.5, 9.5, 6.5, 1.0))
    plan = plan_from_free(free)
    assert hangs_together(plan)
    for corner in ((1, 1, 4, 4), (9, 6, 13, 9.5)):
        assert max(overlap(corner, room.box) for room in plan.rooms) > 0.85
    assert mismatch(free, plan) < 0.15


def test_a_narrow_corridor_is_a_room_of_its_own() -> None:
    doors = box(3, 4.9, 3.9, 5.2) | box(8, 4.9, 8.9, 5.2)
    air = box(1, 4, 13, 5) | box(1, 5.1, 5, 8) | box(6, 5.1, 12, 8) | doors
    plan = plan_from_free(place(air))
    assert sorted(np.round([room.area for room in plan.rooms], 2)) == [11.6, 12.0, 17.4]
    assert [round(door.thickness, 3) for door in plan.doors] == [0.1, 0.1]
    assert hangs_together(plan)


def test_ragged_walls_do_not_change_the_rooms(homes: list[Scene]) -> None:
    rng = np.random.default_rng(0)
    for home in homes[6:12]:
        free = rasterised(home.plan, home.obstacles)
        assert free.air is not None
        rim = free.air & ~ndimage.binary_erosion(free.air)
        ragged = free.air & ~(rim & (rng.random(rim.shape) < 0.3) & (free.ceiling > 2.1))
        plan = plan_from_free(replace(free, floor=free.floor & ragged, air=ragged))
        check_recovered(home, plan)


def test_a_slanted_roof_gives_the_mean_height() -> None:
    air = box(1, 1, 7, 5)
    free = replace(place(air), ceiling=(1.5 + 0.4 * (xs - 1)).astype(np.float32))
    assert plan_from_free(free).rooms[0].height == pytest.approx(1.5 + 0.4 * 3, abs=0.01)


def test_under_open_sky_the_height_is_that_of_what_ceiling_there_is() -> None:
    air = box(1, 1, 7, 5)
    half = np.where(xs < 4, np.float32(2.4), np.float32(np.inf))
    assert plan_from_free(replace(place(air), ceiling=half)).rooms[0].height == pytest.approx(2.4)
    sky = replace(place(air), ceiling=np.full(air.shape, np.inf, np.float32))
    assert plan_from_free(sky).rooms[0].height == 3.0


def test_walls_of_turned_homes_show_their_angle(homes: list[Scene]) -> None:
    free = rasterised(homes[12].plan, homes[12].obstacles)
    assert free.air is not None
    assert wall_angle(free.air) == pytest.approx(0.0, abs=0.01)
    turned = ndimage.rotate(free.air.astype(float), 20, order=1) > 0.5  # rows down: clockwise
    assert wall_angle(turned) == pytest.approx(-math.radians(20), abs=0.02)
    assert wall_angle((xs - 4) ** 2 + (ys - 5) ** 2 < 9) == 0.0


def test_air_that_the_largest_island_cannot_reach_is_no_room() -> None:
    air = box(1, 1, 5, 4) | box(6, 1, 8, 3)
    assert len(plan_from_free(place(air)).rooms) == 1


def test_a_floor_too_narrow_for_the_agent_is_refused() -> None:
    with pytest.raises(SoundwalkError, match="fits nowhere"):
        plan_from_free(place(box(1, 1, 9, 1.2)))
    with pytest.raises(SoundwalkError, match="expected positive"):
        plan_from_free(place(box(1, 1, 9, 4)), most_boxes=0)
