"""Batch normalisation with the statistics of many samples instead of running means.

A running mean forgets all but the last ten batches or so. Where these are small and their clips
come from few homes, a network in evaluation mode normalises otherwise than it learned to.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn.modules.batchnorm import _BatchNorm

from ..perception.data.sample import Tensors
from ..perception.task import AVTask
from .distributed import Team

TOGETHER = 256  # samples that are normalised together


def take_statistics(task: AVTask, lots: Iterable[Tensors], team: Team) -> int:
    """Set the mean and variance of every batch normalisation to those of many samples.

    "Precise BN": moments of the activations with weights that do not change any more, each layer
    after layers that normalise by the lot (Wu and Johnson 2021, "Rethinking 'Batch' in BatchNorm").
    Frozen layers, in evaluation mode, keep theirs.

    Args:
        task: a system in training mode.
        lots: inputs of its encoders, `TOGETHER` samples or so each.
        team: whose processes each see a part of the samples.

    Returns:
        How many layers were set.
    """
    layers = [m for m in task.modules() if isinstance(m, _BatchNorm) and m.training]
    layers = [layer for layer in layers if layer.track_running_stats]
    sums: dict[nn.Module, Tensor] = {}
    uses: Counter[nn.Module] = Counter()
    with torch.no_grad(), _listening(layers, sums, uses):
        for inputs in lots:
            task(inputs)
        for layer in layers:
            if layer in sums:
                mean, square = team.average(sums[layer] / uses[layer])  # (C,) each
                layer.running_mean.copy_(mean)  # type: ignore[union-attr]
                layer.running_var.copy_(square - mean.square())  # type: ignore[union-attr]
    return len(sums)


@contextmanager
def _listening(
    layers: list[Any], sums: dict[nn.Module, Tensor], uses: Counter[nn.Module]
) -> Iterator[None]:
    """Adds up mean and mean square (2, C) of what enters each layer, as often as it is used.

    An encoder that several inputs share is used once for each of them in every lot.
    """

    def note(layer: nn.Module, entering: tuple[Tensor]) -> None:
        x = entering[0].double().movedim(1, 0).flatten(1)  # (C, everything else)
        found = torch.stack([x.mean(1), x.square().mean(1)])
        sums[layer] = sums[layer] + found if layer in sums else found
        uses[layer] += 1

    hooks = [layer.register_forward_pre_hook(note) for layer in layers]
    try:
        yield
    finally:
        for hook in hooks:
            hook.remove()
