"""The late field: acoustic diffusion equation on coarse cells of the plan, solved by eigenmodes.

Energy density w obeys dw/dt = D laplace(w) - sink, with D = mean free path * c / 3 in each room,
Eyring loss c/4 * e * area at walls and furniture, and exchange c/4 * area through doors: Picaut,
Simon and Polack, Acustica 83 (1997); Billon et al., "On the use of a diffusion model for
acoustically coupled rooms", JASA 120 (2006).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.linalg import eigh

from ..interface import F32, F64, I32, SPEED_OF_SOUND
from ..scenes.scene import CEILING, EAST, FLOOR, NORTH, SOUTH, WEST, FloorPlan, Room

CELL = 0.7  # m
MODES = 48  # eigenmodes kept: in a home of 120 m2 the next one has decayed within 3 ms


@dataclass(frozen=True)
class RoomAcoustics:
    """Statistical acoustics of one room.

    Attributes:
        absorption: (6, B) energy absorption of each face, openings excluded.
        furniture: (B,) m2 of absorption area of the furniture.
        surface: m2 of solid surface, furniture included.
        free_path: mean free path 4 V / S in metres, openings count as surface.
        eyring: (B,) what Eyring makes of a surface's absorption: -ln(1 - mean) / mean.
        openings: (6,) m2 of door openings in each face.
    """

    absorption: F64
    furniture: F64
    surface: float
    free_path: float
    eyring: F64
    openings: F64


@dataclass(frozen=True)
class DiffusionModes:
    """Eigenmodes of a home, per band.

    Attributes:
        grid: (R, 3) int32: first cell, cells along x, cells along y of each room.
        shapes: (B, cells, M) float32; energy density per unit emitted energy at cell r after an
            impulse in cell s is sum_m shapes[r, m] shapes[s, m] exp(-rates[m] t), in 1/m3.
        rates: (B, M) float64, 1/s, ascending.
        volumes: (cells,) m3.
    """

    grid: I32
    shapes: F32
    rates: F64
    volumes: F64


def face_areas(room: Room) -> F64:
    """Areas in m2 of a room's six faces, in the order WEST ... CEILING."""
    x0, y0, x1, y1 = room.box
    width, depth = x1 - x0, y1 - y0
    sides = [depth * room.height] * 2 + [width * room.height] * 2
    return np.array([*sides, width * depth, width * depth])


def door_face(axis: int, lower: bool) -> int:
    """The face of a room in which a door opens; `lower`: the room lies on the door's lower side."""
    if axis == 0:
        return EAST if lower else WEST
    return NORTH if lower else SOUTH


def room_statistics(
    plan: FloorPlan, absorption: F64, pieces: list[tuple[int, F64]]
) -> list[RoomAcoustics]:
    """Absorption, mean free path and Eyring factor of every room.

    Args:
        plan: rooms and doors.
        absorption: (surfaces, B) energy absorption per band.
        pieces: of furniture: room and absorption area (B,) with the bare area appended, (B + 1,).
    """
    openings = np.zeros((len(plan.rooms), 6))
    for door in plan.doors:
        for side, lower in zip(door.rooms, (True, False), strict=True):
            openings[side, door_face(door.axis, lower)] += door.width * door.height
    out = []
    for index, room in enumerate(plan.rooms):
        faces = face_areas(room)
        solid = np.maximum(faces - openings[index], 0.0)
        alpha = absorption[list(room.surfaces)]  # (6, B)
        extra = sum((p for r, p in pieces if r == index), np.zeros(alpha.shape[1] + 1))
        surface = float(solid.sum() + extra[-1])
        mean = np.clip((solid @ alpha + extra[:-1]) / surface, 1e-4, 0.99)
        free_path = 4 * room.area * room.height / float(faces.sum() + extra[-1])
        eyring = -np.log1p(-mean) / mean
        out.append(RoomAcoustics(alpha, extra[:-1], surface, free_path, eyring, openings[index]))
    return out


def furniture_areas(plan: FloorPlan, absorption: F64) -> list[tuple[int, F64]]:
    """Room of each piece of furniture, and its absorption area per band, bare area appended.

    Hard pieces absorb more than their skins do (gaps, backs, contents): at least the two-thirds
    power of the volume of their envelope, EN 12354-6:2003, equation 4. Without it kitchens and
    bathrooms ring for 1.1 to 1.5 s at 1 kHz, real furnished ones for half of that.
    """
    pieces = []
    for piece in plan.furniture:
        area = 0.0
        for x0, y0, z0, x1, y1, z1 in piece.parts or (piece.box,):
            area += 2 * ((x1 - x0) + (y1 - y0)) * (z1 - z0) + (x1 - x0) * (y1 - y0)
        x0, y0, z0, x1, y1, z1 = piece.box
        least = min(((x1 - x0) * (y1 - y0) * (z1 - z0)) ** (2 / 3), area)
        absorbed = np.maximum(area * absorption[piece.surface], least)
        pieces.append((piece.room, np.append(absorbed, area)))
    return pieces


def _edges(low: float, high: float) -> F64:
    """Cell limits of about CELL metres between two walls."""
    edges: F64 = np.linspace(low, high, max(1, round((high - low) / CELL)) + 1)
    return edges


def _overlap(edges: F64, low: float, high: float) -> F64:
    """Length that each cell shares with an interval."""
    shared: F64 = np.clip(np.minimum(edges[1:], high) - np.maximum(edges[:-1], low), 0.0, None)
    return shared


class _Assembly:
    """Exchange matrix and losses of a home's cells while they are put together."""

    def __init__(self, plan: FloorPlan, bands: int, speed: float = SPEED_OF_SOUND) -> None:
        self.speed = speed
        self.edges = [(_edges(r.box[0], r.box[2]), _edges(r.box[1], r.box[3])) for r in plan.rooms]
        sizes = [(len(x) - 1, len(y) - 1) for x, y in self.edges]
        first = np.cumsum([0, *[nx * ny for nx, ny in sizes]])
        self.grid = np.array([(f, *s) for f, s in zip(first, sizes, strict=False)], dtype=np.int32)
        self.matrix = np.zeros((first[-1], first[-1]))
        self.loss = np.zeros((bands, first[-1]))
        self.volumes = np.zeros(first[-1])

    def cells(self, room: int) -> I32:
        """(nx, ny) cell numbers of a room."""
        first, nx, ny = self.grid[room]
        numbers: I32 = (first + np.arange(nx * ny, dtype=np.int32)).reshape(nx, ny)
        return numbers

    def link(self, a: I32, b: I32, conductance: float | F64) -> None:
        """Exchange energy between distinct cells `a` and `b`, m3/s per unit density."""
        np.add.at(self.matrix, (a, a), conductance)
        np.add.at(self.matrix, (b, b), conductance)
        np.add.at(self.matrix, (a, b), np.negative(conductance))
        np.add.at(self.matrix, (b, a), np.negative(conductance))

    def add_room(self, index: int, room: Room, stats: RoomAcoustics) -> None:
        """Diffusion inside a room and loss at its faces and furniture."""
        cells = self.cells(index)
        x, y = self.edges[index]
        dx, dy, height = x[1] - x[0], y[1] - y[0], room.height
        spread = stats.free_path * self.speed / 3
        self.link(cells[:-1].ravel(), cells[1:].ravel(), spread * dy * height / dx)
        self.link(cells[:, :-1].ravel(), cells[:, 1:].ravel(), spread * dx * height / dy)
        self.volumes[cells] = dx * dy * height
        exchange = self.speed / 4 * stats.eyring  # (B,)
        alpha = exchange[:, None] * stats.absorption.T  # (B, 6)
        even = alpha[:, FLOOR] + alpha[:, CEILING]
        even = even + exchange * stats.furniture / room.area
        self.loss[:, cells] += (even * dx * dy)[:, None, None]
        self.loss[:, cells[0]] += (alpha[:, WEST] * dy * height)[:, None]
        self.loss[:, cells[-1]] += (alpha[:, EAST] * dy * height)[:, None]
        self.loss[:, cells[:, 0]] += (alpha[:, SOUTH] * dx * height)[:, None]
        self.loss[:, cells[:, -1]] += (alpha[:, NORTH] * dx * height)[:, None]

    def add_door(self, plan: FloorPlan, index: int, stats: list[RoomAcoustics]) -> None:
        """Exchange through a door, and no wall loss where the door is."""
        door = plan.doors[index]
        across = 1 - door.axis
        low, high = door.box[across], door.box[across + 2]
        shared = []
        for room, lower in zip(door.rooms, (True, False), strict=True):
            cells = self.cells(room)
            row = cells[-1 if lower else 0] if door.axis == 0 else cells[:, -1 if lower else 0]
            edges = self.edges[room][across]
            lost = stats[room].absorption[door_face(door.axis, lower)] * stats[room].eyring
            area = _overlap(edges, low, high) * door.height
            self.loss[:, row] -= self.speed / 4 * lost[:, None] * area
            shared.append((row, edges))
        (row_a, edges_a), (row_b, edges_b) = shared
        for i, cell in enumerate(row_a):
            a, b = max(low, edges_a[i]), min(high, edges_a[i + 1])
            area = _overlap(edges_b, a, b) * door.height if b > a else np.zeros(len(row_b))
            hit = area > 0
            if hit.any():
                self.link(np.full(hit.sum(), cell), row_b[hit], self.speed / 4 * area[hit])


def solve(
    plan: FloorPlan,
    stats: list[RoomAcoustics],
    air: F64,
    modes: int = MODES,
    speed: float = SPEED_OF_SOUND,
) -> DiffusionModes:
    """Eigenmodes of the diffusion equation in a home, for each band.

    The lowest modes of the band-averaged equation are the basis in which each band's own losses are
    diagonalised (Rayleigh-Ritz), which costs one large eigenproblem instead of one per band.

    Args:
        plan: rooms and doors.
        stats: of every room.
        air: (B,) energy absorbed per metre of air.
        modes: how many to keep.
        speed: of sound, m/s.
    """
    assembly = _Assembly(plan, len(air), speed)
    for index, room in enumerate(plan.rooms):
        assembly.add_room(index, room, stats[index])
    for index in range(len(plan.doors)):
        assembly.add_door(plan, index, stats)
    volumes = assembly.volumes
    root = 1.0 / np.sqrt(volumes)
    sink = assembly.loss / volumes + speed * air[:, None]  # (B, cells) 1/s
    middle = sink.mean(0)
    matrix = root[:, None] * assembly.matrix * root + np.diag(middle)
    count = min(modes, len(volumes))
    rates, basis = eigh(
        matrix, subset_by_index=[0, count - 1], driver="evx", overwrite_a=True, check_finite=False
    )
    shapes = np.empty((len(air), len(volumes), count), dtype=np.float32)
    band_rates = np.empty((len(air), count))
    for band, losses in enumerate(sink - middle):
        small = np.diag(rates) + basis.T @ (losses[:, None] * basis)
        band_rates[band], turn = np.linalg.eigh(small)
        shapes[band] = (basis @ turn) * root[:, None]
    return DiffusionModes(assembly.grid, shapes, band_rates, volumes)
