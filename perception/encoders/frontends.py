"""What other people's networks want to be fed with, as differentiable functions of batches.

Each stands in for the feature extractor that came with the weights, so that a policy can call it on
the device where it learns: ImageNet's normalisation; wav2vec 2.0's zero mean and unit variance
(Baevski et al. 2020); the log-mel features of AST (Kaldi's fbank; Gong et al. 2021) and of Whisper
(Radford et al. 2022).
"""

from __future__ import annotations

import importlib
from collections.abc import Sequence
from typing import Any

import torch
from torch import Tensor, nn

from ...envs.interface import MAX_DEPTH, SoundwalkError

IMAGENET_MEAN, IMAGENET_STD = (0.485, 0.456, 0.406), (0.229, 0.224, 0.225)
AUDIOSET_MEAN, AUDIOSET_STD = -4.2677393, 4.5689974  # of AST's log-mel features
_RATE, _HOP, _WINDOW = 16_000, 160, 400  # 10 ms and 25 ms, as all of them have it
_KALDI_FLOOR = 1.192092955078125e-07  # float32's epsilon


class Pixels(nn.Module):
    """(B, H, W, C) floats from 0 to 1, or depth in metres, to normalised (B, channels, h, w).

    Args:
        channels: that the network reads; one is repeated into three.
        size: h and w, where the network has a size of its own.
        mean: of each colour in the data that the network was trained on.
        std: the deviation there.
        white: value of white, `MAX_DEPTH` for depth.
    """

    def __init__(
        self,
        channels: int = 3,
        size: tuple[int, int] | None = None,
        mean: Sequence[float] = IMAGENET_MEAN,
        std: Sequence[float] = IMAGENET_STD,
        white: float = 1.0,
    ) -> None:
        super().__init__()
        self.channels, self.size, self.white = channels, size, white
        self.mean: Tensor
        self.std: Tensor
        for name, values in (("mean", mean), ("std", std)):
            colours = torch.tensor(values, dtype=torch.float32)  # (3,)
            spread = colours if channels == len(colours) else colours.mean().expand(channels)
            self.register_buffer(name, spread.reshape(1, -1, 1, 1).clone(), persistent=False)

    def forward(self, image: Tensor) -> Tensor:
        """See the class."""
        planes = image.movedim(3, 1) / self.white  # (B, C, H, W)
        if planes.shape[1] == 1 and self.channels > 1:
            planes = planes.expand(-1, self.channels, -1, -1)
        if self.size is not None and planes.shape[2:] != self.size:
            planes = nn.functional.interpolate(
                planes, self.size, mode="bilinear", antialias=True, align_corners=False
            )
        return (planes - self.mean) / self.std


class Waveform(nn.Module):
    """(B, C, T) to (B C, T) of zero mean and unit variance, with one gain for all ears.

    What is louder in one ear stays louder in it; how loud it is in all does not matter.
    """

    def forward(self, audio: Tensor) -> Tensor:
        """See the class."""
        centred = audio - audio.mean((1, 2), keepdim=True)
        scale = (centred.square().mean((1, 2), keepdim=True) + 1e-7).rsqrt()
        return (centred * scale).flatten(0, 1)


class KaldiBanks(nn.Module):
    """(B, C, T) to AST's normalised log-mel features (B C, frames, bins).

    Shorter sounds are followed by zeros; of longer ones the newest frames count.

    Args:
        filters: (257, bins) mel filters.
        frames: that the network reads.
        mean: of the features in the data that the network was trained on.
        std: their deviation there; the result has half of it, as in AST.
    """

    def __init__(
        self, filters: Tensor, frames: int, mean: float = AUDIOSET_MEAN, std: float = AUDIOSET_STD
    ) -> None:
        super().__init__()
        self.frames, self.mean, self.std = frames, mean, std
        self.filters: Tensor
        self.window: Tensor
        self.register_buffer("filters", filters.float(), persistent=False)
        window = torch.hann_window(_WINDOW, periodic=False)
        self.register_buffer("window", window, persistent=False)

    def forward(self, audio: Tensor) -> Tensor:
        """See the class."""
        _check_length(audio)
        cut = audio.flatten(0, 1).unfold(-1, _WINDOW, _HOP)[:, -self.frames :]  # (B C, T', 400)
        cut = cut - cut.mean(-1, keepdim=True)
        before = nn.functional.pad(cut, (1, 0))[..., :-1]
        before = torch.cat([cut[..., :1], before[..., 1:]], -1)
        emphasised = (cut - 0.97 * before) * self.window  # (B C, T', 400)
        power = torch.fft.rfft(emphasised, 512).abs().square()  # (B C, T', 257)
        banks = (power @ self.filters).clamp_min(_KALDI_FLOOR).log()  # (B C, T', bins)
        banks = nn.functional.pad(banks, (0, 0, 0, self.frames - banks.shape[1]))
        return (banks - self.mean) / (2 * self.std)


class WhisperBanks(nn.Module):
    """(B, C, T) to Whisper's log-mel features (B C, bins, frames).

    Shorter sounds are followed by silence; of longer ones the newest samples count.

    Args:
        filters: (201, bins) mel filters.
        frames: that the network reads.
    """

    def __init__(self, filters: Tensor, frames: int) -> None:
        super().__init__()
        self.samples = frames * _HOP
        self.filters: Tensor
        self.window: Tensor
        self.register_buffer("filters", filters.float(), persistent=False)
        self.register_buffer("window", torch.hann_window(_WINDOW), persistent=False)

    def forward(self, audio: Tensor) -> Tensor:
        """See the class."""
        _check_length(audio)
        newest = audio.flatten(0, 1)[:, -self.samples :]
        padded = nn.functional.pad(newest, (0, self.samples - newest.shape[1]))
        spectrum = torch.stft(
            padded, _WINDOW, _HOP, window=self.window, return_complex=True
        )  # (B C, 201, frames + 1)
        power = spectrum[..., :-1].abs().square()
        level = (self.filters.T @ power).clamp_min(1e-10).log10()  # (B C, bins, frames)
        floor = level.amax((1, 2), keepdim=True) - 8.0
        return (torch.maximum(level, floor) + 4.0) / 4.0


def _check_length(audio: Tensor) -> None:
    """Complain about a sound that is shorter than one window.

    Raises:
        SoundwalkError: it is.
    """
    if audio.shape[-1] < _WINDOW:
        raise SoundwalkError(
            f"audio of {audio.shape[-1]} samples: expected at least {_WINDOW}; remember more of it"
        )


def white_of(key: str) -> float:
    """The value of white in an observation of floats: 1, metres for depth."""
    return MAX_DEPTH if key == "depth" else 1.0


def need_extra(name: str) -> Any:
    """Import a package that is an extra of soundwalk.

    Raises:
        SoundwalkError: it is not installed, or cannot be imported.
    """
    try:
        return importlib.import_module(name)
    except (ImportError, OSError) as error:
        raise SoundwalkError(
            f"{name} cannot be imported ({error}): pip install 'soundwalk[{name}]'"
        ) from error
