"""The diffusion modes at a place: how much of each there is, and from where it comes."""

from __future__ import annotations

import math

import numpy as np

from ..interface import F32
from .kernels import inner_kernel, kernel
from .model import Home
from .rooms import clamp, door_view
from .tables import Place, Work


@inner_kernel
def _corners(
    home: Home, slot: int, room: int, point: tuple[float, float]
) -> tuple[int, int, int, int, float, float]:
    """The four cells round a point of a room, and how far it is between them along x and y."""
    box = home.rooms[slot, room]
    first, nx, ny = home.grid[slot, room, 0], home.grid[slot, room, 1], home.grid[slot, room, 2]
    u = (point[0] - box[0]) / (box[2] - box[0]) * nx - 0.5
    v = (point[1] - box[1]) / (box[3] - box[1]) * ny - 0.5
    u, v = min(max(u, 0.0), nx - 1.0), min(max(v, 0.0), ny - 1.0)
    i, j = int(u), int(v)
    i1, j1 = min(i + 1, nx - 1), min(j + 1, ny - 1)
    a, b = first + i * ny + j, first + i * ny + j1
    return a, b, first + i1 * ny + j, first + i1 * ny + j1, u - i, v - j


@inner_kernel
def _interpolate(
    home: Home, slot: int, room: int, point: tuple[float, float], scale: float, out: F32
) -> None:
    """Add `scale` times the bilinear interpolation of a room's modes at a point to out (B, M)."""
    a, b, c, d, u, v = _corners(home, slot, room, point)
    wa, wb = np.float32(scale * (1.0 - u) * (1.0 - v)), np.float32(scale * (1.0 - u) * v)
    wc, wd = np.float32(scale * u * (1.0 - v)), np.float32(scale * u * v)
    for band in range(out.shape[0]):
        shapes = home.shapes[slot, band]
        p, q, r, s = shapes[a], shapes[b], shapes[c], shapes[d]
        row = out[band]
        for m in range(row.shape[0]):
            row[m] += wa * p[m] + wb * q[m] + wc * r[m] + wd * s[m]


@inner_kernel
def _interpolate_leans(
    home: Home, slot: int, room: int, point: tuple[float, float], scale: float, out: F32
) -> None:
    """The same for the modes' fluxes, out (B, 2, M)."""
    a, b, c, d, u, v = _corners(home, slot, room, point)
    wa, wb = np.float32(scale * (1.0 - u) * (1.0 - v)), np.float32(scale * (1.0 - u) * v)
    wc, wd = np.float32(scale * u * (1.0 - v)), np.float32(scale * u * v)
    for band in range(out.shape[0]):
        for axis in range(2):
            leans = home.leans[slot, band, :, axis]
            row = out[band, axis]
            for m in range(row.shape[0]):
                row[m] += wa * leans[a, m] + wb * leans[b, m] + wc * leans[c, m] + wd * leans[d, m]


@inner_kernel
def _through(home: Home, slot: int, door: int, place: Place) -> tuple[int, float, float, float]:
    """The room seen through a door, what share of all directions it fills, and the door's middle.

    Only what exceeds the mean over the room (door area over surface) counts: that much the
    diffusion equation has let in already. The room is -1 if the door leads nowhere from here.
    """
    b = home.doors[slot, door]
    middle_x, middle_y = 0.5 * (b[0] + b[2]), 0.5 * (b[1] + b[3])
    below, above = home.door_rooms[slot, door, 0], home.door_rooms[slot, door, 1]
    if not home.door_open[slot, door] or (place.room != below and place.room != above):
        return -1, 0.0, middle_x, middle_y
    x0, y0, x1, y1, height = home.rooms[slot, place.room]
    surface = 2.0 * (x1 - x0) * (y1 - y0) + 2.0 * height * (x1 - x0 + y1 - y0)
    wide = b[2] - b[0] if home.door_rooms[slot, door, 2] == 1 else b[3] - b[1]
    share = max(door_view(home, slot, door, place) - wide * b[4] / surface, 0.0)
    return int(above if place.room == below else below), share, middle_x, middle_y


@kernel
def mode_amplitudes(home: Home, slot: int, place: Place, out: F32) -> None:
    """Values of the diffusion modes at a place, into out (B, M).

    The share of all directions that a door's opening fills brings the neighbouring room's field,
    so that nothing jumps on the way through a door.
    """
    out[:, :] = np.float32(0.0)
    rest = 1.0
    for d in range(home.counts[slot, 1]):
        beyond, share, x, y = _through(home, slot, d, place)
        if share > 0.0:
            rest -= share
            _interpolate(home, slot, beyond, (x, y), share, out)
    _interpolate(home, slot, place.room, clamp(home, slot, place), rest, out)


@inner_kernel
def mode_leans(home: Home, slot: int, place: Place, work: Work) -> None:
    """From where the diffusion modes come at a place, into work.leans (B, 2, M).

    The flux of the room's field, and what a door in sight brings more (or less) than the wall
    would: a fan of directions that fills a share s of them all has a mean of length 1 - s.
    """
    leans, other = work.leans, work.other
    leans[:, :, :] = np.float32(0.0)
    rest = 1.0
    for d in range(home.counts[slot, 1]):
        beyond, share, x, y = _through(home, slot, d, place)
        if share <= 0.0:
            continue
        rest -= share
        # Near the door the fan opens symmetrically about the way through it.
        b = home.doors[slot, d]
        wide, away = b[3] - b[1], abs(x - place.x)
        side = 1.0 if place.room == home.door_rooms[slot, d, 0] else -1.0
        dx, dy = side * max(away, 0.5 * wide), y - place.y
        if home.door_rooms[slot, d, 2] == 1:
            wide, away = b[2] - b[0], abs(y - place.y)
            dx, dy = x - place.x, side * max(away, 0.5 * wide)
        long = math.sqrt(dx * dx + dy * dy)
        other[:, :] = np.float32(0.0)
        _interpolate(home, slot, beyond, (x, y), 1.0, other)
        _interpolate(home, slot, place.room, clamp(home, slot, place), -1.0, other)
        along_x = np.float32(share * (1.0 - share) * dx / long)
        along_y = np.float32(share * (1.0 - share) * dy / long)
        for band in range(leans.shape[0]):
            for m in range(leans.shape[2]):
                leans[band, 0, m] += along_x * other[band, m]
                leans[band, 1, m] += along_y * other[band, m]
    _interpolate_leans(home, slot, place.room, clamp(home, slot, place), rest, leans)
