"""Training goes on where it stopped, and what it learns is worth something."""

from __future__ import annotations

import csv
import dataclasses
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from rich.console import Console
from safetensors.numpy import load_file

from soundwalk.envs.interface import SoundwalkError
from soundwalk.envs.sb3 import SB3VecEnv
from soundwalk.training import checkpoints
from soundwalk.training.config import Config, save_config
from soundwalk.training.ppo import make_ppo
from soundwalk.training.reinforce import MakeEnvs, resume, train
from soundwalk.training.runs import run_config

QUIET = Console(quiet=True)
PROGRAM = str(Path(__file__).parent / "corridor_run.py")


def weights(run: Path, step: str = "step_00001024") -> dict[str, Any]:
    return load_file(run / "checkpoints" / step / "policy.safetensors")


def same(a: dict[str, Any], b: dict[str, Any]) -> bool:
    return a.keys() == b.keys() and all(np.array_equal(a[key], b[key]) for key in a)


def curve(run: Path) -> list[int]:
    with (run / "progress.csv").open() as file:
        return [int(row["step"]) for row in csv.DictReader(file)]


def wait_for(path: Path, seconds: float = 60) -> None:
    end = time.monotonic() + seconds
    while not path.exists():
        assert time.monotonic() < end, f"{path} did not appear"
        time.sleep(0.02)


def test_a_run_leaves_everything_that_resume_and_evaluation_need(
    tiny: Config, tmp_path: Path, corridors: MakeEnvs
) -> None:
    state = train(tiny, tmp_path / "run", console=QUIET, make=corridors)
    assert state.finished
    assert state.steps == 1024
    assert run_config(tmp_path / "run") == tiny
    kept = sorted(path.name for path in (tmp_path / "run" / "checkpoints").glob("step_*"))
    assert set(kept) >= {"step_00000512", "step_00000768", "step_00001024"}
    assert (
        "step_00000256" not in kept or len(kept) == 4
    )  # the best one stays besides the last three
    assert list((tmp_path / "run" / "tensorboard").glob("events.*"))
    steps = curve(tmp_path / "run")
    assert steps == sorted(steps)
    assert steps[-1] == 1024


def test_the_same_seed_gives_the_same_weights_and_another_seed_does_not(
    tiny: Config, tmp_path: Path, corridors: MakeEnvs
) -> None:
    for name, config in (("a", tiny), ("b", tiny), ("c", dataclasses.replace(tiny, seed=1))):
        train(config, tmp_path / name, console=QUIET, make=corridors)
    assert same(weights(tmp_path / "a"), weights(tmp_path / "b"))
    assert not same(weights(tmp_path / "a"), weights(tmp_path / "c"))


def test_resuming_from_a_checkpoint_gives_the_weights_of_the_run_that_never_stopped(
    tiny: Config, tmp_path: Path, corridors: MakeEnvs
) -> None:
    whole = tmp_path / "whole"
    train(tiny, whole, console=QUIET, make=corridors)
    for name in ("once", "twice"):
        part = tmp_path / name
        shutil.copytree(whole, part)
        for late in ("step_00000768", "step_00001024"):
            shutil.rmtree(part / "checkpoints" / late)
        (part / "checkpoints" / "best.json").unlink(missing_ok=True)
        state = resume(part, console=QUIET, make=corridors)
        assert state.steps == 1024
        assert same(weights(part), weights(whole))
        assert curve(part) == curve(whole)


def test_a_run_killed_in_the_middle_goes_on_to_the_same_end(
    tiny: Config, tmp_path: Path, corridors: MakeEnvs
) -> None:
    whole, killed = tmp_path / "whole", tmp_path / "killed"
    train(tiny, whole, console=QUIET, make=corridors)
    program = subprocess.Popen(
        [sys.executable, PROGRAM, "train", str(killed), "1024", "0.3"], stderr=subprocess.DEVNULL
    )
    wait_for(killed / "checkpoints" / "step_00000512")
    program.send_signal(signal.SIGKILL)
    assert program.wait() == -signal.SIGKILL
    assert not (killed / "checkpoints" / "step_00001024").exists()
    subprocess.run(
        [sys.executable, PROGRAM, "resume", str(killed), "0", "0"], check=True, capture_output=True
    )
    assert same(weights(killed), weights(whole))
    assert curve(killed) == curve(whole)


def test_an_interrupt_saves_a_checkpoint_and_says_how_to_go_on(
    tmp_path: Path, corridors: MakeEnvs
) -> None:
    run = tmp_path / "run"
    program = subprocess.Popen(
        [sys.executable, PROGRAM, "train", str(run), "1024", "0.3"],
        stderr=subprocess.PIPE,
        text=True,
    )
    wait_for(run / "checkpoints" / "step_00000256")
    time.sleep(0.4)  # into a rollout that no regular checkpoint follows
    program.send_signal(signal.SIGINT)
    _, said = program.communicate(timeout=60)
    assert program.returncode == 0, said
    assert f"soundwalk resume {run}" in said.replace("\n", "")
    saved = max(path.name for path in (run / "checkpoints").glob("step_*"))
    assert saved > "step_00000256"
    assert f"{int(saved[5:]):,} steps" in said
    assert resume(run, console=QUIET, make=corridors).steps == 1024


def test_a_finished_run_resumes_to_itself(
    tiny: Config, tmp_path: Path, corridors: MakeEnvs
) -> None:
    train(tiny, tmp_path / "run", console=QUIET, make=corridors)
    before = weights(tmp_path / "run")
    state = resume(tmp_path / "run", console=QUIET, make=corridors)
    assert state.finished
    assert same(before, weights(tmp_path / "run"))


def test_a_warm_start_counts_its_steps_and_survives_an_interruption(
    warm: Config, tmp_path: Path, corridors: MakeEnvs
) -> None:
    whole = tmp_path / "whole"
    assert train(warm, whole, console=QUIET, make=corridors).steps == 1024
    for name in ("once", "twice"):
        part = tmp_path / name
        shutil.copytree(whole, part)
        for path in (part / "checkpoints").iterdir():
            if path.name != "step_00000512":
                shutil.rmtree(path) if path.is_dir() else path.unlink()
        assert resume(part, console=QUIET, make=corridors).steps == 1024
        assert same(weights(part), weights(whole))


def test_resuming_within_a_warm_start_is_repeatable(
    warm: Config, tmp_path: Path, corridors: MakeEnvs
) -> None:
    warm = dataclasses.replace(warm, keep=9)
    whole = tmp_path / "whole"
    train(warm, whole, console=QUIET, make=corridors)
    for name in ("once", "twice"):
        shutil.copytree(whole, tmp_path / name)
        for path in (tmp_path / name / "checkpoints").glob("step_*"):
            if path.name != "step_00000256":
                shutil.rmtree(path)
        assert resume(tmp_path / name, console=QUIET, make=corridors).finished
    assert same(weights(tmp_path / "once"), weights(tmp_path / "twice"))


def test_a_corridor_is_learned_by_ppo_alone(
    tiny: Config, tmp_path: Path, corridors: MakeEnvs
) -> None:
    ppo = dataclasses.replace(tiny.ppo, learning_rate=0.01, n_epochs=4)
    longer = dataclasses.replace(tiny, total_steps=12_288, checkpoint_every=12_288, ppo=ppo)
    state = train(longer, tmp_path / "run", console=QUIET, make=corridors)
    success = np.mean([episode["success"] for episode in state.recent])
    assert success > 0.9  # chance: a random walker stops at the goal in about one case of ten


def test_a_rollout_begins_where_a_new_episode_begins_after_a_restart(
    tiny: Config, corridors: MakeEnvs
) -> None:
    envs = corridors(tiny)
    corridor: Any = envs.unwrapped
    observations, _ = envs.reset(seed=3, options={"begun": [5] * 8})
    assert (corridor.begun == 6).all()
    assert (observations["last_action"] == 0).all()


def test_the_learning_rate_falls_from_the_end_of_the_warm_start(
    warm: Config, corridors: MakeEnvs
) -> None:
    model = make_ppo(warm, SB3VecEnv(corridors(warm)))
    rate = warm.ppo.learning_rate
    assert model.lr_schedule(0.5) == pytest.approx(rate)  # half of the steps are the warm start
    assert model.lr_schedule(0.25) == pytest.approx(rate * 0.55)
    assert model.lr_schedule(0.0) == pytest.approx(rate * 0.1)


def test_an_existing_run_directory_is_not_touched(
    tiny: Config, tmp_path: Path, corridors: MakeEnvs
) -> None:
    run = tmp_path / "run"
    train(tiny, run, console=QUIET, make=corridors)
    before = weights(run)
    with pytest.raises(SoundwalkError, match=r"run directory .* exists: .*resume.*--overwrite"):
        train(tiny, run, console=QUIET, make=corridors)
    assert same(before, weights(run))
    again = dataclasses.replace(tiny, seed=5)
    train(again, run, overwrite=True, console=QUIET, make=corridors)
    assert run_config(run).seed == 5


@pytest.mark.usefixtures("no_gpu")
def test_what_cannot_begin_replaces_no_run(
    tiny: Config, tmp_path: Path, corridors: MakeEnvs
) -> None:
    run = tmp_path / "run"
    train(tiny, run, console=QUIET, make=corridors)
    before = weights(run)
    elsewhere = dataclasses.replace(tiny, seed=5, device="cuda")
    with pytest.raises(SoundwalkError, match="PyTorch finds no GPU here"):
        train(elsewhere, run, overwrite=True, console=QUIET, make=corridors)
    assert same(before, weights(run))
    assert run_config(run) == tiny


@pytest.mark.usefixtures("no_gpu")
def test_a_run_goes_on_where_its_device_is_not(
    tiny: Config, tmp_path: Path, corridors: MakeEnvs
) -> None:
    run = tmp_path / "run"
    train(tiny, run, console=QUIET, make=corridors)
    save_config(dataclasses.replace(tiny, device="cuda"), run / "config.yaml")
    with pytest.raises(SoundwalkError, match="--device cpu for one that is there"):
        resume(run, console=QUIET, make=corridors)
    assert resume(run, device="cpu", console=QUIET, make=corridors).finished


def test_overwriting_spares_a_folder_that_is_no_run(
    tiny: Config, tmp_path: Path, corridors: MakeEnvs
) -> None:
    (tmp_path / "thesis.txt").write_text("years of work")
    with pytest.raises(SoundwalkError, match="no run directory"):
        train(tiny, tmp_path, overwrite=True, console=QUIET, make=corridors)
    assert (tmp_path / "thesis.txt").exists()


def test_resuming_what_is_no_run_says_how_to_start_one(tmp_path: Path, corridors: MakeEnvs) -> None:
    with pytest.raises(SoundwalkError, match=r"not a run directory.*soundwalk train CONFIG"):
        resume(tmp_path, console=QUIET, make=corridors)


def test_a_full_disk_does_not_stop_training_and_its_end_is_not_called_saved(
    tiny: Config, tmp_path: Path, corridors: MakeEnvs, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr(checkpoints, "save_file", full)
        with (
            pytest.warns(UserWarning, match="training goes on"),
            pytest.raises(SoundwalkError, match=r"last checkpoint could not be written.*resume"),
        ):
            train(tiny, tmp_path / "run", console=QUIET, make=corridors)
    assert curve(tmp_path / "run")[-1] == 1024  # it went on to the end
    assert resume(tmp_path / "run", console=QUIET, make=corridors).finished
