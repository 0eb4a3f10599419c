"""Self-supervised training: it learns, it goes on where it was, and processes share it exactly."""

from __future__ import annotations

import csv
import shutil
import subprocess
import sys
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
import torch
import yaml
from rich.console import Console
from safetensors.torch import load_file

from soundwalk.envs.interface import SoundwalkError
from soundwalk.perception.build import build_task
from soundwalk.perception.encoders.store import load_encoder
from soundwalk.training.cli import main
from soundwalk.training.perceive.run import evaluate_run
from soundwalk.training.perceptual import PretrainConfig, load_pretraining
from soundwalk.training.pretrain import go_on, lacks_halves, learning_rate, pretrain, take_over

TOY = "tests.training.toy_clips:Toy"
QUIET = Console(quiet=True)


def values(norm: str = "batch", **changes: Any) -> dict[str, Any]:
    """A localizer of the toy world, small enough to train in a second."""
    return {
        "title": "toy",
        "task": {
            "encoders": {
                "image": {"kind": "image", "map": True, "stages": 2, "width": 16, "dim": 16,
                          "size": 32, "norm": norm},
                "audio": {"kind": "spectrogram", "width": 8, "dim": 16, "norm": norm},
            },
            "projections": {
                "image": {"kind": "projection", "dim": 16},
                "audio": {"kind": "projection", "dim": 16},
            },
            "score": {"kind": "map"},
            "target": {"kind": "pair"},
            "objective": {"kind": "nce", "temperature": 0.1},
        },
        "data": {"source": TOY},
        "evaluate": {"localization": {}},
        "samples": 16 * 6,
        "batch_size": 16,
        "checkpoint_every": 3,
        "learning_rate": 3e-3,
        "device": "cpu",
        **changes,
    }  # fmt: skip


def config(path: Path, **changes: Any) -> PretrainConfig:
    path.write_text(yaml.safe_dump(values(**changes)), encoding="utf-8")
    return load_pretraining(path)


def weights(run: Path, step: int) -> dict[str, torch.Tensor]:
    return load_file(run / "checkpoints" / f"step_{step:08d}" / "system.safetensors")


def losses(run: Path) -> list[float]:
    with (run / "progress.csv").open(encoding="utf-8") as file:
        return [float(row["train/loss"]) for row in csv.DictReader(file)]


@pytest.fixture(autouse=True)
def toy_is_importable(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.syspath_prepend(str(Path(__file__).parents[2]))


def test_a_localizer_of_a_tiny_world_points_at_what_it_hears(tmp_path: Path) -> None:
    run = tmp_path / "run"
    pretrain(config(tmp_path / "c.yaml", samples=16 * 250), run, console=QUIET)
    results, exhibits = evaluate_run(run, samples=80)
    rows = results["tables"]["localization"]
    assert rows["system"]["pointing"]["mean"] > 0.55
    assert rows["system"]["pointing"]["low"] > rows["shuffled audio"]["pointing"]["mean"]
    assert exhibits


def test_a_run_that_goes_on_has_the_weights_of_one_that_never_stopped(tmp_path: Path) -> None:
    whole, broken = tmp_path / "whole", tmp_path / "broken"
    pretrain(config(tmp_path / "c.yaml"), whole, console=QUIET)
    shutil.copytree(whole, broken)
    shutil.rmtree(broken / "checkpoints" / "step_00000006")
    (broken / "checkpoints" / "step_00000006.partial").mkdir()
    with pytest.warns(UserWarning, match="interrupted while it was written"):
        state = go_on(broken, console=QUIET)
    assert state.finished
    for name, tensor in weights(whole, 6).items():
        assert torch.equal(tensor, weights(broken, 6)[name]), name


@pytest.mark.usefixtures("no_gpu")
def test_a_run_is_measured_and_goes_on_where_its_device_is_not(tmp_path: Path) -> None:
    run = tmp_path / "run"
    pretrain(config(tmp_path / "c.yaml"), run, console=QUIET)
    config(run / "config.yaml", device="cuda:0")
    with pytest.raises(SoundwalkError, match="--device cpu for one that is there"):
        evaluate_run(run, samples=20)
    with pytest.raises(SoundwalkError, match="PyTorch finds no GPU here"):
        go_on(run, console=QUIET)
    assert evaluate_run(run, samples=20, device="cpu")[0]["samples"] == 20
    assert go_on(run, device="cpu", console=QUIET).finished


def test_half_the_bits_learn_the_same_and_are_only_used_in_between(tmp_path: Path) -> None:
    whole, half = tmp_path / "whole", tmp_path / "half"
    pretrain(config(tmp_path / "c.yaml"), whole, console=QUIET)
    pretrain(config(tmp_path / "c.yaml", precision="bfloat16"), half, console=QUIET)
    first = weights(half, 6)
    assert all(tensor.dtype != torch.bfloat16 for tensor in first.values())
    assert losses(half) == pytest.approx(losses(whole), rel=0.02)
    assert losses(half) != losses(whole)
    shutil.rmtree(half / "checkpoints" / "step_00000006")
    assert go_on(half, console=QUIET).finished
    for name, tensor in weights(half, 6).items():
        assert torch.equal(tensor, first[name]), name


@pytest.mark.parametrize(
    ("known", "slow"),
    [
        ({"architecture": "x86_64", "avx2": True}, True),
        ({"architecture": "x86_64", "avx512_bf16": True}, False),
        ({"architecture": "x86_64", "amx_bf16": True}, False),
        ({"architecture": "aarch64"}, False),
    ],
)
def test_a_processor_without_half_bits_is_told_of(
    known: dict[str, Any], slow: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(torch.cpu, "get_capabilities", lambda: known, raising=False)
    for precision in ("float32", "bfloat16"):
        said = StringIO()
        experiment = config(tmp_path / "c.yaml", precision=precision, samples=16)
        pretrain(experiment, tmp_path / precision, console=Console(file=said, width=300))
        told = "begin with --set precision=float32 instead" in said.getvalue()
        assert told == (slow and precision == "bfloat16")
    assert not lacks_halves(torch.device("cuda"))


def test_a_system_can_begin_with_what_another_one_has_learned(tmp_path: Path) -> None:
    first = tmp_path / "first"
    pretrain(config(tmp_path / "c.yaml"), first, console=QUIET)
    other = values(init=str(first))
    other["task"]["score"] = {"kind": "map", "pool": "mean"}
    (tmp_path / "d.yaml").write_text(yaml.safe_dump(other), encoding="utf-8")
    task = build_task(other["task"])
    trained = weights(first, 6)
    assert take_over(task, first) == len(task.state_dict())
    for name, tensor in task.state_dict().items():
        assert torch.equal(tensor, trained[name])
    stranger = build_task(
        {
            "encoders": {"audio": {"kind": "unet", "width": 8}},
            "score": {"kind": "alone"},
            "target": {"kind": "mix"},
            "objective": {"kind": "lp"},
        }
    )
    with pytest.raises(SoundwalkError, match="none of the weights"):
        take_over(stranger, first)
    with pytest.raises(SoundwalkError, match="no readable checkpoint"):
        take_over(task, tmp_path)


def test_no_sample_of_a_data_set_that_ends_is_measured_twice(tmp_path: Path) -> None:
    short = {"source": TOY.replace(":Toy", ":ShortToy")}
    pretrain(config(tmp_path / "c.yaml", data=short), tmp_path / "run", console=QUIET)
    assert evaluate_run(tmp_path / "run", samples=30)[0]["samples"] == 30
    with pytest.raises(SoundwalkError, match="samples=31: these data hold 30"):
        evaluate_run(tmp_path / "run", samples=31)


def test_encoders_are_left_for_agents_to_use(tmp_path: Path) -> None:
    run = tmp_path / "run"
    pretrain(config(tmp_path / "c.yaml"), run, console=QUIET)
    encoder = load_encoder(run / "encoders" / "audio")
    trained = weights(run, 6)
    for name, tensor in encoder.state_dict().items():
        assert torch.equal(tensor, trained[f"encoders.audio.{name}"])


def test_two_processes_have_the_losses_of_one(tmp_path: Path) -> None:
    config(tmp_path / "c.yaml", parts=2, norm="none")
    command = ["pretrain", str(tmp_path / "c.yaml"), "--run-dir"]
    main([*command, str(tmp_path / "one")])
    start = [str(Path(sys.executable).with_name("torchrun")), "--nproc-per-node", "2"]
    program = [str(Path(sys.executable).with_name("soundwalk")), *command, str(tmp_path / "two")]
    subprocess.run(
        [*start, "--master-port", "29533", "--no-python", *program],
        check=True, capture_output=True, timeout=200,
        env={"PYTHONPATH": str(Path(__file__).parents[2]), "OMP_NUM_THREADS": "1",
             "PATH": str(Path(sys.executable).parent), "HOME": str(tmp_path)},
    )  # fmt: skip
    one, two = weights(tmp_path / "one", 6), weights(tmp_path / "two", 6)
    assert losses(tmp_path / "two") == pytest.approx(losses(tmp_path / "one"), rel=1e-4)
    for name, tensor in one.items():
        assert torch.allclose(tensor, two[name], atol=2e-4), name


def test_the_rate_warms_up_and_falls_to_nothing() -> None:
    experiment = PretrainConfig(samples=6400, batch_size=64, warmup=0.1, learning_rate=1.0)
    rates = [learning_rate(experiment, step) for step in range(100)]
    assert rates[0] == pytest.approx(0.1)
    assert max(rates) == pytest.approx(1.0)
    assert rates.index(max(rates)) in (9, 10)
    assert rates[-1] < 1e-3
    assert rates[10:] == sorted(rates[10:], reverse=True)


def test_a_run_is_not_written_over(tmp_path: Path) -> None:
    run, experiment = tmp_path / "run", config(tmp_path / "c.yaml")
    pretrain(experiment, run, console=QUIET)
    with pytest.raises(SoundwalkError, match="soundwalk resume"):
        pretrain(experiment, run, console=QUIET)


def test_a_checkpoint_of_another_system_is_refused(tmp_path: Path) -> None:
    run = tmp_path / "run"
    pretrain(config(tmp_path / "c.yaml"), run, console=QUIET)
    other = values()
    other["task"]["encoders"]["audio"]["width"] = 16
    (run / "config.yaml").write_text(yaml.safe_dump(other), encoding="utf-8")
    with pytest.raises(SoundwalkError, match="written by another system"):
        evaluate_run(run, samples=20)


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"batch_size": 0}, "batch_size is 0"),
        ({"parts": 3}, "a multiple of parts"),
        ({"learning_rate": -1.0}, "learning_rate is -1"),
        ({"warmup": 2.0}, "warmup is 2"),
        ({"precision": "float16"}, "Valid: float32, bfloat16"),
        ({"distinct": -1}, "distinct"),
        ({"sampels": 3}, "did you mean 'samples'"),
        ({"data": {"source": TOY, "folder": "x"}}, "give one of them"),
        ({"data": {"source": "nowhere:Toy"}}, "cannot be imported"),
        ({"data": {"resolutoin": 64}}, "did you mean 'resolution'"),
    ],
)
def test_what_cannot_be_is_refused_before_a_file_is_written(
    changes: dict[str, Any], words: str, tmp_path: Path
) -> None:
    with pytest.raises(SoundwalkError, match=words):
        pretrain(config(tmp_path / "c.yaml", **changes), tmp_path / "run", console=QUIET)
    assert not (tmp_path / "run").exists()


def test_an_unknown_name_is_answered_with_those_there_are(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as stop:
        main(["pretrain", "dirction"])
    assert stop.value.code == 2
    assert "did you mean 'direction'" in capsys.readouterr().err
    with pytest.raises(SystemExit):
        main(["evaluate-perception", str(tmp_path)])
    assert "soundwalk pretrain" in capsys.readouterr().err
    pretrain(config(tmp_path / "c.yaml"), tmp_path / "run", console=QUIET)
    with pytest.raises(SoundwalkError, match="'localization'"):
        evaluate_run(tmp_path / "run", evaluators=("localisation",))
    with pytest.raises(SoundwalkError, match="needs turn"):
        evaluate_run(tmp_path / "run", evaluators=("direction",), samples=20)
