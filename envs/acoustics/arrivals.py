"""Which sounds reach the listener one by one: direct, reflected, and around corners.

In the source's room: images of the source. From another room, for each route through doors: the
taut string; reflections in the listener's room by images of the listener and reflections in the
source's room by images of the source, each with its own taut string, so that swapping source and
listener swaps the two sets and changes nothing else.
"""

from __future__ import annotations

import math

from ..interface import kernel
from .images import image_coordinate
from .paths import NEAREST, trace

MAX_ARRIVALS = 512


@kernel
def locate(home, slot, x, y):  # type: ignore[no-untyped-def]
    """Room at (x, y), and door tunnel or -1; outside everything the nearest room."""
    rooms, doors = home.counts[slot, 0], home.counts[slot, 1]
    for r in range(rooms):
        b = home.rooms[slot, r]
        if b[0] <= x <= b[2] and b[1] <= y <= b[3]:
            return r, -1
    for d in range(doors):
        b = home.doors[slot, d]
        if b[0] <= x <= b[2] and b[1] <= y <= b[3]:
            if home.door_rooms[slot, d, 2] == 0:
                upper = x > 0.5 * (b[0] + b[2])
            else:
                upper = y > 0.5 * (b[1] + b[3])
            return home.door_rooms[slot, d, 1 if upper else 0], d
    best, nearest = 1e30, 0
    for r in range(rooms):
        b = home.rooms[slot, r]
        dx, dy = max(b[0] - x, x - b[2], 0.0), max(b[1] - y, y - b[3], 0.0)
        if dx * dx + dy * dy < best:
            best, nearest = dx * dx + dy * dy, r
    return nearest, -1


@kernel
def _add_face(home, slot, door, forward, upper_face, portals, count):  # type: ignore[no-untyped-def]
    """Append one face of a door's tunnel; `forward`: walked towards larger coordinates."""
    b = home.doors[slot, door]
    if home.door_rooms[slot, door, 2] == 0:
        at = b[2] if upper_face else b[0]
        portals[count, 0], portals[count, 1] = at, b[3] if forward else b[1]
        portals[count, 2], portals[count, 3] = at, b[1] if forward else b[3]
    else:
        at = b[3] if upper_face else b[1]
        portals[count, 0], portals[count, 1] = b[0] if forward else b[2], at
        portals[count, 2], portals[count, 3] = b[2] if forward else b[0], at
    portals[count, 4] = b[4]
    return count + 1


@kernel
def _portals(home, slot, route, room, tunnel, end_room, end_tunnel, portals):  # type: ignore[no-untyped-def]
    """List the openings on the way from (room, tunnel) to (end_room, end_tunnel)."""
    count = 0
    length = 0
    while length < route.shape[0] and route[length] > 0:
        length += 1
    if length == 0 and tunnel >= 0 and tunnel == end_tunnel:
        return 0
    if tunnel >= 0 and (length == 0 or route[0] - 1 != tunnel):
        lower = home.door_rooms[slot, tunnel, 0] == room  # steps out into the lower room
        count = _add_face(home, slot, tunnel, not lower, not lower, portals, count)
    here = room
    for k in range(length):
        door = route[k] - 1
        forward = home.door_rooms[slot, door, 0] == here
        if not (k == 0 and door == tunnel):
            count = _add_face(home, slot, door, forward, not forward, portals, count)
        if not (k == length - 1 and door == end_tunnel):
            count = _add_face(home, slot, door, forward, forward, portals, count)
        here = home.door_rooms[slot, door, 1 if forward else 0]
    if end_tunnel >= 0 and (length == 0 or route[length - 1] - 1 != end_tunnel):
        lower = home.door_rooms[slot, end_tunnel, 0] == end_room
        count = _add_face(home, slot, end_tunnel, lower, not lower, portals, count)
    return count


@kernel
def _reflections(home, slot, room, image, gains):  # type: ignore[no-untyped-def]
    """Multiply gains by the reflectances an image has met; image: signed counts along x, y, z."""
    for axis in range(3):
        n = image[axis]
        if n != 0:
            many, few = (abs(n) + 1) // 2, abs(n) // 2
            low = many if n < 0 else few
            high = few if n < 0 else many
            for b in range(gains.shape[0]):
                gains[b] *= home.reflect[slot, room, 2 * axis, b] ** low
                gains[b] *= home.reflect[slot, room, 2 * axis + 1, b] ** high


@kernel
def _finish(length, air, gains):  # type: ignore[no-untyped-def]
    """Spread over the distance and absorb in the air."""
    for b in range(gains.shape[0]):
        gains[b] *= math.exp(-0.5 * air[b] * length) / max(length, NEAREST)


@kernel
def _same_room(
    home, slot, room, order, lattice, air, s, r, skip, found, lengths, directions, gains
):  # type: ignore[no-untyped-def]
    """Images of the source in the room that it shares with the listener."""
    box = home.rooms[slot, room]
    rx, ry = min(max(r[0], box[0]), box[2]), min(max(r[1], box[1]), box[3])
    sx, sy = min(max(s[0], box[0]), box[2]), min(max(s[1], box[1]), box[3])
    for m in range(skip, lattice.shape[0]):
        image = lattice[m]
        if abs(image[0]) + abs(image[1]) + abs(image[2]) > order or found >= MAX_ARRIVALS:
            break
        dx = image_coordinate(image[0], sx, box[0], box[2]) - rx
        dy = image_coordinate(image[1], sy, box[1], box[3]) - ry
        dz = image_coordinate(image[2], s[2], 0.0, box[4]) - r[2]
        length = max(math.sqrt(dx * dx + dy * dy + dz * dz), 1e-9)
        lengths[found] = length
        directions[found, 0] = dx / length
        directions[found, 1] = dy / length
        directions[found, 2] = dz / length
        gains[found, :] = 1.0
        _reflections(home, slot, room, image, gains[found])
        _finish(length, air, gains[found])
        found += 1
    return found


@kernel
def _end_images(
    home,
    slot,
    room,
    door,
    at_source,
    order,
    lattice,
    air,
    centres,
    portals,
    count,
    s,
    r,
    path,
    found,
    lengths,
    directions,
    gains,
):  # type: ignore[no-untyped-def]
    """Reflections in the room at one end of a route: images of the listener, or of the source."""
    box = home.rooms[slot, room]
    axis = home.door_rooms[slot, door, 2]
    inward = 1 if home.door_rooms[slot, door, 1] == room else -1  # from the door into the room
    end = s if at_source else r
    x, y = min(max(end[0], box[0]), box[2]), min(max(end[1], box[1]), box[3])
    for m in range(1, lattice.shape[0]):
        image = lattice[m]
        if abs(image[0]) + abs(image[1]) + abs(image[2]) > order or found >= MAX_ARRIVALS:
            break
        if image[axis] * inward < 0:
            continue  # it would leave through the wall that holds the door
        ix = image_coordinate(image[0], x, box[0], box[2])
        iy = image_coordinate(image[1], y, box[1], box[3])
        iz = image_coordinate(image[2], end[2], 0.0, box[4])
        gains[found, :] = 1.0
        direction = directions[found]
        if at_source:
            length = trace(
                portals, count, ix, iy, iz, r[0], r[1], r[2], path, centres, gains[found], direction
            )
        else:
            length = trace(
                portals, count, s[0], s[1], s[2], ix, iy, iz, path, centres, gains[found], direction
            )
            for k in range(3):
                if image[k] % 2 != 0:
                    direction[k] = -direction[k]
        _reflections(home, slot, room, image, gains[found])
        _finish(length, air, gains[found])
        lengths[found] = length
        found += 1
    return found


@kernel
def find_arrivals(
    home,
    slot,
    order,
    lattice,
    air,
    centres,
    s,
    room_s,
    tunnel_s,
    r,
    room_r,
    tunnel_r,
    portals,
    path,
    lengths,
    directions,
    gains,
):  # type: ignore[no-untyped-def]
    """Fill `lengths` (A,), `directions` (A, 3), `gains` (A, B) with what reaches the listener.

    The first entry is the shortest way through doors (or the direct sound); directions are unit
    vectors in the world from the listener towards where the sound comes from; gains hold spreading,
    air, reflections and bends.

    Returns:
        number of arrivals.
    """
    found = 0
    if room_s == room_r:
        if tunnel_s < 0 and tunnel_r < 0:
            return _same_room(
                home, slot, room_s, order, lattice, air, s, r, 0, 0, lengths, directions, gains
            )
        count = _portals(home, slot, lattice[0], room_s, tunnel_s, room_r, tunnel_r, portals)
        gains[0, :] = 1.0
        lengths[0] = trace(
            portals,
            count,
            s[0],
            s[1],
            s[2],
            r[0],
            r[1],
            r[2],
            path,
            centres,
            gains[0],
            directions[0],
        )
        _finish(lengths[0], air, gains[0])
        return _same_room(
            home, slot, room_s, order, lattice, air, s, r, 1, 1, lengths, directions, gains
        )
    shortest = 0
    routes = home.routes[slot, room_s, room_r]
    for k in range(routes.shape[0]):
        route = routes[k]
        if route[0] == 0:
            break
        first = route[0] - 1
        last = first
        for i in range(route.shape[0]):
            if route[i] > 0:
                last = route[i] - 1
        count = _portals(home, slot, route, room_s, tunnel_s, room_r, tunnel_r, portals)
        direct = found
        gains[found, :] = 1.0
        lengths[found] = trace(
            portals,
            count,
            s[0],
            s[1],
            s[2],
            r[0],
            r[1],
            r[2],
            path,
            centres,
            gains[found],
            directions[found],
        )
        _finish(lengths[found], air, gains[found])
        found += 1
        if lengths[direct] < lengths[shortest]:
            shortest = direct
        found = _end_images(
            home,
            slot,
            room_s,
            first,
            True,
            order - 1,
            lattice,
            air,
            centres,
            portals,
            count,
            s,
            r,
            path,
            found,
            lengths,
            directions,
            gains,
        )
        found = _end_images(
            home,
            slot,
            room_r,
            last,
            False,
            order - 1,
            lattice,
            air,
            centres,
            portals,
            count,
            s,
            r,
            path,
            found,
            lengths,
            directions,
            gains,
        )
    if shortest > 0:
        lengths[0], lengths[shortest] = lengths[shortest], lengths[0]
        for k in range(3):
            a, b = directions[0, k], directions[shortest, k]
            directions[0, k], directions[shortest, k] = b, a
        for k in range(gains.shape[1]):
            g, h = gains[0, k], gains[shortest, k]
            gains[0, k], gains[shortest, k] = h, g
    return found
