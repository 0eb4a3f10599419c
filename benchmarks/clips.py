"""Clips per CPU-second, computed as they are asked for: `python benchmarks/clips.py`.

Prints JSON. Batches of 64 samples: RGB, depth and mask of 64 x 64 pixels and a second of sound at
two ears unless the name of a figure says otherwise. Sounds are in memory and homes stand; "with new
homes" counts building them, too. One thread; compilation is not counted. Each figure is the median
over batches, because the machine may be shared.
"""

from __future__ import annotations

import json
import platform
import statistics
import sys
import time
from typing import Any

import torch

from soundwalk.envs.clips import ClipWorld

SIZE = 64
BATCHES, WARM = 40, 6
CASES: dict[str, dict[str, Any]] = {
    "default": {},
    "order_3": {"acoustics": {"order": 3}},
    "images_only": {"wants": ("rgb", "depth", "mask")},
    "audio_only": {"wants": ("audio",)},
    "two_sources_with_stems": {"sources": 2, "wants": ("rgb", "depth", "mask", "audio", "stems")},
    "two_views_with_echo": {"views": 2, "wants": ("rgb", "depth", "mask", "audio", "echo")},
    "fifteen_moving_frames": {"frames": 15, "motion": 0.1},
    "every_kind": {"rates": {"visible": 2.0, "offscreen": 1.0, "silent": 1.0, "noise": 1.0}},
}


def clips_per_cpu_second(batches: int = BATCHES, **options: Any) -> float:
    """The median rate over batches of a world whose homes stay."""
    with ClipWorld(refresh=0.0, **options) as world:
        bank = world.voices.bank
        for clip in bank.clips("train"):
            bank.load(clip)
        times = []
        for index in range(WARM + batches):
            since = time.process_time()
            world.batch(index, SIZE)
            times.append(time.process_time() - since)
    return SIZE / statistics.median(times[WARM:])


def with_new_homes(batches: int) -> float:
    """The mean rate of a world by default, homes built in the background included."""
    with ClipWorld() as world:
        bank = world.voices.bank
        for clip in bank.clips("train"):
            bank.load(clip)
        for index in range(WARM):
            world.batch(index, SIZE)
        since = time.process_time()
        for index in range(WARM, WARM + batches):
            world.batch(index, SIZE)
        return SIZE * batches / (time.process_time() - since)


def measure(batches: int = BATCHES) -> dict[str, object]:
    """All figures, by name."""
    torch.set_num_threads(1)
    rates = {name: clips_per_cpu_second(batches, **options) for name, options in CASES.items()}
    rates["default_with_new_homes"] = with_new_homes(batches)
    return {
        **{f"clips_per_cpu_second_{name}": round(rate) for name, rate in rates.items()},
        "machine": platform.processor() or platform.machine(),
    }


if __name__ == "__main__":
    sys.stdout.write(json.dumps(measure(), indent=2) + "\n")
