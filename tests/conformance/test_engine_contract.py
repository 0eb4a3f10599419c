"""What an engine promises: from a source to the ears, whoever computes it."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest

from soundwalk.envs.interface import F32, F64, SPEED_OF_SOUND
from soundwalk.envs.scenes import generate, shoebox

from .worlds import EngineCase

Triple = tuple[float, float, float]
EARS = (3.0, 2.5, 1.3)  # in the middle of a room of 6 m x 5 m


def energy(rir: F32) -> F64:
    """(C,) energy at each ear."""
    total: F64 = (rir.astype(np.float64) ** 2).sum(1)
    return total


def decibels(ratio: F64 | float) -> float:
    return float(np.abs(10 * np.log10(ratio)).max())


def test_a_response_has_the_promised_shape_and_type_and_is_a_fresh_array(
    engine_case: EngineCase,
) -> None:
    engine = engine_case.make(shoebox((6, 5, 2.7)))
    first = engine.rir((1, 2, 1.5), EARS, 0.3)
    assert first.shape == (engine_case.channels, engine_case.samples)
    assert first.dtype == np.float32
    kept = first.copy()
    engine.rir((5, 4, 1.0), EARS, 1.3)
    np.testing.assert_array_equal(first, kept)


def test_the_same_question_has_the_same_answer_whatever_was_asked_before(
    engine_case: EngineCase,
) -> None:
    scene = generate(21, 3)
    spots = [thing.position for thing in scene.plan.objects]
    engine, again = engine_case.make(scene), engine_case.make(scene)
    expected = engine.rir(spots[0], spots[1], 0.5)
    for spot in spots[2:6]:
        again.rir(spot, spots[0], 1.0)
    np.testing.assert_array_equal(again.rir(spots[0], spots[1], 0.5), expected)


def test_sound_arrives_when_it_has_covered_its_way_and_not_before(engine_case: EngineCase) -> None:
    engine = engine_case.make(shoebox((8, 5, 2.7), absorption=0.2))
    for distance in (1.0, 2.0, 4.0, 6.5):
        rir = engine.rir((0.5, 2.5, 1.3), (0.5 + distance, 2.5, 1.3), 0.0)
        level = np.abs(rir).max(0)
        due = distance / SPEED_OF_SOUND * engine_case.rate
        head = 3e-4 * engine_case.rate  # what a head can be early by, 10 cm
        assert level[: int(due - head - 8)].max() < 0.02 * level.max()
        assert abs(np.argmax(level > 0.3 * level.max()) - due) < head + 8


def test_without_walls_pressure_falls_with_the_inverse_distance(engine_case: EngineCase) -> None:
    """Walls that swallow everything leave the direct sound: 1 at 1 m and 0 Hz."""
    engine = engine_case.make(shoebox((12, 6, 5), absorption=1.0))
    for distance in (1.0, 2.0, 4.0, 8.0):
        rir = engine.rir((2.0, 3.0, 2.5), (2.0 + distance, 3.0, 2.5), 0.0)
        np.testing.assert_allclose(rir.sum(1), 1 / distance, rtol=0.06)


def test_responses_are_finite_wherever_source_and_listener_are(engine_case: EngineCase) -> None:
    engine = engine_case.make(shoebox((6, 5, 2.7), absorption=0.05))
    corners: list[Triple] = [(0.01, 0.01, 0.01), (5.99, 4.99, 2.69), (3.0, 0.0, 1.3)]
    near: list[Triple] = [EARS, (3.001, 2.5, 1.3), (3.0, 2.5, 1.301), (3.0875, 2.5, 1.3)]
    for source in corners + near:
        for heading in (0.0, np.pi, -7.5):
            rir = engine.rir(source, EARS, heading)
            assert np.isfinite(rir).all()
            assert 0 < np.abs(rir).max() < 100


def test_headings_a_full_turn_apart_are_the_same(engine_case: EngineCase) -> None:
    engine = engine_case.make(shoebox((6, 5, 2.7)))
    a, b = (engine.rir((1, 1, 1.5), EARS, heading) for heading in (0.7, 0.7 + 2 * np.pi))
    np.testing.assert_allclose(a, b, atol=1e-4 * np.abs(a).max())


@pytest.mark.parametrize("azimuth", [0.4, 1.2, 2.0, 2.9])
def test_mirroring_the_source_swaps_the_ears(engine_case: EngineCase, azimuth: float) -> None:
    """The room is symmetric about the listener's median plane; late noise need only be alike."""
    engine = engine_case.make(shoebox((6, 5, 2.7), absorption=0.4))
    x, y, z = EARS
    left, right = (
        engine.rir((x + 1.5 * np.cos(a), y + 1.5 * np.sin(a), z + 0.2), EARS, 0.0)
        for a in (azimuth, -azimuth)
    )
    assert decibels(energy(left) / energy(right)[::-1]) < 0.4 + engine_case.chance
    if engine_case.channels == 2:
        assert energy(left)[0] > energy(left)[1]


def test_turning_the_whole_world_changes_nothing(engine_case: EngineCase) -> None:
    """A quarter turn counter-clockwise brings (x, y) of a 6 m x 5 m room to (5 - y, x)."""
    lying = engine_case.make(shoebox((6, 5, 2.7), absorption=0.3))
    upright = engine_case.make(shoebox((5, 6, 2.7), absorption=0.3))
    for source, heading in (((1.0, 1.5, 1.1), 0.2), ((4.5, 3.0, 2.0), 2.5)):
        x, y, z = source
        a = lying.rir(source, EARS, heading)
        b = upright.rir((5 - y, x, z), (5 - EARS[1], EARS[0], EARS[2]), heading + np.pi / 2)
        assert decibels(energy(a) / energy(b)) < 0.3 + engine_case.chance


def test_source_and_listener_can_change_places(engine_case: EngineCase) -> None:
    """Reciprocity, in the mean over headings, so that ears do not favour a side."""
    scene = generate(21, 3)
    engine = engine_case.make(scene)
    a, b, c = (thing.position for thing in scene.plan.objects[:3])
    for one, other in ((a, b), (a, c), (b, c)):
        there, back = (
            np.mean([energy(engine.rir(p, q, h)).sum() for h in np.linspace(0, 2 * np.pi, 9)[:-1]])
            for p, q in ((one, other), (other, one))
        )
        assert decibels(there / back) < 1.5


def test_softer_walls_make_less_sound(engine_case: EngineCase) -> None:
    totals = [
        energy(engine_case.make(shoebox((6, 5, 2.7), alpha)).rir((1, 1, 1.5), EARS, 0.0)).sum()
        for alpha in (0.05, 0.15, 0.4, 0.8)
    ]
    assert all(softer < harder for harder, softer in pairwise(totals))


@pytest.mark.parametrize("point", [(-0.05, 2.0, 1.0), (6.5, 2.0, 1.0), (3, 2, float("nan"))])
def test_a_point_that_is_not_in_the_room_is_refused(engine_case: EngineCase, point: Triple) -> None:
    engine = engine_case.make(shoebox((6, 5, 2.7)))
    for source, receiver in ((point, EARS), (EARS, point)):
        with pytest.raises(ValueError, match=r"source|receiver"):
            engine.rir(source, receiver, 0.0)
