"""How a home sounds that was written as glb and read back: `python benchmarks/round_trip.py`.

Prints JSON: differences of levels in dB, per band and pair of points, and of reverberation times in
per cent, per room, to the generated homes. CPU seconds of a model are for the mesh.
"""

from __future__ import annotations

import json
import sys
import tempfile
import time
from pathlib import Path

import numpy as np
from pyroomacoustics.experimental import measure_rt60
from scipy.fft import rfft, rfftfreq

from soundwalk.envs.acoustics import AcousticModel, GeometricEngine
from soundwalk.envs.acoustics.bands import band_limits
from soundwalk.envs.interface import F32, F64
from soundwalk.envs.navigation import NavMap
from soundwalk.envs.rendering.glb import save_glb
from soundwalk.envs.scenes import generate
from soundwalk.envs.scenes.mesh import load_mesh

RATE, HOMES, POINTS = 16_000, 6, 60


def levels(h: F32) -> F64:
    """Energy in each band, dB."""
    power = np.abs(rfft(h.astype(np.float64), axis=1)) ** 2
    hertz = rfftfreq(h.shape[1], 1 / RATE)
    energy = [power[:, (hertz >= a) & (hertz < b)].sum() for a, b in band_limits(RATE)]
    return np.asarray(10 * np.log10(energy))


def home(seed: int, folder: Path) -> tuple[list[float], list[float], list[float], float]:
    """Of one home: level differences within rooms and between, of times, seconds of the model."""
    first = generate(seed)
    save_glb(first, folder / f"{seed}.glb")
    again = load_mesh(folder / f"{seed}.glb")
    start = time.process_time()
    AcousticModel.from_scene(again)
    seconds = time.process_time() - start
    points = NavMap.from_scene(first).sample_free(np.random.default_rng(seed), POINTS)
    points = points[NavMap.from_scene(again).reachable(points)]
    engines = [GeometricEngine(s, sample_rate=RATE, length=1.0) for s in (first, again)]
    near: list[float] = []
    far: list[float] = []
    times: list[float] = []
    for a, b in zip(points[::2], points[1::2], strict=False):
        same = first.plan.room_at(*a) == first.plan.room_at(*b)
        one, other = (engine.rir((*a, 1.4), (*b, 1.25), 0.3) for engine in engines)
        (near if same else far).extend((levels(other) - levels(one)).tolist())
        if same:
            rt60 = [measure_rt60(h[0], fs=RATE, decay_db=20) for h in (one, other)]
            times.append(100 * (rt60[1] / rt60[0] - 1))
    return near, far, times, seconds


def spread(values: list[float]) -> dict[str, float]:
    """How many, their mean, and the 50th, 95th and 100th percentile of their size."""
    away = np.abs(values)
    return {
        "count": len(values),
        "mean": round(float(np.mean(values)), 3),
        **{f"p{q}": round(float(np.percentile(away, q)), 3) for q in (50, 95, 100)},
    }


def main() -> None:
    """Measure and print."""
    near: list[float] = []
    far: list[float] = []
    times: list[float] = []
    seconds = []
    with tempfile.TemporaryDirectory() as folder:
        for seed in range(1, HOMES + 1):
            one, other, third, cpu = home(seed, Path(folder))
            near, far, times = near + one, far + other, times + third
            seconds.append(cpu)
    report = {
        "levels_in_a_room_db": spread(near),
        "levels_between_rooms_db": spread(far),
        "rt60_percent": spread(times),
        "model_cpu_seconds": round(float(np.median(seconds)), 3),
    }
    json.dump(report, sys.stdout, indent=2)
    print()


if __name__ == "__main__":
    main()
