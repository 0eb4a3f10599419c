"""Small homes that are counted when they are built."""

from __future__ import annotations

from collections import Counter

import pytest

from soundwalk.envs.scenes import Scene, generate
from soundwalk.envs.simulators import homes


@pytest.fixture
def built(monkeypatch: pytest.MonkeyPatch) -> Counter[int]:
    """How often each seed's home was generated."""
    counts: Counter[int] = Counter()

    def counted(seed: int, rooms: tuple[int, int]) -> Scene:
        counts[seed] += 1
        return generate(seed, rooms)

    monkeypatch.setattr(homes, "generate", counted)
    return counts
