"""Through which doors sound goes from room to room: shortest routes in the graph of doors.

Found best first, each room entered at most FOLLOWED times: in a home that is every route there is,
in places of many rooms in rings their number would grow without bound.
"""

from __future__ import annotations

import heapq
from collections import Counter

import numpy as np

from ..interface import I32
from ..scenes.scene import Door, FloorPlan

ROUTES = 3  # routes kept between two rooms
FOLLOWED = (200, 6)  # times that a room is entered, in homes, and in places of MANY rooms and more
MANY = 12
LONGEST = 15  # doors; sound by farther routes is left to the diffuse field (tables.MAX_OPENINGS)
DETOUR = 1.6  # routes longer than this times the shortest, and 2 m, are left to the diffuse field


def _centre(door: Door) -> tuple[float, float]:
    """Middle of a door's tunnel."""
    return (door.box[0] + door.box[2]) / 2, (door.box[1] + door.box[3]) / 2


def _routes(plan: FloorPlan, start: int) -> list[tuple[float, tuple[int, ...], int]]:
    """Length, open doors and last room of routes that enter no room twice, shortest first."""
    exits: list[list[tuple[int, int]]] = [[] for _ in plan.rooms]
    for index, door in enumerate(plan.doors):
        if door.open:
            low, high = door.rooms
            exits[low].append((index, high))
            exits[high].append((index, low))
    followed = FOLLOWED[len(plan.rooms) > MANY]
    found: list[tuple[float, tuple[int, ...], int]] = []
    entered: Counter[int] = Counter()
    waiting: list[tuple[float, tuple[int, ...], tuple[int, ...]]] = [(0.0, (), (start,))]
    while waiting:
        length, route, rooms = heapq.heappop(waiting)
        if entered[rooms[-1]] == followed:
            continue
        entered[rooms[-1]] += 1
        if route:
            found.append((length, route, rooms[-1]))
        for index, beyond in exits[rooms[-1]]:
            if beyond not in rooms and len(route) < LONGEST:
                longer = (*route, index)
                heapq.heappush(waiting, (_length(plan, longer), longer, (*rooms, beyond)))
    return found


def _length(plan: FloorPlan, route: tuple[int, ...]) -> float:
    """Walking length between the middles of a route's first and last door."""
    points = np.array([_centre(plan.doors[d]) for d in route])
    return float(np.hypot(*np.diff(points, axis=0).T).sum()) if len(route) > 1 else 0.0


def door_routes(plan: FloorPlan) -> I32:
    """Routes between all pairs of rooms, the same there and back.

    Returns:
        (R, R, ROUTES, longest) int32: door index + 1 in walking order, 0 where a route has ended;
        shortest first; all zero where there is no further route.
    """
    rooms = range(len(plan.rooms))
    found: dict[tuple[int, int], list[tuple[float, tuple[int, ...]]]] = {}
    for start in rooms:
        for length, route, end in _routes(plan, start):
            if start < end:
                found.setdefault((start, end), []).append((length, route))
    longest = max((len(r) for routes in found.values() for _, r in routes[:ROUTES]), default=1)
    table = np.zeros((len(rooms), len(rooms), ROUTES, longest), dtype=np.int32)
    for (start, end), routes in found.items():
        limit = DETOUR * routes[0][0] + 2.0
        for rank, (length, route) in enumerate(routes[:ROUTES]):
            if length <= limit:
                doors = np.array(route) + 1
                table[start, end, rank, : len(route)] = doors
                table[end, start, rank, : len(route)] = doors[::-1]
    return table
