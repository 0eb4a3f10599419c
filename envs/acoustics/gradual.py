"""Streaming for what moves all the time: each block glides from one response to the next.

Block n is heard through the response at its start, fading out, and the one at its end, fading in,
over its whole length. With the direct sound's delay kept in the dry signal (`trajectory`) the two
differ little, and what moves smoothly is heard to move smoothly.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from ..interface import F32, I32, I64, Bool, SoundwalkError
from .fourier import C64, forward
from .streaming import State, StreamingConvolver


class GradualConvolver(StreamingConvolver):
    """A `StreamingConvolver` that fades over whole blocks and remembers each source's response.

    Args:
        num: listeners.
        channels: of the impulse responses.
        block: samples per step.
        rir_length: samples of an impulse response.
        sources: of all listeners together.

    Raises:
        SoundwalkError: a size is not positive.
    """

    def __init__(
        self, num: int, channels: int, block: int = 4000, rir_length: int = 8000, sources: int = 1
    ) -> None:
        super().__init__(num, channels, block, rir_length, 0, sources)
        if sources < 1:
            raise SoundwalkError(f"sources={sources}: expected at least 1")
        ramp = 0.5 - 0.5 * np.cos(np.pi * (np.arange(block) + 0.5) / block)
        self._rise = ramp.astype(np.float32)

    def settle(
        self, indices: I32 | I64, past: F32, rirs: F32, owners: I64, sources: I32 | I64
    ) -> None:
        """Let some listeners have heard their sources for a while, standing still.

        Args:
            indices: (n,) which listeners.
            past: (m, T) float32 what the sources have sent, a whole number of blocks.
            rirs: (m, C, L) float32 through which.
            owners: (m,) position in `indices` of each row's listener, ascending.
            sources: (m,) which of all sources each row is.

        Raises:
            SoundwalkError: a shape is not as expected.
        """
        if past.ndim != 2 or past.shape[1] % self.block:
            raise SoundwalkError(
                f"past has shape {past.shape}: expected rows of whole blocks of {self.block}"
            )
        state, ids = self._silence(len(indices)), np.asarray(sources, np.int64)
        self._held[ids] = False
        for start in range(0, past.shape[1], self.block):
            blocks = past[:, start : start + self.block]
            rows = self._checked(len(indices), blocks, rirs, owners)
            self._advance(blocks, rirs, rows, state, ids)
        self._keep(indices, state)

    def glide(
        self, indices: I32 | I64, blocks: F32, rirs: F32, owners: I64, sources: I32 | I64
    ) -> F32:
        """What some listeners hear during one block.

        Args:
            indices: (n,) which listeners.
            blocks: (m, block) float32 dry signal.
            rirs: (m, C, L) float32 impulse responses at the end of the block.
            owners: (m,) position in `indices` of each row's listener, ascending.
            sources: (m,) which of all sources each row is. One that had no row in the block before
                begins with the response of this one.

        Returns:
            (n, C, block) float32.

        Raises:
            SoundwalkError: a shape is not as expected.
        """
        rows = self._checked(len(indices), blocks, rirs, owners)
        mine, ids = self._state, np.asarray(sources, np.int64)
        state = State.__new__(State)
        state.tail, state.fresh = mine.tail[indices], mine.fresh[indices]
        heard = self._advance(blocks, rirs, rows, state, ids)
        self._keep(indices, state)
        return heard

    def _keep(self, indices: I32 | I64, state: State) -> None:
        mine = self._state
        mine.tail[indices], mine.fresh[indices] = state.tail, False

    def _spectra(
        self, blocks: F32, rirs: F32, fresh: Bool, ids: I64 | None
    ) -> Iterator[tuple[C64, C64]]:
        """As they fade in with the new response, and as they fade out with the old one."""
        if ids is None:
            raise SoundwalkError("a GradualConvolver is stepped by glide(), not by step()")
        count, held = len(blocks), self._held[ids][:, None]
        self._put(0, blocks, np.where(held, self._rise, np.float32(1.0)))
        self._put(count, rirs.reshape(-1, self.rir_length))
        spectra = forward(self._rows, count * (1 + self.channels))
        new = spectra[count:].reshape(count, self.channels, -1)
        yield spectra[:count], new
        if held.any():
            self._put(0, blocks, np.where(held, np.float32(1.0) - self._rise, np.float32(0.0)))
            yield forward(self._rows, count), self._old[ids]
        self._old[ids], self._held[ids] = new, True
