"""The page of a run holds its figures, pictures and sounds; the figures survive JSON."""

from __future__ import annotations

import base64
import io
import json
import math
import re
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from rich.console import Console

from soundwalk.envs.interface import SoundwalkError
from soundwalk.training.report.exhibits import (
    Bars,
    Curve,
    DepthTriple,
    Directions,
    Heatmap,
    Matrix,
    Separated,
)
from soundwalk.training.report.page import write_report
from soundwalk.training.report.results import Results, read_results, write_results
from soundwalk.training.report.tables import best, better, label, table


def interval(mean: float, width: float = 0.02) -> dict[str, float]:
    return {"mean": mean, "low": mean - width, "high": mean + width}


@pytest.fixture
def results() -> Results:
    return {
        "system": "Localization <max>", "run": "runs/a", "split": "val", "sounds": "unheard",
        "samples": 200, "seed": 0, "command": "soundwalk evaluate-perception runs/a && echo",
        "tables": {
            "localization": {
                "system": {"pointing": interval(0.613), "pia": interval(0.05)},
                "centre prior": {"pointing": interval(0.3)},
                "shuffled audio": {"pointing": interval(0.2), "pia": interval(0.04)},
            },
            "direction": {
                "system": {"azimuth_mae_deg": interval(8.91, 0.5)},
                "GCC-PHAT": {"azimuth_mae_deg": interval(45.0, 1)},
            },
        },
        "notes": {"localization": "three objects & more in view"},
    }  # fmt: skip


class Cells(HTMLParser):
    """The tables of a page as lists of rows of (text, class of the row, class of the cell)."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.tables: list[list[list[tuple[str, str, str]]]] = []
        self._row = self._cell = ""
        self._text: str | None = None
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        kind = dict(attrs).get("class") or ""
        if tag == "table":
            self.tables.append([])
        elif tag == "tr":
            self._row = kind
            self.tables[-1].append([])
        elif tag in ("td", "th"):
            self._cell, self._text = kind, ""

    def handle_data(self, data: str) -> None:
        if self._text is not None:
            self._text += data

    def handle_endtag(self, tag: str) -> None:
        if tag in ("td", "th"):
            self.tables[-1][-1].append((self._text or "", self._row, self._cell))
            self._text = None


def exhibits() -> list[Any]:
    rng = np.random.default_rng(0)
    frame = rng.integers(0, 255, (32, 32, 3), dtype=np.uint8)
    plane = rng.uniform(1, 5, (16, 16)).astype(np.float32)
    sound = rng.normal(0, 1, (2, 8000)).astype(np.float32)
    angle = rng.uniform(-3, 3, 30).astype(np.float32)
    return [
        Heatmap(frame, plane, frame[..., 0] > 99, "a <clock>", sound),
        Heatmap(frame, plane, caption="no sound here"),
        DepthTriple(plane, plane + 1, None, "echo only"),
        Directions(angle, angle, "system"),
        Directions(angle, -angle, "GCC-PHAT"),
        Directions(angle, angle / 2, "system", "Out of sight"),
        Separated(sound, sound / 2, sound / 3, 16_000, frame, "dog out of rain"),
        Curve([1, 2], {"system": [1, 2]}, "x", "y", "curve"),
        Bars("bars", {"system": interval(0.5)}),
        Matrix(np.eye(2), ["a", "b"], ["a", "b"], "matrix"),
    ]


def test_figures_come_back_from_json_as_they_were(results: Results, tmp_path: Path) -> None:
    write_results(results, tmp_path / "deep" / "r.json")
    assert read_results(tmp_path / "deep" / "r.json") == results
    assert [p.name for p in (tmp_path / "deep").iterdir()] == ["r.json"]


def test_what_is_no_number_is_null_in_json(results: Results, tmp_path: Path) -> None:
    results["tables"]["direction"]["GCC-PHAT"]["azimuth_mae_deg"]["mean"] = math.nan
    results["samples"], results["run"] = np.int64(7), tmp_path
    results["tables"]["direction"]["system"]["azimuth_mae_deg"]["low"] = np.float32("inf")
    write_results(results, tmp_path / "r.json")
    found = json.loads((tmp_path / "r.json").read_text(), parse_constant=pytest.fail)
    assert found["tables"]["direction"]["GCC-PHAT"]["azimuth_mae_deg"]["mean"] is None
    assert found["samples"] == 7
    assert found["run"] == str(tmp_path)
    write_report(found, [], tmp_path)  # and what was read can be shown again


@pytest.mark.parametrize("text", ["", "[1]", '{"system": "x"}', "\0"])
def test_a_file_without_results_is_named(tmp_path: Path, text: str) -> None:
    (tmp_path / "r.json").write_text(text)
    with pytest.raises(SoundwalkError, match=r"r\.json"):
        read_results(tmp_path / "r.json")


def test_the_page_has_every_table_row_and_interval(results: Results, tmp_path: Path) -> None:
    page = write_report(results, [], tmp_path).read_text(encoding="utf-8")
    first, second = Cells(page).tables
    assert [row[0][0] for row in first] == ["", "system", "centre prior", "shuffled audio"]
    assert [text for text, *_ in first[0]] == ["", "pointing ↑", "pIA ↓"]
    assert [text for text, *_ in first[1]] == [
        "system", "0.613[0.593, 0.633]", "0.050[0.030, 0.070]",
    ]  # fmt: skip
    assert first[2][2][0] == "-"
    assert [text for text, *_ in second[1]] == ["system", "8.9[8.4, 9.4]"]
    assert "Localization &lt;max&gt;" in page
    assert "soundwalk evaluate-perception runs/a &amp;&amp; echo" in page
    assert "three objects &amp; more in view" in page
    assert read_results(tmp_path / "results.json") == results


def test_the_systems_row_and_the_best_of_a_column_stand_out(
    results: Results, tmp_path: Path
) -> None:
    page = write_report(results, [], tmp_path).read_text(encoding="utf-8")
    marked = [
        [(row[0][0], i) for row in rows for i, cell in enumerate(row) if "best" in cell[2]]
        for rows in Cells(page).tables
    ]
    assert marked == [[("system", 1), ("shuffled audio", 2)], [("system", 1)]]
    for rows in Cells(page).tables:
        assert [row[0][0] for row in rows if row[0][1] == "system"] == ["system"]


def test_the_page_holds_its_pictures_and_points_at_its_sounds(
    results: Results, tmp_path: Path
) -> None:
    page = write_report(results, exhibits(), tmp_path).read_text(encoding="utf-8")
    embedded = {base64.b64decode(data) for data in re.findall(r"base64,([\w+/=]+)", page)}
    written = {path.read_bytes() for path in (tmp_path / "pictures").glob("*.png")}
    assert embedded == written
    assert len(written) == 2 + 1 + (1 + 2) + (1 + 1) + 4 + 2 + 1
    sounds = re.findall(r'<audio controls[^>]* src="([^"]+)"', page)
    assert {tmp_path / sound for sound in sounds} == set((tmp_path / "sounds").iterdir())
    assert len(sounds) == 1 + 3
    for words in ("a &lt;clock&gt;", "no sound here", "echo only", "dog out of rain"):
        assert words in page
    assert [p.name for p in tmp_path.iterdir() if p.name.startswith(".")] == []


def test_the_table_for_the_terminal_has_the_same_figures(results: Results) -> None:
    console = Console(width=120, file=io.StringIO())
    with console.capture() as capture:
        for view in table(results):
            console.print(view)
    for part in ("pIA ↓", "centre prior", "0.613", "[0.593, 0.633]", "three objects & more", "8.9"):
        assert part in capture.get()


def test_tables_are_as_wide_as_a_terminal_and_hold_what_belongs_together(results: Results) -> None:
    row = {f"metric_{k}": {"mean": float(k), "low": -1.0, "high": 99.0} for k in range(9)}
    other = {"pointing": {"mean": 0.25, "low": 0.2, "high": 0.3}}
    tables = {"separation": {"system": row, "ideal mask": row, "map": other}}
    views = table({**results, "tables": tables, "notes": {"separation": "A note."}})
    headers = [[str(column.header) for column in view.columns] for view in views]
    assert [len(header) for header in headers] == [1 + 7, 1 + 2, 1 + 1]
    assert [view.row_count for view in views] == [2, 2, 1]
    assert [str(view.caption) for view in views] == ["None", "None", "A note."]
    console = Console(width=120, file=io.StringIO())
    with console.capture() as capture:
        console.print(*views)
    assert "…" not in capture.get()


@pytest.mark.parametrize(
    ("metric", "way"),
    [
        ("rmse", -1), ("rel", -1), ("log10", -1), ("delta1", 1), ("pointing", 1), ("medr", -1),
        ("azimuth_median", -1), ("azimuth_acc@5", 1), ("front_back_confusion", -1), ("si_sdr", 1),
        ("offset_mae", -1), ("offset_acc@1", 1), ("offset_acc@1_chance", 0), ("rmse_gain", 1),
        ("pia_silent", -1), ("legacy_share", 0), ("si_sdr_improvement_db", 1),
    ],
)  # fmt: skip
def test_a_metric_says_which_way_it_is_better(metric: str, way: int) -> None:
    assert better(metric) == way
    assert label(metric).endswith({1: " ↑", -1: " ↓", 0: ""}[way])


def test_nothing_is_best_alone_and_ties_are_shared() -> None:
    rows = {"system": {"ap": interval(0.5), "f1": interval(0.1)}, "chance": {"ap": interval(0.5)}}
    assert best(rows, "ap") == {"system", "chance"}
    assert best(rows, "f1") == set()
