"""Do this sight and this sound belong together? (Arandjelovic and Zisserman 2017).

The negatives are the sounds of other samples of the batch: either all of them at once, for a
contrastive objective, or one of them for half of the examples, for a binary one.
"""

from __future__ import annotations

import torch

from ...envs.interface import SoundwalkError, unknown
from ..data.sample import Tensors, need, view_inputs
from .base import Examples, coins, derangement
from .flip import mirrored
from .mix import equally_loud


class Pair:
    """Matching sight and sound.

    Args:
        negatives: "batch": inputs stay paired and the objective compares all with all; labels are
            absent. "half": half of the examples get another sample's sound, `label` (B,) is 1
            where they match.
        swapped: with "batch", each sound with its ears swapped is one more negative, so that a
            sound matches what is on its own side only: `audio` is (2 B, 2, T), the swapped ones
            last. Half of the worlds are seen and heard in a mirror first, see `Flip`.
        mixed: with "batch", hear each sound together with another sample's, equally loud, as `Mix`
            does. Both images then match it as well, so that at best each is chosen half of the
            time: what is learned is to look for either.
    """

    def __init__(
        self, negatives: str = "batch", *, swapped: bool = False, mixed: bool = False
    ) -> None:
        if negatives not in ("batch", "half"):
            raise unknown("negatives", negatives, ["batch", "half"])
        if swapped and negatives != "batch":
            raise SoundwalkError("swapped=True: expected negatives='batch', which compares all")
        if mixed and negatives != "batch":
            raise SoundwalkError("mixed=True: expected negatives='batch', which compares all")
        self.negatives, self.swapped, self.mixed = negatives, swapped, mixed

    def examples(self, sample: Tensors, generator: torch.Generator) -> Examples:
        """See `Target`; needs rgb and audio.

        Raises:
            SoundwalkError: one of them is absent, or there are not two ears to swap.
        """
        need(sample, ("rgb", "audio"), "matching sight and sound")
        inputs = view_inputs(sample)
        count = len(inputs["audio"])
        if self.swapped:
            inputs = mirrored(inputs, coins(count, generator))
        if self.mixed:
            alike = equally_loud(inputs["audio"])
            inputs["audio"] = alike + alike[derangement(count, generator).to(alike.device)]
        if self.swapped:
            inputs["audio"] = torch.cat([inputs["audio"], inputs["audio"].flip(1)])
        if self.negatives == "batch":
            return Examples(inputs)
        match = coins(count, generator)
        other = torch.where(match, torch.arange(count), derangement(count, generator))
        device = inputs["audio"].device
        inputs["audio"] = inputs["audio"][other.to(device)]
        return Examples(inputs, {"label": match.float().to(device)})
