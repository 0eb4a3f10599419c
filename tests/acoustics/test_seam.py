"""Early and late sound make one decay: no hole, no hump, and the time that it should take.

Averaged over places, the energy in a room at a time cannot depend on how its walls scatter: a unit
source gives 4 pi c / V exp(-t / tau), direct sound included.
"""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import pytest

from soundwalk.envs.acoustics import AcousticConfig, GeometricEngine
from soundwalk.envs.acoustics.pyroom import PyroomEngine
from soundwalk.envs.interface import F64
from soundwalk.envs.scenes import generate, shoebox
from soundwalk.envs.scenes.scene import FloorPlan, Surface

Size = tuple[float, float, float]
Places = list[tuple[F64, F64]]
RATE, SLOT = 16_000, 160  # 10 ms


def places(size: Size, count: int, margin: float, seed: int = 0) -> Places:
    rng, corner = np.random.default_rng(seed), np.array(size)
    return [
        (rng.uniform(margin, corner - margin), rng.uniform(margin, corner - margin))
        for _ in range(count)
    ]


def responses(engine: GeometricEngine | PyroomEngine, pairs: Places) -> F64:
    return np.array([engine.rir(*pair)[0] for pair in pairs], dtype=np.float64)


def slots(signals: F64, count: int) -> F64:
    """(count,) energy in each 10 ms, mean over responses."""
    power = (signals[:, : count * SLOT] ** 2).reshape(len(signals), count, SLOT).sum(2)
    return np.asarray(power.mean(0))


def eyring(size: Size, alpha: float) -> float:
    """Rate of energy decay, 1/s."""
    x, y, z = size
    surface, volume = 2 * (x * y + x * z + y * z), x * y * z
    return -343.0 * surface * math.log(1 - alpha) / (4 * volume)


def reverberation_time(signals: F64) -> float:
    """RT60 from -5 to -35 dB of the mean energy decay curve."""
    decay = np.cumsum((signals**2).mean(0)[::-1])[::-1]
    level = 10 * np.log10(np.maximum(decay / decay[0], 1e-12))
    first, last = np.argmax(level < -5), np.argmax(level < -35)
    return float(2 * (last - first) / RATE)


def mono(length: float = 0.5) -> AcousticConfig:
    return AcousticConfig(receiver="mono", air=False, length=length)


@pytest.mark.parametrize("scattering", [0.0, 0.3, 0.6, 0.9])
def test_the_energy_of_every_slot_is_what_is_left_of_what_was_emitted(scattering: float) -> None:
    size, alpha = (6.0, 5.0, 2.7), 0.2
    pairs = [p for p in places(size, 60, 0.3, 1) if np.linalg.norm(p[0] - p[1]) > 0.8]
    engine = GeometricEngine.from_config(shoebox(size, alpha, scattering), mono())
    times = (np.arange(25) + 0.5) * 0.01
    left = 4 * np.pi * 343 / np.prod(size) * np.exp(-eyring(size, alpha) * times) * 0.01
    errors = 10 * np.log10(slots(responses(engine, pairs), 25) / left)[1:]  # without near field
    assert np.abs(errors).mean() < 0.8
    assert np.abs(errors).max() < 1.8
    assert abs(errors.mean()) < 0.5


BOXES = [
    ((6.0, 5.0, 2.7), 0.2, 0.5),
    ((8.0, 6.0, 3.0), 0.3, 0.5),
    ((4.0, 3.5, 2.5), 0.15, 0.3),
    ((10.0, 4.0, 2.6), 0.25, 0.7),
]


@pytest.mark.parametrize(
    ("size", "alpha", "scattering"),
    [BOXES[0], *(pytest.param(*box, marks=pytest.mark.slow) for box in BOXES[1:])],
)
def test_the_decay_follows_images_and_rays_of_pyroomacoustics(
    size: Size, alpha: float, scattering: float
) -> None:
    scene, pairs = shoebox(size, alpha, scattering), places(size, 6, 0.8)
    ours = responses(GeometricEngine.from_config(scene, mono(0.8)), pairs)
    theirs = responses(PyroomEngine(scene, receiver="mono", air=False, length=0.8), pairs)
    assert reverberation_time(ours) == pytest.approx(reverberation_time(theirs), rel=0.1)
    count = round(70 * reverberation_time(theirs))  # down to 42 dB
    errors = 10 * np.log10(slots(ours, count) / slots(theirs, count))
    assert np.abs(errors).mean() < 1.5
    curves = [np.cumsum((h**2).sum(0)[::-1])[::-1] for h in (ours, theirs)]
    loud = curves[1] > 1e-4 * curves[1][0]
    assert np.sqrt(np.mean((10 * np.log10(curves[0][loud] / curves[1][loud])) ** 2)) < 1.0


@pytest.mark.parametrize(("size", "alpha"), [(box[0], box[1]) for box in BOXES])
def test_reverberation_time_of_a_rough_box_is_eyrings_within_five_percent(
    size: Size, alpha: float
) -> None:
    engine = GeometricEngine.from_config(shoebox(size, alpha, 0.5), mono(1.0))
    found = reverberation_time(responses(engine, places(size, 12, 0.5)))
    assert found == pytest.approx(math.log(1e6) / eyring(size, alpha), rel=0.05)


@pytest.mark.slow
def test_the_room_next_door_is_as_loud_and_rings_as_long_as_rays_say() -> None:
    """Two bare rooms with rough walls and an open door: level to 1.5 dB, late slope to 10 %."""
    base = generate(3, 2)
    bare = base.instance == 0
    scene = replace(
        base,
        triangles=base.triangles[bare],
        surface=base.surface[bare],
        instance=base.instance[bare],
        surfaces=tuple(Surface(s.name, (0.15,) * 7, (0.5,) * 7) for s in base.surfaces),
        plan=FloorPlan(base.plan.rooms, base.plan.doors),
    )
    ours = GeometricEngine.from_config(scene, mono(1.0))
    rays = PyroomEngine(scene, receiver="mono", air=False, length=1.0, order=2)
    rng = np.random.default_rng(0)

    def somewhere(room: int) -> F64:
        x0, y0, x1, y1 = scene.plan.rooms[room].box
        return rng.uniform((x0 + 0.6, y0 + 0.6, 0.8), (x1 - 0.6, y1 - 0.6, 1.8))

    for room in (0, 1):
        pairs = [(somewhere(0), somewhere(room)) for _ in range(4)]
        found, expected = responses(ours, pairs), responses(rays, pairs)
        levels = [10 * np.log10((h**2).sum()) for h in (found, expected)]
        assert levels[0] == pytest.approx(levels[1], abs=1.5)
        assert reverberation_time(found) == pytest.approx(reverberation_time(expected), rel=0.1)
