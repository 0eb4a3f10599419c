"""What agents hear: sounds through rooms, step by step, and what else is in the signal.

audio = sum of all sources, each convolved with its response + echo of the agent's own emission
        + diffuse background noise + motor noise.

Row k of agent i is row i K + k of the pool: the goal is row 0, distractors follow. The agents' own
emitters come after all of these.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from ..acoustics import AcousticConfig, AcousticPool, StreamingConvolver, render_rirs
from ..acoustics.batch import renew_rirs
from ..acoustics.sounds.levels import active_rms
from ..interface import F32, F64, I32, I64, STEP_SECONDS, Bool
from .ambience import Background, Motor
from .bodies import Bodies
from .echo import Echo
from .emitters import Emitters, Sound
from .gliding import Gliding
from .options import HearingOptions, pressure

FADE_SECONDS = 0.05  # between responses of two steps: clicks 50 dB down; 10 ms leaves 25 dB


@dataclass(frozen=True)
class Heard:
    """One step of sound of n agents.

    Attributes:
        audio: (n, C, T) float32.
        echo: (n, C, T) float32 what of it came back from the agent's own emission, if it emits.
        dry: (n, K, T) float32 what each source sent, if stems were asked for.
        wet: (n, K, C, T) float32 what of it arrived.
    """

    audio: F32
    echo: F32 | None = None
    dry: F32 | None = None
    wet: F32 | None = None


class Hearing:
    """The ears of N agents in the homes of a pool.

    Attributes:
        sources: K, how many sounds an agent can have: the goal's and the distractors'.
        block: samples of a step.
    """

    def __init__(self, pool: AcousticPool, bodies: Bodies, options: HearingOptions) -> None:
        """Make ears that hear nothing yet; `settle` gives an agent its sounds."""
        self.config: AcousticConfig = pool.config
        self.options, self.sources = options, 1 + options.distractors
        self._pool, self._bodies = pool, bodies
        self._num, rate = len(bodies.slots), self.config.sample_rate
        self.block = round(STEP_SECONDS * rate)
        self._fade = round(FADE_SECONDS * rate)
        self._pattern = options.pattern()
        self._now = np.zeros(self._num, np.int64)  # first sample of the coming block
        rows = self._num * self.sources
        self.emitters = Emitters(rows, rate)
        listeners = rows if options.stems else self._num
        self._gliding: Gliding | None = None
        if options.smooth:
            self._gliding = Gliding(pool, bodies, self.emitters, options, listeners, self.block)
        else:
            channels, samples = self.config.channels, self.config.samples
            self._convolver = StreamingConvolver(
                listeners, channels, self.block, samples, self._fade, rows
            )
            self._responses = np.zeros((rows, channels, samples), np.float32)
        self._background = self._motor = self._echo = None
        if options.snr is not None:
            self._background = Background(self.config, self._num, self.block)
        if options.motor_noise is not None:
            self._motor = Motor(self.config, self._num, self.block, pressure(options.motor_noise))
        if options.echolocation != "off":
            self._echo = Echo(pool, bodies, options, rows, self.block)

    def settle(self, agent: int, slot: int, sounds: Sequence[Sound], seed: int = 0) -> None:
        """Give an agent, placed anew, its sounds: the goal's first, then at most K - 1 others.

        Raises:
            SoundwalkError: a clip is empty, a time has no meaning, or a sound is in a wall.
        """
        first = agent * self.sources
        for row, sound in enumerate(sounds, first):
            self.emitters.put(row, sound)
            if self._pattern is not None:
                self._pool.aim_source(row, self._pattern, sound.facing)
            self._pool.put_source(row, slot, sound.position)
        for row in range(first + len(sounds), first + self.sources):
            self.emitters.clear(row)
        self._now[agent] = 0
        if self._gliding is not None:
            self._gliding.settle(first, sounds)
        if self._background is not None and self.options.snr is not None:
            level = sounds[0].gain * active_rms(sounds[0].dry, self.config.sample_rate)
            self._background.settle(agent, level / 10 ** (self.options.snr / 20), seed)
        if self._motor is not None:
            self._motor.settle(agent, seed)

    def begin(self, agents: I32) -> Heard:
        """The first step of agents after `settle`.

        A sound without onset has been on for longer than the room rings, so that the first sample
        to arrive does not give away how far the source is.
        """
        rows = self._rows(agents)
        if self._gliding is not None:
            self._gliding.begin(agents, rows, self._listeners(agents))
            return self._finish(agents, *self._glide(agents, rows), still=True)
        now, samples = np.repeat(self._now[agents], self.sources), self.config.samples
        past = self._read(rows, now - samples, samples)
        blocks = self._read(rows, now, self.block + self._fade)
        active = np.flatnonzero(past.any(1) | blocks.any(1))
        owners = active if self.options.stems else active // self.sources
        heard = self._convolver.begin(
            self._listeners(agents),
            past[active],
            blocks[active],
            self.renewed(rows[active]),
            owners,
        )
        return self._finish(agents, heard, blocks, still=True)

    def hear(self, emitting: Bool, moving: Bool) -> Heard:
        """One step of all agents; (N,) who chose to emit, and whose motors run."""
        agents = np.arange(self._num, dtype=np.int32)
        rows = self._rows(agents)
        if self._gliding is not None:
            heard, blocks = self._glide(agents, rows)
        else:
            now = np.repeat(self._now, self.sources)
            blocks = self._read(rows, now, self.block + self._fade)
            active = np.flatnonzero(blocks.any(1))
            owners = active if self.options.stems else active // self.sources
            sent = blocks if len(active) == len(blocks) else blocks[active]
            here = rows[active]
            heard = self._convolver.step(sent, self.renewed(here), owners, here)
        return self._finish(agents, heard, blocks, emitting=emitting, moving=moving)

    def skip(self) -> None:
        """Let a step pass that nobody listens to."""
        self._now += self.block

    def over(self) -> Bool:
        """(N,) whose goals have fallen silent for good."""
        return self.emitters.over(np.arange(self._num) * self.sources, self._now)

    def rirs(self, rows: I64) -> F32:
        """Impulse responses from sources to their agents' ears now, (m, C, L) float32."""
        out = np.empty((len(rows), self.config.channels, self.config.samples), np.float32)
        render_rirs(self._pool, *self._ears(rows), out, rows)
        return out

    def renewed(self, rows: I64) -> F32:
        """The same of sources, valid until they are asked for again; old spectra are let go."""
        anew = renew_rirs(self._pool, *self._ears(rows), self._responses, rows)
        self._convolver.let_go(rows[anew])
        return self._responses if len(rows) == len(self._responses) else self._responses[rows]

    def _ears(self, rows: I64) -> tuple[I32, F64, F64]:
        """Home, position and heading of who hears each row."""
        count = self._num * self.sources
        owners = np.where(rows < count, rows // self.sources, rows - count)
        poses = self._bodies.poses[owners]
        height = np.full((len(rows), 1), self.options.ear_height)
        return self._bodies.slots[owners], np.concatenate([poses[:, :2], height], 1), poses[:, 2]

    def goals(self) -> F64:
        """(N, 3) where the goals' sounds will be at the end of the coming step, if they move."""
        assert self._gliding is not None  # nothing else moves sounds
        return self._gliding.positions(np.arange(self._num) * self.sources, self._now + self.block)

    def _rows(self, agents: I32) -> I64:
        """Rows of the sources of agents, (n K,)."""
        return (agents.astype(np.int64)[:, None] * self.sources + np.arange(self.sources)).ravel()

    def _listeners(self, agents: I32) -> I64:
        """Listeners of the convolver that are agents: with stems each source has its own."""
        return self._rows(agents) if self.options.stems else agents.astype(np.int64)

    def _read(self, rows: I64, first: I64, samples: int) -> F32:
        out = np.empty((len(rows), samples), np.float32)
        self.emitters.read_all(rows, first, out)
        return out

    def _glide(self, agents: I32, rows: I64) -> tuple[F32, F32]:
        assert self._gliding is not None
        now = np.repeat(self._now[agents], self.sources)
        heard = self._gliding.step(agents, rows, now, self._listeners(agents))
        blocks = self._read(rows, now, self.block) if self.options.stems else heard[:0, 0]
        return heard, blocks

    def _finish(
        self,
        agents: I32,
        heard: F32,
        blocks: F32,
        *,
        emitting: Bool | None = None,
        moving: Bool | None = None,
        still: bool = False,
    ) -> Heard:
        """Add what is not a source, and let the step pass."""
        dry = wet = echo = None
        if self.options.stems:
            wet = heard.reshape(len(agents), self.sources, *heard.shape[1:])
            dry = np.ascontiguousarray(blocks[:, : self.block]).reshape(*wet.shape[:2], -1)
            heard = wet.sum(1)
        if self._echo is not None:
            chosen = np.zeros(len(agents), np.bool_) if emitting is None else emitting
            echo = self._echo.step(self.rirs, agents, chosen, fresh=still)
            heard += echo
        if self._background is not None:
            self._background.add(agents, self._now[agents], heard)
        if self._motor is not None:
            runs = np.zeros(len(agents), np.bool_) if moving is None else moving
            self._motor.add(agents, self._now[agents], runs, heard)
        self._now[agents] += self.block
        return Heard(heard, echo, dry, wet)
