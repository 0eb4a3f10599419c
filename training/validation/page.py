"""A report one can read: a table of checks, and the curves and maps behind them, in one file."""

from __future__ import annotations

import base64
import html
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from .check import Check, Plot

_STYLE = """
body { font: 16px/1.5 system-ui, sans-serif; color: #222; max-width: 1100px; margin: 2rem auto;
  padding: 0 1rem; }
table { border-collapse: collapse; width: 100%; font-size: 14px; }
th, td { text-align: left; vertical-align: top; padding: .35rem .6rem;
  border-bottom: 1px solid #ddd; }
td.number { text-align: right; white-space: nowrap; font-variant-numeric: tabular-nums; }
.kept { color: #1b7a3d; font-weight: 600; } .broken { color: #b3261e; font-weight: 600; }
.not { color: #777; } .note { color: #666; font-size: 12.5px; }
figure { margin: 1.5rem 0; } img { max-width: 100%; } figcaption { color: #555; font-size: 14px; }
.plots { display: grid; grid-template-columns: repeat(auto-fit, minmax(430px, 1fr)); gap: 1rem; }
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
    path.write_text(
        f"""<!doctype html>
<html lang="en"><head><meta charset="utf-8"><title>soundwalk: validation of acoustics</title>
<style>{_STYLE}</style></head><body>
<h1>Validation of acoustics</h1>
<p>{html.escape(about)}</p><p><strong>{summary}</strong></p>
<table><tr><th>check</th><th>against</th><th>found</th><th>at most</th><th></th></tr>
{rows}</table>
<h2>Curves</h2><div class="plots">{"".join(_figure(p) for p in plots)}</div>
<h2>A home</h2>{"".join(_figure(p) for p in maps)}
</body></html>
""",
        encoding="utf-8",
    )


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


def _figure(picture: Picture) -> str:
    """An embedded picture with its caption."""
    data = base64.b64encode(picture.path.read_bytes()).decode("ascii")
    caption = html.escape(picture.caption)
    return (
        f'<figure><img alt="{caption}" src="data:image/png;base64,{data}">'
        f"<figcaption>{caption}</figcaption></figure>"
    )
