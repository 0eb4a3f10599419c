"""The world over time: agents that stand in homes, move, see and hear, many at once.

This composes rendering, acoustics and navigation; it knows no goals and no rewards.
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np

from ..acoustics import AcousticConfig
from ..interface import (
    EMIT,
    F32,
    F64,
    FORWARD_STEP,
    I32,
    I64,
    SENSOR_HEIGHT,
    TURN_ANGLE,
    U8,
    Action,
    Bool,
)
from ..navigation import move
from ..rendering import Camera, render
from .bodies import Bodies
from .emitters import Sound
from .hearing import Heard, Hearing
from .homes import HomePool
from .options import HearingOptions


@dataclass
class Clock:
    """Seconds spent in each sense, for `soundwalk bench`."""

    seconds: dict[str, float] = field(
        default_factory=lambda: {"rendering": 0.0, "acoustics": 0.0, "movement": 0.0, "resets": 0.0}
    )

    def add(self, name: str, since: float) -> None:
        """Add what has passed since `since` (time.perf_counter) under a name."""
        self.seconds[name] += time.perf_counter() - since


class NativeSimulator:
    """N agents in the homes of a pool.

    Attributes:
        poses: (N, 3) float64 x, y in metres and heading in radians.
        slots: (N,) int32, the home each agent stands in.
        sources: (N, 3) float64, where its goal's sound comes from.
        heard: what was heard last, with its parts: see `Heard`.
        clock: seconds by sense.
    """

    def __init__(
        self,
        pool: HomePool,
        num_agents: int,
        camera: Camera,
        config: AcousticConfig,
        options: HearingOptions | None = None,
    ) -> None:
        """Make N agents that are nowhere yet; `place` puts them somewhere."""
        self.pool, self.camera, self.config = pool, camera, config
        self.num_agents = num_agents
        self.poses = np.zeros((num_agents, 3))
        self.slots = np.zeros(num_agents, np.int32)
        self.sources = np.zeros((num_agents, 3))
        self.clock = Clock()
        self.options = options or HearingOptions()
        self._bodies = Bodies(self.poses, np.zeros((num_agents, 3)), self.slots)
        self.hearing = Hearing(pool.acoustics, self._bodies, self.options)
        self.block = self.hearing.block
        self.heard: Heard | None = None
        self._actions = np.zeros(num_agents, np.int64)
        self._eyes = np.zeros((num_agents, 5), np.float32)
        self._eyes[:, 2] = SENSOR_HEIGHT

    def place(
        self, agent: int, slot: int, pose: F64, source: F64, dry: F32, offset: int, duration: float
    ) -> None:
        """Put an agent into a home with a sound that loops from sample `offset`.

        Raises:
            SoundwalkError: the clip is empty.
        """
        self.settle(agent, slot, pose, [Sound(dry, source, offset, duration=duration)])

    def settle(
        self, agent: int, slot: int, pose: F64, sounds: Sequence[Sound], seed: int = 0
    ) -> None:
        """Put an agent into a home with sounds, the goal's first; `seed` is that of its noises.

        Raises:
            SoundwalkError: a clip is empty, or a sound is in a wall.
        """
        self.slots[agent] = slot
        self.poses[agent] = self._bodies.before[agent] = pose
        self.sources[agent] = sounds[0].position
        self.hearing.settle(agent, slot, sounds, seed)

    def act(self, actions: I64) -> Bool:
        """Turn and move; returns (N,) whether something stood in the way.

        Whoever emits stands still. Goals that move are then where they are at the end of the step.
        """
        since = time.perf_counter()
        self._actions = actions
        steps = np.where(actions == EMIT, int(Action.STOP), actions)
        collided = move(self.pool.navs, self.slots, self.poses, steps, FORWARD_STEP, TURN_ANGLE)
        if self.options.moving > 0.0:
            self.sources[:] = self.hearing.goals()
        self.clock.add("movement", since)
        return collided

    def see(
        self, agents: I32, *, rgb: bool = True, depth: bool = True
    ) -> tuple[U8 | None, F32 | None]:
        """What these agents see: (n, H, W, 3) uint8 and (n, H, W) float32 metres."""
        since = time.perf_counter()
        size = (len(agents), self.camera.height, self.camera.width)
        colours = np.empty((*size, 3), np.uint8) if rgb else None
        depths = np.empty(size, np.float32) if depth else None
        if rgb or depth:
            eyes = self._eyes[agents]
            eyes[:, :2] = self.poses[agents, :2]
            eyes[:, 3] = self.poses[agents, 2]
            render(
                self.pool.meshes, self.slots[agents], eyes, self.camera, rgb=colours, depth=depths
            )
        self.clock.add("rendering", since)
        return colours, depths

    def hear(self) -> F32:
        """What all agents hear while this step lasts, (N, C, block); the sounds play on."""
        since = time.perf_counter()
        moving = (self._actions != Action.STOP) & (self._actions != EMIT)
        self.heard = self.hearing.hear(self._actions == EMIT, moving)
        self.clock.add("acoustics", since)
        return self.heard.audio

    def begin_hearing(self, agents: I32) -> F32:
        """The first (n, C, block) that agents hear after `place`: see `Hearing.begin`."""
        since = time.perf_counter()
        self.heard = self.hearing.begin(agents)
        self.clock.add("acoustics", since)
        return self.heard.audio

    def skip_hearing(self) -> None:
        """Let the sounds play on for a step that nobody listens to."""
        self.hearing.skip()

    def rirs(self, agents: I32) -> F32:
        """Impulse responses from each agent's goal to its ears, (n, C, L) float32."""
        return self.hearing.rirs(agents.astype(np.int64) * self.hearing.sources)

    def silent(self) -> Bool:
        """Which goals have stopped sounding."""
        return self.hearing.over()
