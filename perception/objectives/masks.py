"""The objective of mix-and-separate: the mask that takes one of two sounds out of their sum.

Zhao et al. 2018, "The Sound of Pixels": binary masks with cross-entropy, or ratio masks with L1,
each weighted by how loud the mixture is at that time and frequency.
"""

from __future__ import annotations

import torch
from torch import Tensor

from ...envs.interface import SoundwalkError, unknown
from ..encoders.spectrogram import power, stft
from .base import Labels, Objective, masked_mean

KINDS = ("binary", "ratio")


def ideal_mask(wanted: Tensor, other: Tensor, kind: str = "binary") -> Tensor:
    """The mask of the wanted sound.

    Args:
        wanted: magnitudes of it.
        other: magnitudes of the other sound, of the same shape.
        kind: "binary": 1 where the wanted sound is the louder one; "ratio": W² / (W² + O²), the
            Wiener filter; 1/2 where both are silent.
    """
    if kind == "binary":
        return (wanted > other).to(wanted.dtype)
    quiet = 1e-12
    return (wanted.square() + quiet) / (wanted.square() + other.square() + 2 * quiet)


class MaskMatch(Objective):
    """Logits of masks (B, F, T) against the ideal mask of the labels `wanted` and `other`.

    All channels share a mask: magnitudes are the root of their summed power. Weights are
    log(1 + |mixture|), as the loud parts are those heard.

    Args:
        kind: "binary" (cross-entropy) or "ratio" (L1 of the sigmoid).
        n_fft: length of the transform, samples; that of the network that makes the maps.
        hop: samples from frame to frame.
        window: samples of the Hann window.

    Raises:
        SoundwalkError: `kind` is unknown.
    """

    def __init__(
        self, kind: str = "binary", n_fft: int = 512, hop: int = 160, window: int = 400
    ) -> None:
        super().__init__("wanted")
        if kind not in KINDS:
            raise unknown("kind", kind, KINDS)
        self.kind, self.n_fft, self.hop = kind, n_fft, hop
        self.window: Tensor
        self.register_buffer("window", torch.hann_window(window), persistent=False)

    def forward(self, prediction: Tensor, labels: Labels) -> Tensor:
        """A scalar.

        Raises:
            SoundwalkError: a label is absent, or the mask has another shape than the sound's
                transform.
        """
        wanted, other = (self.target(labels, key) for key in ("wanted", "other"))  # (B, C, T)
        mixture = self._magnitude(wanted + other)  # (B, F, T')
        if prediction.shape != mixture.shape:
            raise SoundwalkError(
                f"mask {tuple(prediction.shape)}: expected {tuple(mixture.shape)}; give network "
                "and objective the same n_fft, hop and window"
            )
        ideal = ideal_mask(self._magnitude(wanted), self._magnitude(other), self.kind)
        if self.kind == "ratio":
            values = (prediction.sigmoid() - ideal).abs()
        else:
            values = torch.nn.functional.binary_cross_entropy_with_logits(
                prediction, ideal, reduction="none"
            )
        return masked_mean(values, mixture.log1p())

    def _magnitude(self, audio: Tensor) -> Tensor:
        spectrum = stft(audio.float(), self.n_fft, self.hop, self.window)  # (B, C, F, T')
        return power(spectrum).sum(1).sqrt()  # (B, F, T')
