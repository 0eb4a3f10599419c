"""What a place sounds like, in a few statistics: what vision can learn to predict.

Owens et al. 2016, "Ambient sound provides supervision for visual learning", after McDermott and
Simoncelli 2011: envelopes of a cochlea-like filter bank, compressed; their means, standard
deviations, correlations between bands, and how much of their variance lies in each band of
modulation rates.
"""

from __future__ import annotations

import numpy as np
import torch
from torch import Tensor, nn

from ...envs.interface import F64, SoundwalkError
from ..encoders.spectrogram import power, stft
from .clustering import Clusters

_COMPRESSION = 0.3  # of envelopes, as in the ear
_APART = (1, 2, 3, 5)  # bands whose envelopes are correlated
_SILENT = 1e-4  # compressed envelopes are about 0.1 to 3; a deviation below this is none
_HOP = 160  # samples from one value of an envelope to the next


def erb_bands(bands: int, bins: int, rate: int, low: float = 50.0) -> F64:
    """Half-cosine filters, equally spaced on the scale of equivalent rectangular bandwidths.

    ERB number E(f) = 21.4 log10(1 + 0.00437 f), f in Hz (Glasberg and Moore 1990). Neighbours
    overlap by half, so that their squares sum to one between the outermost centres.

    Args:
        bands: how many.
        bins: frequencies 0 to rate / 2 of a transform.
        rate: samples per second.
        low: Hz where the lowest band begins.

    Returns:
        (bands, bins), 0 to 1.
    """
    number = 21.4 * np.log10(1 + 0.00437 * np.linspace(0, rate / 2, bins))
    edges = np.linspace(21.4 * np.log10(1 + 0.00437 * low), number[-1], bands + 2)
    place = (number[None] - edges[1:-1, None]) / (edges[1] - edges[0])  # in steps, from the centre
    return np.asarray(np.where(np.abs(place) < 1, np.cos(np.pi / 2 * place), 0.0))


class SoundStatistics(nn.Module):
    """Statistics of a sound's texture, (B, C, T) to (B, dim).

    For each of `bands`: mean and standard deviation of the envelope, and the shares of its variance
    in octaves of modulation rates, from 1 / seconds to 50 Hz; then correlations of bands that are
    1, 2, 3 and 5 apart. Silence has deviations, shares and correlations of zero. Channels are
    summed as powers.

    Args:
        bands: of the filter bank.
        octaves: of modulation rates, the fastest 25 to 50 Hz.
        rate: samples per second.
        n_fft: length of the transform, samples.
    """

    keys: tuple[str, ...] = ("audio",)

    def __init__(
        self, bands: int = 16, octaves: int = 6, rate: int = 16_000, n_fft: int = 512
    ) -> None:
        super().__init__()
        self.bands, self.octaves, self.rate, self.n_fft = bands, octaves, rate, n_fft
        self.dim = bands * (2 + octaves) + sum(max(bands - d, 0) for d in _APART)
        self.filters: Tensor
        self.window: Tensor
        filters = np.square(erb_bands(bands, n_fft // 2 + 1, rate))
        self.register_buffer("filters", torch.from_numpy(filters).float(), persistent=False)
        self.register_buffer("window", torch.hann_window(n_fft), persistent=False)

    def forward(self, x: Tensor) -> Tensor:
        """(B, C, T) to (B, dim): means, deviations, shares of modulation, correlations."""
        envelopes = self.envelopes(x)  # (B, bands, frames)
        mean = envelopes.mean(-1)  # (B, bands)
        around = envelopes - mean[..., None]
        deviation = around.square().mean(-1).sqrt()  # (B, bands)
        steady = around / deviation.clamp_min(_SILENT)[..., None]  # (B, bands, frames)
        alike = steady @ steady.mT / steady.shape[-1]  # (B, bands, bands)
        pairs = [alike.diagonal(d, 1, 2) for d in _APART]
        shares = self._modulation(steady).flatten(1)  # (B, octaves bands)
        return torch.cat([mean, deviation, shares, *pairs], 1)

    def envelopes(self, x: Tensor) -> Tensor:
        """Compressed envelopes (B, bands, 1 + T // 160) of (B, C, T).

        Raises:
            SoundwalkError: T is shorter than a transform.
        """
        if x.ndim != 3:
            raise SoundwalkError(f"audio of shape {tuple(x.shape)}: expected (B, C, T)")
        energy = power(stft(x.float(), self.n_fft, _HOP, self.window)).sum(1)  # (B, F, frames)
        return (self.filters @ energy) ** (_COMPRESSION / 2)  # (B, bands, frames)

    def _modulation(self, steady: Tensor) -> Tensor:
        """(B, bands, frames) of unit variance to shares of it (B, octaves, bands)."""
        frames = steady.shape[-1]
        energy = power(torch.fft.rfft(steady)) / frames**2  # (B, bands, rates), Parseval
        rates = torch.fft.rfftfreq(frames, _HOP / self.rate).to(steady.device)  # Hz
        octave = (rates / (self.rate / _HOP / 2)).clamp_min(1e-9).log2().neg().floor()  # 0: fastest
        octave = octave.clamp(0, self.octaves - 1).long()
        twice = torch.where((rates > 0) & (rates < self.rate / _HOP / 2), 2.0, 1.0)
        shares = steady.new_zeros(*steady.shape[:2], self.octaves)
        shares.index_add_(2, octave, energy * twice)
        return shares.mT


class Texture(Clusters):
    """Which of k kinds of sound is there? With k = 0: what are its statistics?

    See `Clusters`: `label` (B,) or, with k = 0, (B, D) and `known` (B,).

    Args:
        k: number of kinds; Owens et al. have 30.
        warm: examples to group.
        bands: of the filter bank.
        seed: of k-means.
        rate: samples per second.
    """

    def __init__(
        self, k: int = 30, warm: int = 1024, bands: int = 16, seed: int = 0, rate: int = 16_000
    ) -> None:
        super().__init__(SoundStatistics(bands, rate=rate), k, "audio", warm, seed)
