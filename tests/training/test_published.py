"""Every published system, from its name to its page: with larger images, on the CPU and on a GPU.

`.venv/bin/python -m pytest -m gpu` where there is a GPU, `make test-all` elsewhere.
"""

from __future__ import annotations

import math
from pathlib import Path
from typing import Any

import pytest
import torch
from rich.console import Console
from safetensors.torch import load_file

from soundwalk import configs
from soundwalk.perception.build import build_task
from soundwalk.perception.data.sample import to_tensors
from soundwalk.training.clips import open_clips
from soundwalk.training.config import from_dict
from soundwalk.training.distributed import choose_device
from soundwalk.training.evaluate import evaluate
from soundwalk.training.perceive.reading import generator
from soundwalk.training.perceive.run import evaluate_run
from soundwalk.training.perceptual import PretrainConfig, load_pretraining
from soundwalk.training.pretrain import go_on, pretrain
from soundwalk.training.reinforce import train
from soundwalk.training.report.page import write_report

QUIET = Console(quiet=True)
PUBLISHED = sorted(
    path.stem for path in (Path(configs.__file__).parent / "perception").glob("*.yaml")
)
LARGER = {  # what makes an image of a vector alone is told how large; the others find out
    "depth_echo": ["task.head.size=128"],
    "depth_vectors": ["task.head.size=128"],
}
on_each_device = pytest.mark.parametrize(
    "device",
    [pytest.param("cpu", marks=pytest.mark.slow), pytest.param("cuda", marks=pytest.mark.gpu)],
)


def larger(name: str, device: str) -> PretrainConfig:
    """The configuration of a published system for images of 128 pixels and two small batches."""
    return load_pretraining(
        name,
        [
            "data.resolution=128", f"device={device}", "samples=16", "batch_size=8",
            "checkpoint_every=1", "init=''", "torch_threads=1", "precise_bn=16",
            *LARGER.get(name, []),
        ],
    )  # fmt: skip


def weights(run: Path, step: int) -> dict[str, torch.Tensor]:
    return load_file(run / "checkpoints" / f"step_{step:08d}" / "system.safetensors")


@pytest.mark.parametrize("name", PUBLISHED)
def test_published_systems_are_short_and_can_be_built(name: str) -> None:
    path = Path(configs.__file__).parent / "perception" / f"{name}.yaml"
    assert len(path.read_text(encoding="utf-8").splitlines()) < 40
    config = load_pretraining(name)
    task = build_task(config.task)
    assert sum(p.numel() for p in task.parameters()) > 1000
    assert config.title
    assert config.evaluate


@pytest.mark.parametrize("name", PUBLISHED)
def test_published_systems_learn_on_another_device_than_the_cpu(name: str) -> None:
    """PyTorch's device without memory refuses what a GPU would: operands that lie elsewhere."""
    found = load_pretraining(name)
    task = build_task(found.task)
    clips = open_clips(found.data, "train", seed=0).batch(0, max(4, 2 * found.parts))
    task.to("meta")
    objective: Any = task.objective
    if hasattr(objective, "mirror"):
        objective.mirror = 0.0  # picks rows by what they hold, which only real memory can
    examples = task.examples(to_tensors(clips, "meta"), generator(0))
    for part in (examples.inputs, examples.labels):
        assert {tensor.device.type for tensor in part.values()} == {"meta"} or not part
    loss = task.loss(examples)
    assert loss.device.type == "meta"
    loss.backward()  # type: ignore[no-untyped-call]
    for weight in task.parameters():
        assert not weight.requires_grad or (weight.grad is not None and weight.grad.is_meta)


@on_each_device
@pytest.mark.parametrize("name", PUBLISHED)
def test_a_published_system_learns_from_larger_images_and_is_measured(
    name: str, device: str, tmp_path: Path
) -> None:
    config, run = larger(name, device), tmp_path / "run"
    state = pretrain(config, run, console=QUIET)
    assert (state.steps, state.finished) == (2, True)
    first, last = weights(run, 1), weights(run, 2)
    assert any(not torch.equal(first[key], last[key]) for key in first)
    assert all(torch.isfinite(tensor).all() for tensor in last.values())
    assert go_on(run, console=QUIET).finished  # loads weights, moments and generators
    results, exhibits = evaluate_run(run, samples=12)
    assert list(results["tables"]) == list(config.evaluate)
    for table in results["tables"].values():
        means = [found["mean"] for row in table.values() for found in row.values()]
        assert any(math.isfinite(mean) for mean in means)
    page = write_report(results, exhibits, tmp_path / "page")
    assert config.title in page.read_text(encoding="utf-8")


@pytest.mark.gpu
@pytest.mark.parametrize("name", PUBLISHED)
def test_a_gpu_finds_the_loss_and_gradient_of_the_cpu(
    name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(torch.backends.cudnn, "allow_tf32", False)
    config = larger(name, "cuda")
    clips = open_clips(config.data, "train", seed=0).batch(0, max(8, 2 * config.parts))
    losses, gradients = [], []
    for place in ("cpu", "cuda"):
        device = choose_device(place)
        torch.manual_seed(0)
        task = build_task(config.task).to(device)
        loss = task.loss(task.examples(to_tensors(clips, device), generator(0)))
        loss.backward()  # type: ignore[no-untyped-call]
        learning = [weight.grad for weight in task.parameters() if weight.grad is not None]
        losses.append(float(loss))
        gradients.append(torch.cat([gradient.flatten().cpu() for gradient in learning]))
    assert losses[1] == pytest.approx(losses[0], rel=1e-3)
    difference = (gradients[1] - gradients[0]).norm() / gradients[0].norm()
    assert difference < 0.05


@on_each_device
def test_an_agent_learns_with_encoders_of_a_published_system(device: str, tmp_path: Path) -> None:
    pretrained = tmp_path / "vectors"
    pretrain(larger("depth_vectors", device), pretrained, console=QUIET)
    source = str(pretrained / "encoders" / "image")
    values = {
        "total_steps": 64, "checkpoint_every": 64, "device": device,
        "env": {
            "num_envs": 4, "rooms": [1, 1], "resolution": 128, "homes": 2, "max_steps": 12,
            "sensors": ["rgb", "audio"], "wrappers": [],
        },
        "ppo": {"n_steps": 16, "batch_size": 32, "n_epochs": 1},
    }  # fmt: skip
    for frozen in (True, False):
        encoders = {"rgb": {"source": source, "frozen": frozen}}
        policy = {"keys": ["pose"], "features_dim": 8, "width": 8, "hidden": 8}
        config = from_dict({**values, "policy": {**policy, "encoders": encoders}})
        run = tmp_path / f"frozen_{frozen}"
        assert train(config, run, console=QUIET).finished
        found = evaluate([str(run)], episodes=3, num_envs=2)
        assert found["agents"][str(run)]["na"]["mean"] >= 1
