"""What a validation finds: a number, what it may be at most, and the curves behind it."""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

ABSENT = "not run: data absent"


@dataclass(frozen=True)
class Curve:
    """One line of a plot: points x, y, and how matplotlib draws it, e.g. "o--"."""

    label: str
    x: Sequence[float]
    y: Sequence[float]
    style: str = "-"


@dataclass(frozen=True)
class Plot:
    """Curves in one pair of axes."""

    title: str
    xlabel: str
    ylabel: str
    curves: tuple[Curve, ...]
    logx: bool = False


@dataclass(frozen=True)
class Check:
    """One promise and whether it is kept.

    Attributes:
        name: what was measured.
        against: what it was held against.
        value: the deviation found; None if the check was not run.
        target: the largest deviation allowed.
        unit: of both.
        note: what a reader should know: how many cases, the worst one, why it was not run.
        plots: the curves behind the number.
    """

    name: str
    against: str
    value: float | None
    target: float
    unit: str
    note: str = ""
    plots: tuple[Plot, ...] = ()

    @property
    def passed(self) -> bool | None:
        """Whether the value keeps the target; None if there is no value. NaN never passes."""
        return None if self.value is None else bool(self.value <= self.target)

    def as_dict(self) -> dict[str, Any]:
        """Everything but the plots, for JSON."""
        value = self.value
        return {
            "name": self.name, "against": self.against, "target": self.target, "unit": self.unit,
            "value": value if value is None or np.isfinite(value) else str(value),
            "passed": self.passed, "note": self.note,
        }  # fmt: skip


def absent(name: str, against: str, target: float, unit: str, what: Path) -> Check:
    """A check that could not be run because measured data is not there."""
    return Check(name, against, None, target, unit, f"{ABSENT} ({what.name})")


def data_file(name: str) -> Path | None:
    """A measured file: in the folder SOUNDWALK_DATA, else in ../shared/data beside the project.

    Args:
        name: below that folder, e.g. "hrtf/MIT_KEMAR_normal_pinna.sofa".

    Returns:
        its path, or None where it is absent.
    """
    folders = [Path(f) for f in [os.environ.get("SOUNDWALK_DATA", "")] if f]
    root = Path(__file__).resolve().parents[2]
    folders += [above / "shared" / "data" for above in (root.parent, root.parent.parent)]
    return next((f / name for f in folders if (f / name).is_file()), None)


def rms(values: Sequence[float] | Any) -> float:
    """Root mean square of anything array-like."""
    return float(np.sqrt(np.mean(np.square(np.asarray(values, dtype=np.float64)))))
