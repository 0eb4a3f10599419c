"""A report one can read: a table of checks, and the curves and maps behind them, in one file."""

from __future__ import annotations

import html
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from ..page_style import document, figure
from .check import Check, Plot

_STYLE = """
.kept { color: #1b7a3d; font-weight: 600; } .broken { color: #b3261e; font-weight: 600; }
.not { color: #777; }
"""

WORDS = {True: "kept", False: "broken", None: "not run"}


@dataclass(frozen=True)
class Picture:
    """A PNG file and what it shows."""

    path: Path
    caption: str


def draw(plot: Plot, path: Path) -> None:
    """Write a plot as a PNG file."""
    from matplotlib.figure import Figure
    from matplotlib.ticker import NullFormatter, ScalarFormatter

    figure = Figure(figsize=(6.0, 4.0), dpi=110, layout="constrained")
    ax = figure.add_subplot()
    for curve in plot.curves:
        ax.plot(curve.x, curve.y, curve.style, label=curve.label or None, ms=4, lw=1.4)
    if plot.logx:
        ax.set_xscale("log")
        ax.xaxis.set_minor_formatter(NullFormatter())
        if len(plot.curves[0].x) <= 12 and min(plot.curves[0].x) >= 100:
            ax.set_xticks(list(plot.curves[0].x), minor=False)
        ax.xaxis.set_major_formatter(ScalarFormatter())
    ax.set(title=plot.title, xlabel=plot.xlabel, ylabel=plot.ylabel)
    ax.title.set_fontsize(11)
    ax.grid(alpha=0.25)
    if any(curve.label for curve in plot.curves):
        ax.legend(fontsize=8, frameon=False)
    figure.savefig(path)


def write_page(
    path: Path,
    checks: Sequence[Check],
    plots: Sequence[Picture],
    maps: Sequence[Picture],
    about: str,
) -> None:
    """Write the report; pictures are embedded.

    Args:
        path: the HTML file.
        checks: rows of the table.
        plots: curves, set side by side.
        maps: pictures of whole homes, one below the other.
        about: what was run, where, when.
    """
    failed = sum(check.passed is False for check in checks)
    left = sum(check.passed is None for check in checks)
    kept = len(checks) - failed - left
    summary = f"{kept} of {len(checks)} checks kept, {failed} broken, {left} not run."
    rows = "\n".join(_row(check) for check in checks)
    body = f"""<h1>Validation of acoustics</h1>
<p>{html.escape(about)}</p><p><strong>{summary}</strong></p>
<table><tr><th>check</th><th>against</th><th>found</th><th>at most</th><th></th></tr>
{rows}</table>
<h2>Curves</h2><div class="plots">{"".join(figure(p.path, p.caption) for p in plots)}</div>
<h2>A home</h2>{"".join(figure(p.path, p.caption) for p in maps)}"""
    path.write_text(document("soundwalk: validation of acoustics", body, _STYLE), encoding="utf-8")


def _row(check: Check) -> str:
    """A row of the table."""
    word = WORDS[check.passed]
    value = "" if check.value is None else f"{check.value:.3g} {check.unit}"
    note = f'<br><span class="note">{html.escape(check.note)}</span>' if check.note else ""
    return (
        f"<tr><td>{html.escape(check.name)}{note}</td><td>{html.escape(check.against)}</td>"
        f'<td class="number">{html.escape(value)}</td>'
        f'<td class="number">{html.escape(f"{check.target:g} {check.unit}")}</td>'
        f'<td class="{word.split()[0]}">{word}</td></tr>'
    )
