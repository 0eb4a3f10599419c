"""Scores of vectors: pass one through, put several side by side, or compare them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import torch
from torch import Tensor, nn

from ...envs.interface import SoundwalkError, unknown

PAIRS = ("all", "matched")


def pick(features: Mapping[str, Tensor], key: str, who: str) -> Tensor:
    """A feature by its name.

    Raises:
        SoundwalkError: it is absent; the message names those there are.
    """
    if key not in features:
        raise SoundwalkError(
            f"{who} joins {key!r}, but there are only {', '.join(sorted(features)) or 'none'}: "
            "add an encoder of that name, or set the score's key"
        )
    return features[key]


class Alone(nn.Module):
    """One modality's features, as they are.

    Args:
        key: which; the only one by default.
    """

    def __init__(self, key: str | None = None) -> None:
        super().__init__()
        self.key = key

    def forward(self, features: Mapping[str, Tensor]) -> Tensor:
        """The features of `key`.

        Raises:
            SoundwalkError: they are absent, or there are several and no key.
        """
        if self.key is None and len(features) != 1:
            raise SoundwalkError(
                f"there are features of {', '.join(sorted(features)) or 'nothing'}: set key to one"
            )
        return pick(features, self.key or next(iter(features)), "alone")


class Concat(nn.Module):
    """Vectors side by side: (B, D1), (B, D2), … to (B, D1 + D2 + …).

    Args:
        keys: in this order; all, in the order of the encoders, by default.
    """

    def __init__(self, keys: Sequence[str] | None = None) -> None:
        super().__init__()
        self.keys = None if keys is None else tuple(keys)

    def forward(self, features: Mapping[str, Tensor]) -> Tensor:
        """(B, sum of sizes).

        Raises:
            SoundwalkError: a key is absent.
        """
        return torch.cat([pick(features, k, "concat") for k in self.keys or features], 1)


class Stack(nn.Module):
    """Two modalities' vectors, one after the other: (2, B, D).

    For objectives that compare vectors with more than the batch (`Nce` with a bank), and for heads
    that both modalities share (`Cluster`).

    Args:
        first: name of the first.
        second: name of the second.
    """

    all_pairs = True

    def __init__(self, first: str = "image", second: str = "audio") -> None:
        super().__init__()
        self.first, self.second = first, second

    def forward(self, features: Mapping[str, Tensor]) -> Tensor:
        """(2, B, D).

        Raises:
            SoundwalkError: one is absent.
        """
        keys = (self.first, self.second)
        return torch.stack([pick(features, key, "stack") for key in keys])


class DotVector(nn.Module):
    """Similarity of vectors: v_i · a_j, or their distance |v_i - a_j|.

    Args:
        first: name of the features whose index is the row.
        second: name of those whose index is the column.
        pairs: "all": (B, B); "matched": (B,), i = j only.
        distance: Euclidean distance instead of the product (AVE-Net: Arandjelovic and Zisserman
            2018; AVTS: Korbar et al. 2018).

    Raises:
        SoundwalkError: `pairs` is unknown.
    """

    def __init__(
        self,
        first: str = "image",
        second: str = "audio",
        pairs: str = "all",
        distance: bool = False,
    ) -> None:
        super().__init__()
        if pairs not in PAIRS:
            raise unknown("pairs", pairs, PAIRS)
        self.first, self.second = first, second
        self.all_pairs, self.distance = pairs == "all", distance

    def forward(self, features: Mapping[str, Tensor]) -> Tensor:
        """(B, B) or (B,).

        Raises:
            SoundwalkError: one is absent.
        """
        v, a = (pick(features, key, "dot_vector") for key in (self.first, self.second))  # (B, D)
        if self.distance:
            gap = v[:, None] - a[None] if self.all_pairs else v - a  # (B, B, D) or (B, D)
            return (gap.square().sum(-1) + 1e-12).sqrt()  # its gradient is finite at 0
        return v @ a.T if self.all_pairs else (v * a).sum(1)
