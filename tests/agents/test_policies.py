"""The policy network uses what it is given and keeps what it was given."""

from __future__ import annotations

import itertools
from typing import Any

import gymnasium as gym
import numpy as np
import pytest
import torch

from soundwalk.agents.policies import AudioGoalPolicy, AudioVisualExtractor
from soundwalk.envs.interface import SoundwalkError

SPACES: dict[str, gym.Space[Any]] = {
    "depth": gym.spaces.Box(0, 10, (32, 32, 1)),
    "rgb": gym.spaces.Box(0, 255, (3, 32, 32), np.uint8),
    "map": gym.spaces.Box(0, 1, (32, 32, 3)),
    "spectrogram": gym.spaces.Box(0, np.inf, (65, 26, 2)),
    "cues": gym.spaces.Box(-9, 9, (8, 20)),
    "pose": gym.spaces.Box(-99, 99, (4,)),
    "collided": gym.spaces.Box(0, 1, (1,)),
    "last_action": gym.spaces.Box(0, 1, (4,)),
    "audio": gym.spaces.Box(-1, 1, (2, 4000)),
}
SPACE = gym.spaces.Dict(SPACES)


def _observations(count: int) -> dict[str, torch.Tensor]:
    generator = torch.Generator().manual_seed(0)
    return {
        key: torch.rand(count, *(space.shape or ()), generator=generator)
        for key, space in SPACES.items()
    }


def _policy(**kwargs: Any) -> AudioGoalPolicy:
    torch.manual_seed(0)
    return AudioGoalPolicy(SPACE, gym.spaces.Discrete(4), lambda _: 1e-3, **kwargs)


@pytest.mark.parametrize("key", [key for key in SPACES if key != "audio"])
def test_every_observation_it_knows_changes_the_features(key: str) -> None:
    torch.manual_seed(0)
    extractor = AudioVisualExtractor(SPACE)
    one = _observations(2)
    other = {**one, key: one[key] + 0.5}
    assert not torch.allclose(extractor(one), extractor(other))


def test_only_the_chosen_observations_are_used() -> None:
    torch.manual_seed(0)
    extractor = AudioVisualExtractor(SPACE, keys=("depth", "spectrogram"))
    one = _observations(2)
    other = {key: value if key in extractor.keys else value + 1 for key, value in one.items()}
    torch.testing.assert_close(extractor(one), extractor(other))


@pytest.mark.parametrize("key", ["audio", "dept"])
def test_an_observation_it_cannot_use_is_named(key: str) -> None:
    with pytest.raises(SoundwalkError, match=f"policy key '{key}' cannot be used"):
        AudioVisualExtractor(SPACE, keys=("depth", key))


def test_a_new_policy_is_undecided_between_the_actions() -> None:
    logits, value, compass = _policy().judge(_observations(5))
    assert logits.shape == (5, 4)
    assert value.shape == (5,)
    assert compass.shape == (5, 3)
    assert logits.softmax(1).min() > 0.15


def test_the_optimizer_holds_every_parameter() -> None:
    policy = _policy()
    held = {id(p) for group in policy.optimizer.param_groups for p in group["params"]}
    assert {id(p) for p in policy.parameters()} <= held


def test_sb3s_orthogonal_initialisation_is_refused() -> None:
    with pytest.raises(SoundwalkError, match="ortho_init=True"):
        _policy(ortho_init=True)


def test_the_extractor_is_not_reinitialised_by_the_policy() -> None:
    torch.manual_seed(3)
    alone = AudioVisualExtractor(SPACE)
    torch.manual_seed(3)
    policy = AudioGoalPolicy(SPACE, gym.spaces.Discrete(4), lambda _: 1e-3)
    for a, b in zip(alone.parameters(), policy.features_extractor.parameters(), strict=True):
        torch.testing.assert_close(a, b)


def test_quiet_and_loud_spectrograms_are_told_apart_over_sixty_decibels() -> None:
    torch.manual_seed(0)
    extractor = AudioVisualExtractor(SPACE, keys=("spectrogram",))
    base = torch.rand(1, 65, 26, 2)
    levels = [extractor({"spectrogram": (base * 10**-k).log1p()}) for k in range(4)]
    for a, b in itertools.pairwise(levels):
        assert (a - b).norm() > 0.05 * a.norm()
