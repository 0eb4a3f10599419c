"""Homes of every size, generated once."""

from __future__ import annotations

import pytest

from soundwalk.envs.scenes import Scene, generate


@pytest.fixture(scope="session")
def homes() -> list[Scene]:
    """Three homes of each number of rooms."""
    return [generate(100 * rooms + seed, rooms) for rooms in range(1, 9) for seed in range(3)]
