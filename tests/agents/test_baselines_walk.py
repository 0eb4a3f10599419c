"""Baselines in generated homes: the order that the task must give them."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from soundwalk.agents.baselines import make
from soundwalk.envs.vector import AudioGoalVectorEnv
from soundwalk.perception.features import CueHistory, SpectrogramObservation, spectrogram

ENVS = 16


def walk(name: str, episodes: int, max_steps: int) -> dict[str, float]:
    """Mean success and SPL; every environment plays the same number of episodes."""
    sensors = ["audio"] if name == "oracle" else ["depth", "audio"]
    env = AudioGoalVectorEnv(
        ENVS, split="val", sensors=sensors, rooms=(2, 4), max_steps=max_steps, privileged=True
    )
    agent = make(name, ENVS, seed=0)
    observations, infos = env.reset(seed=0)
    ended: list[list[tuple[float, float]]] = [[] for _ in range(ENVS)]
    while min(map(len, ended)) < episodes:
        observations, _, terminated, truncated, infos = env.step(agent.act(observations, infos))
        done = terminated | truncated
        for index in map(int, np.flatnonzero(done)):
            final = infos["final_info"]
            ended[index].append((final["success"][index], final["spl"][index]))
        agent.reset(done)
    env.close()
    success, spl = np.mean([e[:episodes] for e in ended], axis=(0, 1))
    return {"success": float(success), "spl": float(spl)}


@pytest.mark.slow
def test_the_oracle_beats_the_follower_and_the_follower_beats_those_who_do_not_listen() -> None:
    oracle, follower, forward, random = (
        walk(name, 3, 250) for name in ("oracle", "direction", "forward", "random")
    )
    assert oracle["success"] >= 0.99
    assert oracle["spl"] >= 0.97
    assert 0.3 < follower["success"] < oracle["success"]
    assert follower["success"] > 2 * max(forward["success"], random["success"]) + 0.1


def test_both_wrappers_fit_the_real_environment() -> None:
    inner = AudioGoalVectorEnv(2, sensors=["audio"], rooms=1, max_steps=3)
    env = CueHistory(SpectrogramObservation(inner), steps=4)
    heard: list[Any] = []
    observations, _ = env.reset(seed=0)
    for _ in range(7):
        assert env.observation_space.contains(observations)
        heard.append(observations["audio"])
        observations, _, _, truncated, infos = env.step(np.full(2, 2))
        if truncated.all():
            final = infos["final_obs"][1]
            last = np.concatenate([*(h[1] for h in heard[-3:]), final["audio"]], -1)
            np.testing.assert_allclose(final["spectrogram"], spectrogram(last), atol=1e-4)
            assert final["cues"][:, -1].tolist() == [1, 1, 1, 1]
            assert observations["cues"][1, :, -1].tolist() == [0, 0, 0, 1]
    env.close()
