"""Where around the head a sound is, from what was heard before and after turns.

Each view gives a score to every azimuth. Earlier views' scores are turned with the head and added
to the last one's: what fits all views stays, so that front and back, which one view of two ears
cannot tell apart, are told by the turn.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from math import pi

import torch
from torch import Tensor, nn
from torch.nn.functional import normalize

from ...envs.interface import SoundwalkError
from .vectors import pick


class Compass(nn.Module):
    """Features before and after turns to the mean direction of what fits all views.

    With s_v the scores of azimuths in view v and φ_v the turn to the left from it to the last one,
    p(θ) = softmax(sum over v of s_v(θ + φ_v)), and the result is sum p(θ) (cos θ, sin θ), brought
    to length one: a mean as short as an untrained network's would give objectives nothing to hold
    on to. Turning by any angle is exact for scores that are band-limited (Fourier).

    Args:
        dim_in: size of the features.
        bins: azimuths, evenly around the circle from 0 ahead to the left.
        before: names of the earlier views' features (B, dim_in), the latest first.
        after: name of the last view's features.
        motion: name of (B, 2 V), cosine and sine of φ_v of each earlier view.
    """

    dim = 2

    def __init__(
        self,
        dim_in: int = 128,
        bins: int = 72,
        before: Sequence[str] = ("before",),
        after: str = "audio",
        motion: str = "motion",
    ) -> None:
        super().__init__()
        self.before, self.after, self.motion = tuple(before), after, motion
        self.layers = nn.Sequential(nn.ReLU(), nn.Linear(dim_in, bins))
        angles = torch.arange(bins) * (2 * pi / bins)
        self.circle: Tensor
        self.register_buffer(
            "circle", torch.stack([angles.cos(), angles.sin()], -1), persistent=False
        )

    def forward(self, features: Mapping[str, Tensor]) -> Tensor:
        """Features by name to (B, 2), of length one.

        Raises:
            SoundwalkError: a view or the motion is absent, or motion is that of other views.
        """
        scores = self.layers(pick(features, self.after, "compass"))  # (B, bins)
        motion = pick(features, self.motion, "compass")  # (B, 2 V)
        if motion.shape[-1] != 2 * len(self.before):
            raise SoundwalkError(
                f"motion {tuple(motion.shape)} of {motion.shape[-1] // 2} earlier views, but the "
                f"compass reads {', '.join(self.before)}: give target.hear and score.before the "
                "same views"
            )
        for i, name in enumerate(self.before):
            angle = torch.atan2(motion[:, 2 * i + 1], motion[:, 2 * i])
            scores = scores + turned(self.layers(pick(features, name, "compass")), angle)
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
