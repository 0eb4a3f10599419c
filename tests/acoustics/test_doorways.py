"""Routes of sound through doors, against all simple ways found by exhaustive search."""

from __future__ import annotations

import dataclasses
import itertools
import math

import numpy as np
import pytest

from soundwalk.envs.acoustics.doorways import DETOUR, ROUTES, door_routes
from soundwalk.envs.interface import I32
from soundwalk.envs.scenes.scene import Door, FloorPlan, Room

PITCH = 4.1  # m: rooms of 4 m and walls of 10 cm


def grid(columns: int, rows: int, places: dict[tuple[int, int], float]) -> FloorPlan:
    """Rooms in rows from the south-west on, and doors between pairs of them.

    Args:
        columns: rooms from west to east.
        rows: rooms from south to north.
        places: where in the common wall the door of each pair begins, metres.
    """
    corners = [(PITCH * i, PITCH * j) for j in range(rows) for i in range(columns)]
    rooms = tuple(Room("room", (x, y, x + 4, y + 4), 2.6, (0,) * 6) for x, y in corners)
    doors = []
    for (low, high), at in places.items():
        x, y = corners[low]
        axis = int(high != low + 1)
        box = (x + 4, y + at, x + PITCH, y + at + 0.9)
        if axis == 1:
            box = (x + at, y + 4, x + at + 0.9, y + PITCH)
        doors.append(Door((low, high), box, 2.05, axis))
    return FloorPlan(rooms, tuple(doors))


def drawn(seed: int) -> FloorPlan:
    """Three by three rooms; of the twelve possible doors one in ten is missing or closed."""
    rng = np.random.default_rng(seed)
    pairs = [(r, r + 1) for r in range(9) if r % 3 < 2] + [(r, r + 3) for r in range(6)]
    kept = [pair for pair in pairs if rng.random() < 0.95]
    plan = grid(3, 3, {pair: float(rng.uniform(0.2, 2.9)) for pair in kept})
    shut = tuple(dataclasses.replace(d, open=bool(rng.random() < 0.95), leaf=0) for d in plan.doors)
    return dataclasses.replace(plan, doors=shut)


def walked(plan: FloorPlan, route: tuple[int, ...]) -> float:
    """Metres from the middle of the first door to that of the last."""
    middles = [np.add(plan.doors[d].box[:2], plan.doors[d].box[2:]) / 2 for d in route]
    return sum(math.dist(a, b) for a, b in itertools.pairwise(middles))


def all_ways(plan: FloorPlan, start: int, end: int) -> list[tuple[float, tuple[int, ...]]]:
    """Every way through open doors that enters no room twice, the shortest first."""
    found: list[tuple[float, tuple[int, ...]]] = []

    def follow(here: int, route: tuple[int, ...], seen: frozenset[int]) -> None:
        if here == end:
            found.append((walked(plan, route), route))
            return
        for index, door in enumerate(plan.doors):
            if door.open and here in door.rooms:
                beyond = sum(door.rooms) - here
                if beyond not in seen:
                    follow(beyond, (*route, index), seen | {beyond})

    follow(start, (), frozenset({start}))
    return sorted(found)


def routes(table: I32, start: int, end: int) -> list[tuple[int, ...]]:
    """What the table holds of a pair of rooms, doors counted from 0."""
    rows = [tuple(int(d) - 1 for d in row if d > 0) for row in table[start, end]]
    return [row for row in rows if row]


def test_the_routes_kept_are_the_shortest_of_all_that_enter_no_room_twice() -> None:
    counts = [0] * (ROUTES + 1)
    for plan in map(drawn, range(12)):
        table = door_routes(plan)
        for start, end in itertools.combinations(range(9), 2):
            ways = all_ways(plan, start, end)[:ROUTES]
            limit = DETOUR * ways[0][0] + 2.0 if ways else 0.0
            expected = [route for length, route in ways if length <= limit]
            assert routes(table, start, end) == expected
            counts[len(expected)] += 1
    assert min(counts) > 5  # pairs of no route, of one, two and three


@pytest.mark.parametrize("seed", range(4))
def test_the_way_back_is_the_way_there(seed: int) -> None:
    table = door_routes(drawn(seed))
    for start, end in itertools.permutations(range(9), 2):
        back = [route[::-1] for route in routes(table, end, start)]
        assert routes(table, start, end) == back


def test_a_route_that_is_a_great_detour_is_left_to_the_diffuse_field() -> None:
    """Straight to the next room: 0 m between doors; round the ring of four rooms 2 m are allowed.

    With all doors near the middle the way round is 5.7 m from its first door to its last, with
    doors near the corner where the rooms meet 1.7 m.
    """
    pairs = ((0, 1), (0, 2), (1, 3), (2, 3))
    for inner, count in ((False, 1), (True, 2)):
        at = {(0, 1): 3.0, (0, 2): 3.0, (1, 3): 0.1, (2, 3): 0.1}
        plan = grid(2, 2, at if inner else dict.fromkeys(pairs, 1.5))
        round_about = walked(plan, (1, 3, 2))
        assert (round_about <= 2.0) == inner
        found = routes(door_routes(plan), 0, 1)
        assert found == [(0,), (1, 3, 2)][:count]


def test_two_doors_between_the_same_rooms_are_two_routes() -> None:
    plan = grid(2, 1, {(0, 1): 0.3})
    second = dataclasses.replace(plan.doors[0], box=(4.0, 2.5, PITCH, 3.4))
    both = dataclasses.replace(plan, doors=(*plan.doors, second))
    assert routes(door_routes(both), 0, 1) == [(0,), (1,)]
    shut = dataclasses.replace(both, doors=(dataclasses.replace(second, open=False), second))
    assert routes(door_routes(shut), 1, 0) == [(1,)]


def test_rooms_without_an_open_door_have_no_routes() -> None:
    plan = grid(3, 1, {(0, 1): 1.0})
    table = door_routes(plan)
    assert table.shape == (3, 3, ROUTES, 1)
    assert routes(table, 0, 1) == [(0,)]
    assert not table[2].any()
    assert not table[:, 2].any()
    closed = dataclasses.replace(
        plan, doors=(dataclasses.replace(plan.doors[0], open=False, leaf=0),)
    )
    assert not door_routes(closed).any()
