"""Two opinions on an image, and a learned map of whom to believe where.

What is heard makes a coarse image alone, what is seen and heard a fine one, and weights at each
place say how much of the first goes into the result (Parida et al. 2021, "Beyond Image to Depth",
whose attention maps mix depth from echoes with depth from the image).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn.functional import interpolate

from ..encoders.layers import block, channels_last
from .tiled import TiledUNet
from .vectors import pick

_COARSE = 4  # rows and columns of the map that a sound's vector becomes


class Mixing(nn.Module):
    """w(x) y_s(x) + (1 - w(x)) y(x): y_s from the sound alone, y and w from image and sound.

    Args:
        widths: channels of the image's pyramid, finest first.
        dim: size of the sound's vector.
        image: name of the pyramid.
        sound: name of the vector.
        norm: "batch" or "none".
    """

    dim = 1

    def __init__(
        self,
        widths: Sequence[int] = (16, 32, 64, 128),
        dim: int = 128,
        image: str = "image",
        sound: str = "audio",
        norm: str = "batch",
    ) -> None:
        super().__init__()
        self.sound = sound
        self.unet = TiledUNet(widths, dim, 2, image, sound, norm)
        wide, narrow = widths[-1] // 2, widths[-1] // 4
        self.first = nn.Linear(dim, wide * _COARSE**2)
        self.heard = nn.Sequential(block(wide, narrow, 3, 1, norm), nn.Conv2d(narrow, 1, 1))
        channels_last(self.heard)

    def forward(self, features: Mapping[str, Any]) -> Tensor:
        """Features by name to (B, 1, H, W).

        Raises:
            SoundwalkError: the pyramid or the vector is absent.
        """
        both, alone, weight = self.parts(features)
        return weight * alone + (1 - weight) * both

    def parts(self, features: Mapping[str, Any]) -> tuple[Tensor, Tensor, Tensor]:
        """Each (B, 1, H, W): y, y_s, and w between 0 and 1.

        Raises:
            SoundwalkError: the pyramid or the vector is absent.
        """
        found = self.unet(features)  # (B, 2, H, W)
        vector = pick(features, self.sound, "mixing")  # (B, dim)
        coarse = self.first(vector).relu().unflatten(1, (-1, _COARSE, _COARSE))
        heard = self.heard(interpolate(coarse, scale_factor=4.0))  # (B, 1, 16, 16)
        alone = interpolate(heard, found.shape[2:], mode="bilinear", align_corners=False)
        both, weight = found.split(1, 1)
        return both, alone, torch.sigmoid(weight)
