"""The objective of direction from motion: a sound stays where it is while the head turns.

Chen, Qian and Owens 2023, "Sound localization from motion: jointly learning sound direction and
camera rotation": directions before and after a turn have to be each other, turned.
"""

from __future__ import annotations

import torch
from torch import Tensor

from ...envs.interface import SoundwalkError
from .base import Labels, Objective, masked_mean

_CLEAR = 3.0  # dB between the ears, at which the side is clear
_ENOUGH = 0.4  # of 2 / pi, to which `side` correlates with directions that are right
_STEEP = 1 - 1e-4  # cosine beyond which the slope of its angle would explode


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


def apart(first: Tensor, second: Tensor, *, angle: bool = False) -> Tensor:
    """How far directions (…, 2) of length one are apart, (…,): 1 - cos, or radians with `angle`.

    The angle pulls as hard on small errors as on large ones; a cosine hardly sees ten degrees.
    """
    cosine = (first * second).sum(-1)
    return cosine.clamp(-_STEEP, _STEEP).acos() if angle else 1 - cosine


def side(direction: Tensor, level: Tensor) -> Tensor:
    """max(0, 0.4 - sum t sin θ / sum |t|), t = tanh(ΔL / 3 dB): which ear is louder says the side.

    Whether left and right are as they should be is asked of all directions together: 0 once they
    lie on the louder ears' sides on the whole, so that no single one is pulled to the side.

    Args:
        direction: (…, 2), cosine and sine of θ.
        level: ΔL (…,), dB by which the left ear is louder.
    """
    clear = (level / _CLEAR).tanh()
    return (_ENOUGH - (clear * direction[..., 1]).sum() / (clear.abs().sum() + 1e-6)).relu()


class Geometric(Objective):
    """Directions of one sound in several views agree once the head's turns are taken out.

    Mean over all pairs of views of one place of the distance (`apart`) between R(φ_t - φ_s) u_t
    and u_s, plus `level` times `side`, without which every direction might be off by one angle,
    plus `mirror` times the mean distance between M u and u', where u' is the answer to the same
    sound with its ears swapped, and M turns left into right.

    Labels: `turn` (B,) radians of each view's heading to the left; `place` (B,), the same for views
    of one place; where they have a weight, `level` (B,) decibels by which the left ear is louder,
    and `mirror` (B,), 1 where the ears were swapped: these examples follow in the order of the
    others.

    Args:
        level: weight of `side`.
        mirror: weight of the symmetry of left and right.
        angle: distances are radians, not 1 - cosine.
    """

    def __init__(self, level: float = 0.0, mirror: float = 0.0, angle: bool = False) -> None:
        super().__init__("turn")
        self.level, self.mirror, self.angle = level, mirror, angle

    def forward(self, prediction: Tensor, labels: Labels) -> Tensor:
        """Directions (B, 2) of length one to a scalar.

        Raises:
            SoundwalkError: a label is absent, or swapped and other examples do not pair.
        """
        world = rotate(prediction, self.target(labels).to(prediction.dtype))  # (B, 2)
        place = self.target(labels, "place")
        same = place[:, None] == place[None]  # (B, B)
        same = same & ~torch.eye(len(place), dtype=torch.bool, device=place.device)
        loss = masked_mean(apart(world[:, None], world[None], angle=self.angle), same)
        if self.level:
            loss = loss + self.level * side(prediction, self.target(labels, "level"))
        if self.mirror:
            swapped = self.target(labels, "mirror") > 0
            straight, mirrored = prediction[~swapped], prediction[swapped]
            loss = loss + self.mirror * self._symmetry(straight, mirrored)
        return loss

    def _symmetry(self, direction: Tensor, swapped: Tensor) -> Tensor:
        """Mean distance between M u and u', (N, 2) each."""
        if direction.shape != swapped.shape:
            raise SoundwalkError(
                f"{len(direction)} examples and {len(swapped)} with their ears swapped: expected "
                "as many; set mirror of the target, or objective.mirror to 0"
            )
        mirrored = torch.stack([direction[:, 0], -direction[:, 1]], -1)  # (N, 2)
        return masked_mean(apart(mirrored, swapped, angle=self.angle))
