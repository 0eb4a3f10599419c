"""Every law runs on every world, engine and wrapper of `worlds.py`."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from .elsewhere import MORE_WORLDS
from .worlds import ENGINES, WORLDS, EngineCase, World

WORLDS.update(MORE_WORLDS)


@pytest.fixture(scope="module", params=list(WORLDS))
def world(request: pytest.FixtureRequest) -> Iterator[World]:
    """A world with two agents."""
    world = WORLDS[request.param](2)
    yield world
    world.close()


@pytest.fixture(scope="module", params=list(ENGINES))
def engine_case(request: pytest.FixtureRequest) -> EngineCase:
    """How to make an engine."""
    return ENGINES[request.param]
