"""Hearing while things move smoothly: delays glide, responses follow in every part of a step.

The shortest way from a source to the ears, less 0.75 m, is kept in the dry signal, read at
x(t - tau(t)); the response holds the rest. tau is solved for the time of emission, so that a source
that leaves at speed v is heard at f / (1 + v / c).
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from ..acoustics import AcousticPool, direct_lengths, render_rirs
from ..acoustics.gradual import GradualConvolver
from ..acoustics.trajectory import (
    REACH,
    Trajectory,
    interpolation_table,
    move_sources,
    read_delayed,
)
from ..interface import F32, F64, I32, I64, wrap_angle
from .bodies import Bodies
from .emitters import Emitters, Sound
from .options import HearingOptions

NEAR = 0.75  # metres that stay in the response: ears are up to 0.3 m nearer than the head's centre
_KNOTS = 4  # delays per step that are computed
_SLACK = 16  # samples read beyond what the delays at the knots ask for
_REFINE = 2  # rounds of solving for the time of emission


class Gliding:
    """The smooth part of hearing, for rows of one pool."""

    def __init__(
        self,
        pool: AcousticPool,
        bodies: Bodies,
        emitters: Emitters,
        options: HearingOptions,
        listeners: int,
        block: int,
    ) -> None:
        """Prepare for all rows of `emitters`."""
        self._pool, self._bodies, self._emitters = pool, bodies, emitters
        self._height, self._per_agent = options.ear_height, 1 + options.distractors
        rows = len(bodies.slots) * self._per_agent
        self._parts = options.substeps or best_parts(options.moving)
        while block % self._parts:
            self._parts -= 1
        self._step, self._block = block, block // self._parts
        self._knots = max(2, _KNOTS // self._parts)
        config = pool.config
        self._config, self._rate = config, config.sample_rate
        self._convolver = GradualConvolver(
            listeners, config.channels, self._block, config.samples, rows
        )
        self._stems = options.stems
        self._paths: list[Trajectory | None] = [None] * rows
        self._places = np.zeros((rows, 3))
        self._used = np.zeros(rows, np.bool_)
        self._delays = np.zeros(rows)  # samples, at the end of the last block
        self._slopes = np.zeros(rows)
        self._table = interpolation_table()

    def settle(self, first: int, sounds: Sequence[Sound]) -> None:
        """Take the sounds of an agent whose rows begin at `first`."""
        self._used[first : first + self._per_agent] = False
        for row, sound in enumerate(sounds, first):
            self._paths[row] = sound.path
            self._places[row] = sound.position
            self._used[row] = True

    def positions(self, rows: I64, now: I64 | F64) -> F64:
        """Where sources (m,) are at times (m,) in samples, (m, 3) metres.

        They begin to move with the agent's first action, after the first step of sound.
        """
        places: F64 = self._places[rows].copy()
        for i, row in enumerate(rows):
            path = self._paths[row]
            if path is not None:
                places[i] = path.at((now[i] - self._step) / self._rate)[0]
        return places

    def begin(self, agents: I32, rows: I64, listeners: I64) -> None:
        """Let agents have stood still and heard what has been on."""
        self._bodies.before[agents] = self._bodies.poses[agents]
        used, owners = self._in_use(rows)
        here = rows[used]
        self._convolver.let_go(rows)
        now = np.zeros(len(here), np.int64)
        self._delays[here] = 0.0
        self._delays[here] = self._solve(here, now, 1.0)
        self._slopes[here] = 0.0
        rirs = self._responses(here, 1.0)
        past = -(-self._config.samples // self._block) * self._block
        still = np.repeat(self._delays[here, None], 2, axis=1)
        dry = self._read(here, now - past, still, past, self._slopes[here])
        self._convolver.settle(listeners, dry, rirs, owners, here)

    def step(self, agents: I32, rows: I64, now: I64, listeners: I64) -> F32:
        """One step of agents with sources `rows` (n K,) at times `now` (n K,); (n, C, T)."""
        used, owners = self._in_use(rows)
        here, start = rows[used], now[used]
        parts = []
        for part in range(self._parts):
            first = start + part * self._block
            delays = np.empty((len(here), self._knots + 1))
            delays[:, 0] = self._delays[here]
            for q in range(1, self._knots + 1):
                share = q / self._knots
                when = np.asarray(first + share * self._block, np.float64)
                delays[:, q] = self._solve(here, when, (part + share) / self._parts)
                self._delays[here] = delays[:, q]
            slopes = self._slopes[here]
            dry = self._read(here, first, delays, self._block, slopes)
            self._slopes[here] = slopes
            rirs = self._responses(here, (part + 1) / self._parts)
            parts.append(self._convolver.glide(listeners, dry, rirs, owners, here))
        self._bodies.before[agents] = self._bodies.poses[agents]
        return np.concatenate(parts, axis=2)

    def _in_use(self, rows: I64) -> tuple[I64, I64]:
        """Positions in `rows` of those that sound, and the listener of each."""
        used = np.flatnonzero(self._used[rows])
        return used, used if self._stems else used // self._per_agent

    def _ears(self, rows: I64, share: float) -> tuple[I32, F64, F64]:
        """Homes, receivers (m, 3) and headings (m,) when a share of the step has passed."""
        agents = rows // self._per_agent
        before, after = self._bodies.before[agents], self._bodies.poses[agents]
        turn = wrap_angle(after[:, 2] - before[:, 2])
        ears = np.full((len(rows), 3), self._height)
        ears[:, :2] = before[:, :2] + share * (after[:, :2] - before[:, :2])
        return self._bodies.slots[agents], ears, before[:, 2] + share * turn

    def _solve(self, rows: I64, now: I64 | F64, share: float) -> F64:
        """Delays (m,) in samples of what arrives at times `now`, and sources where it was sent."""
        slots, ears, _ = self._ears(rows, share)
        scale = self._rate / self._config.speed
        delays = self._delays[rows]
        rounds = _REFINE if any(self._paths[row] is not None for row in rows) else 1
        for _ in range(rounds):
            places = self.positions(rows, now - delays)
            move_sources(self._pool, slots, rows.astype(np.int32), places, fields=False)
            lengths = direct_lengths(self._pool, slots, ears, rows)
            delays = np.maximum(lengths - NEAR, 0.0) * scale
        return delays

    def _responses(self, rows: I64, share: float) -> F32:
        """Responses (m, C, L) without the delays that `_solve` has found last."""
        slots, ears, headings = self._ears(rows, share)
        moved = np.array([self._paths[row] is not None for row in rows], np.bool_)
        places = self._pool.sources.position[rows[moved]]
        move_sources(self._pool, slots[moved], rows[moved].astype(np.int32), places)
        out = np.empty((len(rows), self._config.channels, self._config.samples), np.float32)
        advance = self._delays[rows] * (self._config.speed / self._rate)
        render_rirs(self._pool, slots, ears, headings, out, rows, advance)
        return out

    def _read(self, rows: I64, start: I64, delays: F64, samples: int, slopes: F64) -> F32:
        """(m, samples) of the dry signals at x(t - tau(t)); `slopes` are carried on."""
        low, high = np.floor(delays.min(1)), np.ceil(delays.max(1))
        margin = REACH + _SLACK
        first = (start - high - margin).astype(np.int64)
        width = int((high - low).max()) + samples + 2 * margin
        signal = np.empty((len(rows), width), np.float32)
        self._emitters.read_all(rows, first, signal)
        out = np.empty((len(rows), samples), np.float32)
        read_delayed(signal, first - start, 0, delays, slopes, self._table, out)
        return out


def best_parts(speed: float) -> int:
    """Into how many parts a step is cut for a source of some speed: none moves above 0.5 m."""
    return max(1, int(np.ceil(speed * 0.25 / 0.5)))
