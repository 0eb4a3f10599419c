"""Is the sound in time with what moves? (Owens and Efros 2018; Korbar et al. 2018).

The sound of a clip is cut out either where its frames are, or some frames earlier or later.
"""

from __future__ import annotations

import torch
from torch import Tensor

from ...envs.interface import SoundwalkError
from ..data.sample import Tensors, need, view_inputs
from .base import Examples, coins


class Shift:
    """Aligned or shifted sound.

    Args:
        fps: frames per second of the clips.
        margin: seconds of sound that clips hold before and after their frames.
        least: frames by which a shifted sound is off at least.
        most: and at most.
        easy: share of the negatives that are another sample's sound (the curriculum of Korbar et
            al. begins with these).
        rate: samples per second.

    Raises:
        SoundwalkError: the margin is too small for `most`, or `least` is not 1 to `most`.
    """

    def __init__(
        self,
        fps: float = 15.0,
        margin: float = 1.0,
        least: int = 5,
        most: int = 15,
        easy: float = 0.0,
        rate: int = 16_000,
    ) -> None:
        if not 1 <= least <= most:
            raise SoundwalkError(f"least={least}, most={most}: expected 1 <= least <= most frames")
        if most / fps > margin + 1e-9:
            raise SoundwalkError(
                f"most={most} frames at {fps:g} a second are {most / fps:.2f} s, more than the "
                f"margin of {margin:g} s: raise margin (here and in data), or lower most"
            )
        self.fps, self.margin, self.least, self.most = fps, margin, least, most
        self.easy, self.rate = easy, rate

    def examples(self, sample: Tensors, generator: torch.Generator) -> Examples:
        """See `Target`; `label` (B,) is 1 where aligned, `shift` (B,) in frames.

        Raises:
            SoundwalkError: rgb or audio is absent.
        """
        need(sample, ("rgb", "audio"), "synchrony")
        count = len(sample["audio"])
        aligned = coins(count, generator)
        size = torch.randint(self.least, self.most + 1, (count,), generator=generator)
        sign = torch.randint(0, 2, (count,), generator=generator) * 2 - 1
        shift = torch.where(aligned, torch.zeros_like(size), size * sign)
        inputs = view_inputs(sample)
        inputs["audio"] = self.cut(inputs["audio"], shift)
        stranger = ~aligned & (torch.rand(count, generator=generator) < self.easy)
        if stranger.any():
            rolled = inputs["audio"].roll(1, 0)
            mask = stranger.to(rolled.device)[:, None, None]
            inputs["audio"] = torch.where(mask, rolled, inputs["audio"])
        device = inputs["audio"].device
        return Examples(inputs, {"label": aligned.float().to(device), "shift": shift.to(device)})

    def cut(self, audio: Tensor, shift: Tensor) -> Tensor:
        """The sound (N, C, T') of the frames, from (N, C, T) with margins, `shift` frames late."""
        margin = round(self.margin * self.rate)
        length = audio.shape[-1] - 2 * margin
        if length < 1:
            raise SoundwalkError(
                f"audio has {audio.shape[-1]} samples: expected more than twice the margin of "
                f"{margin}; set data.margin to {self.margin:g}"
            )
        first = margin + (shift.double() * (self.rate / self.fps)).round().long()
        index = first[:, None] + torch.arange(length)
        index = index.to(audio.device)[:, None].expand(-1, audio.shape[1], -1)
        return audio.gather(-1, index)
