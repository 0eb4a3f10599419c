"""Agents in habitat-sim that look, walk and hear as those in our own simulator do."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from ...acoustics import AcousticConfig, AcousticPool
from ...interface import (
    F32,
    F64,
    I32,
    I64,
    STEP_SECONDS,
    SUCCESS_DISTANCE,
    U8,
    Action,
    Bool,
    SoundwalkError,
    wrap_angle,
)
from ..bodies import Bodies
from ..emitters import Sound
from ..hearing import Heard, Hearing
from ..options import HearingOptions
from ..pointwise import PointwiseHearing
from .binding import Habitat, Library, load_library
from .rlr import RlrEngine
from .settings import ACTIONS, HabitatOptions
from .stages import HabitatScene, Stages
from .ways import azimuth_along, colours, count_actions, free_step, metres, towards

_ROUNDING = 1e-4  # metres or radians by which habitat's 32-bit numbers may be off
_PICTURED = 400  # points drawn for the picture of a floor
_STOPS_AT = 0.8 * SUCCESS_DISTANCE  # metres; where the oracle stops


class HabitatSimulator:
    """N agents in scenes of habitat-sim.

    Attributes:
        poses: (N, 3) float64 x, y in metres and heading in radians, as everywhere here.
        positions: (N, 3) metres, z up, where the feet are.
        sources: (N, 3) metres, what sounds.
        heard: what was heard last.
        block: samples of a step.

    Args:
        num_agents: how many.
        options: how to see and move.
        hearing: options of our ears, which need scenes with acoustics; with RLR only the rate.
        engine: "ours", "rlr" for habitat's own audio, or "none".
        simulators: how many scenes are open at a time; one for each agent if None.
        library: habitat-sim; imported if None.
    """

    def __init__(
        self,
        num_agents: int,
        options: HabitatOptions | None = None,
        *,
        hearing: HearingOptions | None = None,
        engine: str = "ours",
        simulators: int | None = None,
        library: Library | None = None,
    ) -> None:
        """See the class.

        Raises:
            SoundwalkError: habitat-sim is not installed, or an argument has no meaning.
        """
        if engine not in ("ours", "rlr", "none"):
            raise SoundwalkError(f"engine={engine!r}: expected 'ours', 'rlr' or 'none'")
        library = library or load_library()
        self.options, self.hearing_options = (
            options or HabitatOptions(),
            hearing or HearingOptions(),
        )
        self.config: AcousticConfig = self.hearing_options.config()
        self.num_agents, self.engine = num_agents, engine
        most = num_agents if simulators is None else simulators
        self.stages = Stages(library, self.options, most)
        self.poses, self.positions = np.zeros((num_agents, 3)), np.zeros((num_agents, 3))
        self.sources, self._goals = np.zeros((num_agents, 3)), np.zeros((num_agents, 3))
        self.slots = np.full(num_agents, -1, np.int32)
        self.heard: Heard | None = None
        self.block = round(STEP_SECONDS * self.config.sample_rate)
        self._bodies = Bodies(self.poses, np.zeros((num_agents, 3)), self.slots)
        self._frames: list[dict[str, Any] | None] = [None] * num_agents
        self._ways: list[tuple[float, F64] | None] = [None] * num_agents
        self._actions = np.zeros(num_agents, np.int64)
        self._ears: Hearing | PointwiseHearing | None = None
        if engine == "ours":
            sources = self.hearing_options.rows(num_agents)
            self._pool = AcousticPool(most, self.config, sources)
            self._ears = Hearing(self._pool, self._bodies, self.hearing_options)
        elif engine == "rlr":
            self._rlr = RlrEngine(library, self.options, self.config)
            self._ears = PointwiseHearing(
                num_agents, 2, self.config.sample_rate, self.block, self.config.samples,
                self.responses,
            )  # fmt: skip

    def open(self, scene: HabitatScene) -> int:
        """Slot of a scene, opened now if need be; `stages.release` gives it back.

        Raises:
            SoundwalkError: too many are open, or it has no acoustics and our ears are to hear it.
        """
        if self.engine == "ours" and scene.acoustics is None:
            raise SoundwalkError(
                f"scene {str(scene.path)!r} has no acoustics: give HabitatScene an AcousticModel "
                "of it, or make the simulator with engine='rlr' or 'none'"
            )
        slot, fresh = self.stages.acquire(scene)
        if fresh and scene.acoustics is not None and self.engine == "ours":
            self._pool.put(slot, scene.acoustics)
        return slot

    def place(
        self, agent: int, slot: int, pose: F64, source: F64, dry: F32, offset: int, duration: float
    ) -> None:
        """Put an agent on the floor of an open scene, as `NativeSimulator.place` does.

        Raises:
            SoundwalkError: the clip is empty, or the source is in a wall.
        """
        feet = np.array([pose[0], pose[1], self.stages[slot].scene.floor])
        sound = Sound(dry, np.asarray(source, np.float64), offset, duration=duration)
        self.settle(agent, slot, feet, float(pose[2]), [sound])

    def settle(
        self, agent: int, slot: int, feet: F64, heading: float, sounds: Sequence[Sound],
        goal: F64 | None = None, seed: int = 0,
    ) -> None:  # fmt: skip
        """Put an agent's feet at a point (3,) of an open scene, with sounds, the goal's first.

        Sounds are above the floor of the scene; `goal` is where to walk, under the first if None.

        Raises:
            SoundwalkError: a clip is empty, or a sound is in a wall.
        """
        floor = self.stages[slot].scene.floor
        self.slots[agent] = slot
        self.positions[agent] = feet
        self.poses[agent] = self._bodies.before[agent] = (*feet[:2], wrap_angle(heading))
        self._frames[agent] = self._ways[agent] = None
        if sounds:
            self.sources[agent] = sounds[0].position
            below = np.array([*sounds[0].position[:2], floor])
            self._goals[agent] = below if goal is None else goal
        if isinstance(self._ears, Hearing):
            self._ears.settle(agent, slot, sounds, seed)
        elif self._ears is not None:
            self._ears.settle(agent, sounds[0])

    def act(self, actions: I64) -> Bool:
        """Turn and move; returns (N,) whether something stood in the way."""
        self._actions = actions
        self._bodies.before[:] = self.poses
        collided = np.zeros(self.num_agents, np.bool_)
        for agent in range(self.num_agents):
            name = ACTIONS.get(int(actions[agent]))
            if name is not None:
                collided[agent] = self._step(agent, name)
        return collided

    def see(
        self, agents: I32, *, rgb: bool = True, depth: bool = True
    ) -> tuple[U8 | None, F32 | None]:
        """What these agents see: (n, H, W, 3) uint8 and (n, H, W) float32 metres."""
        frames = [self._frame(int(agent)) for agent in agents] if rgb or depth else []
        return (
            np.stack([colours(f["rgb"]) for f in frames]) if rgb else None,
            np.stack([metres(f["depth"]) for f in frames]) if depth else None,
        )

    def semantic(self, agents: I32) -> I32:
        """(n, H, W) ids of what is seen, with the sensor "semantic"."""
        return np.stack([np.asarray(self._frame(int(a))["semantic"], np.int32) for a in agents])

    def begin_hearing(self, agents: I32) -> F32:
        """The first (n, C, block) that agents hear after `place`."""
        self.heard = self._listening().begin(agents)
        return self.heard.audio

    def hear(self) -> F32:
        """What all agents hear while this step lasts, (N, C, block)."""
        ears = self._listening()
        moving = self._actions != Action.STOP
        still = np.zeros(self.num_agents, np.bool_)
        self.heard = ears.hear(still, moving) if isinstance(ears, Hearing) else ears.hear()
        return self.heard.audio

    def skip_hearing(self) -> None:
        """Let the sounds play on for a step that nobody listens to."""
        if self._ears is not None:
            self._ears.skip()

    def silent(self) -> Bool:
        """Which goals have stopped sounding."""
        return np.zeros(self.num_agents, np.bool_) if self._ears is None else self._ears.over()

    def responses(self, agents: I32) -> F32:
        """RLR's impulse responses from the goals of agents to their ears now, (n, 2, L)."""
        return np.stack([self._response(int(agent)) for agent in agents])

    def distances(self) -> F64:
        """(N,) metres to walk to the goal; inf where no way leads there."""
        return np.array([self._way(agent)[0] for agent in range(self.num_agents)])

    def guide(self) -> tuple[I64, F64]:
        """(N,) the actions of a greedy follower of shortest ways, and their azimuths."""
        actions, azimuths = np.zeros(self.num_agents, np.int64), np.zeros(self.num_agents)
        for agent in range(self.num_agents):
            length, points = self._way(agent)
            azimuths[agent] = azimuth_along(points, self.poses[agent])
            if length > _STOPS_AT and np.isfinite(length):
                actions[agent] = towards(azimuths[agent])
        return actions, azimuths

    def fewest(self, agent: int) -> int:
        """About how many actions the shortest way takes, STOP counted: its steps and its turns."""
        return count_actions(*self._way(agent), float(self.poses[agent, 2]))

    def floor_points(self, agent: int) -> F64:
        """(M, 2) x, y of points that an agent could stand on, for pictures of its scene."""
        slot = int(self.slots[agent])
        return np.array([self.random_place(slot)[:2] for _ in range(_PICTURED)])

    def random_place(self, slot: int) -> F64:
        """A point (3,) on the floor's island where one can stand."""
        stage = self.stages[slot]
        return stage.habitat.random_point(stage.island)

    def close(self) -> None:
        """Stop habitat-sim."""
        self.stages.close()
        if self.engine == "rlr":
            self._rlr.close()

    def _listening(self) -> Hearing | PointwiseHearing:
        if self._ears is None:
            raise SoundwalkError("engine='none' hears nothing: use 'ours' or 'rlr'")
        return self._ears

    def _response(self, agent: int) -> F32:
        scene = self.stages[int(self.slots[agent])].scene
        source = self.sources[agent] + (0.0, 0.0, scene.floor)
        ears = self.positions[agent] + (0.0, 0.0, self.hearing_options.ear_height)
        return self._rlr.at(scene).rir(source, ears, float(self.poses[agent, 2]))

    def _step(self, agent: int, name: str) -> bool:
        """One action of one agent.

        Habitat counts in 32 bits: what it says is taken where it differs from a free step.
        """
        habitat = self._summon(agent)
        self._frames[agent], collided = habitat.step(name)
        feet, heading = habitat.where()
        pose = np.array([*feet[:2], heading])
        free = free_step(self.poses[agent], name)
        if not collided and bool(np.abs(pose[:2] - free[:2]).max() < _ROUNDING):
            pose[:2] = free[:2]
        if abs(wrap_angle(heading - free[2])) < _ROUNDING:
            pose[2] = free[2]
        self.positions[agent] = *pose[:2], feet[2]
        self.poses[agent] = pose
        self._ways[agent] = None
        return collided

    def _summon(self, agent: int) -> Habitat:
        """The simulator that an agent is in, with the agent where it is."""
        habitat = self.stages[int(self.slots[agent])].habitat
        habitat.place(self.positions[agent], float(self.poses[agent, 2]))
        return habitat

    def _frame(self, agent: int) -> dict[str, Any]:
        frame = self._frames[agent]
        if frame is None:
            frame = self._frames[agent] = self._summon(agent).observe()
        return frame

    def _way(self, agent: int) -> tuple[float, F64]:
        way = self._ways[agent]
        if way is None:
            habitat = self.stages[int(self.slots[agent])].habitat
            way = self._ways[agent] = habitat.way(self.positions[agent], self._goals[agent])
        return way
