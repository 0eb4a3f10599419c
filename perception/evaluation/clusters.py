"""How well clusters found without labels agree with labels.

Of N samples with labels and clusters, with the table n_lc of how often label l meets cluster c:

- nmi: 2 I / (H_l + H_c), normalised by the arithmetic mean (Strehl and Ghosh 2002);
- ari: adjusted Rand index (Hubert and Arabie 1985); ami: adjusted mutual information (Vinh et al.
  2010), by scikit-learn;
- accuracy: share of samples under the best one-to-one map of clusters to labels (Kuhn 1955);
- entropy, the mean over clusters of the entropy of the labels inside, in nats, and pmax, the mean
  over clusters of the share of their most frequent label: each non-empty cluster counts once
  (Asano et al. 2020, "Labelling unlabelled videos from scratch", SeLaVi).
"""

from __future__ import annotations

import warnings

import numpy as np
import numpy.typing as npt
from scipy.optimize import linear_sum_assignment
from scipy.special import xlogy

from ...envs.interface import F64, I64, SoundwalkError
from .checks import alike, numbers, whole
from .intervals import Accumulator, Interval, Rows

MEASURES = ("nmi", "ari", "ami", "accuracy", "entropy", "pmax")


def joint_assignment(visual: npt.ArrayLike, audible: npt.ArrayLike) -> I64:
    """The cluster in which sight and sound agree most, argmax_k p_v(k) p_a(k) (SeLaVi).

    Args:
        visual: (..., K) probabilities.
        audible: (..., K)

    Returns:
        (...,)

    Raises:
        SoundwalkError: shapes differ, not finite, or a probability below 0.

    >>> int(joint_assignment([0.6, 0.4], [0.1, 0.9]))
    1
    """
    p, q = numbers("visual", visual, 1), numbers("audible", audible, 1)
    alike("audible", q, "visual", p.shape)
    if min(p.min(), q.min()) < 0:
        raise SoundwalkError(
            f"a probability of {min(p.min(), q.min()):g}: expected 0 or more, not logits"
        )
    return np.asarray((p * q).argmax(-1), np.int64)


def contingency(clusters: npt.ArrayLike, labels: npt.ArrayLike) -> I64:
    """How often each label (row) meets each cluster (column); without empty rows or columns.

    Args:
        clusters: (N,) whole numbers.
        labels: (N,) whole numbers.

    Raises:
        SoundwalkError: lengths differ, or not whole numbers.
    """
    found, true = whole("clusters", clusters), whole("labels", labels)
    if found.ndim != 1:
        raise SoundwalkError(f"clusters have the shape {found.shape}: expected (N,)")
    alike("labels", true, "clusters", found.shape)
    column, row = (np.unique(v, return_inverse=True)[1] for v in (found, true))
    table = np.zeros((row.max() + 1, column.max() + 1), np.int64)
    np.add.at(table, (row, column), 1)
    return table


def hungarian_accuracy(clusters: npt.ArrayLike, labels: npt.ArrayLike) -> float:
    """Share of samples that the best one-to-one map of clusters to labels gets right.

    Args, Raises: as `contingency`.

    >>> hungarian_accuracy([1, 1, 0, 2], [5, 5, 7, 7])
    0.75
    """
    return _accuracy(contingency(clusters, labels))


def cluster_scores(clusters: npt.ArrayLike, labels: npt.ArrayLike) -> dict[str, float]:
    """All of `MEASURES`.

    Args, Raises: as `contingency`.
    """
    table = contingency(clusters, labels)
    inside = table / table.sum(0)  # distribution of labels in each cluster
    return {
        "nmi": _nmi(table),
        "ari": _ari(table),
        "ami": _ami(table),
        "accuracy": _accuracy(table),
        "entropy": float(-xlogy(inside, inside).sum(0).mean()),
        "pmax": float(inside.max(0).mean()),
    }


class Clusters(Accumulator):
    """Clusters of one or several heads against labels.

    `compute` gives each of `MEASURES` as the mean over heads, and NAME_best, that of the head with
    the highest nmi to the labels, which is what SeLaVi reports; choosing it took the labels.
    """

    def update(self, clusters: npt.ArrayLike, labels: npt.ArrayLike) -> None:
        """Take in a batch.

        Args:
            clusters: (N, heads) or (N,).
            labels: (N,)

        Raises:
            SoundwalkError: lengths differ, or not whole numbers.
        """
        found, true = whole("clusters", clusters), whole("labels", labels)
        alike("labels", true, "clusters, along their first axis,", found.shape[:1])
        self._add(clusters=found.reshape(len(true), -1), labels=true)

    def summary(self, rows: Rows) -> dict[str, float]:
        """Mean over heads, and the best."""
        heads = [cluster_scores(column, rows["labels"]) for column in rows["clusters"].T]
        best = max(heads, key=lambda scores: scores["nmi"])
        mean = {key: float(np.mean([head[key] for head in heads])) for key in MEASURES}
        return mean | {f"{key}_best": best[key] for key in MEASURES}

    def intervals(self, seed: int = 0, n: int = 100) -> dict[str, Interval]:
        """As for other measures; fewer resamples, because ami takes milliseconds each.

        A resample holds some samples twice, which raises nmi and accuracy by a little: the
        interval may lie above the value's.
        """
        return super().intervals(seed, n)


def _accuracy(table: I64) -> float:
    rows, columns = linear_sum_assignment(table, maximize=True)
    return float(table[rows, columns].sum() / table.sum())


def _nmi(table: I64) -> float:
    p = table / table.sum()
    one, other = p.sum(1), p.sum(0)
    entropies = -xlogy(one, one).sum() - xlogy(other, other).sum()
    if entropies < 1e-12:
        return 1.0  # one label, one cluster: they agree
    mutual = xlogy(p, p).sum() + entropies
    return float(np.clip(2 * mutual / entropies, 0, 1))


def _ari(table: I64) -> float:
    def pairs(counts: npt.NDArray[np.generic]) -> float:
        c: F64 = counts.astype(np.float64)
        return float((c * (c - 1) / 2).sum())

    both, rows, columns = pairs(table), pairs(table.sum(1)), pairs(table.sum(0))
    everything = pairs(np.array([table.sum()]))
    expected = rows * columns / everything if everything else 0.0
    most = (rows + columns) / 2
    return 1.0 if most == expected else (both - expected) / (most - expected)


def _ami(table: I64) -> float:
    from sklearn.metrics.cluster import (
        adjusted_mutual_info_score,
    )

    row, column = (np.repeat(index.ravel(), table.ravel()) for index in np.indices(table.shape))
    with warnings.catch_warnings():  # it takes many classes for a continuous target
        warnings.filterwarnings("ignore", "The number of unique classes", UserWarning)
        return float(adjusted_mutual_info_score(row, column))
