"""Observation wrappers: what an agent remembers of the last second or the last steps."""

from __future__ import annotations

from abc import abstractmethod
from typing import TYPE_CHECKING, Any

import gymnasium
import numpy as np
from gymnasium import spaces
from gymnasium.vector import AutoresetMode, VectorEnv, VectorWrapper
from gymnasium.vector.utils import batch_space

from ...envs.interface import F32, F64, Action, Bool, SoundwalkError
from .cues import CUE_NAMES, binaural_cues
from .spectrogram import BANDS
from .streaming import StreamingSpectrogram

Observations = dict[str, Any]
if TYPE_CHECKING:  # Gymnasium below 1.4 has other type parameters
    _VectorWrapper = VectorWrapper[Observations, Any, Observations, Any, np.ndarray[Any, Any]]
    _Wrapper = gymnasium.Wrapper[Observations, Any, Observations, Any]
else:
    _VectorWrapper, _Wrapper = VectorWrapper, gymnasium.Wrapper

EGO_NAMES = (
    "heading cos", "heading sin", "ahead / 2 m", "left / 2 m",
    *(f"action {a.name.lower()}" for a in Action), "collided", "valid",
)  # fmt: skip


class _Memory(_VectorWrapper):
    """Adds to the observations what a memory makes of this step and earlier ones of the episode.

    With autoreset in the same step an environment that ended returns the first observation of its
    next episode: the memory first takes in the last observation of the old one (its result goes to
    `final_obs`), then forgets, then takes in the new one.
    """

    key: str  # of the observation that is added
    needs: tuple[str, ...]  # observations that the memory reads

    def __init__(self, env: VectorEnv[Any, Any, Any], space: spaces.Box) -> None:
        """Wrap `env`; the memory adds `space` (of one environment) under `key`."""
        super().__init__(env)
        mode = env.metadata.get("autoreset_mode")
        if mode != AutoresetMode.SAME_STEP:
            raise SoundwalkError(
                f"autoreset mode {mode} of {env}: expected AutoresetMode.SAME_STEP, because the"
                " memory is cleared in the step in which an episode ends"
            )
        single = _extended(env.single_observation_space, self.key, space, self.needs)
        self.single_observation_space = single
        self.observation_space = batch_space(single, env.num_envs)

    @abstractmethod
    def _push(self, observations: Observations) -> F32:
        """Take in a step of all environments; returns the batched feature, a fresh array."""

    @abstractmethod
    def _restart(self, mask: Bool, observations: Observations) -> F32:
        """Forget K environments and take in their first step; returns the features of those K."""

    def reset(
        self, *, seed: int | None = None, options: dict[str, Any] | None = None
    ) -> tuple[Observations, dict[str, Any]]:
        """Reset all environments and forget."""
        if options and "reset_mask" in options:
            raise SoundwalkError(
                "option 'reset_mask': environments that reset by themselves take none"
            )
        observations, infos = self.env.reset(seed=seed, options=options)
        feature = self._restart(np.ones(self.num_envs, bool), observations)
        return {**observations, self.key: feature}, infos

    def step(self, actions: Any) -> tuple[Observations, Any, Any, Any, dict[str, Any]]:
        """Step all environments; see the class for what happens at the end of an episode."""
        observations, rewards, terminated, truncated, infos = self.env.step(actions)
        ended = np.asarray(terminated) | np.asarray(truncated)
        if not ended.any():
            feature = self._push(observations)
        else:
            feature = self._push(self._final(observations, infos, ended))
            _add_final(infos, ended, self.key, feature)
            feature[ended] = self._restart(ended, observations)
        return {**observations, self.key: feature}, rewards, terminated, truncated, infos

    def _final(
        self, observations: Observations, infos: dict[str, Any], ended: Bool
    ) -> Observations:
        """What the memory reads, with the last observation of the episodes that ended."""
        final = infos.get("final_obs")
        last = {key: np.array(observations[key]) for key in self.needs}
        for key, values in last.items():
            if isinstance(final, dict):
                values[ended] = final[key][ended]
            elif final is not None:
                for index in np.flatnonzero(ended):
                    values[index] = final[index][key]
        return last


def _extended(
    space: spaces.Space[Any], key: str, added: spaces.Box, needs: tuple[str, ...]
) -> spaces.Dict:
    """A Dict space with one more entry."""
    present = list(space) if isinstance(space, spaces.Dict) else []
    missing = [name for name in needs if name not in present]
    if not isinstance(space, spaces.Dict) or missing:
        raise SoundwalkError(
            f"observations {', '.join(present) or space} lack {', '.join(missing)}:"
            f" {key!r} is made of them; add the sensor"
        )
    return spaces.Dict({**space.spaces, key: added})


def _add_final(infos: dict[str, Any], ended: Bool, key: str, feature: F32) -> None:
    """Put the features of the last step into `final_obs`, a batched dict or an array of dicts."""
    final = infos.get("final_obs")
    if isinstance(final, dict):
        infos["final_obs"] = {**final, key: feature.copy()}
        if any(name.startswith("_") for name in final):
            infos["final_obs"][f"_{key}"] = ended.copy()
    elif final is not None:
        for index in np.flatnonzero(ended):
            final[index] = {**final[index], key: feature[index].copy()}


class SpectrogramObservation(_Memory):
    """Adds `spectrogram` (N, 65, 26, C): the last second of `audio`, see `spectrogram`.

    Before an episode has lasted a second its past is silence.
    """

    key = "spectrogram"
    needs = ("audio",)

    def __init__(self, env: VectorEnv[Any, Any, Any]) -> None:
        """Wrap a vector environment whose observations hold `audio` (N, C, block)."""
        channels, block = _shape(env.single_observation_space)
        super().__init__(env, _spectrogram_space(channels))
        self._stream = StreamingSpectrogram(env.num_envs, block, channels)

    def _push(self, observations: Observations) -> F32:
        return self._stream.push(observations["audio"])

    def _restart(self, mask: Bool, observations: Observations) -> F32:
        return self._stream.restart(mask, observations["audio"][mask])


class SpectrogramWrapper(_Wrapper):
    """`SpectrogramObservation` for a single environment: adds `spectrogram` (65, 26, C)."""

    def __init__(self, env: gymnasium.Env[Any, Any]) -> None:
        """Wrap an environment whose observations hold `audio` (C, block)."""
        super().__init__(env)
        channels, block = _shape(env.observation_space)
        space = _spectrogram_space(channels)
        self.observation_space = _extended(env.observation_space, "spectrogram", space, ("audio",))
        self._stream = StreamingSpectrogram(1, block, channels)

    def reset(
        self, *, seed: int | None = None, options: dict[str, Any] | None = None
    ) -> tuple[Observations, dict[str, Any]]:
        """Reset and forget."""
        observation, info = self.env.reset(seed=seed, options=options)
        self._stream.reset([True])
        return self._with_spectrogram(observation), info

    def step(self, action: Any) -> tuple[Observations, Any, bool, bool, dict[str, Any]]:
        """Step and add the spectrogram of the last second."""
        observation, reward, terminated, truncated, info = self.env.step(action)
        observation = self._with_spectrogram(observation)
        return observation, reward, terminated, truncated, info

    def _with_spectrogram(self, observation: Observations) -> Observations:
        return {**observation, "spectrogram": self._stream.push(observation["audio"][None])[0]}


def _spectrogram_space(channels: int) -> spaces.Box:
    return spaces.Box(0.0, np.inf, (BANDS, 26, channels), np.float32)


def _shape(space: spaces.Space[Any]) -> tuple[int, int]:
    """Channels and samples of one step of audio; two of nothing where there is none."""
    known = isinstance(space, spaces.Dict) and "audio" in space.spaces
    shape = space["audio"].shape if isinstance(space, spaces.Dict) and known else None
    return (shape[0], shape[1]) if shape else (2, 0)


def check_two_ears(space: spaces.Space[Any], key: str) -> None:
    """Complain about audio that is not that of two ears.

    Raises:
        SoundwalkError: there is `audio`, and it has another number of channels.
    """
    channels = _shape(space)[0]
    if channels != 2:
        raise SoundwalkError(
            f"audio has {channels} channels: {key!r} compares two ears; make the environment with"
            " receiver='binaural', or leave this wrapper out"
        )


class CueHistory(_Memory):
    """Adds `cues` (N, steps, 64) float32: what was heard lately, and where that was seen from here.

    Each of the last steps, the present one last, has 54 numbers for what was heard (`CUE_NAMES`)
    and 10 for ego-motion relative to the present pose (`EGO_NAMES`): cos and sin of
    heading_i - heading, position_i - position in the present frame (ahead, left) divided by 2 m,
    the action that led to step i (one-hot), whether it collided, and 1 if the step belongs to this
    episode; else all 64 are 0.
    """

    key = "cues"
    needs = ("audio", "pose", "last_action", "collided")

    def __init__(self, env: VectorEnv[Any, Any, Any], steps: int = 8) -> None:
        """Wrap a vector environment.

        Args:
            env: with the observations audio (N, 2, T), pose (N, 4) x, y, cos, sin relative to the
                start, last_action (N, 4), collided (N, 1).
            steps: how many steps are remembered.

        Raises:
            SoundwalkError: no step to remember, or an observation is missing.
        """
        if steps < 1:
            raise SoundwalkError(f"steps={steps}: expected 1 or more")
        check_two_ears(env.single_observation_space, self.key)
        width = len(CUE_NAMES) + len(EGO_NAMES)
        super().__init__(env, spaces.Box(-np.inf, np.inf, (steps, width), np.float32))
        # Per step: 54 cues; x, y, cos, sin; action; collided; valid. (N, steps, 64)
        self._past = np.zeros((env.num_envs, steps, width), np.float32)

    def _push(self, observations: Observations) -> F32:
        self._past[:, :-1] = self._past[:, 1:]
        self._past[:, -1] = _step(observations)
        return seen_from_here(self._past)

    def _restart(self, mask: Bool, observations: Observations) -> F32:
        self._past[mask] = 0
        self._past[mask, -1] = _step({key: observations[key][mask] for key in self.needs})
        return seen_from_here(self._past[mask])


def _step(observations: Observations) -> F32:
    """One step's cues and pose (K, 64), the pose relative to the start of the episode."""
    valid = np.ones((len(observations["pose"]), 1), np.float32)
    action = observations["last_action"][:, : len(Action)]  # a fifth one, to emit, is left out
    parts = [observations["pose"], action, observations["collided"]]
    return np.concatenate(
        [binaural_cues(observations["audio"]), *parts, valid], 1, dtype=np.float32
    )


def seen_from_here(past: F32) -> F32:
    """Turn poses relative to the start into ego-motion relative to the last step.

    Args:
        past: (K, steps, 64), columns 54-57: x, y in metres, cos, sin of the heading.

    Returns:
        (K, steps, 64), columns 54-57: cos, sin of the heading, x ahead and y to the left over 2 m,
        all relative to the last step; 0 where column 63 (valid) is 0.
    """
    first = len(CUE_NAMES)
    pose: F64 = past[..., first : first + 4].astype(np.float64)
    x, y, c, s = np.moveaxis(pose, -1, 0)
    x, y, c0, s0 = x - x[:, -1:], y - y[:, -1:], c[:, -1:], s[:, -1:]
    ego = [c * c0 + s * s0, s * c0 - c * s0, (x * c0 + y * s0) / 2, (y * c0 - x * s0) / 2]
    result = past.copy()
    result[..., first : first + 4] = np.stack(ego, -1) * past[..., -1:]
    return result
