"""The only module that knows habitat-sim: everything else asks this one.

habitat-sim >= 0.3 is not on PyPI; what is known of it is what its own documentation says and what
was tried (docs/elsewhere.md). `Habitat` takes the module as an argument, so that all but the
library itself can be tested without it.
"""

from __future__ import annotations

import importlib
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from ...interface import F32, F64, SoundwalkError
from .axes import Quaternion, from_habitat, heading_of, to_habitat, yaw_of
from .settings import HabitatOptions, action_plan, sensor_plans

_UP = np.array([0.0, 1.0, 0.0])


@dataclass(frozen=True)
class Library:
    """The modules of habitat-sim.

    Attributes:
        sim: `habitat_sim`.
        vector: `magnum.Vector3`.
        turn: `habitat_sim.utils.common.quat_from_angle_axis`.
    """

    sim: Any
    vector: Callable[..., Any]
    turn: Callable[..., Any]


def load_library() -> Library:
    """Import habitat-sim.

    Raises:
        SoundwalkError: it is not installed; the message says how to get it and what works without.
    """
    try:
        sim = importlib.import_module("habitat_sim")
        vector = importlib.import_module("magnum").Vector3
        turn = importlib.import_module("habitat_sim.utils.common").quat_from_angle_axis
    except ImportError as error:
        raise SoundwalkError(
            f"habitat-sim is not installed ({error}). It is not on PyPI: conda install habitat-sim"
            " headless -c conda-forge -c aihabitat, in an environment with Python 3.9 to 3.11 into "
            "which pip installs soundwalk. Without it, generated homes (AudioGoalVectorEnv), "
            "meshes and SoundSpaces' data with cached observations (SoundSpacesVectorEnv) work"
        ) from None
    return Library(sim, vector, turn)


class Habitat:
    """One `habitat_sim.Simulator` with one agent, in our axes: z up, headings from +x.

    Args:
        library: the modules.
        stage: file of the scene, as `stage_file` gives it; "NONE" is empty.
        options: how to see and move.
    """

    def __init__(self, library: Library, stage: Path | str, options: HabitatOptions) -> None:
        """Start a simulator, which takes seconds the first time."""
        self._library, self._options = library, options
        self._sim = library.sim.Simulator(self._configuration(stage))
        self._prepare()

    def open(self, stage: Path | str) -> None:
        """Go to another scene: faster than starting anew."""
        self._sim.reconfigure(self._configuration(stage))
        self._prepare()

    def close(self) -> None:
        """Free the graphics card."""
        self._sim.close()

    def place(self, position: F64, heading: float) -> None:
        """Put the agent's feet at a point (3,), looking along a heading."""
        state = self._library.sim.AgentState()
        state.position = to_habitat(position).astype(np.float32)
        state.rotation = self._library.turn(yaw_of(heading), _UP)
        self._sim.get_agent(0).set_state(state, reset_sensors=True)

    def where(self) -> tuple[F64, float]:
        """Position (3,) of the agent's feet, and its heading."""
        state = self._sim.get_agent(0).get_state()
        rotation: Quaternion = tuple(  # type: ignore[assignment]
            float(getattr(state.rotation, part)) for part in "wxyz"
        )
        return from_habitat(np.asarray(state.position, np.float64)), heading_of(rotation)

    def observe(self) -> dict[str, Any]:
        """What the sensors see now."""
        return dict(self._sim.get_sensor_observations())

    def step(self, action: str) -> tuple[dict[str, Any], bool]:
        """Act; what the sensors see then, and whether something stood in the way."""
        observations = dict(self._sim.step(action))
        return observations, bool(observations.pop("collided", False))

    def way(self, start: F64, goal: F64) -> tuple[float, F64]:
        """Length of the shortest way and its corners (P, 3); inf and none where there is none."""
        path = self._library.sim.ShortestPath()
        path.requested_start = to_habitat(start).astype(np.float32)
        path.requested_end = to_habitat(goal).astype(np.float32)
        if not self._sim.pathfinder.find_path(path):
            return np.inf, np.zeros((0, 3))
        points = np.asarray(list(path.points), np.float64).reshape(-1, 3)
        return float(path.geodesic_distance), from_habitat(points)

    def random_point(self, island: int | None = None) -> F64:
        """A point (3,) where one can stand, on an island or anywhere.

        Raises:
            SoundwalkError: there is none.
        """
        finder = self._sim.pathfinder
        found = (
            finder.get_random_navigable_point()
            if island is None
            else finder.get_random_navigable_point(island_index=island)
        )
        point = np.asarray(found, np.float64)
        if not np.isfinite(point).all():
            raise SoundwalkError(
                "the navigation mesh has no place to stand: is the scene upright? A bare .glb is "
                "read by the options up and front"
            )
        return from_habitat(point)

    def island_of(self, point: F64) -> int:
        """The island of the navigation mesh that a point lies on."""
        return int(self._sim.pathfinder.get_island(to_habitat(point).astype(np.float32)))

    def islands(self) -> int:
        """How many there are."""
        return int(self._sim.pathfinder.num_islands)

    def hear_through(self, uuid: str, rate: int, height: float) -> None:
        """Add habitat's own audio sensor (RLR), with two ears.

        Raises:
            SoundwalkError: this build of habitat-sim has none.
        """
        sim = self._library.sim
        if not hasattr(sim, "AudioSensorSpec"):
            raise SoundwalkError(
                "this build of habitat-sim has no audio: build it with --audio, or give the scene "
                "an acoustic model of ours"
            )
        spec = sim.AudioSensorSpec()
        spec.uuid = uuid
        spec.enableMaterials = False
        spec.channelLayout.type = sim.sensor.RLRAudioPropagationChannelLayoutType.Binaural
        spec.channelLayout.channelCount = 2
        spec.position = [0.0, height, 0.0]
        spec.acousticsConfig.sampleRate = rate
        spec.acousticsConfig.indirect = True
        self._sim.add_sensor(spec)

    def response(self, uuid: str, source: F64) -> F32:
        """The response (C, T) from a point (3,) to the audio sensor where the agent is."""
        sensor = self._sim.get_agent(0)._sensors[uuid]
        sensor.setAudioSourceTransform(to_habitat(source).astype(np.float32))
        return np.asarray(self._sim.get_sensor_observations()[uuid], np.float32)

    def _configuration(self, stage: Path | str) -> Any:
        sim, options = self._library.sim, self._options
        world = sim.SimulatorConfiguration()
        world.scene_id = str(stage)
        world.gpu_device_id = options.gpu
        world.enable_physics = False
        world.allow_sliding = options.sliding
        world.random_seed = options.seed
        agent = sim.AgentConfiguration()
        agent.height, agent.radius = options.height, options.radius
        agent.sensor_specifications = [self._sensor(plan) for plan in sensor_plans(options)]
        agent.action_space = {
            name: sim.ActionSpec(name, sim.ActuationSpec(amount))
            for name, amount in action_plan().items()
        }
        return sim.Configuration(world, [agent])

    def _sensor(self, plan: Any) -> Any:
        sim = self._library.sim
        spec = sim.CameraSensorSpec()
        spec.uuid = plan.uuid
        spec.sensor_type = getattr(sim.SensorType, plan.kind)
        spec.sensor_subtype = sim.SensorSubType.PINHOLE
        spec.resolution = list(plan.resolution)
        spec.hfov = plan.hfov
        spec.position = self._library.vector(*plan.position)
        spec.near, spec.far = self._options.near, self._options.far
        return spec

    def _prepare(self) -> None:
        """Compute the navigation mesh for our agent."""
        settings = self._library.sim.NavMeshSettings()
        settings.set_defaults()
        settings.agent_radius = self._options.radius
        settings.agent_height = self._options.height
        settings.cell_size = self._options.cell_size
        settings.cell_height = self._options.cell_height
        self._sim.recompute_navmesh(self._sim.pathfinder, settings)
        self._sim.pathfinder.seed(self._options.seed)
