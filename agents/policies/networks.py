"""What a policy makes of sight, sound and its own motion: feature extractors for Dict observations.

Small networks, because a CPU trains them: every branch ends in a vector, the vectors are joined and
mixed. Which observations are used is decided by which are there.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from math import prod

import gymnasium as gym
import torch
from stable_baselines3.common.torch_layers import BaseFeaturesExtractor
from torch import Tensor, nn

from ...envs.interface import MAX_DEPTH, SoundwalkError
from ...perception.encoders.protocol import ENCODED

_QUIET = 1e-3  # spectrogram magnitudes below this are floor


class ImageBranch(nn.Module):
    """Three strided convolutions over an image, (B, H, W, C) or (B, C, H, W)."""

    def __init__(self, shape: tuple[int, ...], width: int, *, scale: float) -> None:
        """Make the branch for images of `shape`, divided by `scale`, into `width` features."""
        super().__init__()
        self.channels_first = shape[0] in (1, 3) and shape[-1] not in (1, 3)
        channels, height = (shape[0], shape[1]) if self.channels_first else (shape[2], shape[0])
        self.scale = scale
        self.pool = nn.AvgPool2d(2) if height >= 64 else nn.Identity()
        self.layers = _strided(channels, (16, 32, 32), first=5)
        self.head = _head(self._convolve(torch.zeros(1, *shape)), width)

    def forward(self, image: Tensor) -> Tensor:
        """(B, …) to (B, width)."""
        features: Tensor = self.head(self._convolve(image))
        return features

    def _convolve(self, image: Tensor) -> Tensor:
        planes = image if self.channels_first else image.permute(0, 3, 1, 2)
        convolved: Tensor = self.layers(self.pool(planes / self.scale))
        return convolved


class SpectrogramBranch(nn.Module):
    """Three strided convolutions over log magnitudes (B, 65, 26, C)."""

    def __init__(self, shape: tuple[int, ...], width: int) -> None:
        """Make the branch for spectrograms of `shape` into `width` features."""
        super().__init__()
        self.layers = _strided(shape[2], (12, 24, 32), first=3)
        self.head = _head(self._convolve(torch.zeros(1, *shape)), width)

    def forward(self, spectrogram: Tensor) -> Tensor:
        """(B, 65, 26, C) to (B, width)."""
        features: Tensor = self.head(self._convolve(spectrogram))
        return features

    def _convolve(self, spectrogram: Tensor) -> Tensor:
        # log1p squeezes far sounds to almost nothing: go back to decibel-like steps
        level = (spectrogram + _QUIET).log() / 3 + 1
        convolved: Tensor = self.layers(level.permute(0, 3, 1, 2))
        return convolved


class VectorBranch(nn.Module):
    """Two dense layers over anything flat."""

    def __init__(self, size: int, width: int) -> None:
        """Make the branch for `size` numbers into `width` features."""
        super().__init__()
        self.layers = nn.Sequential(
            nn.Linear(size, 2 * width), nn.ReLU(), nn.Linear(2 * width, width), nn.ReLU()
        )

    def forward(self, values: Tensor) -> Tensor:
        """(B, …) to (B, width)."""
        features: Tensor = self.layers(values.flatten(1))
        return features


class EncodedBranch(nn.Module):
    """A dense layer over the features of an encoder.

    They are brought to one scale first: encoders differ in it by orders of magnitude.
    """

    def __init__(self, size: int, width: int) -> None:
        """Make the branch for `size` features into `width` others."""
        super().__init__()
        self.layers = nn.Sequential(nn.LayerNorm(size), nn.Linear(size, width), nn.ReLU())

    def forward(self, values: Tensor) -> Tensor:
        """(B, size) to (B, width)."""
        features: Tensor = self.layers(values)
        return features


class AudioVisualExtractor(BaseFeaturesExtractor):
    """Joins a branch for each observation there is: depth, rgb, map, spectrogram, cues, motion.

    Observations whose names begin with "encoded_" are features of an encoder.

    Args:
        observation_space: the dictionary of observations.
        features_dim: size of the joint feature vector.
        width: size of each branch's output.
        keys: which observations to use; all that are known by default.
        branches: by observation, what to use in place of the branch that is made here for it, or
            for an observation that is not known here: (B, …) to (B, width).

    Raises:
        SoundwalkError: a key is not an observation of this environment.
    """

    def __init__(
        self,
        observation_space: gym.spaces.Dict,
        features_dim: int = 256,
        width: int = 128,
        keys: tuple[str, ...] | None = None,
        *,
        branches: Mapping[str, nn.Module] | None = None,
    ) -> None:
        """See the class."""
        super().__init__(observation_space, features_dim)
        given = dict(branches or {})
        shapes = {name: space.shape or () for name, space in observation_space.spaces.items()}
        self.keys = list(dict.fromkeys([*(keys or _known(shapes)), *given]))
        for key in self.keys:
            if key not in shapes or key not in (*_known(shapes), *given):
                raise SoundwalkError(
                    f"policy key {key!r} cannot be used: this environment observes "
                    f"{', '.join(shapes)}; the network knows {', '.join(_KNOWN)}"
                )
        self.motion_keys = [key for key in self.keys if key in _MOTION and key not in given]
        made = {
            key: given[key] if key in given else _branch(key, shapes[key], width)
            for key in self.keys
            if key not in self.motion_keys
        }
        self.branches = nn.ModuleDict(made)
        motion = sum(prod(shapes[key]) for key in self.motion_keys)
        self.mix = nn.Sequential(nn.Linear(width * len(made) + motion, features_dim), nn.ReLU())

    def forward(self, observations: dict[str, Tensor]) -> Tensor:
        """A dictionary of batches to (B, features_dim)."""
        parts = [branch(observations[key].float()) for key, branch in self.branches.items()]
        parts += [observations[key].float().flatten(1) * _MOTION[key] for key in self.motion_keys]
        features: Tensor = self.mix(torch.cat(parts, 1))
        return features


_MOTION = {"pose": 0.2, "collided": 1.0, "last_action": 1.0}  # scale to about one
_KNOWN = ("depth", "rgb", "map", "spectrogram", "cues", "belief", *_MOTION)


def _known(names: Iterable[str]) -> list[str]:
    """Those of the names that a branch is made for here."""
    there = list(names)
    return [n for n in _KNOWN if n in there] + [n for n in there if n.startswith(ENCODED)]


def _branch(key: str, shape: tuple[int, ...], width: int) -> nn.Module:
    if key.startswith(ENCODED):
        return EncodedBranch(prod(shape), width)
    if key == "spectrogram":
        return SpectrogramBranch(shape, width)
    if key in ("cues", "belief"):
        return VectorBranch(prod(shape), width)
    return ImageBranch(shape, width, scale=MAX_DEPTH / 4 if key == "depth" else 1.0)


def _strided(channels: int, widths: tuple[int, ...], *, first: int) -> nn.Sequential:
    layers: list[nn.Module] = []
    for i, width in enumerate(widths):
        kernel = first if i == 0 else 3
        layers += [nn.Conv2d(channels, width, kernel, stride=2, padding=kernel // 2), nn.ReLU()]
        channels = width
    return nn.Sequential(*layers, nn.Flatten())


def _head(example: Tensor, width: int) -> nn.Sequential:
    return nn.Sequential(nn.Linear(example.shape[1], width), nn.ReLU())
