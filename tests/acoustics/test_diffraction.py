"""Bends round the edges of doors against the uniform theory of diffraction."""

from __future__ import annotations

import math

import numpy as np
import pytest
from scipy.special import fresnel

from soundwalk.envs.acoustics.edges import passing_gain, screen_gain
from soundwalk.envs.acoustics.paths import climb, lay, trace
from soundwalk.envs.acoustics.tables import OPENING_COLUMNS, PATH_COLUMNS
from soundwalk.envs.interface import F64, SPEED_OF_SOUND

CENTRES = np.array([353.6, 1000.0, 2000.0, 4000.0])
ROOTS = np.sqrt(4 * CENTRES / SPEED_OF_SOUND)


def transition(x: float) -> complex:
    """Kouyoumjian and Pathak's F(x)."""
    s, c = fresnel(math.sqrt(2 * x / math.pi))
    rest = math.sqrt(math.pi / 2) * ((0.5 - c) - 1j * (0.5 - s))
    return complex(2j * math.sqrt(x) * np.exp(1j * x) * rest)


def utd(k: float, r1: float, r2: float, phi1: float, phi2: float) -> complex:
    """Pressure diffracted by a rigid half-plane, of a point source of 1 at 1 m, times the way.

    Kouyoumjian and Pathak, Proc. IEEE 62 (1974), n = 2, for a source and listener in one plane
    across the edge; angles from the plane's face.
    """
    distance = r1 * r2 / (r1 + r2)
    total = 0j
    for beta in (phi2 - phi1, phi2 + phi1):
        argument = 2 * k * distance * math.cos(beta / 2) ** 2
        total += -transition(argument) / math.cos(beta / 2)
    coefficient = -np.exp(-1j * math.pi / 4) / (2 * math.sqrt(2 * math.pi * k)) * total
    return complex(coefficient * math.sqrt(1 / (r1 * r2 * (r1 + r2))) * (r1 + r2))


def bent(source: tuple[float, float], ear: tuple[float, float]) -> F64:
    """Gains of the bend round the end (0, 0) of the wall x = 0, y > 0."""
    openings = np.zeros((1, OPENING_COLUMNS))
    openings[0, :8] = 0.0, 0.0, 0.0, -1000.0, 1000.0, 0.0, 1.0, 1.0
    path, gains = np.zeros((4, PATH_COLUMNS)), np.ones(4)
    ends = (*source, 1.0), (*ear, 1.0)
    trace(openings, 1, path, *ends, ROOTS, gains, np.zeros(3), np.zeros(3))
    return gains


def test_a_bend_is_as_loud_as_the_uniform_theory_of_diffraction_has_it() -> None:
    rng = np.random.default_rng(0)
    errors = []
    for _ in range(400):
        r1, r2 = rng.uniform(0.5, 6.0, 2)
        phi1 = rng.uniform(0.1, math.pi - 0.1)
        phi2 = rng.uniform(math.pi + phi1 + 0.02, 2 * math.pi - 0.02)
        if phi2 >= 2 * math.pi - 0.02:
            continue
        # Angles count from the face y > 0 of the wall, first through the source's side x < 0.
        source = (-r1 * math.sin(phi1), r1 * math.cos(phi1))
        ear = (-r2 * math.sin(phi2), r2 * math.cos(phi2))
        gains = bent(source, ear)
        for frequency, gain in zip(CENTRES, gains, strict=True):
            expected = abs(utd(2 * math.pi * frequency / SPEED_OF_SOUND, r1, r2, phi1, phi2))
            errors.append(20 * math.log10(gain / expected))
    assert len(errors) > 800
    assert np.sqrt(np.mean(np.square(errors))) < 1.0
    assert abs(np.mean(errors)) < 0.5


def test_at_the_edge_of_the_shadow_half_the_pressure_is_left_on_both_sides() -> None:
    assert screen_gain(0.0, 1e9, 10.0) == pytest.approx(0.5, abs=1e-3)
    for mirrored in (0.01, 0.3, 1e9):
        at_edge = screen_gain(0.0, mirrored, 10.0)
        assert passing_gain(0.0, mirrored, 10.0) == pytest.approx(at_edge)
        assert passing_gain(10.0, mirrored, 10.0) == 1.0


def test_in_the_light_near_an_edge_the_first_rise_is_fresnels() -> None:
    for v in np.linspace(0.0, 0.8, 9):
        s, c = fresnel(v)
        knife = math.hypot(c + 0.5, s + 0.5) / math.sqrt(2)
        assert 20 * math.log10(passing_gain(v * v, 1e9, 1.0) / knife) == pytest.approx(0, abs=0.4)


def test_the_two_corners_of_a_thin_wall_bend_sound_as_one_edge() -> None:
    source, ear = (-3.0, -1.0), (2.0, 2.5)
    thin = bent(source, ear)
    openings = np.zeros((2, OPENING_COLUMNS))
    for row, x in enumerate((-0.005, 0.005)):
        openings[row, :8] = x, 0.0, x, -1000.0, 1000.0, 0.0, 1.0, 1.0
    path, gains = np.zeros((5, PATH_COLUMNS)), np.ones(4)
    ends = (*source, 1.0), (*ear, 1.0)
    trace(openings, 2, path, *ends, ROOTS, gains, np.zeros(3), np.zeros(3))
    np.testing.assert_allclose(20 * np.log10(gains / thin), 0.0, atol=0.3)


def backwards(openings: F64) -> F64:
    """The same openings walked the other way."""
    back = np.zeros_like(openings)
    back[:, :8] = openings[::-1, [2, 3, 0, 1, 4, 5, 7, 6]]
    return back


def test_two_bends_cost_the_same_both_ways() -> None:
    rng = np.random.default_rng(1)
    for _ in range(50):
        openings = np.zeros((2, OPENING_COLUMNS))
        for row in range(2):
            low = rng.uniform(-2, 1)
            height = rng.uniform(1.5, 2.2)
            openings[row, :8] = row + 1, low + 0.9, row + 1, low, height, row, 1.0, 1.0
        back = backwards(openings)
        ends = (0.0, rng.uniform(-2, 2), 1.2), (3.0, rng.uniform(-2, 2), rng.uniform(0.5, 2.4))
        found = []
        for rows, pair in ((openings, ends), (back, ends[::-1])):
            path, gains = np.zeros((5, PATH_COLUMNS)), np.ones(4)
            to, off = np.zeros(3), np.zeros(3)
            length = trace(rows, 2, path, *pair, ROOTS, gains, to, off)
            found.append((length, gains, to, off))
        assert found[0][0] == pytest.approx(found[1][0])
        np.testing.assert_allclose(found[0][1], found[1][1], rtol=1e-6)
        np.testing.assert_allclose(found[0][2], found[1][3], atol=1e-9)


def test_doors_of_which_one_lies_beyond_the_other_ones_wall_cost_the_same_both_ways() -> None:
    """The line of a door goes on beyond it, across legs of the way that do not go through it."""
    rng = np.random.default_rng(2)
    first = (4.0, 1.63, 4.0, 0.73), (4.12, 1.63, 4.12, 0.73)  # walked eastwards
    second = (4.3, 1.95, 5.3, 1.95), (4.3, 2.07, 5.3, 2.07)  # then northwards
    openings = np.zeros((4, OPENING_COLUMNS))
    openings[:, :4], openings[:, 4] = (*first, *second), 2.05
    openings[:, 5], openings[:, 6:8] = (0, 0, 1, 1), 1.0
    back = backwards(openings)
    for _ in range(50):
        ends = (rng.uniform(1, 3.9), rng.uniform(1.9, 4.0), 1.2), (rng.uniform(4.5, 6.5), 4.5, 1.4)
        found = []
        for rows, pair in ((openings, ends), (back, ends[::-1])):
            path, gains = np.zeros((6, PATH_COLUMNS)), np.ones(4)
            trace(rows, 4, path, *pair, ROOTS, gains, np.zeros(3), np.zeros(3))
            found.append(gains)
        np.testing.assert_allclose(found[0], found[1], rtol=1e-6)


@pytest.mark.parametrize("edges", [(1.0, 1.0), (2.0, 1.0), (3.0, 3.0)])
def test_ways_over_each_other_share_what_is_laid_in_plan(edges: tuple[float, float]) -> None:
    """Round one door's jamb and past another's, under its lintel or over the floor's image."""
    openings = np.zeros((3, OPENING_COLUMNS))
    openings[0, :8] = 1.0, 0.9, 1.0, 0.0, 2.05, 0.0, *edges
    openings[1, :8] = 1.1, 0.9, 1.1, 0.0, 2.05, 0.0, *edges
    openings[2, :8] = 3.0, 2.4, 3.0, 1.5, 2.05, 1.0, *edges
    path, here, there = np.zeros((5, PATH_COLUMNS)), (0.0, 0.2), (4.5, 1.7)
    plan = lay(openings, 3, path, *here, *there)
    assert plan[0] > 2  # it bends
    found = []
    for height in (1.5, -1.5, 3.7, 0.4, 1.5):
        shared, alone = (np.full(4, 0.5) for _ in range(2))
        to, off, back, away = np.zeros((4, 3))
        arguments = (openings, 3, path, plan, height, 1.2, ROOTS, 0.0)
        length = climb(*arguments, shared, to, off)
        fresh, own = openings.copy(), np.zeros_like(path)
        ends = (*here, height), (*there, 1.2)
        assert trace(fresh, 3, own, *ends, ROOTS, alone, back, away) == length
        for one, other in ((shared, alone), (to, back), (off, away)):
            np.testing.assert_array_equal(one, other)
        found.append((length, *shared))
    assert found[0] == found[-1]
    assert len(set(found)) == 4
