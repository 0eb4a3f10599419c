"""Figures as people read them: digits, units, medians of sectors, colours; and files of results."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from matplotlib.colors import to_hex

from soundwalk.envs.interface import SoundwalkError
from soundwalk.training.report import plots
from soundwalk.training.report.exhibits import Bars, Curve, Directions, Matrix
from soundwalk.training.report.results import read_results, write_aside, write_results
from soundwalk.training.report.tables import best, cell, is_system, label, metrics_of

Rows = dict[str, dict[str, dict[str, float | None]]]


def column(*means: float | None) -> Rows:
    """One metric, rows a, b, …, each with an interval of 0.1 to either side."""
    return {
        name: {"x": {"mean": m, "low": m and m - 0.1, "high": m and m + 0.1}}
        for name, m in zip("abcdef", means, strict=False)
    }


@pytest.mark.parametrize(
    ("means", "text"),
    [
        ((0.5, 0.25), ("0.500", "[0.400, 0.600]")),
        ((1.0, -1.0), ("1.000", "[0.900, 1.100]")),
        ((0.5, 1.5), ("0.50", "[0.40, 0.60]")),
        ((0.5, -45.0), ("0.5", "[0.4, 0.6]")),
        ((0.5, 1234.0), ("0", "[0, 1]")),
        ((0.5, None), ("0.500", "[0.400, 0.600]")),
        ((0.5, float("nan")), ("0.500", "[0.400, 0.600]")),
    ],
)
def test_all_values_of_a_column_have_the_digits_that_suit_its_largest(
    means: tuple[float | None, ...], text: tuple[str, str]
) -> None:
    assert cell(column(*means), "a", "x") == text


def test_where_there_is_no_value_or_no_interval_none_is_written() -> None:
    rows: Rows = {
        "a": {"x": {"mean": float("inf")}},
        "b": {"x": {"mean": 0.5, "low": float("nan"), "high": 0.6}},
        "c": {"x": {"mean": 0.5}, "y": {"mean": 2.0}},
    }
    assert cell(rows, "a", "x") == ("-", "")
    assert cell(rows, "a", "y") == ("-", "")
    assert cell(rows, "b", "x") == cell(rows, "c", "x") == ("0.500", "")
    assert metrics_of(rows) == ["x", "y"]


def test_the_best_is_the_least_where_less_is_better_and_numbers_only_compete() -> None:
    means = {"a": 3.0, "b": 2.0, "c": float("nan"), "d": 2.0}
    rows: Rows = {
        n: {k: {"mean": m} for k in ("rmse", "ap", "ap_chance")} for n, m in means.items()
    }
    assert best(rows, "rmse") == {"b", "d"}
    assert best(rows, "ap") == {"a"}
    assert best(rows, "ap_chance") == set()
    assert best(rows, "unknown") == set()


@pytest.mark.parametrize(
    ("metric", "words"),
    [
        ("azimuth_mae_deg", "azimuth MAE, ° ↓"),
        ("si_sdr_db", "SI-SDR, dB ↑"),
        ("delta1", "δ₁ ↑"),
        ("rmse", "RMSE, m ↓"),
        ("front_back_confusion", "front-back confusion ↓"),
        ("rt60_r2", "RT60 R² ↑"),
        ("room_kind_accuracy", "room kind accuracy ↑"),
        ("offset_mae", "offset MAE, frames ↓"),
        ("s", "s ↑"),
    ],
)
def test_a_metric_is_written_as_people_write_it(metric: str, words: str) -> None:
    assert label(metric) == words


def test_only_the_systems_own_rows_are_called_so() -> None:
    assert [is_system(n) for n in ("system", "System, all views", "the system", "chance")] == [
        True, True, False, False,
    ]  # fmt: skip


def test_lines_of_the_polar_plot_join_the_medians_of_sectors_of_thirty_degrees() -> None:
    rng = np.random.default_rng(0)
    truth = rng.uniform(-np.pi, np.pi, 300)
    off = rng.uniform(0, 0.6, 300)
    keep = np.abs(np.degrees(truth)) < 170  # nothing is known behind
    group = Directions(truth[keep], truth[keep] + off[keep], "system")
    line: Any = plots.polar([group]).axes[0].lines[0]
    theta, radius = line.get_xdata(), line.get_ydata()
    np.testing.assert_allclose(theta, np.radians(np.arange(0, 361, 30)))
    assert radius[0] == radius[-1]
    for i in range(12):
        away = (np.degrees(truth[keep]) - 30 * i + 180) % 360 - 180
        mine = np.degrees(off[keep])[np.abs(away) < 15]
        assert radius[i] ** 2 == pytest.approx(np.median(mine))


def test_a_sector_that_nothing_lies_in_is_a_gap_in_the_line() -> None:
    group = Directions(np.radians([0.0, 90.0]), np.radians([4.0, 90.0]), "system")
    line: Any = plots.polar([group]).axes[0].lines[0]
    known = np.flatnonzero(np.isfinite(line.get_ydata()))
    assert known.tolist() == [0, 3, 12]


def test_the_words_of_a_method_are_its_mean_error_and_share_of_confusions() -> None:
    """Of 30, 150, 90 and 0 degrees the first is mirrored, at 90 there is nothing to mirror."""
    truth, estimate = np.radians([30.0, 150, 90, 0]), np.radians([150.0, 140, 80, 10])
    figure = plots.against(Directions(truth, estimate, "GCC-PHAT"), "#123456")
    assert figure.axes[0].get_title() == "GCC-PHAT: MAE 37.5°, front-back 33 %"
    right, wrong = (np.asarray(c.get_offsets()) for c in figure.axes[0].collections)
    np.testing.assert_allclose(wrong, [[30, 150]])
    np.testing.assert_allclose(right, [[150, 140], [90, 80], [0, 10]])


def test_a_method_that_found_nothing_is_named_without_figures() -> None:
    nothing = Directions(np.array([np.nan]), np.array([0.0]), "silent")
    assert plots.against(nothing, "#123456").axes[0].get_title() == "silent"
    ax: Any = plots.polar([nothing]).axes[0]
    assert ax.lines[0].get_label() == "silent"
    assert not np.isfinite(ax.lines[0].get_ydata()).any()


def test_the_systems_bar_has_its_colour_and_rows_go_down_in_their_order() -> None:
    row = {"mean": 0.5, "low": 0.4, "high": 0.7}
    ax: Any = plots.bars(Bars("b", {"chance": row, "system": row}, "accuracy")).axes[0]
    assert [to_hex(patch.get_facecolor()) for patch in ax.patches] == ["#8c8c8c", "#0072b2"]
    assert ax.yaxis_inverted()
    assert ax.get_xlabel() == "accuracy"


def test_curves_have_dots_only_while_they_can_be_told_apart() -> None:
    few = plots.curve(Curve(range(30), {"a": range(30)}, "x", "y", "t")).axes[0]
    many = plots.curve(Curve(range(31), {"": range(31)}, "x", "y", "t")).axes[0]
    assert few.lines[0].get_marker() == "o"
    assert many.lines[0].get_marker() == ""
    assert few.get_legend() is not None
    assert many.get_legend() is None  # a line without a name needs none


def test_cells_of_a_matrix_are_written_where_there_is_room_and_can_be_read() -> None:
    names = [str(i) for i in range(12)]
    values = np.arange(144).reshape(12, 12) / 2
    texts = plots.matrix(Matrix(values, names, names, "t")).axes[0].texts
    assert [text.get_text() for text in texts[:4]] == ["0", "0.50", "1", "1.50"]
    for text, value in zip(texts, values.ravel(), strict=True):
        dark = value <= 71.5 / 2  # viridis is dark below its middle
        assert text.get_color() == ("#ffffff" if dark else "#000000")
    wide = Matrix(np.ones((2, 13)), names[:2], [*names, "12"], "t")
    assert not plots.matrix(wide).axes[0].texts


def test_a_reader_never_meets_half_a_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "new" / "results.json"
    write_results({"tables": {}, "run": "first"}, path)
    with monkeypatch.context() as patch:
        patch.setattr(os, "replace", _killed)
        patch.setattr(Path, "replace", _killed)
        with pytest.raises(KeyboardInterrupt):
            write_results({"tables": {}, "run": "second"}, path)
    assert read_results(path)["run"] == "first"
    write_results({"tables": {}, "run": "third"}, path)
    assert read_results(path)["run"] == "third"
    assert [entry.name for entry in path.parent.iterdir()] == ["results.json"]


def _killed(*_: object) -> None:
    raise KeyboardInterrupt


def test_values_of_numpy_and_paths_are_written_as_json_has_them(tmp_path: Path) -> None:
    path = tmp_path / "results.json"
    values = {
        "tables": {"a": {1: np.float32(0.5), "b": (np.int64(3), float("-inf"))}},
        "run": Path("runs/a"), "flag": np.bool_(True), "many": [np.float64("nan"), "größe"],
    }  # fmt: skip
    write_results(values, path)
    assert json.loads(path.read_text(encoding="utf-8")) == {
        "tables": {"a": {"1": 0.5, "b": [3, None]}},
        "run": "runs/a", "flag": True, "many": [None, "größe"],
    }  # fmt: skip


@pytest.mark.parametrize("data", [b"", b"[]", b'{"tables": 3}', b"\xff\xfe", b'{"tables"'])
def test_a_file_that_holds_no_results_is_named(tmp_path: Path, data: bytes) -> None:
    path = tmp_path / "results.json"
    path.write_bytes(data)
    with pytest.raises(SoundwalkError, match=r"results\.json: expected .*results"):
        read_results(path)


def test_a_text_is_written_in_utf_8_into_a_folder_that_is_made(tmp_path: Path) -> None:
    write_aside("größe ↓\n", tmp_path / "a" / "b" / "page.html")
    assert (tmp_path / "a/b/page.html").read_bytes() == "größe ↓\n".encode()
