"""A U-Net into which a sound is tiled: images that what is heard helps to predict.

The sound's vector is repeated at every place of the coarsest level of the image's pyramid and
decoded with it (Gao et al. 2020, "VisualEchoes": depth from RGB and echoes).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn.functional import interpolate, pixel_shuffle

from ...envs.interface import SoundwalkError
from ..encoders.layers import block, channels_last
from .propagation import Propagation
from .vectors import pick

_SIDE = 8  # channels by which coarse levels join in where values are carried


class TiledUNet(nn.Module):
    """A pyramid and a vector to an image of features of twice the finest level's size.

    Nothing is convolved at that size: the last layer gives the 2 x 2 values of each place at once
    (Shi et al. 2016, "sub-pixel convolution"), so that outlines are as sharp as pixels.

    Without an image, a learned map of 4 x 4 for each channel takes the coarsest level's place, and
    there is nothing to skip from.

    Where the pyramid begins with a level of the image's own size, `Propagation` carries values to
    the outlines that are seen in it.

    Args:
        widths: channels of the pyramid's levels, finest first, as `ImagePyramid.widths`.
        dim: size of the sound's vector.
        channels: C of the result.
        image: name of the pyramid; None where there is no image.
        sound: name of the vector; None where there is no sound.
        norm: "batch" or "none".
        entering: channels of the levels as they come in, if they are not `widths`.
        fine: channels of a level of the image's own size before the others; 0 is none.
        steps: of the propagation.

    Raises:
        SoundwalkError: there is neither image nor sound.
    """

    def __init__(
        self,
        widths: Sequence[int] = (16, 32, 64, 128),
        dim: int = 128,
        channels: int = 1,
        image: str | None = "image",
        sound: str | None = "audio",
        norm: str = "batch",
        entering: Sequence[int] | None = None,
        fine: int = 0,
        steps: Sequence[int] = (2, 1),
    ) -> None:
        super().__init__()
        if image is None and sound is None:
            raise SoundwalkError("image and sound are both None: name at least one")
        if image is None and fine:
            raise SoundwalkError(f"fine={fine}: expected 0 where there is no image")
        self.image, self.sound, self.dim = image, sound, channels
        coarsest, coming = widths[-1], entering or widths
        if image is None:
            self.start = nn.Parameter(0.1 * torch.randn(coarsest, 4, 4))
        joined = coming[-1] + (dim if sound else 0)
        self.mix = nn.Sequential(
            block(joined, coarsest, 1, 1, norm), block(coarsest, coarsest, 3, 1, norm)
        )
        skips = list(coming[-2::-1]) if image else [0] * (len(widths) - 1)
        leaving = list(widths[-2::-1])
        self.up = nn.ModuleList(
            block(coarse + skip, fine, 3, 1, norm)
            for coarse, skip, fine in zip([coarsest, *leaving], skips, leaving, strict=False)
        )
        wide = 2 * widths[0]
        self.last = nn.Sequential(
            block(widths[0], wide, 3, 1, norm), nn.Conv2d(wide, 4 * channels, 1)
        )
        self.fine = fine
        if fine:
            self.side = nn.Conv2d(wide, 4 * _SIDE, 1)
            self.carry = Propagation(_SIDE + fine, steps=steps, norm=norm)
        channels_last(self)

    def forward(self, features: Mapping[str, Any]) -> Tensor:
        """Features by name to (B, channels, H, W).

        Raises:
            SoundwalkError: the pyramid or the vector is absent.
        """
        return self.finish(*self.decode(features))

    def decode(self, features: Mapping[str, Any]) -> tuple[Tensor, Tensor | None]:
        """(B, channels, H, W), outlines still blurred, and what `finish` carries them by, if any.

        Raises:
            SoundwalkError: the pyramid or the vector is absent.
        """
        pyramid = list(pick(features, self.image, "tiled_unet")) if self.image else []
        finest = pyramid.pop(0) if self.fine else None  # (B, fine, H, W)
        parts = [pyramid[-1]] if pyramid else []  # (B, C, h, w)
        if self.sound:
            sound = pick(features, self.sound, "tiled_unet")  # (B, dim)
            parts = parts or [self.start.expand(len(sound), -1, -1, -1)]
            parts.append(sound[:, :, None, None].expand(-1, -1, *parts[0].shape[2:]))
        found = self.mix(torch.cat(parts, 1))  # (B, widths[-1], h, w)
        for i, up in enumerate(self.up):
            grown = interpolate(found, scale_factor=2.0)  # (B, widths[-1 - i], 2 h, 2 w)
            if pyramid:
                skip = pyramid[-2 - i]
                grown = torch.cat([grown[..., : skip.shape[2], : skip.shape[3]], skip], 1)
            found = up(grown)  # (B, widths[-2 - i], 2 h, 2 w)
        wide = self.last[0](found)
        result: Tensor = pixel_shuffle(self.last[1](wide), 2)
        if finest is None:
            return result, None
        height, width = finest.shape[2:]  # of images of odd sizes one less than of the result
        side = pixel_shuffle(self.side(wide), 2)[..., :height, :width]  # (B, _SIDE, H, W)
        return result[..., :height, :width], torch.cat([side, finest], 1)

    def finish(self, values: Tensor, guide: Tensor | None) -> Tensor:
        """Values (B, C, H, W) carried to outlines, where there is a fine level."""
        return values if guide is None else self.carry(values, guide)
