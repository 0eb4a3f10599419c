"""Which sounds reach the listener one by one: direct, reflected, and around corners.

In the source's room: images of the source. From another room, for each route through doors: the
taut string; reflections in the listener's room by images of the listener and reflections in the
source's room by images of the source, each with its own taut string, so that swapping source and
listener swaps the two sets and changes nothing else.
"""

from __future__ import annotations

import math

from ..interface import F32, F64, I32, kernel
from .images import image_coordinate
from .model import Home
from .paths import NEAREST, trace
from .rooms import clamp, door_distance, list_openings
from .tables import BENT, DIRECT, IMAGE, MAX_ARRIVALS, Place, Tables, Work

SOFT = 0.2  # m over which a reflection fades where the wall gives way to an opening


@kernel
def _reflect(faces: F32, image: I32, gains: F64) -> None:
    """Multiply gains by the reflectances (6, B) an image (signed counts along x, y, z) has met."""
    for axis in range(3):
        n = image[axis]
        if n != 0:
            many, few = (abs(n) + 1) // 2, abs(n) // 2
            low, high = (many, few) if n < 0 else (few, many)
            for b in range(gains.shape[0]):
                gains[b] *= faces[2 * axis, b] ** low
                gains[b] *= faces[2 * axis + 1, b] ** high


@kernel
def _fold(x: float, low: float, high: float) -> float:
    """Where an unfolded coordinate lies between two walls."""
    size = high - low
    u = (x - low) % (2.0 * size)
    return low + (2.0 * size - u if u > size else u)


@kernel
def _wall_left(
    home: Home,
    slot: int,
    room: int,
    image: I32,
    r: tuple[float, float, float],
    d: tuple[float, float, float],
) -> float:
    """Share of a reflection that meets wall, not a door's opening, at each of its bounces.

    Args:
        home: the pool's homes.
        slot: which one.
        room: of source and listener.
        image: (3,) signed counts.
        r: listener.
        d: from the listener to the image.
    """
    box, left = home.rooms[slot, room], 1.0
    for axis in range(2):
        n = image[axis]
        if n == 0:
            continue
        low, high = box[axis], box[axis + 2]
        other_low, other_high = box[1 - axis], box[3 - axis]
        for k in range(abs(n)):
            upper = (n > 0) == (k % 2 == 0)
            face = 2 * axis + (1 if upper else 0)
            holes = home.openings[slot, room, face]
            if holes[0, 1] <= holes[0, 0]:
                continue
            plane = high + k * (high - low) if n > 0 else low - k * (high - low)
            t = (plane - r[axis]) / d[axis] if abs(d[axis]) > 1e-9 else 0.0
            along = _fold(r[1 - axis] + t * d[1 - axis], other_low, other_high)
            height = _fold(r[2] + t * d[2], 0.0, box[4])
            for h in range(holes.shape[0]):
                if holes[h, 1] <= holes[h, 0]:
                    break
                inside = min(along - holes[h, 0], holes[h, 1] - along, holes[h, 2] - height)
                left *= min(max(0.5 - inside / SOFT, 0.0), 1.0)
    return left


@kernel
def _spread(length: float, air: F64, gains: F64, share: float) -> None:
    """Spread over the distance, absorb in the air, and keep a share."""
    for b in range(gains.shape[0]):
        gains[b] *= share * math.exp(-0.5 * air[b] * length) / max(length, NEAREST)


@kernel
def _same_room(
    home: Home, slot: int, order: int, tables: Tables, s: Place, r: Place, found: int, work: Work
) -> int:
    """Images of the source in the room that it shares with the listener, from number `found` on."""
    box = home.rooms[slot, r.room]
    (sx, sy), (rx, ry) = clamp(home, slot, s), clamp(home, slot, r)
    for m in range(found, tables.lattice.shape[0]):
        image = tables.lattice[m]
        if abs(image[0]) + abs(image[1]) + abs(image[2]) > order or found >= MAX_ARRIVALS:
            break
        dx = image_coordinate(image[0], sx, box[0], box[2]) - rx
        dy = image_coordinate(image[1], sy, box[1], box[3]) - ry
        dz = image_coordinate(image[2], s.z, 0.0, box[4]) - r.z
        left = _wall_left(home, slot, r.room, image, (rx, ry, r.z), (dx, dy, dz))
        if left <= 0.0:
            continue
        length = max(math.sqrt(dx * dx + dy * dy + dz * dz), 1e-9)
        work.lengths[found] = length
        work.kinds[found] = DIRECT if m == 0 else IMAGE
        work.directions[found, 0] = dx / length
        work.directions[found, 1] = dy / length
        work.directions[found, 2] = dz / length
        for k in range(3):  # what leaves the image's mirrored source, mirrored back
            d = work.directions[found, k]
            work.departures[found, k] = d if image[k] % 2 != 0 else -d
        work.gains[found, :] = 1.0
        _reflect(home.reflect[slot, r.room], image, work.gains[found])
        _spread(length, tables.air, work.gains[found], left)
        found += 1
    return found


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
        _reflect(home.leaky[slot, room], image, work.gains[found])
        _spread(work.lengths[found], tables.air, work.gains[found], 1.0)
        found += 1
    return found


@kernel
def _kind(s: Place, r: Place, length: float) -> int:
    """Whether a way of that length from s to r is straight or bent."""
    straight = math.sqrt((s.x - r.x) ** 2 + (s.y - r.y) ** 2 + (s.z - r.z) ** 2)
    return BENT if length > straight + 1e-6 else DIRECT


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
        _spread(length, tables.air, work.gains[found], 1.0)
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
        found = _same_room(home, slot, order, tables, s, r, found, work)
    if shortest > 0:
        _swap(work, 0, shortest)
    return found
