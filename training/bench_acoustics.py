"""What hearing costs with everything on: impulse responses of order 4, and setting up a home."""

from __future__ import annotations

import time

import numpy as np

from ..envs.acoustics import AcousticConfig, AcousticModel, AcousticPool, render_rirs
from ..envs.scenes import Scene, generate

AGENTS, HOMES, ROOMS = 64, 8, 5


def hearing(repeats: int) -> dict[str, float]:
    """Measure the kernels of hearing by themselves, at random places of homes of five rooms.

    Returns:
        rirs_order_4_per_cpu_second (two ears, 0.5 s, order 4), home_setup_ms, and seven_band_ratio,
        the cost of seven bands over that of four.
    """
    scenes = [generate(seed, rooms=ROOMS) for seed in range(HOMES)]
    four, setup = _cost(scenes, AcousticConfig(order=4), repeats)
    seven, _ = _cost(scenes, AcousticConfig(order=4, bands=7), repeats)
    return {
        "rirs_order_4_per_cpu_second": round(1 / four, 1),
        "home_setup_ms": round(1000 * setup, 2),
        "seven_band_ratio": round(seven / four, 3),
    }


def _cost(scenes: list[Scene], config: AcousticConfig, repeats: int) -> tuple[float, float]:
    """CPU seconds per impulse response and per home, medians."""
    rng = np.random.default_rng(0)
    AcousticModel.from_scene(scenes[0], config)  # compiles
    since = time.process_time()
    models = [AcousticModel.from_scene(scene, config) for scene in scenes]
    setup = (time.process_time() - since) / len(scenes)
    pool = AcousticPool(AGENTS, config)
    receivers = np.empty((AGENTS, 3))
    for agent in range(AGENTS):
        model = models[agent % len(models)]
        pool.put(agent, model)
        source, receivers[agent] = (_anywhere(model.scene, rng) for _ in range(2))
        pool.put_source(agent, agent, source)
    slots, headings = np.arange(AGENTS, dtype=np.int32), rng.uniform(-np.pi, np.pi, AGENTS)
    out = np.empty((AGENTS, config.channels, config.samples), np.float32)
    times = []
    for _ in range(repeats + 1):
        since = time.process_time()
        for _ in range(3):
            pool.forget()  # nobody only turns
            render_rirs(pool, slots, receivers, headings, out)
        times.append((time.process_time() - since) / (3 * AGENTS))
    return float(np.median(times[1:])), setup


def _anywhere(scene: Scene, rng: np.random.Generator) -> tuple[float, float, float]:
    """A point of a random room at ear height."""
    x0, y0, x1, y1 = scene.plan.rooms[int(rng.integers(len(scene.plan.rooms)))].box
    return float(rng.uniform(x0 + 0.3, x1 - 0.3)), float(rng.uniform(y0 + 0.3, y1 - 0.3)), 1.25
