"""Speed of hearing: `OMP_NUM_THREADS=1 python benchmarks/acoustics.py` prints JSON.

Times are CPU seconds of one thread, the least of several runs: other people use the machine too.
`--growth docs/images/acoustics-cost.png` draws how the cost grows instead.
"""

from __future__ import annotations

import argparse
import json
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

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
from soundwalk.envs.simulators.hearing import FADE_SECONDS
from soundwalk.training.validation.check import data_file

AGENTS = 64
BLOCK = 4000
FADE = round(FADE_SECONDS * 16_000)


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


class Crowd:
    """Agents at random points of homes of so many rooms, each with one or more sources.

    Args:
        config: what is asked of acoustics.
        apart: source and listener in different rooms, the same room, or either (None).
        rooms: of each home.
        sources: of each agent.
    """

    def __init__(
        self, config: AcousticConfig, apart: bool | None = None, rooms: int = 5, sources: int = 1
    ) -> None:
        rng = np.random.default_rng(0)
        self.config, rows = config, AGENTS * sources
        self.scenes = [generate(seed=seed, rooms=rooms) for seed in range(16)]
        self.pool = AcousticPool(AGENTS, config, rows)
        self.receivers = np.zeros((rows, 3))
        self.slots = np.repeat(np.arange(AGENTS, dtype=np.int32), sources)
        for agent in range(AGENTS):
            scene = self.scenes[agent % len(self.scenes)]
            self.pool.put(agent, AcousticModel.from_scene(scene, config))
            count = len(scene.plan.rooms)
            here = int(rng.integers(count))
            for row in range(agent * sources, (agent + 1) * sources):
                there = int(rng.integers(count))
                if apart is not None:
                    there = (here + int(rng.integers(1, count))) % count if apart else here
                self.pool.put_source(row, agent, point_in(scene, there, rng))
                self.receivers[row] = point_in(scene, here, rng)
        self.headings = rng.uniform(-np.pi, np.pi, rows)
        self.out = np.empty((rows, config.channels, config.samples), np.float32)

    def rir_us(self, runs: int = 15) -> float:
        """Microseconds per impulse response in one batch."""

        def call() -> None:
            self.pool.forget()  # nobody only turns
            render_rirs(self.pool, self.slots, self.receivers, self.headings, self.out)

        return least(call, runs) / len(self.slots) * 1e6

    def stream_us(self, runs: int = 15) -> float:
        """Microseconds per agent and step of the convolver, all its sources together."""
        rows = len(self.slots)
        blocks = np.random.default_rng(1).standard_normal((rows, BLOCK + FADE)).astype(np.float32)
        stream = StreamingConvolver(AGENTS, self.config.channels, BLOCK, self.config.samples, FADE)
        owners = self.slots.astype(np.int64)
        return least(lambda: stream.step(blocks, self.out, owners), runs) / AGENTS * 1e6


def measure(order: int = 4, apart: bool | None = None, **settings: Any) -> dict[str, float]:
    """Microseconds per impulse response and per streamed step, milliseconds per home."""
    config = AcousticConfig(order=order, **settings)
    crowd, rng = Crowd(config, apart), np.random.default_rng(0)
    crowd.rir_us(1)
    home = least(lambda: [AcousticModel.from_scene(s, config) for s in crowd.scenes], runs=3)
    source = least(lambda: crowd.pool.put_source(0, 0, point_in(crowd.scenes[0], 0, rng)))
    return {
        "rir_us": crowd.rir_us(),
        "stream_us": crowd.stream_us(),
        "model_ms": home / len(crowd.scenes) * 1e3,
        "put_source_us": source * 1e6,
    }


def summary() -> dict[str, Any]:
    """All figures."""
    report: dict[str, Any] = {
        "agents": AGENTS,
        "order_4": measure(),
        "order_4_same_room": measure(apart=False),
        "order_4_different_rooms": measure(apart=True),
        "order_3": measure(3),
        "order_2": measure(2),
        "order_4_7_bands": measure(bands=7),
        "order_4_mono": measure(receiver="mono"),
        "order_4_plain": measure(occlusion=False, scattering=False, transmission=False),
    }
    sofa = data_file("hrtf/MIT_KEMAR_normal_pinna.sofa")
    if sofa is not None:
        report["order_4_sofa"] = measure(receiver=str(sofa))
    report["ratio_7_bands"] = report["order_4_7_bands"]["rir_us"] / report["order_4"]["rir_us"]
    report["ratio_further_source"] = _further()
    return report


def _further() -> float:
    """Cost of hearing a second source, as a share of that of the first: response and stream."""
    one, two = (Crowd(AcousticConfig(order=4), sources=n) for n in (1, 2))
    first = one.rir_us() + one.stream_us()
    return (2 * two.rir_us() + two.stream_us()) / first - 1.0


def growth(path: Path) -> dict[str, dict[str, float]]:
    """Draw how microseconds per agent and step grow; returns them."""
    from matplotlib.figure import Figure

    base = AcousticConfig(order=4)
    cases: dict[str, list[tuple[float, Crowd]]] = {
        "rooms": [(n, Crowd(base, rooms=n)) for n in (1, 2, 3, 4, 6, 8)],
        "sources of an agent": [(n, Crowd(base, sources=n)) for n in (1, 2, 3, 4)],
        "reflections drawn": [(n, Crowd(AcousticConfig(order=n))) for n in range(7)],
        "seconds of response": [
            (s, Crowd(AcousticConfig(order=4, length=s))) for s in (0.25, 0.5, 1.0, 2.0)
        ],
    }
    figure = Figure(figsize=(10.0, 6.4), dpi=110, layout="constrained")
    found: dict[str, dict[str, float]] = {}
    for ax, (name, crowds) in zip(figure.subplots(2, 2).flat, cases.items(), strict=True):
        xs = [x for x, _ in crowds]
        each = [crowd.rir_us(5) * len(crowd.slots) / AGENTS for _, crowd in crowds]
        stream = [crowd.stream_us(5) for _, crowd in crowds]
        ax.plot(xs, each, "o-", label="impulse responses")
        ax.plot(xs, np.add(each, stream), "s-", label="and streaming a step of 0.25 s")
        ax.set(xlabel=name, ylabel="us per agent and step", ylim=(0, None))
        ax.grid(alpha=0.25)
        ax.legend(fontsize=8, frameon=False)
        found[name] = {f"{x:g}": round(us, 1) for x, us in zip(xs, each, strict=True)}
    figure.suptitle(
        "Cost of hearing: two ears, 16 kHz, 0.5 s, order 4, homes of 5 rooms, one thread"
    )
    path.parent.mkdir(parents=True, exist_ok=True)
    figure.savefig(path)
    return found


def main() -> None:
    """Print all figures, or draw the growth of the cost."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--growth", type=Path, help="draw how the cost grows into this PNG file")
    path = parser.parse_args().growth
    report = summary() if path is None else growth(path)
    sys.stdout.write(json.dumps(report, indent=2) + "\n")


if __name__ == "__main__":
    main()
