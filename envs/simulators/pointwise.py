"""Hearing where responses are known only from point to point: recorded, or from another engine.

A step is what the source has sent until now, convolved with the response of the place where the
agent is now, as if it had always been there: SoundSpaces' own rule for sounds longer than a step
(facebookresearch/sound-spaces, soundspaces/simulator.py, `_compute_audiogoal`). Nothing is
cross-faded between places.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from scipy.fft import irfft, next_fast_len, rfft

from ..interface import F32, I32, I64, Bool, SoundwalkError
from .emitters import Emitters, Sound
from .hearing import Heard

Respond = Callable[[I32], F32]


class PointwiseHearing:
    """The ears of N agents with one source each.

    Args:
        num: agents.
        channels: of the responses.
        rate: samples per second.
        block: samples of a step.
        length: samples of a response.
        respond: the responses (n, channels, length) of agents (n,) where they are now.
    """

    def __init__(
        self, num: int, channels: int, rate: int, block: int, length: int, respond: Respond
    ) -> None:
        """See the class.

        Raises:
            SoundwalkError: a size is not positive.
        """
        for name, value in (("block", block), ("length", length), ("rate", rate)):
            if value < 1:
                raise SoundwalkError(f"{name}={value}: expected at least 1 sample")
        self.block = block
        self._num, self._channels, self._length = num, channels, length
        self._respond = respond
        self._emitters = Emitters(num, rate)
        self._now = np.zeros(num, np.int64)  # first sample of the coming step
        self._size = next_fast_len(length - 1 + block, real=True)

    def settle(self, agent: int, sound: Sound) -> None:
        """Give an agent, placed anew, its source.

        Raises:
            SoundwalkError: the clip is empty, or a time has no meaning.
        """
        self._emitters.put(agent, sound)
        self._now[agent] = 0

    def begin(self, agents: I32) -> Heard:
        """The first step of agents after `settle`."""
        return self._listen(agents)

    def hear(self) -> Heard:
        """One step of all agents."""
        return self._listen(np.arange(self._num, dtype=np.int32))

    def skip(self) -> None:
        """Let a step pass that nobody listens to."""
        self._now += self.block

    def over(self) -> Bool:
        """(N,) whose sources have fallen silent for good."""
        return self._emitters.over(np.arange(self._num), self._now)

    def _listen(self, agents: I32) -> Heard:
        rows, before = agents.astype(np.int64), self._length - 1
        dry = np.empty((len(agents), before + self.block), np.float32)
        self._emitters.read_all(rows, self._now[agents] - before, dry)
        self._now[agents] += self.block
        heard = np.zeros((len(agents), self._channels, self.block), np.float32)
        loud: I64 = np.flatnonzero(dry.any(1))
        if len(loud):
            spectra = rfft(self._checked(self._respond(agents[loud]), len(loud)), self._size)
            spectra *= rfft(dry[loud], self._size)[:, None]
            heard[loud] = irfft(spectra, self._size)[..., before : before + self.block]
        return Heard(heard)

    def _checked(self, responses: F32, count: int) -> F32:
        wanted = (count, self._channels, self._length)
        if responses.shape != wanted:
            raise SoundwalkError(f"responses have shape {responses.shape}: expected {wanted}")
        return responses
