"""Heads that end in a vector: an embedding of length one, or a direction."""

from __future__ import annotations

from torch import Tensor, nn
from torch.nn.functional import normalize

_SMALL = 1e-6  # vectors shorter than this are not brought to length one


class Projection(nn.Module):
    """To vectors of length one, from vectors or at each place of a map: y / |y|, y = W x + b.

    Args:
        dim_in: size of the features.
        dim: size of the embedding.
        hidden: size of a hidden layer with a rectifier; 0 is none.
    """

    def __init__(self, dim_in: int, dim: int = 128, hidden: int = 0) -> None:
        super().__init__()
        self.dim = dim
        self.layers = (
            nn.Sequential(nn.Linear(dim_in, hidden), nn.ReLU(), nn.Linear(hidden, dim))
            if hidden
            else nn.Sequential(nn.Linear(dim_in, dim))
        )

    def forward(self, x: Tensor) -> Tensor:
        """(B, dim_in) to (B, dim); (B, dim_in, …) to (B, dim, …)."""
        projected = self.layers(x.movedim(1, -1)).movedim(-1, 1)  # (B, dim, …)
        return normalize(projected, dim=1, eps=_SMALL)


class Angle(nn.Module):
    """A horizontal direction as a vector (cos, sin) of length one (Chen, Qian and Owens 2023).

    Args:
        dim_in: size of the features.
        hidden: size of a hidden layer with a rectifier; 0 is none.
    """

    def __init__(self, dim_in: int, hidden: int = 0) -> None:
        super().__init__()
        self.projection = Projection(dim_in, 2, hidden)

    def forward(self, x: Tensor) -> Tensor:
        """(B, dim_in) to (B, 2), whose atan2(y, x) is the azimuth, positive to the left."""
        direction: Tensor = self.projection(x)
        return direction
