"""A U-Net over spectrograms that estimates maps, one of which is a mask or a part of it.

After Zhao et al. 2018, "The Sound of Pixels", made light for a CPU: skips are added instead of
concatenated (Chaurasia and Culurciello 2017, LinkNet), and nothing is convolved at full resolution:
the last layer gives the 2 x 2 values of each place at once (Shi et al. 2016, "sub-pixel
convolution").
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

from torch import Tensor, hann_window, nn
from torch.nn.functional import interpolate, pixel_shuffle

from ...envs.interface import SoundwalkError
from .layers import block, channels_last, stage_widths
from .protocol import remember_arguments
from .spectrogram import count_planes, ear_planes, stft


@remember_arguments
class SpectrogramUNet(nn.Module):
    """Spectrograms to as many maps of the same size.

    Reads spectrograms (B, planes, F, T) or waveforms (B, channels, T), of which it takes `inputs`
    with the transform given. Any F and T do.

    Args:
        channels: ears or microphones; of magnitudes as many planes.
        maps: K that come out; each is as large as the spectrogram, so they cost the most time.
        width: channels of the second level; width / 2, width, 2 width, 4 width, 4 width, …
        levels: how many; each halves both axes.
        n_fft: length of the transform, samples.
        hop: samples from frame to frame.
        window: samples of the Hann window.
        norm: "batch" or "none".
        inputs: any of "magnitude", "phase", "level", as of `SpectrogramEncoder`: what is between
            the ears tells sounds from different sides apart.
    """

    keys: tuple[str, ...] = ("audio", "mixture")

    def __init__(
        self,
        channels: int = 2,
        maps: int = 8,
        width: int = 32,
        levels: int = 5,
        n_fft: int = 512,
        hop: int = 160,
        window: int = 400,
        norm: str = "batch",
        inputs: Sequence[str] = ("magnitude",),
    ) -> None:
        super().__init__()
        self.channels, self.dim, self.inputs = channels, maps, tuple(inputs)
        self.planes = count_planes(channels, self.inputs)
        self.n_fft, self.hop = n_fft, hop
        self.window: Tensor
        self.register_buffer("window", hann_window(window), persistent=False)
        widths = [min(w, 4 * width) for w in stage_widths(width, levels)]
        self.down = _halving([self.planes, *widths], norm)
        coarse_to_fine = list(pairwise(widths[::-1]))
        self.narrow = nn.ModuleList(nn.Conv2d(c, f, 1) for c, f in coarse_to_fine)
        self.up = nn.ModuleList(block(f, f, 3, 1, norm) for _, f in coarse_to_fine)
        self.last = nn.Conv2d(widths[0], 4 * maps, 1)
        channels_last(self)

    def forward(self, x: Tensor) -> Tensor:
        """(B, planes, F, T), or (B, channels, samples), to (B, maps, F, T).

        Raises:
            SoundwalkError: channels or planes are others.
        """
        wanted = {3: self.channels, 4: self.planes}.get(x.ndim)
        if wanted is None or x.shape[1] != wanted:
            raise SoundwalkError(
                f"audio of shape {tuple(x.shape)}: expected (B, {self.channels}, T) or "
                f"(B, {self.planes}, F, T)"
            )
        if x.ndim == 3:
            spectrum = stft(x.float(), self.n_fft, self.hop, self.window)
            x = ear_planes(spectrum, self.inputs)
        features, skips = x, []
        for down in self.down:
            features = down(features)  # (B, widths[i], f_i, t_i), halved and rounded up
            skips.append(features)
        for narrow, up, skip in zip(self.narrow, self.up, skips[-2::-1], strict=True):
            grown = interpolate(narrow(features), size=skip.shape[-2:])
            features = up(grown + skip)  # (B, widths[i], f_i, t_i)
        maps = pixel_shuffle(self.last(features), 2)  # (B, K, F or F + 1, T or T + 1)
        return maps[:, :, : x.shape[2], : x.shape[3]]


@remember_arguments
class SpectrogramPyramid(nn.Module):
    """Waveforms to what is looked at and a pyramid over it, for `TiledMask`.

    Args:
        channels: ears or microphones.
        width: channels of the second level; width / 2, width, 2 width, 4 width, 4 width, …
        levels: how many; each halves both axes.
        n_fft: length of the transform, samples.
        hop: samples from frame to frame.
        window: samples of the Hann window.
        norm: "batch" or "none".
        inputs: any of "magnitude", "phase", "level", as of `SpectrogramEncoder`.
    """

    keys: tuple[str, ...] = ("audio", "mixture")

    def __init__(
        self,
        channels: int = 2,
        width: int = 24,
        levels: int = 5,
        n_fft: int = 512,
        hop: int = 256,
        window: int = 512,
        norm: str = "batch",
        inputs: Sequence[str] = ("magnitude",),
    ) -> None:
        super().__init__()
        self.channels, self.inputs = channels, tuple(inputs)
        self.n_fft, self.hop = n_fft, hop
        self.window: Tensor
        self.register_buffer("window", hann_window(window), persistent=False)
        self.widths = tuple(min(w, 4 * width) for w in stage_widths(width, levels))
        self.dim = self.widths[-1]
        self.planes, self.frequencies = count_planes(channels, self.inputs), n_fft // 2 + 1
        self.down = _halving([self.planes, *self.widths], norm)
        channels_last(self)

    def forward(self, x: Tensor) -> list[Tensor]:
        """(B, channels, samples) to [(B, planes, F, T), (B, widths[i], f_i, t_i), …], finest first.

        Raises:
            SoundwalkError: the channels are others.
        """
        if x.ndim != 3 or x.shape[1] != self.channels:
            raise SoundwalkError(
                f"audio of shape {tuple(x.shape)}: expected (B, {self.channels}, T)"
            )
        spectrum = stft(x.float(), self.n_fft, self.hop, self.window)  # (B, C, F, T)
        found = [ear_planes(spectrum, self.inputs)]
        for down in self.down:
            found.append(down(found[-1]))  # halved and rounded up
        return found


def _halving(widths: Sequence[int], norm: str) -> nn.ModuleList:
    """Blocks from each width to the next, each of which halves both axes."""
    return nn.ModuleList(
        block(entering, leaving, 5 if i == 0 else 3, 2, norm)
        for i, (entering, leaving) in enumerate(pairwise(widths))
    )
