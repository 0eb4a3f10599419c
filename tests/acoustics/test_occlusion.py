"""Furniture in the way of sound: what a screen costs, and that nothing jumps behind one."""

from __future__ import annotations

import dataclasses
import math

import numpy as np
import pytest

from soundwalk.envs.acoustics import AcousticConfig, GeometricEngine
from soundwalk.envs.acoustics.edges import bend_loss
from soundwalk.envs.acoustics.solids import solid_boxes
from soundwalk.envs.interface import F64
from soundwalk.envs.scenes import generate, shoebox
from soundwalk.envs.scenes.scene import Box3, Furniture, Scene

CENTRES = (353.6, 1000.0, 2000.0, 4000.0)
SCREEN: Box3 = (9.9, 2.0, 0.0, 10.1, 18.0, 1.8)
Point = tuple[float, float, float]


def furnished(*boxes: Box3, size: Point = (20.0, 20.0, 10.0)) -> Scene:
    """A hall that holds these boxes."""
    scene = shoebox(size, absorption=0.9)
    pieces = tuple(Furniture("screen", 0, box, 0, i + 1, (box,)) for i, box in enumerate(boxes))
    return dataclasses.replace(scene, plan=dataclasses.replace(scene.plan, furniture=pieces))


def direct(scene: Scene, source: Point, receiver: Point, occlusion: bool = True) -> F64:
    """Loss in dB per band of the direct sound against the free field."""
    config = AcousticConfig(order=0, air=False, late=False, occlusion=occlusion)
    engine = GeometricEngine.from_config(scene, config)
    loss: F64 = -20 * np.log10(engine.arrival(source, receiver).gains * math.dist(source, receiver))
    return loss


def test_a_long_screen_costs_what_kurze_and_anderson_say_of_the_way_over_it() -> None:
    for depth in (0.3, 0.6, 1.0):
        z = 1.8 - depth
        loss = direct(furnished(SCREEN), (8.0, 10.0, z), (12.0, 10.0, z))
        over = 2 * math.hypot(1.9, depth) + 0.2 - 4.0
        expected = [bend_loss(over, f) for f in CENTRES]
        np.testing.assert_allclose(loss, expected, atol=0.7)  # and a little round its ends


def test_a_narrow_screen_lets_more_sound_round_its_sides() -> None:
    points = (8.0, 10.0, 0.9), (12.0, 10.0, 0.9)
    wide, narrow = (
        direct(furnished((9.9, 10 - w, 0.0, 10.1, 10 + w, 1.8)), *points) for w in (8.0, 0.6)
    )
    assert (narrow < wide - 1.5).all()
    assert (narrow > 4.5).all()


def test_with_occlusion_off_furniture_is_air() -> None:
    loss = direct(furnished(SCREEN), (8.0, 10.0, 1.0), (12.0, 10.0, 1.0), occlusion=False)
    np.testing.assert_allclose(loss, 0.0, atol=1e-6)


@pytest.mark.parametrize("axis", [1, 2])
def test_nothing_jumps_as_one_walks_or_rises_out_of_a_shadow(axis: int) -> None:
    engine = GeometricEngine(furnished((9.7, 8.0, 0.0, 10.3, 12.0, 1.8)), order=2, late=False)
    losses = []
    for step in np.arange(0.0, 4.0, 0.02):
        ear = [12.0, 10.0, 1.0]
        ear[axis] += step
        first = engine.arrival((8.0, 10.3, 1.0), (ear[0], ear[1], ear[2]))
        losses.append(20 * np.log10(first.gains))
    assert np.abs(np.diff(losses, axis=0)).max() < 1.0
    assert losses[-1][3] > losses[0][3] + 10


def test_what_lies_on_a_surface_is_not_shadowed_by_it() -> None:
    table: Box3 = (9.0, 9.0, 0.7, 11.0, 11.0, 0.74)
    for height in (0.74, 0.75):
        loss = direct(furnished(table), (9.3, 10.0, height), (13.0, 10.0, 0.5))
        np.testing.assert_allclose(loss, 0.0, atol=1e-6)
    assert (direct(furnished(table), (9.3, 10.0, 0.9), (11.2, 10.0, 0.5)) > 2).all()


def test_a_machine_is_not_in_the_way_of_its_own_sound() -> None:
    for seed in range(4):
        scene = generate(seed=seed, rooms=3)
        for thing in scene.plan.objects:
            alone = dataclasses.replace(
                scene, plan=dataclasses.replace(scene.plan, furniture=(), objects=(thing,))
            )
            engine = GeometricEngine(alone, order=0, air=False, late=False)
            x, y, z = thing.position
            x0, y0, z0, x1, y1, z1 = thing.box
            ahead = (2 * x - (x0 + x1) / 2, 2 * y - (y0 + y1) / 2, 2 * z - (z0 + z1) / 2)
            room = scene.plan.rooms[thing.room]
            if room.contains(ahead[0], ahead[1], 0.1) and 0 < ahead[2] < room.height:
                gains = engine.arrival(thing.position, ahead).gains
                np.testing.assert_allclose(gains * math.dist(thing.position, ahead), 1, atol=1e-6)


def test_a_shadow_is_the_same_both_ways_for_every_reflection() -> None:
    scene = generate(seed=3, rooms=3)
    engine = GeometricEngine(scene, receiver="mono", order=3, late=False)
    rng = np.random.default_rng(0)
    for room in scene.plan.rooms:
        x0, y0, x1, y1 = room.box
        a, b = (
            (rng.uniform(x0 + 0.2, x1 - 0.2), rng.uniform(y0 + 0.2, y1 - 0.2), z)
            for z in (0.4, 1.25)
        )
        there, back = (engine.rir(*pair)[0].astype(float) for pair in ((a, b), (b, a)))
        level = [10 * np.log10((h**2).sum()) for h in (there, back)]
        assert level[0] == pytest.approx(level[1], abs=0.05)


def test_furniture_becomes_few_boxes_inside_its_room() -> None:
    for seed in range(6):
        scene = generate(seed=seed, rooms=4)
        solids = solid_boxes(scene.plan)
        for index, room in enumerate(scene.plan.rooms):
            boxes = solids.boxes[index].T
            boxes = boxes[(boxes != 0).any(1)]
            assert len(boxes) <= solids.lanes[index] <= len(boxes) + 7
            assert len(boxes) <= 25
            assert (boxes[:, :3] < boxes[:, 3:]).all()
            assert (boxes[:, :2] >= np.array(room.box[:2]) - 1e-6).all()
            assert (boxes[:, 3:5] <= np.array(room.box[2:]) + 1e-6).all()
