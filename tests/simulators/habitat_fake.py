"""A small habitat-sim that obeys ../shared/HABITAT.md, over scenes of our own.

It has habitat's axes (y up, -z forward), units (degrees), types (32 bits, four colour channels) and
traps: a bare .glb lies on its side, so that no way leads anywhere; roofs are islands of the
navigation mesh, and the larger ones; standing points lie 7 cm above the floor. Its classes refuse
attributes that are not named there. Nothing of the adapter is used, the axes least of all.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np

from soundwalk.envs.navigation import NavMap, NavPool, move
from soundwalk.envs.rendering import Camera, MeshPool, RenderMesh, render
from soundwalk.envs.scenes import Scene
from soundwalk.envs.simulators.habitat.binding import Library

LIFT = 0.07  # metres of the navigation mesh above the floor
ROOF, FLOOR = 0, 1  # islands


@dataclass(slots=True)
class Vector3:
    x: float
    y: float
    z: float


@dataclass(slots=True)
class Quaternion:
    """A numpy-quaternion."""

    w: float = 1.0
    x: float = 0.0
    y: float = 0.0
    z: float = 0.0


def quat_from_angle_axis(theta: float, axis: Any) -> Quaternion:
    x, y, z = np.asarray(axis, float) * np.sin(theta / 2)
    return Quaternion(float(np.cos(theta / 2)), float(x), float(y), float(z))


@dataclass(slots=True)
class SimulatorConfiguration:
    scene_id: str = "NONE"
    gpu_device_id: int = 0
    enable_physics: bool = False
    allow_sliding: bool = True
    create_renderer: bool = True
    random_seed: int = 0


@dataclass(slots=True)
class CameraSensorSpec:
    uuid: str = ""
    sensor_type: str = ""
    sensor_subtype: str = ""
    resolution: list[int] = field(default_factory=list)
    hfov: float = 90.0
    position: Any = None
    near: float = 0.01
    far: float = 1000.0


@dataclass(slots=True)
class AudioSensorSpec:
    uuid: str = ""
    enableMaterials: bool = True  # noqa: N815 - its name
    channelLayout: Any = field(default_factory=SimpleNamespace)  # noqa: N815
    acousticsConfig: Any = field(default_factory=SimpleNamespace)  # noqa: N815
    position: Any = None


@dataclass(slots=True)
class AgentConfiguration:
    height: float = 1.5
    radius: float = 0.1
    sensor_specifications: list[Any] = field(default_factory=list)
    action_space: dict[str, Any] = field(default_factory=dict)


@dataclass(slots=True)
class AgentState:
    position: Any = None
    rotation: Any = None


@dataclass(slots=True)
class NavMeshSettings:
    agent_radius: float = -1.0
    agent_height: float = -1.0
    cell_size: float = -1.0
    cell_height: float = -1.0

    def set_defaults(self) -> None:
        self.agent_radius, self.agent_height = 0.1, 1.5
        self.cell_size, self.cell_height = 0.05, 0.2


@dataclass(slots=True)
class ShortestPath:
    requested_start: Any = None
    requested_end: Any = None
    geodesic_distance: float = 0.0
    points: list[Any] = field(default_factory=list)


@dataclass
class AudioSensor:
    spec: AudioSensorSpec
    source: Any = None

    def setAudioSourceTransform(self, xyz: Any) -> None:  # noqa: N802 - its name
        self.source = np.asarray(xyz, float)


class Agent:
    def __init__(self, config: AgentConfiguration) -> None:
        self.config = config
        self._state = AgentState(np.zeros(3, np.float32), Quaternion())
        self._sensors: dict[str, AudioSensor] = {}

    def get_state(self) -> AgentState:
        return AgentState(self._state.position.copy(), self._state.rotation)

    def set_state(self, state: AgentState, reset_sensors: bool) -> None:
        assert reset_sensors, "else the cameras stay where they are"
        assert state.position.dtype == np.float32
        self._state = AgentState(np.array(state.position), state.rotation)

    @property
    def yaw(self) -> float:
        rotation = self._state.rotation
        return 2 * float(np.arctan2(rotation.y, rotation.w))


class PathFinder:
    """Two islands: the floor of the scene and its roof, as large as all of it."""

    def __init__(self, scene: Scene | None, upright: bool) -> None:
        self._scene, self.upright = scene, upright
        self.settings: NavMeshSettings | None = None
        self.nav: NavMap | None = None
        self.seed(0)

    num_islands = 2

    def seed(self, number: int) -> None:
        self._rng = np.random.default_rng(number)

    def compute(self, settings: NavMeshSettings) -> None:
        self.settings = settings
        if self._scene is not None:
            self.nav = NavMap.from_scene(self._scene, settings.agent_radius)

    def get_random_navigable_point(self, island_index: int = -1) -> Any:
        if self._scene is None or self.nav is None:
            return np.full(3, np.nan, np.float32)
        island = island_index if island_index >= 0 else int(self._rng.random() > 0.6)
        x, y = self.nav.sample_free(self._rng, 1)[0]
        height = 2.9 if island == ROOF else 0.0
        return np.array([x, height + LIFT, -y], np.float32)

    def get_island(self, point: Any) -> int:
        return ROOF if point[1] > 2.0 else FLOOR

    def find_path(self, path: ShortestPath) -> bool:
        start, end = (np.asarray(p, float) for p in (path.requested_start, path.requested_end))
        one_island = self.get_island(start) == self.get_island(end)
        if self.nav is None or not self.upright or not one_island:
            path.geodesic_distance, path.points = np.inf, []
            return False
        here, there = (self.nav.nearest_free(np.array([p[0], -p[2]])) for p in (start, end))
        goal = self.nav.field(there)
        path.geodesic_distance = float(goal.distance(here))
        corners = goal.path(here)
        path.points = [np.array([x, LIFT, -y], np.float32) for x, y in corners]
        return True


class Simulator:
    """Draws, walks and hears in one of the `scenes` by the name of its file."""

    scenes: dict[str, Scene]
    started = 0

    def __init__(self, configuration: Any) -> None:
        type(self).started += 1
        self.closed = False
        self.reconfigure(configuration)

    def reconfigure(self, configuration: Any) -> None:
        self.configuration = configuration
        world, (agent,) = configuration.sim_cfg, configuration.agents
        name, upright = self._read(world.scene_id)
        self._scene = None if name == "NONE" else self.scenes[name]
        self._agent = Agent(agent)
        self.pathfinder = PathFinder(self._scene, upright)
        if self._scene is not None:
            self._meshes = MeshPool(1)
            self._meshes.put(0, RenderMesh.from_scene(self._scene))

    @staticmethod
    def _read(scene_id: str) -> tuple[str, bool]:
        """The file's name, and whether it stands upright."""
        if scene_id == "NONE":
            return "NONE", True
        if scene_id.endswith(".stage_config.json"):
            config = json.loads(Path(scene_id).read_text())
            upright = config["up"] == [0.0, 1.0, 0.0] and config["front"] == [0.0, 0.0, -1.0]
            return Path(config["render_asset"]).name, upright
        return Path(scene_id).name, not scene_id.endswith(".glb")

    def recompute_navmesh(self, pathfinder: PathFinder, settings: NavMeshSettings) -> None:
        pathfinder.compute(settings)

    def get_agent(self, number: int) -> Agent:
        assert number == 0
        return self._agent

    def add_sensor(self, spec: AudioSensorSpec) -> None:
        self._agent._sensors[spec.uuid] = AudioSensor(spec)

    def get_sensor_observations(self) -> dict[str, Any]:
        specs = self._agent.config.sensor_specifications
        seen = {spec.uuid: self._draw(spec) for spec in specs}
        return seen | {uuid: self._respond(s) for uuid, s in self._agent._sensors.items()}

    def step(self, action: str) -> dict[str, Any]:
        spec = self._agent.config.action_space[action]
        amount, collided = spec.actuation.amount, False
        if spec.name == "move_forward":
            collided = self._forward(amount)
        else:
            turn = np.radians(amount) * {"turn_left": 1, "turn_right": -1}[spec.name]
            yaw = self._agent.yaw + turn
            self._agent._state.rotation = quat_from_angle_axis(yaw, [0, 1, 0])
        return {**self.get_sensor_observations(), "collided": collided}

    def close(self) -> None:
        self.closed = True

    def _forward(self, amount: float) -> bool:
        """Along -z, turned by the yaw about +y; sliding if allowed."""
        finder, state = self.pathfinder, self._agent._state
        assert finder.nav is not None
        navs = NavPool(1, 1)
        navs.put(0, finder.nav)
        yaw, (x, _, z) = self._agent.yaw, state.position.astype(float)
        towards = -np.sin(yaw), -np.cos(yaw)  # x, z
        start = finder.nav.nearest_free(np.array([x, -z]))  # 32 bits may lie inside a wall
        pose = np.array([[*start, np.arctan2(-towards[1], towards[0])]])
        (collided,) = move(navs, np.zeros(1, np.int32), pose, np.ones(1, np.int64), amount, 0.1)
        if not collided or self.configuration.sim_cfg.allow_sliding:
            state.position = np.array([pose[0, 0], LIFT, -pose[0, 1]], np.float32)
        return bool(collided)

    def _draw(self, spec: CameraSensorSpec) -> Any:
        assert self._scene is not None
        assert spec.sensor_subtype == "PINHOLE"
        height, width = spec.resolution
        x, y, z = self._agent._state.position + np.array([0, spec.position.y, 0], np.float32)
        # Along (-sin yaw, -cos yaw) of (x, z), which is (-sin yaw, cos yaw) of our (x, y).
        heading = np.arctan2(np.cos(self._agent.yaw), -np.sin(self._agent.yaw))
        eye = np.array([[x, -z, y, heading, 0.0]], np.float32)
        rgb = np.empty((1, height, width, 3), np.uint8)
        depth = np.empty((1, height, width), np.float32)
        camera, slot = Camera(height, width, np.radians(spec.hfov)), np.zeros(1, np.int32)
        render(self._meshes, slot, eye, camera, rgb=rgb, depth=depth)
        if spec.sensor_type == "COLOR":
            return np.concatenate([rgb[0], np.full((height, width, 1), 255, np.uint8)], 2)
        if spec.sensor_type == "DEPTH":
            return depth[0]
        return np.full((height, width), 7, np.int32)

    def _respond(self, sensor: AudioSensor) -> Any:
        """One arrival: late and weak by its distance, stronger at the ear it comes from."""
        rate = sensor.spec.acousticsConfig.sampleRate
        assert str(sensor.spec.channelLayout.type) == "Binaural"
        assert sensor.spec.channelLayout.channelCount == 2
        ears = self._agent._state.position + np.array(sensor.spec.position)
        delta = sensor.source - ears
        distance, yaw = float(np.linalg.norm(delta)), self._agent.yaw
        right = (delta[0] * np.cos(yaw) - delta[2] * np.sin(yaw)) / distance
        out = np.zeros((2, rate // 4), np.float32)
        out[:, round(distance / 343.0 * rate)] = (
            (1 - 0.5 * right) / distance,
            (1 + 0.5 * right) / distance,
        )
        return out


def fake_library(scenes: dict[str, Scene], *, audio: bool = True) -> Library:
    """A habitat-sim that knows scenes by the names of their files."""
    simulator = type("Simulator", (Simulator,), {"scenes": scenes, "started": 0})
    module = SimpleNamespace(
        Simulator=simulator,
        SimulatorConfiguration=SimulatorConfiguration,
        AgentConfiguration=AgentConfiguration,
        AgentState=AgentState,
        CameraSensorSpec=CameraSensorSpec,
        NavMeshSettings=NavMeshSettings,
        ShortestPath=ShortestPath,
        SensorType=SimpleNamespace(COLOR="COLOR", DEPTH="DEPTH", SEMANTIC="SEMANTIC"),
        SensorSubType=SimpleNamespace(PINHOLE="PINHOLE"),
        ActionSpec=lambda name, actuation: SimpleNamespace(name=name, actuation=actuation),
        ActuationSpec=lambda amount: SimpleNamespace(amount=amount),
        Configuration=lambda world, agents: SimpleNamespace(sim_cfg=world, agents=agents),
        sensor=SimpleNamespace(
            RLRAudioPropagationChannelLayoutType=SimpleNamespace(Binaural="Binaural")
        ),
    )
    if audio:
        module.AudioSensorSpec = AudioSensorSpec
    return Library(module, Vector3, quat_from_angle_axis)
