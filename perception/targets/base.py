"""What a target makes of a batch: inputs for the encoders, and what is to be predicted from them.

No target here reads a label that a person or the simulator had to give, unless its docstring says
so: the signal comes from how sight, sound and the agent's own motion belong together.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Protocol

import torch
from torch import Tensor

from ..data.sample import Tensors


@dataclass
class Examples:
    """Inputs of encoders by their names, and labels by theirs, for B examples.

    Where an encoder reads several inputs of one kind (two views), they lie one after the other
    along the batch: B = views x N.
    """

    inputs: Tensors
    labels: Tensors = field(default_factory=dict)


class Target(Protocol):
    """A way to ask something of a batch that the batch itself can answer."""

    def examples(self, sample: Tensors, generator: torch.Generator) -> Examples:
        """Examples from a batch, on its device; everything random comes from `generator`."""


def derangement(count: int, generator: torch.Generator) -> Tensor:
    """A random order (count,) in which nothing keeps its place: a random cycle (Sattolo 1986).

    >>> sorted(derangement(4, torch.Generator()).tolist())
    [0, 1, 2, 3]
    """
    order = torch.randperm(count, generator=generator)
    result = torch.empty_like(order)
    result[order] = order.roll(1)
    return result


def coins(count: int, generator: torch.Generator) -> Tensor:
    """(count,) bool, as balanced as it can be, in random places."""
    order = torch.randperm(count, generator=generator)
    return order < count // 2


def joined(parts: list[Examples]) -> Examples:
    """Several lots of examples as one, in their order."""
    if len(parts) == 1:
        return parts[0]
    return Examples(
        {name: torch.cat([p.inputs[name] for p in parts]) for name in parts[0].inputs},
        {name: torch.cat([p.labels[name] for p in parts]) for name in parts[0].labels},
    )
