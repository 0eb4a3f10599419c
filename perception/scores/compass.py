"""Where around the head a sound is, from what was heard before and after a turn.

Each view gives a score to every azimuth. The earlier view's scores are turned with the head and
added to the later one's: what fits both views stays, so that front and back, which one view of two
ears cannot tell apart, are told by the turn.
"""

from __future__ import annotations

from collections.abc import Mapping
from math import pi

import torch
from torch import Tensor, nn
from torch.nn.functional import normalize

from .vectors import pick


class Compass(nn.Module):
    """Features before and after a turn to the mean direction of what fits both.

    With s_1, s_2 the scores of azimuths in each view and φ the turn to the left between them,
    p(θ) = softmax(s_2(θ) + s_1(θ + φ)), and the result is sum p(θ) (cos θ, sin θ), brought to
    length one: a mean as short as an untrained network's would give objectives nothing to hold on
    to. Turning by any angle is exact for scores that are band-limited (Fourier).

    Args:
        dim_in: size of the features.
        bins: azimuths, evenly around the circle from 0 ahead to the left.
        before: name of the earlier view's features (B, dim_in).
        after: name of the later view's features.
        motion: name of (B, 2), cosine and sine of φ.
    """

    dim = 2

    def __init__(
        self,
        dim_in: int = 128,
        bins: int = 72,
        before: str = "before",
        after: str = "audio",
        motion: str = "motion",
    ) -> None:
        super().__init__()
        self.before, self.after, self.motion = before, after, motion
        self.layers = nn.Sequential(nn.ReLU(), nn.Linear(dim_in, bins))
        angles = torch.arange(bins) * (2 * pi / bins)
        self.circle: Tensor
        self.register_buffer(
            "circle", torch.stack([angles.cos(), angles.sin()], -1), persistent=False
        )

    def forward(self, features: Mapping[str, Tensor]) -> Tensor:
        """Features by name to (B, 2), of length one.

        Raises:
            SoundwalkError: a view or the motion is absent.
        """
        before, after = (
            self.layers(pick(features, name, "compass")) for name in (self.before, self.after)
        )  # (B, bins)
        motion = pick(features, self.motion, "compass")  # (B, 2)
        turn = torch.atan2(motion[:, 1], motion[:, 0])
        scores = after + turned(before, turn)
        return normalize(scores.softmax(-1) @ self.circle, dim=-1, eps=1e-6)  # (B, 2)


def turned(scores: Tensor, angle: Tensor) -> Tensor:
    """s(θ + φ) of periodic scores, by their Fourier series.

    Args:
        scores: (B, bins) at θ = 0, 2 π / bins, …
        angle: φ (B,) radians.
    """
    bins = scores.shape[-1]
    order = torch.arange(bins // 2 + 1, device=scores.device)
    spectrum = torch.fft.rfft(scores)  # (B, bins / 2 + 1)
    phase = torch.polar(torch.ones_like(angle[:, None] * order), angle[:, None] * order)
    result: Tensor = torch.fft.irfft(spectrum * phase, bins)
    return result
