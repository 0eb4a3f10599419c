"""What an evaluation found, as plain values: what they are, how they are written and read."""

from __future__ import annotations

import json
import math
from pathlib import Path
from typing import Any

from ...envs.interface import SoundwalkError

Results = dict[str, Any]
"""The figures of a run, serialisable as JSON.

| key | value |
|---|---|
| system, run, command | title, the run's folder, the command that does it again |
| split, sounds, samples, seed | what was evaluated on |
| tables | {EVALUATOR: {ROW: {METRIC: {"mean", "low", "high"}}}} |
| notes | {EVALUATOR: what a reader should know} |

The system's own rows begin with "system"; the others are controls ("shuffled audio", "chance") and
other methods ("GCC-PHAT"). `low` and `high` bound a 95 % interval.
"""


def write_results(results: Results, path: Path) -> None:
    """Write figures as JSON, aside first and then renamed, so that no reader meets half a file.

    Numbers that are not finite become null, which every reader of JSON knows.
    """
    write_aside(json.dumps(_finite(results), indent=2, allow_nan=False) + "\n", path)


def read_results(path: Path) -> Results:
    """Read what `write_results` wrote.

    Raises:
        SoundwalkError: the file is not there or holds something else.
    """
    try:
        found = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, json.JSONDecodeError) as error:
        raise SoundwalkError(f"{path}: expected results as JSON: {error}") from error
    if not isinstance(found, dict) or not isinstance(found.get("tables"), dict):
        raise SoundwalkError(f"{path}: expected the results of an evaluation, with tables")
    return found


def write_aside(text: str, path: Path) -> None:
    """Write a text beside its place and move it there when it is whole."""
    path.parent.mkdir(parents=True, exist_ok=True)
    aside = path.with_name(f".{path.name}.part")
    aside.write_text(text, encoding="utf-8")
    aside.replace(path)


def _finite(value: Any) -> Any:
    """The same values, with None where a number is not finite."""
    if isinstance(value, dict):
        return {str(key): _finite(part) for key, part in value.items()}
    if isinstance(value, list | tuple):
        return [_finite(part) for part in value]
    if hasattr(value, "item"):  # a NumPy scalar
        return _finite(value.item())
    if isinstance(value, float) and not math.isfinite(value):
        return None
    return str(value) if isinstance(value, Path) else value
