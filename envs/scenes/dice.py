"""Chance that falls the same on every machine: the raw bits of PCG64, and whole-number arithmetic.

NumPy guarantees the raw stream of a bit generator for good (NEP 19), but not what Generator's
methods make of it.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TypeVar

import numpy as np

_T = TypeVar("_T")
_BITS = 30
_BLOCK = 2048


class Dice:
    """A stream of decisions; numbers are drawn in blocks, which is 20 times cheaper than singly."""

    def __init__(self, *entropy: int) -> None:
        self._bits = np.random.PCG64(list(entropy))
        self._numbers: list[int] = []

    def below(self, limit: int) -> int:
        """A whole number from 0 to limit - 1."""
        if not self._numbers:
            self._numbers = (self._bits.random_raw(_BLOCK) >> np.uint64(64 - _BITS)).tolist()
        return (self._numbers.pop() * limit) >> _BITS

    def between(self, low: int, high: int, step: int = 1) -> int:
        """A whole number from low to high, both included, in steps; low if high is lower."""
        return low + step * self.below(max(0, high - low) // step + 1)

    def chance(self, percent: int) -> bool:
        """True so often."""
        return self.below(100) < percent

    def pick(self, items: Sequence[_T]) -> _T:
        """One of the items."""
        return items[self.below(len(items))]

    def shuffled(self, items: Sequence[_T]) -> list[_T]:
        """All items in a random order (Fisher and Yates)."""
        result = list(items)
        for last in range(len(result) - 1, 0, -1):
            other = self.below(last + 1)
            result[last], result[other] = result[other], result[last]
        return result
