"""What an evaluator finds: measures of every sample by row, and things to look at."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import numpy.typing as npt

from ...perception.evaluation.intervals import Accumulator, bootstrap, bootstrap_of

Interval = dict[str, float]
Row = Accumulator | Mapping[str, npt.NDArray[Any] | tuple[float, float, float]]


@dataclass
class Found:
    """The findings of one evaluator.

    Attributes:
        rows: "system" and its controls: each an accumulator that has seen the samples, or by metric
            values of the samples (n,), of which the mean is taken (NaN are left out), or a mean and
            its interval.
        exhibits: to be looked at, see `training.report.exhibits`.
        note: what has to be said with the figures.
    """

    rows: dict[str, Row] = field(default_factory=dict)
    exhibits: list[Any] = field(default_factory=list)
    note: str = ""

    def table(self) -> dict[str, dict[str, Interval]]:
        """{ROW: {METRIC: {"mean", "low", "high"}}} with 95 % bootstrap intervals over samples."""
        return {name: intervals(row) for name, row in self.rows.items()}


def intervals(row: Row) -> dict[str, Interval]:
    """Each metric of a row with its interval; metrics without a sample are left out."""
    if isinstance(row, Accumulator):
        if not len(row):
            return {}
        found = bootstrap_of(row.summary, row.rows(), n=_RESAMPLES)
        return {name: _named(values) for name, values in found.items()}
    table = {}
    for name, values in row.items():
        if isinstance(values, tuple):
            table[name] = _named(values)
            continue
        kept = np.asarray(values, np.float64)
        kept = kept[np.isfinite(kept)]
        if len(kept):
            table[name] = _named(bootstrap(kept))
    return table


_RESAMPLES = 500


def _named(values: tuple[float, float, float]) -> Interval:
    return dict(zip(("mean", "low", "high"), values, strict=True))
