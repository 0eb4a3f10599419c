"""Small clip worlds, built once."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest

from soundwalk.envs.acoustics.sounds import SoundBank
from soundwalk.envs.clips import ClipWorld

Make = Callable[..., ClipWorld]


@pytest.fixture(scope="session")
def make() -> Iterator[Make]:
    """Makes worlds of four small homes with any options; equal options share a world."""
    made: dict[str, ClipWorld] = {}
    bank = SoundBank.synthetic()  # shared, because synthesis takes longer than all else

    def build(**options: Any) -> ClipWorld:
        options = {"rooms": (1, 2), "homes": 4, "seconds": 0.5, "sounds": bank, **options}
        key = repr(sorted(options.items()))
        if key not in made:
            made[key] = ClipWorld(**options)
        return made[key]

    yield build
    for world in made.values():
        world.close()
