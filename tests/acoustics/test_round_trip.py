"""A generated home, written as glb and read back as a mesh, sounds as it did."""

from __future__ import annotations

from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
from pyroomacoustics.experimental import measure_rt60
from scipy.fft import rfft, rfftfreq

from soundwalk.envs.acoustics import GeometricEngine
from soundwalk.envs.acoustics.bands import band_limits
from soundwalk.envs.interface import F32, F64
from soundwalk.envs.navigation import NavMap
from soundwalk.envs.rendering.glb import save_glb
from soundwalk.envs.scenes import Scene, generate
from soundwalk.envs.scenes.mesh import load_mesh

RATE = 16_000
Pair = tuple[Scene, Scene, F64]  # a home, the same read back, points in both


@pytest.fixture(scope="module")
def trips(tmp_path_factory: pytest.TempPathFactory) -> list[Pair]:
    found = []
    for seed in (1, 3, 5):
        home = generate(seed)
        path: Path = tmp_path_factory.mktemp("homes") / f"{seed}.glb"
        save_glb(home, path)
        again = load_mesh(path)
        points = NavMap.from_scene(home).sample_free(np.random.default_rng(seed), 80)
        found.append((home, again, points[NavMap.from_scene(again).reachable(points)]))
    return found


def levels(h: F32) -> F64:
    """Energy in each band, dB."""
    power = np.abs(rfft(h.astype(np.float64), axis=1)) ** 2
    hertz = rfftfreq(h.shape[1], 1 / RATE)
    energy = [power[:, (hertz >= a) & (hertz < b)].sum() for a, b in band_limits(RATE)]
    return np.asarray(10 * np.log10(energy))


def test_levels_agree_to_two_decibels_in_every_band_and_between_rooms(trips: list[Pair]) -> None:
    across = 0
    for home, again, points in trips:
        engines = [GeometricEngine(scene, sample_rate=RATE) for scene in (home, again)]
        assert len(points) >= 70
        for source, listener in zip(points[::2], points[1::2], strict=False):
            across += home.plan.room_at(*source) != home.plan.room_at(*listener)
            first, second = (
                levels(engine.rir((*source, 1.4), (*listener, 1.25), 0.3)) for engine in engines
            )
            assert np.abs(second - first).max() < 2.0
    assert across > 30


def test_reverberation_times_agree_to_ten_percent(trips: list[Pair]) -> None:
    for home, again, points in trips:
        engines = [
            GeometricEngine(scene, sample_rate=RATE, length=1.5, receiver="mono")
            for scene in (home, again)
        ]
        rooms = np.array([home.plan.room_at(*point) for point in points])
        tested = 0
        for room in np.unique(rooms):
            mine = points[rooms == room][:6]
            if len(mine) < 4:
                continue
            times = [
                np.mean([
                    measure_rt60(engine.rir((*a, 1.4), (*b, 1.25))[0], fs=RATE, decay_db=20)
                    for a, b in pairwise(mine)
                ])
                for engine in engines
            ]  # fmt: skip
            assert times[1] == pytest.approx(times[0], rel=0.1)
            tested += 1
        assert tested >= 2
