"""One page per run: what was run, tables, pictures in grids, sounds to play."""

from __future__ import annotations

import html
from collections.abc import Sequence
from pathlib import Path

from ..page_style import document
from .results import Results, write_aside, write_results
from .sections import Exhibit, sections
from .tables import Rows, best, cell, is_system, label, metrics_of, table

__all__ = ["Exhibit", "table", "write_report"]

_STYLE = """
h1 { font-size: 1.7rem; line-height: 1.2; margin-bottom: .3rem; } h2 { margin: 2.2rem 0 .5rem; }
figure { margin: 0; } figure img { display: block; width: 100%; border-radius: 4px; }
figcaption { margin-top: .25rem; }
pre { background: #f4f4f2; padding: .6rem .8rem; border-radius: 4px; overflow-x: auto;
  font-size: 13px; } .facts { color: #444; margin: .2rem 0; }
.table { overflow-x: auto; } .table table { width: auto; min-width: 60%; }
th { vertical-align: bottom; } thead th { border-bottom: 2px solid #999; font-weight: 600; }
thead .number { white-space: normal; min-width: 5.5rem; }
tbody th { font-weight: 400; vertical-align: top; position: sticky; left: 0; background: #fff; }
tr.system > * { background: #e6f1f8; } tr.system th { font-weight: 700; color: #005a8c; }
.interval { display: block; color: #666; font-size: 12px; font-weight: 400; }
td b { font-weight: 400; } td.best b, tr.system td b { font-weight: 700; }
td.best b::before { content: "\\2605\\00a0"; color: #9a6a00; font-size: 11px; }
.grid { display: grid; gap: 1.4rem 1.2rem;
  grid-template-columns: repeat(auto-fill, minmax(min(330px, 100%), 1fr)); }
.row { display: grid; gap: .8rem;
  grid-template-columns: repeat(auto-fit, minmax(min(240px, 100%), 1fr)); }
.case { border-top: 1px solid #ddd; padding: .8rem 0; } .case p { margin: 0 0 .5rem; }
.seen img { max-height: 240px; object-fit: contain; }
.plots figure { max-width: 640px; }
audio { width: 100%; height: 36px; margin: .3rem 0; display: block; }
"""


def write_report(results: Results, exhibits: Sequence[Exhibit], folder: Path) -> Path:
    """Write a page with its pictures and sounds beside it.

    Args:
        results: the figures, see `Results`.
        exhibits: what to show; each kind in its order, directions of one title in one figure.
        folder: for index.html, results.json, pictures/*.png and sounds/*.wav.

    Returns:
        The page, index.html. It holds its pictures; its sounds lie beside it.
    """
    folder.mkdir(parents=True, exist_ok=True)
    parts = [_head(results)]
    for evaluator, rows in results["tables"].items():
        note = results.get("notes", {}).get(evaluator, "")
        parts += [f"<h2>{_text(evaluator.replace('_', ' ').capitalize())}</h2>", _table(rows)]
        parts += [f'<p class="note">{_text(note)}</p>'] if note else []
    if results["tables"]:
        parts.append(
            '<p class="note">In brackets: 95 % interval. ★ marks the best mean of a column, '
            "arrows where better is. The system's rows are blue, the others are controls.</p>"
        )
    parts.append(sections(exhibits, folder))
    write_results(results, folder / "results.json")
    page = folder / "index.html"
    write_aside(document(f"soundwalk: {results['system']}", "\n".join(parts), _STYLE), page)
    return page


def _head(results: Results) -> str:
    """Title, what was run, and how to do it again."""
    facts = (
        f"{results['run']}: {results['samples']} samples, {results['split']} homes, "
        f"{results['sounds']} sounds, seed {results['seed']}."
    )
    return (
        f"<h1>{_text(results['system'])}</h1>\n"
        f'<p class="facts">{_text(facts)} All figures: <a href="results.json">results.json</a>.'
        f"</p>\n<pre><code>{_text(results['command'])}</code></pre>"
    )


def _table(rows: Rows) -> str:
    """One evaluator's figures; the system's row and the best values stand out."""
    metrics = metrics_of(rows)
    head = "".join(f'<th class="number">{_text(label(metric))}</th>' for metric in metrics)
    winners = {metric: best(rows, metric) for metric in metrics}
    body = []
    for name in rows:
        cells = [f'<th scope="row">{_text(name)}</th>']
        for metric in metrics:
            mean, interval = cell(rows, name, metric)
            kind = "number best" if name in winners[metric] else "number"
            below = f'<span class="interval">{interval}</span>' if interval else ""
            cells.append(f'<td class="{kind}"><b>{mean}</b>{below}</td>')
        row = ' class="system"' if is_system(name) else ""
        body.append(f"<tr{row}>{''.join(cells)}</tr>\n")
    return (
        f'<div class="table"><table><thead><tr><th></th>{head}</tr></thead>\n'
        f"<tbody>{''.join(body)}</tbody></table></div>"
    )


def _text(words: object) -> str:
    """Words as HTML."""
    return html.escape(str(words))
