"""Optimal transport of examples onto clusters of given shares.

Asano et al. 2020, "Labelling unlabelled videos from scratch with multi-modal self-supervision"
(SeLaVi), where it turns the chances that two modalities give into labels.
"""

from __future__ import annotations

import torch
from torch import Tensor

from ...envs.interface import SoundwalkError


def zipf(k: int) -> Tensor:
    """Shares (k,) of clusters such that the i-th largest has 1 / i of the largest, float64."""
    shares = 1 / torch.arange(1, k + 1, dtype=torch.float64)
    return shares / shares.sum()


def sinkhorn(
    cost: Tensor, reg: float = 0.05, marginal: Tensor | None = None, iterations: int = 200
) -> Tensor:
    """Transport Q = argmin <Q, C> - reg H(Q) of N examples onto K clusters of given shares.

    By scaling rows and columns in turns (Cuturi 2013), as logarithms and in float64, so that no
    cost is too large. SeLaVi's step is reg = 1 / λ = 0.05 with the cost of `joint_cost`. Rows are
    scaled last and hold exactly; columns hold as far as it has converged.

    Args:
        cost: C (N, K).
        reg: weight of the entropy; small is hard.
        marginal: shares (K,) of the clusters, positive; equal ones by default.
        iterations: how often.

    Returns:
        Q (N, K) float64; each row sums to 1 / N, each column to its share.

    Raises:
        SoundwalkError: reg is not positive, or shares are not K positive numbers.
    """
    count, k = cost.shape
    if reg <= 0:
        raise SoundwalkError(f"reg={reg}: expected a positive number")
    shares = cost.new_ones(k) if marginal is None else marginal.to(cost.device)
    if shares.shape != (k,) or not bool((shares > 0).all()):
        raise SoundwalkError(f"shares of clusters {shares.tolist()}: expected {k} positive numbers")
    wanted = (shares.double() / shares.double().sum()).log()  # (K,)
    kernel = -cost.double() / reg  # (N, K)
    columns = torch.zeros_like(wanted)
    rows = kernel.new_zeros(count)
    each = -torch.tensor(float(count), dtype=torch.float64, device=cost.device).log()
    for _ in range(iterations):
        columns = wanted - (kernel + rows[:, None]).logsumexp(0)  # (K,)
        rows = each - (kernel + columns).logsumexp(1)  # (N,)
    return (kernel + rows[:, None] + columns).exp()


def joint_cost(first: Tensor, second: Tensor) -> Tensor:
    """-1/2 (log p_v + log p_a) of two modalities' chances, given as logarithms (N, K) each."""
    return -(first + second) / 2
