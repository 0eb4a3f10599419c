"""Speed of hearing: `OMP_NUM_THREADS=1 python benchmarks/acoustics.py` prints JSON.

Times are CPU seconds of one thread, the least of several runs: other people use the machine too.
"""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Callable

import numpy as np

from soundwalk.envs.acoustics import (
    AcousticConfig,
    AcousticModel,
    AcousticPool,
    StreamingConvolver,
    render_rirs,
)
from soundwalk.envs.scenes import generate
from soundwalk.envs.scenes.scene import Scene

AGENTS = 64
BLOCK, FADE = 4000, 160


def least(action: Callable[[], object], runs: int = 15) -> float:
    """CPU seconds of the fastest of several runs, after one to warm up."""
    action()
    times = []
    for _ in range(runs):
        since = time.process_time()
        action()
        times.append(time.process_time() - since)
    return min(times)


def point_in(scene: Scene, room: int, rng: np.random.Generator) -> tuple[float, float, float]:
    """A random point of a room at ear height."""
    x0, y0, x1, y1 = scene.plan.rooms[room].box
    return float(rng.uniform(x0 + 0.3, x1 - 0.3)), float(rng.uniform(y0 + 0.3, y1 - 0.3)), 1.25


def measure(order: int = 3, apart: bool | None = None) -> dict[str, float]:
    """Microseconds per impulse response and per streamed step, milliseconds per home.

    Args:
        order: reflections drawn.
        apart: source and listener in different rooms, the same room, or either (None).
    """
    config = AcousticConfig(order=order)
    rng = np.random.default_rng(0)
    scenes = [generate(seed=seed, rooms=5) for seed in range(16)]
    pool = AcousticPool(AGENTS, config)
    receivers = np.zeros((AGENTS, 3))
    for agent in range(AGENTS):
        scene = scenes[agent % len(scenes)]
        pool.put(agent, AcousticModel.from_scene(scene, config))
        rooms = len(scene.plan.rooms)
        here, there = rng.integers(rooms), rng.integers(rooms)
        if apart is not None:
            there = (here + int(rng.integers(1, rooms))) % rooms if apart else here
        pool.put_source(agent, agent, point_in(scene, int(there), rng))
        receivers[agent] = point_in(scene, int(here), rng)
    headings = rng.uniform(-np.pi, np.pi, AGENTS)
    slots = np.arange(AGENTS, dtype=np.int32)
    out = np.empty((AGENTS, config.channels, config.samples), np.float32)
    stream = StreamingConvolver(AGENTS, config.channels, BLOCK, config.samples, FADE)
    blocks = rng.standard_normal((AGENTS, BLOCK + FADE)).astype(np.float32)
    rir = least(lambda: render_rirs(pool, slots, receivers, headings, out))
    step = least(lambda: stream.step(blocks, out))
    home = least(lambda: [AcousticModel.from_scene(s, config) for s in scenes], runs=3)
    source = least(lambda: pool.put_source(0, 0, point_in(scenes[0], 0, rng)))
    return {
        "rir_us": rir / AGENTS * 1e6,
        "stream_us": step / AGENTS * 1e6,
        "model_ms": home / len(scenes) * 1e3,
        "put_source_us": source * 1e6,
    }


def main() -> None:
    """Print all figures."""
    report = {
        "agents": AGENTS,
        "any_rooms": measure(),
        "same_room": measure(apart=False),
        "different_rooms": measure(apart=True),
        "order_2": measure(order=2),
    }
    sys.stdout.write(json.dumps(report, indent=2) + "\n")


if __name__ == "__main__":
    main()
