"""Convolutions over what one to four ears or microphones hear, from the waveform on.

The short-time Fourier transform happens inside, so that every system hears the same sound and a
configuration says what is looked at: the level at each ear, the phase between ears, the difference
of their levels, or whence it comes, if it is heard as first-order Ambisonics.
"""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor, nn

from ...envs.interface import SoundwalkError, unknown
from .layers import block, channels_last, stage_widths
from .protocol import remember_arguments

_INPUTS = ("magnitude", "phase", "level", "intensity")
_FLOOR = 1e-3  # of |STFT|: 104 dB below a full-scale tone in a window of 400 samples


def stft(audio: Tensor, n_fft: int, hop: int, window: Tensor) -> Tensor:
    """Short-time Fourier transform, frames centred, zeros beyond the ends.

    Args:
        audio: (..., T).
        n_fft: length of the transform, samples.
        hop: samples from frame to frame.
        window: (W,) analysis window, W <= n_fft.

    Returns:
        (..., n_fft // 2 + 1, 1 + T // hop) complex.

    Raises:
        SoundwalkError: T is shorter than the window.
    """
    if audio.shape[-1] < len(window):
        raise SoundwalkError(
            f"audio of {audio.shape[-1]} samples: expected at least a window of {len(window)}"
        )
    flat = audio.reshape(-1, audio.shape[-1])  # (…, T)
    found = torch.stft(
        flat, n_fft, hop, len(window), window, pad_mode="constant", return_complex=True
    )  # (…, F, T')
    return found.reshape(*audio.shape[:-1], *found.shape[-2:])


def power(spectrum: Tensor) -> Tensor:
    """|X|² (…), from complex X (…): a third of the time of `abs`, which guards against overflow."""
    return spectrum.real.square() + spectrum.imag.square()


def log_magnitude(power: Tensor, *, normalise: bool = False) -> Tensor:
    """log(|X|² + 1e-6) / 6 + 1, about -1 to 3: decibel-like, finite in silence.

    Args:
        power: |X|² (B, C, F, T).
        normalise: subtract each sample's mean instead of adding 1, so that loudness does not
            matter; differences between ears stay.
    """
    level = (power + _FLOOR**2).log() / 6  # (B, C, F, T)
    return level - level.mean((-3, -2, -1), keepdim=True) if normalise else level + 1


def interaural_phase(spectrum: Tensor, power: Tensor) -> tuple[Tensor, Tensor]:
    """Cosine and sine of the phase by which each left channel is ahead of its right one.

    Both fade to 0 where it is silent.

    Args:
        spectrum: (B, C, F, T) complex, C even: left, right, left, right, …
        power: |X|² of it.

    Returns:
        Two of (B, C / 2, F, T).
    """
    cross = spectrum[:, 0::2] * spectrum[:, 1::2].conj()  # (B, C / 2, F, T)
    scale = (power[:, 0::2] * power[:, 1::2] + _FLOOR**4).rsqrt()  # (B, C / 2, F, T)
    return cross.real * scale, cross.imag * scale


def interaural_level(power: Tensor) -> Tensor:
    """log(|left| / |right|) / 2 of each pair, with the floor of `log_magnitude`.

    Args:
        power: |X|² (B, C, F, T), C even: left, right, left, right, …

    Returns:
        (B, C / 2, F, T).
    """
    level = (power + _FLOOR**2).log() / 4  # (B, C, F, T)
    return level[:, 0::2] - level[:, 1::2]


def intensity(spectrum: Tensor, power: Tensor) -> Tensor:
    """Active intensity of first-order Ambisonics over its energy, 0 in silence.

    For one plane wave it is the unit vector to where it comes from; from several directions at once
    it is shorter (Perotin et al. 2018, "CRNN-based joint azimuth and elevation localization with
    the Ambisonics intensity vector").

    Args:
        spectrum: (B, 4, F, T) complex, W, Y, Z, X (ACN) in SN3D.
        power: |X|² of it.

    Returns:
        (B, 3, F, T): to the left, up, ahead.
    """
    flow = (spectrum[:, :1].conj() * spectrum[:, 1:]).real  # (B, 3, F, T)
    energy = power.sum(1, keepdim=True) / 2  # (B, 1, F, T); SN3D: a plane wave's is |W|²
    return flow / (energy + _FLOOR**2)


def ear_planes(spectrum: Tensor, inputs: Sequence[str], *, normalise: bool = False) -> Tensor:
    """What is looked at in a spectrum, (B, planes, F, T), see `count_planes`.

    Args:
        spectrum: (B, C, F, T) complex.
        inputs: any of "magnitude", "phase", "level", "intensity".
        normalise: as for `log_magnitude`.
    """
    energy = power(spectrum)  # (B, C, F, T)
    planes: list[Tensor] = []
    if "magnitude" in inputs:
        planes.append(log_magnitude(energy, normalise=normalise))
    if "phase" in inputs:
        planes += interaural_phase(spectrum, energy)
    if "level" in inputs:
        planes.append(interaural_level(energy))
    if "intensity" in inputs:
        planes.append(intensity(spectrum, energy))
    return torch.cat(planes, 1)


def count_planes(channels: int, inputs: tuple[str, ...]) -> int:
    """Number of planes that the inputs make of so many channels.

    Raises:
        SoundwalkError: there are none, one is unknown, or channels make no pairs.
    """
    if not inputs:
        raise SoundwalkError(f"inputs are empty: expected any of {', '.join(_INPUTS)}")
    for name in inputs:
        if name not in _INPUTS:
            raise unknown("input", name, _INPUTS)
    if channels % 2 and ("phase" in inputs or "level" in inputs):
        raise SoundwalkError(
            f"channels={channels}: phase and level compare pairs of ears, so expected 2 or 4; "
            "leave inputs at magnitude"
        )
    if channels != 4 and "intensity" in inputs:
        raise SoundwalkError(
            f"channels={channels}: intensity is that of first-order Ambisonics, so expected 4, and "
            "data.receiver=ambisonics"
        )
    each = {"magnitude": channels, "phase": channels, "level": channels // 2, "intensity": 3}
    return sum(each[name] for name in set(inputs))


@remember_arguments
class SpectrogramEncoder(nn.Module):
    """A stack of strided convolutions over time and frequency.

    Reads waveforms (B, channels, T) of any length from one window on. Where each frequency lies is
    kept: the vector comes from all frequencies' features, averaged over time, or over each of
    `steps` equal parts of it. With `length` the time is flattened, too: for echoes, whose delay is
    what counts, and for synchrony.

    Args:
        channels: ears or microphones, 1 to 4; pairs where phase or level are used.
        dim: size of the features.
        width: channels of the second stage; width / 2, width, 2 width, 4 width.
        inputs: any of "magnitude" (logarithm, each channel), "phase" (cosine and sine of the
            difference of phase of each pair), "level" (difference of levels of each pair),
            "intensity" (whence it comes, of first-order Ambisonics: left, up and ahead).
        map: return (B, dim, h, w): w steps of time, h of frequency from low to high.
        n_fft: length of the transform, samples.
        hop: samples from frame to frame.
        window: samples of the Hann window.
        rate: samples per second; says how long a hop is and is used nowhere else.
        normalise: whether loudness is taken out of the magnitudes.
        length: samples of every waveform, where the time is to be flattened.
        steps: return (B, dim, steps), a vector for each of so many parts of the time.
        norm: "batch" or "none".

    Raises:
        SoundwalkError: an input is unknown, or channels do not come in pairs where they must.
    """

    keys: tuple[str, ...] = ("audio", "echo")

    def __init__(
        self,
        channels: int = 2,
        dim: int = 128,
        width: int = 32,
        inputs: Sequence[str] = ("magnitude",),
        map: bool = False,  # noqa: A002 - the word that configurations use
        n_fft: int = 512,
        hop: int = 160,
        window: int = 400,
        rate: int = 16_000,
        normalise: bool = False,
        length: int | None = None,
        steps: int = 0,
        norm: str = "batch",
    ) -> None:
        super().__init__()
        self.channels, self.dim, self.inputs = channels, dim, tuple(inputs)
        self.n_fft, self.hop, self.rate = n_fft, hop, rate
        self.map, self.normalise, self.length, self.steps = map, normalise, length, steps
        self.window: Tensor
        self.register_buffer("window", torch.hann_window(window), persistent=False)
        planes = count_planes(channels, self.inputs)
        bins, frames = n_fft // 2 + 1, 1 + (length or 100 * hop) // hop
        layers, entering = [], planes
        for i, leaving in enumerate(stage_widths(width, 4)):
            stride = (_stride(bins, i), _stride(frames, i + 1))
            layers.append(block(entering, leaving, 5 if i == 0 else 3, stride, norm))
            entering, bins, frames = leaving, -(-bins // stride[0]), -(-frames // stride[1])
        self.stages = nn.Sequential(*layers)
        flat = entering * bins * (frames if length else 1)
        self.last = nn.Conv2d(entering, dim, 1) if map else nn.Linear(flat, dim)
        channels_last(self)

    def forward(self, x: Tensor) -> Tensor:
        """(B, channels, T) to (B, dim); (B, dim, h, w) with `map`, (B, dim, steps) with `steps`.

        Raises:
            SoundwalkError: T is shorter than a window or not `length`, or channels differ.
        """
        features: Tensor = self.stages(self.spectrogram(x))  # (B, 4 width, h, w)
        if self.map:
            result: Tensor = self.last(features)
            return result
        if self.length:
            return self._linear(features.flatten(1))
        pooled = nn.functional.adaptive_avg_pool2d(features, (None, self.steps or 1))
        vectors = self._linear(pooled.flatten(1, 2).mT)  # (B, steps or 1, dim)
        return vectors.mT if self.steps else vectors[:, 0]

    def spectrogram(self, x: Tensor) -> Tensor:
        """(B, channels, T) to what is convolved, (B, planes, n_fft // 2 + 1, 1 + T // hop).

        Raises:
            SoundwalkError: T is shorter than a window or not `length`, or channels differ.
        """
        if x.ndim != 3 or x.shape[1] != self.channels:
            raise SoundwalkError(
                f"audio of shape {tuple(x.shape)}: expected (B, {self.channels}, T)"
            )
        if self.length and x.shape[2] != self.length:
            raise SoundwalkError(
                f"audio of {x.shape[2]} samples: this encoder was made for length={self.length}"
            )
        spectrum = stft(x.float(), self.n_fft, self.hop, self.window)  # (B, C, F, T')
        return ear_planes(spectrum, self.inputs, normalise=self.normalise)

    def _linear(self, features: Tensor) -> Tensor:
        vectors: Tensor = self.last(features)
        return vectors


def _stride(size: int, stage: int) -> int:
    """Stride of a stage for `size` steps: 4 at the very start, 2 later, 1 where little is left."""
    if size > 128 and stage == 0:
        return 4
    return 2 if size > 8 else 1
