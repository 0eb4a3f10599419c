"""Convolutions over images: to a vector, to a map of features, or to a pyramid for U-Nets."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from ...envs.interface import SoundwalkError
from .layers import block, channels_last, stage_widths
from .protocol import remember_arguments

_FINE = 64  # pixels: smaller images keep their size in the first stage


@remember_arguments
class ImageEncoder(nn.Module):
    """A stack of strided 3 x 3 convolutions (5 x 5 in the first stage).

    Reads (B, H, W, channels), bytes or floats from 0 to `scale`. Stages have width / 2, width,
    2 width, … channels. Without `map` every stage halves the image, and the features are averaged
    over it (over each field of a 4 x 4 grid where `size` is given, so that the vector knows where
    things are). With `map` the last stage keeps the size: the stride is 2 ** (stages - 1). Images
    with `size` < 64 keep it in the first stage instead, which leaves the map's stride as it is.

    Args:
        channels: 3 for colour, 1 for depth, 3 F for F frames side by side.
        dim: size of the features.
        width: channels of the second stage.
        map: return (B, dim, h, w) instead of (B, dim).
        stages: how many.
        size: pixels of the square images, where it is known.
        depth: convolutions of each stage; the first of them strides.
        coordinates: append where each pixel is, -1 to 1, as two channels (CoordConv, Liu et al.
            2018).
        norm: "batch" or "none".
        scale: value of white in images of floats; metres where depth is read.

    Raises:
        SoundwalkError: `norm` is unknown, or there is no stage.
    """

    keys: tuple[str, ...] = ("image", "frames", "rgb", "depth")

    def __init__(
        self,
        channels: int = 3,
        dim: int = 128,
        width: int = 32,
        map: bool = False,  # noqa: A002 - the word that configurations use
        stages: int = 4,
        size: int | None = None,
        depth: int = 1,
        coordinates: bool = False,
        norm: str = "batch",
        scale: float = 1.0,
    ) -> None:
        super().__init__()
        if stages < 1 or depth < 1:
            raise SoundwalkError(f"stages={stages}, depth={depth}: expected at least 1 of each")
        self.channels, self.dim, self.scale = channels, dim, scale
        self.map, self.coordinates = map, coordinates
        self.widths = tuple(stage_widths(width, stages))
        strides = [2] * stages
        if size is not None and size < _FINE:
            strides[0] = 1
        elif map:
            strides[-1] = 1
        entering = [channels + 2 * coordinates, *self.widths]
        layers = []
        for i, (stride, leaving) in enumerate(zip(strides, self.widths, strict=True)):
            convolutions = [block(entering[i], leaving, 5 if i == 0 else 3, stride, norm)]
            convolutions += [block(leaving, leaving, 3, 1, norm) for _ in range(depth - 1)]
            layers.append(nn.Sequential(*convolutions))
        self.stages = nn.ModuleList(layers)
        self.grid = 1 if size is None else 4
        self.last: nn.Module = (
            nn.Conv2d(self.widths[-1], dim, 1)
            if map
            else nn.Sequential(
                nn.AdaptiveAvgPool2d(self.grid),
                nn.Flatten(),
                nn.Linear(self.widths[-1] * self.grid**2, dim),
            )
        )
        channels_last(self)

    def forward(self, x: Tensor) -> Tensor:
        """(B, H, W, channels) to (B, dim), or (B, dim, h, w) where `map` is set.

        Raises:
            SoundwalkError: the image has another number of channels or axes.
        """
        features: Tensor = self.last(self.pyramid(x)[-1])
        return features

    def pyramid(self, x: Tensor) -> list[Tensor]:
        """Features after each stage (B, widths[i], h_i, w_i), finest first.

        Raises:
            SoundwalkError: the image has another number of channels or axes.
        """
        return self._levels(self._planes(x))

    def _levels(self, features: Tensor) -> list[Tensor]:
        """Features after each stage, of (B, channels [+ 2], H, W), its channels last in memory."""
        found = []
        for stage in self.stages:
            features = stage(features)  # (B, widths[i], h_i, w_i)
            found.append(features)
        return found

    def _planes(self, x: Tensor) -> Tensor:
        if x.ndim != 4 or x.shape[-1] != self.channels:
            raise SoundwalkError(
                f"image of shape {tuple(x.shape)}: expected (B, H, W, {self.channels})"
            )
        white = 255.0 if x.dtype == torch.uint8 else self.scale
        planes = (x.float() * (4 / white) - 2).permute(0, 3, 1, 2)  # -2 to 2
        if self.coordinates:
            batch, _, height, width = planes.shape
            rows = torch.linspace(-1, 1, height, device=x.device)[:, None].expand(height, width)
            columns = torch.linspace(-1, 1, width, device=x.device)[None].expand(height, width)
            where = torch.stack([columns, rows]).expand(batch, 2, height, width)
            planes = torch.cat([planes, where], 1)
        return planes.contiguous(memory_format=torch.channels_last)


@remember_arguments
class ImagePyramid(ImageEncoder):
    """An image encoder whose forward pass returns its pyramid, for `TiledUNet`.

    Args:
        channels: as for `ImageEncoder`.
        width: channels of the second stage.
        stages: how many; each halves the image.
        depth: convolutions of each stage.
        norm: "batch" or "none".
        scale: value of white in images of floats.
        fine: channels of a level of the image's own size that comes first, by one convolution
            (3 x 3) of its own; 0 is none.

    Raises:
        SoundwalkError: as of `ImageEncoder`, or `fine` is negative.
    """

    def __init__(
        self,
        channels: int = 3,
        width: int = 32,
        stages: int = 4,
        depth: int = 1,
        norm: str = "batch",
        scale: float = 1.0,
        fine: int = 0,
    ) -> None:
        super().__init__(channels, 1, width, stages=stages, depth=depth, norm=norm, scale=scale)
        if fine < 0:
            raise SoundwalkError(f"fine={fine}: expected channels, or 0 for no such level")
        self.last = nn.Identity()
        self.dim, self.fine = self.widths[-1], fine
        if fine:
            self.finest = block(channels, fine, 3, 1, norm)
            channels_last(self.finest)

    def forward(self, x: Tensor) -> list[Tensor]:  # type: ignore[override]
        """(B, H, W, channels) to [(B, widths[i], h_i, w_i)], finest first.

        Where `fine` is set, (B, fine, H, W) comes before.
        """
        planes = self._planes(x)
        finest = [self.finest(planes)] if self.fine else []
        return finest + self._levels(planes)
