"""What hearing costs with everything on: impulse responses of order 4, and setting up a home."""

from __future__ import annotations

import time

import numpy as np

from ..envs.acoustics import AcousticConfig, AcousticModel, AcousticPool, render_rirs
from ..envs.scenes import Scene, generate

AGENTS, HOMES, ROOMS = 64, 8, 5
LARGEST = 8  # rooms


def hearing(repeats: int) -> dict[str, float]:
    """Measure the kernels of hearing by themselves, at random places of homes of five rooms.

    Returns:
        rirs_order_4_per_cpu_second (two ears, 0.5 s, order 4), seven_band_ratio, the cost of seven
        bands over that of four, home_setup_ms, the mean over homes, and home_setup_largest_ms, the
        slowest of as many homes of eight rooms in seven bands.
    """
    scenes, large = (
        [generate(seed, rooms=rooms) for seed in range(HOMES)] for rooms in (ROOMS, LARGEST)
    )
    four, seven = AcousticConfig(order=4), AcousticConfig(order=4, bands=7)
    alone, more = (_cost(scenes, config, repeats) for config in (four, seven))
    return {
        "rirs_order_4_per_cpu_second": round(1 / alone, 1),
        "seven_band_ratio": round(more / alone, 3),
        "home_setup_ms": round(1000 * float(np.mean(_setups(scenes, four, repeats))), 2),
        "home_setup_largest_ms": round(1000 * max(_setups(large, seven, repeats)), 2),
    }


def _setups(scenes: list[Scene], config: AcousticConfig, repeats: int) -> list[float]:
    """CPU seconds that each home takes, medians."""

    def once(scene: Scene) -> float:
        since = time.process_time()
        AcousticModel.from_scene(scene, config)
        return time.process_time() - since

    return [float(np.median([once(scene) for _ in range(repeats)])) for scene in scenes]


def _cost(scenes: list[Scene], config: AcousticConfig, repeats: int) -> float:
    """CPU seconds per impulse response, the median."""
    rng = np.random.default_rng(0)
    models = [AcousticModel.from_scene(scene, config) for scene in scenes]
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
    return float(np.median(times[1:]))


def _anywhere(scene: Scene, rng: np.random.Generator) -> tuple[float, float, float]:
    """A point of a random room at ear height."""
    x0, y0, x1, y1 = scene.plan.rooms[int(rng.integers(len(scene.plan.rooms)))].box
    return float(rng.uniform(x0 + 0.3, x1 - 0.3)), float(rng.uniform(y0 + 0.3, y1 - 0.3)), 1.25
