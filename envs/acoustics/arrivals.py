"""Which sounds reach the listener one by one: direct, reflected, and around corners.

In the source's room: images of the source. From another room, for each route through doors: the
taut string; reflections in the listener's room by images of the listener and reflections in the
source's room by images of the source, each with its own taut string, so that swapping source and
listener swaps the two sets and changes nothing else.
"""

from __future__ import annotations

import math

from ..interface import F64
from .echoes import furniture_echoes
from .fading import spread
from .images import image_coordinate
from .kernels import inner_kernel, kernel
from .model import Home
from .occlusion import Vector, straight_detour
from .paths import climb, lay, trace
from .reflections import bounce_table, reflect, room_images, shadow
from .rooms import clamp, door_distance, list_openings
from .tables import BENT, DIRECT, IMAGE, MAX_ARRIVALS, TRANSMITTED, Place, Tables, Work
from .transmission import straight_through

FAINT = 0.01  # of the loudest way: what is fainter is left out
WEAK = 0.05  # of the loudest route: reflections of weaker routes are left to the diffuse field
INSIDE = 0.25  # m from the middle of a door over which reflections of the room behind come in


@inner_kernel
def _loudest(gains: F64) -> float:
    """The largest of some gains, or 0."""
    loudest = 0.0
    for b in range(gains.shape[0]):
        loudest = max(loudest, gains[b])
    return loudest


@inner_kernel
def _end_images(  # noqa: C901 one list
    home: Home,
    slot: int,
    door: int,
    at_source: bool,
    order: int,
    tables: Tables,
    count: int,
    s: Place,
    r: Place,
    limits: tuple[float, float],
    found: int,
    work: Work,
) -> int:
    """Reflections in the room at one end of a route: images of the listener, or of the source.

    `limits` are the pressure below which arrivals are left out, and the share to keep. Images over
    each other share their way in plan.
    """
    place = s if at_source else r
    room = place.room
    box = home.rooms[slot, room]
    axis = home.door_rooms[slot, door, 2]
    inward = 1 if home.door_rooms[slot, door, 1] == room else -1  # from the door into the room
    x, y = clamp(home, slot, place)
    openings, path, fades = work.openings, work.path, tables.fades
    middle = 0.5 * (home.doors[slot, door, axis] + home.doors[slot, door, axis + 2])
    depth = abs((place.y if axis == 1 else place.x) - middle)
    share = limits[1] * min(depth / INSIDE, 1.0)
    if share <= 0.0:
        return found
    bounce_table(home.leaky[slot, room], order, work.met)
    for i in range(-order, order + 1):
        for j in range(abs(i) - order, order - abs(i) + 1):
            if (j if axis == 1 else i) * inward < 0:
                continue  # its last wall is the one that holds the door
            ix = image_coordinate(i, x, box[0], box[2])
            iy = image_coordinate(j, y, box[1], box[3])
            start, end = ((ix, iy), (r.x, r.y)) if at_source else ((s.x, s.y), (ix, iy))
            away = (start[0] - end[0]) ** 2 + (start[1] - end[1]) ** 2
            plan, laid = (0, 0.0), False
            most = order - abs(i) - abs(j)
            for k in range(-most, most + 1):
                if (i == 0 and j == 0 and k == 0) or found >= MAX_ARRIVALS:
                    continue
                image = (i, j, k)
                iz = image_coordinate(k, place.z, 0.0, box[4])
                sz, rz = (iz, r.z) if at_source else (s.z, iz)
                gains = work.gains[found]
                reflect(work.met, order, image, gains)
                loudest = share * _loudest(gains)
                if loudest < limits[0] * math.sqrt(away + (sz - rz) ** 2):
                    continue
                if not laid:
                    plan = lay(openings, count, path, start[0], start[1], end[0], end[1])
                    laid = True
                if plan[0] == 0:
                    break
                if loudest < limits[0] * math.sqrt(plan[1] ** 2 + (sz - rz) ** 2):
                    continue
                direction, departure = work.directions[found], work.departures[found]
                length = climb(
                    openings, count, path, plan, sz, rz, tables.roots, limits[0] / loudest, gains,
                    direction, departure,
                )  # fmt: skip
                if length <= 0.0:
                    continue
                spread(length, fades, gains, share)
                loudest = _loudest(gains)
                if loudest <= limits[0]:
                    continue
                fade = min((loudest - limits[0]) / limits[0], 1.0)
                for b in range(gains.shape[0]):
                    gains[b] *= fade
                work.lengths[found], work.kinds[found] = length, IMAGE
                mirrored = departure if at_source else direction
                for d in range(3):
                    if image[d] % 2 != 0:
                        mirrored[d] = -mirrored[d]
                found += 1
    return found


@inner_kernel
def _leg(
    home: Home, slot: int, room: int, start: Vector, end: Vector, ends: tuple[Vector, Vector]
) -> float:
    """Metres of detour round a room's furniture on a straight leg."""
    boxes, reach, lanes = home.solids[slot, room], home.reach[slot, room], home.lanes[slot, room]
    return straight_detour(boxes, reach, lanes, start, end, ends)


@inner_kernel
def _route_shadow(
    home: Home, slot: int, s: Place, r: Place, length: float, found: int, work: Work
) -> float:
    """Metres of detour round furniture on the first and on the last leg of a route just traced."""
    here, there = (s.x, s.y, s.z), (r.x, r.y, r.z)
    path, out, back = work.path, work.departures[found], work.directions[found]
    flat = math.sqrt(out[0] * out[0] + out[1] * out[1]) + 1e-9
    one = math.sqrt((path[1, 0] - s.x) ** 2 + (path[1, 1] - s.y) ** 2) / flat
    one = min(one, length)
    turn = (s.x + out[0] * one, s.y + out[1] * one, s.z + out[2] * one)
    extra = _leg(home, slot, s.room, here, turn, (here, there))
    if one < length - 1e-6:  # bent: the last leg is another one
        k = 1
        while k < path.shape[0] - 1 and (path[k, 0] != r.x or path[k, 1] != r.y):
            k += 1
        flat = math.sqrt(back[0] * back[0] + back[1] * back[1]) + 1e-9
        two = math.sqrt((path[k - 1, 0] - r.x) ** 2 + (path[k - 1, 1] - r.y) ** 2) / flat
        two = min(two, length)
        turn = (r.x + back[0] * two, r.y + back[1] * two, r.z + back[2] * two)
        extra += _leg(home, slot, r.room, there, turn, (here, there))
    elif s.room != r.room:
        extra += _leg(home, slot, r.room, there, here, (here, there))
    return extra


@inner_kernel
def _kind(s: Place, r: Place, length: float) -> int:
    """Whether a way of that length from s to r is straight or bent."""
    straight = math.sqrt((s.x - r.x) ** 2 + (s.y - r.y) ** 2 + (s.z - r.z) ** 2)
    return BENT if length > straight + 1e-6 else DIRECT


@inner_kernel
def _nothing(s: Place, r: Place, work: Work) -> int:
    """Enter a silent straight way, so that there is a first arrival even behind closed doors."""
    d = (s.x - r.x, s.y - r.y, s.z - r.z)
    length = max(math.sqrt(d[0] * d[0] + d[1] * d[1] + d[2] * d[2]), 1e-9)
    work.lengths[0], work.kinds[0] = length, TRANSMITTED
    work.gains[0, :] = 0.0
    for k in range(3):
        work.directions[0, k], work.departures[0, k] = d[k] / length, -d[k] / length
    return 1


@inner_kernel
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
    found, shortest, loudest = 0, 0, 0.0
    together = s.room == r.room
    routes = home.routes[slot, s.room, r.room]  # all zeros within a room
    for k in range(routes.shape[0]):
        route = routes[k]
        if together and (k > 0 or (s.tunnel < 0 and r.tunnel < 0)):
            break
        if not together and (route[0] == 0 or found >= MAX_ARRIVALS):
            break
        count = list_openings(home, slot, route, s, r, work.openings)
        gains = work.gains[found]
        gains[:] = 1.0
        length = trace(
            work.openings,
            count,
            work.path,
            (s.x, s.y, s.z),
            (r.x, r.y, r.z),
            tables.roots,
            gains,
            work.directions[found],
            work.departures[found],
        )
        if length <= 0.0:
            continue
        work.lengths[found], work.kinds[found] = length, _kind(s, r, length)
        spread(length, tables.fades, gains, 1.0)
        loud = gains[0]  # the lowest band bends best
        loudest = max(loudest, loud)
        shadow(
            _route_shadow(home, slot, s, r, length, found, work),
            tables.centres,
            tables.speed[0],
            gains,
        )
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
        share = min(loud / (WEAK * loudest) - 1.0, 1.0)
        for end in range(2):
            door = first if end == 0 else last
            limits = (FAINT * loudest, share)
            found = _end_images(
                home, slot, door, end == 0, order, tables, count, s, r, limits, found, work
            )
    if together:
        found = room_images(home, slot, order, tables, s, r, found, work)
        found = furniture_echoes(home, slot, tables, s, r, found, work)
    else:
        found = straight_through(home, slot, tables, s, r, found, work)
        found = max(found, _nothing(s, r, work) if found == 0 else 0)
    if shortest > 0:
        _swap(work, 0, shortest)
    return found
