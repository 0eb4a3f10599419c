"""What a self-supervised experiment is: a frozen dataclass, read once from YAML.

`task` names the five pieces (see `perception.build`), `data` is what clips hold (fields of
`envs.clips.ClipOptions`, or a folder of recorded clips or videos), `evaluate` what the system is
measured by.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

from .. import configs
from ..envs.interface import SoundwalkError, unknown
from .convert import build, plain
from .reading import find_yaml, override, read_yaml

PRECISIONS = ("float32", "bfloat16")


@dataclass(frozen=True)
class PretrainConfig:
    """A system, its data, and how it is trained.

    Attributes:
        title: what it is, for people.
        task: encoders, projections, score, head, target, objective; each {"kind": NAME, …}.
        data: of training; "folder" or "videos" instead of options of simulated clips.
        evaluate: {NAME of an evaluator: its options}.
        samples: how many are seen in training.
        batch_size: samples of an update, of all processes together.
        parts: a batch is made of so many parts, each drawn and augmented on its own, so that it
            does not depend on the number of processes; a multiple of that number.
        distinct: how many different samples there are, repeated from memory; 0 draws new ones all
            the time.
        precise_bn: so many more samples at the end set the statistics of batch normalisation
            anew; 0 keeps running means, which are noisy after small batches.
        precision: "float32", or "bfloat16": convolutions and products in half the bits, which takes
            less time where the processor has instructions for them (GPUs, CPUs with avx512_bf16 or
            AMX); weights, objectives and measuring keep all bits.
        init: run directory of another system whose weights are taken over where names and shapes
            are the same.
        warmup: share of the training in which the learning rate rises.
        checkpoint_every: batches.
        keep: checkpoints that stay.
        device: "auto", "cpu", "cuda", …
        torch_threads: of PyTorch; 0 leaves the choice to PyTorch.
    """

    title: str = ""
    task: dict[str, Any] = field(default_factory=dict)
    data: dict[str, Any] = field(default_factory=dict)
    evaluate: dict[str, Any] = field(default_factory=dict)
    samples: int = 100_000
    batch_size: int = 64
    parts: int = 1
    distinct: int = 0
    precise_bn: int = 0
    precision: str = "float32"
    init: str = ""
    learning_rate: float = 1e-3
    weight_decay: float = 1e-4
    warmup: float = 0.05
    max_grad_norm: float = 1.0
    seed: int = 0
    device: str = "auto"
    torch_threads: int = 1
    checkpoint_every: int = 500
    keep: int = 2

    def __post_init__(self) -> None:
        """Check what no single type can say.

        Raises:
            SoundwalkError: a number has no meaning; the message names it.
        """
        least = dict.fromkeys(("samples", "batch_size", "parts", "checkpoint_every", "keep"), 1)
        least |= dict.fromkeys(("distinct", "precise_bn", "weight_decay"), 0)
        for name, fewest in least.items():
            if getattr(self, name) < fewest:
                raise SoundwalkError(f"{name} is {getattr(self, name)}: expected at least {fewest}")
        for name in ("learning_rate", "max_grad_norm"):
            if not 0.0 < getattr(self, name) < float("inf"):
                raise SoundwalkError(f"{name} is {getattr(self, name)}: expected more than 0")
        if self.precision not in PRECISIONS:
            raise unknown("precision", self.precision, PRECISIONS)
        if not 0.0 <= self.warmup <= 1.0:
            raise SoundwalkError(f"warmup is {self.warmup}: expected a share, 0 to 1")
        if self.batch_size % self.parts:
            raise SoundwalkError(
                f"batch_size is {self.batch_size}: expected a multiple of parts, {self.parts}"
            )

    @property
    def batches(self) -> int:
        """How many updates there are."""
        return max(1, self.samples // self.batch_size)


def load_pretraining(name: str | Path, overrides: Sequence[str] = ()) -> PretrainConfig:
    """Read a published configuration by its name, or any YAML file by its path.

    Args:
        name: "direction" finds configs/perception/direction.yaml; a path is read as it is.
        overrides: "key=value" with dotted keys and YAML values, e.g. "data.resolution=128".

    Raises:
        SoundwalkError: no such file, not YAML, an unknown key, a value of the wrong type.
    """
    values = read_yaml(find_yaml(str(name), Path(configs.__file__).parent / "perception"))
    for text in overrides:
        override(values, text)
    return build(PretrainConfig, values, "")


def save_pretraining(config: PretrainConfig, path: Path) -> None:
    """Write all values, the defaults too, as YAML that `load_pretraining` reads back."""
    values = plain(dataclasses.asdict(config))
    path.write_text(yaml.safe_dump(values, sort_keys=False), encoding="utf-8")


def is_pretraining(run: Path) -> bool:
    """Whether a run directory is one of perception."""
    path = run / "config.yaml"
    return path.is_file() and "task" in read_yaml(path)
