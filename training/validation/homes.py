"""Whole homes: reciprocity, rooms coupled by a door, and the energy of the diffusion field."""

from __future__ import annotations

import dataclasses

import numpy as np

from ...envs.acoustics import AcousticConfig, GeometricEngine, PyroomEngine
from ...envs.acoustics.model import AcousticModel, knots
from ...envs.interface import F64, SPEED_OF_SOUND
from ...envs.scenes import Scene, generate, shoebox
from ...envs.scenes.materials import uniform
from ...envs.scenes.scene import Door, FloorPlan, Room
from .check import Check, Curve, Plot

RATE = 16_000
SIZE = (4.0, 5.0, 2.6)  # of each coupled room, metres
DOOR = (1.0, 2.05)  # width and height, metres


def standing_points(scene: Scene, room: int, count: int, rng: np.random.Generator) -> F64:
    """(count, 3) points of a room that are not inside furniture, 0.9 to 1.8 m above the floor."""
    box = scene.plan.rooms[room].box
    solid = np.array(
        [b for piece in scene.plan.furniture for b in piece.parts or (piece.box,)]
    ).reshape(-1, 6)
    found: list[F64] = []
    while len(found) < count:
        p = rng.uniform((box[0] + 0.3, box[1] + 0.3, 0.9), (box[2] - 0.3, box[3] - 0.3, 1.8))
        if not ((p > solid[:, :3] - 0.02) & (p < solid[:, 3:] + 0.02)).all(1).any():
            found.append(p)
    return np.array(found)


def reciprocity(quick: bool = True) -> list[Check]:
    """Energy between two points of generated homes, there and back.

    Arrivals are compared without the late field, too: it is even by construction and, louder than
    they are from room to room, would hide what they lack.
    """
    worst, where, count = 0.0, "", 0
    for seed in range(100, 102 if quick else 112):
        scene = generate(seed, rooms=4 if quick else 2 + seed % 5)
        engines = [GeometricEngine(scene, receiver="mono", late=late) for late in (True, False)]
        rng = np.random.default_rng(seed)
        for _ in range(20 if quick else 100):
            i, j = rng.integers(len(scene.plan.rooms), size=2)
            a = standing_points(scene, int(i), 1, rng)[0]
            b = standing_points(scene, int(j), 1, rng)[0]
            apart = max(_apart(engine, a, b) for engine in engines)
            count += 1
            if apart > worst:
                worst = apart
                where = f"home {seed}, {np.round(a, 2).tolist()} and {np.round(b, 2).tolist()}"
    note = f"{count} pairs, whole responses and arrivals alone; worst: {where}"
    return [Check("reciprocity", "itself, source and microphone swapped", worst, 0.1, "dB", note)]


def _apart(engine: GeometricEngine, a: F64, b: F64) -> float:
    """Level difference in dB there and back."""
    there, back = ((engine.rir(p, q)[0].astype(np.float64) ** 2).sum() for p, q in ((a, b), (b, a)))
    return float(abs(10 * np.log10(there / back)))


def two_rooms(absorption: float, scattering: float) -> Scene:
    """Two equal rooms side by side, joined by an open door in the middle of their wall."""
    x, y, z = SIZE
    surface = uniform("wall", (absorption,), (scattering,))
    middle = y / 2
    door = Door((0, 1), (x, middle - DOOR[0] / 2, x + 0.1, middle + DOOR[0] / 2), DOOR[1], 0)
    rooms = tuple(Room("room", (x0, 0.0, x0 + x, y), z, (0,) * 6) for x0 in (0.0, x + 0.1))
    plain = shoebox(SIZE)  # lends its triangles: the ear needs only the plan
    return dataclasses.replace(
        plain, surfaces=(surface,), plan=FloorPlan(rooms, (door,)), name="two rooms"
    )


def reservoirs(absorption: float, times: F64) -> tuple[F64, float]:
    """Statistical theory of two rooms: Kuttruff, Room Acoustics (2009), section 5.9.

    Each room is one reservoir of energy, emptied by its walls after Eyring and by the door.

    Args:
        absorption: of the walls.
        times: (T,) seconds after the impulse in room 0.

    Returns:
        (2, T) energy density in 1/m3 per unit emitted energy, and the late rate in 1/s.
    """
    x, y, z = SIZE
    volume, door = x * y * z, DOOR[0] * DOOR[1]
    surface = 2 * (x * y + x * z + y * z) - door
    area = -surface * np.log(1 - absorption)
    c = SPEED_OF_SOUND / (4 * volume)
    rates, modes = np.linalg.eigh(c * np.array([[area + door, -door], [-door, area + door]]))
    start = modes.T @ np.array([1.0 / volume, 0.0])
    density: F64 = modes @ (start[:, None] * np.exp(-rates[:, None] * times))
    return density, float(rates[0])


def coupled_rooms(quick: bool = True) -> list[Check]:
    """Level and late slope in the second room, against statistical theory and rays."""
    alpha, length = 0.1, 1.0
    scene = two_rooms(alpha, 0.6)
    config = AcousticConfig(receiver="mono", air=False, length=length)
    ours = GeometricEngine.from_config(scene, config)
    theirs = PyroomEngine.from_config(scene, config, rays=3000 if quick else 20_000)
    rng = np.random.default_rng(5)
    pairs = [(_inside(0, rng), _inside(1, rng)) for _ in range(6 if quick else 24)]
    found = np.array([_squared(ours, a, b) for a, b in pairs]).mean(0)
    near = np.array([_squared(ours, a, _inside(0, rng)) for a, _ in pairs]).mean(0)
    some = pairs[: 6 if quick else 12]
    rays = np.array([theirs.rays(a, b).sum(0)[3] for a, b in some]).mean(0)
    times = np.linspace(0.002, length - 0.002, round(length / 0.004), dtype=np.float64)
    density, rate = reservoirs(alpha, times)
    theory = 4 * np.pi * SPEED_OF_SOUND * density * 0.004
    use = (times > 0.15) & (times < 0.6)
    same = np.array([_squared(ours, a, b) for a, b in some]).mean(0)
    levels = [10 * np.log10(e.sum()) for e in (found, theory[1], rays, same)]
    slopes = [-np.polyfit(times[use], np.log(e[use]), 1)[0] for e in (found, rays)]
    curves = tuple(
        Curve(label, times[e > 0].tolist(), (10 * np.log10(e[e > 0])).tolist(), style)
        for label, e, style in (
            ("ours, source's room", near, "C0-"), ("theory", theory[0], "C0:"),
            ("ours, next room", found, "C1-"), ("theory", theory[1], "C1:"),
            ("rays, next room", rays, "C2-"),
        )
    )  # fmt: skip
    plot = Plot("Two rooms and a door: energy in 4 ms", "s", "dB", curves)
    note = f"ours {levels[0]:.2f}, theory {levels[1]:.2f} dB"
    there = f"ours {levels[3]:.2f}, rays {levels[2]:.2f} dB"
    slow = f"ours {13.8 / slopes[0]:.2f}, theory {13.8 / rate:.2f}, rays {13.8 / slopes[1]:.2f} s"
    name, slope = "coupled rooms, level in the second", "coupled rooms, late slope"
    statistics, traced = "two reservoirs (Kuttruff)", "pyroomacoustics' rays, rough walls"
    return [
        Check(name, statistics, abs(levels[0] - levels[1]), 1.5, "dB", note, (plot,)),
        Check(name, traced, abs(levels[3] - levels[2]), 1.5, "dB", there),
        Check(slope, statistics, 100 * abs(slopes[0] / rate - 1), 10.0, "%", slow),
        Check(slope, traced, 100 * abs(slopes[0] / slopes[1] - 1), 10.0, "%", slow),
    ]


def _inside(room: int, rng: np.random.Generator) -> tuple[float, float, float]:
    """A point of one of the two rooms, away from the door."""
    x, y, z = SIZE
    across = rng.uniform(0.5, 3.0)
    px = across if room == 0 else 2 * x + 0.1 - across
    return float(px), float(rng.uniform(0.5, y - 0.5)), float(rng.uniform(0.5, z - 0.5))


def _squared(engine: GeometricEngine, a: tuple[float, ...], b: tuple[float, ...]) -> F64:
    """Energy of a response in bins of 4 ms."""
    rir = engine.rir(np.array(a), np.array(b))[0].astype(np.float64)
    energy: F64 = (rir.reshape(-1, round(0.004 * RATE)) ** 2).sum(1)
    return energy


def energy_balance(quick: bool = True) -> list[Check]:
    """Without absorption nothing is lost; with it, what is lost is what the walls take."""
    kept = 0.0
    for seed in (3,) if quick else range(3, 15):
        scene = generate(seed, rooms=5)
        hard = tuple(
            dataclasses.replace(s, absorption=(1e-9,) * 7, transmission=(0.0,) * 7)
            for s in scene.surfaces
        )
        plan = dataclasses.replace(scene.plan, furniture=())
        kept = max(kept, _lost(dataclasses.replace(scene, surfaces=hard, plan=plan)))
    size, absorption = (7.0, 4.0, 2.6), (0.02, 0.6, 0.1, 0.1, 0.3, 0.05)
    worst = max(_imbalance(size, absorption), _imbalance(size, (0.2,) * 6))
    against = "energy absorbed at the walls of a box of six materials"
    return [
        Check("diffusion field, hard walls", "itself: energy stays in the home", kept, 0.1, "%"),
        Check("diffusion field, soft walls", against, worst, 0.1, "%"),
    ]


def _model(scene: Scene) -> tuple[F64, F64, F64]:
    """Modes (cells, M) at 1 kHz, their rates (M,) in 1/s, and the cells' volumes."""
    config = AcousticConfig(air=False)
    home = AcousticModel.from_scene(scene, config).home
    volumes = []
    for room, (_, nx, ny) in zip(scene.plan.rooms, home.grid, strict=True):
        volumes += [room.area * room.height / (nx * ny)] * int(nx * ny)
    time = knots(config)[1] / config.sample_rate
    rates = -np.log(np.maximum(home.decay[1, :, 1].astype(np.float64), 1e-30)) / time
    return home.shapes[1].astype(np.float64), rates, np.array(volumes)


def _lost(scene: Scene) -> float:
    """Per cent by which the energy of an impulse in any cell ever differs from what it was."""
    shapes, rates, volumes = _model(scene)
    times = np.linspace(0.0, 0.5, 26)
    held = volumes @ shapes  # (M,)
    energy = (shapes * held) @ np.exp(-rates[:, None] * times)  # (cells, T)
    return float(100 * np.abs(energy - 1).max())


def _imbalance(size: tuple[float, float, float], absorption: tuple[float, ...]) -> float:
    """Per cent of the energy in a box that is neither left nor absorbed at its walls."""
    surfaces = tuple(uniform(f"face {i}", (a,), (0.1,)) for i, a in enumerate(absorption))
    scene = shoebox(size)
    room = dataclasses.replace(scene.plan.rooms[0], surfaces=(0, 1, 2, 3, 4, 5))
    scene = dataclasses.replace(scene, surfaces=surfaces, plan=FloorPlan((room,)))
    shapes, rates, volumes = _model(scene)
    exponent, losses = _losses(scene, size, absorption)
    held, times = volumes @ shapes, np.linspace(0.005, 0.5, 100)
    slowest = int(rates.argmin())
    # Near walls there is less energy than on average, and so they take more of it than c / 4 times
    # Eyring's exponent: by as much as lets the slowest mode, and with it the box, decay as he says.
    losses *= exponent * held[slowest] / (losses @ shapes[:, slowest])
    taken = losses @ shapes  # (M,)
    fallen = np.exp(-rates[:, None] * times)
    left = (shapes * held) @ fallen
    absorbed = (shapes * taken) @ ((1 - fallen) / rates[:, None])
    return float(100 * np.abs(left + absorbed - 1).max())


def _losses(
    scene: Scene, size: tuple[float, float, float], absorption: tuple[float, ...]
) -> tuple[float, F64]:
    """Eyring's rate of decay of a box in 1/s; (cells,) m3/s that cells lose were energy even."""
    x, y, z = size
    nx, ny = AcousticModel.from_scene(scene).home.grid[0][1:]
    dx, dy = x / nx, y / ny
    faces = np.array([y * z, y * z, x * z, x * z, x * y, x * y])
    alpha = np.array(absorption)
    mean = float(faces @ alpha / faces.sum())
    area = np.full((nx, ny), (alpha[4] + alpha[5]) * dx * dy)
    area[0] += alpha[0] * dy * z
    area[-1] += alpha[1] * dy * z
    area[:, 0] += alpha[2] * dx * z
    area[:, -1] += alpha[3] * dx * z
    losses: F64 = SPEED_OF_SOUND / 4 * -np.log(1 - mean) / mean * area.ravel()
    return float(losses.sum() / (x * y * z)), losses
