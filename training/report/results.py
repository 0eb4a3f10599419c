"""What an evaluation found, as plain values: how it is written, read, and shown in a terminal."""

from __future__ import annotations

from typing import Any

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
