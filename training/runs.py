"""Run directories: config.yaml, progress.csv, tensorboard/, checkpoints/."""

from __future__ import annotations

import shutil
from pathlib import Path

from ..envs.interface import SoundwalkError
from .config import Config, load_config


def run_config(run_dir: str | Path) -> Config:
    """The configuration of a run.

    Raises:
        SoundwalkError: the folder holds no run.
    """
    path = Path(run_dir) / "config.yaml"
    if not path.is_file():
        raise SoundwalkError(
            f"{str(run_dir)!r} is not a run directory: it holds no config.yaml; start one with "
            f"`soundwalk train CONFIG --run-dir {run_dir}`"
        )
    return load_config(path)


def check_room(run: Path, *, overwrite: bool) -> bool:
    """Whether there is an old run where a new one is to be, which may be replaced.

    Raises:
        SoundwalkError: there is something that must not be lost.
    """
    if not run.exists() or (run.is_dir() and not any(run.iterdir())):
        return False
    if not overwrite:
        raise SoundwalkError(
            f"run directory {str(run)!r} exists: go on with `soundwalk resume {run}`, choose "
            "another --run-dir, or replace it with --overwrite"
        )
    if not (run / "config.yaml").is_file():
        raise SoundwalkError(
            f"{str(run)!r} exists and is no run directory (no config.yaml): not overwriting it"
        )
    return True


def clear_run(run: Path, *, overwrite: bool) -> None:
    """Make room for a new run: an existing one goes only if asked for, other files never.

    Raises:
        SoundwalkError: there is something that must not be lost.
    """
    if check_room(run, overwrite=overwrite):
        shutil.rmtree(run)
