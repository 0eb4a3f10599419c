"""Echolocation: the agent emits, and hears what comes back from walls and furniture.

The emitter sits 10 cm ahead of the ears and 10 cm below them. It is a source like others, moved
with the agent, so its response holds the direct sound, every reflection, and the late field.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np

from ..acoustics import AcousticPool, StreamingConvolver
from ..acoustics.trajectory import move_sources
from ..interface import F32, I32, I64, Bool, SoundwalkError
from .bodies import Bodies
from .options import HearingOptions, pressure

AHEAD, BELOW = 0.1, 0.1  # metres from the ears to the emitter
SWEEP_SECONDS = 0.003
_LOW, _HIGH = 500.0, 0.45  # hertz, and share of the sample rate: where the sweep begins and ends


def sweep(rate: int) -> F32:
    """A linear sweep of 3 ms and peak 1 under a Hann window, (T,) float32."""
    time = np.arange(round(SWEEP_SECONDS * rate)) / rate
    slope = (_HIGH * rate - _LOW) / SWEEP_SECONDS
    signal = np.sin(2 * np.pi * (_LOW + 0.5 * slope * time) * time) * np.hanning(len(time))
    return np.asarray(signal / np.abs(signal).max(), np.float32)


def load_emission(name: str, rate: int, block: int) -> F32:
    """What an agent emits: "sweep", or the first channel of a sound file, peak 1, (T,) float32.

    Raises:
        SoundwalkError: no such file, not sound, silent, another sample rate, or longer than a step.
    """
    if name == "sweep":
        return sweep(rate)
    if not Path(name).is_file():
        raise SoundwalkError(f"emission={name!r}: expected 'sweep' or a sound file")
    import soundfile

    try:
        signal, found = soundfile.read(name, dtype="float32", always_2d=True)
    except soundfile.LibsndfileError as error:
        raise SoundwalkError(f"emission={name!r} cannot be read as sound: {error}") from None
    if found != rate:
        raise SoundwalkError(
            f"emission={name!r} has {found} samples per second: expected {rate}, the sample rate of"
            " the acoustics; resample the file"
        )
    peak = float(np.abs(signal[:, 0]).max()) if len(signal) else 0.0
    if not 0.0 < peak < np.inf or len(signal) > block:
        raise SoundwalkError(
            f"emission={name!r} has {len(signal)} samples with a peak of {peak:g}: expected sound "
            f"of at most one step, {block} samples"
        )
    return np.asarray(signal[:, 0] / peak, np.float32)


class Echo:
    """What N agents hear of their own emissions."""

    def __init__(
        self, pool: AcousticPool, bodies: Bodies, options: HearingOptions, rows: int, block: int
    ) -> None:
        """Prepare the emission; the emitter of agent i is row `rows` + i of the pool.

        Raises:
            SoundwalkError: see `load_emission`.
        """
        self._pool, self._bodies, self._first = pool, bodies, rows
        self._always = options.echolocation == "always"
        self._height = options.ear_height - BELOW
        config = pool.config
        emission = load_emission(options.emission, config.sample_rate, block)
        self._block = np.zeros(block, np.float32)
        self._block[: len(emission)] = pressure(options.emission_level) * emission
        self._convolver = StreamingConvolver(
            len(bodies.slots), config.channels, block, config.samples, 0
        )

    def step(self, rirs: Callable[[I64], F32], agents: I32, chosen: Bool, *, fresh: bool) -> F32:
        """One step of agents, all of them unless they are `fresh`; (n, C, T) float32.

        Args:
            rirs: responses (m, C, L) of rows (m,) of the pool now.
            agents: (n,) who hears.
            chosen: (n,) who chose to emit.
            fresh: whether they begin an episode.
        """
        which = np.arange(len(agents)) if self._always else np.flatnonzero(chosen)
        emitters = agents[which]
        rows = emitters.astype(np.int64) + self._first
        x, y, heading = self._bodies.poses[emitters].T
        x, y = x + AHEAD * np.cos(heading), y + AHEAD * np.sin(heading)
        position = np.stack([x, y, np.full(len(x), self._height)], axis=1)
        move_sources(self._pool, self._bodies.slots[emitters], rows.astype(np.int32), position)
        responses = rirs(rows)
        blocks = np.tile(self._block, (len(which), 1))
        if not fresh:
            return self._convolver.step(blocks, responses, which)
        past = np.zeros((len(which), 0), np.float32)
        return self._convolver.begin(agents, past, blocks, responses, which)
