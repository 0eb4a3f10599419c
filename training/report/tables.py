"""Results as tables: how a metric is called, which way it is better, how an interval is written."""

from __future__ import annotations

import itertools
import math
import re
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from .results import Results

if TYPE_CHECKING:
    from rich.table import Table

ACROSS = 7  # metrics beside each other in a terminal of 120 columns
Rows = Mapping[str, Mapping[str, Mapping[str, float | None]]]

# A metric is better when lower if its name holds one of these words, unless it holds one of those;
# with a word of the third kind neither is better.
_LOWER = {
    "mae", "rmse", "mse", "rel", "log10", "error", "errors", "median", "medr", "confusion",
    "confused", "loss", "entropy", "offset", "pia", "er20", "le", "std", "bias", "false",
}  # fmt: skip
_HIGHER = {"accuracy", "acc", "improvement", "gain", "within", "r2"}
_NEITHER = {"chance", "baseline", "share", "visible", "count"}
_UNITS = {"deg": "°", "db": "dB", "m": "m", "ms": "ms", "s": "s", "hz": "Hz", "frames": "frames"}
_OWN_UNITS = {
    "azimuth_mae": "°", "azimuth_median": "°", "direction_mae": "°", "le_cd": "°",
    "distance_mae": "m", "rmse": "m", "offset_mae": "frames",
}  # fmt: skip
_DECIBELS = {"sdr", "sir", "sar", "snr"}
_CAPITALS = _DECIBELS | {
    "mae", "rmse", "mse", "rel", "ap", "auc", "nmi", "ari", "ami", "f1", "f20", "er20", "le", "lr",
    "cd", "itd", "ild", "rt60", "r",
}  # fmt: skip
_WRITTEN = {
    "ciou": "cIoU", "iou": "IoU", "miou": "mIoU", "iiou": "IIoU", "pia": "pIA", "knn": "k-NN",
    "delta1": "δ₁", "delta2": "δ₂", "delta3": "δ₃", "r2": "R²", "pmax": "p max", "ndcg": "nDCG",
    "medr": "MedR",
} | {word: word.upper() for word in _CAPITALS}  # fmt: skip


def label(metric: str) -> str:
    """A metric as people write it, with its unit and an arrow to where it is better.

    >>> label("azimuth_mae"), label("si_sdr_gain"), label("ciou_adaptive@.5")
    ('azimuth MAE, ° ↓', 'SI-SDR gain, dB ↑', 'cIoU adaptive@.5 ↑')
    """
    words = metric.split("_")
    unit = _OWN_UNITS.get(metric, "dB" if _DECIBELS & set(words) else "")
    if len(words) > 1 and words[-1] in _UNITS:
        unit = _UNITS[words.pop()]
    parts = [word.partition("@") for word in words]
    name = " ".join(_WRITTEN.get(word, word) + at + level for word, at, level in parts)
    name = name.replace("si SDR", "SI-SDR").replace("front back", "front-back")
    arrow = {1: " ↑", -1: " ↓", 0: ""}[better(metric)]
    return f"{name}{f', {unit}' if unit else ''}{arrow}"


def better(metric: str) -> int:
    """Which way a metric is better by the words of its name: 1 up, -1 down, 0 neither.

    >>> better("rmse"), better("azimuth_acc@10"), better("flip_accuracy_chance")
    (-1, 1, 0)
    """
    words = set(re.split("[_@/]", metric))
    if words & _NEITHER:
        return 0
    return -1 if words & _LOWER and not words & _HIGHER else 1


def metrics_of(rows: Rows) -> list[str]:
    """All metrics of a table in the order in which they first appear."""
    return list(dict.fromkeys(metric for row in rows.values() for metric in row))


def best(rows: Rows, metric: str) -> set[str]:
    """The rows with the best mean of a metric; none where there is nothing to compare."""
    means = {name: mean for name, row in rows.items() if (mean := _mean(row, metric)) is not None}
    if len(means) < 2 or not better(metric):
        return set()
    top = min(means.values()) if better(metric) < 0 else max(means.values())
    return {name for name, mean in means.items() if mean == top}


def cell(rows: Rows, name: str, metric: str) -> tuple[str, str]:
    """A value and its interval as text, all values of a metric with as many digits.

    Returns:
        ("0.612", "[0.580, 0.643]"); ("-", "") where there is none.
    """
    value = rows[name].get(metric, {})
    mean = _mean(rows[name], metric)
    if mean is None:
        return "-", ""
    digits = _digits([_mean(row, metric) for row in rows.values()])
    low, high = value.get("low"), value.get("high")
    if low is None or high is None or not (math.isfinite(low) and math.isfinite(high)):
        return f"{mean:.{digits}f}", ""
    return f"{mean:.{digits}f}", f"[{low:.{digits}f}, {high:.{digits}f}]"


def table(results: Results) -> list[Table]:
    """Figures for the terminal; the system and the best are in bold.

    A table an evaluator; one more for every ACROSS metrics, and for metrics that other rows have.
    """
    notes, views = results.get("notes", {}), []
    for name, rows in results["tables"].items():
        groups = _groups(rows)
        for group in groups:
            note = notes.get(name, "") if group is groups[-1] else ""
            views.append(_table(name, rows, group, note))
    return views


def is_system(row: str) -> bool:
    """Whether a row is the system's own, and no control."""
    return row.lower().startswith("system")


def _groups(rows: Rows) -> list[list[str]]:
    """Metrics in their order, those together that the same rows have, at most ACROSS of them."""

    def owners(metric: str) -> list[str]:
        return [name for name in rows if metric in rows[name]]

    groups = []
    for _, alike in itertools.groupby(metrics_of(rows), owners):
        metrics = list(alike)
        groups += [metrics[i : i + ACROSS] for i in range(0, len(metrics), ACROSS)]
    return groups


def _table(evaluator: str, rows: Rows, metrics: Sequence[str], note: str) -> Table:
    """Some of an evaluator's figures for the terminal."""
    from rich.table import Table
    from rich.text import Text

    view = Table(
        title=evaluator.replace("_", " "), title_justify="left", title_style="bold",
        caption=note or None, caption_justify="left",
    )  # fmt: skip
    view.add_column("")
    for metric in metrics:
        view.add_column(label(metric), justify="right", no_wrap=False)
    winners = {metric: best(rows, metric) for metric in metrics}
    for name in rows:
        if all(_mean(rows[name], metric) is None for metric in metrics):
            continue
        cells = [Text(name)]
        for metric in metrics:
            mean, interval = cell(rows, name, metric)
            text = Text(mean, style="bold green" if name in winners[metric] else "")
            cells.append(text.append(f"\n{interval}", style="not bold dim") if interval else text)
        view.add_row(*cells, style="bold" if is_system(name) else None)
    return view


def _mean(row: Mapping[str, Mapping[str, float | None]], metric: str) -> float | None:
    """The mean if there is a finite one."""
    mean = row.get(metric, {}).get("mean")
    return mean if mean is not None and math.isfinite(mean) else None


def _digits(means: Sequence[float | None]) -> int:
    """Decimals that suit the largest of some values: three where all are below one."""
    largest = max((abs(mean) for mean in means if mean is not None), default=0.0)
    return 3 if largest < 1.0005 else 2 if largest < 10 else 1 if largest < 1000 else 0
