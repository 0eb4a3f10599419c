"""Results as tables: how a metric is called, which way it is better, how an interval is written."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING

from .results import Results

if TYPE_CHECKING:
    from rich.table import Table

Rows = Mapping[str, Mapping[str, Mapping[str, float | None]]]

# A metric whose name holds one of these words is better when lower, unless it holds one of those.
_LOWER = {
    "mae", "rmse", "mse", "rel", "log10", "error", "errors", "median", "medr", "confusion",
    "confusions", "confused", "loss", "entropy", "offset", "pia", "er20", "cd", "std", "bias",
    "false", "worst",
}  # fmt: skip
_HIGHER = {"accuracy", "acc", "improvement", "gain", "within", "r2", "share"}
_UNITS = {"deg": "°", "db": "dB", "m": "m", "ms": "ms", "s": "s", "hz": "Hz", "frames": "frames"}
_CAPITALS = {
    "mae", "rmse", "mse", "rel", "ap", "auc", "sdr", "sir", "sar", "snr", "nmi", "ari", "ami", "f1",
    "avc", "avol", "er20", "itd", "ild", "rt60",
}  # fmt: skip
_WRITTEN = {
    "ciou": "cIoU", "iou": "IoU", "miou": "mIoU", "iiou": "IIoU", "pia": "pIA", "knn": "k-NN",
    "delta1": "δ₁", "delta2": "δ₂", "delta3": "δ₃", "r2": "R²", "pmax": "p max",
} | {word: word.upper() for word in _CAPITALS}  # fmt: skip


def label(metric: str) -> str:
    """A metric as people write it, with its unit and an arrow to where it is better.

    >>> label("azimuth_mae_deg"), label("si_sdr_improvement_db"), label("within_10_deg")
    ('azimuth MAE, ° ↓', 'SI-SDR improvement, dB ↑', 'within 10 ° ↑')
    """
    words = metric.split("_")
    unit = _UNITS[words.pop()] if len(words) > 1 and words[-1] in _UNITS else ""
    unit = unit and f" {unit}" if words[-1].isdigit() else unit and f", {unit}"
    name = " ".join(_WRITTEN.get(word, word) for word in words)
    name = name.replace("si SDR", "SI-SDR").replace("front back", "front-back")
    return f"{name}{unit} {'↓' if lower_is_better(metric) else '↑'}"


def lower_is_better(metric: str) -> bool:
    """Whether a smaller value of a metric is a better one, by the words of its name.

    >>> lower_is_better("rmse"), lower_is_better("error_within_10_deg"), lower_is_better("ap")
    (True, False, False)
    """
    words = set(metric.split("_"))
    return bool(words & _LOWER) and not words & _HIGHER


def metrics_of(rows: Rows) -> list[str]:
    """All metrics of a table in the order in which they first appear."""
    return list(dict.fromkeys(metric for row in rows.values() for metric in row))


def best(rows: Rows, metric: str) -> set[str]:
    """The rows with the best mean of a metric; none where there is nothing to compare."""
    means = {name: mean for name, row in rows.items() if (mean := _mean(row, metric)) is not None}
    if len(means) < 2:
        return set()
    top = min(means.values()) if lower_is_better(metric) else max(means.values())
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
    digits = _digits(_mean(row, metric) for row in rows.values())
    low, high = value.get("low"), value.get("high")
    if low is None or high is None or not (math.isfinite(low) and math.isfinite(high)):
        return f"{mean:.{digits}f}", ""
    return f"{mean:.{digits}f}", f"[{low:.{digits}f}, {high:.{digits}f}]"


def table(results: Results, evaluator: str) -> Table:
    """One evaluator's figures for the terminal, the system's row and the best values in bold."""
    from rich.table import Table
    from rich.text import Text

    rows: Rows = results["tables"][evaluator]
    view = Table(
        title=evaluator.replace("_", " "), title_justify="left", title_style="bold",
        caption=results.get("notes", {}).get(evaluator) or None, caption_justify="left",
    )  # fmt: skip
    view.add_column("")
    metrics = metrics_of(rows)
    for metric in metrics:
        view.add_column(label(metric), justify="right", no_wrap=False)
    winners = {metric: best(rows, metric) for metric in metrics}
    for name in rows:
        cells = [Text(name)]
        for metric in metrics:
            mean, interval = cell(rows, name, metric)
            text = Text(mean, style="bold green" if name in winners[metric] else "")
            cells.append(text.append(f"\n{interval}", style="not bold dim") if interval else text)
        view.add_row(*cells, style="bold" if is_system(name) else None)
    return view


def is_system(row: str) -> bool:
    """Whether a row is the system's own, and no control."""
    return row.lower().startswith("system")


def _mean(row: Mapping[str, Mapping[str, float | None]], metric: str) -> float | None:
    """The mean if there is a finite one."""
    mean = row.get(metric, {}).get("mean")
    return mean if mean is not None and math.isfinite(mean) else None


def _digits(means: Iterable[float | None]) -> int:
    """Decimals that suit the largest of some values: three where all are below one."""
    largest = max((abs(mean) for mean in means if mean is not None), default=0.0)
    return 3 if largest < 1.0005 else 2 if largest < 10 else 1 if largest < 1000 else 0
