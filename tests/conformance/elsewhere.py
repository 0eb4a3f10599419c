"""Worlds that are not generated, for the same laws: plans, maps, meshes, habitat-sim."""

from __future__ import annotations

import json
import tempfile
from functools import cache
from pathlib import Path
from typing import Any

from soundwalk.envs.acoustics import AcousticConfig, AcousticModel
from soundwalk.envs.rendering.glb import save_glb
from soundwalk.envs.scenes import Scene, generate, open_scene, shoebox
from soundwalk.envs.scenes.plans import save_plan
from soundwalk.envs.simulators.habitat import HabitatOptions, HabitatScene, HabitatSimulator
from soundwalk.envs.simulators.habitat.binding import Library

from ..scenes.map_files import survey, write_map
from ..simulators.habitat_fake import fake_library
from .worlds import CAMERA, World, native


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


# A room in which one hears where sound comes from: most of what reaches the walls stays there.
STUDIO: dict[str, Any] = {
    "name": "studio",
    "walls": "curtains_cotton_0.5",
    "floor": "carpet_tufted_9m",
    "ceiling": "felt_5mm",
    "rooms": [{"kind": "studio", "box": [0, 0, 8, 6]}],
    "furniture": [
        {"kit": "sofa_alone", "at": [4, 6], "facing": "south"},
        {"kit": "wardrobe", "at": [0, 3], "facing": "east"},
    ],
    "objects": [
        {"category": "telephone", "position": [1.0, 1.0, 1.2]},
        {"category": "piano", "at": [8, 3], "facing": "west"},
        {"category": "fan", "at": [4, 3], "facing": "south"},
        {"category": "washing_machine", "at": [2, 0], "facing": "north"},
    ],
}


@cache
def filed(kind: str, *, damped: bool = False) -> Scene:
    """A home, written to a file of that kind and read again: a generated one, or the STUDIO."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        (folder / "studio.json").write_text(json.dumps(STUDIO))
        home = open_scene(folder / "studio.json") if damped else generate(11, 4)
        if kind == "plan":
            save_plan(home, folder / "home.json")
            return open_scene(folder / "home.json")
        if kind == "mesh":
            save_glb(home, folder / "home.glb")
            return open_scene(folder / "home.glb")
        grey, origin = survey(home, 0.05, furnished=True)
        path = write_map(folder, grey, origin=list(origin))
        names = ("walls", "floor", "ceiling")
        return open_scene(path, materials={key: STUDIO[key] for key in names} if damped else None)


MORE_WORLDS = {
    "plan": lambda agents: native(filed("plan"), agents),
    "map": lambda agents: native(filed("map"), agents),
    "mesh": lambda agents: native(filed("mesh"), agents),
    "habitat, faked, generated home": lambda agents: fake_habitat(generate(11, 4), agents),
    "habitat, faked, shoebox": lambda agents: fake_habitat(
        shoebox((6.0, 5.0, 2.7), absorption=0.3), agents
    ),
}
