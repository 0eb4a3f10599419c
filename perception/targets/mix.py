"""Which part of this mixture belongs to what is seen? (Zhao et al. 2018, "The Sound of Pixels").

The sounds of two samples are added; whoever looks at one of them is to take out its sound.
"""

from __future__ import annotations

import torch
from torch import Tensor

from ..data.sample import Tensors, need, view_inputs
from .base import Examples, derangement


class Mix:
    """Each sample's sound with that of another one of the batch.

    Inputs: those of the sample, with `audio` (B, C, T) the mixture, and `mixture` the same, for a
    system that takes it apart with one network and looks for it with another. Labels: `wanted` and
    `other` (B, C, T), whose sum it is.

    Args:
        equal: bring both to the same level before they are mixed, as people do who measure
            separation at 0 dB.
    """

    def __init__(self, *, equal: bool = True) -> None:
        self.equal = equal

    def examples(self, sample: Tensors, generator: torch.Generator) -> Examples:
        """See `Target`.

        Raises:
            SoundwalkError: rgb or audio is absent.
        """
        need(sample, ("rgb", "audio"), "mix and separate")
        inputs = view_inputs(sample)
        audio = inputs["audio"]
        if self.equal:
            audio = equally_loud(audio)
        other = audio[derangement(len(audio), generator).to(audio.device)]
        inputs["audio"] = inputs["mixture"] = audio + other
        return Examples(inputs, {"wanted": audio, "other": other})


def equally_loud(audio: Tensor) -> Tensor:
    """Sounds (B, C, T), each brought to a level of 0.1 over all of its channels."""
    level = audio.square().mean((1, 2), keepdim=True).sqrt()
    return audio * (0.1 / level.clamp(min=1e-6))
