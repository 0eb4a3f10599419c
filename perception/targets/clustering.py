"""Labels that come from grouping what is alike: k-means, and optimal transport onto clusters.

k-means: Caron et al. 2018 (DeepCluster), Alwassel et al. 2020 (XDC). Transport: Asano et al. 2020,
"Labelling unlabelled videos from scratch with multi-modal self-supervision" (SeLaVi).
"""

from __future__ import annotations

from typing import Any

import torch
from sklearn.cluster import MiniBatchKMeans
from torch import Tensor, nn

from ...envs.interface import SoundwalkError
from ..data.sample import Tensors, view_inputs
from .base import Examples

UNKNOWN = -1  # a label that is not known yet: cross-entropy leaves it out


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
        return Examples(inputs, {"label": label.where(known, UNKNOWN)})

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
