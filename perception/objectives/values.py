"""Objectives for numbers: distances of a power, and of their logarithm."""

from __future__ import annotations

from torch import Tensor

from ...envs.interface import SoundwalkError
from .base import Labels, Objective, masked_mean


def lp(prediction: Tensor, label: Tensor, valid: Tensor | None = None, *, p: float = 1.0) -> Tensor:
    """Mean of |x - y|^p."""
    error = (prediction - label).abs()
    return masked_mean(error if p == 1 else error**p, valid)


def log_l1(prediction: Tensor, label: Tensor, valid: Tensor | None = None) -> Tensor:
    """Mean of log(1 + |x - y|), which forgives large errors (Hu et al. 2019; VisualEchoes)."""
    return masked_mean((prediction - label).abs().log1p(), valid)


class _Values(Objective):
    """Numbers (B, 1, …) or (B, …) against labels (B, …) that count where they are `positive`."""

    def __init__(self, key: str, valid: str | None, positive: bool) -> None:
        super().__init__(key, valid)
        self.positive = positive

    def pair(self, prediction: Tensor, labels: Labels) -> tuple[Tensor, Tensor, Tensor | None]:
        """Prediction, label and what counts, of one shape."""
        label = self.target(labels)
        if prediction.ndim == label.ndim + 1 and prediction.shape[1] == 1:
            prediction = prediction[:, 0]
        if prediction.shape != label.shape:
            raise SoundwalkError(
                f"prediction {tuple(prediction.shape)} and label {tuple(label.shape)}: expected "
                "the same shape"
            )
        valid = self.weights(labels)
        if self.positive:
            valid = (label > 0) if valid is None else (label > 0) * valid
        return prediction, label.to(prediction.dtype), valid


class Lp(_Values):
    """Mean of |x - y|^p; see `lp`.

    Args:
        p: 1 or 2.
        key: name of the label y.
        valid: name of the label that says which count.
        positive: only labels > 0 count, as for depth, whose 0 is "nothing seen".
    """

    def __init__(
        self, p: float = 1.0, key: str = "label", valid: str | None = None, positive: bool = False
    ) -> None:
        if p < 1:
            raise SoundwalkError(f"p={p}: expected at least 1")
        super().__init__(key, valid, positive)
        self.p = p

    def forward(self, prediction: Tensor, labels: Labels) -> Tensor:
        """A scalar.

        Raises:
            SoundwalkError: the label is absent, or of another shape.
        """
        return lp(*self.pair(prediction, labels), p=self.p)


class LogL1(_Values):
    """Mean of log(1 + |x - y|); see `log_l1`.

    Args:
        key: name of the label y.
        valid: name of the label that says which count.
        positive: only labels > 0 count, as for depth, whose 0 is "nothing seen".
    """

    def __init__(self, key: str = "label", valid: str | None = None, positive: bool = True) -> None:
        super().__init__(key, valid, positive)

    def forward(self, prediction: Tensor, labels: Labels) -> Tensor:
        """A scalar.

        Raises:
            SoundwalkError: the label is absent, or of another shape.
        """
        return log_l1(*self.pair(prediction, labels))
