"""Observation wrappers: what encoders make of each step, and the sound of the last second as it is.

A frozen encoder runs here once a step for all environments, so that a rollout buffer holds its
features and learning does not compute them again in every epoch.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import torch
from gymnasium import spaces
from gymnasium.vector import VectorEnv, VectorWrapper
from torch import nn

from ...envs.interface import F32, STEP_SECONDS, Bool, SoundwalkError
from ..encoders.pretrained import EncoderSource, make_encoder
from ..encoders.protocol import ENCODED, HEARD, ObservationEncoder
from .wrappers import Observations, _Memory

if TYPE_CHECKING:  # Gymnasium below 1.4 has other type parameters
    _VectorWrapper = VectorWrapper[Observations, Any, Observations, Any, np.ndarray[Any, Any]]
else:
    _VectorWrapper = VectorWrapper

WAVEFORM = "waveform"
_ROOM = 2  # memories have room for so many times what they hold: then they move seldom


class SoundMemory:
    """The last samples of N streams; before a stream has lasted so long its past is silence.

    Args:
        num: streams.
        channels: of each.
        block: samples per step.
        length: samples to remember.
    """

    def __init__(self, num: int, channels: int, block: int, length: int) -> None:
        """See the class."""
        self._block, self._length = block, length
        self._kept = max(length, block)
        self._sound = np.zeros((num, channels, _ROOM * self._kept + block), np.float32)
        self._end = self._kept

    def push(self, audio: F32) -> F32:
        """Append (N, C, block); returns a view of the last samples (N, C, length)."""
        if self._end + self._block > self._sound.shape[2]:
            self._sound[..., : self._kept] = self._sound[..., self._end - self._kept : self._end]
            self._end = self._kept
        self._end += self._block
        self._sound[..., self._end - self._block : self._end] = audio
        return self._last()

    def restart(self, mask: Bool, audio: F32) -> F32:
        """Begin K streams anew with (K, C, block) as their newest step; returns (K, C, length)."""
        self._sound[mask, :, : self._end] = 0
        self._sound[mask, :, self._end - self._block : self._end] = audio
        return self._last()[mask]

    def _last(self) -> F32:
        return self._sound[..., self._end - self._length : self._end]


class WaveformMemory(_Memory):
    """Adds `waveform` (N, C, T) float16: the last second of `audio`, for encoders that learn.

    Half precision halves the rollout buffer and keeps 11 bits of each sample. Before an episode has
    lasted a second its past is silence.
    """

    key = WAVEFORM
    needs = ("audio",)

    def __init__(self, env: VectorEnv[Any, Any, Any], memory_seconds: float = 1.0) -> None:
        """Wrap a vector environment.

        Args:
            env: with the observation audio (N, C, block).
            memory_seconds: how much is remembered.

        Raises:
            SoundwalkError: there is no audio, or nothing to remember.
        """
        channels, block, length = _sizes(env, "audio", memory_seconds)
        super().__init__(env, spaces.Box(-np.inf, np.inf, (channels, length), np.float16))
        self._memory = SoundMemory(env.num_envs, channels, block, length)

    def _push(self, observations: Observations) -> Any:
        return self._memory.push(observations["audio"]).astype(np.float16)

    def _restart(self, mask: Bool, observations: Observations) -> Any:
        return self._memory.restart(mask, observations["audio"][mask]).astype(np.float16)


class EncodedObservation(_VectorWrapper):
    """Adds `encoded_KEY` (N, D) float32: what a frozen encoder makes of the observation KEY.

    Of `audio` encoders hear the last second, silence before the episode began. One call a step
    encodes for all environments; where episodes begin, their first step is encoded by another.
    """

    def __init__(
        self,
        env: VectorEnv[Any, Any, Any],
        encoders: Mapping[str, EncoderSource | str | Path | nn.Module],
        memory_seconds: float = 1.0,
        device: str = "auto",
    ) -> None:
        """Wrap a vector environment.

        Args:
            env: with autoreset in the same step.
            encoders: by the observation that each reads; see `make_encoder`. They are frozen: put
                into evaluation mode, without gradients.
            memory_seconds: how much of `audio` is remembered.
            device: where encoders compute; "auto" is a GPU if there is one.

        Raises:
            SoundwalkError: an observation is missing, or an encoder cannot read it.
        """
        name = ("cuda" if torch.cuda.is_available() else "cpu") if device == "auto" else device
        for key, source in encoders.items():
            env = _Encoded(env, key, source, memory_seconds, torch.device(name))
        super().__init__(env)


def silence(env: VectorEnv[Any, Any, Any]) -> dict[str, F32]:
    """Features (D,) of silence, by name of the observations that encoders of `audio` add."""
    found = {}
    while isinstance(env, VectorWrapper):
        if isinstance(env, _Encoded) and "audio" in env.needs:
            found[env.key] = env.silence()
        env = env.env
    return found


class _Encoded(_Memory):
    """One encoder of `EncodedObservation`."""

    def __init__(
        self,
        env: VectorEnv[Any, Any, Any],
        key: str,
        source: EncoderSource | str | Path | nn.Module,
        memory_seconds: float,
        device: torch.device,
    ) -> None:
        self.key, self.needs = ENCODED + key, (key,)
        self._device, self._memory = device, None
        self._shape = _shape(env, key)
        if key == "audio":
            channels, block, length = _sizes(env, key, memory_seconds)
            self._memory = SoundMemory(env.num_envs, channels, block, length)
            self._shape = (channels, length)
        self._encoder = _frozen(make_encoder(source, key, self._shape)).to(device)
        if key in HEARD:
            _check_rate(self._encoder.network, key, _shape(env, key)[-1])
        super().__init__(env, spaces.Box(-np.inf, np.inf, (self._encoder.dim,), np.float32))

    def silence(self) -> F32:
        """(D,) features of nothing."""
        nothing: F32 = self._encode(np.zeros((1, *self._shape), np.float32))[0]
        return nothing

    def _push(self, observations: Observations) -> F32:
        values = observations[self.needs[0]]
        return self._encode(values if self._memory is None else self._memory.push(values))

    def _restart(self, mask: Bool, observations: Observations) -> F32:
        first = observations[self.needs[0]][mask]
        return self._encode(first if self._memory is None else self._memory.restart(mask, first))

    @torch.inference_mode()
    def _encode(self, values: np.ndarray[Any, Any]) -> F32:
        """(K, …) to (K, D), a fresh array."""
        features = self._encoder(torch.from_numpy(values).to(self._device))
        return np.array(features.float().cpu().numpy(), np.float32)


def _frozen(encoder: ObservationEncoder) -> ObservationEncoder:
    return encoder.eval().requires_grad_(requires_grad=False)


def _shape(env: VectorEnv[Any, Any, Any], key: str) -> tuple[int, ...]:
    """Of one observation."""
    space = env.single_observation_space
    shape = space[key].shape if isinstance(space, spaces.Dict) and key in space.spaces else None
    if shape is None:
        there = ", ".join(space.spaces) if isinstance(space, spaces.Dict) else space
        raise SoundwalkError(
            f"there is no {key!r} to encode: the environment observes {there}; add the sensor"
        )
    return shape


def _sizes(env: VectorEnv[Any, Any, Any], key: str, memory_seconds: float) -> tuple[int, int, int]:
    """Channels, samples per step, and samples to remember."""
    channels, block = _shape(env, key)
    length = round(memory_seconds * block / STEP_SECONDS)
    if not 0 < memory_seconds < np.inf or length < 1:
        raise SoundwalkError(f"memory_seconds={memory_seconds}: expected more than 0")
    return channels, block, length


def _check_rate(network: nn.Module, key: str, block: int) -> None:
    """Complain about sound of another rate than an encoder was made for."""
    rate = block / STEP_SECONDS
    expected = getattr(network, "rate", rate)
    if expected != rate:
        raise SoundwalkError(
            f"{key} has {rate:g} samples per second: this encoder expects {expected}; set "
            "env.acoustics.sample_rate, or choose another encoder"
        )
