"""Objectives that compare examples with each other: noise contrast, memory banks, margins."""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn.functional import cross_entropy, normalize

from ...envs.interface import SoundwalkError
from .base import Labels, Objective, masked_mean


def nce(
    similarity: Tensor, temperature: float | Tensor = 0.07, *, symmetric: bool = True
) -> Tensor:
    """Mean of -log exp(s_ii / τ) / sum_j exp(s_ij / τ): whose is this?

    InfoNCE (Oord et al. 2018, "Representation learning with contrastive predictive coding").

    Args:
        similarity: s (B, B + Q): row i belongs with column i; Q columns more are negatives only.
        temperature: τ.
        symmetric: add the same over the rows of the first B columns, and halve (Mo and Morgado
            2022, EZ-VSL).
    """
    logits = similarity / temperature  # (B, B + Q)
    own = torch.arange(len(logits), device=logits.device)
    loss = cross_entropy(logits, own)
    if not symmetric:
        return loss
    return (loss + cross_entropy(logits[:, : len(logits)].T, own)) / 2


def hinge(distance: Tensor, label: Tensor, margin: float = 1.0) -> Tensor:
    """Mean of y d² + (1 - y) max(η - d, 0)² (Korbar et al. 2018, AVTS).

    Args:
        distance: d >= 0, any shape.
        label: y of that shape, 1 where both belong together.
        margin: η.
    """
    y = label.to(distance.dtype)
    return masked_mean(y * distance.square() + (1 - y) * (margin - distance).relu().square())


class Bank(nn.Module):
    """Embeddings of earlier batches, first in, first out (He et al. 2020, MoCo's queue).

    Args:
        size: how many.
        dim: of each.
    """

    def __init__(self, size: int, dim: int) -> None:
        super().__init__()
        self.rows: Tensor
        self.filled: Tensor
        self.register_buffer("rows", torch.zeros(2, size, dim))
        self.register_buffer("filled", torch.zeros((), dtype=torch.long))

    def kept(self) -> Tensor:
        """(2, up to size, dim) of both modalities, newest first."""
        return self.rows[:, : int(self.filled)]

    @torch.no_grad()
    def push(self, embeddings: Tensor) -> None:
        """Keep (2, B, dim); the oldest make room."""
        size = self.rows.shape[1]
        self.rows.copy_(torch.cat([embeddings.detach(), self.rows], 1)[:, :size])
        self.filled.copy_((self.filled + embeddings.shape[1]).clamp_max(size))


class Nce(Objective):
    """Noise contrast; see `nce`. Needs no label.

    Reads similarities (B, B + Q) of a score that compares all pairs, or embeddings (2, B, D) of
    `Stack`, which are brought to length one and compared with each other and with the bank's.

    Args:
        temperature: τ.
        symmetric: whose sound is this, too, and not only whose image.
        bank: embeddings of earlier batches to keep as negatives; 0 is none.
        dim: D of the embeddings, where there is a bank.
        learned: let τ be learned, beginning at `temperature`, never below 0.01 (Radford et al.
            2021, CLIP).

    Raises:
        SoundwalkError: τ is not positive, or a bank has no `dim`.
    """

    def __init__(
        self,
        temperature: float = 0.07,
        symmetric: bool = True,
        bank: int = 0,
        dim: int = 0,
        learned: bool = False,
    ) -> None:
        super().__init__()
        if temperature <= 0:
            raise SoundwalkError(f"temperature={temperature}: expected a positive number")
        if bank and not dim:
            raise SoundwalkError(f"a bank of {bank} embeddings needs their size: set dim")
        self.symmetric = symmetric
        logarithm = torch.tensor(float(temperature)).log()
        self.log_temperature: Tensor
        if learned:
            self.log_temperature = nn.Parameter(logarithm)
        else:
            self.register_buffer("log_temperature", logarithm, persistent=False)
        self.bank = Bank(bank, dim) if bank else None

    def forward(self, prediction: Tensor, labels: Labels | None = None) -> Tensor:
        """A scalar.

        Raises:
            SoundwalkError: similarities are given to an objective with a bank.
        """
        temperature = self.log_temperature.exp().clamp_min(0.01)
        if prediction.ndim == 2:
            if self.bank is not None:
                raise SoundwalkError("a bank keeps embeddings: use the score `stack` with it")
            return nce(prediction, temperature, symmetric=self.symmetric)
        first, second = both = normalize(prediction, dim=-1, eps=1e-6)  # (B, D) each
        others = both[:, :0] if self.bank is None else self.bank.kept().clone()  # (2, Q, D)
        loss = nce(first @ torch.cat([second, others[1]]).T, temperature, symmetric=False)
        if self.symmetric:
            back = nce(second @ torch.cat([first, others[0]]).T, temperature, symmetric=False)
            loss = (loss + back) / 2
        if self.bank is not None and self.training:
            self.bank.push(both)
        return loss


class Hinge(Objective):
    """The margin of distances; see `hinge`.

    Reads distances (B,) with labels (B,), or (B, B) of all pairs, of which only the diagonal
    belongs together; those are then weighted so that both kinds count the same.

    Args:
        margin: η; 0.99 in AVTS.
        key: name of the label, 1 where both belong together.
    """

    def __init__(self, margin: float = 1.0, key: str = "label") -> None:
        super().__init__(key)
        self.margin = margin

    def forward(self, prediction: Tensor, labels: Labels | None = None) -> Tensor:
        """A scalar.

        Raises:
            SoundwalkError: the label is absent, and the distances are not of all pairs.
        """
        if prediction.ndim == 2:
            own = torch.eye(len(prediction), device=prediction.device, dtype=torch.bool)
            return hinge(prediction[own], torch.ones(()), self.margin) + hinge(
                prediction[~own], torch.zeros(()), self.margin
            )
        return hinge(prediction, self.target({} if labels is None else labels), self.margin)
