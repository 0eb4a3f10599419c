"""The spectrogram of the last second, kept up to date step by step.

Of 101 frames a step of 0.25 s brings 25 that were not there; the others moved, and only the two at
either end, which contain reflected samples, change. So 29 of 101 frames are transformed per step.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from ...envs.interface import F32, I64, SAMPLE_RATE, Bool, SoundwalkError, kernel
from .spectrogram import BANDS, BINS, HOP, N_FFT, POOL, WINDOW, window

SECOND = SAMPLE_RATE
_HALF = WINDOW // 2
_FRAMES = SECOND // HOP + 1  # 101
_RING = SECOND // HOP  # slots for frames without reflection
_FIRST, _LAST = -(-_HALF // HOP), (SECOND - _HALF) // HOP  # 2 and 98: frames without reflection
_CHUNK = 8  # environments per transform: 464 rows of two ears, 1 MB
_LANES = 16  # rows are filled up to whole SIMD groups, so that a row's rounding has no neighbours


class StreamingSpectrogram:
    """`spectrogram` of the last second of N streams of one or more channels, two ears by default.

    Before a stream has lasted a second its past is silence.
    """

    def __init__(self, num: int, block: int = SAMPLE_RATE // 4, channels: int = 2) -> None:
        """Start N silent streams.

        Args:
            num: streams.
            block: samples per step: a divisor of 16000 that is a multiple of 160.
            channels: of each stream.

        Raises:
            SoundwalkError: no stream, no channel, or a block that does not fit.
        """
        for name, value in (("num", num), ("channels", channels)):
            if value < 1:
                raise SoundwalkError(f"{name}={value}: expected 1 or more")
        if block < HOP or block % HOP or SECOND % block:
            raise SoundwalkError(
                f"block={block} samples: expected a multiple of {HOP} that divides {SECOND}"
            )
        self.num, self.block, self.channels = num, block, channels
        self._fresh = max(_FIRST, _LAST + 1 - block // HOP)  # the first frame to be transformed
        self._per_stream = channels * (_LAST + 1 - self._fresh + 2 * _FIRST)  # rows
        self._start = 0  # of the oldest sample in the ring; the same for all
        self._history = np.zeros((num, channels, SECOND), np.float32)
        self._ring = np.zeros((num, _RING, channels * BANDS), np.float32)
        self._window = window()
        rows = -(-_CHUNK * self._per_stream // _LANES) * _LANES
        self._rows = np.zeros((rows, N_FFT), np.float32)

    def push(self, audio: F32) -> F32:
        """Append one step to all streams.

        Args:
            audio: (N, C, block)

        Returns:
            (N, 65, 26, C) float32, a fresh array: `spectrogram` of each one's last second.

        Raises:
            SoundwalkError: another shape.
        """
        self._check(audio, self.num)
        self._start = (self._start + self.block) % SECOND
        return self._update(np.arange(self.num), audio)

    def reset(self, mask: Bool | Sequence[bool]) -> None:
        """Forget the past of the streams where `mask` (N,) is true."""
        self._history[np.asarray(mask, bool)] = 0
        self._ring[np.asarray(mask, bool)] = 0

    def restart(self, mask: Bool, audio: F32) -> F32:
        """Begin K streams anew within the present step: the block they got last is replaced.

        Args:
            mask: (N,) which; K of them are true.
            audio: (K, C, block) the first step of each.

        Returns:
            (K, 65, 26, C)
        """
        which = np.flatnonzero(mask)
        self._check(audio, which.size)
        self.reset(mask)
        return self._update(which, audio)

    def _check(self, audio: F32, count: int) -> None:
        expected = (count, self.channels, self.block)
        if audio.shape != expected:
            raise SoundwalkError(
                f"audio of shape {audio.shape}: expected {expected}:"
                " (streams, channels, samples per step)"
            )

    def _update(self, which: I64, audio: F32) -> F32:
        """Write the newest block of some streams (K,) and return their spectrograms."""
        import torch  # its 512-point transforms take half of scipy's time

        out = np.empty((which.size, BANDS, -(-_FRAMES // POOL), self.channels), np.float32)
        audio = np.ascontiguousarray(audio, np.float32)
        for begin in range(0, which.size, _CHUNK):
            part = slice(begin, begin + _CHUNK)
            some = which[part]
            _cut(
                audio[part], some, self._history, self._start, self._fresh, self._window, self._rows
            )
            used = -(-some.size * self._per_stream // _LANES) * _LANES
            transformed = torch.fft.rfft(torch.from_numpy(self._rows[:used])).numpy()
            spectrum = transformed.view(np.float32)  # (rows, 257 * 2)
            slot = self._start // HOP
            _pool(spectrum, some, self._ring, slot, self._fresh, out[part])
        return np.log1p(out, out=out)


@kernel
def _cut(  # noqa: C901 - one pass over the samples
    audio: F32, which: I64, history: F32, start: int, fresh: int, taper: F32, rows: F32
) -> None:
    """Store blocks (K, C, B) at the end of the rings and cut the frames to transform from them.

    Row (C * (stream * frames + frame) + channel) gets one windowed frame: first the edge frames
    0, 1, 99, 100, then the fresh ones. Sample p of the last second lies at (start + p) % SECOND.
    """
    block, channels = audio.shape[2], audio.shape[1]
    reach = _HALF + (_FIRST - 1) * HOP  # samples from either end that edge frames contain
    ends = np.empty((2, _HALF + reach), np.float32)
    row = 0
    for k in range(which.size):
        for ear in range(channels):
            past = history[which[k], ear]
            newest = (start - block) % SECOND
            past[newest : newest + block] = audio[k, ear]
            for i in range(reach):
                near, far = start + i, start - 1 - i
                ends[0, _HALF + i] = past[near if near < SECOND else near - SECOND]
                ends[1, reach - 1 - i] = past[far if far >= 0 else far + SECOND]
            for i in range(_HALF):  # the mirror stands on the first and on the last sample
                ends[0, i] = ends[0, 2 * _HALF - i]
                ends[1, reach + i] = ends[1, reach - 2 - i]
            at = row + ear
            for edge in range(2 * _FIRST):
                line, piece = rows[at], ends[edge // _FIRST, edge % _FIRST * HOP :]
                for i in range(WINDOW):
                    line[i] = taper[i] * piece[i]
                at += channels
            for frame in range(fresh, _LAST + 1):
                p = (start + frame * HOP - _HALF) % SECOND
                before = min(WINDOW, SECOND - p)
                line, piece = rows[at], past[p:]  # views: indices from 0 up vectorise
                for i in range(before):
                    line[i] = taper[i] * piece[i]
                for i in range(before, WINDOW):
                    line[i] = taper[i] * past[i - before]
                at += channels
        row += channels * (_LAST + 1 - fresh + 2 * _FIRST)


@kernel
def _pool(  # noqa: C901 - one pass over the frames
    spectrum: F32, which: I64, ring: F32, slot: int, fresh: int, out: F32
) -> None:
    """Magnitudes of the new frames into the ring, then means over 4x4 blocks of all 101 frames.

    Frame f of the last second lies in the ring at (slot + f) % RING; edge frames pass by it.
    """
    magnitude = np.zeros(BANDS * POOL, np.float32)  # above 257: the zeros that fill the last band
    channels = out.shape[3]
    edges = np.empty((2 * _FIRST, channels * BANDS), np.float32)
    total = np.empty(channels * BANDS, np.float32)
    scale = np.float32(1.0 / POOL**2)
    row = 0
    for k in range(which.size):
        mine = ring[which[k]]
        for index in range(_LAST + 1 - fresh + 2 * _FIRST):
            edge = index < 2 * _FIRST
            target = edges[index] if edge else mine[(slot + fresh + index - 2 * _FIRST) % _RING]
            for ear in range(channels):
                line, bands = spectrum[row], target[ear * BANDS : (ear + 1) * BANDS]
                for i in range(BINS):
                    magnitude[i] = np.sqrt(line[2 * i] ** 2 + line[2 * i + 1] ** 2)
                for band in range(BANDS):
                    i = POOL * band
                    bands[band] = (
                        magnitude[i] + magnitude[i + 1] + magnitude[i + 2] + magnitude[i + 3]
                    )
                row += 1
        for block in range(out.shape[2]):
            total[:] = 0
            for frame in range(POOL * block, min(POOL * block + POOL, _FRAMES)):
                if frame < _FIRST:
                    source = edges[frame]
                elif frame > _LAST:
                    source = edges[2 * _FIRST - _FRAMES + frame]
                else:
                    source = mine[(slot + frame) % _RING]
                for i in range(total.size):
                    total[i] += source[i]
            for band in range(BANDS):
                for ear in range(channels):
                    out[k, band, block, ear] = total[ear * BANDS + band] * scale
