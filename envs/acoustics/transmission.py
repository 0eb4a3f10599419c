"""Sound that goes straight through walls and closed doors.

Where the straight line from source to listener leaves one room and enters the next it crosses a
wall, or a door that stands open or is shut; each wall takes what its material lets through.
"""

from __future__ import annotations

import math

from ..interface import F64
from .fading import spread
from .kernels import inner_kernel
from .model import Home
from .rooms import clamp
from .tables import MAX_ARRIVALS, TRANSMITTED, Place, Tables, Work

JOINED = 1e-4  # share of the line; rooms that are nearer than this touch
INAUDIBLE = 1e-6  # pressure at 1 m


@inner_kernel
def _span(box: F64, s: Place, d: tuple[float, float, float]) -> tuple[float, float, int, int]:
    """From where to where the line s + d t is inside a room, and through which faces."""
    enter, leave, face_in, face_out = -1e9, 1e9, 0, 0
    p = (s.x, s.y, s.z)
    for k in range(3):
        low, high = (0.0 if k == 2 else box[k]), (box[4] if k == 2 else box[k + 2])
        step = d[k] if abs(d[k]) > 1e-9 else 1e-9
        a, b = (low - p[k]) / step, (high - p[k]) / step
        upper = 1 if step > 0.0 else 0
        first, second = min(a, b), max(a, b)
        if first > enter:
            enter, face_in = first, 2 * k + 1 - upper
        if second < leave:
            leave, face_out = second, 2 * k + upper
    return enter, leave, face_in, face_out


@inner_kernel
def _door_between(
    home: Home, slot: int, a: int, b: int, s: Place, d: tuple[float, float, float], t: float
) -> int:
    """The door between rooms a and b through which the line s + d t goes near t, or -1."""
    x, y, z = s.x + d[0] * t, s.y + d[1] * t, s.z + d[2] * t
    for k in range(home.counts[slot, 1]):
        one, two = home.door_rooms[slot, k, 0], home.door_rooms[slot, k, 1]
        if (one == a and two == b) or (one == b and two == a):
            box = home.doors[slot, k]
            if box[0] <= x <= box[2] and box[1] <= y <= box[3] and z <= box[4]:
                return k
    return -1


@inner_kernel
def straight_through(  # noqa: C901 one walk
    home: Home, slot: int, tables: Tables, s: Place, r: Place, found: int, work: Work
) -> int:
    """Append what reaches a listener in another room straight through walls and closed doors.

    Returns:
        number of arrivals.
    """
    if found >= MAX_ARRIVALS:
        return found
    # Who stands in a door's tunnel is in no room: walls are counted from the nearest point of it.
    (sx, sy), (rx, ry) = clamp(home, slot, s), clamp(home, slot, r)
    start, along = Place(sx, sy, s.z, s.room, -1), (rx - sx, ry - sy, r.z - s.z)
    gains = work.gains[found]
    gains[:] = 1.0
    here, walls = s.room, 0
    for _ in range(home.counts[slot, 0]):
        if here == r.room:
            break
        _, leave, _, face_out = _span(home.rooms[slot, here], start, along)
        following, soonest, face_in = -1, 1e9, 0
        for k in range(home.counts[slot, 0]):
            if k != here:
                enter, until, face, _ = _span(home.rooms[slot, k], start, along)
                if enter < until and until > leave + 1e-9 and enter < soonest:
                    following, soonest, face_in = k, enter, face
        if following < 0:
            return found
        middle = 0.5 * (min(max(leave, 0.0), 1.0) + min(max(soonest, 0.0), 1.0))
        door = _door_between(home, slot, here, following, start, along, middle)
        if door >= 0:
            if home.leaves[slot, door, 0] < 1.0:
                walls += 1
            for b in range(gains.shape[0]):
                gains[b] *= home.leaves[slot, door, b]
        else:
            walls += 1
            for b in range(gains.shape[0]):
                out_of = home.through[slot, here, face_out, b]
                gains[b] *= math.sqrt(out_of * home.through[slot, following, face_in, b])
        here = following
    d = (r.x - s.x, r.y - s.y, r.z - s.z)
    length = math.sqrt(d[0] * d[0] + d[1] * d[1] + d[2] * d[2])
    loud = 0.0
    for b in range(gains.shape[0]):
        loud = max(loud, gains[b])
    spread(length, tables.fades, gains, 1.0)
    if walls == 0 or here != r.room or loud < INAUDIBLE:
        return found
    work.lengths[found], work.kinds[found] = max(length, 1e-9), TRANSMITTED
    for k in range(3):
        work.departures[found, k] = d[k] / max(length, 1e-9)
        work.directions[found, k] = -d[k] / max(length, 1e-9)
    return found + 1
