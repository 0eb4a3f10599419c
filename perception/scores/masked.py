"""The score of mix-and-separate: which part of what is heard belongs to what is seen?"""

from __future__ import annotations

from collections.abc import Mapping

import torch
from torch import Tensor, nn

from ...envs.interface import unknown
from ..heads.mask import Mask
from .vectors import pick

_POOLS = ("max", "mean", "heard")


class Masked(nn.Module):
    """Visual features choose among maps of the sound: logits of a mask.

    Where features are a map, one vector is made of it: the maximum or the mean over the image, or
    what is seen where it looks like what is heard: the mean of v(x), weighted by
    softmax(v(x) . a / τ) over the places (the attention of Senocak et al. 2018).

    Args:
        maps: K, size of the sound's maps.
        pool: "max" or "mean" over the image, or "heard".
        image: name of the visual features (B, K) or (B, K, h, w); with `pool` "heard" (B, D, h, w).
        audio: name of the maps (B, K, F, T).
        activation: what the visual features go through (Rouditchenko et al. 2019): "sigmoid",
            "softmax" over K, or "none".
        sound: with `pool` "heard": name of the sound's vector a (B, D).
        dim: D, of which a network with a hidden layer makes K.
        temperature: τ.

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
        sound: str = "audio",
        dim: int = 128,
        temperature: float = 0.1,
    ) -> None:
        super().__init__()
        if pool not in _POOLS:
            raise unknown("pool", pool, _POOLS)
        if activation not in ("sigmoid", "softmax", "none"):
            raise unknown("activation", activation, ("sigmoid", "softmax", "none"))
        self.pool, self.image, self.audio, self.activation = pool, image, audio, activation
        self.sound, self.temperature = sound, temperature
        self.query: nn.Module | None = None
        if pool == "heard":
            self.query = nn.Sequential(nn.Linear(dim, dim), nn.ReLU(), nn.Linear(dim, maps))
        self.mask = Mask(maps)

    def forward(self, features: Mapping[str, Tensor]) -> Tensor:
        """Logits (B, F, T).

        Raises:
            SoundwalkError: a modality is absent.
        """
        seen = pick(features, self.image, "masked")
        if self.query is not None:
            where = self.maps(seen, pick(features, self.sound, "masked"))  # (B, h, w)
            share = (where / self.temperature).flatten(1).softmax(1).view_as(where)
            seen = torch.einsum("bdhw,bhw->bd", seen, share)
        elif seen.ndim == 4:
            seen = seen.amax((2, 3)) if self.pool == "max" else seen.mean((2, 3))  # (B, K)
        logits: Tensor = self.mask(self._active(seen), pick(features, self.audio, "masked"))
        return logits

    def maps(self, image: Tensor, sound: Tensor) -> Tensor:
        """Similarity of each place with the sound, (B, D, h, w) and (B, D) to (B, h, w)."""
        return torch.einsum("bdhw,bd->bhw", image, sound)

    def pixels(self, image: Tensor, maps: Tensor) -> Tensor:
        """Logits of each place's own mask: (B, K, h, w) and (B, K, F, T) to (B, h, w, F, T)."""
        logits: Tensor = self.mask(self._active(image), maps)
        return logits

    def _active(self, seen: Tensor) -> Tensor:
        if self.query is not None:  # over the features, which are the second axis
            seen = self.query(seen.movedim(1, -1)).movedim(-1, 1)
        if self.activation == "softmax":
            return seen.softmax(1)
        return seen.sigmoid() if self.activation == "sigmoid" else seen
