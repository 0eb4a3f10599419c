"""Two opinions on an image, and a learned map of whom to believe where.

What is heard makes a coarse image alone, what is seen and heard a fine one, and weights at each
place say how much of the first goes into the result (Parida et al. 2021, "Beyond Image to Depth",
whose attention maps mix depth from echoes with depth from the image).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import pairwise
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

    Where the pyramid begins with a level of the image's own size, the mixture is carried to the
    outlines that are seen in it; see `TiledUNet`.

    The sound's vector becomes maps of 4 x 4, 8 x 8 and 16 x 16, the last of which makes y_s. They
    join the three coarsest levels of the image's pyramid, which have these sizes for 64 pixels and
    four stages. Were the vector repeated at every place instead, as `TiledUNet` does with it, each
    place would have to know where it is to find what was heard from there.

    Args:
        widths: channels of the image's pyramid, finest first.
        dim: size of the sound's vector.
        image: name of the pyramid.
        sound: name of the vector.
        norm: "batch" or "none".
        fine: channels of a level of the image's own size that the pyramid begins with; 0 is none.
        steps: of the propagation; see `TiledUNet`.
    """

    dim = 1

    def __init__(
        self,
        widths: Sequence[int] = (16, 32, 64, 128),
        dim: int = 128,
        image: str = "image",
        sound: str = "audio",
        norm: str = "batch",
        fine: int = 0,
        steps: Sequence[int] = (2, 1),
    ) -> None:
        super().__init__()
        self.image, self.sound = image, sound
        wide, narrow = widths[-1] // 2, widths[-1] // 4
        self.first = nn.Linear(dim, wide * _COARSE**2)
        sizes = [wide, wide, narrow][: len(widths)]
        self.finer = nn.ModuleList(
            block(coarse, fine, 3, 1, norm) for coarse, fine in pairwise(sizes)
        )
        self.heard = nn.Conv2d(sizes[-1], 1, 1)
        entering = list(widths)
        for i, size in enumerate(sizes):
            entering[-1 - i] += size
        self.unet = TiledUNet(
            widths, channels=2, image=image, sound=None, norm=norm, entering=entering,
            fine=fine, steps=steps,
        )  # fmt: skip
        channels_last(self.finer)

    def forward(self, features: Mapping[str, Any]) -> Tensor:
        """Features by name to (B, 1, H, W).

        Raises:
            SoundwalkError: the pyramid or the vector is absent.
        """
        both, alone, weight, guide = self._parts(features)
        return self.unet.finish(weight * alone + (1 - weight) * both, guide)

    def parts(self, features: Mapping[str, Any]) -> tuple[Tensor, Tensor, Tensor]:
        """Each (B, 1, H, W): y, y_s, and w between 0 and 1.

        Raises:
            SoundwalkError: the pyramid or the vector is absent.
        """
        return self._parts(features)[:3]

    def _parts(self, features: Mapping[str, Any]) -> tuple[Tensor, Tensor, Tensor, Tensor | None]:
        """The parts, and what carries their mixture to outlines."""
        pyramid = list(pick(features, self.image, "mixing"))
        vector = pick(features, self.sound, "mixing")  # (B, dim)
        maps = [self.first(vector).relu().unflatten(1, (-1, _COARSE, _COARSE))]  # (B, wide, 4, 4)
        for stage in self.finer:
            maps.append(stage(interpolate(maps[-1], scale_factor=2.0)))  # twice the size
        for i, part in enumerate(maps):
            level = pyramid[-1 - i]
            pyramid[-1 - i] = torch.cat([level, _fitted(part, level)], 1)
        found, guide = self.unet.decode({self.image: pyramid})  # (B, 2, H, W)
        both, weight = found[:, :1].float(), found[:, 1:].float().sigmoid()
        return both, _fitted(self.heard(maps[-1]).float(), found), weight, guide


def _fitted(part: Tensor, to: Tensor) -> Tensor:
    """A map (B, C, h, w) at the size of another."""
    size = to.shape[2:]
    if part.shape[2:] == size:
        return part
    return interpolate(part, size, mode="bilinear", align_corners=False)
