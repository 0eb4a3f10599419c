"""What arrives at the ears: sounds through responses, the agent's own sweep, and noise.

Whole clips are convolved at once by overlap-save. The spectrum of what a source sends serves all
views and channels; what sounds together is added as spectra. Responses and spectra of a few samples
fit the cache, so a batch is worked off in pieces.
"""

from __future__ import annotations

import dataclasses
import math

import numpy as np

from ..acoustics import AcousticPool, direct_lengths, render_rirs
from ..acoustics.sounds.levels import ACTIVE_RMS
from ..acoustics.tables import build_tables
from ..acoustics.trajectory import move_sources
from ..interface import F32, F64, I32, I64, Bool
from ..simulators.echo import AHEAD, BELOW, sweep
from ..simulators.options import pressure

SWEEP_LEVEL = 74.0  # dB SPL at 1 m, as environments emit by default
NOISE_DB = (0.0, 24.0)  # by how much noise that is alone lies below a source at 1 m
ROWS = 128  # responses rendered in one call
_FLOATS = 400_000  # that the spectra of one piece take: 1.6 MB
_NOISE_SECONDS = 4.0  # after which the noise repeats; two of it are laid over each other
_STRAIGHT = 0.01  # metres by which a free way may be longer than the straight line


def block_size(samples: int, taps: int) -> int:
    """The power of two that convolves `samples` with `taps` at the least cost, by overlap-save.

    >>> block_size(16_000, 8_000), block_size(4_000, 800)
    (16384, 2048)
    """
    best, least = 0, math.inf
    size = 1 << max(taps, 2).bit_length()
    while size <= 2 * (samples + taps) or best == 0:
        blocks = -(-samples // (size - taps + 1))
        cost = size * math.log2(size) * (1 + 2 * blocks)
        if cost < least:
            best, least = size, cost
        size *= 2
    return best


def convolve(signals: F32, responses: F32, samples: int, *, mixed: bool) -> F32:
    """Convolve what sources sent with the responses of every view and channel.

    Args:
        signals: (n, K, P), what was sent, from at least L - 1 samples before the first wanted one.
        responses: (n, V, K, C, L)
        samples: T, the last of P that are wanted.
        mixed: whether to add up the sources.

    Returns:
        (n, V, C, T) if mixed, else (n, V, K, C, T), float32.
    """
    import torch

    taps = responses.shape[-1]
    size = block_size(samples, taps)
    step = size - taps + 1
    blocks = -(-samples // step)
    past = signals.shape[-1] - samples - (taps - 1)
    sent = torch.zeros((*signals.shape[:2], (blocks - 1) * step + size))
    sent[..., : samples + taps - 1] = torch.from_numpy(signals[..., past:])
    x = torch.fft.rfft(sent.unfold(-1, size, step))  # (n, K, B, S)
    h = torch.fft.rfft(torch.from_numpy(responses), size)  # (n, V, K, C, S)
    y = h[..., None, :] * x[:, None, :, None]  # (n, V, K, C, B, S)
    y = y.sum(2) if mixed and y.shape[2] > 1 else y.squeeze(2) if mixed else y
    wet = torch.fft.irfft(y, size)[..., taps - 1 :]
    result: F32 = wet.flatten(-2)[..., :samples].numpy()
    return result


class Ears:
    """Listens in the homes of a pool, which holds ROWS sources or more."""

    def __init__(self, pool: AcousticPool, seconds: float) -> None:
        """Take the pool, and how much sound of the agent's own sweep is wanted."""
        self._pool, self.config = pool, pool.config
        self._echo = round(seconds * self.config.sample_rate)
        self._sweep = pressure(SWEEP_LEVEL) * sweep(self.config.sample_rate)
        longer = dataclasses.replace(
            self.config, length=_NOISE_SECONDS, order=0, seed=self.config.seed + 1
        )
        self._noise: F32 = np.asarray(build_tables(longer).noise.sum(0), np.float32)

    def responses(self, slots: I32, heads: F64, headings: F64, positions: F64) -> F32:
        """Responses (n, V, K, C, L) of sources (n, K, 3) at heads (n, 3) with headings (n, V)."""
        n, v, k = len(slots), headings.shape[1], positions.shape[1]
        out = np.empty((n, v, k, self.config.channels, self.config.samples), np.float32)
        rows = self._place(slots, positions)
        shape = (n, v, k)
        receivers = np.broadcast_to(heads[:, None, None], (*shape, 3)).reshape(-1, 3)
        render_rirs(
            self._pool,
            np.repeat(slots, v * k),
            receivers,
            np.repeat(headings.ravel(), k),
            out.reshape(-1, *out.shape[3:]),
            np.broadcast_to(rows[:, None], shape).ravel(),
        )
        return out

    def hear(
        self, slots: I32, heads: F64, headings: F64, positions: F64, signals: F32, samples: int,
        *, mixed: bool,
    ) -> F32:  # fmt: skip
        """What arrives of signals (n, K, P): the last `samples`, see `convolve`."""
        n, v, k = len(slots), headings.shape[1], positions.shape[1]
        shape = (n, v, self.config.channels) if mixed else (n, v, k, self.config.channels)
        out = np.empty((*shape, samples), np.float32)
        step = self._piece(v * k * self.config.channels, k)
        for first in range(0, n, step):
            piece = slice(first, first + step)
            heard = self.responses(slots[piece], heads[piece], headings[piece], positions[piece])
            out[piece] = convolve(signals[piece], heard, samples, mixed=mixed)
        return out

    def _piece(self, spectra: int, sources: int) -> int:
        """How many samples are worked off together."""
        fitting = _FLOATS // (2 * self.config.samples * spectra)
        return max(1, min(fitting, ROWS // sources))

    def echoes(self, slots: I32, heads: F64, headings: F64) -> F32:
        """What comes back of the agent's own sweep, (n, V, C, E)."""
        n, v = headings.shape
        out = np.empty((n * v, self.config.channels, self._echo), np.float32)
        ahead = AHEAD * np.stack([np.cos(headings), np.sin(headings)], -1)
        emitters = np.repeat(heads[:, None], v, 1)
        emitters[..., :2] += ahead
        emitters[..., 2] -= BELOW
        where, who = np.repeat(slots, v), np.repeat(heads, v, 0)
        for first in range(0, n * v, ROWS):
            piece = slice(first, first + ROWS)
            response = self.responses(
                where[piece], who[piece], headings.reshape(-1, 1)[piece],
                emitters.reshape(-1, 1, 3)[piece],
            )  # fmt: skip
            early = np.zeros((*response.shape[:-1], self._echo), np.float32)
            some = min(self._echo, response.shape[-1])
            early[..., :some] = response[..., :some]
            sent = np.zeros((len(response), 1, 2 * self._echo - 1), np.float32)
            ping = self._sweep[: self._echo]
            sent[..., self._echo - 1 : self._echo - 1 + len(ping)] = ping
            out[piece] = convolve(sent, early, self._echo, mixed=True)[:, 0]
        return out.reshape(n, v, *out.shape[1:])

    def noise(self, levels: F64, views: int, samples: int, rng: np.random.Generator) -> F32:
        """Diffuse white noise (n, V, C, samples) of RMS `levels` (n,) at a free microphone."""
        period = self._noise.shape[1]
        starts = rng.integers(period, size=(len(levels), views, 2))
        tiled = np.concatenate([self._noise] * (1 + -(-samples // period)), axis=1)
        out = np.empty((len(levels), views, len(tiled), samples), np.float32)
        for n, level in enumerate(levels):
            for v, (a, b) in enumerate(starts[n]):
                np.add(tiled[:, a : a + samples], tiled[:, b : b + samples], out=out[n, v])
                out[n, v] *= np.float32(level * math.sqrt(0.5))
        return out

    def lonely_levels(self, count: int, rng: np.random.Generator) -> F64:
        """RMS (count,) of noises that are heard alone."""
        return np.asarray(ACTIVE_RMS / 10 ** (rng.uniform(*NOISE_DB, count) / 20))

    def sights(self, slots: I32, heads: F64, positions: F64) -> Bool:
        """(n, K) whether the straight lines from heads (n, 3) to positions (n, K, 3) are free."""
        n, k = positions.shape[:2]
        lengths = np.empty((n, k))
        step = max(1, ROWS // k)
        for first in range(0, n, step):
            piece = slice(first, first + step)
            rows = self._place(slots[piece], positions[piece], fields=False)
            who = np.repeat(heads[piece], k, 0)
            where = np.repeat(slots[piece], k)
            lengths[piece] = direct_lengths(self._pool, where, who, rows.ravel()).reshape(-1, k)
        straight = np.linalg.norm(positions - heads[:, None], axis=-1)
        return np.asarray(lengths < straight + _STRAIGHT, np.bool_)

    def _place(self, slots: I32, positions: F64, *, fields: bool = True) -> I64:
        """Put sources (n, K, 3) into the pool; (n, K) their rows."""
        n, k = positions.shape[:2]
        rows = np.arange(n * k)
        where = np.repeat(slots, k)
        move_sources(
            self._pool, where, rows.astype(np.int32), positions.reshape(-1, 3), fields=fields
        )
        return rows.reshape(n, k)
