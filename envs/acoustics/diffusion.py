"""The late field: acoustic diffusion equation on coarse cells of the plan, solved by eigenmodes.

Energy density w obeys dw/dt = D laplace(w) - sink with D = mean free path * c / 3 in each room; see
`cells` for what walls, doors and joints do. Its flux -D grad w tells where the sound comes from.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from ..interface import F32, F64, I32, SPEED_OF_SOUND
from ..scenes.scene import FloorPlan
from .cells import Cells, gather, walls
from .statistics import RoomAcoustics

MODES = 48  # eigenmodes kept: in a home of 120 m2 the next one has decayed within 3 ms


@dataclass(frozen=True)
class DiffusionModes:
    """Eigenmodes of a home, per band.

    Attributes:
        grid: (R, 3) int32: first cell, cells along x, cells along y of each room.
        shapes: (B, cells, M) float32; energy density per unit emitted energy at cell r after an
            impulse in cell s is sum_m shapes[r, m] shapes[s, m] exp(-rates[m] t), in 1/m3.
        leans: (B, cells, 2, M) float32 the same for the energy flux against x and y over the speed
            of sound: divided by the density, how much more sound comes from there than from all
            around.
        rates: (B, M) float64, 1/s, ascending.
        volumes: (cells,) m3.
    """

    grid: I32
    shapes: F32
    leans: F32
    rates: F64
    volumes: F64


def assemble(
    plan: FloorPlan,
    stats: list[RoomAcoustics],
    surfaces: tuple[F64, F64],
    transmit: bool = True,
    speed: float = SPEED_OF_SOUND,
) -> Cells:
    """Cells of a home.

    Args:
        plan: rooms and doors.
        stats: of every room.
        surfaces: (surfaces, B) absorption, and transmission.
        transmit: whether walls and closed doors let anything through.
        speed: of sound, m/s.
    """
    absorption, transmission = surfaces
    cells = Cells(plan, stats, absorption.shape[1], speed)
    for door in plan.doors:
        cells.add_door(door, None if door.open else absorption[door.leaf])
        if transmit and not door.open:
            cells.add_leaf(door, transmission[door.leaf])
    for rooms, axis in walls(plan) if transmit else ():
        lower, upper = axis * 2 + 1, axis * 2
        faces = plan.rooms[rooms[0]].surfaces[lower], plan.rooms[rooms[1]].surfaces[upper]
        through = np.sqrt(transmission[faces[0]] * transmission[faces[1]])
        if through.any():
            cells.add_wall(rooms, axis, through)
    return cells


def solve(cells: Cells, air: F64, modes: int = MODES) -> DiffusionModes:
    """Eigenmodes of the diffusion equation in a home, for each band.

    The lowest modes of the band-averaged equation are the basis in which each band's own losses and
    leaks are diagonalised (Rayleigh-Ritz), which costs one large eigenproblem instead of one per
    band. Even distributions belong to the basis: so no energy is lost but at the walls.

    Args:
        cells: of a home.
        air: (B,) energy absorbed per metre of air.
        modes: how many to keep.
    """
    volumes, speed = cells.volumes, cells.speed
    root = 1.0 / np.sqrt(volumes)
    sink = cells.loss / volumes + speed * air[:, None]  # (B, cells) 1/s
    for leak in cells.leaks:
        for ends in (leak.one, leak.other):
            sink += gather(ends, leak.conductance, len(volumes)) / volumes
    middle = sink.mean(0)
    matrix = root[:, None] * cells.matrix * root + np.diag(middle)
    count = min(modes, len(volumes))
    basis: F64 = np.linalg.eigh(matrix)[1][:, :count]  # a fifth faster than to ask for these alone
    if count < len(volumes):
        basis = _with_even(cells, basis)
    common = basis.T @ matrix @ basis
    shapes = np.empty((len(air), len(volumes), count))
    band_rates = np.empty((len(air), count))
    scaled = basis * root[:, None]
    for band, losses in enumerate(sink - middle):
        small = common + basis.T @ (losses[:, None] * basis)
        for leak in cells.leaks:
            # The diagonal of the exchange is in `sink` already.
            crossed = scaled[leak.one].T @ (leak.conductance[band][:, None] * scaled[leak.other])
            small -= crossed + crossed.T
        band_rates[band], turn = np.linalg.eigh(small)
        shapes[band] = scaled @ turn
    leans = _leans(cells, shapes)
    return DiffusionModes(cells.grid, shapes.astype(np.float32), leans, band_rates, volumes)


def _with_even(cells: Cells, basis: F64) -> F64:
    """Orthonormal basis in whose span the even distribution over every open part of a home lies.

    It takes the place of the fastest modes. A part is what open doors and joints connect; an even
    distribution over all parts would let sound through closed doors.
    """
    part = np.arange(len(cells.grid))
    for door in cells.plan.doors:
        if door.open:
            low, high = sorted(part[list(door.rooms)])
            part[part == high] = low
    of_cell = np.repeat(part, cells.grid[:, 1] * cells.grid[:, 2])
    even = (of_cell[:, None] == np.unique(part)) * np.sqrt(cells.volumes)[:, None]
    even /= np.linalg.norm(even, axis=0)
    rest = even - basis @ (basis.T @ even)
    missing = even[:, np.linalg.norm(rest, axis=0) > 1e-6]
    kept = basis[:, : basis.shape[1] - missing.shape[1]]
    added: F64 = np.linalg.qr(np.concatenate([kept, missing], axis=1))[0]
    return added


def _leans(cells: Cells, shapes: F64) -> F32:
    """Flux of every mode in every cell, turned round and over the speed of sound.

    The mean of what crosses the two faces of a cell; walls reflect, openings conduct.
    """
    bands, _, modes = shapes.shape
    leans = np.zeros((bands, shapes.shape[1], 2, modes), np.float32)
    for index, stats in enumerate(cells.stats):
        numbers = cells.numbers(index)
        inside = shapes[:, numbers]  # (B, nx, ny, M)
        for axis in (0, 1):
            edges = cells.edges[index][axis]
            slope = np.diff(inside, axis=1 + axis) * (stats.free_path / 6 / (edges[1] - edges[0]))
            low = numbers[:-1] if axis == 0 else numbers[:, :-1]
            high = numbers[1:] if axis == 0 else numbers[:, 1:]
            leans[:, low, axis] += slope
            leans[:, high, axis] += slope
    for passage in cells.passages:
        faces = cells.faces(passage.axis)
        flow = shapes[:, passage.upper] - shapes[:, passage.lower]  # (B, n, M)
        flow *= (passage.conductance / (2 * cells.speed))[:, None]
        for k in range(len(passage.lower)):
            for cell in (passage.lower[k], passage.upper[k]):
                leans[:, cell, passage.axis] += flow[:, k] / faces[cell]
    return leans
