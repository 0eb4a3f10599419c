"""One agent or more in a scene of one's choice, with any options of hearing."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from soundwalk.envs.acoustics import AcousticConfig
from soundwalk.envs.rendering import Camera
from soundwalk.envs.scenes import Scene
from soundwalk.envs.simulators.homes import Home, HomePool, Key
from soundwalk.envs.simulators.native import NativeSimulator
from soundwalk.envs.simulators.options import HearingOptions

Make = Callable[..., NativeSimulator]


class OneHome(HomePool):
    """A pool whose every home is the same scene, in slot `first`."""

    def __init__(self, scene: Scene, agents: int, config: AcousticConfig, rows: int) -> None:
        super().__init__(agents + 1, agents, config, rows)
        self.scene = scene
        self.first = self.acquire(0, (1, 1))

    def _build(self, key: Key) -> Home:
        return Home.from_scene(self.scene, self.config)


def simulator(scene: Scene, agents: int = 1, **options: Any) -> NativeSimulator:
    """Agents in a scene; its pool is to be closed."""
    hearing = HearingOptions(**options)
    config = hearing.config()
    pool = OneHome(scene, agents, config, hearing.rows(agents))
    return NativeSimulator(pool, agents, Camera(8, 8, 1.5), config, hearing)
