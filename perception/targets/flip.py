"""Have the two ears been swapped? (Yang, Russell and Salamon 2020, "Telling left from right")."""

from __future__ import annotations

import torch

from ...envs.interface import SoundwalkError
from ..data.sample import Tensors, need, view_inputs
from .base import Examples, coins


class Flip:
    """Half of the examples hear left with the right ear: `label` (B,) is 1 for those."""

    def examples(self, sample: Tensors, generator: torch.Generator) -> Examples:
        """See `Target`.

        Raises:
            SoundwalkError: rgb or audio is absent, or audio is not that of two ears.
        """
        need(sample, ("rgb", "audio"), "telling left from right")
        inputs = view_inputs(sample)
        audio = inputs["audio"]
        if audio.shape[1] != 2:
            raise SoundwalkError(
                f"audio has {audio.shape[1]} channels: expected two ears; set data.receiver to "
                "binaural"
            )
        flipped = coins(len(audio), generator)
        mask = flipped.to(audio.device)[:, None, None]
        inputs["audio"] = torch.where(mask, audio.flip(1), audio)
        return Examples(inputs, {"label": flipped.float()})
