"""Small homes that are counted when they are built."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from typing import Any

import pytest

from soundwalk.envs.scenes import Scene, generate
from soundwalk.envs.simulators import homes
from soundwalk.envs.simulators.native import NativeSimulator

from .worlds import Make, simulator


@pytest.fixture
def built(monkeypatch: pytest.MonkeyPatch) -> Counter[int]:
    """How often each seed's home was generated."""
    counts: Counter[int] = Counter()

    def counted(seed: int, rooms: tuple[int, int]) -> Scene:
        counts[seed] += 1
        return generate(seed, rooms)

    monkeypatch.setattr(homes, "generate", counted)
    return counts


@pytest.fixture
def make() -> Iterator[Make]:
    """Makes simulators of one home with any options: see `worlds.simulator`."""
    made: list[NativeSimulator] = []

    def build(scene: Scene, agents: int = 1, **options: Any) -> NativeSimulator:
        made.append(simulator(scene, agents, **options))
        return made[-1]

    yield build
    for world in made:
        world.pool.close()
