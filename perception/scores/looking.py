"""The score of co-separation: what is seen where it looks like what is heard is tiled into a U-Net.

Gao and Grauman 2019, "Co-separating sounds of visual objects": the mixture's U-Net is told by the
features of an object what to take out. Where the object is says the attention of Senocak et al.
2018: places that look like what is heard.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import torch
from torch import Tensor, nn

from .tiled import TiledUNet
from .vectors import pick


class TiledMask(nn.Module):
    """Image, sound and a pyramid over its spectrogram to logits of a mask.

    The mean of v(x), weighted by softmax(v(x) . a / τ) over the places of the image, is tiled into
    the U-Net of the mixture.

    Args:
        widths: channels of the pyramid's levels, finest first, as `SpectrogramPyramid.widths`.
        dim: D, size of the features that are seen.
        image: name of the visual features (B, D, h, w).
        sound: name of the sound's vector a (B, D).
        audio: name of the pyramid.
        temperature: τ.
        norm: "batch" or "none".
    """

    def __init__(
        self,
        widths: Sequence[int] = (12, 24, 48, 96, 96),
        dim: int = 128,
        image: str = "image",
        sound: str = "audio",
        audio: str = "mixture",
        temperature: float = 0.07,
        norm: str = "batch",
    ) -> None:
        super().__init__()
        self.image, self.sound, self.audio = image, sound, audio
        self.temperature = temperature
        self.unet = TiledUNet(widths, dim, 1, audio, "seen", norm)

    def forward(self, features: Mapping[str, Any]) -> Tensor:
        """Logits (B, F, T).

        Raises:
            SoundwalkError: a modality is absent.
        """
        image = pick(features, self.image, "tiled_mask")
        where = self.maps(image, pick(features, self.sound, "tiled_mask"))  # (B, h, w)
        share = (where / self.temperature).flatten(1).softmax(1).view_as(where)
        seen = torch.einsum("bdhw,bhw->bd", image, share)
        planes, *pyramid = pick(features, self.audio, "tiled_mask")
        logits: Tensor = self.unet({self.audio: pyramid, "seen": seen})[:, 0]  # one more at most
        return logits[:, : planes.shape[2], : planes.shape[3]]

    def maps(self, image: Tensor, sound: Tensor) -> Tensor:
        """Similarity of each place with the sound, (B, D, h, w) and (B, D) to (B, h, w)."""
        return torch.einsum("bdhw,bd->bhw", image, sound)
