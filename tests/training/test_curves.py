"""Curves are continuous, whatever happened to the program that writes them."""

from __future__ import annotations

import csv
import io
import time
from pathlib import Path

import pytest
from rich.console import Console
from tensorboard.backend.event_processing import (  # type: ignore[import-untyped]
    event_accumulator,
)

from soundwalk.envs.tasks.metrics import METRICS
from soundwalk.training.curves import WINDOW, Bar, CurveFile, Pace, make_logger


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


def test_half_a_row_is_no_row_even_if_its_beginning_looks_like_one(tmp_path: Path) -> None:
    """A row of step 4096 that was cut off after its first digit, or in its last figure."""
    path = tmp_path / "c.csv"
    curve = CurveFile(path, 0)
    for step in (1024, 2048, 4096):
        curve.write({"spl": step / 1e4}, {"spl": ()}, step)
    whole = path.read_bytes()
    begin = whole.rindex(b"4096")
    for cut in range(begin + 1, len(whole)):
        path.write_bytes(whole[:cut])
        CurveFile(path, 4096).write({"spl": 0.5}, {"spl": ()}, 5120)
        found = [(row["step"], row["spl"]) for row in rows(path)]
        kept = [("4096", "0.4096")] * whole[:cut].endswith(b"\n")
        assert found == [("1024", "0.1024"), ("2048", "0.2048"), *kept, ("5120", "0.5")]


def test_what_was_left_of_a_write_that_was_killed_does_no_harm(tmp_path: Path) -> None:
    path = tmp_path / "c.csv"
    CurveFile(path, 0).write({"a": 1}, {"a": ()}, 10)
    (tmp_path / "c.csv.partial").write_text("step,a\n7")
    again = CurveFile(path, 10)
    again.write({"a": 2, "b": 3}, {"a": (), "b": ()}, 20)
    assert [(row["step"], row["a"], row["b"]) for row in rows(path)] == [
        ("10", "1", ""),
        ("20", "2", "3"),
    ]
    assert [entry.name for entry in tmp_path.iterdir()] == ["c.csv"]


def test_only_numbers_and_words_become_figures(tmp_path: Path) -> None:
    curve = CurveFile(tmp_path / "c.csv", 0)
    values = {"picture": [[1, 2]], "loss": 0.25, "note": "warm, then cold"}
    curve.write(values, dict.fromkeys(values, ()), 1)
    assert rows(tmp_path / "c.csv") == [{"step": "1", "loss": "0.25", "note": "warm, then cold"}]


def test_tensorboard_hides_what_lies_after_the_checkpoint(tmp_path: Path) -> None:
    """Read back by TensorBoard itself: lost steps are gone, those done again are there once."""
    logger = make_logger(tmp_path, 0)
    for step in (100, 200, 300):
        logger.record("loss", step / 100)
        logger.dump(step)
    logger.close()
    again = make_logger(tmp_path, 250)
    again.record("loss", 9.0)
    again.dump(300)
    again.close()
    board = event_accumulator.EventAccumulator(str(tmp_path / "tensorboard"))
    board.Reload()
    found = [(event.step, event.value) for event in board.Scalars("loss")]
    assert found == [(100, 1.0), (200, 2.0), (300, 9.0)]


def test_in_imitation_the_teachers_success_is_called_so() -> None:
    out = io.StringIO()
    with Pace(1000, console=Console(file=out, width=120)) as pace:
        pace.ended([episode(1.0), episode(0.0)])
        pace.advance(500, "imitation")
    assert "success with teacher 0.50" in out.getvalue()
    assert "SPL" not in out.getvalue()


def test_speed_counts_the_steps_of_this_program_only(monkeypatch: pytest.MonkeyPatch) -> None:
    clock = [100.0]
    monkeypatch.setattr(time, "monotonic", lambda: clock[0])
    out = io.StringIO()
    bar = Bar(10_000, 5_000, 3600.0, Console(file=out, width=120), unit="batches")
    clock[0] += 50.0
    bar.advance(6_000, "training")
    assert bar.speed == 1_000 / 50
    assert bar.seconds == 3650.0
    assert out.getvalue() == "training 6,000/10,000 batches  20.0/s    3 min left\n"
    bar.advance(6_100, "training")  # at once: no second line
    assert out.getvalue().count("\n") == 1


def test_time_left_goes_by_the_last_minutes(monkeypatch: pytest.MonkeyPatch) -> None:
    """A minute of compiling, then ten steps a second; later five."""
    clock = [100.0]
    monkeypatch.setattr(time, "monotonic", lambda: clock[0])
    out = io.StringIO()
    bar = Bar(100_000, console=Console(file=out, width=120))
    clock[0] += 60.0
    bar.advance(1, "ppo")
    step = 1
    for pace in [10] * 30 + [5] * 150:
        clock[0] += 1.0
        step += pace
        bar.advance(step, "ppo")
    lines = out.getvalue().splitlines()
    assert lines[0] == "ppo 1/100,000 steps  0.0/s  "
    assert lines[1] == "ppo 161/100,000 steps  10.0/s    166 min left"
    assert f"5.0/s    {(100_000 - step) / 5 / 60:.0f} min left" in lines[-1]
    assert bar.speed == step / 240


def test_what_follows_the_last_step_leaves_no_minutes(monkeypatch: pytest.MonkeyPatch) -> None:
    clock = [100.0]
    monkeypatch.setattr(time, "monotonic", lambda: clock[0])
    out = io.StringIO()
    bar = Bar(500, 500, console=Console(file=out, width=120), unit="batches")
    clock[0] += 50.0
    bar.advance(500, "pretraining", "statistics of many samples")
    assert out.getvalue() == "pretraining 500/500 batches  0.0/s  statistics of many samples\n"


def test_a_quiet_bar_says_nothing() -> None:
    out = io.StringIO()
    with Bar(100, console=Console(file=out), quiet=True) as bar:
        bar.advance(50, "training")
    assert out.getvalue() == ""
