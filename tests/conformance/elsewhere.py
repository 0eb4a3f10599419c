"""Worlds and environments that others made, for the same laws: habitat-sim, SoundSpaces' data."""

from __future__ import annotations

import tempfile
from pathlib import Path

from soundwalk.envs.acoustics import AcousticConfig, AcousticModel
from soundwalk.envs.scenes import Scene, generate, shoebox
from soundwalk.envs.simulators.habitat import HabitatOptions, HabitatScene, HabitatSimulator
from soundwalk.envs.simulators.habitat.binding import Library

from ..simulators.habitat_fake import fake_library
from .worlds import CAMERA, World


def habitat(scene: Scene, agents: int, library: Library, path: Path) -> World:
    """The adapter to habitat-sim, in a scene of ours that lies in a file."""
    options = HabitatOptions(camera=CAMERA, gpu=-1)
    simulator = HabitatSimulator(agents, options, library=library)
    acoustics = AcousticModel.from_scene(scene, AcousticConfig())
    slot = simulator.open(HabitatScene(path, acoustics))
    return World(simulator, scene, slot, agents, simulator.close)


def fake_habitat(scene: Scene, agents: int) -> World:
    """The adapter on a habitat-sim that is a small fake."""
    folder = tempfile.TemporaryDirectory()
    path = Path(folder.name) / "home.glb"
    path.touch()
    world = habitat(scene, agents, fake_library({"home.glb": scene}), path)
    folder.cleanup()
    return world


MORE_WORLDS = {
    "habitat, faked, generated home": lambda agents: fake_habitat(generate(11, 4), agents),
    "habitat, faked, shoebox": lambda agents: fake_habitat(
        shoebox((6.0, 5.0, 2.7), absorption=0.3), agents
    ),
}
