"""What is in the ears besides sources: a diffuse background, and the agent's own motors."""

from __future__ import annotations

import dataclasses

import numpy as np

from ..acoustics import AcousticConfig, GeometricEngine
from ..acoustics.tables import build_tables
from ..interface import F32, I32, I64, Bool
from ..scenes import shoebox

_SECONDS = 4.0  # after which noises repeat
_BELOW = 1.0  # metres from the ears down to the motors
_RAMP_SECONDS = 0.01  # in which motors start and stop


def _loop(noise: F32, block: int) -> F32:
    """(C, T + block): a circular noise and its beginning once more."""
    return np.ascontiguousarray(np.concatenate([noise, noise[:, :block]], axis=1), np.float32)


class Background:
    """White noise that comes from everywhere, with the coherence the receiver has in it."""

    def __init__(self, config: AcousticConfig, num: int, block: int) -> None:
        """Make noise of unit power at a free microphone for `num` agents, silent until settled."""
        longer = dataclasses.replace(config, length=_SECONDS, order=0, seed=config.seed + 1)
        self._noise = _loop(build_tables(longer).noise.sum(0), block)
        self._block, self._period = block, self._noise.shape[1] - block
        self._offsets = np.zeros(num, np.int64)
        self._levels = np.zeros(num, np.float32)

    def settle(self, agent: int, level: float, seed: int) -> None:
        """RMS amplitude of an agent's noise, and where in the loop it begins."""
        self._levels[agent] = level
        self._offsets[agent] = np.random.default_rng([seed, 1]).integers(self._period)

    def add(self, agents: I32, now: I64, audio: F32) -> None:
        """Add a step to audio (n, C, T) at times (n,) in samples."""
        starts = (self._offsets[agents] + now) % self._period
        for row, start in enumerate(starts):
            piece = self._noise[:, start : start + self._block]
            audio[row] += self._levels[agents[row]] * piece


class Motor:
    """A hum and a hiss from below while the agent moves, as its receiver hears them.

    The direct sound from 1 m below the ears; it does not depend on where the agent is.
    """

    def __init__(self, config: AcousticConfig, num: int, block: int, level: float) -> None:
        """Make motors of RMS `level` at the ears, none of which runs."""
        rate, samples = config.sample_rate, round(_SECONDS * config.sample_rate)
        plain = dataclasses.replace(config, order=0, late=False)
        engine = GeometricEngine(
            shoebox((8.0, 8.0, 8.0), absorption=1.0),
            rate, plain.order, plain.length, plain.receiver, late=False,
        )  # fmt: skip
        response = engine.rir((4.0, 4.0, 4.0 - _BELOW), (4.0, 4.0, 4.0))
        rng = np.random.default_rng(config.seed + 2)
        frequency = np.fft.rfftfreq(samples, 1 / rate)
        shape = 1.0 / np.sqrt(1.0 + (frequency / 800.0) ** 2) * (frequency > 60.0)
        spectrum = shape * np.fft.rfft(rng.standard_normal(samples))
        time = np.arange(samples) / rate
        hum = sum(np.sin(2 * np.pi * 110.0 * k * time + k) / k for k in (1, 2, 3, 4))
        spectrum += np.fft.rfft(hum) * np.sqrt(samples) / 100.0
        noise = np.fft.irfft(spectrum * np.fft.rfft(response, samples), samples)
        noise *= level / np.sqrt(np.mean(noise[0] ** 2))
        self._noise = _loop(np.asarray(noise, np.float32), block)
        self._block, self._period = block, samples
        self._offsets = np.zeros(num, np.int64)
        self._running = np.zeros(num, np.bool_)
        ramp = min(round(_RAMP_SECONDS * rate), block)
        self._rise = np.ones(block, np.float32)
        self._rise[:ramp] = 0.5 - 0.5 * np.cos(np.pi * (np.arange(ramp) + 0.5) / ramp)

    def settle(self, agent: int, seed: int) -> None:
        """Stop an agent's motor; `seed` says where in the loop it is."""
        self._running[agent] = False
        self._offsets[agent] = np.random.default_rng([seed, 2]).integers(self._period)

    def add(self, agents: I32, now: I64, runs: Bool, audio: F32) -> None:
        """Add a step to audio (n, C, T) at times (n,) for those whose motor runs or ran."""
        starts = (self._offsets[agents] + now) % self._period
        for row in np.flatnonzero(runs | self._running[agents]):
            agent, start = agents[row], starts[row]
            piece = self._noise[:, start : start + self._block]
            before, after = self._running[agent], runs[row]
            gain = self._rise if after else 1.0 - self._rise
            audio[row] += piece if before and after else piece * gain
        self._running[agents] = runs
