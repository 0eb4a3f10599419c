"""Taking a delay off impulse responses, for whoever has delayed the source already."""

from __future__ import annotations

import math

import numpy as np
import pytest

from soundwalk.envs.acoustics import (
    AcousticConfig,
    AcousticModel,
    AcousticPool,
    GeometricEngine,
    direct_lengths,
    render_rirs,
)
from soundwalk.envs.interface import SPEED_OF_SOUND, SoundwalkError
from soundwalk.envs.scenes.scene import Scene

RATE = 16_000
POINTS = [(1.2, 1.5, 1.5), (3.0, 2.0, 1.1), (2.0, 4.2, 1.5), (6.0, 4.2, 1.2), (2.0, 7.0, 1.5),
          (7.0, 7.0, 0.8), (7.0, 1.5, 1.5), (1.4, 3.55, 1.2), (3.4, 4.9, 1.2)]  # fmt: skip


def test_an_advance_takes_metres_off_every_arrival(apartment: Scene) -> None:
    config = AcousticConfig(late=False, receiver="mono")
    pool = AcousticPool(1, config)
    pool.put(0, AcousticModel.from_scene(apartment, config))
    pool.put_source(0, 0, (1.2, 1.5, 1.5))
    slots, heading, ears = np.zeros(1, np.int32), np.zeros(1), np.array([[3.0, 2.0, 1.1]])
    length = direct_lengths(pool, slots, ears)
    assert length[0] == pytest.approx(math.dist((1.2, 1.5, 1.5), ears[0]))
    plain, early = (np.empty((1, 1, config.samples), np.float32) for _ in range(2))
    render_rirs(pool, slots, ears, heading, plain)
    samples = 40
    render_rirs(
        pool, slots, ears, heading, early, None, np.full(1, samples / RATE * SPEED_OF_SOUND)
    )
    np.testing.assert_allclose(early[0, 0, :-samples], plain[0, 0, samples:], atol=1e-6)


def test_the_direct_length_is_that_of_the_first_arrival(apartment: Scene) -> None:
    engine = GeometricEngine(apartment)
    pool = AcousticPool(1, engine.config)
    pool.put(0, engine.model)
    for a in POINTS:
        pool.put_source(0, 0, a)
        ears = np.array([b for b in POINTS if b != a])
        slots, agents = np.zeros(len(ears), np.int32), np.zeros(len(ears), np.int32)
        lengths = direct_lengths(pool, slots, ears, agents)
        for ear, length in zip(ears, lengths, strict=True):
            first = engine.arrival(a, tuple(ear))
            assert length == pytest.approx(first.time * SPEED_OF_SOUND, rel=1e-6)


def test_a_wrong_advance_is_refused(apartment: Scene) -> None:
    pool = AcousticPool(1, AcousticConfig())
    pool.put(0, AcousticModel.from_scene(apartment, pool.config))
    slots, heading, ears = np.zeros(1, np.int32), np.zeros(1), np.ones((1, 3))
    out = np.empty((1, 2, 8000), np.float32)
    with pytest.raises(SoundwalkError, match=r"advance \(2,\): expected \(1,\)"):
        render_rirs(pool, slots, ears, heading, out, None, np.zeros(2))
    with pytest.raises(SoundwalkError, match="advance must be finite"):
        render_rirs(pool, slots, ears, heading, out, None, np.full(1, np.nan))
    with pytest.raises(SoundwalkError, match=r"agents \(2,\)"):
        direct_lengths(pool, slots, ears, np.zeros(2, np.int32))
