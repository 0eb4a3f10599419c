"""What one home sounds like, computed once: reflectances, door routes, diffusion modes."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from ..interface import F32, F64, I32
from ..scenes.scene import FloorPlan, Scene
from .bands import band_limits, octaves_to_bands
from .config import AcousticConfig
from .diffusion import assemble, solve
from .doorways import door_routes
from .facets import find_facets
from .images import undrawn_share
from .medium import band_absorption
from .solids import solid_boxes
from .statistics import (
    RoomAcoustics,
    door_faces,
    face_areas,
    furniture_areas,
    room_statistics,
)
from .traced import traced_statistics

EARLY, LATE = 15.0, 60.0  # m: how far sound has gone that is drawn, and that is diffuse


class Home(NamedTuple):
    """The arrays of one home; in a pool each has one more leading axis, the slot.

    Attributes:
        rooms: (R, 5) float64: x0, y0, x1, y1, height.
        doors: (D, 5) float64: x0, y0, x1, y1, height.
        door_open: (D,) int32 whether nothing but air is in it.
        door_rooms: (D, 3) int32: room on the lower side, room on the upper side, axis.
        door_edges: (D, 3) int32 which edges each has at its low end, its high end, its top: a joint
            that is as wide or as high as the rooms it joins has none there.
        counts: (2,) int32: rooms and doors in use.
        routes: (R, R, K, longest) int32, see doorways.door_routes.
        reflect: (R, 6, B) float32 pressure reflectance of each face's wall.
        leaky: (R, 6, B) float32 the same, averaged with the openings, which reflect nothing.
        openings: (R, 4, H, 3) float64 open doors in each wall: low, high along it, and height.
        solids: (R, 6, N) float32 boxes of furniture, see solids.Solids.
        reach: (R, N, 6) float64 the same boxes, endless where they touch walls.
        lanes: (R,) int32 columns of `solids` to test.
        panels: (R, P, 13) float64 facets of furniture and rough walls, see facets.Facets.
        mirrors: (R, P, B) float32 their pressure gain as mirrors.
        scatters: (R, P, B) float32 and as matt surfaces.
        used: (R,) int32 facets in use.
        through: (R, 6, B) float32 pressure that a wall of each face's make lets through.
        leaves: (D, B) float32 pressure that each door lets through: 1 if it is open.
        free_path: (R,) float64 mean free path in metres.
        undrawn: (R, B, Q) float32 share of a room's energy that is not drawn as images.
        grid: (R, 3) int32: first cell, cells along x, cells along y.
        shapes: (B, cells, M) float32 diffusion modes.
        leans: (B, cells, 2, M) float32 their fluxes, see diffusion.DiffusionModes.
        decay: (B, M, Q) float32 exp(-rate t) at the knots of the envelope.
    """

    rooms: F64
    doors: F64
    door_open: I32
    door_rooms: I32
    door_edges: I32
    counts: I32
    routes: I32
    reflect: F32
    leaky: F32
    openings: F64
    solids: F32
    reach: F64
    lanes: I32
    panels: F64
    mirrors: F32
    scatters: F32
    used: I32
    through: F32
    leaves: F32
    free_path: F64
    undrawn: F32
    grid: I32
    shapes: F32
    leans: F32
    decay: F32


def knots(config: AcousticConfig) -> I32:
    """Samples at which the late envelope is computed: every 5 ms to 0.1 s, then every 20 ms.

    >>> knots(AcousticConfig())[[0, 1, -1]].tolist()
    [0, 80, 8000]
    """
    fine, coarse = config.sample_rate // 200, config.sample_rate // 50
    start = np.arange(0, 20 * fine, fine)
    rest = np.arange(20 * fine, config.samples + coarse, coarse)
    return np.append(start, rest).astype(np.int32)


def air_absorption(config: AcousticConfig, way: float = EARLY) -> F64:
    """Energy absorbed per metre of air in each band, (B,), exact for a way of so many metres."""
    limits = band_limits(config.sample_rate, config.bands)
    rates = band_absorption(limits, config.temperature, config.humidity, way)
    return rates * float(config.air)


def _solid(areas: F64, stats: RoomAcoustics) -> F64:
    """(6,) share of each face that is wall, not opening."""
    return np.clip(1.0 - stats.openings / areas, 0.0, 1.0)


def _bare(areas: F64, stats: RoomAcoustics) -> float:
    """Square metres of the surface of furniture."""
    return max(stats.surface - float(np.maximum(areas - stats.openings, 0.0).sum()), 0.0)


def _door_edges(plan: FloorPlan) -> I32:
    """(D, 3) which edge is at each door's low end, high end and top: 0 for none.

    1 is the end of a thin wall; 2 and 3 are corners of an L, of which the lower or the upper room
    goes on beyond the end (tables.SOURCE_WIDE, LISTENER_WIDE for who walks upwards).
    """
    edges = np.ones((max(1, len(plan.doors)), 3), dtype=np.int32)
    for index, door in enumerate(plan.doors):
        across = 1 - door.axis
        below, above = (plan.rooms[room] for room in door.rooms)
        if door.thickness < 1e-6:
            for end, k in enumerate((across, across + 2)):
                beyond = [abs(room.box[k] - door.box[k]) > 1e-6 for room in (below, above)]
                edges[index, end] = {(0, 0): 0, (1, 1): 1, (1, 0): 2, (0, 1): 3}[
                    int(beyond[0]), int(beyond[1])
                ]
            edges[index, 2] = max(below.height, above.height) > door.height + 1e-6
    return edges


def _leaves(plan: FloorPlan, through: F32) -> F32:
    """(D, B) pressure that each door lets through."""
    gains = [np.ones(through.shape[1]) if d.open else through[d.leaf] for d in plan.doors]
    return np.array(gains or [np.ones(through.shape[1])], dtype=np.float32)


def _openings(plan: FloorPlan) -> F64:
    """(R, 4, H, 3) open doors in each wall of each room: low, high along the wall, height.

    Where an opening reaches a corner or the ceiling, nothing of the wall is left: it has no edge.
    """
    found: list[list[list[tuple[float, ...]]]] = [[[] for _ in range(4)] for _ in plan.rooms]
    for door in plan.doors:
        across = 1 - door.axis
        for room, face in zip(door.rooms, door_faces(door), strict=True):
            if not door.open:
                continue
            low, high, top = door.box[across], door.box[across + 2], door.height
            box = plan.rooms[room].box
            low -= 1e3 * (low <= box[across] + 1e-6)
            high += 1e3 * (high >= box[across + 2] - 1e-6)
            found[room][face].append(
                (low, high, top + 1e3 * (top >= plan.rooms[room].height - 1e-6))
            )
    most = max(1, *(len(holes) for room in found for holes in room))
    table = np.zeros((len(plan.rooms), 4, most, 3))
    for room, faces in enumerate(found):
        for face, holes in enumerate(faces):
            table[room, face, : len(holes)] = np.reshape(holes, (-1, 3))
    return table


class AcousticModel:
    """The acoustics of one home: immutable, pure, safe to build in another thread."""

    def __init__(self, home: Home, config: AcousticConfig, scene: Scene) -> None:
        self.home = home
        self.config = config
        self.scene = scene

    @classmethod
    def from_scene(cls, scene: Scene, config: AcousticConfig | None = None) -> AcousticModel:
        """Compute a home's acoustics.

        Args:
            scene: the home.
            config: what will be asked of it; the defaults if None.
        """
        config = config or AcousticConfig()
        plan, rate = scene.plan, config.sample_rate
        absorption, scattering, transmission = (
            octaves_to_bands(np.array(octaves), rate, config.bands)
            for octaves in zip(
                *((s.absorption, s.scattering, s.transmission) for s in scene.surfaces), strict=True
            )
        )
        through = np.sqrt(transmission * config.transmission).astype(np.float32)
        facets = find_facets(scene, absorption, scattering, wanted=config.scattering)
        rough = scattering * (config.scattering and config.late)
        stats = room_statistics(plan, absorption, furniture_areas(plan, absorption))
        if scene.free is not None:
            stats = traced_statistics(scene, scene.free, absorption, stats)
        air = air_absorption(config, LATE)
        surfaces = absorption, transmission
        cells = assemble(plan, stats, surfaces, config.transmission, config.speed)
        diffusion = solve(cells, air)
        times = knots(config) / rate
        reflect, leaky, undrawn = [], [], []
        for room, stat in zip(plan.rooms, stats, strict=True):
            areas = face_areas(room)
            energy = 1.0 - stat.absorption
            leaking = _solid(areas, stat)[:, None] * energy
            x0, y0, x1, y1 = room.box
            size = (x1 - x0, y1 - y0, room.height)
            mean = areas @ leaking / areas.sum()
            kept = 1.0 - rough[list(room.surfaces)]  # (6, B) reflected as by a mirror
            mirror = areas @ (leaking * kept) / (areas @ leaking + 1e-12)
            if config.occlusion:  # what meets furniture is no image either
                mirror = mirror * areas.sum() / (areas.sum() + _bare(areas, stat))
            undrawn.append(undrawn_share(size, mean, config.order, times, config.speed, mirror))
            reflect.append(np.sqrt(energy * kept))
            leaky.append(np.sqrt(leaking * kept))
        decay = np.exp(-diffusion.rates[:, :, None] * times)
        doors = [(*d.box, d.height) for d in plan.doors] or [(0.0,) * 5]
        links = [(*d.rooms, d.axis) for d in plan.doors] or [(0, 0, 0)]
        solids = solid_boxes(plan, wanted=config.occlusion)
        home = Home(
            rooms=np.array([(*r.box, r.height) for r in plan.rooms], dtype=np.float64),
            doors=np.array(doors, dtype=np.float64),
            door_open=np.array([d.open for d in plan.doors] or [False], dtype=np.int32),
            door_rooms=np.array(links, dtype=np.int32),
            door_edges=_door_edges(plan),
            counts=np.array([len(plan.rooms), len(plan.doors)], dtype=np.int32),
            routes=door_routes(plan),
            reflect=np.array(reflect, dtype=np.float32),
            leaky=np.array(leaky, dtype=np.float32),
            openings=_openings(plan),
            solids=solids.boxes,
            reach=solids.reach,
            lanes=solids.lanes,
            panels=facets.panels,
            mirrors=facets.mirrors,
            scatters=facets.scatters,
            used=facets.used,
            through=through[[r.surfaces for r in plan.rooms]],
            leaves=_leaves(plan, through),
            free_path=np.array([s.free_path for s in stats]),
            undrawn=np.array(undrawn, dtype=np.float32),
            grid=diffusion.grid,
            shapes=diffusion.shapes,
            leans=diffusion.leans,
            decay=decay.astype(np.float32),
        )
        return cls(home, config, scene)
