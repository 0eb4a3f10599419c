"""Rays that wander through a room's true geometry and are reflected diffusely wherever they hit.

Their hits are spread evenly over all that bounds the air, and their mean way is 4 V / S, whatever
the shape (Kuttruff, *Room Acoustics*, 6th edition, 5.2): so they say what a room absorbs and how
long sound is free in it. Where a ray leaves the room it is put back at the opening, as the sound
field would have it.
"""

from __future__ import annotations

from math import cos, pi, sin, sqrt
from typing import NamedTuple

import numpy as np

from ..interface import F64, I32, inner_kernel, kernel
from ..scenes.rays import FAR, RayGrid, first_hit

OPENING, DOOR = -1, -2  # in place of a triangle
INSIDE = 6  # in place of a face: furniture, or a wall that the box does not follow
NEAR_FACE = 0.2  # m from a face of the box and nearly parallel: part of that face
ALONG = 0.8  # cosine, the least between the normals of such a part and of the face
NICHE = 6.0  # m, the longest way from wall to wall beyond the boxes
_STEP = 1e-4  # m


class Bounds(NamedTuple):
    """What the plan knows of one room.

    Attributes:
        boxes: (N, 5) x0, y0, x1, y1, height of the boxes that it is made of.
        doors: (D, 5) x0, y0, x1, y1, height of its open doors.
        slack: (2,) metres by which walls, and the ceiling, may lie beyond the boxes.
    """

    boxes: F64
    doors: F64
    slack: F64


class Hits(NamedTuple):
    """What rays met.

    Attributes:
        box: (M,) in or next to which of the boxes.
        face: (M,) of the box that is there, WEST … CEILING, or INSIDE.
        triangle: (M,) or OPENING or DOOR.
        length: (M,) metres since the last one.
    """

    box: I32
    face: I32
    triangle: I32
    length: F64


@inner_kernel
def _box_at(boxes: F64, x: float, y: float, z: float) -> int:
    """The box that holds a point, -1 if none does."""
    for k in range(len(boxes)):
        b = boxes[k]
        if b[0] <= x <= b[2] and b[1] <= y <= b[3] and 0.0 <= z <= b[4]:
            return k
    return -1


@inner_kernel
def _nearest_box(boxes: F64, x: float, y: float, z: float) -> int:
    """The box that is nearest to a point."""
    best, nearest = FAR, 0
    for k in range(len(boxes)):
        b = boxes[k]
        dx, dy = max(b[0] - x, x - b[2], 0.0), max(b[1] - y, y - b[3], 0.0)
        dz = max(-z, z - b[4], 0.0)
        away = dx * dx + dy * dy + dz * dz
        if away < best:
            best, nearest = away, k
    return nearest


@inner_kernel
def _way_out(
    b: F64, x: float, y: float, z: float, dx: float, dy: float, dz: float
) -> tuple[float, int]:
    """Distance to where a ray leaves a box it is in, and by which face."""
    best, face = FAR, 0
    for axis in range(3):
        p = x if axis == 0 else (y if axis == 1 else z)
        d = dx if axis == 0 else (dy if axis == 1 else dz)
        low = b[axis] if axis < 2 else 0.0
        high = b[axis + 2]
        if abs(d) > 1e-12:
            t = ((high if d > 0 else low) - p) / d
            if t < best:
                best, face = max(t, 0.0), 2 * axis + (1 if d > 0 else 0)
    return best, face


@inner_kernel
def _enter(boxes: F64, x: float, y: float, z: float, dx: float, dy: float, dz: float) -> float:
    """Distance to where a ray from outside first meets a box, FAR if it does not."""
    first = FAR
    for k in range(len(boxes)):
        near, far = 0.0, FAR
        for axis in range(3):
            p = x if axis == 0 else (y if axis == 1 else z)
            d = dx if axis == 0 else (dy if axis == 1 else dz)
            low = boxes[k, axis] if axis < 2 else 0.0
            high = boxes[k, axis + 2]
            if abs(d) < 1e-12:
                far = far if low <= p <= high else -FAR
            else:
                a, b = (low - p) / d, (high - p) / d
                near, far = max(near, min(a, b)), min(far, max(a, b))
        if near <= far:
            first = min(first, near)
    return first


@inner_kernel
def _leave(
    boxes: F64, x: float, y: float, z: float, dx: float, dy: float, dz: float
) -> tuple[float, int, int]:
    """Where a ray leaves all boxes: distance, the last box, its face (-1 if it meets none)."""
    way, face = 0.0, 0
    k = _box_at(boxes, x + _STEP * dx, y + _STEP * dy, z + _STEP * dz)
    if k < 0:
        way = _enter(boxes, x, y, z, dx, dy, dz)
        ahead = way + _STEP
        k = _box_at(boxes, x + ahead * dx, y + ahead * dy, z + ahead * dz) if way < FAR else -1
        if k < 0:
            return 0.0, _nearest_box(boxes, x, y, z), -1
    for _ in range(64):
        px, py, pz = x + way * dx, y + way * dy, z + way * dz
        more, face = _way_out(boxes[k], px, py, pz, dx, dy, dz)
        way += more
        ahead = way + _STEP
        n = _box_at(boxes, x + ahead * dx, y + ahead * dy, z + ahead * dz)
        if n < 0 or n == k:
            break
        k = n
    return way, k, face


@inner_kernel
def _face_near(b: F64, x: float, y: float, z: float, nx: float, ny: float, nz: float) -> int:
    """The face of a box that a surface element with normal n is part of, or INSIDE."""
    best, face = NEAR_FACE, INSIDE
    for side in range(6):
        axis, upper = side // 2, side % 2
        p = x if axis == 0 else (y if axis == 1 else z)
        n = nx if axis == 0 else (ny if axis == 1 else nz)
        at = (b[axis] if axis < 2 else 0.0) if upper == 0 else b[axis + 2]
        if abs(n) >= ALONG and abs(p - at) < best:
            best, face = abs(p - at), side
    return face


@inner_kernel
def _scattered(nx: float, ny: float, nz: float, u: float, v: float) -> tuple[float, float, float]:
    """A direction by Lambert's law about a unit normal, from two random numbers."""
    radius, angle = sqrt(u), 2.0 * pi * v
    a, b, c = radius * cos(angle), radius * sin(angle), sqrt(max(1.0 - u, 1e-12))
    if abs(nz) < 0.9:
        size = sqrt(nx * nx + ny * ny)
        tx, ty, tz = -ny / size, nx / size, 0.0
    else:
        size = sqrt(ny * ny + nz * nz)
        tx, ty, tz = 0.0, -nz / size, ny / size
    sx, sy, sz = ny * tz - nz * ty, nz * tx - nx * tz, nx * ty - ny * tx
    return a * tx + b * sx + c * nx, a * ty + b * sy + c * ny, a * tz + b * sz + c * nz


@inner_kernel
def _in_door(doors: F64, x: float, y: float, z: float) -> bool:
    """Whether a point lies in one of the openings of doors."""
    for k in range(len(doors)):
        d = doors[k]
        if d[0] <= x <= d[2] and d[1] <= y <= d[3] and z <= d[4]:
            return True
    return False


@kernel
def wander(  # noqa: C901 - the life of a ray
    grid: RayGrid, bounds: Bounds, starts: F64, chance: F64
) -> Hits:
    """Follow N rays over K hits each.

    Args:
        grid: the true geometry.
        bounds: the boxes that stand for the room.
        starts: (N, 3) points in the air of the room.
        chance: (N, K + 1, 2) random numbers from 0 to 1.

    Returns:
        the hits of all rays, those of a ray in a row.
    """
    rays, steps = chance.shape[0], chance.shape[1] - 1
    box, face = np.zeros(rays * steps, np.int32), np.zeros(rays * steps, np.int32)
    triangle, length = np.zeros(rays * steps, np.int32), np.zeros(rays * steps)
    boxes, m = bounds.boxes, 0
    for n in range(rays):
        x, y, z = starts[n, 0], starts[n, 1], starts[n, 2]
        dz = 2.0 * chance[n, 0, 0] - 1.0
        flat, angle = sqrt(max(1.0 - dz * dz, 0.0)), 2.0 * pi * chance[n, 0, 1]
        dx, dy = flat * cos(angle), flat * sin(angle)
        for step in range(steps):
            hit, k = first_hit(grid, x, y, z, dx, dy, dz)
            out, near, side = _leave(boxes, x, y, z, dx, dy, dz)
            if side < 0:  # it stays in a niche beyond the boxes
                beyond, slack = hit, NICHE
            else:
                d = dx if side < 2 else (dy if side < 4 else dz)
                beyond = (hit - out) * abs(d)
                slack = bounds.slack[1] if side == 5 else bounds.slack[0]
            ex, ey, ez = x + out * dx, y + out * dy, z + out * dz
            met = k
            if side >= 0 and hit > out + 1e-3:
                px, py = ex + 1e-3 * dx, ey + 1e-3 * dy
                if _in_door(bounds.doors, px, py, ez):
                    met = DOOR
            if met >= 0 and beyond > slack:
                met = OPENING
            if met < 0 and met != DOOR:
                met = OPENING
            if met >= 0:
                t = grid.triangles[met]
                ux, uy, uz = t[1, 0] - t[0, 0], t[1, 1] - t[0, 1], t[1, 2] - t[0, 2]
                vx, vy, vz = t[2, 0] - t[0, 0], t[2, 1] - t[0, 1], t[2, 2] - t[0, 2]
                nx, ny, nz = uy * vz - uz * vy, uz * vx - ux * vz, ux * vy - uy * vx
                size = sqrt(nx * nx + ny * ny + nz * nz)
                size = -size if nx * dx + ny * dy + nz * dz > 0 else size
                nx, ny, nz = nx / size, ny / size, nz / size
                way = hit
            else:
                nx, ny, nz = -dx, -dy, -dz
                if side >= 0:
                    sign = -1.0 if side % 2 == 1 else 1.0
                    nx, ny, nz = 0.0, 0.0, 0.0
                    if side < 2:
                        nx = sign
                    elif side < 4:
                        ny = sign
                    else:
                        nz = sign
                way = out
            x, y, z = x + way * dx, y + way * dy, z + way * dz
            if met >= 0:
                inside = _box_at(boxes, x - _STEP * dx, y - _STEP * dy, z - _STEP * dz)
                near = inside if inside >= 0 else _nearest_box(boxes, x, y, z)
                side = _face_near(boxes[near], x, y, z, nx, ny, nz)
            box[m], triangle[m], length[m] = near, met, way
            face[m] = side if side >= 0 else INSIDE
            m += 1
            u, v = chance[n, step + 1, 0], chance[n, step + 1, 1]
            dx, dy, dz = _scattered(nx, ny, nz, u, v)
            x, y, z = x + _STEP * nx, y + _STEP * ny, z + _STEP * nz
    return Hits(box, face, triangle, length)
