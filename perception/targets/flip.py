"""Have the two ears been swapped? (Yang, Russell and Salamon 2020, "Telling left from right")."""

from __future__ import annotations

import torch
from torch import Tensor

from ...envs.interface import SoundwalkError
from ..data.sample import Tensors, need, view_inputs
from .base import Examples, coins

_WIDTH = {"image": 2, "frames": 2, "clip": 3}  # axis of the columns


class Flip:
    """Half of the examples hear left with the right ear: `label` (B,) is 1 for those.

    Half of the worlds are seen and heard in a mirror first, because simulated ears have something
    that real ones have not: each carries its own fixed noise in its late reverberation, by which
    swapped ears could be told without looking.
    """

    def examples(self, sample: Tensors, generator: torch.Generator) -> Examples:
        """See `Target`.

        Raises:
            SoundwalkError: rgb or audio is absent, or audio is not that of two ears.
        """
        need(sample, ("rgb", "audio"), "telling left from right")
        inputs = view_inputs(sample)
        count = len(inputs["audio"])
        inputs = mirrored(inputs, coins(count, generator))
        flipped = coins(count, generator).to(inputs["audio"].device)
        inputs["audio"] = _where(flipped, inputs["audio"].flip(1), inputs["audio"])
        return Examples(inputs, {"label": flipped.float()})


def mirrored(inputs: Tensors, chosen: Tensor) -> Tensors:
    """Inputs with some worlds seen and heard in a mirror: columns reversed and ears swapped.

    Args:
        inputs: of `view_inputs`.
        chosen: (B,) bool, which ones.

    Raises:
        SoundwalkError: audio is not that of two ears.
    """
    audio = inputs["audio"]
    if audio.shape[1] != 2:
        raise SoundwalkError(
            f"audio has {audio.shape[1]} channels: expected two ears; set data.receiver to binaural"
        )
    chosen = chosen.to(audio.device)
    changed = {
        name: _where(chosen, inputs[name].flip(axis), inputs[name])
        for name, axis in _WIDTH.items()
        if name in inputs
    }
    return {**inputs, **changed, "audio": _where(chosen, audio.flip(1), audio)}


def _where(mask: Tensor, yes: Tensor, no: Tensor) -> Tensor:
    """`yes` for the examples of a mask (B,), `no` for the others."""
    return torch.where(mask.reshape(-1, *[1] * (yes.ndim - 1)), yes, no)
