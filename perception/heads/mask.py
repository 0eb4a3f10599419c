"""The head that takes out of a mixture what is seen (Zhao et al. 2018, "The Sound of Pixels")."""

from __future__ import annotations

import torch
from torch import Tensor, nn


class Mask(nn.Module):
    """Logits of a mask over the spectrogram: sum over k of w_k v_k s_k + b.

    v are K features of what is seen, s K maps of what is heard. The mask is the logits' sigmoid.

    Args:
        maps: K.
    """

    def __init__(self, maps: int) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.ones(maps))
        self.bias = nn.Parameter(torch.zeros(1))

    def forward(self, seen: Tensor, maps: Tensor) -> Tensor:
        """Logits for each example.

        Args:
            seen: (B, K), or (B, K, h, w) for the mask of each place of the image.
            maps: (B, K, F, T).

        Returns:
            (B, F, T), or (B, h, w, F, T).
        """
        weighted = seen.movedim(1, -1) * self.weight  # (B, K) or (B, h, w, K)
        return torch.einsum("b...k,bkft->b...ft", weighted, maps) + self.bias
