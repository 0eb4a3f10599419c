"""The objective of direction from motion: a sound stays where it is while the head turns.

Chen, Qian and Owens 2023, "Sound localization from motion: jointly learning sound direction and
camera rotation": directions before and after a turn have to be each other, turned.
"""

from __future__ import annotations

import torch
from torch import Tensor

from ...envs.interface import SoundwalkError
from .base import Labels, Objective

_CLEAR = 3.0  # dB between the ears, at which the side is clear


def rotate(vectors: Tensor, angle: Tensor) -> Tensor:
    """R(φ) u: vectors (…, 2), turned to the left by angles (…,) in radians."""
    cos, sin = angle.cos(), angle.sin()
    x, y = vectors.unbind(-1)
    return torch.stack([cos * x - sin * y, sin * x + cos * y], -1)


def geometric(source: Tensor, target: Tensor, turn: Tensor) -> Tensor:
    """Mean of 1 - <R(φ) u_s, u_t>, 0 to 2; 0 where every u_t is u_s, turned by φ.

    Args:
        source: u_s (…, 2), of length one.
        target: u_t (…, 2).
        turn: φ (…,), radians to the left by which the direction changes. A head that turns left by
            φ hears the sound turned by -φ.
    """
    return 1 - (rotate(source, turn) * target).sum(-1).mean()


def side(direction: Tensor, level: Tensor) -> Tensor:
    """Mean of max(0, -tanh(ΔL / 3 dB) sin θ): which ear is louder says left or right.

    It is 0 for every direction on the louder ear's side.

    Args:
        direction: (…, 2), cosine and sine of θ.
        level: ΔL (…,), dB by which the left ear is louder.
    """
    return (-(level / _CLEAR).tanh() * direction[..., 1]).relu().mean()


class Geometric(Objective):
    """Directions of one sound in several views agree once the head's turns are taken out.

    Reads (V N, 2): the directions in view v are rows v N to (v + 1) N. The mean of 1 - <·,·> over
    all pairs of views, plus `level` times `side`, without which every direction might be off by one
    angle.

    Args:
        views: V.
        level: weight of `side`; needs the label `level`, decibels.
        key: name of the label (V N,), radians of each view's heading to the left.

    Raises:
        SoundwalkError: fewer than two views.
    """

    def __init__(self, views: int = 2, level: float = 0.0, key: str = "turn") -> None:
        super().__init__(key)
        if views < 2:
            raise SoundwalkError(f"views={views}: expected at least 2 to compare")
        self.views, self.level = views, level

    def forward(self, prediction: Tensor, labels: Labels) -> Tensor:
        """A scalar.

        Raises:
            SoundwalkError: a label is absent, or the rows are not a multiple of the views.
        """
        if len(prediction) % self.views:
            raise SoundwalkError(
                f"{len(prediction)} directions do not divide into views={self.views}: set "
                "objective.views to the number of views of the target"
            )
        directions = prediction.reshape(self.views, -1, 2)  # (V, N, 2)
        turns = self.target(labels).to(prediction.dtype).reshape(self.views, -1)  # (V, N)
        first, second = torch.triu_indices(
            self.views, self.views, 1, device=prediction.device
        ).unbind()
        change = (
            turns[first] - turns[second]
        )  # (pairs, N): the head turns one way, sounds the other
        loss = geometric(directions[first], directions[second], change)
        if self.level:
            loss = loss + self.level * side(prediction, self.target(labels, "level"))
        return loss
