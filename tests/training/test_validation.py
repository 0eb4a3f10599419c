"""The checks of `soundwalk validate`, quick ones, and that each can fail."""

from __future__ import annotations

import dataclasses
import json
from pathlib import Path

import numpy as np
import pytest

from soundwalk.envs.acoustics import GeometricEngine
from soundwalk.envs.interface import F32
from soundwalk.training.cli import main
from soundwalk.training.validation import air, boxes, direction, heads, homes, run, streams
from soundwalk.training.validation.check import ABSENT, Check, Curve, Plot, data_file
from soundwalk.training.validation.page import Picture, draw, write_page

QUICK: dict[str, run.Row] = {
    "images": boxes.images,
    "free field": air.free_field,
    "reciprocity": homes.reciprocity,
    "coupled rooms": homes.coupled_rooms,
    "energy balance": homes.energy_balance,
    "standing still": streams.standing,
    "moving": streams.moving,
    "direction": direction.direction,
}


@pytest.mark.parametrize("name", QUICK)
def test_the_promise_is_kept(name: str) -> None:
    checks = QUICK[name](True)
    assert checks
    for check in checks:
        assert check.value is not None
        assert check.value <= check.target, check.name


def louder(engine: GeometricEngine, factor: float) -> None:
    """Let an engine give everything `factor` times as loud."""
    right = engine.rir

    def wrong(*args: object, **kwargs: object) -> F32:
        return np.float32(factor) * right(*args, **kwargs)  # type: ignore[arg-type]

    engine.rir = wrong  # type: ignore[method-assign]


@pytest.mark.parametrize(
    ("row", "broken"),
    [
        (boxes.images, {"images, one microphone", "images, two ears"}),
        (air.free_field, {"inverse square law", "air absorption"}),
        (homes.coupled_rooms, {"coupled rooms, level in the second"}),
    ],
)
def test_an_engine_that_is_three_decibels_too_loud_breaks_the_checks(
    monkeypatch: pytest.MonkeyPatch, row: run.Row, broken: set[str]
) -> None:
    make = GeometricEngine._build

    def wrong(self: GeometricEngine, *args: object) -> None:
        make(self, *args)  # type: ignore[arg-type]
        louder(self, 1.41)

    monkeypatch.setattr(GeometricEngine, "_build", wrong)
    assert {check.name for check in row(True) if check.passed is False} == broken


def test_a_home_that_is_not_reciprocal_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    right = GeometricEngine.rir

    def wrong(self: GeometricEngine, source: tuple[float, ...], receiver: tuple[float, ...]) -> F32:
        return np.float32(1.02 if source[0] > receiver[0] else 1.0) * right(self, source, receiver)  # type: ignore[arg-type]

    monkeypatch.setattr(GeometricEngine, "rir", wrong)
    assert homes.reciprocity(True)[0].passed is False


def test_a_value_that_is_no_number_never_passes() -> None:
    assert Check("a", "b", float("nan"), 1.0, "dB").passed is False
    assert Check("a", "b", 1.0, 1.0, "dB").passed is True
    assert Check("a", "b", None, 1.0, "dB").passed is None


def test_without_measured_data_nothing_is_claimed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(heads, "data_file", lambda _: None)
    checks = heads.measured_heads(True) + heads.measured_room(True)
    assert len(checks) >= 7
    for check in checks:
        assert check.passed is None
        assert ABSENT in check.note


def test_measured_data_is_looked_for_where_the_environment_says(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    (tmp_path / "thing.sofa").write_bytes(b"")
    monkeypatch.setenv("SOUNDWALK_DATA", str(tmp_path))
    assert data_file("thing.sofa") == tmp_path / "thing.sofa"
    assert data_file("nothing.sofa") is None


def test_a_row_that_stops_is_a_broken_check() -> None:
    def stops(quick: bool) -> list[Check]:
        raise ZeroDivisionError("no rays")

    (check,) = run.run_row("rays", stops, True)
    assert check.passed is False
    assert "ZeroDivisionError: no rays" in check.note


@pytest.fixture
def short(monkeypatch: pytest.MonkeyPatch) -> list[Check]:
    """Two rows and no maps instead of everything."""
    checks = [
        Check("kept <b>", "theory & practice", 0.1, 0.3, "dB"),
        Check("broken", "itself", 9.0, 0.3, "dB"),
    ]
    monkeypatch.setattr(run, "ROWS", {c.name: lambda _, c=c: [c] for c in checks})
    monkeypatch.setattr(run, "EXTRAS", ())
    monkeypatch.setattr(run, "MAPS", {})
    return checks


def test_a_broken_check_is_exit_status_1_and_is_in_the_report(
    short: list[Check], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    figures = tmp_path / "v.json"
    with pytest.raises(SystemExit) as stop:
        main(["validate", "acoustics", "-o", str(tmp_path), "--quick", "--json", str(figures)])
    assert stop.value.code == 1
    found = json.loads(figures.read_text())
    assert (found["kept"], found["broken"], found["not_run"]) == (1, 1, 0)
    page = (tmp_path / "index.html").read_text()
    assert "1 of 2 checks kept, 1 broken" in page
    assert "kept &lt;b&gt;" in page
    assert "theory &amp; practice" in page
    assert "broken" in capsys.readouterr().out


def test_kept_promises_are_exit_status_0(
    short: list[Check], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    good = dataclasses.replace(short[1], value=0.2)
    monkeypatch.setattr(run, "ROWS", {"good": lambda _: [good]})
    main(["validate", "acoustics", "-o", str(tmp_path), "--quick"])
    assert (tmp_path / "index.html").is_file()


def test_the_page_holds_its_pictures(tmp_path: Path) -> None:
    curve = Curve("a", (100.0, 200.0), (1.0, 2.0))
    draw(Plot("t", "x", "y", (curve,), logx=True), tmp_path / "a.png")
    write_page(tmp_path / "p.html", [], [Picture(tmp_path / "a.png", "a <line>")], [], "now")
    page = (tmp_path / "p.html").read_text()
    assert page.count("data:image/png;base64,") == 1
    assert "a &lt;line&gt;" in page
