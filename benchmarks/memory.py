"""Memory of 64 environments over many steps: `python benchmarks/memory.py [--steps 1000000]`.

Walks as a passable policy would (the oracle's action nine times of ten), so that episodes end and
homes are exchanged all the time. Prints one JSON object: resident megabytes by steps.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
from pathlib import Path

os.environ.setdefault("OMP_NUM_THREADS", "1")

import numpy as np


def resident_mb() -> float:
    """Resident memory of this process, megabytes (Linux)."""
    pages = int(Path("/proc/self/statm").read_text(encoding="ascii").split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE") / 1e6


def main() -> None:
    """Walk and measure."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--steps", type=int, default=1_000_000)
    steps = parser.parse_args().steps

    from soundwalk.envs.vector import AudioGoalVectorEnv
    from soundwalk.perception.features import SpectrogramObservation

    envs = SpectrogramObservation(AudioGoalVectorEnv(64, privileged=True))
    rng = np.random.default_rng(0)
    _, infos = envs.reset(seed=0)
    memory = {0: resident_mb()}
    episodes = 0
    every = max(64, steps // 10 // 64 * 64)
    for step in range(64, steps + 1, 64):
        lost = rng.random(64) < 0.1
        actions = np.where(lost, rng.integers(1, 4, 64), infos["oracle_action"])
        _, _, terminated, truncated, infos = envs.step(actions)
        episodes += int((terminated | truncated).sum())
        if step % every == 0:
            memory[step] = round(resident_mb(), 1)
            print(f"{step:,} steps, {episodes:,} episodes: {memory[step]} MB", file=sys.stderr)
    envs.close()
    figures = {"resident_mb": memory, "episodes": episodes, "peak_mb": max(memory.values())}
    print(json.dumps(figures))


if __name__ == "__main__":
    main()
