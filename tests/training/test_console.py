"""What commands share: figures for people and programs, points, Ctrl-C, and folders of runs."""

from __future__ import annotations

import json
import math
import signal
import threading
from pathlib import Path

import pytest

from soundwalk.envs.interface import SoundwalkError
from soundwalk.training.config import Config, load_config, save_config
from soundwalk.training.console import report, triple
from soundwalk.training.interrupts import interrupts
from soundwalk.training.runs import clear_run, run_config


def test_figures_are_printed_one_a_line_and_written_whole(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    figures = {"rooms": 3, "name": "größe", "sizes": [1.5, 2], "by_kind": {"kitchen": 1}}
    path = tmp_path / "new" / "figures.json"
    report(figures, path)
    lines = capsys.readouterr().out.splitlines()
    assert lines == [
        "rooms: 3", "name: größe", "sizes: [1.5, 2]", 'by_kind: {"kitchen": 1}',
    ]  # fmt: skip
    assert json.loads(path.read_text(encoding="utf-8")) == figures
    report(figures, None, quiet=True)
    assert capsys.readouterr().out == ""


@pytest.mark.parametrize("text", ["1.5,2,1.2", " 1.5 , 2 , 1.2 ", "15e-1,+2,1.2"])
def test_a_point_is_three_numbers_with_commas(text: str) -> None:
    assert triple("--source", text) == (1.5, 2.0, 1.2)


@pytest.mark.parametrize("text", ["", "1,2", "1,2,3,4", "1;2;3", "1,2,x", "1,,3"])
def test_another_point_is_refused_with_an_example(text: str) -> None:
    with pytest.raises(SoundwalkError) as error:
        triple("--source", text)
    expected = f"--source {text!r}: expected three numbers with commas, e.g. 1.5,2,1.2"
    assert str(error.value) == expected


def test_the_first_interrupt_asks_and_the_second_one_ends() -> None:
    asked = []
    before = signal.getsignal(signal.SIGINT)
    with interrupts(lambda: asked.append("please")):
        signal.raise_signal(signal.SIGINT)
        assert asked == ["please"]
        with pytest.raises(KeyboardInterrupt):
            signal.raise_signal(signal.SIGINT)
    assert asked == ["please"]
    assert signal.getsignal(signal.SIGINT) is before


def test_interrupts_mean_what_they_did_before_even_after_an_error() -> None:
    before = signal.getsignal(signal.SIGINT)
    with pytest.raises(ZeroDivisionError), interrupts(lambda: None):
        raise ZeroDivisionError
    assert signal.getsignal(signal.SIGINT) is before


def test_each_block_has_its_own_first_interrupt() -> None:
    asked = []
    for block in range(2):
        with interrupts(lambda block=block: asked.append(block)):  # type: ignore[misc]
            signal.raise_signal(signal.SIGINT)
    assert asked == [0, 1]


def test_outside_the_main_thread_interrupts_stay_with_whoever_has_them() -> None:
    before, during = signal.getsignal(signal.SIGINT), []

    def work() -> None:
        with interrupts(lambda: None):
            during.append(signal.getsignal(signal.SIGINT))

    thread = threading.Thread(target=work)
    thread.start()
    thread.join()
    assert during == [before]


def test_a_runs_configuration_is_the_one_that_was_saved(tmp_path: Path) -> None:
    config = Config(seed=5, total_steps=4096)
    save_config(config, tmp_path / "config.yaml")
    assert run_config(tmp_path) == run_config(str(tmp_path)) == config


def test_a_folder_without_a_run_says_how_to_start_one(tmp_path: Path) -> None:
    with pytest.raises(SoundwalkError) as error:
        run_config(tmp_path)
    assert str(error.value) == (
        f"{str(tmp_path)!r} is not a run directory: it holds no config.yaml; start one with "
        f"`soundwalk train CONFIG --run-dir {tmp_path}`"
    )


def run_at(folder: Path) -> Path:
    """A run with a checkpoint."""
    (folder / "checkpoints").mkdir(parents=True)
    (folder / "checkpoints" / "step_1").write_text("weights")
    save_config(Config(), folder / "config.yaml")
    return folder


@pytest.mark.parametrize("overwrite", [False, True])
def test_a_new_run_starts_where_there_is_nothing(tmp_path: Path, overwrite: bool) -> None:
    clear_run(tmp_path / "new", overwrite=overwrite)
    clear_run(tmp_path, overwrite=overwrite)
    assert tmp_path.is_dir()


def test_a_run_goes_only_when_that_is_asked_for(tmp_path: Path) -> None:
    run = run_at(tmp_path / "run")
    with pytest.raises(SoundwalkError, match=r"exists: go on with `soundwalk resume .*run`"):
        clear_run(run, overwrite=False)
    assert load_config(run / "config.yaml") == Config()
    assert (run / "checkpoints" / "step_1").read_text() == "weights"
    clear_run(run, overwrite=True)
    assert not run.exists()


@pytest.mark.parametrize("kind", ["folder", "file"])
def test_what_is_no_run_is_never_overwritten(tmp_path: Path, kind: str) -> None:
    path = tmp_path / "thesis"
    kept = path if kind == "file" else path / "chapter.tex"
    kept.parent.mkdir(exist_ok=True)
    kept.write_text("years of work")
    for overwrite, words in ((False, "exists: go on"), (True, "no run directory .*not overwrit")):
        with pytest.raises(SoundwalkError, match=words):
            clear_run(path, overwrite=overwrite)
        assert kept.read_text() == "years of work"


def test_a_point_may_be_anywhere_but_must_be_somewhere() -> None:
    for text in ("nan,0,1", "0,inf,1"):
        with pytest.raises(SoundwalkError, match="expected three numbers with commas"):
            triple("--receiver", text)
    assert math.hypot(*triple("--receiver", "-3,0,4")) == 5.0
