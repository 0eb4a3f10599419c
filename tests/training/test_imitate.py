"""A pupil learns what its teacher does, and nothing of what the teacher alone can see."""

from __future__ import annotations

from typing import Any

import gymnasium as gym
import numpy as np
import pytest
import torch
from gymnasium.vector import AutoresetMode, VectorEnv

from soundwalk.agents.policies import AudioGoalPolicy
from soundwalk.envs.interface import SoundwalkError
from soundwalk.envs.vector import AudioGoalVectorEnv
from soundwalk.perception.features import BeliefObservation, CueHistory, EgoMapObservation
from soundwalk.training.imitate import Imitation, ImitationConfig, td_returns

MOTION = gym.spaces.Box(-1, 1, (4,), np.float32)
SPACE = gym.spaces.Dict({"pose": MOTION, "last_action": MOTION})


class Signpost(VectorEnv[Any, Any, Any]):
    """The largest number of `pose` is what the teacher does; an episode lasts ten steps."""

    metadata = {"autoreset_mode": AutoresetMode.SAME_STEP}  # noqa: RUF012

    def __init__(self, *, taught: bool = True) -> None:
        self.num_envs, self.taught = 16, taught
        self.single_observation_space = SPACE
        self.observation_space = gym.vector.utils.batch_space(SPACE, 16)
        self.single_action_space = gym.spaces.Discrete(4)
        self.action_space = gym.vector.utils.batch_space(self.single_action_space, 16)
        self.rng = np.random.default_rng(0)

    def _observe(self) -> tuple[dict[str, Any], dict[str, Any]]:
        pose = self.rng.uniform(-1, 1, (16, 4)).astype(np.float32)
        noise = self.rng.uniform(-1, 1, (16, 4)).astype(np.float32)
        truth = {
            "oracle_action": pose.argmax(1),
            "path_azimuth": pose[:, 0],
            "geodesic_distance": 1 + np.abs(pose[:, 1]),
        }
        return {"pose": pose, "last_action": noise}, truth if self.taught else {}

    def reset(self, **options: Any) -> tuple[Any, dict[str, Any]]:
        self.age = np.arange(16) % 10
        return self._observe()

    def step(self, actions: Any) -> tuple[Any, Any, Any, Any, dict[str, Any]]:
        self.age += 1
        truncated = self.age >= 10
        self.age[truncated] = 0
        observations, infos = self._observe()
        if truncated.any():
            infos["final_info"] = {"success": np.ones(16), "_success": truncated}
        return observations, np.ones(16), np.zeros(16, np.bool_), truncated, infos


def _policy(space: Any = SPACE, **options: Any) -> AudioGoalPolicy:
    torch.manual_seed(0)
    return AudioGoalPolicy(space, gym.spaces.Discrete(4), lambda _: 1e-3, **options)


def _teach(policy: AudioGoalPolicy, envs: Any, config: ImitationConfig) -> list[dict[str, float]]:
    losses: list[dict[str, float]] = []

    def note(rollout: dict[str, float], episodes: list[dict[str, float]]) -> bool:
        assert all(episode == {"success": 1.0} for episode in episodes) or envs.num_envs != 16
        losses.append(rollout)
        return True

    Imitation(policy, envs, config, seed=0).learn(note)
    return losses


def test_the_pupil_comes_to_agree_with_the_teacher() -> None:
    config = ImitationConfig(steps=20_000, rollout=20, batch_size=128, updates=12)
    losses = _teach(_policy(), Signpost(), config)
    assert losses[0]["agreement"] < 0.5
    assert losses[-1]["agreement"] > 0.93
    assert losses[-1]["compass"] < 0.2 * losses[0]["compass"]


def test_the_same_seed_teaches_the_same() -> None:
    config = ImitationConfig(steps=1_000, rollout=20, batch_size=64, updates=2)
    one, other = _policy(), _policy()
    _teach(one, Signpost(), config)
    _teach(other, Signpost(), config)
    for a, b in zip(one.parameters(), other.parameters(), strict=True):
        torch.testing.assert_close(a, b, rtol=0, atol=0)


def test_a_callback_that_says_no_ends_the_lesson() -> None:
    teacher = Imitation(_policy(), Signpost(), ImitationConfig(steps=10_000, rollout=10), seed=0)
    teacher.learn(lambda *_: False)
    assert teacher.steps == 160
    assert teacher.progress == pytest.approx(0.016)


def test_an_environment_without_a_teacher_is_refused() -> None:
    with pytest.raises(SoundwalkError, match="privileged=True"):
        Imitation(_policy(), Signpost(taught=False), ImitationConfig(steps=1), seed=0)


def test_returns_are_discounted_sums_cut_at_episode_ends() -> None:
    rewards = np.array([[1.0], [2.0], [4.0]])
    dones = np.array([[False], [True], [False]])
    values = np.zeros((4, 1))
    values[3] = 8.0
    returns = td_returns(rewards, dones, values, gamma=0.5)
    # the last step bootstraps; the end of an episode does not look beyond itself
    assert returns[2, 0] == pytest.approx(4 + 0.5 * 8)
    assert returns[1, 0] == pytest.approx(2)
    assert returns[0, 0] == pytest.approx(1 + 0.5 * 0.95 * 2)


@pytest.mark.slow
def test_a_pupil_in_one_room_finds_the_sound_in_rooms_it_never_saw() -> None:
    def make(split: str, privileged: bool) -> Any:
        world = AudioGoalVectorEnv(
            32,
            split=split,
            rooms=1,
            homes=16,
            resolution=32,
            sensors=("depth", "audio"),
            privileged=privileged,
        )
        return BeliefObservation(CueHistory(EgoMapObservation(world), steps=4))

    train, unseen = make("train", True), make("val", False)
    keys = ("map", "cues", "belief", "collided", "last_action")
    policy = _policy(
        train.single_observation_space, features_extractor_kwargs={"keys": keys, "width": 64}
    )
    _teach(policy, train, ImitationConfig(steps=60_000, updates=8, batch_size=256))
    taught, chance = _success(policy, unseen), _success(None, unseen)
    train.close()
    unseen.close()
    assert taught > 0.3, (taught, chance)
    assert taught > 4 * chance, (taught, chance)


def _success(policy: AudioGoalPolicy | None, envs: Any) -> float:
    """Share of successes of the first two episodes of each environment."""
    rng = np.random.default_rng(0)
    observations, _ = envs.reset(seed=0)
    found: list[list[float]] = [[] for _ in range(envs.num_envs)]
    while min(len(f) for f in found) < 2:
        if policy is None:
            actions = rng.integers(4, size=envs.num_envs)
        else:
            keys = list(policy.features_extractor.keys)  # type: ignore[arg-type]
            tensors = {key: torch.as_tensor(observations[key]) for key in keys}
            with torch.no_grad():
                logits = policy.judge(tensors)[0].numpy()
            actions = (logits + rng.gumbel(size=logits.shape)).argmax(1)
        observations, _, terminated, truncated, infos = envs.step(actions)
        for i in np.flatnonzero(terminated | truncated):
            found[i].append(float(infos["final_info"]["success"][i]))
    return float(np.mean([f[:2] for f in found]))
