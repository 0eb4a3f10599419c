"""Statistics of batch normalisation over many samples, against those of the samples themselves."""

from __future__ import annotations

from itertools import pairwise
from pathlib import Path

import pytest
import torch
from rich.console import Console
from torch import Tensor, nn

from soundwalk.envs.interface import SoundwalkError
from soundwalk.perception.build import build_task
from soundwalk.perception.task import AVTask
from soundwalk.training.distributed import Team
from soundwalk.training.perceptual import PretrainConfig
from soundwalk.training.population import take_statistics
from soundwalk.training.pretrain import go_on, pretrain

QUIET = Console(quiet=True)
ALONE = Team(0, 1, torch.device("cpu"))
TASK = {
    "encoders": {"image": {"kind": "image", "width": 8, "stages": 2, "dim": 6, "size": 32}},
    "score": {"kind": "alone"},
    "head": {"kind": "dense", "size": 32, "width": 4, "scale": 2.0},
    "target": {"kind": "sensor"},
    "objective": {"kind": "log"},
}
SHARED = {
    "encoders": {**TASK["encoders"], "before": {"kind": "same", "as": "image"}},  # type: ignore[dict-item]
    "score": {"kind": "concat"},
    "head": {"kind": "binary"},
    "target": {"kind": "pair"},
    "objective": {"kind": "bce"},
}
DATA = {"resolution": 32, "wants": ["rgb", "depth"], "rates": {"silent": 1.0}}


def lots(count: int = 5, size: int = 24) -> list[dict[str, Tensor]]:
    generator = torch.Generator().manual_seed(0)
    shape = (size, 32, 32, 3)
    return [
        {"image": (torch.rand(shape, generator=generator) * (0.2 + 0.2 * i)).clamp(0, 1)}
        for i in range(count)
    ]


def norms(task: AVTask) -> list[nn.BatchNorm2d]:
    return [m for m in task.modules() if isinstance(m, nn.BatchNorm2d)]


def config(**changes: object) -> PretrainConfig:
    base = {
        "task": TASK, "data": DATA, "samples": 16 * 6, "batch_size": 16, "checkpoint_every": 3,
        "precise_bn": 64, "device": "cpu",
    }  # fmt: skip
    return PretrainConfig(**{**base, **changes})  # type: ignore[arg-type]


def test_the_first_layer_has_the_moments_of_all_samples_together() -> None:
    torch.manual_seed(0)
    task = build_task(TASK).train()
    samples = lots()
    assert take_statistics(task, samples, ALONE) == len(norms(task)) > 2
    convolution, norm = task.encoders["image"].stages[0][0][:2]  # type: ignore[index]
    together = torch.cat([one["image"] for one in samples]).permute(0, 3, 1, 2) * 4 - 2
    with torch.no_grad():
        entering = convolution(together).transpose(0, 1).flatten(1)
    torch.testing.assert_close(norm.running_mean, entering.mean(1), rtol=1e-4, atol=1e-5)
    torch.testing.assert_close(norm.running_var, entering.var(1), rtol=1e-3, atol=1e-6)


def test_an_encoder_that_two_inputs_share_has_the_moments_of_both() -> None:
    torch.manual_seed(0)
    task = build_task(SHARED).train()
    samples = [{"image": one["image"], "before": one["image"].flip(0).square()} for one in lots(3)]
    take_statistics(task, samples, ALONE)
    convolution, norm = task.encoders["image"].stages[0][0][:2]  # type: ignore[index]
    seen = torch.cat([one[name] for one in samples for name in ("image", "before")])
    with torch.no_grad():
        entering = convolution(seen.permute(0, 3, 1, 2) * 4 - 2).transpose(0, 1).flatten(1)
    torch.testing.assert_close(norm.running_mean, entering.mean(1), rtol=1e-4, atol=1e-5)
    torch.testing.assert_close(norm.running_var, entering.var(1), rtol=1e-3, atol=1e-6)


def test_one_lot_makes_evaluation_normalise_as_training_does() -> None:
    torch.manual_seed(0)
    task = build_task(TASK).train()
    (lot,) = lots(1, 40)
    with torch.no_grad():
        learned = task(lot)
        before = task.eval()(lot)
        take_statistics(task.train(), [lot], ALONE)
        after = task.eval()(lot)
    torch.testing.assert_close(after, learned, rtol=1e-3, atol=1e-4)
    assert float((before - learned).abs().mean()) > 10 * float((after - learned).abs().mean())


def test_frozen_layers_keep_theirs_and_weights_stay() -> None:
    task = build_task(TASK).train()
    frozen = task.encoders["image"].eval()
    kept = {name: value.clone() for name, value in frozen.state_dict().items()}
    weights = {name: value.clone() for name, value in task.named_parameters()}
    learned = [norm for norm in norms(task) if norm.training]
    assert take_statistics(task, lots(2), ALONE) == len(learned) < len(norms(task))
    assert all(torch.equal(value, kept[name]) for name, value in frozen.state_dict().items())
    assert all(torch.equal(value, weights[name]) for name, value in task.named_parameters())


def test_a_run_ends_with_them_and_comes_to_the_same_if_it_was_killed_before(tmp_path: Path) -> None:
    whole, noisy = tmp_path / "whole", tmp_path / "noisy"
    assert pretrain(config(), whole, console=QUIET).finished
    pretrain(config(precise_bn=0), noisy, console=QUIET)
    killed = tmp_path / "killed"
    pretrain(config(), killed, console=QUIET)
    for step in (killed / "checkpoints").glob("step_00000006*"):
        for file in step.iterdir():
            file.unlink()
        step.rmdir()
    assert go_on(killed, console=QUIET).finished
    found = [
        torch.cat([v.flatten().double() for _, v in sorted(weights_of(run).items())])
        for run in (whole, killed, noisy)
    ]
    assert torch.equal(found[0], found[1])
    assert not torch.equal(found[0], found[2])
    trained = [weights_of(run) for run in (whole, noisy)]
    for one, other in pairwise(trained):
        changed = {name for name, value in one.items() if not torch.equal(value, other[name])}
        assert changed
        assert all("running_" in name or "num_batches" in name for name in changed)


def weights_of(run: Path) -> dict[str, Tensor]:
    from safetensors.torch import load_file

    return load_file(run / "checkpoints" / "step_00000006" / "system.safetensors")


def test_a_negative_number_of_samples_is_refused() -> None:
    with pytest.raises(SoundwalkError, match="precise_bn is -1"):
        config(precise_bn=-1)
