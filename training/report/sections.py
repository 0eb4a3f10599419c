"""Exhibits as parts of a page: pictures and sounds are written, and the HTML that shows them."""

from __future__ import annotations

import html
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ..page_style import figure
from . import pictures, plots
from .exhibits import Bars, Curve, DepthTriple, Directions, Heatmap, Matrix, Separated
from .sounds import write_wavs

Exhibit = Heatmap | DepthTriple | Directions | Separated | Curve | Bars | Matrix


def sections(exhibits: Sequence[Exhibit], folder: Path) -> str:
    """Write pictures/*.png and sounds/*.wav, and show them by kind, each kind in its order.

    Args:
        exhibits: what to show; directions of one title share a figure.
        folder: of the page.

    Returns:
        HTML.
    """
    _write_heard([e for e in exhibits if isinstance(e, Heatmap)], folder)
    parts = []
    for section in _SECTIONS:
        some: list[Any] = [e for e in exhibits if isinstance(e, section.kinds)]
        if section.kinds == (Directions,):
            titles = dict.fromkeys(e.title for e in some)
            some = [[e for e in some if e.title == title] for title in titles]
        if some:
            shown = "\n".join(section.show(e, f"{i:02d}", folder) for i, e in enumerate(some))
            note = f'<p class="note">{section.note}</p>' if section.note else ""
            parts.append(
                f'<h2>{section.title}</h2>{note}\n<div class="{section.layout}">{shown}</div>'
            )
    return "\n".join(parts)


def _write_heard(exhibits: Sequence[Heatmap], folder: Path) -> None:
    """Write what was heard with each heatmap, with one gain, so that silence stays silent."""
    for rate in {exhibit.rate for exhibit in exhibits}:
        some = {
            folder / f"sounds/heatmap-{i:02d}.wav": exhibit.sound
            for i, exhibit in enumerate(exhibits)
            if exhibit.sound is not None and exhibit.rate == rate
        }
        write_wavs(some, rate)


def _heatmap(exhibit: Heatmap, number: str, folder: Path) -> str:
    """A pair of pictures with its sound."""
    picture = pictures.heatmap(exhibit)
    path = pictures.save(picture, folder / f"pictures/heatmap-{number}.png")
    player = ""
    if exhibit.sound is not None:
        player = _player(folder / f"sounds/heatmap-{number}.wav", "what was heard")
    return figure(path, exhibit.caption, player)


def _depth(exhibit: DepthTriple, number: str, folder: Path) -> str:
    """Truth, prediction and error in one picture."""
    path = pictures.save(pictures.depth(exhibit), folder / f"pictures/depth-{number}.png")
    return figure(path, exhibit.caption)


def _directions(group: list[Directions], number: str, folder: Path) -> str:
    """All methods around one head, then the estimates of each over the truth."""
    drawings = [plots.polar(group)]
    for colour, exhibit in zip(plots.colours(e.name for e in group), group, strict=True):
        drawings.append(plots.against(exhibit, colour))
    shown = []
    for i, drawing in enumerate(drawings):
        name = f"direction-{number}-{i}.png" if i else f"direction-{number}.png"
        shown.append(figure(pictures.save(drawing, folder / "pictures" / name), ""))
    return f'<div class="grid">{"".join(shown)}</div>'


def _separated(exhibit: Separated, number: str, folder: Path) -> str:
    """Three spectrograms, each with its sound below, and what was seen."""
    sounds = {"mixture": exhibit.mixture, "wanted": exhibit.wanted, "estimate": exhibit.estimate}
    wavs = {name: folder / f"sounds/separation-{number}-{name}.wav" for name in sounds}
    write_wavs({wavs[name]: sound for name, sound in sounds.items()}, exhibit.rate)
    shown = []
    if exhibit.frame is not None:
        seen = pictures.enlarged(exhibit.frame)
        path = pictures.save(seen, folder / f"pictures/separation-{number}-seen.png")
        shown.append(f'<div class="seen">{figure(path, "what was seen")}</div>')
    for name, drawing in pictures.spectrograms(exhibit).items():
        path = pictures.save(drawing, folder / f"pictures/separation-{number}-{name}.png")
        shown.append(f"<div>{figure(path, '', _player(wavs[name], name))}</div>")
    caption = f"<p>{html.escape(exhibit.caption)}</p>" if exhibit.caption else ""
    return f'<div class="case">{caption}<div class="row">{"".join(shown)}</div></div>'


def _plot(exhibit: Curve | Bars | Matrix, number: str, folder: Path) -> str:
    """A figure of numbers, which has its title within."""
    draw: dict[type, Callable[[Any], Any]] = {
        Curve: plots.curve, Bars: plots.bars, Matrix: plots.matrix,
    }  # fmt: skip
    drawing = draw[type(exhibit)](exhibit)
    name = type(exhibit).__name__.lower()
    return figure(pictures.save(drawing, folder / f"pictures/{name}-{number}.png"), "")


def _player(wav: Path, what: str) -> str:
    """Something to press for a sound that lies in the folder sounds."""
    return (
        f'<audio controls preload="none" aria-label="{html.escape(what)}" '
        f'src="{wav.parent.name}/{wav.name}"></audio>'
    )


@dataclass(frozen=True)
class _Section:
    """How one kind of exhibit is shown: heading, words to read it by, layout, what draws one."""

    kinds: tuple[type, ...]
    title: str
    note: str
    layout: str
    show: Callable[[Any, str, Path], str]


_SECTIONS = (
    _Section(
        (Bars, Curve), "Scores",
        "Dots and curves are means; the lines through the dots of bars are 95 % intervals.",
        "plots", _plot,
    ),
    _Section(
        (Heatmap,), "Where it looks for the sound",
        "Left what was seen, right the heat over it: grey, then violet to yellow where it is "
        "hottest, each picture on its own scale. The ring is the peak, the cyan line the object "
        "that sounds.", "grid", _heatmap,
    ),
    _Section(
        (Directions,), "Direction",
        "Seen from above: the farther from the middle, the larger the error for a source in that "
        "direction, on a scale of square roots. Lines join the medians of sectors of 30°, crosses "
        "are front-back confusions. Then the estimates over the truth, with what is mirrored front "
        "to back along the dashed lines.", "cases", _directions,
    ),
    _Section(
        (DepthTriple,), "Depth",
        "Truth and prediction share a scale from 0 to the farthest true point. The error is red "
        "where the prediction is too far and blue where it is too near; grey is unknown.",
        "plots", _depth,
    ),
    _Section(
        (Separated,), "Separation",
        "The spectrograms of a row share a scale and the sounds one gain: their loudness can be "
        "compared.", "cases", _separated,
    ),
    _Section((Matrix,), "Which is taken for which", "", "plots", _plot),
)  # fmt: skip
