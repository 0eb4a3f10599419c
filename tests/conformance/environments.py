"""Environments of all kinds, for the laws of `test_environment.py`."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from gymnasium.vector import VectorEnv

from soundwalk.envs.acoustics import AcousticConfig, AcousticModel
from soundwalk.envs.elsewhere import HabitatVectorEnv, SoundSpacesVectorEnv
from soundwalk.envs.navigation import NavMap
from soundwalk.envs.scenes import shoebox
from soundwalk.envs.simulators.habitat import HabitatScene
from soundwalk.envs.tasks.habitat_episodes import HabitatEpisode
from soundwalk.envs.vector import AudioGoalVectorEnv

from ..simulators import soundspaces_data as soundspaces
from ..simulators.habitat_fake import fake_library
from .elsewhere import filed

PIXELS = 33
LONGEST = 9  # steps of an episode
Envs = VectorEnv[Any, Any, Any]


@dataclass(frozen=True)
class Kind:
    """How to make an environment.

    Attributes:
        make: with so many agents, privileged, of PIXELS, truncated after LONGEST steps.
        step: metres of a step ahead.
        turn: radians of a turn.
        reach: metres of walking from the goal within which STOP is a success.
    """

    make: Callable[[int], Envs]
    step: float
    turn: float
    reach: float


def _soundspaces() -> Callable[[int], Envs]:
    """Data written once; a scene of one room, 2.7 m high."""
    made: list[soundspaces.Written] = []

    def make(agents: int) -> Envs:
        if not made:
            data = soundspaces.write_metadata(Path(tempfile.mkdtemp()))
            soundspaces.write_responses(data, rate=16_000)
            soundspaces.write_views(data, PIXELS)
            soundspaces.write_sound(data)
            walks = [(0, 11, 0.0), (2, 9, 90.0), (7, 1, 180.0), (9, 5, 270.0), (11, 0, 0.0)]
            soundspaces.write_episodes(data, [data.episode(*walk) for walk in walks])
            made.append(data)
        return SoundSpacesVectorEnv(
            made[0].root, split="val", num_envs=agents, resolution=PIXELS, max_steps=LONGEST,
            privileged=True, shuffled=True,
        )  # fmt: skip

    return make


def _habitat(agents: int) -> Envs:
    """The adapter on a fake, in a room; episodes of PointNav."""
    room = shoebox((6.0, 5.0, 2.7), absorption=0.3)
    folder = Path(tempfile.mkdtemp())
    path = folder / "room.glb"
    path.touch()
    scene = HabitatScene(path, AcousticModel.from_scene(room, AcousticConfig()))
    places = NavMap.from_scene(room).sample_free(np.random.default_rng(0), 40)
    pairs = [
        (a, b) for a, b in zip(places[::2], places[1::2], strict=True) if sum((a - b) ** 2) > 4
    ]
    walks = [
        HabitatEpisode(str(i), "room.glb", (a[0], a[1], 0.7 * i), 0.0, (b[0], b[1], 0.0))
        for i, (a, b) in enumerate(pairs)
    ]
    envs = HabitatVectorEnv(
        {"room.glb": scene}, walks, num_envs=agents, resolution=PIXELS, max_steps=LONGEST,
        privileged=True, shuffled=True, library=fake_library({"room.glb": room}), simulators=1,
    )  # fmt: skip
    envs.reset(seed=0)  # opens the scene while the file is there
    shutil.rmtree(folder)
    return envs


def _native(agents: int) -> Envs:
    return AudioGoalVectorEnv(
        agents, rooms=(1, 2), homes=3, resolution=PIXELS, max_steps=LONGEST, privileged=True
    )


def _in_scene(kind: str) -> Callable[[int], Envs]:
    """Our own simulator in a scene from a file."""

    def make(agents: int) -> Envs:
        return AudioGoalVectorEnv(
            agents,
            scenes=filed(kind, damped=True),
            resolution=PIXELS,
            max_steps=LONGEST,
            privileged=True,
        )

    return make


ENVIRONMENTS = {
    "native": Kind(_native, 0.25, np.pi / 12, 1.0),
    "plan": Kind(_in_scene("plan"), 0.25, np.pi / 12, 1.0),
    "map": Kind(_in_scene("map"), 0.25, np.pi / 12, 1.0),
    "mesh": Kind(_in_scene("mesh"), 0.25, np.pi / 12, 1.0),
    "SoundSpaces": Kind(_soundspaces(), 0.5, np.pi / 2, 0.0),
    "habitat, faked": Kind(_habitat, 0.25, np.pi / 12, 1.0),
}
