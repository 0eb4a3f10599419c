"""Run every check, print a table, write the report."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

from . import air, boxes, direction, edges, extras, heads, homes, maps, streams
from .check import Check, Plot
from .page import WORDS, Picture, draw, write_page

if TYPE_CHECKING:
    from rich.table import Table

Row = Callable[[bool], list[Check]]

ROWS: dict[str, Row] = {
    "images": boxes.images,
    "free field": air.free_field,
    "reciprocity": homes.reciprocity,
    "reverberation": boxes.reverberation,
    "diffraction": edges.diffraction,
    "coupled rooms": homes.coupled_rooms,
    "measured heads": heads.measured_heads,
    "measured room": heads.measured_room,
    "energy balance": homes.energy_balance,
    "standing still": streams.standing,
    "moving": streams.moving,
    "direction": direction.direction,
}
EXTRAS: tuple[Callable[[bool], Plot], ...] = (
    extras.reverberation_per_octave,
    extras.direct_over_distance,
    extras.seam,
)
MAPS: dict[str, tuple[Callable[[Path, bool], None], str]] = {
    "level_map": (
        maps.level_map,
        "Level of a whole response over the plan; the star is the source, 1.4 m high, the "
        "microphone 1.25 m.",
    ),
    "direction_map": (
        maps.direction_map,
        "Direction in which the first sound travels, straight, or bent round the last door it "
        "came through.",
    ),
}


def run_row(name: str, row: Row, quick: bool) -> list[Check]:
    """The checks of one row; one that stops half-way is a broken check, not the end of all."""
    try:
        return row(quick)
    except Exception as error:
        note = f"stopped: {type(error).__name__}: {error}"
        return [Check(name, "itself", float("nan"), 0.0, "", note)]


def validate(
    folder: Path, *, quick: bool = False, step: Callable[[str], None] = lambda _: None
) -> list[Check]:
    """Run all checks and write `index.html` with its pictures.

    Args:
        folder: where the report goes; made if need be.
        quick: fewer cases, seconds instead of minutes.
        step: told the name of what comes next.

    Returns:
        every check.
    """
    pictures = folder / "pictures"
    pictures.mkdir(parents=True, exist_ok=True)
    began = time.process_time()
    checks: list[Check] = []
    for name, row in ROWS.items():
        step(name)
        checks += run_row(name, row, quick)
    step("curves")
    plots = [plot for check in checks for plot in check.plots] + [make(quick) for make in EXTRAS]
    drawn = []
    for number, plot in enumerate(plots):
        path = pictures / f"curve_{number:02d}.png"
        draw(plot, path)
        drawn.append(Picture(path, plot.title))
    shown = []
    for name, (make, caption) in MAPS.items():
        step(name.replace("_", " "))
        make(pictures / f"{name}.png", quick)
        shown.append(Picture(pictures / f"{name}.png", caption))
    write_page(folder / "index.html", checks, drawn, shown, _about(quick, began))
    return checks


STEPS = len(ROWS) + 1 + len(MAPS)


def _about(quick: bool, began: float) -> str:
    """What was run, when, on what."""
    from ..bench import machine

    facts = machine()
    kind = "quick run, few cases" if quick else "full run"
    return (
        f"soundwalk {facts['soundwalk_version']}, {kind}, {time.strftime('%Y-%m-%d %H:%M')}, "
        f"{time.process_time() - began:.0f} CPU-seconds on {facts['cpu']}, numpy "
        f"{facts['numpy_version']}, numba {facts['numba_version']}."
    )


def table(checks: list[Check]) -> Table:
    """The checks as a table for the terminal."""
    from rich.table import Table
    from rich.text import Text

    rows = Table(title="Validation of acoustics", title_justify="left")
    for column in ("check", "against", "found", "at most", ""):
        rows.add_column(column, justify="right" if column in ("found", "at most") else "left")
    for check in checks:
        found = "" if check.value is None else f"{check.value:.3g} {check.unit}"
        style = {True: "green", False: "bold red", None: "dim"}[check.passed]
        rows.add_row(
            Text(check.name), Text(check.against), found, f"{check.target:g} {check.unit}",
            Text(WORDS[check.passed], style=style),
        )  # fmt: skip
    return rows


def as_json(checks: list[Check]) -> dict[str, Any]:
    """Figures for a JSON file."""
    return {
        "kept": sum(c.passed is True for c in checks),
        "broken": sum(c.passed is False for c in checks),
        "not_run": sum(c.passed is None for c in checks),
        "checks": [check.as_dict() for check in checks],
    }
