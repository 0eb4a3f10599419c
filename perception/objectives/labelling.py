"""The objective of systems that label themselves: both modalities agree on evenly used clusters.

Asano et al. 2020, SeLaVi: labels are the optimal transport of the examples onto clusters of given
shares, where the cost is the mean of both modalities' -log p; the loss is each modality's
cross-entropy with them. As in Caron et al. 2020 (SwAV), the transport is solved for a batch and
those just before it instead of for the whole data set, which a stream does not have.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn

from ...envs.interface import SoundwalkError, unknown
from ..targets.transport import joint_cost, sinkhorn, zipf
from .base import Labels, Objective
from .classes import ce

SHARES = ("equal", "zipf")


class SelfLabel(Objective):
    """Cross-entropy with labels from transport, over logits (2, B, heads, k) of both modalities.

    Args:
        k: number of clusters, as the head's.
        heads: of the head.
        shares: "equal", or "zipf": the i-th largest cluster has 1 / i of the largest.
        sharpness: λ of the transport; 20 in SeLaVi.
        queue: examples of earlier batches that are transported, too.

    Raises:
        SoundwalkError: `shares` is unknown.
    """

    def __init__(
        self,
        k: int,
        heads: int = 1,
        shares: str = "equal",
        sharpness: float = 20.0,
        queue: int = 512,
    ) -> None:
        super().__init__()
        if shares not in SHARES:
            raise unknown("shares", shares, SHARES)
        self.k, self.heads, self.sharpness = k, heads, sharpness
        self.shares: Tensor
        self.costs: Tensor
        self.filled: Tensor
        even = torch.full((k,), 1 / k, dtype=torch.float64)
        self.register_buffer("shares", zipf(k) if shares == "zipf" else even, persistent=False)
        self.register_buffer("costs", torch.zeros(queue, heads, k))
        self.register_buffer("filled", torch.zeros((), dtype=torch.long))

    def forward(self, prediction: Tensor, labels: Labels | None = None) -> Tensor:
        """A scalar.

        Raises:
            SoundwalkError: the prediction is not (2, B, heads, k).
        """
        if prediction.ndim != 4 or prediction.shape[2:] != (self.heads, self.k):
            raise SoundwalkError(
                f"prediction {tuple(prediction.shape)}: expected (2, B, {self.heads}, {self.k}), "
                "of the score stack and the head cluster with as many heads and clusters"
            )
        return ce(prediction, self.label(prediction))

    @torch.no_grad()
    def label(self, logits: Tensor) -> Tensor:
        """Labels (B, heads) of a batch; in training it is remembered.

        Where clusters have unequal shares, the largest one goes to the cluster that most examples
        want.
        """
        chances = nn.functional.log_softmax(logits, -1)
        fresh = joint_cost(chances[0], chances[1])  # (B, heads, k)
        costs = torch.cat([fresh, self.costs[: int(self.filled)]])  # (B + queue, heads, k)
        found = [self._transport(costs[:, head])[: len(fresh)] for head in range(self.heads)]
        if self.training:
            self.costs.copy_(torch.cat([fresh, self.costs])[: len(self.costs)])
            self.filled.copy_((self.filled + len(fresh)).clamp_max(len(self.costs)))
        return torch.stack(found, 1)

    def _transport(self, cost: Tensor) -> Tensor:
        wanted = (-cost).exp().mean(0).argsort(descending=True)  # (k,)
        shares = torch.empty_like(self.shares)
        shares[wanted] = self.shares.sort(descending=True).values
        return sinkhorn(cost, 1 / self.sharpness, shares, 50).argmax(1)
