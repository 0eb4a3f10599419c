"""What habitat-sim is asked for, as plain values: sensors, actions, and files of stages."""

from __future__ import annotations

import json
import math
import zlib
from dataclasses import dataclass, field
from pathlib import Path

from ...interface import (
    AGENT_HEIGHT,
    AGENT_RADIUS,
    FORWARD_STEP,
    SENSOR_HEIGHT,
    TURN_ANGLE,
    Action,
    SoundwalkError,
)
from ...rendering import Camera

Axis = tuple[float, float, float]
ACTIONS = {
    int(Action.MOVE_FORWARD): "move_forward",
    int(Action.TURN_LEFT): "turn_left",
    int(Action.TURN_RIGHT): "turn_right",
}  # STOP is no action of habitat's: the agent stands still
_BARE = (".glb", ".gltf")  # read as z-up without a stage config


@dataclass(frozen=True)
class HabitatOptions:
    """How agents see and move in habitat-sim.

    Attributes:
        camera: of all images.
        sensors: which of "rgb", "depth", "semantic" habitat renders.
        radius: of the agent, metres.
        height: of the agent, metres.
        sliding: whether it slides along what it bumps into.
        cell_size: of the navigation mesh, metres across.
        cell_height: of the navigation mesh, metres up.
        gpu: number of the graphics card; -1 where there is none.
        near: nothing nearer is seen, metres.
        far: nothing farther is seen, metres.
        up: of bare .glb files, in their own axes; y by the standard.
        front: of bare .glb files, in their own axes; -z by the standard.
        island: of the navigation mesh; None finds the floor's.
        seed: of habitat's random points.
    """

    camera: Camera = field(default_factory=Camera)
    sensors: tuple[str, ...] = ("rgb", "depth")
    radius: float = AGENT_RADIUS
    height: float = AGENT_HEIGHT
    sliding: bool = True
    cell_size: float = 0.05
    cell_height: float = 0.05
    gpu: int = 0
    near: float = 0.01
    far: float = 1000.0
    up: Axis = (0.0, 1.0, 0.0)
    front: Axis = (0.0, 0.0, -1.0)
    island: int | None = None
    seed: int = 0

    def __post_init__(self) -> None:
        """Check the values.

        Raises:
            SoundwalkError: a length is not positive, or an axis is none.
        """
        for name in ("radius", "height", "cell_size", "cell_height", "near", "far"):
            value = getattr(self, name)
            if not 0 < value < math.inf:
                raise SoundwalkError(f"{name}={value!r}: expected metres > 0")
        dot = sum(a * b for a, b in zip(self.up, self.front, strict=True))
        if abs(dot) > 1e-6 or not any(self.up) or not any(self.front):
            raise SoundwalkError(
                f"up={self.up}, front={self.front}: expected two axes at right angles"
            )


@dataclass(frozen=True)
class SensorPlan:
    """A pinhole camera on the agent, as `CameraSensorSpec` wants it.

    Attributes:
        uuid: its name, and the key of what it observes.
        kind: name of its `SensorType`.
        resolution: height and width in pixels.
        hfov: horizontal field of view in degrees.
        position: metres from the agent's feet, in habitat's axes.
    """

    uuid: str
    kind: str
    resolution: tuple[int, int]
    hfov: float
    position: Axis = (0.0, SENSOR_HEIGHT, 0.0)


def sensor_plans(options: HabitatOptions) -> list[SensorPlan]:
    """The cameras that options ask for.

    Raises:
        SoundwalkError: a sensor does not exist.
    """
    kinds = {"rgb": "COLOR", "depth": "DEPTH", "semantic": "SEMANTIC"}
    for name in options.sensors:
        if name not in kinds:
            raise SoundwalkError(f"sensor {name!r}: expected some of {', '.join(kinds)}")
    camera = options.camera
    size, hfov = (camera.height, camera.width), math.degrees(camera.hfov)
    return [SensorPlan(name, kinds[name], size, hfov) for name in options.sensors]


def action_plan() -> dict[str, float]:
    """How far each action goes: metres, and degrees of a turn.

    >>> action_plan()
    {'move_forward': 0.25, 'turn_left': 15.0, 'turn_right': 15.0}
    """
    degrees = round(math.degrees(TURN_ANGLE), 9)
    return {"move_forward": FORWARD_STEP, "turn_left": degrees, "turn_right": degrees}


def stage_file(scene: Path, options: HabitatOptions, folder: Path) -> Path:
    """The file that habitat-sim is given for a scene.

    A bare .glb is read as if z were up; a stage config beside it says what is. It is written to
    `folder`, because data sets may lie where nothing can be written.

    Raises:
        SoundwalkError: the scene does not exist.
    """
    if not scene.is_file():
        raise SoundwalkError(
            f"scene {str(scene)!r} does not exist: expected a .glb, .ply or stage config"
        )
    if scene.suffix.lower() not in _BARE:
        return scene
    config = {
        "render_asset": str(scene.resolve()),
        "collision_asset": str(scene.resolve()),
        "up": list(options.up),
        "front": list(options.front),
        "units_to_meters": 1.0,
    }
    text = json.dumps(config, indent=2)
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"{scene.stem}_{zlib.crc32(text.encode()):08x}.stage_config.json"
    path.write_text(text, encoding="utf-8")
    return path
