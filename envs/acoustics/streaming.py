"""What a moving listener hears, block by block: cross-faded windows, one convolution each.

Block n of the dry signal, cut with a window that fades in over its first samples and out over the
first samples of block n + 1, is convolved with the impulse response of step n; the results overlap
and add. The windows sum to one, so for a listener who stands still this is one offline convolution.
"""

from __future__ import annotations

import numpy as np
import scipy.fft

from ..interface import F32, I32, I64, Bool, SoundwalkError

GROUP = 8  # listeners convolved at once: their spectra fit a 1 MB cache
ROWS = 4  # scipy's float32 FFT works on four rows at once; other counts would round differently


class StreamingConvolver:
    """Convolve the blocks of `num` listeners with impulse responses that change from block to block.

    Args:
        num: listeners.
        channels: of the impulse responses.
        block: samples per step.
        rir_length: samples of an impulse response.
        fade: samples of cross-fade between steps; 160 (10 ms at 16 kHz) is inaudible.

    Raises:
        SoundwalkError: a size is not positive, or the fade is longer than the block.
    """

    def __init__(
        self, num: int, channels: int, block: int = 4000, rir_length: int = 8000, fade: int = 160
    ) -> None:
        for name, value in (("num", num), ("channels", channels), ("block", block),
                            ("rir_length", rir_length)):  # fmt: skip
            if value < 1:
                raise SoundwalkError(f"{name}={value}: expected at least 1")
        if not 0 <= fade <= block:
            raise SoundwalkError(f"fade={fade}: expected 0 to the block's {block} samples")
        self.num, self.channels, self.block, self.fade = num, channels, block, fade
        self.rir_length = rir_length
        self._size = scipy.fft.next_fast_len(block + fade + rir_length - 1, real=True)
        ramp = 0.5 - 0.5 * np.cos(np.pi * (np.arange(fade) + 0.5) / max(fade, 1))
        self._window = np.ones(block + fade, np.float32)
        self._window[:fade], self._window[block:] = ramp, ramp[::-1]
        self._tail = np.zeros((num, channels, fade + rir_length - 1), np.float32)
        self._fresh = np.ones(num, np.bool_)

    def reset(self, indices: I64 | Bool | slice | list[int] = slice(None)) -> None:
        """Forget what still rings for these listeners; their next block starts without a fade."""
        self._tail[indices] = 0.0
        self._fresh[indices] = True

    def step(self, blocks: F32, rirs: F32) -> F32:
        """What the listeners hear during one step.

        Args:
            blocks: (N, block + fade) float32 dry signal of this step and the start of the next.
            rirs: (N, C, L) float32 impulse responses of this step.

        Returns:
            (N, C, block) float32.

        Raises:
            SoundwalkError: a shape is not as expected.
        """
        wanted = (self.num, self.block + self.fade), (self.num, self.channels, self.rir_length)
        for name, array, shape in (("blocks", blocks, wanted[0]), ("rirs", rirs, wanted[1])):
            if array.shape != shape:
                raise SoundwalkError(f"{name} has shape {array.shape}: expected {shape}")
        heard = np.empty((self.num, self.channels, self.block), np.float32)
        for start in range(0, self.num, GROUP):
            rows = slice(start, min(start + GROUP, self.num))
            self._step_rows(rows, blocks[rows], rirs[rows], heard[rows])
        self._fresh[:] = False
        return heard

    def begin(self, indices: I32, past: F32, blocks: F32, rirs: F32) -> F32:
        """What listeners hear in their first step when the source has been sounding before.

        Args:
            indices: (n,) which listeners; what rang for them is forgotten.
            past: (n, rir_length) float32 dry signal up to this step.
            blocks: (n, block + fade) float32 dry signal of this step and the start of the next.
            rirs: (n, C, L) float32 impulse responses, taken to have held in the past too.

        Returns:
            (n, C, block) float32.

        Raises:
            SoundwalkError: a shape is not as expected.
        """
        count, before = len(indices), self.rir_length
        wanted = (count, before), (count, self.block + self.fade), (count, self.channels, before)
        for name, array, shape in zip(
            ("past", "blocks", "rirs"), (past, blocks, rirs), wanted, strict=True
        ):
            if array.shape != shape:
                raise SoundwalkError(f"{name} has shape {array.shape}: expected {shape}")
        window = self._window.copy()
        window[: self.fade] = 1.0
        size = scipy.fft.next_fast_len(before + len(window) + before - 1, real=True)
        heard = np.empty((count, self.channels, self.block), np.float32)
        dry = np.zeros((ROWS, before + len(window)), np.float32)
        for n, index in enumerate(indices):  # few begin at a time: one by one, four rows each
            dry[0, :before], dry[0, before:] = past[n], blocks[n] * window
            responses = np.zeros((-(-self.channels // ROWS) * ROWS, before), np.float32)
            responses[: self.channels] = rirs[n]
            spectra = scipy.fft.rfft(responses, size) * scipy.fft.rfft(dry, size)[:1]
            wet = scipy.fft.irfft(spectra, size)[: self.channels, before:]
            heard[n] = wet[:, : self.block]
            self._tail[index] = wet[:, self.block : self.block + self._tail.shape[2]]
            self._fresh[index] = False
        return heard

    def _step_rows(self, rows: slice, blocks: F32, rirs: F32, heard: F32) -> None:
        """Convolve a few listeners at a time, so that their spectra stay in the cache."""
        count, channels, length = rirs.shape
        dry = np.zeros((-(-count // ROWS) * ROWS, blocks.shape[1]), np.float32)
        np.multiply(blocks, self._window, out=dry[:count])
        fresh = np.flatnonzero(self._fresh[rows])
        dry[fresh, : self.fade] = blocks[fresh, : self.fade]
        responses = rirs.reshape(count * channels, length)
        missing = -len(responses) % ROWS
        if missing:
            responses = np.concatenate([responses, np.zeros((missing, length), np.float32)])
        spectra = scipy.fft.rfft(responses, self._size)
        emitted = scipy.fft.rfft(dry, self._size)
        spectra[: count * channels].reshape(count, channels, -1)[...] *= emitted[:count, None]
        wet = scipy.fft.irfft(spectra, self._size, overwrite_x=True)
        wet = wet[: count * channels].reshape(count, channels, -1)
        tail = self._tail[rows]
        ringing = tail.shape[2]
        wet[:, :, :ringing] += tail
        tail[...] = wet[:, :, self.block : self.block + ringing]
        heard[...] = wet[:, :, : self.block]
