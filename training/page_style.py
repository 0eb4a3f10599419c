"""How our pages of HTML look: one file that needs nothing else, readable on a phone and a desk."""

from __future__ import annotations

import base64
import html
from pathlib import Path

_STYLE = """
body { font: 16px/1.5 system-ui, sans-serif; color: #222; max-width: 1100px; margin: 2rem auto;
  padding: 0 1rem; }
table { border-collapse: collapse; width: 100%; font-size: 14px; }
th, td { text-align: left; vertical-align: top; padding: .35rem .6rem;
  border-bottom: 1px solid #ddd; }
.number { text-align: right; white-space: nowrap; font-variant-numeric: tabular-nums; }
.note { color: #666; font-size: 12.5px; }
figure { margin: 1.5rem 0; } img { max-width: 100%; } figcaption { color: #555; font-size: 14px; }
.plots { display: grid; gap: 1rem;
  grid-template-columns: repeat(auto-fit, minmax(min(430px, 100%), 1fr)); }
"""


def document(title: str, body: str, style: str = "") -> str:
    """A whole page.

    Args:
        title: as plain text.
        body: as HTML.
        style: rules beyond those that all pages have.
    """
    return f"""<!doctype html>
<html lang="en"><head><meta charset="utf-8"><title>{html.escape(title)}</title>
<meta name="viewport" content="width=device-width, initial-scale=1">
<style>{_STYLE}{style}</style></head><body>
{body}
</body></html>
"""


def image(path: Path, alt: str) -> str:
    """A PNG file as an element that holds its bytes."""
    data = base64.b64encode(path.read_bytes()).decode("ascii")
    return f'<img alt="{html.escape(alt)}" src="data:image/png;base64,{data}">'


def figure(path: Path, caption: str, more: str = "") -> str:
    """An embedded picture with its caption, and more HTML between the two."""
    words = f"<figcaption>{html.escape(caption)}</figcaption>" if caption else ""
    return f"<figure>{image(path, caption)}{more}{words}</figure>"
