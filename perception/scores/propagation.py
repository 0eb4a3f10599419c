"""Values carried to the outlines of an image, by what is seen there."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor, nn
from torch.nn.functional import pad

from ...envs.interface import SoundwalkError
from ..encoders.layers import block, channels_last

_AROUND = tuple((row, column) for row in range(3) for column in range(3))
_OWN = 4  # the place itself, in the middle
_STAYING = 2.0  # logit by which a place first keeps its own value: a weight of about a half


class Propagation(nn.Module):
    """x(p) becomes the sum of w(p, q) x(q) over 3 x 3 places q around p, once for each step.

    What decodes coarse levels of an image draws a step in depth over several pixels; colours say
    which of them belong to which side. Weights are made of features of the image at its full size
    (Cheng, Wang and Yang 2018, "Depth Estimation via Affinity Learned with Convolutional Spatial
    Propagation Network"), here positive with a sum of 1 (softmax), so that results lie between the
    least and the largest value around, and different in each step. Beyond the border lies the
    value at the border.

    Args:
        dim: channels of what weights are made of.
        width: channels of the convolution that makes them.
        steps: pixels from each of the 3 x 3 places to the next one, in each step.
        norm: "batch" or "none".

    Raises:
        SoundwalkError: there is no step, or one is no distance.
    """

    def __init__(
        self, dim: int, width: int = 32, steps: Sequence[int] = (2, 1), norm: str = "batch"
    ) -> None:
        super().__init__()
        if not steps or any(isinstance(s, bool) or s != int(s) or s < 1 for s in steps):
            raise SoundwalkError(f"steps={list(steps)}: expected pixels, e.g. [2, 1]")
        self.steps = tuple(int(step) for step in steps)
        last = nn.Conv2d(width, len(self.steps) * len(_AROUND), 1)
        with torch.no_grad():
            last.bias.view(len(self.steps), -1)[:, _OWN] += _STAYING  # type: ignore[union-attr]
        self.look = nn.Sequential(block(dim, width, 3, 1, norm), last)
        channels_last(self)

    def forward(self, values: Tensor, guide: Tensor) -> Tensor:
        """Values (B, C, H, W) and features (B, dim, H, W) to values (B, C, H, W), float32."""
        logits = self.look(guide).float().contiguous()  # (B, steps * 9, H, W)
        every = logits.unflatten(1, (len(self.steps), -1)).softmax(2)
        values = values.float()
        height, width = values.shape[2:]
        for step, weights in zip(self.steps, every.unbind(1), strict=True):  # (B, 9, H, W)
            wide = pad(values, (step,) * 4, mode="replicate")
            moved = (
                weight[:, None]
                * wide[..., row * step : row * step + height, column * step : column * step + width]
                for weight, (row, column) in zip(weights.unbind(1), _AROUND, strict=True)
            )
            values = torch.stack(tuple(moved)).sum(0)
        return values
