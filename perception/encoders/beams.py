"""Echoes in every direction: beams formed of Ambisonics, and convolutions over time and bands.

A beam hears one direction best, so that each one's level over time is a coarse profile of what lies
there and how far away. In a spectrogram of harmonics a network has to learn that from their signs,
which a level does not show. Directions and harmonics are written out here, although
`envs.acoustics` has its own for kernels: what perceives knows the world only by its interface.
"""

from __future__ import annotations

import math

import numpy as np
import torch
from scipy.special import eval_legendre, lpmv
from torch import Tensor, nn

from ...envs.interface import F64, SoundwalkError
from .correlation import mel_bands
from .layers import block, channels_last
from .protocol import remember_arguments
from .spectrogram import log_magnitude, power, stft

_ORDERS = {4: 1, 9: 2, 16: 3}  # by channels
_FEW = 5  # bands that are not halved any more


def spread_directions(count: int) -> F64:
    """Unit vectors (count, 3) spread evenly over the sphere, along Fibonacci's spiral.

    Swinbank and Purser 2006, "Fibonacci grids: A novel approach to global modelling".
    """
    place = np.arange(count) + 0.5
    height = 1 - 2 * place / count
    angle = math.pi * (1 + math.sqrt(5)) * place
    ring = np.sqrt(1 - height**2)
    return np.stack([ring * np.cos(angle), ring * np.sin(angle), height], 1)


def harmonics_towards(directions: F64, order: int) -> F64:
    """Real spherical harmonics of unit vectors (K, 3): ahead, left, up; ACN and SN3D (AmbiX).

    Nachbar et al. 2011, "AmbiX - a suggested Ambisonics format".

    Returns:
        (K, (order + 1)²).
    """
    x, y, z = directions.T
    azimuth = np.arctan2(y, x)
    columns = []
    for n in range(order + 1):
        for m in range(-n, n + 1):
            size = abs(m)
            scale = math.sqrt(
                (1 + (size > 0)) * math.factorial(n - size) / math.factorial(n + size)
            )
            around = np.sin(size * azimuth) if m < 0 else np.cos(size * azimuth)
            # (-1)^m: AmbiX leaves out the Condon-Shortley phase, which lpmv has.
            columns.append((-1) ** size * scale * lpmv(size, n, z) * around)
    return np.stack(columns, 1)


def beam_weights(directions: F64, order: int) -> F64:
    """Weights (K, (order + 1)²) of the harmonics for beams of gain 1 towards the directions.

    sum over n of g_n (2 n + 1) P_n(cos of the angle to the beam), with g_n = P_n(cos(137.9° /
    (order + 1.51))): max-rE, the narrowest energy for the order, hardly any lobes (Zotter and Frank
    2012, "All-Round Ambisonic Panning and Decoding").

    Args:
        directions: unit vectors (K, 3).
        order: of the Ambisonics.
    """
    degrees = np.arange(order + 1)
    taper = eval_legendre(degrees, math.cos(math.radians(137.9) / (order + 1.51)))
    gains = taper * (2 * degrees + 1)
    harmonics = harmonics_towards(directions, order)
    weights: F64 = harmonics * np.repeat(gains / gains.sum(), 2 * degrees + 1)
    return weights


@remember_arguments
class BeamEncoder(nn.Module):
    """What beams in all directions hear, over time and in bands, to a vector.

    Reads Ambisonics (B, channels, length). The logarithmic level of each beam in each band (mel)
    and frame goes through four convolutions over bands and time, which are flattened then,
    because the delay of an echo is what counts.

    Args:
        channels: 4, 9 or 16: order 1, 2 or 3.
        dim: size of the features.
        width: channels of the first two convolutions; the others have twice as many.
        beams: directions, spread evenly over the sphere.
        bands: of frequencies.
        n_fft: length of the transform, samples.
        hop: samples from frame to frame.
        window: samples of the Hann window.
        length: samples of every waveform.
        rate: samples per second.
        norm: "batch" or "none".

    Raises:
        SoundwalkError: channels are no Ambisonics, there is no beam, bands hold no bin, `norm` is
            unknown.
    """

    keys: tuple[str, ...] = ("echo", "audio")

    def __init__(
        self,
        channels: int = 16,
        dim: int = 128,
        width: int = 32,
        beams: int = 16,
        bands: int = 8,
        n_fft: int = 128,
        hop: int = 16,
        window: int = 64,
        length: int = 1600,
        rate: int = 16_000,
        norm: str = "batch",
    ) -> None:
        super().__init__()
        if channels not in _ORDERS:
            raise SoundwalkError(
                f"channels={channels}: beams are formed of Ambisonics, so expected 4, 9 or 16, and "
                "data.receiver=ambisonics:1, :2 or :3"
            )
        if beams < 1:
            raise SoundwalkError(f"beams={beams}: expected at least 1")
        self.channels, self.dim, self.length = channels, dim, length
        self.n_fft, self.hop, self.rate = n_fft, hop, rate
        self.window: Tensor
        self.weights: Tensor
        self.bank: Tensor
        weights = beam_weights(spread_directions(beams), _ORDERS[channels])
        self.register_buffer("window", torch.hann_window(window), persistent=False)
        self.register_buffer("weights", torch.from_numpy(weights).float(), persistent=False)
        self.register_buffer("bank", mel_bands(bands, n_fft, rate), persistent=False)
        layers, entering, high, long = [], beams, bands, 1 + length // hop
        for i, leaving in enumerate((width, width, 2 * width, 2 * width)):
            stride = (2 if high > _FEW else 1, 2 if i else 1)
            layers.append(block(entering, leaving, 3 if i else 5, stride, norm))
            entering, high, long = leaving, -(-high // stride[0]), -(-long // stride[1])
        self.stages = nn.Sequential(*layers)
        self.last = nn.Linear(entering * high * long, dim)
        channels_last(self)

    def forward(self, x: Tensor) -> Tensor:
        """(B, channels, length) to (B, dim).

        Raises:
            SoundwalkError: channels or length differ.
        """
        features: Tensor = self.last(self.stages(self.profiles(x)).flatten(1))
        return features

    def profiles(self, x: Tensor) -> Tensor:
        """(B, channels, length) to levels (B, beams, bands, frames), as `log_magnitude`.

        Raises:
            SoundwalkError: channels or length differ.
        """
        if x.ndim != 3 or x.shape[1:] != (self.channels, self.length):
            raise SoundwalkError(
                f"audio of shape {tuple(x.shape)}: expected (B, {self.channels}, {self.length})"
            )
        heard = self.weights @ x.float()  # (B, K, T)
        energy = power(stft(heard, self.n_fft, self.hop, self.window))  # (B, K, F, T')
        return log_magnitude(self.bank @ energy)
