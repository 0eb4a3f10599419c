"""Where an agent can go: checked with shapely, which the generator does not use."""

from __future__ import annotations

import itertools

import pytest
import shapely

from soundwalk.envs.interface import UNHEARD_CATEGORIES
from soundwalk.envs.scenes import Scene, generate
from soundwalk.envs.scenes.scene import blocks_agent

from .scene_laws import air, check_objects, check_passages


def test_every_room_is_reached_and_no_passage_is_narrower_than_the_agent_plus_10_cm(
    homes: list[Scene],
) -> None:
    for scene in homes:
        check_passages(scene)


def test_every_sound_leaves_its_body_within_reach_of_the_agent(homes: list[Scene]) -> None:
    for scene in homes:
        check_objects(scene)


def test_walls_are_exactly_what_is_neither_room_nor_door(homes: list[Scene]) -> None:
    for scene in homes:
        x0, y0, x1, y1 = scene.plan.bounds
        slab = shapely.box(x0 - 0.15, y0 - 0.15, x1 + 0.15, y1 + 0.15)
        walls = slab.difference(air(scene))
        covered = shapely.union_all([shapely.box(*b) for b in scene.obstacles])
        assert walls.difference(covered).area < 1e-9
        spill = covered.difference(walls)
        inside = shapely.union_all([shapely.box(*room.box) for room in scene.plan.rooms])
        assert spill.difference(inside).area < 1e-9  # furniture never stands in a door


def test_all_that_reaches_into_the_agents_height_is_an_obstacle(homes: list[Scene]) -> None:
    for scene in homes:
        covered = shapely.union_all([shapely.box(*b) for b in scene.obstacles]).buffer(1e-9)
        for piece in scene.plan.furniture:
            for part in piece.parts:
                if blocks_agent(part):
                    x0, y0, _, x1, y1, _ = part
                    assert covered.contains(shapely.box(x0, y0, x1, y1)), (scene.name, piece.kind)


def test_rooms_do_not_overlap_and_doors_span_the_wall_between_their_rooms(
    homes: list[Scene],
) -> None:
    for scene in homes:
        rooms = scene.plan.rooms
        for a, b in itertools.combinations(rooms, 2):
            assert shapely.box(*a.box).distance(shapely.box(*b.box)) >= 0.1 - 1e-9
        for door in scene.plan.doors:
            first, second = (rooms[index].box for index in door.rooms)
            assert door.box[door.axis] == first[door.axis + 2]
            assert door.box[door.axis + 2] == second[door.axis]
            assert 0.9 - 1e-9 <= door.width <= 1.0 + 1e-9
            assert door.height == 2.05
            x0, y0, x1, y1 = door.box
            assert scene.plan.room_at((x0 + x1) / 2, (y0 + y1) / 2) in door.rooms


def test_every_home_holds_at_least_five_heard_and_two_unheard_objects(homes: list[Scene]) -> None:
    for scene in homes:
        categories = [thing.category for thing in scene.plan.objects]
        assert len(set(categories)) == len(categories)
        unheard = sum(category in UNHEARD_CATEGORIES for category in categories)
        assert unheard >= 2
        assert len(categories) - unheard >= 5
        assert 8 <= len(categories) <= 12


def test_objects_are_spread_over_the_rooms(homes: list[Scene]) -> None:
    for scene in homes:
        rooms = {thing.room for thing in scene.plan.objects}
        assert len(rooms) >= min(len(scene.plan.rooms), 3), scene.name


@pytest.mark.parametrize("rooms", range(1, 9))
def test_any_seed_gives_a_home_with_that_many_rooms_and_enough_objects(rooms: int) -> None:
    for seed in range(25):
        scene = generate(10_000 + seed, rooms)
        assert len(scene.plan.rooms) == rooms
        assert len(scene.plan.doors) >= rooms - 1
        assert len(scene.plan.objects) >= 8


@pytest.mark.slow
@pytest.mark.parametrize("rooms", range(1, 9))
def test_the_laws_hold_in_two_thousand_homes(rooms: int) -> None:
    for seed in range(250):
        scene = generate(seed, rooms)
        check_passages(scene)
        check_objects(scene)
        assert len(scene.plan.objects) >= 8
