"""Where a point is in a home, and which openings lie on a route: the kernels' view of the plan."""

from __future__ import annotations

import math

from ..interface import F64, I32
from .kernels import inner_kernel, kernel
from .model import Home
from .tables import LISTENER_WIDE, SOURCE_WIDE, Place

OFF_WALLS = 1e-3  # m
ENDLESS = 1e3  # m, height of an opening that reaches the ceiling


@kernel
def locate(home: Home, slot: int, x: float, y: float, z: float) -> Place:
    """The place of a point; outside of everything, the nearest room."""
    best, room, tunnel = 1e30, 0, -1
    for k in range(home.counts[slot, 0]):
        b = home.rooms[slot, k]
        dx, dy = max(b[0] - x, x - b[2], 0.0), max(b[1] - y, y - b[3], 0.0)
        if dx * dx + dy * dy < best:
            best, room = dx * dx + dy * dy, k
    for d in range(home.counts[slot, 1]):
        b = home.doors[slot, d]
        if best > 0.0 and b[0] <= x <= b[2] and b[1] <= y <= b[3]:
            across_y = home.door_rooms[slot, d, 2] == 1
            upper = y > 0.5 * (b[1] + b[3]) if across_y else x > 0.5 * (b[0] + b[2])
            room, tunnel = int(home.door_rooms[slot, d, 1 if upper else 0]), d
    return Place(x, y, z, room, tunnel)


@inner_kernel
def clamp(home: Home, slot: int, place: Place) -> tuple[float, float]:
    """The point of the place's room that is nearest to it; differs from it in a door's tunnel.

    It lies off the walls: of two points on one wall none could say where between them it reflects.
    """
    b = home.rooms[slot, place.room]
    x = min(max(place.x, b[0] + OFF_WALLS), b[2] - OFF_WALLS)
    return x, min(max(place.y, b[1] + OFF_WALLS), b[3] - OFF_WALLS)


@inner_kernel
def _edge(kind: int, forward: bool) -> int:
    """An edge as seen while walking: the first room is the lower one if one walks forward."""
    if kind < SOURCE_WIDE or forward:
        return kind
    return LISTENER_WIDE if kind == SOURCE_WIDE else SOURCE_WIDE


@inner_kernel
def _add_face(
    home: Home, slot: int, door: int, forward: bool, upper: bool, openings: F64, count: int
) -> int:
    """Append a face of a door's tunnel; `forward`: it is walked towards larger coordinates."""
    b = home.doors[slot, door]
    if home.door_rooms[slot, door, 2] == 0:
        at = b[2] if upper else b[0]
        openings[count, 0], openings[count, 1] = at, b[3] if forward else b[1]
        openings[count, 2], openings[count, 3] = at, b[1] if forward else b[3]
    else:
        at = b[3] if upper else b[1]
        openings[count, 0], openings[count, 1] = b[0] if forward else b[2], at
        openings[count, 2], openings[count, 3] = b[2] if forward else b[0], at
    edges, axis = home.door_edges[slot, door], home.door_rooms[slot, door, 2]
    left_high = (axis == 0) == forward
    openings[count, 4] = b[4] if edges[2] > 0 else ENDLESS
    openings[count, 5] = door
    openings[count, 6] = _edge(edges[1 if left_high else 0], forward)
    openings[count, 7] = _edge(edges[0 if left_high else 1], forward)
    return count + 1


@kernel
def list_openings(home: Home, slot: int, route: I32, s: Place, r: Place, openings: F64) -> int:
    """The faces of door tunnels between two places, in walking order.

    Args:
        home: the pool's homes.
        slot: which one.
        route: door index + 1, zeros at the end; all zero within a room.
        s: start. A start inside a tunnel leaves it towards its room first.
        r: end.
        openings: (P, OPENING_COLUMNS), filled; a joint without thickness has one face.

    Returns:
        number of faces.
    """
    length = 0
    while length < route.shape[0] and route[length] > 0:
        length += 1
    if length == 0 and s.tunnel >= 0 and s.tunnel == r.tunnel:
        return 0
    count = 0
    if s.tunnel >= 0 and (length == 0 or route[0] - 1 != s.tunnel):
        lower = home.door_rooms[slot, s.tunnel, 0] == s.room
        count = _add_face(home, slot, s.tunnel, not lower, not lower, openings, count)
    here = s.room
    for k in range(length):
        door = route[k] - 1
        forward = home.door_rooms[slot, door, 0] == here
        if k > 0 or door != s.tunnel:
            count = _add_face(home, slot, door, forward, not forward, openings, count)
        axis = home.door_rooms[slot, door, 2]
        thick = home.doors[slot, door, axis + 2] > home.doors[slot, door, axis]
        if thick and (k < length - 1 or door != r.tunnel):
            count = _add_face(home, slot, door, forward, forward, openings, count)
        here = home.door_rooms[slot, door, 1 if forward else 0]
    if r.tunnel >= 0 and (length == 0 or route[length - 1] - 1 != r.tunnel):
        lower = home.door_rooms[slot, r.tunnel, 0] == r.room
        count = _add_face(home, slot, r.tunnel, lower, not lower, openings, count)
    return count


@kernel
def door_distance(home: Home, slot: int, door: int, place: Place) -> float:
    """Distance in plan from a place to the nearest point of a door's tunnel."""
    b = home.doors[slot, door]
    dx = max(b[0] - place.x, place.x - b[2], 0.0)
    dy = max(b[1] - place.y, place.y - b[3], 0.0)
    return math.sqrt(dx * dx + dy * dy)


@kernel
def door_view(home: Home, slot: int, door: int, place: Place) -> float:
    """Share of all directions that a door's opening fills, seen from a place: 0 to 1/2.

    Solid angle of a rectangle by the sum of four corners, divided by 4 pi.
    """
    b = home.doors[slot, door]
    if home.door_rooms[slot, door, 2] == 0:
        away = abs(place.x - 0.5 * (b[0] + b[2]))
        low, high = b[1] - place.y, b[3] - place.y
    else:
        away = abs(place.y - 0.5 * (b[1] + b[3]))
        low, high = b[0] - place.x, b[2] - place.x
    away = max(away, 1e-6)
    bottom, top = -place.z, b[4] - place.z
    angle = 0.0
    for corner in range(4):
        u = high if corner % 2 == 1 else low
        v = top if corner >= 2 else bottom
        sign = 1.0 if (corner == 0 or corner == 3) else -1.0
        angle += sign * math.atan(u * v / (away * math.sqrt(away * away + u * u + v * v)))
    return min(max(angle / (4.0 * math.pi), 0.0), 0.5)
