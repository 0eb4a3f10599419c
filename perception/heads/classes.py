"""Heads that end in logits: yes or no, one class of several, one cluster for each of some heads."""

from __future__ import annotations

from torch import Tensor, nn, stack


class Binary(nn.Module):
    """A logit that the answer is yes: w · x + b.

    With `dim_in` 1 it reads one number for each example, such as a similarity (AVE-Net and
    AVOL-Net: Arandjelovic and Zisserman 2018), and begins at w = 5, b = 0, so that more similar
    means yes.

    Args:
        dim_in: size of the features; 1 for a score.
        hidden: size of a hidden layer with a rectifier; 0 is none.
    """

    def __init__(self, dim_in: int, hidden: int = 0) -> None:
        super().__init__()
        self.dim_in = dim_in
        self.layers = _dense(dim_in, 1, hidden)
        if dim_in == 1 and not hidden:
            weight, bias = self.layers.parameters()
            nn.init.constant_(weight, 5.0)
            nn.init.zeros_(bias)

    def forward(self, x: Tensor) -> Tensor:
        """(B, dim_in) to (B,); scores of any shape to that shape where `dim_in` is 1."""
        features = x[..., None] if self.dim_in == 1 else x  # (B, dim_in)
        logits: Tensor = self.layers(features)[..., 0]  # (B,)
        return logits


class Classes(nn.Module):
    """Logits of n classes.

    Args:
        dim_in: size of the features.
        n: number of classes.
        hidden: size of a hidden layer with a rectifier; 0 is none.
    """

    def __init__(self, dim_in: int, n: int, hidden: int = 0) -> None:
        super().__init__()
        self.n = n
        self.layers = _dense(dim_in, n, hidden)

    def forward(self, x: Tensor) -> Tensor:
        """(…, dim_in) to (…, n)."""
        logits: Tensor = self.layers(x)
        return logits


class Cluster(nn.Module):
    """Logits of k clusters, for each of several heads that cluster differently.

    Several heads steady the labels that a system gives itself (Asano et al. 2020, SeLaVi: ten).

    Args:
        dim_in: size of the features.
        k: number of clusters.
        heads: how many ways to cluster.
        hidden: size of a hidden layer of each head; 0 is none.
    """

    def __init__(self, dim_in: int, k: int, heads: int = 1, hidden: int = 0) -> None:
        super().__init__()
        self.k, self.count = k, heads
        self.heads = nn.ModuleList(_dense(dim_in, k, hidden) for _ in range(heads))

    def forward(self, x: Tensor) -> Tensor:
        """(…, dim_in) to (…, heads, k)."""
        return stack([head(x) for head in self.heads], -2)


def _dense(dim_in: int, dim_out: int, hidden: int) -> nn.Sequential:
    if not hidden:
        return nn.Sequential(nn.Linear(dim_in, dim_out))
    return nn.Sequential(nn.Linear(dim_in, hidden), nn.ReLU(), nn.Linear(hidden, dim_out))
