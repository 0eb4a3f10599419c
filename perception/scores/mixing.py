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

    The sound's vector becomes a map of 4 x 4, then one of 16 x 16, of which y_s is made. Both join
    the levels of the image's pyramid that are as coarse as they are in images of 64 pixels. Were
    the vector repeated at every place instead, as `TiledUNet` does with it, each place would have
    to know where it is to find what was heard from there.

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
        self.image, self.sound = image, sound
        wide, narrow = widths[-1] // 2, widths[-1] // 4
        self.first = nn.Linear(dim, wide * _COARSE**2)
        self.finer = block(wide, narrow, 3, 1, norm)
        self.heard = nn.Conv2d(narrow, 1, 1)
        self.level = max(len(widths) - 3, 0)  # of the pyramid, that the finer map joins
        entering = list(widths)
        entering[-1] += wide
        entering[self.level] += narrow
        self.unet = TiledUNet(widths, dim, 2, image, None, norm, entering)
        channels_last(self.finer)

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
        pyramid = list(pick(features, self.image, "mixing"))
        vector = pick(features, self.sound, "mixing")  # (B, dim)
        coarse = self.first(vector).relu().unflatten(1, (-1, _COARSE, _COARSE))
        finer = self.finer(interpolate(coarse, scale_factor=4.0))  # (B, narrow, 16, 16)
        for level, part in ((-1, coarse), (self.level, finer)):
            pyramid[level] = torch.cat([pyramid[level], _fitted(part, pyramid[level])], 1)
        found = self.unet({self.image: pyramid})  # (B, 2, H, W)
        both, weight = found.split(1, 1)
        return both, _fitted(self.heard(finer), found), torch.sigmoid(weight)


def _fitted(part: Tensor, to: Tensor) -> Tensor:
    """A map (B, C, h, w) at the size of another."""
    size = to.shape[2:]
    if part.shape[2:] == size:
        return part
    return interpolate(part, size, mode="bilinear", align_corners=False)
