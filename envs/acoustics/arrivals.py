"""Which sounds reach the listener one by one: direct, reflected, and around corners.

In the source's room: images of the source. From another room, for each route through doors: the
taut string; reflections in the listener's room by images of the listener and reflections in the
source's room by images of the source, each with its own taut string, so that swapping source and
listener swaps the two sets and changes nothing else.
"""

from __future__ import annotations

import math

from ..interface import kernel
from .echoes import furniture_echoes
from .images import image_coordinate
from .model import Home
from .paths import trace
from .reflections import reflect, room_images, spread
from .rooms import clamp, door_distance, list_openings
from .tables import BENT, DIRECT, IMAGE, MAX_ARRIVALS, TRANSMITTED, Place, Tables, Work
from .transmission import straight_through


@kernel
def _end_images(
    home: Home,
    slot: int,
    door: int,
    at_source: bool,
    order: int,
    tables: Tables,
    count: int,
    s: Place,
    r: Place,
    found: int,
    work: Work,
) -> int:
    """Reflections in the room at one end of a route: images of the listener, or of the source."""
    place = s if at_source else r
    room = place.room
    box = home.rooms[slot, room]
    axis = home.door_rooms[slot, door, 2]
    inward = 1 if home.door_rooms[slot, door, 1] == room else -1  # from the door into the room
    x, y = clamp(home, slot, place)
    for m in range(1, tables.lattice.shape[0]):
        image = tables.lattice[m]
        if abs(image[0]) + abs(image[1]) + abs(image[2]) > order or found >= MAX_ARRIVALS:
            break
        if image[axis] * inward < 0:
            continue  # its last wall is the one that holds the door
        ix = image_coordinate(image[0], x, box[0], box[2])
        iy = image_coordinate(image[1], y, box[1], box[3])
        iz = image_coordinate(image[2], place.z, 0.0, box[4])
        start = (ix, iy, iz) if at_source else (s.x, s.y, s.z)
        end = (r.x, r.y, r.z) if at_source else (ix, iy, iz)
        work.gains[found, :] = 1.0
        trace(work, count, start, end, tables, found)
        work.kinds[found] = IMAGE
        mirrored = work.departures[found] if at_source else work.directions[found]
        for k in range(3):
            if image[k] % 2 != 0:
                mirrored[k] = -mirrored[k]
        reflect(home.leaky[slot, room], image, work.gains[found])
        spread(work.lengths[found], tables.air, work.gains[found], 1.0)
        found += 1
    return found


@kernel
def _kind(s: Place, r: Place, length: float) -> int:
    """Whether a way of that length from s to r is straight or bent."""
    straight = math.sqrt((s.x - r.x) ** 2 + (s.y - r.y) ** 2 + (s.z - r.z) ** 2)
    return BENT if length > straight + 1e-6 else DIRECT


@kernel
def _nothing(s: Place, r: Place, work: Work) -> int:
    """Enter a silent straight way, so that there is a first arrival even behind closed doors."""
    d = (s.x - r.x, s.y - r.y, s.z - r.z)
    length = max(math.sqrt(d[0] * d[0] + d[1] * d[1] + d[2] * d[2]), 1e-9)
    work.lengths[0], work.kinds[0] = length, TRANSMITTED
    work.gains[0, :] = 0.0
    for k in range(3):
        work.directions[0, k], work.departures[0, k] = d[k] / length, -d[k] / length
    return 1


@kernel
def _swap(work: Work, a: int, b: int) -> None:
    """Exchange two arrivals."""
    work.lengths[a], work.lengths[b] = work.lengths[b], work.lengths[a]
    work.kinds[a], work.kinds[b] = work.kinds[b], work.kinds[a]
    for rows in (work.directions, work.departures, work.gains):
        for k in range(rows.shape[1]):
            u, v = rows[a, k], rows[b, k]
            rows[a, k], rows[b, k] = v, u


@kernel
def find_arrivals(  # noqa: C901 one list
    home: Home, slot: int, order: int, tables: Tables, s: Place, r: Place, work: Work
) -> int:
    """List what reaches the listener, and by which way, in `work`; set its `stay`.

    The first entry is the shortest way through doors (or the direct sound). Gains hold spreading,
    air, reflections and bends.

    Args:
        home: the pool's homes.
        slot: which one.
        order: reflections to draw.
        tables: constants.
        s: source.
        r: listener.
        work: filled.

    Returns:
        number of arrivals.
    """
    work.stay[0], work.stay[1] = 1.0, 1.0
    found, shortest = 0, 0
    together = s.room == r.room
    routes = home.routes[slot, s.room, r.room]  # all zeros within a room
    for k in range(routes.shape[0]):
        route = routes[k]
        if together and (k > 0 or (s.tunnel < 0 and r.tunnel < 0)):
            break
        if not together and (route[0] == 0 or found >= MAX_ARRIVALS):
            break
        count = list_openings(home, slot, route, s, r, work.openings)
        work.gains[found, :] = 1.0
        trace(work, count, (s.x, s.y, s.z), (r.x, r.y, r.z), tables, found)
        length = work.lengths[found]
        work.kinds[found] = _kind(s, r, length)
        spread(length, tables.air, work.gains[found], 1.0)
        best = found == 0 or length < work.lengths[shortest]
        shortest = found if best else shortest
        found += 1
        if together:
            break
        first, last = route[0] - 1, route[0] - 1
        for i in range(route.shape[0]):
            last = route[i] - 1 if route[i] > 0 else last
        if best:
            a, b = door_distance(home, slot, first, s), door_distance(home, slot, last, r)
            whole = max(a + b if first == last else max(length, a + b), 1e-6)
            work.stay[0], work.stay[1] = a / whole, b / whole
        for end in range(2):
            door = first if end == 0 else last
            found = _end_images(home, slot, door, end == 0, order, tables, count, s, r, found, work)
    if together:
        found = room_images(home, slot, order, tables, s, r, found, work)
        found = furniture_echoes(home, slot, tables, s, r, found, work)
    else:
        found = straight_through(home, slot, tables, s, r, found, work)
        found = max(found, _nothing(s, r, work) if found == 0 else 0)
    if shortest > 0:
        _swap(work, 0, shortest)
    return found
