"""Labels that come from grouping what is alike, by k-means.

Caron et al. 2018, "Deep clustering"; Alwassel et al. 2020, XDC, where one modality is asked for the
groups of the other.
"""

from __future__ import annotations

from typing import Any

import torch
from sklearn.cluster import MiniBatchKMeans
from torch import Tensor, nn

from ...envs.interface import SoundwalkError
from ..data.sample import Tensors, view_inputs
from .base import Examples

_UNKNOWN = -1  # a label that is not known yet: cross-entropy leaves it out


def kmeans(features: Tensor, k: int, seed: int = 0) -> Tensor:
    """Centres (k, D) of k groups of features (N, D), by scikit-learn's MiniBatchKMeans.

    Raises:
        SoundwalkError: there are fewer features than groups.
    """
    if len(features) < k:
        raise SoundwalkError(f"{len(features)} features cannot make {k} clusters: give more")
    fitted: Any = MiniBatchKMeans(k, random_state=seed, n_init=3)
    fitted.fit(features.detach().cpu().double().numpy())
    return torch.from_numpy(fitted.cluster_centers_).to(features)


def nearest(features: Tensor, centres: Tensor) -> Tensor:
    """Index (N,) of the centre (k, D) that is nearest to each feature (N, D)."""
    return torch.cdist(features, centres).argmin(1)


class Clusters(nn.Module):
    """Which of k groups does a modality belong to, in the features of a network that never changes?

    `label` (B,) is the index of the nearest centre of k-means over standardised features of the
    first `warm` examples, and -1 until there are so many. Nobody says what the groups are.

    Args:
        network: makes features (B, D) of the input; or the folder of an encoder.
        k: number of groups; 0 makes the standardised features themselves the label (B, D), to be
            predicted, and a label `known` (B,) that says which count.
        key: the input that the network reads.
        warm: examples to group.
        seed: of k-means.
        dim: D; the network's `dim` by default.

    Raises:
        SoundwalkError: the size of the features is unknown, or `warm` is less than k.
    """

    def __init__(
        self,
        network: nn.Module | str,
        k: int = 16,
        key: str = "audio",
        warm: int = 1024,
        seed: int = 0,
        dim: int | None = None,
    ) -> None:
        super().__init__()
        self.network = frozen(network)
        size = dim or getattr(self.network, "dim", 0)
        if not isinstance(size, int) or size < 1:
            raise SoundwalkError(f"{type(self.network).__name__} does not say its size: set dim")
        if warm < max(k, 2):
            raise SoundwalkError(f"warm={warm}: expected at least k={k} examples, and two")
        self.k, self.key, self.warm, self.seed = k, key, warm, seed
        self.seen: Tensor
        self.count: Tensor
        self.mean: Tensor
        self.scale: Tensor
        self.centres: Tensor
        self.register_buffer("seen", torch.zeros(warm, size))
        self.register_buffer("count", torch.zeros((), dtype=torch.long))
        self.register_buffer("mean", torch.zeros(size))
        self.register_buffer("scale", torch.ones(size))
        self.register_buffer("centres", torch.zeros(max(k, 1), size))

    def train(self, mode: bool = True) -> Clusters:
        """The network stays as it is."""
        super().train(mode)
        self.network.eval()
        return self

    @torch.no_grad()
    def examples(self, sample: Tensors, generator: torch.Generator) -> Examples:
        """See `Target`.

        Raises:
            SoundwalkError: the input is absent.
        """
        inputs = view_inputs(sample)
        features = self.network(read(inputs, self.key))  # (B, D)
        if self.training and not self.known:
            self._collect(features)
        standard = (features - self.mean) / self.scale  # (B, D)
        known = torch.full((len(features),), self.known, device=features.device)
        if not self.k:
            return Examples(inputs, {"label": standard, "known": known})
        label = nearest(standard, self.centres)
        return Examples(inputs, {"label": label.where(known, _UNKNOWN)})

    @property
    def known(self) -> bool:
        """Whether there are groups already."""
        return int(self.count) >= self.warm

    def fit(self, features: Tensor) -> None:
        """Group features (N, D) now, whatever has been seen."""
        self.mean.copy_(features.mean(0))
        self.scale.copy_(features.std(0).clamp_min(1e-6))
        if self.k:
            self.centres.copy_(kmeans((features - self.mean) / self.scale, self.k, self.seed))
        self.count.fill_(self.warm)

    def _collect(self, features: Tensor) -> None:
        begin = int(self.count)
        kept = features[: self.warm - begin]
        self.seen[begin : begin + len(kept)] = kept
        self.count += len(kept)
        if self.known:
            self.fit(self.seen)


def frozen(network: nn.Module | str) -> nn.Module:
    """A network that does not learn any more, or the one in a folder."""
    if isinstance(network, str):
        from ..encoders.store import load_encoder

        network = load_encoder(network)
    return network.requires_grad_(False).eval()


def read(inputs: Tensors, key: str) -> Tensor:
    """An input by its name.

    Raises:
        SoundwalkError: it is absent.
    """
    if key not in inputs:
        raise SoundwalkError(
            f"there is no input {key!r}; there are {', '.join(sorted(inputs)) or 'none'}"
        )
    return inputs[key]
