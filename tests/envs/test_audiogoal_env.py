"""The environment keeps Gymnasium's and Stable-Baselines3's contracts, and its own."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import gymnasium as gym
import numpy as np
import pytest
from gymnasium.utils.env_checker import check_env
from gymnasium.vector import AutoresetMode
from stable_baselines3.common.env_checker import check_env as sb3_check_env

import soundwalk
from soundwalk.envs.interface import Action, SoundwalkError
from soundwalk.envs.sb3 import SB3VecEnv
from soundwalk.envs.single import AudioGoalEnv
from soundwalk.envs.tasks.episodes import Episode
from soundwalk.envs.vector import AudioGoalVectorEnv

SMALL: dict[str, Any] = {"rooms": (1, 2), "homes": 3, "resolution": 16}


@pytest.fixture(scope="module")
def four() -> Iterator[AudioGoalVectorEnv]:
    envs = AudioGoalVectorEnv(4, **SMALL, max_steps=40, privileged=True)
    yield envs
    envs.close()


def test_gymnasium_finds_nothing_to_complain_about() -> None:
    env = AudioGoalEnv(**SMALL)
    check_env(env, skip_render_check=True)
    assert env.observation_space.contains(env.reset(seed=1)[0])
    env.close()


@pytest.mark.filterwarnings("ignore:.*:UserWarning")  # SB3 advises on image sizes and scaling
def test_stable_baselines3_finds_nothing_to_complain_about() -> None:
    env = AudioGoalEnv(**SMALL)
    sb3_check_env(env)
    assert isinstance(env.action_space, gym.spaces.Discrete)
    assert env.action_space.n == len(Action)
    env.close()


def test_both_ways_of_making_it_are_registered() -> None:
    assert soundwalk.__version__
    env = gym.make("soundwalk:soundwalk/AudioGoal-v0", split="val", **SMALL)
    observation, _ = env.reset(seed=0)
    envs = gym.make_vec("soundwalk:soundwalk/AudioGoal-v0", num_envs=2, split="val", **SMALL)
    batch, _ = envs.reset(seed=0)
    assert envs.metadata["autoreset_mode"] == AutoresetMode.SAME_STEP
    for key, value in observation.items():
        np.testing.assert_allclose(value, batch[key][0], atol=1e-6)
    env.close()
    envs.close()


def _rollout(num_envs: int, steps: int, seed: int) -> list[dict[str, Any]]:
    """Observations and rewards of a batch that follows actions fixed by environment seed."""
    envs = AudioGoalVectorEnv(num_envs, **SMALL, max_steps=12)
    rngs = [np.random.default_rng(seed + i) for i in range(num_envs)]
    observations, _ = envs.reset(seed=seed)
    rows = [{**observations, "reward": np.zeros(num_envs)}]
    for _ in range(steps):
        actions = np.array([rng.integers(4) for rng in rngs])
        observations, reward, *_ = envs.step(actions)
        rows.append({**observations, "reward": reward})
    envs.close()
    return rows


def test_the_same_seed_walks_the_same_way_in_a_batch_of_any_size() -> None:
    alone, together = _rollout(1, 25, seed=7), _rollout(3, 25, seed=5)
    for one, three in zip(alone, together, strict=True):
        for key, value in one.items():
            if key == "audio":
                np.testing.assert_allclose(value[0], three[key][2], atol=1e-6)
            else:
                np.testing.assert_array_equal(value[0], three[key][2])


def test_every_step_gives_fresh_arrays(four: AudioGoalVectorEnv) -> None:
    first, _ = four.reset(seed=0)
    kept = {key: value.copy() for key, value in first.items()}
    second, *_ = four.step(np.full(4, Action.TURN_LEFT))
    for key, value in first.items():
        np.testing.assert_array_equal(value, kept[key])
        assert not np.shares_memory(value, second[key])


def test_stop_terminates_and_the_time_limit_truncates(four: AudioGoalVectorEnv) -> None:
    four.reset(seed=3)
    actions = np.array([Action.STOP, *[Action.TURN_LEFT] * 3])
    _, _, terminated, truncated, infos = four.step(actions)
    assert terminated.tolist() == [True, False, False, False]
    assert not truncated.any()
    assert infos["final_info"]["_success"].tolist() == terminated.tolist()
    assert infos["final_info"]["na"][0] == 1
    for _ in range(39):
        _, _, terminated, truncated, infos = four.step(np.full(4, Action.TURN_LEFT))
    assert truncated.tolist() == [False, True, True, True]
    assert not terminated.any()
    assert infos["final_info"]["na"][1:].tolist() == [40, 40, 40]


def test_an_ended_episode_shows_its_last_view_and_the_next_ones_first(
    four: AudioGoalVectorEnv,
) -> None:
    four.reset(seed=4)
    four.step(np.full(4, Action.MOVE_FORWARD))
    observations, *_, infos = four.step(np.full(4, Action.STOP))
    for i in range(4):
        assert infos["final_obs"][i]["last_action"].tolist() == [1, 0, 0, 0]
    np.testing.assert_array_equal(observations["last_action"], 0)
    np.testing.assert_allclose(observations["pose"], [[0, 0, 1, 0]] * 4, atol=1e-7)


def test_rewards_add_up_to_the_distance_gained(four: AudioGoalVectorEnv) -> None:
    _, infos = four.reset(seed=5)
    before = infos["geodesic_distance"]
    rng = np.random.default_rng(0)
    total = np.zeros(4)
    for _ in range(20):
        _, reward, _, _, infos = four.step(rng.integers(1, 4, 4))
        total += reward
    np.testing.assert_allclose(total, before - infos["geodesic_distance"] - 0.2, atol=1e-9)


def test_the_oracle_solves_every_episode() -> None:
    envs = AudioGoalVectorEnv(8, split="val", rooms=(2, 4), homes=8, sensors=(), privileged=True)
    _, infos = envs.reset(seed=0)
    success: list[float] = []
    spl: list[float] = []
    while len(success) < 60:
        _, _, terminated, truncated, infos = envs.step(infos["oracle_action"])
        done = terminated | truncated
        if done.any():
            success += infos["final_info"]["success"][done].tolist()
            spl += infos["final_info"]["spl"][done].tolist()
    envs.close()
    assert np.mean(success) >= 0.98
    assert np.mean(spl) >= 0.95


def test_a_source_on_the_left_is_louder_in_the_left_ear() -> None:
    envs = AudioGoalVectorEnv(16, rooms=1, homes=16, sensors=("audio",), privileged=True)
    observations, infos = envs.reset(seed=11)
    sides: list[float] = []
    differences: list[float] = []
    for _ in range(24):
        treble = np.diff(observations["audio"], axis=2)  # a head shades what is shorter than it
        level = np.sqrt((treble**2).mean(2))
        differences += (20 * np.log10(level[:, 0] / level[:, 1])).tolist()
        sides += np.sin(infos["goal_azimuth"]).tolist()
        observations, _, _, _, infos = envs.step(np.full(16, Action.TURN_LEFT))
    envs.close()
    # rooms answer louder than sources a few metres away, from all sides: far from 1, farther from 0
    assert np.corrcoef(sides, differences)[0, 1] > 0.35


@pytest.mark.parametrize(
    ("action", "message"),
    [
        (4, "action 4.0 does not exist"),
        (-1, "action -1"),
        (np.nan, "action nan"),
        (1.5, "action 1.5"),
    ],
)
def test_an_action_that_does_not_exist_is_named(
    four: AudioGoalVectorEnv, action: float, message: str
) -> None:
    four.reset(seed=0)
    with pytest.raises(SoundwalkError, match=message):
        four.step(np.array([0.0, 1.0, action, 2.0]))
    with pytest.raises(SoundwalkError, match=r"shape \(3,\): expected \(4,\)"):
        four.step(np.zeros(3, np.int64))


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"split": "tarin"}, "unknown split 'tarin': did you mean 'train'"),
        ({"sounds": "unherd"}, "unknown sounds 'unherd': did you mean 'unheard'"),
        ({"sensors": ("rgb", "dept")}, "unknown sensor 'dept': did you mean 'depth'"),
        ({"rooms": (6, 3)}, "rooms="),
        ({"rooms": 9}, "rooms=9"),
        ({"resolution": 2}, "resolution=2 must be at least 8"),
        ({"max_steps": 0}, "max_steps=0 must be at least 1"),
        ({"episodes": []}, "list of episodes is empty"),
        ({"render_mode": "rgb"}, "unknown render_mode 'rgb'"),
        ({"homes": 0}, "homes=0"),
    ],
)
def test_an_option_without_meaning_is_named(options: dict[str, Any], message: str) -> None:
    with pytest.raises(SoundwalkError, match=message):
        AudioGoalVectorEnv(1, **options)


def test_an_empty_folder_of_sounds_says_what_was_looked_for(tmp_path: Path) -> None:
    with pytest.raises(SoundwalkError, match="wav"):
        AudioGoalVectorEnv(1, sounds=str(tmp_path))


def test_step_before_reset_is_refused() -> None:
    envs = AudioGoalVectorEnv(1, **SMALL)
    with pytest.raises(SoundwalkError, match="call reset"):
        envs.step(np.array([1]))
    envs.close()


def _listed(count: int) -> list[Episode]:
    envs = AudioGoalVectorEnv(1, **SMALL, split="val", sensors=())
    envs.reset(seed=1)
    episodes: list[Episode] = []
    while len(episodes) < count:
        current = envs.current[0]
        assert current is not None
        episodes.append(current)
        envs.step(np.array([Action.STOP]))
    envs.close()
    return episodes


def test_listed_episodes_are_replayed_in_order() -> None:
    episodes = _listed(5)
    envs = AudioGoalVectorEnv(2, **SMALL, episodes=episodes, sensors=())
    envs.reset(seed=9)
    played = [envs.current[:]]
    for _ in range(2):
        *_, infos = envs.step(np.full(2, Action.STOP))
        played.append(envs.current[:])
    envs.close()
    assert played == [
        [episodes[0], episodes[1]],
        [episodes[2], episodes[3]],
        [episodes[4], episodes[0]],
    ]
    assert infos["final_info"]["episode_index"].tolist() == [2, 3]


def test_sb3_gets_terminal_observations_and_time_limits() -> None:
    venv = SB3VecEnv(AudioGoalVectorEnv(2, **SMALL, max_steps=3, sensors=("depth",)))
    venv.seed(2)
    venv.reset()
    _, _, dones, infos = venv.step(np.array([Action.STOP, Action.TURN_LEFT]))
    assert dones.tolist() == [True, False]
    assert infos[0]["TimeLimit.truncated"] is False
    assert infos[0]["terminal_observation"]["depth"].shape == (16, 16, 1)
    assert infos[0]["episode"]["l"] == 1
    for _ in range(2):
        _, _, dones, infos = venv.step(np.full(2, Action.TURN_LEFT))
    assert dones[1]
    assert infos[1]["TimeLimit.truncated"] is True
    venv.close()
