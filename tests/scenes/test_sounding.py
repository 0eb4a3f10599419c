"""Sounding objects: where they are put, and that nothing put later silences them."""

from __future__ import annotations

from collections import Counter, defaultdict

import pytest

from soundwalk.envs.interface import CATEGORIES
from soundwalk.envs.scenes import Scene, generate
from soundwalk.envs.scenes.bodies import BODIES
from soundwalk.envs.scenes.body import Body
from soundwalk.envs.scenes.kit import Group, Piece
from soundwalk.envs.scenes.space import Space


@pytest.fixture(scope="module")
def street() -> list[Scene]:
    return [generate(seed, 2 + seed % 6) for seed in range(120)]


def test_every_category_occurs_and_none_in_most_homes(street: list[Scene]) -> None:
    found = Counter(thing.category for scene in street for thing in scene.plan.objects)
    assert set(found) == set(CATEGORIES)
    assert min(found.values()) >= 8
    assert max(found.values()) <= 0.75 * len(street)


def test_bodies_stand_only_in_fitting_rooms(street: list[Scene]) -> None:
    for scene in street:
        for thing in scene.plan.objects:
            if thing.category in BODIES and BODIES[thing.category].rooms:
                kind = scene.plan.rooms[thing.room].kind
                assert kind in BODIES[thing.category].rooms, thing


def test_a_category_is_not_tied_to_one_kind_of_room(street: list[Scene]) -> None:
    """Otherwise an agent could ignore the direction of a sound and go to the usual room."""
    where: dict[str, set[str]] = defaultdict(set)
    for scene in street:
        for thing in scene.plan.objects:
            where[thing.category].add(scene.plan.rooms[thing.room].kind)
    assert all(len(kinds) >= 2 for kinds in where.values()), where


def test_bodies_on_furniture_stand_on_it_and_hung_ones_touch_a_wall(street: list[Scene]) -> None:
    for scene in street:
        for thing in scene.plan.objects:
            x0, y0, z0, x1, y1, _ = thing.box
            room = scene.plan.rooms[thing.room].box
            on_floor = z0 == 0
            on_wall = x0 == room[0] or y0 == room[1] or x1 == room[2] or y1 == room[3]
            tops = [
                part
                for piece in scene.plan.furniture
                if piece.room == thing.room
                for part in piece.parts
                if abs(part[5] - z0) < 1e-9
            ]
            carried = any(
                part[0] < x1 and x0 < part[3] and part[1] < y1 and y0 < part[4] for part in tops
            )
            assert on_floor or on_wall or carried, (scene.name, thing)


def test_two_objects_never_share_a_place(street: list[Scene]) -> None:
    for scene in street:
        boxes = [thing.box for thing in scene.plan.objects]
        for i, a in enumerate(boxes):
            for b in boxes[i + 1 :]:
                apart = any(a[k + 3] <= b[k] or b[k + 3] <= a[k] for k in range(3))
                assert apart, (scene.name, a, b)


def test_sounds_are_as_often_behind_a_door_as_not(street: list[Scene]) -> None:
    """Objects spread over rooms: also with one other room the fullest holds at most 80 %."""
    shares = []
    for scene in street:
        held = Counter(thing.room for thing in scene.plan.objects)
        shares.append(max(held.values()) / len(scene.plan.objects))
    assert sum(shares) / len(shares) < 0.45
    assert max(shares) <= 0.8


def test_nothing_is_put_on_or_around_a_point_that_sounds() -> None:
    space = Space((0, 0, 400, 300), 250)
    space.voices.append((200, 30, 80))
    low = Group(60, 50, (Piece("block", (((0, 0, 0, 60, 50, 40), "oak"),)),))
    high = Group(60, 50, (Piece("block", (((0, 0, 0, 60, 50, 90), "oak"),)),))
    assert space.fits(low, space.pose(2, 170, 60))
    assert not space.fits(high, space.pose(2, 170, 60))
    wide = Group(280, 110, (Piece("block", (((0, 0, 0, 280, 110, 40), "oak"),)),))
    assert not space.fits(wide, space.pose(2, 60, 280))  # the agent could not come near


@pytest.mark.parametrize("body", BODIES.values(), ids=lambda body: body.category)
def test_a_body_is_large_enough_to_be_seen_and_small_enough_to_stand_there(body: Body) -> None:
    u0, v0, z0, u1, v1, z1 = body.box
    assert max(u1 - u0, z1 - z0) >= 16
    assert (u1 - u0) <= 150
    assert (v1 - v0) <= 80
    assert z0 == 0
    assert z1 <= 180
    if body.lift:
        assert body.mounts == ("wall",)
        assert body.lift >= 140  # an agent passes below
        assert body.lift + z1 <= 235
