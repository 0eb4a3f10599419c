"""Where agents are, shared by everything that must know."""

from __future__ import annotations

from dataclasses import dataclass

from ..interface import F64, I32


@dataclass
class Bodies:
    """Where N agents are, shared by all senses.

    Attributes:
        poses: (N, 3) float64 x, y in metres and heading in radians.
        before: (N, 3) float64 the poses at the start of the step.
        slots: (N,) int32 home of each.
    """

    poses: F64
    before: F64
    slots: I32
