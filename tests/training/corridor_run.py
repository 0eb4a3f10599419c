"""Trains or resumes in the corridor as a program of its own, so that a test can kill it.

usage: corridor_run.py train|resume RUN_DIR TOTAL_STEPS SECONDS_PER_ROLLOUT
"""

from __future__ import annotations

import runpy
import sys
import time
from pathlib import Path

from soundwalk.training.config import Config, from_dict
from soundwalk.training.reinforce import resume, train
from soundwalk.training.worlds import Envs

WORLD = runpy.run_path(str(Path(__file__).parent / "conftest.py"))


def slowly(config: Config) -> Envs:
    """The corridor, slow enough to be interrupted in the middle."""
    envs: Envs = WORLD["make_corridors"](config)
    step, pause = envs.step, float(sys.argv[4]) / config.ppo.n_steps

    def wait(actions: object) -> object:
        time.sleep(pause)
        return step(actions)

    envs.step = wait  # type: ignore[method-assign, assignment]
    return envs


if __name__ == "__main__":
    if sys.argv[1] == "train":
        config = from_dict({**WORLD["TINY"], "total_steps": int(sys.argv[3])})
        train(config, sys.argv[2], make=slowly)
    else:
        resume(sys.argv[2], make=slowly)
