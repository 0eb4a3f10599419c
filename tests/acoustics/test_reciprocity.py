"""Exchanging source and listener changes nothing, in any home, with all of the physics on."""

from __future__ import annotations

import numpy as np
import pytest

from soundwalk.envs.acoustics import AcousticConfig, GeometricEngine
from soundwalk.envs.interface import F32
from soundwalk.envs.scenes import generate, set_doors
from soundwalk.envs.scenes.scene import Scene


def level(response: F32) -> float:
    """Energy in dB relative to a unit impulse."""
    return float(10 * np.log10((response.astype(float) ** 2).sum()))


def differences(scene: Scene, seed: int, pairs: int, *, late: bool = True) -> list[float]:
    """Level differences in dB there and back between random points of a home."""
    engine = GeometricEngine.from_config(scene, AcousticConfig(receiver="mono", late=late))
    rng = np.random.default_rng(seed)
    found = []
    for _ in range(pairs):
        ends = []
        for _ in range(2):
            x0, y0, x1, y1 = scene.plan.rooms[rng.integers(len(scene.plan.rooms))].box
            ends.append((rng.uniform(x0, x1), rng.uniform(y0, y1), rng.uniform(0.2, 2.3)))
        there, back = engine.rir(ends[0], ends[1]), engine.rir(ends[1], ends[0])
        found.append(level(there) - level(back))
    return found


def test_any_two_points_of_any_home_hear_each_other_equally_loud() -> None:
    errors = [e for seed in range(8) for e in differences(generate(seed=seed), seed, 12)]
    assert len(errors) == 96
    assert np.abs(errors).max() < 0.1


def test_arrivals_are_as_loud_both_ways_without_the_late_field_that_hides_them() -> None:
    errors = [e for seed in range(8) for e in differences(generate(seed), seed, 12, late=False)]
    assert np.abs(errors).max() < 0.01


def in_a_tunnel(scene: Scene, rng: np.random.Generator) -> tuple[float, float, float]:
    """A point of an open door, within the thickness of its wall."""
    doors = [door for door in scene.plan.doors if door.open and door.thickness > 0.0]
    door = doors[rng.integers(len(doors))]
    x0, y0, x1, y1 = door.box
    return rng.uniform(x0, x1), rng.uniform(y0, y1), rng.uniform(0.2, door.height)


def test_who_stand_in_doors_hear_each_other_equally_loud() -> None:
    errors = []
    for seed in range(5):
        scene, rng = generate(seed, rooms=4), np.random.default_rng(seed)
        engine = GeometricEngine(scene, receiver="mono")
        for _ in range(30):
            a, b = in_a_tunnel(scene, rng), in_a_tunnel(scene, rng)
            errors.append(level(engine.rir(a, b)) - level(engine.rir(b, a)))
    assert np.abs(errors).max() < 0.1


@pytest.mark.slow
def test_many_points_of_many_homes_hear_each_other_equally_loud() -> None:
    errors = [e for seed in range(100, 180) for e in differences(generate(seed=seed), seed, 30)]
    assert np.abs(errors).max() < 0.1


def test_closed_doors_let_the_same_through_both_ways() -> None:
    for seed in range(3):
        scene = generate(seed=seed, rooms=4)
        doors = [index % 2 == 1 for index in range(len(scene.plan.doors))]
        errors = differences(set_doors(scene, doors), seed, 12)
        assert np.abs(errors).max() < 0.1
