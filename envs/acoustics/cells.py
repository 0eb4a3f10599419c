"""The cells of a plan: what they exchange, what they lose, and what walls and leaves let through.

Diffusion inside a room, exchange c S / 4 through doors, c S / 4 times the transmission through
walls and closed doors, and at all that is solid the loss with which a room decays as Eyring says
(`thinning`): Picaut, Simon and Polack, Acustica 83 (1997); Billon et al., JASA 120 (2006), and
Applied Acoustics 69 (2008) for transmission.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from ..interface import F64, I32, SPEED_OF_SOUND
from ..scenes.scene import CEILING, EAST, FLOOR, NORTH, SOUTH, WEST, Door, FloorPlan, Room
from .statistics import RoomAcoustics, door_face, face_areas
from .thinning import thinning

CELL = 0.7  # m
THICKEST = 0.6  # m; rooms farther apart have no wall in common


class Leak(NamedTuple):
    """Cells on both sides of a wall or a leaf, (n,) each, and (B, n) m3/s between them."""

    one: I32
    other: I32
    conductance: F64


class Passage(NamedTuple):
    """Cells on both sides of an opening, (n,) each, (n,) m3/s, walking axis."""

    lower: I32
    upper: I32
    conductance: F64
    axis: int


def _edges(low: float, high: float) -> F64:
    """Cell limits of about CELL metres between two walls."""
    edges: F64 = np.linspace(low, high, max(1, round((high - low) / CELL)) + 1)
    return edges


def _shared(a: F64, b: F64, low: float, high: float) -> F64:
    """Length that each cell of a shares with each cell of b and with an interval, (na, nb)."""
    start = np.maximum(np.maximum(a[:-1, None], b[:-1]), low)
    end = np.minimum(np.minimum(a[1:, None], b[1:]), high)
    shared: F64 = np.clip(end - start, 0.0, None)
    return shared


def gather(cells: I32, values: F64, count: int) -> F64:
    """Sum values (B, n) that belong to cells (n,) into all cells, (B, count)."""
    return np.array([np.bincount(cells, row, count) for row in values])


class Cells:
    """Exchange and losses of a home's cells.

    Args:
        plan: rooms and doors.
        stats: of every room.
        bands: of the losses.
        speed: of sound, m/s.

    Attributes:
        grid: (R, 3) int32 first cell, cells along x, cells along y of each room.
        exchange: (R, B) m/s that a surface takes, over its absorption: Eyring's, see `thinning`.
        matrix: (cells, cells) m3/s exchanged through air.
        loss: (B, cells) m3/s absorbed or let through.
        volumes: (cells,) m3.
        passages: what doors and joints exchange, also in `matrix`.
        leaks: what walls and leaves let through, only in `loss`.
    """

    def __init__(
        self, plan: FloorPlan, stats: list[RoomAcoustics], bands: int, speed: float = SPEED_OF_SOUND
    ) -> None:
        self.plan, self.stats, self.speed = plan, stats, speed
        self.edges = [(_edges(r.box[0], r.box[2]), _edges(r.box[1], r.box[3])) for r in plan.rooms]
        sizes = [(len(x) - 1, len(y) - 1) for x, y in self.edges]
        first = np.cumsum([0, *[nx * ny for nx, ny in sizes]])
        self.grid = np.array([(f, *s) for f, s in zip(first, sizes, strict=False)], dtype=np.int32)
        self.matrix = np.zeros((first[-1], first[-1]))
        self.loss = np.zeros((bands, first[-1]))
        self.volumes = np.zeros(first[-1])
        self.passages: list[Passage] = []
        self.leaks: list[Leak] = []
        self.exchange = self._exchange()
        for index, room in enumerate(plan.rooms):
            self._add_room(index, room, stats[index])

    def numbers(self, room: int) -> I32:
        """(nx, ny) cell numbers of a room."""
        first, nx, ny = self.grid[room]
        numbers: I32 = (first + np.arange(nx * ny, dtype=np.int32)).reshape(nx, ny)
        return numbers

    def row(self, room: int, axis: int, upper: bool) -> I32:
        """Cells along the wall at the lower or upper end of an axis."""
        cells = self.numbers(room)
        row: I32 = cells[-1 if upper else 0] if axis == 0 else cells[:, -1 if upper else 0]
        return row

    def faces(self, axis: int) -> F64:
        """Area in m2 of every cell's face across an axis."""
        areas = np.empty(len(self.volumes))
        for index, edges in enumerate(self.edges):
            areas[self.numbers(index)] = edges[axis][1] - edges[axis][0]
        across: F64 = self.volumes / areas
        return across

    def link(self, a: I32, b: I32, conductance: float | F64) -> None:
        """Exchange energy between distinct cells `a` and `b`, m3/s per unit density."""
        np.add.at(self.matrix, (a, a), conductance)
        np.add.at(self.matrix, (b, b), conductance)
        np.add.at(self.matrix, (a, b), np.negative(conductance))
        np.add.at(self.matrix, (b, a), np.negative(conductance))

    def _exchange(self) -> F64:
        """(R, B) such that each room, its doors shut, decays at Eyring's rate."""
        rooms, stats = self.plan.rooms, self.stats
        exchange = self.speed / 4 * np.array([s.eyring for s in stats])  # (R, B)
        areas = np.array([face_areas(room) for room in rooms])  # (R, 6)
        solid = np.clip(1.0 - np.array([s.openings for s in stats]) / areas, 0.0, 1.0)
        taken = solid[..., None] * np.array([s.absorption for s in stats])
        taken *= exchange[:, None]  # (R, 6, B) m/s
        high = np.array([room.height for room in rooms])[:, None]
        even = (taken[:, FLOOR] + taken[:, CEILING]) / high
        furniture = np.array(
            [s.furniture / room.area for s, room in zip(stats, rooms, strict=True)]
        )
        even += exchange * furniture / high
        wide = np.array([[e[1] - e[0] for e in edges] for edges in self.edges]).T  # (2, R) m
        spread = np.array([s.free_path for s in stats]) * self.speed / 3
        lower, upper = taken[:, [WEST, SOUTH]], taken[:, [EAST, NORTH]]  # (R, 2, B)
        ends = np.stack([lower, upper]).swapaxes(1, 2) / wide[..., None]
        exchange *= thinning(ends, even, spread / wide**2, self.grid[:, 1:].T.astype(np.float64))
        return exchange

    def _add_room(self, index: int, room: Room, stats: RoomAcoustics) -> None:
        """Diffusion inside a room and loss at its faces and furniture."""
        cells = self.numbers(index)
        x, y = self.edges[index]
        dx, dy, height = x[1] - x[0], y[1] - y[0], room.height
        spread = stats.free_path * self.speed / 3
        self.link(cells[:-1].ravel(), cells[1:].ravel(), spread * dy * height / dx)
        self.link(cells[:, :-1].ravel(), cells[:, 1:].ravel(), spread * dx * height / dy)
        self.volumes[cells] = dx * dy * height
        exchange = self.exchange[index]  # (B,)
        alpha = exchange[:, None] * stats.absorption.T  # (B, 6)
        even = alpha[:, FLOOR] + alpha[:, CEILING]
        even = even + exchange * stats.furniture / room.area
        self.loss[:, cells] += (even * dx * dy)[:, None, None]
        self.loss[:, cells[0]] += (alpha[:, WEST] * dy * height)[:, None]
        self.loss[:, cells[-1]] += (alpha[:, EAST] * dy * height)[:, None]
        self.loss[:, cells[:, 0]] += (alpha[:, SOUTH] * dx * height)[:, None]
        self.loss[:, cells[:, -1]] += (alpha[:, NORTH] * dx * height)[:, None]

    def _across(self, rooms: tuple[int, int], axis: int, low: float, high: float) -> F64:
        """Length that cells on both sides of a wall share, (n lower, n upper)."""
        a, b = (self.edges[room][1 - axis] for room in rooms)
        return _shared(a, b, low, high)

    def add_door(self, door: Door, leaf: F64 | None = None) -> None:
        """Exchange through an open door or a joint; a closed one loses what its leaf absorbs.

        Args:
            door: which.
            leaf: (B,) absorption of its leaf if it is closed.
        """
        axis, (low, high) = door.axis, (door.box[1 - door.axis], door.box[3 - door.axis])
        lengths = self._across(door.rooms, axis, low, high)
        rows = (self.row(door.rooms[0], axis, True), self.row(door.rooms[1], axis, False))
        for side, lower in enumerate((True, False)):
            stats = self.stats[door.rooms[side]]
            change = -stats.absorption[door_face(axis, lower)]
            change = change if leaf is None else change + leaf
            change = change * self.exchange[door.rooms[side]]
            area = lengths.sum(1 - side) * door.height
            self.loss[:, rows[side]] += change[:, None] * area
        if leaf is None:
            i, j = np.nonzero(lengths > 0)
            conductance = lengths[i, j] * door.height * self._openness(door)
            self.link(rows[0][i], rows[1][j], conductance)
            self.passages.append(Passage(rows[0][i], rows[1][j], conductance, axis))

    def _openness(self, door: Door) -> float:
        """Conductance per area of an open door, m/s: c / 4, or what the air of a joint diffuses."""
        if door.thickness > 0:
            return self.speed / 4
        resistance = 0.0
        for room in door.rooms:
            edges = self.edges[room][door.axis]
            resistance += 1.5 * (edges[1] - edges[0]) / (self.stats[room].free_path * self.speed)
        return 1.0 / resistance

    def add_leaf(self, door: Door, transmission: F64) -> None:
        """What a closed door lets through; transmission: (B,)."""
        low, high = door.box[1 - door.axis], door.box[3 - door.axis]
        lengths = self._across(door.rooms, door.axis, low, high)
        self._leak(door.rooms, door.axis, lengths * door.height, transmission)

    def add_wall(self, rooms: tuple[int, int], axis: int, transmission: F64) -> None:
        """What the wall between two rooms lets through, doors excepted; transmission: (B,)."""
        height = min(self.plan.rooms[room].height for room in rooms)
        area = self._across(rooms, axis, -np.inf, np.inf) * height
        for door in self.plan.doors:
            if door.rooms == rooms and door.axis == axis:
                low, high = door.box[1 - axis], door.box[3 - axis]
                area -= self._across(rooms, axis, low, high) * door.height
        self._leak(rooms, axis, area, transmission)

    def _leak(self, rooms: tuple[int, int], axis: int, area: F64, transmission: F64) -> None:
        """Let a share of what meets `area` (n lower, n upper) through instead of losing it."""
        i, j = np.nonzero(area > 1e-9)
        one, other = self.row(rooms[0], axis, True)[i], self.row(rooms[1], axis, False)[j]
        conductance = self.speed / 4 * transmission[:, None] * area[i, j]
        for cells in (one, other):
            self.loss -= gather(cells, conductance, len(self.volumes))
        self.leaks.append(Leak(one, other, conductance))


def walls(plan: FloorPlan) -> list[tuple[tuple[int, int], int]]:
    """Rooms that share a wall, the lower first, and across which axis."""
    found = []
    for i, a in enumerate(plan.rooms):
        for j, b in enumerate(plan.rooms):
            for axis in (0, 1):
                gap = b.box[axis] - a.box[axis + 2]
                low = max(a.box[1 - axis], b.box[1 - axis])
                high = min(a.box[3 - axis], b.box[3 - axis])
                if 0.0 < gap <= THICKEST and high > low:
                    found.append(((i, j), axis))
    return found
