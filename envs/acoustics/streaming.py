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


Index = I32 | I64 | Bool | slice | list[int]


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

    def reset(self, indices: Index = slice(None)) -> None:
        """Forget what still rings for these listeners; their next block starts without a fade."""
        self._tail[indices] = 0.0
        self._fresh[indices] = True

    def begin(self, indices: I32 | I64, past: F32, blocks: F32, rirs: F32) -> F32:
        """The first step of some listeners, for whom the sound has been on before.

        Args:
            indices: (n,) which listeners.
            past: (n, P) float32 dry signal up to this step; what is older than rir_length is over.
            blocks: (n, block + fade) float32, as in `step`.
            rirs: (n, C, L) float32, as in `step`.

        Returns:
            (n, C, block) float32.

        Raises:
            SoundwalkError: a shape is not as expected.
        """
        count = len(indices)
        self._check(count, blocks, rirs)
        if past.ndim != 2 or len(past) != count or past.shape[1] < 1:
            raise SoundwalkError(f"past has shape {past.shape}: expected ({count}, samples)")
        tail = np.zeros((count, self.channels, self._tail.shape[2]), np.float32)
        ringing = convolve(past, rirs)[:, :, past.shape[1] :]
        tail[:, :, : ringing.shape[2]] = ringing
        heard = self._groups(blocks, rirs, tail, np.ones(count, np.bool_))
        self._tail[indices] = tail
        self._fresh[indices] = False
        return heard

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
        self._check(self.num, blocks, rirs)
        heard = self._groups(blocks, rirs, self._tail, self._fresh)
        self._fresh[:] = False
        return heard

    def _check(self, count: int, blocks: F32, rirs: F32) -> None:
        """Complain about arrays of the wrong shape."""
        wanted = (count, self.block + self.fade), (count, self.channels, self.rir_length)
        for name, array, shape in (("blocks", blocks, wanted[0]), ("rirs", rirs, wanted[1])):
            if array.shape != shape:
                raise SoundwalkError(f"{name} has shape {array.shape}: expected {shape}")

    def _groups(self, blocks: F32, rirs: F32, tail: F32, fresh: Bool) -> F32:
        """Convolve a few listeners at a time, so that their spectra stay in the cache."""
        heard = np.empty((len(blocks), self.channels, self.block), np.float32)
        ringing = tail.shape[2]
        for start in range(0, len(blocks), GROUP):
            rows = slice(start, start + GROUP)
            dry = blocks[rows] * self._window
            new = np.flatnonzero(fresh[rows])
            dry[new, : self.fade] = blocks[rows][new, : self.fade]
            wet = convolve(dry, rirs[rows], self._size)
            wet[:, :, :ringing] += tail[rows]
            tail[rows] = wet[:, :, self.block : self.block + ringing]
            heard[rows] = wet[:, :, : self.block]
        return heard


def convolve(dry: F32, rirs: F32, size: int = 0) -> F32:
    """Full convolution of each signal with each channel of its impulse response.

    Rows are padded to whole groups of ROWS, so that the rounding does not depend on their number.

    Args:
        dry: (N, T) float32.
        rirs: (N, C, L) float32.
        size: of the FFT; the next fast one that holds the result if 0.

    Returns:
        (N, C, T + L - 1) float32.
    """
    count, channels, length = rirs.shape
    samples = dry.shape[1] + length - 1
    size = size or scipy.fft.next_fast_len(samples, real=True)
    responses = scipy.fft.rfft(_pad_rows(rirs.reshape(count * channels, length)), size)
    emitted = scipy.fft.rfft(_pad_rows(dry), size)
    spectra = responses[: count * channels].reshape(count, channels, -1)
    spectra *= emitted[:count, None]
    wet = scipy.fft.irfft(responses, size, overwrite_x=True)
    return wet[: count * channels].reshape(count, channels, size)[:, :, :samples]


def _pad_rows(rows: F32) -> F32:
    """Append silent rows up to a multiple of ROWS."""
    missing = -len(rows) % ROWS
    return (
        np.concatenate([rows, np.zeros((missing, rows.shape[1]), np.float32)]) if missing else rows
    )
