"""Impulse responses per CPU-second, ours beside others': `python benchmarks/compare_rir.py`.

The same shoebox, absorption, order, length and sample rate for all, random positions, one thread.
rir-generator is measured where it is installed: `pip install --target DIR rir-generator`, then
PYTHONPATH=DIR.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
import time
from collections.abc import Callable
from pathlib import Path

os.environ.setdefault("OMP_NUM_THREADS", "1")
os.environ.setdefault("PRA_NUM_THREADS", "1")

import numpy as np

from soundwalk.envs.acoustics import AcousticConfig, AcousticModel, AcousticPool, render_rirs
from soundwalk.envs.interface import F64
from soundwalk.envs.scenes import shoebox

SIZE, ABSORPTION, RATE, LENGTH = (6.0, 5.0, 2.7), 0.2, 16_000, 0.5
BATCH = 64
Pairs = tuple[F64, F64]
Render = Callable[[F64, F64], object]


def positions(count: int) -> Pairs:
    """(count, 3) sources and (count, 3) microphones."""
    rng = np.random.default_rng(0)
    low, high = np.full(3, 0.3), np.array(SIZE) - 0.3
    return rng.uniform(low, high, (count, 3)), rng.uniform(low, high, (count, 3))


def rate_of(render: Render, seconds: float) -> float:
    """Responses per CPU-second of a function of one source and one microphone, best of three."""
    sources, microphones = positions(256)
    render(sources[0], microphones[0])
    best = 0.0
    for start in (1, 2, 3):
        since, count = time.process_time(), 0
        while time.process_time() - since < seconds / 3:
            index = (start + 3 * count) % len(sources)
            render(sources[index], microphones[index])
            count += 1
        best = max(best, count / (time.process_time() - since))
    return best


def ours(config: AcousticConfig, seconds: float) -> float:
    """Responses per CPU-second in batches, source placement included, best of three."""
    pool = AcousticPool(1, config, BATCH)
    pool.put(0, AcousticModel.from_scene(shoebox(SIZE, ABSORPTION), config))
    sources, microphones = positions(BATCH)
    slots, headings = np.zeros(BATCH, np.int32), np.zeros(BATCH)
    out = np.empty((BATCH, config.channels, config.samples), np.float32)

    def batch() -> None:
        for row in range(BATCH):
            pool.put_source(row, 0, sources[row])
        pool.forget()
        render_rirs(pool, slots, microphones, headings, out)

    batch()
    best = 0.0
    for _ in range(3):
        since, count = time.process_time(), 0
        while time.process_time() - since < seconds / 3:
            batch()
            count += BATCH
        best = max(best, count / (time.process_time() - since))
    return best


def pyroom(order: int, *, octaves: bool = False, rays: int = 0) -> Render:
    """pyroomacoustics: a shoebox of flat walls, or of seven octaves, with or without rays."""
    import pyroomacoustics as pra

    centres = [125, 250, 500, 1000, 2000, 4000, 8000]
    table = {"coeffs": [ABSORPTION] * 7, "center_freqs": centres}
    material = pra.Material(table, 0.1) if octaves else pra.Material(ABSORPTION, 0.1)

    def render(source: F64, microphone: F64) -> object:
        room = pra.ShoeBox(SIZE, RATE, materials=material, max_order=order, ray_tracing=rays > 0)
        if rays:
            room.set_ray_tracing(n_rays=rays, time_thres=LENGTH)
        room.add_source(source)
        room.add_microphone(microphone)
        room.compute_rir()
        return room.rir

    return render


def rir_generator(order: int) -> Render | None:
    """Habets' generator, if it is installed."""
    try:
        import rir_generator as generator  # type: ignore[import-not-found]
    except ImportError:
        return None
    beta = [float(np.sqrt(1 - ABSORPTION))] * 6

    def render(source: F64, microphone: F64) -> object:
        return generator.generate(
            c=343.0, fs=RATE, r=[list(microphone)], s=list(source), L=list(SIZE), beta=beta,
            nsample=round(LENGTH * RATE), order=order,
        )  # fmt: skip

    return render


def compare(order: int, seconds: float) -> dict[str, float | str]:
    """Responses per CPU-second of everybody."""

    def config(receiver: str, late: bool) -> AcousticConfig:
        return AcousticConfig(RATE, LENGTH, order, receiver, late=late)

    rays = 10_000
    found: dict[str, float | str] = {
        "soundwalk, images, 1 microphone": ours(config("mono", False), seconds),
        "soundwalk, images and diffuse field, 1 microphone": ours(config("mono", True), seconds),
        "soundwalk, images and diffuse field, 2 ears": ours(config("binaural", True), seconds),
        "pyroomacoustics, images, flat walls": rate_of(pyroom(order), seconds),
        "pyroomacoustics, images, 7 octaves": rate_of(pyroom(order, octaves=True), seconds),
        f"pyroomacoustics, images and {rays} rays, 7 octaves": rate_of(
            pyroom(order, octaves=True, rays=rays), seconds
        ),
    }
    render = rir_generator(order)
    found["rir-generator, images, flat walls"] = (
        "not installed: pip install --target DIR rir-generator, then PYTHONPATH=DIR"
        if render is None
        else rate_of(render, seconds)
    )
    return found


def main() -> None:
    """Print a table, and write JSON if asked to."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--order", type=int, default=4)
    parser.add_argument("--seconds", type=float, default=6.0, help="of CPU for each row")
    parser.add_argument("--json", type=Path)
    options = parser.parse_args()
    found = compare(options.order, options.seconds)
    title = f"box {SIZE} m, absorption {ABSORPTION}, order {options.order}, {LENGTH} s at {RATE} Hz"
    sys.stdout.write(f"{title}\n\n| | responses per CPU-second |\n|---|---|\n")
    for name, rate in found.items():
        sys.stdout.write(f"| {name} | {rate if isinstance(rate, str) else f'{rate:,.0f}'} |\n")
    if options.json is not None:
        options.json.write_text(json.dumps(found, indent=2) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
