"""How sure a mean is: bootstrap intervals (Efron 1979), and what collects values for them."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator, Mapping
from typing import Any

import numpy as np
import numpy.typing as npt

from ...envs.interface import I64, SoundwalkError
from .checks import numbers

_ENDS = (0.025, 0.975)  # quantiles: a coverage of 95 %
_BLOCK = 1_000_000  # numbers drawn at a time: bounds the memory to 8 MB

Rows = dict[str, npt.NDArray[Any]]
Interval = tuple[float, float, float]


def bootstrap(values: npt.ArrayLike, seed: int = 0, n: int = 1000) -> Interval:
    """Mean over samples with its 95 % percentile bootstrap interval (Efron 1979).

    Args:
        values: (N,) one value per sample.
        seed: of the resampling; the same values and seed give the same interval.
        n: how many resamples.

    Returns:
        mean, low, high.

    Raises:
        SoundwalkError: no values, not finite, or no resamples.

    >>> bootstrap([0.5, 0.5])
    (0.5, 0.5, 0.5)
    """
    array = numbers("values", values).ravel()
    means = np.concatenate([array[index].mean(1) for index in _draws(len(array), seed, n)])
    low, high = np.quantile(means, _ENDS)
    return float(array.mean()), float(low), float(high)


def bootstrap_of(
    statistic: Callable[[Rows], Mapping[str, float]],
    rows: Rows,
    seed: int = 0,
    n: int = 1000,
) -> dict[str, Interval]:
    """Intervals of whatever can be computed of samples, by drawing samples with replacement.

    Args:
        statistic: from rows to named numbers; a name may be left out where it is undefined.
        rows: arrays whose first axis is the sample.
        seed: of the resampling.
        n: how many resamples.

    Returns:
        of each name of `statistic(rows)`: the value, and the ends of its 95 % interval.

    Raises:
        SoundwalkError: rows of different lengths, no rows, or no resamples.
    """
    sizes = {key: len(values) for key, values in rows.items()}
    if len(set(sizes.values())) != 1 or 0 in sizes.values():
        raise SoundwalkError(f"rows of lengths {sizes}: expected one length, 1 or more")
    count = next(iter(sizes.values()))
    found = dict(statistic(rows))
    drawn: dict[str, list[float]] = {key: [] for key in found}
    for index in (row for block in _draws(count, seed, n) for row in block):
        for key, value in statistic({k: v[index] for k, v in rows.items()}).items():
            if key in drawn:
                drawn[key].append(value)
    intervals = {}
    for key, value in found.items():
        low, high = np.quantile(drawn[key] or [value], _ENDS)
        intervals[key] = (float(value), float(low), float(high))
    return intervals


def _draws(count: int, seed: int, n: int) -> Iterator[I64]:
    """Blocks (b, count) of indices below count, n rows in all."""
    if n < 1:
        raise SoundwalkError(f"n={n} resamples: expected 1 or more")
    rng, rows = np.random.default_rng(seed), max(1, _BLOCK // count)
    for first in range(0, n, rows):
        yield rng.integers(0, count, (min(rows, n - first), count))


def mean_of(values: npt.NDArray[Any]) -> float | None:
    """Mean of the values that are not NaN, which stands for "does not apply"; None of none."""
    known = values[~np.isnan(values)]
    return float(known.mean()) if len(known) else None


def present(**named: float | None) -> dict[str, float]:
    """Numbers by name, without those that are None."""
    return {key: value for key, value in named.items() if value is not None}


class Accumulator(ABC):
    """Collects what a measure needs of each sample, and computes it with intervals.

    A subclass's `update` calls `_add` with arrays whose first axis is the sample; `summary` makes
    numbers of such rows; `rows` may derive values from all samples first.
    """

    def __init__(self) -> None:
        """Begin with no samples."""
        self._parts: dict[str, list[npt.NDArray[Any]]] = {}

    def __len__(self) -> int:
        """Number of samples seen."""
        return sum(len(part) for part in next(iter(self._parts.values()), []))

    def rows(self) -> Rows:
        """What is known of each sample, by name.

        Raises:
            SoundwalkError: there was no sample.
        """
        if not len(self):
            raise SoundwalkError(
                f"{type(self).__name__} has seen no sample that it can measure: update() it with "
                "at least one before compute()"
            )
        return {key: np.concatenate(parts) for key, parts in self._parts.items()}

    @abstractmethod
    def summary(self, rows: Rows) -> dict[str, float]:
        """The measures of some samples."""

    def compute(self) -> dict[str, float]:
        """The measures of all samples.

        Raises:
            SoundwalkError: there was no sample.
        """
        return self.summary(self.rows())

    def intervals(self, seed: int = 0, n: int = 1000) -> dict[str, Interval]:
        """The measures of all samples, each with its 95 % bootstrap interval over samples.

        Raises:
            SoundwalkError: there was no sample, or no resamples.
        """
        return bootstrap_of(self.summary, self.rows(), seed, n)

    def _add(self, **values: npt.NDArray[Any]) -> None:
        """Take in the same names as before, each with one entry per sample."""
        sizes = {key: len(array) for key, array in values.items()}
        if self._parts and values.keys() != self._parts.keys():
            raise SoundwalkError(
                f"{type(self).__name__} was given {', '.join(values)}, and before that "
                f"{', '.join(self._parts)}: expected the same every time"
            )
        if len(set(sizes.values())) != 1:
            raise SoundwalkError(f"{type(self).__name__}: lengths {sizes}: expected one length")
        for key, array in values.items():
            self._parts.setdefault(key, []).append(np.asarray(array))
