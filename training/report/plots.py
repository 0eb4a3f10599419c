"""Figures of numbers: directions around the head, curves, bars with intervals, matrices.

Colours are those of Okabe and Ito, which the colour-blind tell apart; the system has the blue one.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from matplotlib.figure import Figure
from matplotlib.layout_engine import ConstrainedLayoutEngine
from matplotlib.ticker import FuncFormatter

from ...envs.interface import F64, I64, wrap_angle
from ...perception.evaluation.doa import azimuth_error, front_back_confused
from .exhibits import Bars, Curve, Directions, Matrix
from .tables import is_system

SYSTEM = "#0072B2"
_OTHERS = ("#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9", "#000000", "#666666")
_CONTROL = "#8c8c8c"
_MARKERS = "osD^vPX"
_SECTORS = 12  # of 30 degrees, for the median error
_DOTS = 400  # of one method in one figure
_NUMBERS = 12  # columns of a matrix up to which its values are written into it


@dataclass(frozen=True, eq=False)
class Errors:
    """Directions as they are drawn.

    Attributes:
        azimuth: true ones, radians, -pi to pi, (n,).
        estimate: radians, -pi to pi, (n,).
        error: degrees, 0 to 180, (n,).
        confused: 1 where the estimate mirrored front to back is nearer to the truth, else 0; NaN
            where the source is too near the axis through the ears to tell, (n,).
    """

    azimuth: F64
    estimate: F64
    error: F64
    confused: F64


def errors(directions: Directions) -> Errors:
    """Wrapped errors of azimuth, and front-back confusions; what is not finite is left out."""
    known = np.isfinite(directions.truth) & np.isfinite(directions.estimate)
    truth, estimate = (np.asarray(a)[known] for a in (directions.truth, directions.estimate))
    if not known.any():  # a method that finds nothing must not end the report
        return Errors(*(np.empty(0) for _ in range(4)))
    return Errors(
        np.asarray(wrap_angle(truth)),
        np.asarray(wrap_angle(estimate)),
        np.degrees(azimuth_error(estimate, truth)),
        front_back_confused(estimate, truth),
    )


def polar(group: Sequence[Directions]) -> Figure:
    """The error of every method over the true azimuth, seen from above, on a root scale."""
    figure = Figure(figsize=(4.4, 5.1), dpi=140, layout=ConstrainedLayoutEngine(w_pad=0.2))
    ax: Any = figure.add_subplot(projection="polar")
    for directions, colour in zip(group, colours(d.name for d in group), strict=True):
        found = errors(directions)
        right, wrong = _some(found)
        radius = np.sqrt(found.error)
        ax.scatter(found.azimuth[right], radius[right], c=colour, s=12, lw=0, alpha=0.4)
        ax.scatter(found.azimuth[wrong], radius[wrong], c=colour, s=22, lw=1, marker="x")
        theta, median = _sector_medians(found)
        ax.plot(
            theta, np.sqrt(median), color=colour, lw=2.4, label=_in_words(directions.name, found)
        )
    ax.set_theta_zero_location("N")
    ax.set_rlim(0, np.sqrt(180))
    rings = [5, 20, 45, 90, 180]
    ax.set_rgrids(np.sqrt(rings), [f"{r}°" for r in rings], angle=22, fontsize=8, color="#444444")
    names = ["ahead", "45°", "left", "135°", "behind", "-135°", "right", "-45°"]
    ax.set_thetagrids(np.arange(0, 360, 45), names, fontsize=9)
    ax.grid(alpha=0.35)
    ax.set_title(f"{group[0].title}: error over true azimuth", fontsize=11)
    figure.legend(loc="outside lower center", ncols=1, frameon=False, fontsize=9.5)
    return figure


def against(directions: Directions, colour: str) -> Figure:
    """One method's estimates over the truth: the diagonal is right, dashed lines are mirrored."""
    figure = Figure(figsize=(4.4, 4.6), dpi=140, layout="constrained")
    ax: Any = figure.add_subplot()
    found = errors(directions)
    ax.plot([-180, 180], [-180, 180], color="#444444", lw=1.0, zorder=0)
    for x, y in (([0, 180], [180, 0]), ([-180, 0], [0, -180])):
        ax.plot(x, y, color="#888888", lw=1.0, ls="--", zorder=0)
    for some, marker, line in zip(_some(found), "ox", (0.0, 1.0), strict=True):
        told, answer = np.degrees(found.azimuth[some]), np.degrees(found.estimate[some])
        ax.scatter(told, answer, c=colour, s=18, lw=line, alpha=0.6, marker=marker)
    ticks = range(-180, 181, 90)
    ax.set(xlim=(-185, 185), ylim=(-185, 185), xticks=ticks, yticks=ticks, aspect="equal")
    for axis in (ax.xaxis, ax.yaxis):
        axis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:.0f}°"))
    ax.set(xlabel="true azimuth, left is positive", ylabel="estimated azimuth")
    ax.set_title(_in_words(directions.name, found), fontsize=11)
    ax.grid(alpha=0.25)
    return figure


def curve(exhibit: Curve) -> Figure:
    """Lines over one quantity."""
    figure, ax = _axes(exhibit.title)
    for (name, values), colour, marker in zip(
        exhibit.y.items(), colours(exhibit.y), itertools.cycle(_MARKERS), strict=False
    ):
        dots = marker if len(values) <= 30 else ""
        width = 2.2 if is_system(name) else 1.5
        ax.plot(exhibit.x, values, color=colour, marker=dots, ms=4.5, lw=width, label=name or None)
    ax.set(xlabel=exhibit.xlabel, ylabel=exhibit.ylabel)
    if any(exhibit.y):
        ax.legend(fontsize=9, frameon=False)
    return figure


def bars(exhibit: Bars) -> Figure:
    """A dot with its interval per row, from the first at the top; the system's in colour."""
    figure, ax = _axes(exhibit.title, height=1.0 + 0.42 * max(len(exhibit.rows), 2))
    for place, (name, row) in enumerate(exhibit.rows.items()):
        colour = SYSTEM if is_system(name) else _CONTROL
        ax.barh(place, row["mean"], color=colour, alpha=0.3, height=0.62)
        ax.plot([row["low"], row["high"]], [place, place], color=colour, lw=2.4)
        ax.plot(row["mean"], place, "o", color=colour, ms=6)
    ax.set_yticks(range(len(exhibit.rows)), list(exhibit.rows))
    ax.invert_yaxis()
    ax.axvline(0.0, color="#444444", lw=0.8)
    ax.set_xlabel(exhibit.xlabel)
    return figure


def matrix(exhibit: Matrix) -> Figure:
    """Coloured cells, with their values where there is room."""
    values = np.asarray(exhibit.values, np.float64)
    rows, columns = values.shape
    step = 0.46 if columns <= _NUMBERS else 0.24  # inches of a cell
    size = (2.4 + step * max(columns, 5), 1.5 + step * max(rows, 5))
    figure = Figure(figsize=size, dpi=110, layout="constrained")
    ax = figure.add_subplot()
    least, most = min(0.0, float(values.min(initial=0.0))), float(values.max(initial=0.0))
    shown = ax.imshow(values, cmap="viridis", vmin=least, vmax=most)
    ax.set_xticks(range(columns), list(exhibit.columns), rotation=50, ha="right", fontsize=8)
    ax.set_yticks(range(rows), list(exhibit.rows), fontsize=8)
    ax.set_title(exhibit.title, fontsize=11)
    figure.colorbar(shown, ax=ax, fraction=0.046, pad=0.02).ax.tick_params(labelsize=8)
    if columns <= _NUMBERS:
        for (i, j), value in np.ndenumerate(values):
            ink = "#000000" if value > (least + most) / 2 else "#ffffff"
            text = f"{value:.0f}" if float(value).is_integer() else f"{value:.2f}"
            ax.text(j, i, text, ha="center", va="center", color=ink, fontsize=8)
    return figure


def colours(names: Iterable[str]) -> list[str]:
    """One colour a name: the system's is always the same."""
    others = itertools.cycle(_OTHERS)
    return [SYSTEM if is_system(name) else next(others) for name in names]


def _some(found: Errors) -> tuple[I64, I64]:
    """Places of the directions that are drawn: those not confused front to back, and those so."""
    shown = found.confused[:_DOTS] == 1
    return np.flatnonzero(~shown), np.flatnonzero(shown)


def _sector_medians(found: Errors) -> tuple[F64, F64]:
    """The median error of each sector of true azimuths, as a closed line over the middles."""
    turn = 2 * np.pi / _SECTORS
    sector = np.round(found.azimuth / turn).astype(np.int64) % _SECTORS
    median = np.full(_SECTORS, np.nan)
    for i in np.unique(sector):
        median[i] = np.median(found.error[sector == i])
    around = np.arange(_SECTORS + 1)
    return np.asarray(around * turn, np.float64), median[around % _SECTORS]


def _in_words(name: str, found: Errors) -> str:
    """A method and its two figures."""
    if not found.error.size:
        return name
    told = found.confused[np.isfinite(found.confused)]
    share = 100 * told.mean() if told.size else 0.0
    return f"{name}: MAE {found.error.mean():.1f}°, front-back {share:.0f} %"


def _axes(title: str, height: float = 4.0) -> tuple[Figure, Any]:
    """One pair of axes of the usual size."""
    figure = Figure(figsize=(6.0, height), dpi=110, layout="constrained")
    ax = figure.add_subplot()
    ax.set_title(title, fontsize=11)
    ax.grid(alpha=0.25)
    ax.spines[["top", "right"]].set_visible(False)
    return figure, ax
