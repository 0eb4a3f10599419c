"""Scores of a map and a vector: where in the image does it look like what is heard?

Similarities s(x) = v(x) · a of each place's features with the sound's, pooled to one number.
Maximum: the sounding object is somewhere (AVOL-Net: Arandjelovic and Zisserman 2018; EZ-VSL: Mo and
Morgado 2022). Mean: patches all count. Attention: sum of softmax(s / τ) s (Senocak et al. 2018).
With time (Afouras et al. 2020, LWTNet): mean over time of the pooled similarities.
"""

from __future__ import annotations

from collections.abc import Mapping

import torch
from torch import Tensor, nn

from ...envs.interface import SoundwalkError, unknown
from .vectors import PAIRS, pick

POOLS = ("max", "mean", "attention")


class DotMap(nn.Module):
    """Pooled similarity of maps and vectors.

    Args:
        pool: "max", "mean" or "attention" over the places of the image.
        image: name of the features (B, D, h, w), or (B, D, T, h, w).
        audio: name of the features (B, D), or (B, D, T).
        pairs: "all": (B, B), row the image, column the sound; "matched": (B,).
        temperature: τ of the attention.
        distance: Euclidean distances |v(x) - a| instead, of the nearest place: for `hinge`. With
            pool "max" and matched pairs.

    Raises:
        SoundwalkError: `pool` or `pairs` is unknown, or distances are asked for otherwise.
    """

    def __init__(
        self,
        pool: str = "max",
        image: str = "image",
        audio: str = "audio",
        pairs: str = "all",
        temperature: float = 0.1,
        distance: bool = False,
    ) -> None:
        super().__init__()
        if distance and (pool, pairs) != ("max", "matched"):
            raise SoundwalkError(
                f"distance=True with pool={pool!r}, pairs={pairs!r}: expected 'max' and 'matched'"
            )
        if pool not in POOLS:
            raise unknown("pool", pool, POOLS)
        if pairs not in PAIRS:
            raise unknown("pairs", pairs, PAIRS)
        self.pool, self.image, self.audio = pool, image, audio
        self.sound = audio  # whose place in the image is looked for
        self.all_pairs, self.temperature = pairs == "all", temperature
        self.distance = distance

    def forward(self, features: Mapping[str, Tensor]) -> Tensor:
        """(B, B) or (B,).

        Raises:
            SoundwalkError: one of the two is absent.
        """
        image, audio = pick(features, self.image, "dot_map"), pick(features, self.audio, "dot_map")
        if not self.all_pairs:
            pooled = self._over_time(self.maps(image, audio))  # (B,)
            return -pooled if self.distance else pooled
        if image.ndim == 4:
            scores = torch.einsum("bdp,cd->bcp", image.flatten(2), audio)  # (B, B, h w)
            return self._pooled(scores)
        over = torch.einsum("bdtp,cdt->bctp", image.flatten(3), audio)  # (B, B, T, h w)
        return self._pooled(over).mean(-1)

    def maps(self, image: Tensor, audio: Tensor) -> Tensor:
        """Similarity at each place of the own image, minus the distance where that is compared.

        It is what a heatmap shows.

        Args:
            image: (B, D, h, w), or (B, D, T, h, w).
            audio: (B, D), or (B, D, T).

        Returns:
            (B, h, w), or (B, T, h, w).
        """
        if self.distance:
            gaps = image - audio[..., None, None]
            return -(gaps.square().sum(1) + 1e-12).sqrt()  # its gradient is finite at 0
        return torch.einsum("bd...hw,bd...->b...hw", image, audio)

    def _over_time(self, maps: Tensor) -> Tensor:
        """(B, h, w) or (B, T, h, w) to (B,)."""
        pooled = self._pooled(maps.flatten(-2))
        return pooled if pooled.ndim == 1 else pooled.mean(1)

    def _pooled(self, scores: Tensor) -> Tensor:
        """(…, places) to (…,)."""
        if self.pool == "max":
            return scores.amax(-1)
        if self.pool == "mean":
            return scores.mean(-1)
        return ((scores / self.temperature).softmax(-1) * scores).sum(-1)
