"""What is known from before is what would be found anew, to the last bit."""

from __future__ import annotations

import math

import numpy as np
import pytest

from soundwalk.envs.acoustics import AcousticConfig, AcousticModel, AcousticPool, render_rirs
from soundwalk.envs.acoustics.batch import renew_rirs
from soundwalk.envs.acoustics.directivity import Directivity
from soundwalk.envs.interface import F32, SoundwalkError
from soundwalk.envs.scenes import shoebox
from soundwalk.envs.scenes.scene import Scene

CONFIG = AcousticConfig(length=0.2)
A, B, C = (1.2, 1.5, 1.5), (3.0, 2.0, 1.1), (7.0, 7.0, 0.8)
Point = tuple[float, float, float]


@pytest.fixture(scope="module")
def home(apartment: Scene) -> AcousticModel:
    return AcousticModel.from_scene(apartment, CONFIG)


def pool_of(*models: AcousticModel) -> AcousticPool:
    pool = AcousticPool(len(models), CONFIG, 2)
    for slot, model in enumerate(models):
        pool.put(slot, model)
    return pool


def rir(pool: AcousticPool, ears: Point, heading: float, slot: int = 0, row: int = 0) -> F32:
    out = np.empty((1, CONFIG.channels, CONFIG.samples), np.float32)
    slots, rows = np.array([slot], np.int32), np.array([row], np.int32)
    render_rirs(pool, slots, np.array([ears]), np.array([heading]), out, rows)
    heard: F32 = out[0]
    return heard


def anew(model: AcousticModel, source: Point, ears: Point, heading: float) -> F32:
    pool = pool_of(model)
    pool.put_source(0, 0, source)
    return rir(pool, ears, heading)


@pytest.mark.parametrize("source", [B, C])
def test_who_has_turned_hears_what_one_hears_who_faces_there_at_once(
    home: AcousticModel, source: Point
) -> None:
    pool = pool_of(home)
    pool.put_source(0, 0, source)
    for heading in (0.3, 0.3, -2.0, math.pi / 2):
        np.testing.assert_array_equal(rir(pool, A, heading), anew(home, source, A, heading))


def test_who_moves_to_and_fro_hears_every_place_as_it_is(home: AcousticModel) -> None:
    pool = pool_of(home)
    for source, ears in ((B, A), (B, C), (B, A), (C, A), (C, B), (B, C)):
        pool.put_source(0, 0, source)
        np.testing.assert_array_equal(rir(pool, ears, 1.0), anew(home, source, ears, 1.0))


def test_another_home_is_not_heard_as_the_one_before(home: AcousticModel) -> None:
    other = AcousticModel.from_scene(shoebox((9.0, 9.0, 2.6), absorption=0.4), CONFIG)
    pool = pool_of(home, other)
    for slot, model in ((0, home), (1, other), (0, home)):
        pool.put_source(0, slot, B)
        np.testing.assert_array_equal(rir(pool, A, 0.0, slot), anew(model, B, A, 0.0))
    pool.put(0, other)
    pool.put_source(0, 0, B)
    np.testing.assert_array_equal(rir(pool, A, 0.0), anew(other, B, A, 0.0))


def test_two_sources_of_a_listener_are_not_mistaken_for_each_other(home: AcousticModel) -> None:
    pool = pool_of(home)
    pool.put_source(0, 0, B)
    pool.put_source(1, 0, C)
    for heading in (0.0, 1.0):
        for row, source in enumerate((B, C)):
            mine = rir(pool, A, heading, row=row)
            np.testing.assert_array_equal(mine, anew(home, source, A, heading))


def test_what_a_directional_source_weighs_is_weighed_once(home: AcousticModel) -> None:
    pool, cardioid = pool_of(home), Directivity.named("cardioid", CONFIG.bands)
    plain = anew(home, B, A, 0.0)
    pool.aim_source(0, cardioid, 0.7)
    pool.put_source(0, 0, B)
    first = rir(pool, A, 0.0)
    assert np.abs(first - plain).max() > 0.01
    np.testing.assert_array_equal(rir(pool, A, 0.0), first)
    pool.aim_source(0, None)
    pool.put_source(0, 0, B)
    np.testing.assert_array_equal(rir(pool, A, 0.0), plain)


@pytest.mark.parametrize("what", ["gains", "fields"])
def test_what_was_forgotten_is_found_again(home: AcousticModel, what: str) -> None:
    pool = pool_of(home)
    pool.put_source(0, 0, B)
    first = rir(pool, A, 0.0)
    getattr(pool.known, what)[0] *= 2.0
    assert np.abs(rir(pool, A, 0.0) - first).max() > 0.01  # it was known
    pool.forget()
    np.testing.assert_array_equal(rir(pool, A, 0.0), first)


@pytest.mark.parametrize("change", ["nothing", "turn", "walk", "source", "aim", "other", "forget"])
def test_responses_brought_up_to_date_are_those_rendered_anew(
    home: AcousticModel, change: str
) -> None:
    """Whatever has changed for the first of two listeners."""
    pool, twin = pool_of(home, home), pool_of(home, home)
    kept = np.zeros((2, CONFIG.channels, CONFIG.samples), np.float32)
    places, headings, source = np.array([A, C]), np.zeros(2), B
    slots, rows = np.zeros(2, np.int32), np.arange(2)
    for row in range(2):
        pool.put_source(row, 0, B)
    renew_rirs(pool, slots, places, headings, kept, rows)
    before, cardioid = kept.copy(), Directivity.named("cardioid", CONFIG.bands)
    places[0], headings[0] = (C if change == "walk" else A), (2.0 if change == "turn" else 0.0)
    if change == "source":
        source = (3.2, 2.0, 1.1)
        pool.put_source(0, 0, source)
    if change == "aim":
        for each in (pool, twin):
            each.aim_source(0, cardioid, 2.0)
        pool.put_source(0, 0, source)
    if change == "other":  # someone asks for a response of the same source elsewhere
        rir(pool, (2.0, 2.2, 1.0), 0.4)
    if change == "forget":
        pool.forget(0)
    renew_rirs(pool, slots, places, headings, kept, rows)
    expected = np.empty_like(kept)
    for row in range(2):
        twin.put_source(row, 0, source if row == 0 else B)
    render_rirs(twin, slots, places, headings, expected)
    np.testing.assert_array_equal(kept, expected)
    changed = change in ("turn", "walk", "source", "aim")
    assert ((kept != before).any(), (kept[1] == before[1]).all()) == (changed, True)


def test_who_stands_still_is_not_rendered_again(home: AcousticModel) -> None:
    pool = pool_of(home, home)
    kept = np.zeros((2, CONFIG.channels, CONFIG.samples), np.float32)
    for row in range(2):
        pool.put_source(row, 0, B)
    slots, places, headings = np.zeros(2, np.int32), np.array([A, A]), np.array([0.0, 1.0])
    renew_rirs(pool, slots, places, headings, kept, np.arange(2))
    kept[:] = 7.0
    headings[1] = 1.5
    rendered = renew_rirs(pool, slots, places, headings, kept, np.arange(2))
    assert rendered.tolist() == [False, True]
    assert (kept[0] == 7.0).all()
    assert not (kept[1] == 7.0).any()


def test_responses_are_only_renewed_where_there_is_room_for_them(home: AcousticModel) -> None:
    pool = pool_of(home, home)
    pool.put_source(1, 0, B)
    kept = np.zeros((1, CONFIG.channels, CONFIG.samples), np.float32)
    with pytest.raises(SoundwalkError, match="out has room for 0 to 0"):
        renew_rirs(pool, np.zeros(1, np.int32), np.array([A]), np.zeros(1), kept, np.array([1]))
