"""Objectives for answers that are yes or no, a class, or a distribution over classes."""

from __future__ import annotations

import torch
from torch import Tensor
from torch.nn.functional import binary_cross_entropy_with_logits, log_softmax

from .base import Labels, Objective, masked_mean


def bce(logits: Tensor, label: Tensor, valid: Tensor | None = None) -> Tensor:
    """Mean of -y log p - (1 - y) log(1 - p), p = 1 / (1 + exp(-x)).

    Args:
        logits: x, any shape.
        label: y, the same shape, 0 to 1.
        valid: which count.
    """
    target = label.to(logits.dtype)
    values = binary_cross_entropy_with_logits(logits, target, reduction="none")
    return masked_mean(values, valid)


def ce(logits: Tensor, label: Tensor, valid: Tensor | None = None) -> Tensor:
    """Mean of -log softmax(x)_y. Negative labels are unknown and do not count.

    Args:
        logits: x (…, n).
        label: y (…,), or any shape that broadcasts to it: several predictions of one class.
        valid: which count, as `label`.
    """
    label = label.long().expand(logits.shape[:-1])
    known = label >= 0 if valid is None else (label >= 0) * valid
    chances = log_softmax(logits, -1)  # (…, n)
    chosen = chances.gather(-1, label.clamp_min(0)[..., None])[..., 0]  # (…,)
    return masked_mean(-chosen, known)


def kl(logits: Tensor, teacher: Tensor, valid: Tensor | None = None) -> Tensor:
    """Mean of sum_n p log(p / softmax(x)): how far a student is from its teacher.

    Args:
        logits: x (…, n) of the student.
        teacher: p (…, n), sums to one.
        valid: which count (…,).
    """
    entropy = torch.special.entr(teacher).sum(-1)  # (…,), 0 log 0 = 0
    cross = -(teacher * log_softmax(logits, -1)).sum(-1)  # (…,)
    return masked_mean(cross - entropy, valid)


class Bce(Objective):
    """Binary cross-entropy of logits (B, …); see `bce`.

    Args:
        key: name of the label (B, …), 0 or 1.
        valid: name of the label that says which count.
    """

    def forward(self, prediction: Tensor, labels: Labels) -> Tensor:
        """A scalar.

        Raises:
            SoundwalkError: the label is absent.
        """
        return bce(prediction, self.target(labels), self.weights(labels))


class Ce(Objective):
    """Cross-entropy of logits (…, n) and classes (…,); see `ce`.

    A classifier of (B, heads, n) or (2, B, heads, n) is asked for labels (B, heads).

    Args:
        key: name of the label, an index; negative is unknown.
        valid: name of the label that says which count.
    """

    def forward(self, prediction: Tensor, labels: Labels) -> Tensor:
        """A scalar.

        Raises:
            SoundwalkError: the label is absent.
        """
        return ce(prediction, self.target(labels), self.weights(labels))


class Kl(Objective):
    """Divergence of a student's logits from a teacher's chances; see `kl`.

    SoundNet (Aytar, Vondrick and Torralba 2016) weighs it with 250.

    Args:
        key: name of the teacher's chances (B, n).
        weight: λ.
        valid: name of the label that says which count.
    """

    def __init__(self, key: str = "label", weight: float = 1.0, valid: str | None = None) -> None:
        super().__init__(key, valid)
        self.weight = weight

    def forward(self, prediction: Tensor, labels: Labels) -> Tensor:
        """A scalar.

        Raises:
            SoundwalkError: the label is absent.
        """
        return self.weight * kl(prediction, self.target(labels), self.weights(labels))
