"""Through which doors sound goes from room to room: shortest routes in the graph of doors."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from ..interface import I32
from ..scenes.scene import Door, FloorPlan

ROUTES = 3  # routes kept between two rooms
DETOUR = 1.6  # routes longer than this times the shortest, and 2 m, are left to the diffuse field


def _centre(door: Door) -> tuple[float, float]:
    """Middle of a door's tunnel."""
    return (door.box[0] + door.box[2]) / 2, (door.box[1] + door.box[3]) / 2


def _simple_routes(plan: FloorPlan, room: int, seen: tuple[int, ...]) -> Iterator[tuple[int, ...]]:
    """Every sequence of open doors that starts in `room` and enters no room twice."""
    for index, door in enumerate(plan.doors):
        if door.open and room in door.rooms:
            following = door.rooms[1] if door.rooms[0] == room else door.rooms[0]
            if following not in seen:
                yield (index,)
                for rest in _simple_routes(plan, following, (*seen, following)):
                    yield (index, *rest)


def _length(plan: FloorPlan, route: tuple[int, ...]) -> float:
    """Walking length between the middles of a route's first and last door."""
    points = np.array([_centre(plan.doors[d]) for d in route])
    return float(np.hypot(*np.diff(points, axis=0).T).sum()) if len(route) > 1 else 0.0


def _last_room(plan: FloorPlan, room: int, route: tuple[int, ...]) -> int:
    """Where a route ends."""
    for index in route:
        a, b = plan.doors[index].rooms
        room = b if room == a else a
    return room


def door_routes(plan: FloorPlan) -> I32:
    """Routes between all pairs of rooms, the same there and back.

    Returns:
        (R, R, ROUTES, longest) int32: door index + 1 in walking order, 0 where a route has ended;
        shortest first; all zero where there is no further route.
    """
    rooms = range(len(plan.rooms))
    found: dict[tuple[int, int], list[tuple[float, tuple[int, ...]]]] = {}
    for start in rooms:
        for route in _simple_routes(plan, start, (start,)):
            end = _last_room(plan, start, route)
            if start < end:
                found.setdefault((start, end), []).append((_length(plan, route), route))
    longest = max((len(r) for routes in found.values() for _, r in routes), default=1)
    table = np.zeros((len(rooms), len(rooms), ROUTES, longest), dtype=np.int32)
    for (start, end), routes in found.items():
        routes.sort()
        limit = DETOUR * routes[0][0] + 2.0
        for rank, (length, route) in enumerate(routes[:ROUTES]):
            if length <= limit:
                doors = np.array(route) + 1
                table[start, end, rank, : len(route)] = doors
                table[end, start, rank, : len(route)] = doors[::-1]
    return table
