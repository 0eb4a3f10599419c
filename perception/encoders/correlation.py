"""How two ears' sounds are shifted against each other, in bands: what tells direction best.

Generalised cross-correlations with phase transform (Knapp and Carter 1976) over the delays that a
head makes, beside the levels at the ears, go into a small network. A network on spectrograms has to
learn from phases, which turn with frequency, what a correlation shows at once.
"""

from __future__ import annotations

import math

import torch
from torch import Tensor, nn

from ...envs.interface import SoundwalkError
from .protocol import remember_arguments
from .spectrogram import interaural_level, log_magnitude, power, stft

_LOWEST = 60.0  # Hz, where the lowest band begins
_UPSAMPLE = 2  # delays for each sample
_PHAT = 1e-7
WEIGHTINGS = 3  # of moments: all alike, by level, by rise of level


def mel_bands(count: int, n_fft: int, rate: int, lowest: float = _LOWEST) -> Tensor:
    """Triangles on the mel scale (O'Shaughnessy 1987), each of sum 1.

    Args:
        count: bands.
        n_fft: length of the transform, samples.
        rate: hertz.
        lowest: hertz, where the first one begins; the last one ends at half the rate.

    Returns:
        (count, n_fft // 2 + 1).

    Raises:
        SoundwalkError: a band holds no bin.
    """
    first, last = (2595 * math.log10(1 + f / 700) for f in (lowest, rate / 2))
    marks = 700 * (10 ** (torch.linspace(first, last, count + 2, dtype=torch.float64) / 2595) - 1)
    bins = torch.arange(n_fft // 2 + 1) * (rate / n_fft)
    low, middle, high = (marks[i : count + i, None] for i in range(3))
    triangles = torch.minimum((bins - low) / (middle - low), (high - bins) / (high - middle))
    triangles = triangles.clamp(min=0)
    weight = triangles.sum(1, keepdim=True)
    if not bool((weight > 0).all()):
        raise SoundwalkError(
            f"bands={count}: {int((weight == 0).sum())} of them hold no bin of a transform of "
            f"{n_fft} samples; take fewer bands or a longer n_fft"
        )
    return (triangles / weight).float()


@remember_arguments
class CorrelationEncoder(nn.Module):
    """Waveforms at two ears to a vector, by their correlation.

    For each band k and delay d: sum over f of w_k(f) Re[<C / |C|>(f) exp(2 pi i f d)], with the
    cross-spectrum C = L R* and <.> a mean over moments: of all alike, weighted by level, and
    weighted by how much the level has risen, as what comes first comes straight (the precedence
    effect). Beside them the level at both ears together and the difference between them, in finer
    bands. Then a network of two hidden layers. Silence gives zeros for correlations, not NaN.

    Args:
        channels: 2.
        dim: size of the result.
        hidden: of the layers within.
        bands: of correlations.
        levels: bands of levels.
        widest: seconds, the largest delay.
        n_fft: length of the transform and of its Hann window, samples.
        hop: samples from frame to frame.
        rate: hertz.

    Raises:
        SoundwalkError: there are not two channels, or bands hold no bin.
    """

    keys: tuple[str, ...] = ("audio", "before", "earlier", "echo")

    def __init__(
        self,
        channels: int = 2,
        dim: int = 128,
        hidden: int = 512,
        bands: int = 8,
        levels: int = 20,
        widest: float = 0.875e-3,
        n_fft: int = 512,
        hop: int = 256,
        rate: int = 16_000,
    ) -> None:
        super().__init__()
        if channels != 2:
            raise SoundwalkError(
                f"channels={channels}: a correlation compares 2 ears; take an encoder of kind "
                "spectrogram for others"
            )
        self.channels, self.dim, self.rate = channels, dim, rate
        self.n_fft, self.hop = n_fft, hop
        self.window: Tensor
        self.wave: Tensor
        self.bank: Tensor
        self.register_buffer("window", torch.hann_window(n_fft), persistent=False)
        most = round(widest * rate * _UPSAMPLE)
        delays = torch.arange(-most, most + 1) / (_UPSAMPLE * rate)  # (D,)
        angle = 2 * math.pi * torch.arange(n_fft // 2 + 1)[:, None] * (rate / n_fft) * delays
        narrow = mel_bands(bands, n_fft, rate)[:, :, None]  # (K, F, 1)
        # Re(C exp(i a)) = Re C cos a - Im C sin a: one product with (2 F, K D).
        wave = torch.cat([narrow * angle.cos(), narrow * -angle.sin()], 1)  # (K, 2 F, D)
        self.register_buffer("wave", wave.movedim(0, 1).flatten(1), persistent=False)
        self.register_buffer("bank", mel_bands(levels, n_fft, rate).mT, persistent=False)
        size = WEIGHTINGS * self.wave.shape[1] + 2 * levels
        self.layers = nn.Sequential(
            nn.BatchNorm1d(size),
            nn.Linear(size, hidden),
            nn.BatchNorm1d(hidden),
            nn.ReLU(inplace=True),
            nn.Linear(hidden, hidden),
            nn.BatchNorm1d(hidden),
            nn.ReLU(inplace=True),
            nn.Linear(hidden, dim),
        )

    def forward(self, x: Tensor) -> Tensor:
        """(B, 2, T) to (B, dim).

        Raises:
            SoundwalkError: not two channels, or T is shorter than n_fft.
        """
        result: Tensor = self.layers(self.features(x))
        return result

    def features(self, x: Tensor) -> Tensor:
        """(B, 2, T) to correlations (weighting, band, delay) and levels, (B, size).

        Raises:
            SoundwalkError: as `forward`.
        """
        if x.ndim != 3 or x.shape[1] != self.channels:
            raise SoundwalkError(f"audio of shape {tuple(x.shape)}: expected (B, 2, T)")
        spectrum = stft(x.float(), self.n_fft, self.hop, self.window)  # (B, 2, F, T')
        energy = power(spectrum)  # (B, 2, F, T')
        cross = spectrum[:, 0] * spectrum[:, 1].conj()  # (B, F, T')
        phase = torch.cat([cross.real, cross.imag], 1)  # (B, 2 F, T')
        phase = phase * (_PHAT + energy.prod(1).sqrt()).reciprocal().repeat(1, 2, 1)
        both = energy.sum(1)  # (B, F, T')
        level = both.sqrt()
        quiet = (both + 1e-6).log()
        rise = (quiet - nn.functional.pad(quiet, (1, 0), mode="replicate")[..., :-1]).relu() * level
        means = []
        for weight in (torch.ones_like(level), level, rise):
            share = weight / (weight.sum(-1, keepdim=True) + _PHAT)  # (B, F, T')
            means.append((phase * share.repeat(1, 2, 1)).sum(-1) @ self.wave)  # (B, K D)
        heard = energy.mean(-1) @ self.bank  # (B, 2, levels)
        heard = heard[..., None]  # as a spectrogram of one frame
        difference = interaural_level(heard)[:, 0, :, 0]  # (B, levels)
        loudness = log_magnitude(heard.sum(1, keepdim=True))[:, 0, :, 0]  # (B, levels)
        return torch.cat([*means, difference, loudness], 1)
