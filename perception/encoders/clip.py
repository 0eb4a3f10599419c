"""Convolutions over short videos, first within frames, then between them.

R(2+1)D (Tran et al. 2018, "A closer look at spatiotemporal convolutions") splits each convolution
over space and time in two. Frames share the batch axis for the first and pixels share an image axis
for the second, because two-dimensional convolutions are the fast ones on a CPU.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn

from ...envs.interface import SoundwalkError
from .layers import block, channels_last, stage_widths
from .protocol import remember_arguments


@remember_arguments
class ClipEncoder(nn.Module):
    """Three stages of (2+1)-D convolutions.

    Reads (B, F, H, W, channels), bytes or floats from 0 to 1. Each stage halves the frames' height
    and width; the last one halves the number of frames, rounding up.

    Args:
        channels: of a frame.
        dim: size of the features.
        width: channels of the second stage; width / 2, width, 2 width.
        map: return (B, dim, F', h, w), F' = ceil(F / 2), h = H / 8, w = W / 8.
        frames: F of every clip, where the vector is to keep what happens when (synchrony);
            otherwise it is the mean over time.
        difference: read the difference of each frame from the one before it instead of the frame,
            so that only what moves is seen.
        steps: return (B, dim, steps), a vector for each of so many parts of the time.
        norm: "batch" or "none".
    """

    keys: tuple[str, ...] = ("clip",)

    def __init__(
        self,
        channels: int = 3,
        dim: int = 128,
        width: int = 24,
        map: bool = False,  # noqa: A002 - the word that configurations use
        frames: int | None = None,
        difference: bool = False,
        steps: int = 0,
        norm: str = "batch",
    ) -> None:
        super().__init__()
        self.channels, self.dim, self.map = channels, dim, map
        self.frames, self.difference, self.steps = frames, difference, steps
        widths = stage_widths(width, 3)
        self.within, self.between = nn.ModuleList(), nn.ModuleList()
        entering = channels
        for i, leaving in enumerate(widths):
            self.within.append(block(entering, leaving, 5 if i == 0 else 3, 2, norm))
            stride = (2, 1) if i == len(widths) - 1 else (1, 1)
            self.between.append(block(leaving, leaving, (3, 1), stride, norm))
            entering = leaving
        times = -(-frames // 2) if frames else 1
        self.last = nn.Conv2d(entering, dim, 1) if map else nn.Linear(entering * 4 * times, dim)
        channels_last(self)

    def forward(self, x: Tensor) -> Tensor:
        """(B, F, H, W, channels) to (B, dim), (B, dim, F', h, w) or (B, dim, steps).

        Raises:
            SoundwalkError: the clip has another number of channels, axes or frames.
        """
        batch, count = self._check(x)
        planes = self._planes(x)  # (B F, channels, H, W)
        for within, between in zip(self.within, self.between, strict=True):
            planes = within(planes)  # (B F, C, h, w)
            _, channels, height, width = planes.shape
            video = planes.unflatten(0, (batch, count)).movedim(1, 2)  # (B, C, F, h, w)
            video = between(video.flatten(3))  # (B, C, F', h w)
            count = video.shape[2]
            planes = video.movedim(2, 1).reshape(batch * count, channels, height, width)
        if self.map:
            maps: Tensor = self.last(planes)  # (B F', dim, h, w)
            return maps.reshape(batch, count, *maps.shape[1:]).movedim(1, 2)  # (B, dim, F', h, w)
        return self._vectors(planes, batch)

    def _vectors(self, planes: Tensor, batch: int) -> Tensor:
        pooled = nn.functional.adaptive_avg_pool2d(planes, 2).flatten(1)  # (B F', 4 C)
        times = pooled.reshape(batch, -1, pooled.shape[1])  # (B, F', 4 C)
        if self.frames:
            vector: Tensor = self.last(times.flatten(1))  # (B, dim)
            return vector
        parts = nn.functional.adaptive_avg_pool1d(times.mT, self.steps or 1)  # (B, 4 C, steps)
        vectors: Tensor = self.last(parts.mT)  # (B, steps or 1, dim)
        return vectors.mT if self.steps else vectors[:, 0]

    def _planes(self, x: Tensor) -> Tensor:
        white = 255.0 if x.dtype == torch.uint8 else 1.0
        frames = x.float() * (4 / white) - 2  # (B, F, H, W, channels), -2 to 2
        if self.difference:
            frames = frames.diff(dim=1, prepend=frames[:, :1])
        planes = frames.flatten(0, 1).permute(0, 3, 1, 2)
        return planes.contiguous(memory_format=torch.channels_last)

    def _check(self, x: Tensor) -> tuple[int, int]:
        if x.ndim != 5 or x.shape[-1] != self.channels:
            raise SoundwalkError(
                f"clip of shape {tuple(x.shape)}: expected (B, F, H, W, {self.channels})"
            )
        if self.frames and x.shape[1] != self.frames:
            raise SoundwalkError(
                f"clip of {x.shape[1]} frames: this encoder was made for frames={self.frames}"
            )
        return x.shape[0], x.shape[1]
