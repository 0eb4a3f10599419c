"""Do this sight and this sound belong together? (Arandjelovic and Zisserman 2017).

The negatives are the sounds of other samples of the batch: either all of them at once, for a
contrastive objective, or one of them for half of the examples, for a binary one.
"""

from __future__ import annotations

import torch

from ...envs.interface import unknown
from ..data.sample import Tensors, need, view_inputs
from .base import Examples, coins, derangement


class Pair:
    """Matching sight and sound.

    Args:
        negatives: "batch": inputs stay paired and the objective compares all with all; labels are
            absent. "half": half of the examples get another sample's sound, `label` (B,) is 1
            where they match.
    """

    def __init__(self, negatives: str = "batch") -> None:
        if negatives not in ("batch", "half"):
            raise unknown("negatives", negatives, ["batch", "half"])
        self.negatives = negatives

    def examples(self, sample: Tensors, generator: torch.Generator) -> Examples:
        """See `Target`; needs rgb and audio.

        Raises:
            SoundwalkError: one of them is absent.
        """
        need(sample, ("rgb", "audio"), "matching sight and sound")
        inputs = view_inputs(sample)
        if self.negatives == "batch":
            return Examples(inputs)
        count = len(inputs["audio"])
        match = coins(count, generator)
        other = torch.where(match, torch.arange(count), derangement(count, generator))
        inputs["audio"] = inputs["audio"][other.to(inputs["audio"].device)]
        return Examples(inputs, {"label": match.float()})
