"""Encoders inside a policy: frozen, or learning with it.

Stable-Baselines3 does two things to a features extractor that spoil pretrained weights:
`ortho_init=True`, its default, draws every Linear and Conv2d anew, frozen ones too; and PPO puts
the extractor into training mode, so that the statistics of BatchNorm drift. `EncoderBranch` is
proof against both, in any policy of SB3.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Self

import gymnasium as gym
import torch
from torch import Tensor, nn
from torch.nn.modules.batchnorm import _BatchNorm

from ...envs.interface import SoundwalkError
from ...perception.encoders.pretrained import EncoderSource, make_encoder
from .networks import AudioVisualExtractor, EncodedBranch

_READS = {"audio": ("waveform", "audio")}  # observations that an encoder reads, the first there is
SETTLING = 50  # training batches in which an untrained encoder finds its statistics


class EncoderBranch(nn.Module):
    """An encoder and a dense layer on its features.

    The encoder is always in evaluation mode: BatchNorm normalises by the statistics that it came
    with and dropout is off, in rollouts and in updates alike, so that PPO compares like with like.

    Args:
        encoder: (B, …) to (B, encoder.dim).
        width: of the result.
        frozen: whether the encoder stays as it is.
        scratch: whether its weights were drawn anew. Then its BatchNorm layers have no statistics
            yet; the first `SETTLING` batches of training give them some.
    """

    def __init__(
        self, encoder: nn.Module, width: int, *, frozen: bool = True, scratch: bool = False
    ) -> None:
        """See the class."""
        super().__init__()
        self.frozen = frozen
        self.encoder = encoder.eval()
        if frozen:
            encoder.requires_grad_(requires_grad=False)
        norms = [module for module in encoder.modules() if isinstance(module, _BatchNorm)]
        self._unsettled = norms[-1:] if scratch and not frozen else []
        size = int(encoder.dim)  # type: ignore[arg-type]
        self.head = EncodedBranch(size, width)

    def forward(self, observation: Tensor) -> Tensor:
        """(B, …) to (B, width)."""
        if self.training and self._unsettled:
            self._settle(observation)
        with torch.set_grad_enabled(torch.is_grad_enabled() and not self.frozen):
            features = self.encoder(observation)
        result: Tensor = self.head(features)
        return result

    def train(self, mode: bool = True) -> Self:
        """Training mode for the dense layer; the encoder stays in evaluation mode."""
        super().train(mode)
        self.encoder.eval()
        return self

    def apply(self, fn: Callable[[nn.Module], None]) -> Self:
        """As in torch, but without the encoder: SB3 draws weights anew by this."""
        self.head.apply(fn)
        fn(self)
        return self

    @torch.no_grad()
    def _settle(self, observation: Tensor) -> None:
        """Let the statistics of BatchNorm take in a batch, while they are young."""
        seen = self._unsettled[0].num_batches_tracked
        if seen is None or seen >= SETTLING:
            self._unsettled = []
            return
        self.encoder.train()
        self.encoder(observation)
        self.encoder.eval()


class EncoderExtractor(AudioVisualExtractor):
    """`AudioVisualExtractor` with encoders for some observations.

    An encoder of `audio` reads the observation `waveform` where there is one (see
    `WaveformMemory`), otherwise the sound of the last step only.

    Args:
        observation_space: the dictionary of observations.
        encoders: by the observation that each reads; an `EncoderSource` says whether it is frozen,
            a network by itself is.
        features_dim: size of the joint feature vector.
        width: size of each branch's output.
        keys: which other observations to use; all that are known by default.

    Raises:
        SoundwalkError: an observation is missing, or an encoder cannot read it.
    """

    def __init__(
        self,
        observation_space: gym.spaces.Dict,
        encoders: Mapping[str, EncoderSource | nn.Module],
        features_dim: int = 256,
        width: int = 128,
        keys: tuple[str, ...] | None = None,
    ) -> None:
        """See the class."""
        branches: dict[str, nn.Module] = {}
        for key, source in encoders.items():
            name = _observation(observation_space, key)
            encoder = make_encoder(source, key, observation_space[name].shape or ())
            wanted = source if isinstance(source, EncoderSource) else EncoderSource("")
            branches[name] = EncoderBranch(
                encoder, width, frozen=wanted.frozen, scratch=wanted.scratch
            )
        super().__init__(observation_space, features_dim, width, keys, branches=branches)


def _observation(space: gym.spaces.Dict, key: str) -> str:
    """The observation that an encoder of `key` reads."""
    for name in _READS.get(key, (key,)):
        if name in space.spaces:
            return name
    raise SoundwalkError(
        f"an encoder of {key!r} has nothing to read: the policy observes "
        f"{', '.join(space.spaces)}; add the sensor, or name it in policy.keys"
    )
