"""Whether the sound of a sight is found among many, and the sight of a sound."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from ...envs.interface import F64, SoundwalkError
from .checks import alike, numbers, whole
from .intervals import Accumulator, Rows

AT = (1, 5, 10)


def ranks(similarity: npt.ArrayLike, target: npt.ArrayLike | None = None) -> F64:
    """The place of the right item in each query's list, 1 at best.

    Args:
        similarity: (Q, G) of each query to each item of the gallery.
        target: (Q,) index of each query's item; by default item q belongs to query q.

    Returns:
        (Q,) 1 + the number of items that are more similar + half of those that are equally
        similar, so that a constant similarity gets what chance gets.

    Raises:
        SoundwalkError: not finite, or a target outside the gallery.

    >>> ranks([[0.9, 0.1], [0.8, 0.3]]).tolist()
    [1.0, 2.0]
    """
    s = _matrix(similarity)
    index = np.arange(len(s)) if target is None else whole("target", target, 0)
    alike("target", index, "the first axis of similarity", s.shape[:1])
    if index.max() >= s.shape[1]:
        raise SoundwalkError(
            f"target {index.max()}: expected an index below {s.shape[1]}, the size of the gallery"
        )
    own = s[np.arange(len(s)), index][:, None]
    return np.asarray(1 + (s > own).sum(1) + ((s == own).sum(1) - 1) / 2)


def recall_at(rank: npt.ArrayLike, k: int) -> float:
    """R@k: share of queries whose item is among the first k.

    Args:
        rank: (Q,) from `ranks`.
        k: 1 or more.

    Raises:
        SoundwalkError: a rank or k below 1.

    >>> recall_at([1, 7, 3, 5], 5)
    0.75
    """
    place = numbers("rank", rank)
    if k < 1 or place.min() < 1:
        raise SoundwalkError(f"k={k}, least rank {place.min():g}: expected 1 or more")
    return float((place <= k).mean())


def ndcg(similarity: npt.ArrayLike, relevance: npt.ArrayLike, k: int = 30) -> F64:
    """Normalised discounted cumulative gain of the first k (Järvelin and Kekäläinen 2002).

    DCG = sum over the first k of relevance_i / log2(i + 1), divided by that of the best order. Of
    equally similar items each gets the mean gain (McSherry and Najork 2008).

    Args:
        similarity: (Q, G)
        relevance: (Q, G), 0 or more; for example 1 where the category is the same.
        k: how many items count; all where the gallery has fewer.

    Returns:
        (Q,) from 0 to 1; 0 where nothing is relevant.

    Raises:
        SoundwalkError: shapes differ, not finite, or a relevance below 0.

    >>> ndcg([[0.9, 0.5]], [[0, 1]]).round(3).tolist()
    [0.631]
    """
    s, gain = _matrix(similarity), numbers("relevance", relevance)
    alike("relevance", gain, "similarity", s.shape)
    if k < 1 or gain.min() < 0:
        raise SoundwalkError(
            f"k={k}, least relevance {gain.min():g}: expected k of 1 or more, relevance 0 or more"
        )
    place = np.arange(s.shape[1])
    discount = np.where(place < k, 1 / np.log2(place + 2), 0.0)
    found = np.array([_tied(row, worth, discount) for row, worth in zip(s, gain, strict=True)])
    best = -np.sort(-gain, 1) @ discount
    return np.asarray(found / np.where(best > 0, best, 1.0))


class Retrieval(Accumulator):
    """Retrieval among all samples together.

    `compute` gives r@1, r@5, r@10, the median rank medr, and, if the samples have labels, ndcg@30
    with relevance 1 where the label is the same.
    """

    def update(
        self, query: npt.ArrayLike, item: npt.ArrayLike, label: npt.ArrayLike | None = None
    ) -> None:
        """Take in a batch.

        Args:
            query: (N, D) embeddings; similarity is their product.
            item: (N, D); item n is what query n looks for.
            label: (N,) whole numbers.

        Raises:
            SoundwalkError: shapes differ or not finite.
        """
        q, i = numbers("query", query, 2), numbers("item", item, 2)
        alike("item", i, "query", q.shape)
        values = {"query": q, "item": i}
        if label is not None:
            kinds = whole("label", label)
            alike("label", kinds, "the first axis of query", q.shape[:1])
            values["label"] = kinds.astype(np.float64)
        self._add(**values)

    def rows(self) -> Rows:
        """Rank, and gain, of each query among all items."""
        raw = super().rows()
        similarity = raw["query"] @ raw["item"].T
        rows: Rows = {"rank": ranks(similarity)}
        if "label" in raw:
            rows["ndcg"] = ndcg(similarity, raw["label"][:, None] == raw["label"])
        return rows

    def summary(self, rows: Rows) -> dict[str, float]:
        """Shares, a median and a mean over queries."""
        found = {f"r@{k}": recall_at(rows["rank"], k) for k in AT}
        found["medr"] = float(np.median(rows["rank"]))
        if "ndcg" in rows:
            found["ndcg@30"] = float(rows["ndcg"].mean())
        return found


def _tied(similarity: F64, gain: F64, discount: F64) -> float:
    """DCG of one query, equally similar items sharing their gains."""
    order = np.argsort(-similarity, kind="stable")
    group = np.append(0, np.cumsum(np.diff(similarity[order]) != 0))
    size = np.bincount(group)
    mean_gain = np.bincount(group, gain[order]) / size
    return float(mean_gain @ np.bincount(group, discount))


def _matrix(similarity: npt.ArrayLike) -> F64:
    """Check a similarity."""
    s = numbers("similarity", similarity)
    if s.ndim != 2:
        raise SoundwalkError(f"similarity has the shape {s.shape}: expected (queries, items)")
    return s
