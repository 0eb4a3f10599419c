"""Learning curves of several trainings, by arm: mean and range over seeds at equal steps, as JSON.

    python benchmarks/learning_curves.py runs/frozen_0 runs/frozen_1 runs/scratch_0 --png curves.png

A run's folder is called ARM_SEED. Curves are those of the evaluations while training.
"""

from __future__ import annotations

import argparse
import csv
import json
import sys
from pathlib import Path

import numpy as np
from matplotlib.figure import Figure

Curve = dict[int, float]  # by steps


def read_curve(run: Path, metric: str) -> Curve:
    """A metric of a run's evaluations by the steps at which they were made."""
    with (run / "progress.csv").open(encoding="utf-8") as lines:
        rows = list(csv.DictReader(lines))
    found = {int(r["step"]): float(r[metric]) for r in rows if r.get(metric)}
    if not found:
        sys.exit(
            f"{run}: its progress.csv holds no {metric}; train with eval.episodes and eval.every"
        )
    return found


def by_arm(runs: list[Path], metric: str) -> dict[str, list[Curve]]:
    """Curves of all seeds of each arm."""
    arms: dict[str, list[Curve]] = {}
    for run in sorted(runs):
        arms.setdefault(run.name.rpartition("_")[0] or run.name, []).append(read_curve(run, metric))
    return arms


def summary(arms: dict[str, list[Curve]]) -> dict[str, dict[str, dict[str, float]]]:
    """Mean, least and most over seeds, at the steps that all seeds of an arm have."""
    report: dict[str, dict[str, dict[str, float]]] = {}
    for arm, curves in arms.items():
        steps = sorted(set.intersection(*(set(curve) for curve in curves)))
        report[arm] = {}
        for step in steps:
            values = [curve[step] for curve in curves]
            report[arm][str(step)] = {
                "seeds": len(values),
                "mean": round(float(np.mean(values)), 4),
                "least": min(values),
                "most": max(values),
            }
    return report


def draw(report: dict[str, dict[str, dict[str, float]]], metric: str, path: Path) -> None:
    """Means as lines, ranges as bands."""
    figure = Figure(figsize=(7.0, 4.0), dpi=110, layout="constrained")
    ax = figure.subplots()
    for arm, points in report.items():
        steps = [int(step) for step in points]
        ax.plot(steps, [p["mean"] for p in points.values()], "o-", label=arm)
        low, high = ([p[key] for p in points.values()] for key in ("least", "most"))
        ax.fill_between(steps, low, high, alpha=0.15)
    ax.set(xlabel="environment steps", ylabel=metric.removeprefix("eval/"), ylim=(0, None))
    ax.grid(alpha=0.25)
    ax.legend(frameon=False)
    path.parent.mkdir(parents=True, exist_ok=True)
    figure.savefig(path)


def main() -> None:
    """Print the curves, and draw them if asked."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("runs", nargs="+", type=Path, help="run directories, each ARM_SEED")
    parser.add_argument("--metric", default="eval/success", help="a column of progress.csv")
    parser.add_argument("--png", type=Path, help="draw into this file")
    options = parser.parse_args()
    report = summary(by_arm(options.runs, options.metric))
    if options.png is not None:
        draw(report, options.metric, options.png)
    sys.stdout.write(json.dumps(report, indent=2) + "\n")


if __name__ == "__main__":
    main()
