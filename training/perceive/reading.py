"""How evaluators read a system: samples as tensors, predictions as arrays."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

import numpy as np
import torch
from torch import Tensor
from torch.nn.functional import interpolate

from ...envs.interface import F32, SoundwalkError
from ...perception.data.sample import Sample, Tensors, to_tensors, view_inputs
from ...perception.scores import DotMap, TiledMask
from ...perception.task import AVTask


class Reader:
    """A system in evaluation mode.

    Args:
        task: the system.
        device: where it computes.
    """

    def __init__(self, task: AVTask, device: torch.device | str = "cpu") -> None:
        self.task, self.device = task.to(device).eval(), device

    @property
    def views_heard(self) -> int:
        """How many views the system hears as one input."""
        return int(getattr(self.task.target, "hear", 1))

    def inputs(self, sample: Sample, view: int = 0) -> Tensors:
        """Inputs of the encoders for one view."""
        return view_inputs(to_tensors(sample, self.device), view)

    def predict(self, inputs: Tensors) -> F32:
        """The prediction, as an array."""
        with torch.inference_mode():
            return np.asarray(self.task(inputs).float().cpu().numpy(), np.float32)

    def features(self, inputs: Tensors, name: str) -> F32:
        """Features of one encoder alone, before any projection, (B, D)."""
        with torch.inference_mode():
            found: Tensor = self.task.encoders[name](inputs[name])
            found = found.flatten(2).mean(-1) if found.ndim > 2 else found
            return np.asarray(found.float().cpu().numpy(), np.float32)

    def heat(self, inputs: Tensors, size: tuple[int, int]) -> F32:
        """Where in its image each sample's sound is, (B, H, W) on the score's own scale.

        Raises:
            SoundwalkError: the system compares no map with a sound.
        """
        score = self.task.score
        if not isinstance(score, DotMap | TiledMask):
            raise SoundwalkError(
                "this system makes no map of where a sound is: its score is "
                f"{type(score).__name__}, expected 'map', or 'tiled_mask'"
            )
        with torch.inference_mode():
            features = self.task.features(inputs)
            maps = score.maps(features[score.image], features[score.sound])
            if maps.ndim == 4:
                maps = maps.mean(1)
            whole = interpolate(maps[:, None], size=size, mode="bilinear", align_corners=False)
            return np.asarray(whole[:, 0].float().cpu().numpy(), np.float32)


def stacked(parts: Iterable[Mapping[str, Any]]) -> dict[str, Any]:
    """Batches of arrays by name as one."""
    lists: dict[str, list[Any]] = {}
    for part in parts:
        for key, value in part.items():
            lists.setdefault(key, []).append(value)
    return {key: np.concatenate(values) for key, values in lists.items()}


def generator(seed: int) -> torch.Generator:
    """A generator with a seed."""
    made = torch.Generator()
    made.manual_seed(seed)
    return made


def counted(samples: Iterable[Sample], count: int) -> Iterator[Sample]:
    """Batches until they hold `count` samples; the last one is cut."""
    left = count
    for sample in samples:
        size = len(next(iter(sample.values())))
        if size >= left:
            yield {key: value[:left] for key, value in sample.items()}
            return
        yield sample
        left -= size
