"""A network that can already see tells one that hears what there is, or the other way round.

Aytar, Vondrick and Torralba 2016, "SoundNet": the student predicts the chances that a frozen
teacher gives to classes, from the other modality of the same moment.
"""

from __future__ import annotations

import torch
from torch import nn

from ..data.sample import Tensors, view_inputs
from .base import Examples
from .clustering import frozen, read


class Teacher(nn.Module):
    """`label` (B, n) are the teacher's chances, softmax(x / T).

    Args:
        network: gives logits x (B, n); or the folder of an encoder, whose features serve as such.
        key: the input that the teacher looks at.
        temperature: T; above 1 it says more about what is unlikely (Hinton et al. 2015).
        features: give the network's output itself, for objectives of distances.
    """

    def __init__(
        self,
        network: nn.Module | str,
        key: str = "image",
        temperature: float = 1.0,
        features: bool = False,
    ) -> None:
        super().__init__()
        self.network, self.key = frozen(network), key
        self.temperature, self.features = temperature, features

    def train(self, mode: bool = True) -> Teacher:
        """The teacher stays as it is."""
        super().train(mode)
        self.network.eval()
        return self

    @torch.no_grad()
    def examples(self, sample: Tensors, generator: torch.Generator) -> Examples:
        """See `Target`.

        Raises:
            SoundwalkError: the input is absent.
        """
        inputs = view_inputs(sample)
        said = self.network(read(inputs, self.key))  # (B, n)
        label = said if self.features else (said / self.temperature).softmax(-1)
        return Examples(inputs, {"label": label})
