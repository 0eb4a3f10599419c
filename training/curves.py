"""How training goes, for people and for files: a progress line, progress.csv, TensorBoard."""

from __future__ import annotations

import contextlib
import csv
import io
import sys
import time
import warnings
from collections import deque
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import numpy as np
from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeRemainingColumn
from stable_baselines3.common.logger import KVWriter, Logger, TensorBoardOutputFormat
from torch.utils.tensorboard.writer import SummaryWriter

from ..envs.tasks.metrics import METRICS

WINDOW = 100  # episodes in a running mean
_PLAIN_SECONDS = 15.0  # between two lines where there is no terminal, and between two marks
_MARKS = 9  # of time, over which speed is shown: two minutes


class CurveFile(KVWriter):
    """Training's figures as CSV, one row a rollout; new figures become new columns.

    Rows after `steps` are dropped on opening: they belong to work that was lost and is done again.
    """

    def __init__(self, path: Path, steps: int) -> None:
        """Open the file of a run that is at `steps`."""
        self._path = path
        self._rows: list[dict[str, Any]] = []
        self._columns = ["step"]
        if path.is_file():
            whole, _, _ = path.read_bytes().rpartition(b"\n")  # who is killed leaves half a row
            reader = csv.DictReader(io.StringIO(whole.decode("utf-8"), newline=""))
            rows = [row for row in reader if (row.get("step") or "").isdigit()]
            self._columns = list(reader.fieldnames or self._columns)
            self._rows = [row for row in rows if int(row["step"]) <= steps]
        self._write_all()

    def write(
        self, key_values: dict[str, Any], key_excluded: dict[str, tuple[str, ...]], step: int = 0
    ) -> None:
        """Add a row."""
        row = {"step": step, **{k: v for k, v in key_values.items() if np.isscalar(v)}}
        self._rows.append(row)
        new = [key for key in sorted(row) if key not in self._columns]
        if new:
            self._columns += new
            self._write_all()
        else:
            with self._path.open("a", newline="", encoding="utf-8") as file:
                csv.DictWriter(file, self._columns).writerow(row)

    def close(self) -> None:
        """Nothing is held open."""

    def _write_all(self) -> None:
        aside = self._path.with_name(self._path.name + ".partial")
        with aside.open("w", newline="", encoding="utf-8") as file:
            writer = csv.DictWriter(file, self._columns)
            writer.writeheader()
            writer.writerows(self._rows)
        aside.replace(self._path)


class _Board(TensorBoardOutputFormat):
    """TensorBoard from a step on, which hides the events after the checkpoint we resume from."""

    def __init__(self, folder: Path, steps: int) -> None:
        self.writer = SummaryWriter(str(folder), purge_step=steps or None)
        self._is_closed = False


class _Patient(KVWriter):
    """A full disk costs points of a curve, not the training."""

    def __init__(self, within: KVWriter) -> None:
        self._within = within

    def write(
        self, key_values: dict[str, Any], key_excluded: dict[str, tuple[str, ...]], step: int = 0
    ) -> None:
        try:
            self._within.write(key_values, key_excluded, step)
        except OSError as error:
            warnings.warn(f"figures of step {step} could not be written ({error})", stacklevel=2)

    def close(self) -> None:
        with contextlib.suppress(OSError):
            self._within.close()


def make_logger(folder: Path, steps: int) -> Logger:
    """Stable-Baselines3's logger for a run that is at `steps`: CSV and TensorBoard."""
    curve = CurveFile(folder / "progress.csv", steps)
    board = _Board(folder / "tensorboard", steps)
    return Logger(str(folder), [_Patient(curve), _Patient(board)])


class Bar:
    """A bar on a terminal, plain lines elsewhere: steps, figures, time left.

    Args:
        total: steps of the whole training.
        steps: where it stands.
        seconds: wall time used until then.
        console: where to write; standard error by default.
        unit: what a step is called.
        quiet: show nothing.
    """

    def __init__(
        self,
        total: int,
        steps: int = 0,
        seconds: float = 0.0,
        console: Console | None = None,
        *,
        unit: str = "steps",
        quiet: bool = False,
    ) -> None:
        """See the class."""
        self.total, self.steps, self._unit, self._quiet = total, steps, unit, quiet
        self._console = console or Console(file=sys.stderr)
        self._before, self._since, self._first = seconds, time.monotonic(), steps
        self._said = 0.0
        self._marks = deque([(self._since, steps)], _MARKS)
        self._bar = Progress(
            TextColumn("{task.fields[phase]}"),
            BarColumn(),
            TextColumn("{task.completed:,.0f}/{task.total:,.0f} " + unit),
            TextColumn("{task.fields[figures]}"),
            TimeRemainingColumn(),
            console=self._console,
            disable=quiet or not self._console.is_terminal,
        )
        self._task = self._bar.add_task("", total=total, completed=steps, phase="", figures="")

    def __enter__(self) -> Self:
        """Show it."""
        self._bar.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Leave the last state on the screen."""
        self._bar.stop()

    @property
    def seconds(self) -> float:
        """Wall time of the whole training."""
        return self._before + time.monotonic() - self._since

    @property
    def speed(self) -> float:
        """Steps a second since the program started."""
        return (self.steps - self._first) / max(time.monotonic() - self._since, 1e-9)

    def _lately(self) -> float:
        """Steps a second of the last two minutes, without those that compiled and filled caches."""
        now = time.monotonic()
        if now - self._marks[-1][0] >= _PLAIN_SECONDS:
            self._marks.append((now, self.steps))
        if len(self._marks) == 3 and self._marks[0][0] == self._since:
            self._marks.popleft()
        since, first = self._marks[0]
        return (self.steps - first) / max(now - since, 1e-9)

    def advance(self, steps: int, phase: str, figures: str = "") -> None:
        """Training is at `steps` now."""
        self.steps = steps
        speed = self._lately()
        figures = f"{speed:,.{0 if speed > 20 else 1}f}/s  {figures}"
        self._bar.update(self._task, completed=steps, phase=phase, figures=figures)
        plain = not self._quiet and not self._console.is_terminal
        if plain and time.monotonic() - self._said > _PLAIN_SECONDS:
            self._said = time.monotonic()
            line = f"{phase} {steps:,}/{self.total:,} {self._unit}  {figures}"
            if speed >= 0.05 and steps < self.total:  # shown as 0.1/s or more
                line += f"  {(self.total - steps) / speed / 60:.0f} min left"
            self.say(line)

    def say(self, line: str) -> None:
        """Print a line above the bar."""
        self._console.print(line, highlight=False, soft_wrap=True)


class Pace(Bar):
    """A bar with the success and SPL of the last episodes; arguments as `Bar`.

    Args:
        recent: metrics of the last episodes until now.
    """

    def __init__(
        self,
        total: int,
        steps: int = 0,
        seconds: float = 0.0,
        recent: list[dict[str, float]] | None = None,
        console: Console | None = None,
    ) -> None:
        """See the class."""
        super().__init__(total, steps, seconds, console)
        self.recent: deque[dict[str, float]] = deque(recent or [], WINDOW)

    def means(self) -> dict[str, float]:
        """Mean metrics of the last episodes; empty before the first one ended."""
        if not self.recent:
            return {}
        return {key: float(np.mean([e[key] for e in self.recent])) for key in self.recent[0]}

    def ended(self, episodes: list[dict[str, float]]) -> None:
        """Episodes have ended with these metrics."""
        self.recent.extend({name: float(e[name]) for name in METRICS} for e in episodes)

    def advance(self, steps: int, phase: str, figures: str = "") -> None:
        """Training is at `steps` now."""
        means = self.means()
        if means and phase == "imitation":  # the teacher acts, too: no measure of the pupil
            figures += f"success with teacher {means['success']:.2f}"
        elif means:
            figures += f"success {means['success']:.2f}  SPL {means['spl']:.2f}"
        super().advance(steps, phase, figures)
