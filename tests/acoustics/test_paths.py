"""Ways through doors: shortest, and the price of their bends."""

from __future__ import annotations

import math

import numpy as np
import pytest
from scipy.optimize import minimize

from soundwalk.envs.acoustics import GeometricEngine
from soundwalk.envs.acoustics.doorways import door_routes
from soundwalk.envs.acoustics.edges import bend_loss
from soundwalk.envs.acoustics.strings import taut_path
from soundwalk.envs.interface import F64, SPEED_OF_SOUND
from soundwalk.envs.scenes.scene import Scene


def length(path: F64) -> float:
    return float(np.hypot(*np.diff(path, axis=0).T).sum())


def corridor_of_openings(rng: np.random.Generator, count: int) -> F64:
    """Openings one behind the other along x, shifted and sized at random."""
    openings = np.zeros((count, 5))
    for i in range(count):
        low = rng.uniform(-2, 2)
        openings[i] = i + 1, low + rng.uniform(0.3, 1.5), i + 1, low, 2.0
    return openings


@pytest.mark.parametrize("count", [0, 1, 2, 4, 6])
def test_the_pulled_string_is_the_shortest_way_through_the_openings(count: int) -> None:
    rng = np.random.default_rng(count)
    for _ in range(20):
        openings = corridor_of_openings(rng, count)
        start, end = (0.0, rng.uniform(-2, 2)), (count + 1.0, rng.uniform(-2, 2))

        def through(heights: F64, o: F64 = openings, a: tuple[float, float] = start,
                    b: tuple[float, float] = end) -> float:  # fmt: skip
            return length(np.array([a, *zip(o[:, 0], heights, strict=True), b]))

        path = taut_path(openings, start, end)
        limits = [(o[3], o[1]) for o in openings]
        middle = np.array([sum(limit) / 2 for limit in limits])
        best = minimize(through, middle, bounds=limits).fun if count else through(middle)
        assert length(path) == pytest.approx(best, rel=1e-4)
        assert (path[0], path[-1]) == (pytest.approx(start), pytest.approx(end))


def test_a_bend_costs_what_kurze_and_anderson_say_in_the_shadow() -> None:
    for frequency in (354.0, 1000.0, 4000.0):
        for difference in (0.3, 1.0, 3.0):
            x = math.sqrt(2 * math.pi * 2 * difference * frequency / SPEED_OF_SOUND)
            expected = 5 + 20 * math.log10(x / math.tanh(x))
            assert bend_loss(difference, frequency) == pytest.approx(expected, abs=0.5)


def test_a_bend_costs_nothing_at_the_edge_of_the_shadow_and_never_less_further_in() -> None:
    losses = [bend_loss(d, 1000.0) for d in np.linspace(0, 2, 400)]
    assert losses[0] == 0.0
    assert (np.diff(losses) > 0).all()
    assert losses[1] < 2.0
    assert bend_loss(0.5, 4000.0) > bend_loss(0.5, 1000.0) > bend_loss(0.5, 354.0)


def test_sound_through_an_open_door_in_sight_is_the_plain_direct_sound(two_rooms: Scene) -> None:
    engine = GeometricEngine(two_rooms, air=False)
    first = engine.arrival((1.0, 2.0, 1.2), (6.0, 1.9, 1.2))
    distance = math.dist((1.0, 2.0), (6.0, 1.9))
    assert first.time * SPEED_OF_SOUND == pytest.approx(distance, abs=1e-6)
    np.testing.assert_allclose(first.gains[1:] * distance, 1.0, atol=0.02)
    assert 0.6 < first.gains[0] * distance < 1.0  # the door is narrow for a wave of a metre


@pytest.mark.parametrize("receiver", [(4.3, 3.7), (6.0, 0.3), (7.5, 3.9), (4.2, 0.4)])
def test_the_first_sound_comes_from_the_door_jamb_round_which_it_bends(
    two_rooms: Scene, receiver: tuple[float, float]
) -> None:
    source = (1.0, 2.0)
    jambs = [(x, y) for x in (4.0, 4.1) for y in (1.5, 2.4)]
    ways = {}  # brute force: over one corner, or over both corners of a jamb
    for a in jambs:
        ways[a] = math.dist(source, a) + math.dist(a, receiver)
    upper = receiver[1] > 2.4
    near, far = ((4.0, 2.4), (4.1, 2.4)) if upper else ((4.0, 1.5), (4.1, 1.5))
    direct_to_far = source[1] + (far[1] - source[1]) * 3.0 / 3.1
    sees_far = direct_to_far <= 2.4 if upper else direct_to_far >= 1.5
    total = ways[far] if sees_far else math.dist(source, near) + 0.1 + math.dist(far, receiver)
    first = GeometricEngine(two_rooms).arrival((*source, 1.2), (*receiver, 1.2), heading=0.4)
    azimuth = math.atan2(far[1] - receiver[1], far[0] - receiver[0]) - 0.4
    assert math.remainder(first.azimuth - azimuth, 2 * math.pi) == pytest.approx(0, abs=1e-6)
    assert first.time == pytest.approx(total / SPEED_OF_SOUND, rel=1e-6)
    assert (np.diff(first.gains) < 0).all()  # the shadow is deeper at higher frequencies


def test_nothing_jumps_when_the_source_comes_into_sight(two_rooms: Scene) -> None:
    engine = GeometricEngine(two_rooms)
    source = (2.0, 3.5, 1.2)
    firsts = [engine.arrival(source, (5.0, y, 1.2)) for y in np.arange(0.5, 3.5, 0.02)]
    level = 20 * np.log10([f.gains for f in firsts])
    assert np.abs(np.diff(level, axis=0)).max() < 1.5
    azimuth = np.unwrap([f.azimuth for f in firsts])
    assert np.abs(np.diff(azimuth)).max() < math.radians(3)


def test_a_lintel_bends_sound_that_would_pass_above_it(two_rooms: Scene) -> None:
    engine = GeometricEngine(two_rooms, air=False)
    high = engine.arrival((3.5, 2.0, 2.5), (4.6, 2.0, 2.5))
    over = 2 * math.hypot(0.55, 0.45)  # up to 2.05 m at the nearer face and back, within 2 mm
    assert high.time * SPEED_OF_SOUND == pytest.approx(over, abs=0.02)
    assert high.elevation < -0.5
    assert (high.gains * over < 0.8).all()


def test_two_ways_round_a_ring_of_rooms_are_both_kept(ring: Scene) -> None:
    routes = door_routes(ring.plan)
    assert sorted(tuple(r) for r in routes[0, 3, :2, :2]) == [(1, 3), (2, 4)]
    np.testing.assert_array_equal(routes[3, 0, :, :2], routes[0, 3, :, 1::-1])
    assert (routes[0, 0] == 0).all()


def test_in_the_middle_of_the_ring_the_nearer_way_arrives_first(ring: Scene) -> None:
    engine = GeometricEngine(ring)
    east = engine.arrival((3.0, 1.0, 1.2), (7.0, 6.0, 1.2))
    north = engine.arrival((1.0, 3.0, 1.2), (6.0, 7.0, 1.2))
    assert math.sin(east.azimuth) < -0.5  # from the south door
    assert math.cos(north.azimuth) < -0.5  # from the west door
    assert east.time == pytest.approx(north.time, rel=1e-9)  # the plan is its own mirror image
