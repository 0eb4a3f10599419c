"""The world over time: agents that stand in homes, move, see and hear, many at once.

This composes rendering, acoustics and navigation; it knows no goals and no rewards.
"""

from __future__ import annotations

import time
from dataclasses import dataclass, field

import numpy as np

from ..acoustics import AcousticConfig, StreamingConvolver, render_rirs
from ..interface import (
    F32,
    F64,
    FORWARD_STEP,
    I32,
    I64,
    SENSOR_HEIGHT,
    STEP_SECONDS,
    TURN_ANGLE,
    U8,
    Bool,
    SoundwalkError,
)
from ..navigation import move
from ..rendering import Camera, render
from .homes import HomePool

_FADE_SECONDS = 0.01  # cross-fade between the impulse responses of two steps


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
        sources: (N, 3) float64, where its sound comes from.
        clock: seconds by sense.
    """

    def __init__(
        self, pool: HomePool, num_agents: int, camera: Camera, config: AcousticConfig
    ) -> None:
        """Make N agents that are nowhere yet; `place` puts them somewhere."""
        self.pool, self.camera, self.config = pool, camera, config
        self.num_agents = num_agents
        self.poses = np.zeros((num_agents, 3))
        self.slots = np.zeros(num_agents, np.int32)
        self.sources = np.zeros((num_agents, 3))
        self.clock = Clock()
        self.block = round(STEP_SECONDS * config.sample_rate)
        self._fade = round(_FADE_SECONDS * config.sample_rate)
        self._samples = round(config.length * config.sample_rate)
        self._convolver = StreamingConvolver(
            num_agents, config.channels, self.block, self._samples, self._fade
        )
        self._dry: list[F32] = [np.zeros(1, np.float32)] * num_agents
        self._next = np.zeros(num_agents, np.int64)  # first sample of the coming block
        self._last = np.zeros(num_agents, np.int64)  # the source is silent from here on
        self._eyes = np.zeros((num_agents, 5), np.float32)
        self._eyes[:, 2] = SENSOR_HEIGHT

    def place(
        self, agent: int, slot: int, pose: F64, source: F64, dry: F32, offset: int, duration: float
    ) -> None:
        """Put an agent into a home with a sound that loops from sample `offset`.

        Raises:
            SoundwalkError: the clip is empty.
        """
        if len(dry) == 0:
            raise SoundwalkError("the sound of an episode is empty: expected at least one sample")
        self.slots[agent] = slot
        self.poses[agent] = pose
        self.sources[agent] = source
        self.pool.acoustics.put_source(agent, slot, source)
        self._dry[agent] = dry
        self._next[agent] = offset
        seconds = round(duration * self.config.sample_rate)
        self._last[agent] = offset + seconds if duration > 0 else np.iinfo(np.int64).max

    def act(self, actions: I64) -> Bool:
        """Turn and move; returns (N,) whether something stood in the way."""
        since = time.perf_counter()
        collided = move(self.pool.navs, self.slots, self.poses, actions, FORWARD_STEP, TURN_ANGLE)
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
        blocks = np.stack(
            [self._emitted(i, self.block + self._fade) for i in range(self.num_agents)]
        )
        heard = self._convolver.step(blocks, self.rirs(np.arange(self.num_agents, dtype=np.int32)))
        self._next += self.block
        self.clock.add("acoustics", since)
        return heard

    def begin_hearing(self, agents: I32) -> F32:
        """The first (n, C, block) that agents hear after `place`.

        The sound has been on for longer than the room rings, so that the first sample to arrive
        does not give away how far the source is.
        """
        since = time.perf_counter()
        rirs = self.rirs(agents)
        past = np.stack([self._emitted(i, self._samples, before=True) for i in agents])
        blocks = np.stack([self._emitted(i, self.block + self._fade) for i in agents])
        heard = self._convolver.begin(agents, past, blocks, rirs)
        self._next[agents] += self.block
        self.clock.add("acoustics", since)
        return heard

    def rirs(self, agents: I32) -> F32:
        """Impulse responses from each agent's source to its ears, (n, C, L) float32."""
        receivers = np.empty((len(agents), 3), np.float64)
        receivers[:, :2] = self.poses[agents, :2]
        receivers[:, 2] = SENSOR_HEIGHT
        out = np.empty((len(agents), self.config.channels, self._samples), np.float32)
        headings = self.poses[agents, 2]
        render_rirs(self.pool.acoustics, self.slots[agents], receivers, headings, out, agents)
        return out

    def silent(self) -> Bool:
        """Which sources have stopped sounding."""
        return self._next >= self._last

    def _emitted(self, agent: int, samples: int, *, before: bool = False) -> F32:
        """The next (or, with `before`, the last) samples of an agent's source."""
        dry = self._dry[agent]
        first = int(self._next[agent]) - (samples if before else 0)
        index = first % len(dry)
        if index + samples <= len(dry):
            block = dry[index : index + samples]
        else:
            block = np.resize(np.roll(dry, -index), samples)
        left = min(max(int(self._last[agent]) - first, 0), samples)
        if left < samples:
            block = block.copy()
            block[left:] = 0
        return block
