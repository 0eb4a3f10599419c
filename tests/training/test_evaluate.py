"""Every agent walks the same episodes, and what is reported is what it did."""

from __future__ import annotations

import dataclasses
import io
import json
from pathlib import Path
from typing import Any, cast

import gymnasium as gym
import numpy as np
import pytest
import torch
from rich.console import Console

from soundwalk.agents.baselines import Oracle
from soundwalk.envs.interface import SoundwalkError
from soundwalk.envs.tasks.metrics import METRICS
from soundwalk.training.checkpoints import Checkpoints, State
from soundwalk.training.config import (
    Config,
    EnvConfig,
    EvalConfig,
    PolicyConfig,
    PPOConfig,
    save_config,
)
from soundwalk.training.evaluate import (
    evaluate,
    evaluate_policy,
    fixed_episodes,
    intervals,
    table,
    walk,
)
from soundwalk.training.players import PolicyAgent, load_policy, resolve
from soundwalk.training.worlds import make_envs, make_policy

SMALL = EnvConfig(num_envs=2, rooms=(1, 1), resolution=16, homes=2, max_steps=60)
PPO = PPOConfig(batch_size=128)
KEYS = ("depth", "spectrogram", "pose")


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A run whose policy has learned nothing."""
    folder = tmp_path_factory.mktemp("runs") / "run"
    folder.mkdir()
    policy = PolicyConfig(keys=KEYS, features_dim=8, width=8, hidden=8)
    config = Config(env=SMALL, policy=policy, ppo=PPO)
    save_config(config, folder / "config.yaml")
    envs = make_envs(SMALL)
    try:
        network = make_policy(policy, envs)
    finally:
        envs.close()
    Checkpoints(folder / "checkpoints").save(State(steps=1), network, network.optimizer)
    return folder


def test_the_result_has_the_published_form(run: Path) -> None:
    agents = ["oracle", "random", str(run), "deaf"]
    results = evaluate(agents, episodes=4, seed=3, num_envs=2)
    assert list(results) == ["split", "episodes", "seed", "config", "agents"]
    assert (results["split"], results["episodes"], results["seed"]) == ("val", 4, 3)
    assert list(results["agents"]) == agents
    for figures in results["agents"].values():
        assert set(figures) == set(METRICS)
        for interval in figures.values():
            assert set(interval) == {"mean", "low", "high"}
            assert interval["low"] <= interval["mean"] <= interval["high"]
    json.dumps(results)  # plain values only
    assert results["config"]["rooms"] == (1, 1)  # where the trained agent was trained
    oracle, random = results["agents"]["oracle"], results["agents"]["random"]
    assert oracle["success"]["mean"] == 1.0
    assert oracle["spl"]["mean"] > random["spl"]["mean"]
    console = Console(width=140, file=io.StringIO())
    console.print(table(results))
    assert "oracle" in console.file.getvalue()  # type: ignore[attr-defined]


def test_the_number_of_environments_changes_no_episode() -> None:
    walks = fixed_episodes(SMALL, split="val", count=5, seed=1)
    rows = []
    for num_envs in (1, 3):
        envs = make_envs(SMALL, num_envs=num_envs, episodes=walks, homes=8)
        try:
            rows.append(walk(Oracle(num_envs), envs, 5))
        finally:
            envs.close()
    assert rows[0] == rows[1]
    assert len(rows[0]) == 5


def test_episodes_are_a_function_of_their_seed_and_disjoint_from_training() -> None:
    first = fixed_episodes(SMALL, split="val", count=6, seed=1)
    assert first == fixed_episodes(SMALL, split="val", count=6, seed=1)
    assert first != fixed_episodes(SMALL, split="val", count=6, seed=2)
    assert first[:4] == fixed_episodes(SMALL, split="val", count=4, seed=1)
    train = fixed_episodes(SMALL, split="train", count=6, seed=1)
    assert not {walk.home for walk in first} & {walk.home for walk in train}


def test_a_deaf_agent_sees_the_same_and_hears_silence(run: Path) -> None:
    envs = make_envs(SMALL)
    try:
        policy = load_policy(run, envs)
        observations, _ = envs.reset(seed=0)
    finally:
        envs.close()
    seen: list[dict[str, Any]] = []

    def record(observation: dict[str, torch.Tensor]) -> tuple[torch.Tensor, None, None]:
        seen.append({key: value.numpy() for key, value in observation.items()})
        return torch.zeros(2, 4), None, None

    policy.judge = record  # type: ignore[assignment, method-assign]
    for deaf in (False, True):
        PolicyAgent(policy, 2, deaf=deaf).act(observations, {})
    assert (seen[0]["spectrogram"] == observations["spectrogram"]).all()
    assert observations["spectrogram"].any()
    assert not seen[1]["spectrogram"].any()
    assert (seen[1]["depth"] == observations["depth"]).all()


def _choices(temperature: float, num_envs: int, plays: int) -> list[list[int]]:
    """The first three actions of each play of a policy that slightly prefers the first action."""

    class Undecided:
        observation_space = gym.spaces.Dict({})
        device = torch.device("cpu")

        def judge(self, _: Any) -> tuple[torch.Tensor, None, None]:
            return torch.tensor([[0.1, 0.0, 0.0, 0.0]] * num_envs), None, None

    agent = PolicyAgent(cast(Any, Undecided()), num_envs, seed=1, temperature=temperature)
    rows: list[list[int]] = []
    while len(rows) < plays:
        agent.reset(np.ones(num_envs, np.bool_))
        rows += np.stack([agent.act({}, {}) for _ in range(3)], 1).tolist()
    return rows[:plays]


def test_what_a_policy_does_in_an_episode_does_not_depend_on_the_batch() -> None:
    assert _choices(1.0, 1, 12) == _choices(1.0, 4, 12) == _choices(1.0, 6, 12)
    assert len({tuple(row) for row in _choices(1.0, 4, 12)}) > 6


def test_at_temperature_zero_the_most_probable_action_is_taken() -> None:
    assert _choices(0.0, 4, 8) == [[0, 0, 0]] * 8
    with pytest.raises(SoundwalkError, match="temperature=-1"):
        _choices(-1.0, 1, 1)


def test_intervals_of_equal_values_are_points() -> None:
    figures = intervals([dict.fromkeys(METRICS, 0.5)] * 9)
    assert figures["spl"] == {"mean": 0.5, "low": 0.5, "high": 0.5}


def test_a_policy_is_evaluated_while_it_learns(run: Path) -> None:
    config = Config(env=SMALL, policy=PolicyConfig(keys=KEYS), ppo=PPO, eval=EvalConfig(episodes=2))
    envs = make_envs(SMALL)
    try:
        figures = evaluate_policy(load_policy(run, envs), config)
    finally:
        envs.close()
    assert set(figures) == set(METRICS)
    assert 1 <= figures["na"] <= SMALL.max_steps


def test_names_of_agents_are_understood(tmp_path: Path) -> None:
    assert resolve("follower", None) == resolve("direction_follower", None)
    assert resolve("trained", tmp_path) == ("trained", tmp_path)
    assert resolve(str(tmp_path), None) == ("trained", tmp_path)


@pytest.mark.parametrize(
    ("agents", "options", "message"),
    [
        (["orakel"], {}, "unknown agent 'orakel': did you mean 'oracle'"),
        (["trained"], {}, "agent 'trained' needs a run directory"),
        (["random"], {"episodes": 0}, "episodes is 0: expected at least 1"),
        ([], {}, "no agent to evaluate"),
        (["random"], {"split": "vla", "episodes": 1}, "unknown split 'vla': did you mean 'val'"),
        (["random"], {"sounds": "herd", "episodes": 1}, "unknown sounds 'herd'.*'heard'"),
    ],
)
def test_bad_input_is_named(agents: list[str], options: dict[str, Any], message: str) -> None:
    with pytest.raises(SoundwalkError, match=message):
        evaluate(agents, **options)


def test_a_checkpoint_of_another_policy_is_refused(run: Path, tmp_path: Path) -> None:
    other = Config(
        env=SMALL, policy=PolicyConfig(keys=KEYS, features_dim=8, width=16, hidden=8), ppo=PPO
    )
    save_config(other, tmp_path / "config.yaml")
    (tmp_path / "checkpoints").symlink_to(run / "checkpoints")
    with pytest.raises(SoundwalkError, match="was written by another policy"):
        evaluate([str(tmp_path)], episodes=1)
    assert dataclasses.asdict(other)["policy"]["width"] == 16
