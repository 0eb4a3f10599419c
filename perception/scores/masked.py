"""The score of mix-and-separate: which part of what is heard belongs to what is seen?"""

from __future__ import annotations

from collections.abc import Mapping

from torch import Tensor, nn

from ...envs.interface import unknown
from ..heads.mask import Mask
from .vectors import pick

_POOLS = ("max", "mean")


class Masked(nn.Module):
    """Visual features, pooled over the image, choose among maps of the sound: logits of a mask.

    Args:
        maps: K, size of both modalities' features.
        pool: "max" or "mean" over the image, if its features are a map.
        image: name of the visual features (B, K) or (B, K, h, w).
        audio: name of the maps (B, K, F, T).
        activation: what the visual features go through (Rouditchenko et al. 2019): "sigmoid",
            "softmax" over K, or "none".

    Raises:
        SoundwalkError: `pool` or `activation` is unknown.
    """

    def __init__(
        self,
        maps: int = 8,
        pool: str = "max",
        image: str = "image",
        audio: str = "audio",
        activation: str = "sigmoid",
    ) -> None:
        super().__init__()
        if pool not in _POOLS:
            raise unknown("pool", pool, _POOLS)
        if activation not in ("sigmoid", "softmax", "none"):
            raise unknown("activation", activation, ("sigmoid", "softmax", "none"))
        self.pool, self.image, self.audio, self.activation = pool, image, audio, activation
        self.mask = Mask(maps)

    def forward(self, features: Mapping[str, Tensor]) -> Tensor:
        """Logits (B, F, T).

        Raises:
            SoundwalkError: one of the two is absent.
        """
        seen = pick(features, self.image, "masked")
        if seen.ndim == 4:
            seen = seen.amax((2, 3)) if self.pool == "max" else seen.mean((2, 3))  # (B, K)
        logits: Tensor = self.mask(self._active(seen), pick(features, self.audio, "masked"))
        return logits

    def pixels(self, image: Tensor, maps: Tensor) -> Tensor:
        """Logits of each place's own mask: (B, K, h, w) and (B, K, F, T) to (B, h, w, F, T)."""
        logits: Tensor = self.mask(self._active(image), maps)
        return logits

    def _active(self, seen: Tensor) -> Tensor:
        if self.activation == "softmax":
            return seen.softmax(1)
        return seen.sigmoid() if self.activation == "sigmoid" else seen
