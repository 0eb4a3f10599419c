"""Curves are continuous, whatever happened to the program that writes them."""

from __future__ import annotations

import csv
import io
from pathlib import Path

import pytest
from rich.console import Console

from soundwalk.envs.tasks.metrics import METRICS
from soundwalk.training.curves import WINDOW, CurveFile, Pace, make_logger


def rows(path: Path) -> list[dict[str, str]]:
    with path.open(newline="") as file:
        return list(csv.DictReader(file))


def episode(success: float) -> dict[str, float]:
    return {**dict.fromkeys(METRICS, 0.0), "success": success, "spl": success / 2}


def test_new_figures_become_new_columns(tmp_path: Path) -> None:
    curve = CurveFile(tmp_path / "c.csv", 0)
    curve.write({"a": 1.5}, {"a": ()}, 10)
    curve.write({"a": 2.5, "b": 3.0}, {"a": (), "b": ()}, 20)
    curve.write({"b": 4.0}, {"b": ()}, 30)
    found = rows(tmp_path / "c.csv")
    assert [row["step"] for row in found] == ["10", "20", "30"]
    assert [row["a"] for row in found] == ["1.5", "2.5", ""]
    assert [row["b"] for row in found] == ["", "3.0", "4.0"]


def test_rows_after_the_checkpoint_are_dropped_and_half_a_row_too(tmp_path: Path) -> None:
    path = tmp_path / "c.csv"
    curve = CurveFile(path, 0)
    for step in (10, 20, 30):
        curve.write({"a": step}, {"a": ()}, step)
    with path.open("a") as file:
        file.write("4")  # the program was killed in the middle of a row
    again = CurveFile(path, 20)
    again.write({"a": 31}, {"a": ()}, 30)
    assert [(row["step"], row["a"]) for row in rows(path)][:2] == [("10", "10"), ("20", "20")]
    assert rows(path)[-1]["a"] == "31"


def test_the_logger_writes_csv_and_tensorboard(tmp_path: Path) -> None:
    logger = make_logger(tmp_path, 0)
    logger.record("episode/spl", 0.25)
    logger.dump(100)
    logger.close()
    assert float(rows(tmp_path / "progress.csv")[0]["episode/spl"]) == pytest.approx(0.25)
    assert list((tmp_path / "tensorboard").glob("events.*"))


def test_a_full_disk_costs_a_row_and_not_the_training(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    logger = make_logger(tmp_path, 0)

    def full(*_: object, **__: object) -> None:
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr(CurveFile, "write", full)
        logger.record("a", 1.0)
        with pytest.warns(UserWarning, match=r"step 10 could not be written .*No space left"):
            logger.dump(10)
    logger.record("a", 2.0)
    logger.dump(20)
    logger.close()
    assert [row["step"] for row in rows(tmp_path / "progress.csv")] == ["20"]


def test_the_running_mean_is_of_the_last_hundred_episodes() -> None:
    pace = Pace(1000, console=Console(quiet=True))
    assert pace.means() == {}
    pace.ended([episode(0.0)] * 50 + [episode(1.0)] * WINDOW)
    assert pace.means()["success"] == pytest.approx(1.0)
    assert pace.means()["spl"] == pytest.approx(0.5)


def test_without_a_terminal_progress_is_plain_lines() -> None:
    out = io.StringIO()
    with Pace(1000, steps=200, console=Console(file=out, width=120)) as pace:
        pace.ended([episode(1.0)])
        pace.advance(400, "ppo")
    text = out.getvalue()
    assert "ppo 400/1,000 steps" in text
    assert "success 1.00  SPL 0.50" in text
    assert "min left" in text
    assert "\x1b" not in text


def test_on_a_terminal_progress_is_a_bar() -> None:
    out = io.StringIO()
    console = Console(file=out, force_terminal=True, width=120)
    with Pace(1000, console=console) as pace:
        pace.ended([episode(1.0)])
        pace.advance(500, "ppo")
    assert "500/1,000 steps" in out.getvalue()
    assert "SPL 0.50" in out.getvalue()


def test_seconds_go_on_after_a_resume() -> None:
    pace = Pace(1000, steps=500, seconds=60.0, console=Console(quiet=True))
    assert 60.0 <= pace.seconds < 65.0
