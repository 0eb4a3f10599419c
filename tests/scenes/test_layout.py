"""Layouts: what an architect would check, worked out again from the rectangles alone."""

from __future__ import annotations

import itertools
from collections import Counter

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from soundwalk.envs.scenes.dice import Dice
from soundwalk.envs.scenes.layout import KINDS, Layout, lay_out

counts = st.integers(1, 8)
seeds = st.integers(0, 2**32)


def layouts(rooms: int, number: int = 60) -> list[Layout]:
    return [lay_out(Dice(seed, rooms), rooms) for seed in range(number)]


@given(seeds, counts)
@settings(max_examples=60, deadline=None)
def test_rooms_and_the_walls_between_them_fill_the_home(seed: int, rooms: int) -> None:
    """No leftovers: a room widened by half a wall all round meets its neighbours exactly."""
    layout = lay_out(Dice(seed, rooms), rooms)
    x0, y0 = min(r[0] for r in layout.rects), min(r[1] for r in layout.rects)
    x1, y1 = max(r[2] for r in layout.rects), max(r[3] for r in layout.rects)
    wall = layout.wall
    grown = sum((r[2] - r[0] + wall) * (r[3] - r[1] + wall) for r in layout.rects)
    assert grown == (x1 - x0 + wall) * (y1 - y0 + wall)


@given(seeds, counts)
@settings(max_examples=60, deadline=None)
def test_no_room_is_narrower_than_1_90_m_and_ceilings_are_2_40_to_3_m(
    seed: int, rooms: int
) -> None:
    layout = lay_out(Dice(seed, rooms), rooms)
    assert 240 <= layout.height <= 300
    assert layout.wall in (10, 12, 15)
    for x0, y0, x1, y1 in layout.rects:
        assert min(x1 - x0, y1 - y0) >= 190


@given(seeds, counts)
@settings(max_examples=60, deadline=None)
def test_doors_join_all_rooms_with_at_most_one_spare(seed: int, rooms: int) -> None:
    layout = lay_out(Dice(seed, rooms), rooms)
    groups = list(range(rooms))
    for door in layout.doors:
        a, b = (groups[index] for index in door.rooms)
        groups = [a if group == b else group for group in groups]
    assert len(set(groups)) == 1
    assert rooms - 1 <= len(layout.doors) <= rooms


@given(seeds, counts)
@settings(max_examples=60, deadline=None)
def test_a_door_leaves_wall_on_both_sides_in_both_rooms(seed: int, rooms: int) -> None:
    layout = lay_out(Dice(seed, rooms), rooms)
    for door in layout.doors:
        across = 1 - door.axis
        for index in door.rooms:
            room = layout.rects[index]
            assert room[across] + 12 <= door.rect[across]
            assert door.rect[across + 2] <= room[across + 2] - 12


@given(seeds, st.integers(2, 8))
@settings(max_examples=60, deadline=None)
def test_two_doors_never_share_a_wall_stretch(seed: int, rooms: int) -> None:
    layout = lay_out(Dice(seed, rooms), rooms)
    for a, b in itertools.combinations(layout.doors, 2):
        assert a.rooms != b.rooms
        assert not (
            a.rect[0] < b.rect[2]
            and b.rect[0] < a.rect[2]
            and a.rect[1] < b.rect[3]
            and b.rect[1] < a.rect[3]
        )


@pytest.mark.parametrize("rooms", range(3, 9))
def test_nobody_walks_through_a_bathroom(rooms: int) -> None:
    through = 0
    for layout in layouts(rooms):
        uses = Counter(index for door in layout.doors for index in door.rooms)
        through += any(
            kind == "bathroom" and uses[index] > 1 for index, kind in enumerate(layout.kinds)
        )
    assert through == 0


@pytest.mark.parametrize("rooms", range(1, 9))
def test_areas_are_plausible_for_the_kind_of_room(rooms: int) -> None:
    for layout in layouts(rooms):
        for kind, (x0, y0, x1, y1) in zip(layout.kinds, layout.rects, strict=True):
            least, most, _ = KINDS[kind]
            area = (x1 - x0) * (y1 - y0) / 10_000
            assert 0.85 * least - 0.01 <= area <= (2.0 if kind == "hall" else 1.3) * most, kind


@pytest.mark.parametrize("rooms", range(1, 9))
def test_every_home_has_one_place_to_live_in(rooms: int) -> None:
    for layout in layouts(rooms):
        kinds = Counter(layout.kinds)
        assert kinds["living_room"] + kinds["studio"] == 1
        if rooms >= 5:
            assert kinds["kitchen"] == 1
            assert kinds["bathroom"] >= 1
            assert kinds["hall"] == 1


def test_homes_come_in_many_shapes() -> None:
    assert len({layout.rects for layout in layouts(5)}) > 50
    families = {tuple(sorted(layout.kinds)) for layout in layouts(7)}
    assert len(families) >= 3
