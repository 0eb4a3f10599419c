"""Reflections in a room that source and listener share: each way is walked from wall to wall.

Where it meets a door's opening it is lost, where it meets furniture it loses what the detour costs.
"""

from __future__ import annotations

import math

from ..interface import F32, F64, I32
from .edges import edge_gain
from .fading import spread
from .images import image_coordinate
from .kernels import inner_kernel, kernel
from .model import Home
from .occlusion import Vector, blocked
from .rooms import clamp
from .tables import DIRECT, IMAGE, MAX_ARRIVALS, Place, Tables, Work

FRAME = 0.2  # share of the pressure of reflections that a door's frame hides from its middle
SOFT = 0.2  # m over which a reflection fades where the wall gives way to an opening


@inner_kernel
def bounce_table(faces: F32, order: int, met: F64) -> None:
    """What each number of reflections along each axis leaves, into met (3, >= 2 order + 1, B).

    met[axis, order + n] belongs to the signed number n of an image: a positive one meets the upper
    wall of `faces` (6, B) last, and then both in turn.
    """
    for axis in range(3):
        low, high = faces[2 * axis], faces[2 * axis + 1]
        met[axis, order, :] = 1.0
        for n in range(1, order + 1):
            first, last = (low, high) if n % 2 == 1 else (high, low)
            for b in range(met.shape[2]):
                met[axis, order + n, b] = met[axis, order + n - 1, b] * last[b]
                met[axis, order - n, b] = met[axis, order - n + 1, b] * first[b]


@inner_kernel
def reflect(met: F64, order: int, image: I32 | tuple[int, int, int], gains: F64) -> None:
    """Set gains to the reflectances an image (signed counts along x, y, z) has met."""
    x, y, z = met[0, order + image[0]], met[1, order + image[1]], met[2, order + image[2]]
    for b in range(gains.shape[0]):
        gains[b] = x[b] * y[b] * z[b]


@kernel
def shadow(extra: float, centres: F64, speed: float, gains: F64) -> None:
    """Multiply gains by what a detour of `extra` metres costs."""
    if extra > 0.0:
        for b in range(gains.shape[0]):
            gains[b] *= edge_gain(extra, centres[b], speed)


@inner_kernel
def _wall_left(holes: F64, along: float, height: float) -> float:
    """Share of a reflection that meets wall and not one of its openings (H, 3)."""
    left = 1.0
    for h in range(holes.shape[0]):
        if holes[h, 1] <= holes[h, 0]:
            break
        inside = min(along - holes[h, 0], holes[h, 1] - along, holes[h, 2] - height)
        left *= min(max(0.5 - inside / SOFT, 0.0), 1.0)
    return left


@inner_kernel
def _walk(
    box: F64,
    openings: F64,
    boxes: F32,
    reach: F64,
    lanes: int,
    image: I32,
    d: Vector,
    s: Vector,
    r: Vector,
) -> tuple[float, float]:
    """Follow an image's way from the listener r along d, wall by wall, back to the source s.

    Args:
        box: (5,) the room.
        openings: (4, H, 3) in its walls.
        boxes: (6, N) of its furniture.
        reach: (N, 6) of its furniture.
        lanes: how many of them to test.
        image: (3,) signed counts.
        d: from the listener to the image.
        s: the source.
        r: the listener.

    Returns:
        share of it that meets walls and no openings, and metres of detour round furniture.
    """
    # Along each axis: walls still to be met, when (0 at the listener, 1 at the source), how often.
    nx, ny, nz = abs(image[0]), abs(image[1]), abs(image[2])
    vx, vy, vz = d
    px, py, pz = r
    ix, iy, iz = 1.0 / vx, 1.0 / vy, 1.0 / vz
    tx = ((box[2] if vx > 0.0 else box[0]) - px) * ix if nx > 0 else 2.0
    ty = ((box[3] if vy > 0.0 else box[1]) - py) * iy if ny > 0 else 2.0
    tz = ((box[4] if vz > 0.0 else 0.0) - pz) * iz if nz > 0 else 2.0
    sx, sy, sz = (box[2] - box[0]) * abs(ix), (box[3] - box[1]) * abs(iy), box[4] * abs(iz)
    left, extra, t = 1.0, 0.0, 0.0
    for _ in range(nx + ny + nz + 1):
        until = min(tx, ty, tz, 1.0)
        o = (px - vx * t, py - vy * t, pz - vz * t)
        way = (vx, vy, vz), (ix, iy, iz)
        extra += blocked(boxes, reach, lanes, o, way, (t, until), (s, r))
        px, py, pz = o[0] + vx * until, o[1] + vy * until, o[2] + vz * until
        t = until
        if nx + ny + nz == 0:
            break
        if tx <= min(ty, tz):
            left *= _wall_left(openings[1 if vx > 0.0 else 0], py, pz)
            vx, ix, nx = -vx, -ix, nx - 1
            tx = tx + sx if nx > 0 else 2.0
        elif ty <= tz:
            left *= _wall_left(openings[3 if vy > 0.0 else 2], px, pz)
            vy, iy, ny = -vy, -iy, ny - 1
            ty = ty + sy if ny > 0 else 2.0
        else:
            vz, iz, nz = -vz, -iz, nz - 1
            tz = tz + sz if nz > 0 else 2.0
        if left <= 0.0:
            break
    return left, extra


@inner_kernel
def _nonzero(x: float) -> float:
    """A number, or one that is almost zero instead of zero."""
    return x if abs(x) > 1e-9 else 1e-9


@inner_kernel
def _framed(home: Home, slot: int, place: Place, x: float, y: float) -> float:
    """What a door's frame leaves of reflections at a place whose nearest point of the room is x, y.

    At the middle of the tunnel, where `arrivals` changes to images seen through the door, the two
    lists differ by that much; see the test of walking through a door.
    """
    if place.tunnel < 0:
        return 1.0
    axis = home.door_rooms[slot, place.tunnel, 2]
    box = home.doors[slot, place.tunnel]
    half = max(0.5 * (box[axis + 2] - box[axis]), 1e-6)
    depth = abs(place.x - x) + abs(place.y - y)
    return float(1.0 - FRAME * min(depth / half, 1.0))


@inner_kernel
def room_images(
    home: Home, slot: int, order: int, tables: Tables, s: Place, r: Place, found: int, work: Work
) -> int:
    """Images of the source in the room that it shares with the listener, from number `found` on."""
    box = home.rooms[slot, r.room]
    (sx, sy), (rx, ry) = clamp(home, slot, s), clamp(home, slot, r)
    openings, faces = home.openings[slot, r.room], home.reflect[slot, r.room]
    boxes, reach = home.solids[slot, r.room], home.reach[slot, r.room]
    lanes = home.lanes[slot, r.room]
    lattice, fades, met = tables.lattice, tables.fades, work.met
    bounce_table(faces, order, met)
    framed = _framed(home, slot, s, sx, sy) * _framed(home, slot, r, rx, ry)
    for m in range(found, lattice.shape[0]):
        image = lattice[m]
        if abs(image[0]) + abs(image[1]) + abs(image[2]) > order or found >= MAX_ARRIVALS:
            break
        dx = _nonzero(image_coordinate(image[0], sx, box[0], box[2]) - rx)
        dy = _nonzero(image_coordinate(image[1], sy, box[1], box[3]) - ry)
        dz = _nonzero(image_coordinate(image[2], s.z, 0.0, box[4]) - r.z)
        left, extra = _walk(
            box, openings, boxes, reach, lanes, image, (dx, dy, dz), (sx, sy, s.z), (rx, ry, r.z)
        )
        if left <= 0.0:
            continue
        length = math.sqrt(dx * dx + dy * dy + dz * dz)
        work.lengths[found] = length
        work.kinds[found] = DIRECT if m == 0 else IMAGE
        work.directions[found, 0] = dx / length
        work.directions[found, 1] = dy / length
        work.directions[found, 2] = dz / length
        for k in range(3):  # what leaves the image's mirrored source, mirrored back
            along = work.directions[found, k]
            work.departures[found, k] = along if image[k] % 2 != 0 else -along
        gains = work.gains[found]
        reflect(met, order, image, gains)
        spread(length, fades, gains, left * framed if m > 0 else left)
        shadow(extra, tables.centres, tables.speed[0], gains)
        found += 1
    return found
