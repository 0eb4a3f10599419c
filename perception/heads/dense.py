"""Heads that end in an image of positive numbers, such as metres."""

from __future__ import annotations

from itertools import pairwise

from torch import Tensor, nn
from torch.nn.functional import interpolate

from ...envs.interface import SoundwalkError
from ..encoders.layers import block, channels_last

_MOST = 4.0  # |logarithm| of result / scale: exp(4) = 55, beyond which gradients would explode


class Positive(nn.Module):
    """scale * exp(y), held within ±4; y is a 1 x 1 convolution of the features, or the only one.

    One channel is y itself: a factor that begins near 0 would only slow down what comes before.

    Args:
        dim_in: channels of the features.
        scale: the value that it begins at, e.g. 2.5 m for depth indoors.
    """

    def __init__(self, dim_in: int = 1, scale: float = 1.0) -> None:
        super().__init__()
        if scale <= 0:
            raise SoundwalkError(f"scale={scale}: expected a positive typical value")
        self.scale = scale
        self.last: nn.Module = nn.Identity()
        if dim_in > 1:
            self.last = nn.Conv2d(dim_in, 1, 1)
            weight, bias = self.last.parameters()
            weight.data *= 0.1
            nn.init.zeros_(bias)

    def forward(self, x: Tensor) -> Tensor:
        """(B, dim_in, H, W) to (B, 1, H, W), positive."""
        logarithm: Tensor = self.last(x).float()  # (B, 1, H, W)
        return self.scale * (_MOST * (logarithm / _MOST).tanh()).exp()


class Dense(nn.Module):
    """A vector to an image: a map of 4 x 4, doubled until it has `size`, then `Positive`.

    Args:
        dim_in: size of the vector.
        size: height and width of the image, 4 times a power of 2.
        width: channels of the last stage; those before have twice as many each, 4 width at most.
        scale: the value that it begins at.
        norm: "batch" or "none".

    Raises:
        SoundwalkError: `size` is not 4 times a power of 2.
    """

    def __init__(
        self,
        dim_in: int,
        size: int = 64,
        width: int = 16,
        scale: float = 1.0,
        norm: str = "batch",
    ) -> None:
        super().__init__()
        doublings = (size // 4).bit_length() - 1
        if size < 4 or size != 4 << doublings:
            raise SoundwalkError(f"size={size}: expected 4 times a power of 2, such as 64")
        widths = [width * min(2**i, 4) for i in range(doublings, -1, -1)]
        self.size, self.first = size, nn.Linear(dim_in, widths[0] * 16)
        self.stages = nn.ModuleList(
            block(coarse, fine, 3, 1, norm) for coarse, fine in pairwise(widths)
        )
        self.positive = Positive(widths[-1], scale)
        channels_last(self)

    def forward(self, x: Tensor) -> Tensor:
        """(B, dim_in) to (B, 1, size, size), positive."""
        features = self.first(x).relu().unflatten(1, (-1, 4, 4))  # (B, widths[0], 4, 4)
        for stage in self.stages:
            features = stage(interpolate(features, scale_factor=2.0))  # (B, widths[i], h, h)
        image: Tensor = self.positive(features)
        return image
