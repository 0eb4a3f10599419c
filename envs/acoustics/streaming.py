"""What a moving listener hears, block by block: cross-faded windows, one convolution each.

Block n of the dry signal, cut with a window that fades in over its first samples and out over the
first samples of block n + 1, is convolved with the impulse response of step n; the results overlap
and add. The windows sum to one, so for a listener who stands still this is one offline convolution.
Responses are cut into parts as long as a block (uniformly partitioned convolution), so that 0.5 s
and 0.25 s blocks need FFTs of 8192 only and products of later parts wait as spectra.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import scipy.fft

from ..interface import F32, I32, I64, Bool, SoundwalkError, kernel

GROUP = 16  # listeners convolved at once; smaller and larger groups measured slower
ROWS = 4  # scipy's float32 FFT works on four rows at once; other counts would round differently

C64 = npt.NDArray[np.complex64]
Index = I32 | I64 | Bool | slice | list[int]


@kernel
def _multiply(  # noqa: C901 three flat loops
    dry: C64, responses: C64, waiting: C64, total: C64
) -> None:
    """Spectra of this step, and of what waits for later ones.

    Args:
        dry: (n, K) spectra of the windowed blocks.
        responses: (n, C, P, K) spectra of the parts of the impulse responses.
        waiting: (n, P - 1, C, K) what earlier blocks left for steps to come, moved up by one.
        total: (n, C, K), filled with part 0 of this block and what was waiting.
    """
    parts = responses.shape[2]
    for i in range(dry.shape[0]):
        for c in range(responses.shape[1]):
            if parts == 1:
                for k in range(dry.shape[1]):
                    total[i, c, k] = dry[i, k] * responses[i, c, 0, k]
                continue
            last = waiting[i, parts - 2, c]
            for k in range(dry.shape[1]):
                total[i, c, k] = dry[i, k] * responses[i, c, 0, k] + waiting[i, 0, c, k]
            for p in range(1, parts - 1):
                for k in range(dry.shape[1]):
                    later = waiting[i, p, c, k] + dry[i, k] * responses[i, c, p, k]
                    waiting[i, p - 1, c, k] = later
            for k in range(dry.shape[1]):
                last[k] = dry[i, k] * responses[i, c, parts - 1, k]


@kernel
def _overlap(wet: F32, tail: F32, heard: F32) -> None:
    """Add the tails of the last step to `heard` (n, C, block) and keep those of this one."""
    block, ringing = heard.shape[2], tail.shape[2]
    shared = min(block, ringing)
    for i in range(wet.shape[0]):
        for c in range(wet.shape[1]):
            for k in range(block):
                heard[i, c, k] = wet[i, c, k]
            for k in range(shared):
                heard[i, c, k] += tail[i, c, k]
            for k in range(ringing):
                left = tail[i, c, k + block] if k + block < ringing else np.float32(0.0)
                tail[i, c, k] = left + wet[i, c, k + block]


class StreamingConvolver:
    """Convolve the blocks of `num` listeners with responses that change from block to block.

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
        sizes = {"num": num, "channels": channels, "block": block, "rir_length": rir_length}
        for name, value in sizes.items():
            if value < 1:
                raise SoundwalkError(f"{name}={value}: expected at least 1")
        if not 0 <= fade <= block:
            raise SoundwalkError(f"fade={fade}: expected 0 to the block's {block} samples")
        self.num, self.channels, self.block, self.fade = num, channels, block, fade
        self.rir_length = rir_length
        self._part = min(block, rir_length)
        self._parts = -(-rir_length // self._part)
        self._size = scipy.fft.next_fast_len(block + fade + self._part - 1, real=True)
        ramp = 0.5 - 0.5 * np.cos(np.pi * (np.arange(fade) + 0.5) / max(fade, 1))
        self._window = np.ones(block + fade, np.float32)
        self._window[:fade], self._window[block:] = ramp, ramp[::-1]
        self._waiting, self._tail = self._silence(num)
        self._fresh = np.ones(num, np.bool_)
        self._dry = np.zeros((_rows(GROUP), self._size), np.float32)
        self._total = np.zeros((_rows(GROUP * channels), self._size // 2 + 1), np.complex64)
        self._rirs = np.zeros((_rows(GROUP * channels * self._parts), self._size), np.float32)

    def reset(self, indices: Index = slice(None)) -> None:
        """Forget what still rings for these listeners; their next block starts without a fade."""
        self._waiting[indices] = 0.0
        self._tail[indices] = 0.0
        self._fresh[indices] = True

    def begin(self, indices: I32 | I64, past: F32, blocks: F32, rirs: F32) -> F32:
        """The first step of some listeners, for whom the sound has been on before.

        Args:
            indices: (n,) which listeners.
            past: (n, T) float32 dry signal up to this step; rir_length samples say all.
            blocks: (n, block + fade) float32, as in `step`.
            rirs: (n, C, L) float32, as in `step`.

        Returns:
            (n, C, block) float32.

        Raises:
            SoundwalkError: a shape is not as expected.
        """
        count = len(indices)
        self._check(count, blocks, rirs)
        if past.ndim != 2 or len(past) != count:
            raise SoundwalkError(f"past has shape {past.shape}: expected ({count}, samples)")
        steps = -(-past.shape[1] // self.block)
        lead = np.zeros((count, steps * self.block - past.shape[1]), np.float32)
        signal = np.concatenate([lead, past, blocks], axis=1)
        waiting, tail = self._silence(count)
        fresh = np.ones(count, np.bool_)
        for start in range(0, (steps + 1) * self.block, self.block):
            window = signal[:, start : start + self.block + self.fade]
            heard = self._advance(window, rirs, waiting, tail, fresh)
            fresh[:] = False
        self._waiting[indices], self._tail[indices] = waiting, tail
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
        heard = self._advance(blocks, rirs, self._waiting, self._tail, self._fresh)
        self._fresh[:] = False
        return heard

    def _silence(self, count: int) -> tuple[C64, F32]:
        """What waits and what rings when nothing has sounded."""
        bins, ringing = self._size // 2 + 1, self.fade + self._part - 1
        waiting = np.zeros((count, self._parts - 1, self.channels, bins), np.complex64)
        return waiting, np.zeros((count, self.channels, ringing), np.float32)

    def _check(self, count: int, blocks: F32, rirs: F32) -> None:
        """Complain about arrays of the wrong shape."""
        wanted = (count, self.block + self.fade), (count, self.channels, self.rir_length)
        for name, array, shape in (("blocks", blocks, wanted[0]), ("rirs", rirs, wanted[1])):
            if array.shape != shape:
                raise SoundwalkError(f"{name} has shape {array.shape}: expected {shape}")

    def _advance(self, blocks: F32, rirs: F32, waiting: C64, tail: F32, fresh: Bool) -> F32:
        """Convolve group after group; rows are padded so that rounding ignores their number."""
        heard = np.empty((len(blocks), self.channels, self.block), np.float32)
        for start in range(0, len(blocks), GROUP):
            rows = slice(start, start + GROUP)
            new = np.flatnonzero(fresh[rows])
            dry = self._emitted(blocks[rows], new)
            responses = self._responses(rirs[rows])
            count = len(dry) * self.channels
            total = self._total[:count].reshape(len(dry), self.channels, -1)
            _multiply(dry, responses, waiting[rows], total)
            wet = scipy.fft.irfft(self._total[: _rows(count)], self._size)[:count]
            _overlap(wet.reshape(len(dry), self.channels, -1), tail[rows], heard[rows])
        return heard

    def _emitted(self, blocks: F32, new: I64) -> C64:
        """(n, K) spectra of windowed blocks; the `new` ones do not fade in."""
        count, length = blocks.shape
        np.multiply(blocks, self._window, out=self._dry[:count, :length])
        self._dry[new, : self.fade] = blocks[new, : self.fade]
        return scipy.fft.rfft(self._dry[: _rows(count)])[:count]

    def _responses(self, rirs: F32) -> C64:
        """(n, C, P, K) spectra of the parts of impulse responses."""
        count, part = len(rirs), self._part
        rows = count * self.channels * self._parts
        parts = self._rirs[:rows].reshape(count, self.channels, self._parts, self._size)
        for p in range(self._parts):
            piece = rirs[:, :, p * part : (p + 1) * part]
            parts[:, :, p, : piece.shape[2]] = piece
        spectra = scipy.fft.rfft(self._rirs[: _rows(rows)])[:rows]
        return spectra.reshape(count, self.channels, self._parts, -1)


def _rows(count: int) -> int:
    """`count` rounded up to whole groups of ROWS."""
    return -(-count // ROWS) * ROWS
