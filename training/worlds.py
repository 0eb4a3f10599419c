"""The environments and the policy that a configuration describes."""

from __future__ import annotations

import importlib
from collections.abc import Callable, Mapping
from typing import Any

import gymnasium as gym
from gymnasium.vector import VectorEnv, VectorWrapper

from ..agents.policies import AudioGoalPolicy
from ..envs.interface import SoundwalkError
from ..perception.encoders.pretrained import EncoderSource
from ..perception.features.encoded import EncodedObservation, WaveformMemory
from .config import EnvConfig, PolicyConfig
from .elsewhere import open_world

Envs = VectorEnv[Any, Any, Any]


class KeepObservations(VectorWrapper[Any, Any, Any]):
    """Passes on only the observations that a policy uses, so that no buffer holds the others.

    Args:
        envs: a batched environment with SAME_STEP autoreset and dictionary observations.
        keys: the observations to keep.

    Raises:
        SoundwalkError: an observation is not there.
    """

    def __init__(self, envs: Envs, keys: tuple[str, ...]) -> None:
        """See the class."""
        super().__init__(envs)
        there = observed(envs)
        for key in keys:
            if key not in there:
                raise SoundwalkError(
                    f"policy key {key!r} is not observed: the environment with its wrappers "
                    f"observes {', '.join(there)}; see env.sensors and env.wrappers"
                )
        self.keys = keys
        self.single_observation_space = gym.spaces.Dict({key: there[key] for key in keys})
        batched = envs.observation_space
        assert isinstance(batched, gym.spaces.Dict)  # as the single one is
        self.observation_space = gym.spaces.Dict({key: batched.spaces[key] for key in keys})

    def reset(self, **options: Any) -> tuple[Any, dict[str, Any]]:
        """As the environment within, with fewer observations."""
        observations, infos = self.env.reset(**options)
        return self._keep(observations), infos

    def step(self, actions: Any) -> tuple[Any, Any, Any, Any, dict[str, Any]]:
        """As the environment within, with fewer observations, those that ended an episode too."""
        observations, reward, terminated, truncated, infos = self.env.step(actions)
        if "final_obs" in infos:
            for i in infos["_final_obs"].nonzero()[0]:
                infos["final_obs"][i] = self._keep(infos["final_obs"][i])
        return self._keep(observations), reward, terminated, truncated, infos

    def _keep(self, observations: dict[str, Any]) -> dict[str, Any]:
        return {key: observations[key] for key in self.keys}


def make_envs(
    config: EnvConfig,
    *,
    keys: tuple[str, ...] | None = None,
    **options: Any,
) -> Envs:
    """The wrapped batched environment of a configuration.

    Args:
        config: what to make.
        keys: observations to keep; all by default.
        options: further or other arguments of `AudioGoalVectorEnv`.

    Raises:
        SoundwalkError: the world cannot be opened, a wrapper cannot be found, an encoder cannot be
            used, or an argument has no meaning.
    """
    envs = open_world(config, options)
    for wrapper in config.wrappers:
        envs = find(wrapper)(envs)
    envs = with_encoders(envs, config.encoders)
    return envs if keys is None else KeepObservations(envs, keys)


def with_encoders(envs: Envs, encoders: Mapping[str, EncoderSource]) -> Envs:
    """Observations that encoders of a policy make or read: frozen ones are computed here.

    Raises:
        SoundwalkError: an encoder is not there, or cannot read what is observed.
    """
    for key, source in encoders.items():
        if source.frozen:
            envs = EncodedObservation(envs, {key: source}, source.memory)
        elif key == "audio":
            envs = WaveformMemory(envs, source.memory)
    return envs


def observed(envs: Envs) -> dict[str, gym.Space[Any]]:
    """The observations of one environment of a batch, by name.

    Raises:
        SoundwalkError: observations are not a dictionary.
    """
    space = envs.single_observation_space
    if not isinstance(space, gym.spaces.Dict):
        raise SoundwalkError(f"observation space is {space}: expected a Dict space")
    return space.spaces


def find(name: str) -> Callable[..., Any]:
    """What an import string "module:attribute" names; a leading dot stands for soundwalk.

    >>> find("math:sqrt")(9.0)
    3.0

    Raises:
        SoundwalkError: there is no such module or attribute.
    """
    module, _, attribute = name.partition(":")
    root = __name__.rpartition(".training")[0]
    try:
        found = getattr(importlib.import_module(module, root), attribute)
    except (ImportError, AttributeError, TypeError, ValueError) as error:
        raise SoundwalkError(
            f"{name!r} cannot be imported ({error}): expected 'module:attribute', e.g. "
            "'.perception.features:SpectrogramObservation'"
        ) from None
    return found  # type: ignore[no-any-return]


def policy_arguments(config: PolicyConfig) -> dict[str, Any]:
    """Arguments of `AudioGoalPolicy` besides the spaces."""
    learning = {key: source for key, source in config.encoders.items() if not source.frozen}
    return {
        "hidden": config.hidden,
        "features_extractor_kwargs": {
            "features_dim": config.features_dim,
            "width": config.width,
            "keys": config.keys,
            **({"encoders": learning} if learning else {}),
        },
    }


def make_policy(config: PolicyConfig, envs: Envs) -> AudioGoalPolicy:
    """The untrained policy for what an environment observes, for use without PPO."""
    there = observed(envs)
    missing = [key for key in config.keys if key not in there]
    if missing:
        raise SoundwalkError(
            f"the policy needs {', '.join(missing)}; the environment observes {', '.join(there)}"
        )
    kept = gym.spaces.Dict({key: there[key] for key in config.keys})
    return AudioGoalPolicy(
        kept, envs.single_action_space, lambda _: 0.0, **policy_arguments(config)
    )
