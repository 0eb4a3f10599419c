"""What moving listeners hear, block by block: cross-faded windows, one convolution for each source.

Block n of the dry signal, cut with a window that fades in over its first samples and out over the
first samples of block n + 1, is convolved with the impulse response of step n; the results overlap
and add. The windows sum to one, so for a listener who stands still this is one offline convolution.
A response is transformed whole: it changes with every step, and cut into parts as long as a block
every part would be filled up to twice its length. All sources of a listener are added as spectra
and share the transform back. Spectra of responses can be kept for those who stand still.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from ..interface import F32, I32, I64, Bool, SoundwalkError
from .fourier import C64, backward, fast_length, forward, group, padded
from .kernels import kernel

GROUP = 8  # rows and listeners transformed at once: 16 and more leave the cache

Index = I32 | I64 | Bool | slice | list[int]


@kernel
def _multiply(dry: C64, responses: C64, owners: I64, started: Bool, total: C64) -> None:
    """Add what some sources send in this step.

    Args:
        dry: (m, K) spectra of the windowed blocks.
        responses: (m, C, K) spectra of the impulse responses.
        owners: (m,) listener of each row.
        started: (n,) whether a listener has had a row in this step; set here.
        total: (n, C, K) sum over the sources of each listener.
    """
    for row in range(dry.shape[0]):
        i, x = owners[row], dry[row]
        for c in range(responses.shape[1]):
            h, y = responses[row, c], total[i, c]
            if started[i]:
                for k in range(x.shape[0]):
                    y[k] += x[k] * h[k]
            else:
                for k in range(x.shape[0]):
                    y[k] = x[k] * h[k]
        started[i] = True


@kernel
def _overlap(wet: F32, tail: F32, heard: F32) -> None:
    """Add the tails of the last step to `heard` (n, C, block) and keep those of this one.

    The tail moves up by a block in pieces that do not overlap, so that eight samples go at a time.
    """
    block, ringing = heard.shape[2], tail.shape[2]
    shared, left = min(block, ringing), max(ringing - block, 0)
    for i in range(wet.shape[0]):
        for c in range(wet.shape[1]):
            sound, old, now = wet[i, c], tail[i, c], heard[i, c]
            for k in range(shared):
                now[k] = sound[k] + old[k]
            for k in range(shared, block):
                now[k] = sound[k]
            for start in range(block, ringing, block):
                end = min(start + block, ringing)
                to, of, new = old[start - block : end - block], old[start:end], sound[start:end]
                for k in range(end - start):
                    to[k] = of[k] + new[k]
            for k in range(left, ringing):
                old[k] = sound[block + k]


class State:
    """What rings on in some listeners, and who has just begun."""

    def __init__(self, num: int, channels: int, ringing: int) -> None:
        self.tail = np.zeros((num, channels, ringing), np.float32)
        self.fresh = np.ones(num, np.bool_)


class StreamingConvolver:
    """Convolve what listeners are sent with responses that change from block to block.

    A row is one source of one listener: its dry block and its response. A listener may have any
    number of rows in a step; a source that is silent for a step needs none.

    Args:
        num: listeners.
        channels: of the impulse responses.
        block: samples per step.
        rir_length: samples of an impulse response.
        fade: samples of cross-fade between steps. At 800 (50 ms at 16 kHz) a step of 0.25 m leaves
            less than -50 dB more than 50 Hz away from a tone; at 160 it would be -25 dB.
        sources: of all listeners together, whose responses' spectra are kept; 0 keeps none.

    Raises:
        SoundwalkError: a size is not positive, or the fade is longer than the block.
    """

    def __init__(
        self,
        num: int,
        channels: int,
        block: int = 4000,
        rir_length: int = 8000,
        fade: int = 800,
        sources: int = 0,
    ) -> None:
        sizes = {"num": num, "channels": channels, "block": block, "rir_length": rir_length}
        for name, value in sizes.items():
            if value < 1:
                raise SoundwalkError(f"{name}={value}: expected at least 1")
        if not 0 <= fade <= block:
            raise SoundwalkError(f"fade={fade}: expected 0 to the block's {block} samples")
        self.num, self.channels, self.block, self.fade = num, channels, block, fade
        self.rir_length = rir_length
        self._size = fast_length(block + fade + rir_length - 1)
        ramp = 0.5 - 0.5 * np.cos(np.pi * (np.arange(fade) + 0.5) / max(fade, 1))
        self._window = np.ones(block + fade, np.float32)
        self._window[:fade], self._window[block:] = ramp, ramp[::-1]
        self._state = self._silence(num)
        self._total = np.zeros((padded(GROUP * channels), self._size // 2 + 1), np.complex64)
        self._rows = np.zeros((padded(GROUP * (1 + channels)), self._size), np.float32)
        self._old = np.zeros((sources, channels, self._size // 2 + 1), np.complex64)
        self._held = np.zeros(sources, np.bool_)
        self._beginning: StreamingConvolver | None = None

    def reset(self, indices: Index = slice(None)) -> None:
        """Forget what still rings for these listeners; their next block starts without a fade."""
        self._state.tail[indices] = 0.0
        self._state.fresh[indices] = True

    def let_go(self, sources: I32 | I64) -> None:
        """Forget these sources' responses: they are others by now, or have no row in this block."""
        self._held[sources] = False

    def begin(
        self, indices: I32 | I64, past: F32, blocks: F32, rirs: F32, owners: I64 | None = None
    ) -> F32:
        """The first step of some listeners, for whom the sound has been on before.

        Args:
            indices: (n,) which listeners.
            past: (m, T) float32 dry signal up to this step; rir_length samples say all.
            blocks: (m, block + fade) float32, as in `step`.
            rirs: (m, C, L) float32, as in `step`.
            owners: (m,) position in `indices` of each row's listener; 0, 1, 2, … if None.

        Returns:
            (n, C, block) float32.

        Raises:
            SoundwalkError: a shape is not as expected.
        """
        owners = self._checked(len(indices), blocks, rirs, owners)
        if past.ndim != 2 or len(past) != len(owners):
            raise SoundwalkError(f"past has shape {past.shape}: expected ({len(owners)}, samples)")
        before, mine = past.shape[1], self._state
        whole = self._beginning
        if whole is None or whole.block != before + self.block:
            sizes = before + self.block, self.rir_length, self.fade
            whole = self._beginning = StreamingConvolver(1, self.channels, *sizes)
        state, signal = self._silence(len(indices)), np.concatenate([past, blocks], axis=1)
        heard = whole._advance(signal, rirs, owners, state)
        mine.tail[indices], mine.fresh[indices] = state.tail, False
        return np.ascontiguousarray(heard[:, :, before:])

    def step(
        self, blocks: F32, rirs: F32, owners: I64 | None = None, sources: I64 | None = None
    ) -> F32:
        """What the listeners hear during one step.

        Args:
            blocks: (m, block + fade) float32 dry signal of this step and the start of the next,
                one row for each source of each listener.
            rirs: (m, C, L) float32 impulse responses of this step.
            owners: (m,) listener of each row, in ascending order; 0, 1, 2, … if None.
            sources: (m,) which of all sources each row is, in ascending order: its response is the
                one of its last step unless it was let go.

        Returns:
            (N, C, block) float32.

        Raises:
            SoundwalkError: a shape is not as expected, or a listener does not exist.
        """
        owners = self._checked(self.num, blocks, rirs, owners)
        if sources is not None and len(sources):
            rising = len(sources) == len(owners) and (np.diff(sources) > 0).all()
            if not rising or sources[0] < 0 or sources[-1] >= len(self._held):
                raise SoundwalkError(
                    f"sources={np.asarray(sources).tolist()}: expected one for each of the "
                    f"{len(owners)} rows, 0 to {len(self._held) - 1} in ascending order"
                )
        return self._advance(blocks, rirs, owners, self._state, sources)

    def _silence(self, count: int) -> State:
        """What rings when nothing has sounded."""
        return State(count, self.channels, self.fade + self.rir_length - 1)

    def _checked(self, count: int, blocks: F32, rirs: F32, owners: I64 | None) -> I64:
        """The listener of each row.

        Raises:
            SoundwalkError: arrays of the wrong shape, or owners that are none.
        """
        rows = np.arange(count) if owners is None else np.asarray(owners, np.int64)
        wanted = (len(rows), self.block + self.fade), (len(rows), self.channels, self.rir_length)
        for name, array, shape in (("blocks", blocks, wanted[0]), ("rirs", rirs, wanted[1])):
            if array.shape != shape:
                raise SoundwalkError(f"{name} has shape {array.shape}: expected {shape}")
        if len(rows) and (rows[0] < 0 or rows[-1] >= count or (np.diff(rows) < 0).any()):
            raise SoundwalkError(
                f"owners={rows.tolist()}: expected listeners 0 to {count - 1} in ascending order"
            )
        return rows

    def _advance(
        self, blocks: F32, rirs: F32, owners: I64, state: State, ids: I64 | None = None
    ) -> F32:
        """Convolve group after group of listeners."""
        count = len(state.fresh)
        heard = np.empty((count, self.channels, self.block), np.float32)
        bounds = np.searchsorted(owners, np.arange(0, count + GROUP, GROUP))
        for start, low, high in zip(range(0, count, GROUP), bounds[:-1], bounds[1:], strict=False):
            some = slice(start, start + GROUP)
            listeners = len(state.fresh[some])
            used = listeners * self.channels
            total = self._total[:used].reshape(listeners, self.channels, -1)
            started = np.zeros(listeners, np.bool_)
            for first in range(low, high, GROUP):
                rows = slice(first, min(first + GROUP, high))
                mine = owners[rows]
                names = None if ids is None else ids[rows]
                for dry, responses in self._spectra(
                    blocks[rows], rirs[rows], state.fresh[mine], names
                ):
                    _multiply(dry, responses, mine - start, started, total)
            total[~started] = 0.0
            wet = backward(self._total, used, self._size).reshape(listeners, self.channels, -1)
            _overlap(wet, state.tail[some], heard[some])
        state.fresh[:] = False
        return heard

    def _spectra(
        self, blocks: F32, rirs: F32, fresh: Bool, ids: I64 | None
    ) -> Iterator[tuple[C64, C64]]:
        """What to multiply: (m, K) spectra of windowed blocks, and those of their responses.

        Blocks of `fresh` listeners do not fade in.
        """
        count = len(blocks)
        dry = self._put(0, blocks, self._window)
        new = np.flatnonzero(fresh)
        dry[new, : self.fade] = blocks[new, : self.fade]
        if ids is not None and self._in_line(ids):
            yield forward(self._rows, count), self._renewed(rirs, ids)
            return
        if ids is not None:
            self._held[ids] = False
        self._put(count, rirs.reshape(-1, self.rir_length))
        spectra = forward(self._rows, count * (1 + self.channels))
        yield spectra[:count], spectra[count:].reshape(count, self.channels, -1)

    def _in_line(self, ids: I64) -> bool:
        """Whether sources follow each other in whole groups, so that they are kept side by side."""
        count = len(ids)
        return bool(count % group(self.channels) == 0 and ids[-1] - ids[0] == count - 1)

    def _renewed(self, rirs: F32, ids: I64) -> C64:
        """Spectra (m, C, K) of the responses of sources in line, transformed where none is held.

        They are written where they are kept: to copy them costs half of what to keep them saves.
        """
        first, count, size = int(ids[0]), len(ids), group(self.channels)
        wanted = (~self._held[ids]).reshape(-1, size).any(1)
        edges = np.flatnonzero(np.diff(wanted, prepend=False, append=False)) * size
        for low, high in edges.reshape(-1, 2).tolist():
            rows = (high - low) * self.channels
            self._put(0, rirs[low:high].reshape(rows, -1))
            kept = self._old[first + low : first + high].reshape(rows, -1)
            forward(self._rows, rows, kept)
        self._held[ids] = True
        spectra: C64 = self._old[first : first + count]
        return spectra

    def _put(self, first: int, signals: F32, window: F32 | None = None) -> F32:
        """The rows from `first` on to transform: `signals` by a window, and silence behind."""
        count, length = signals.shape
        rows = self._rows[first : first + count]
        if window is None:
            rows[:, :length] = signals
        else:
            np.multiply(signals, window, out=rows[:, :length])
        rows[:, length : max(self.block + self.fade, self.rir_length)] = 0.0
        return rows
