"""What an AudioGoal environment promises, wherever it is: spaces, units, seeds, ends, metrics."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest
from gymnasium.spaces import Box, Dict, Discrete
from gymnasium.vector import AutoresetMode
from scipy.signal import butter, sosfilt

from soundwalk.envs.interface import SAMPLE_RATE, Action, SoundwalkError
from soundwalk.envs.tasks.metrics import METRICS
from soundwalk.perception.features import SpectrogramObservation

from .environments import ENVIRONMENTS, LONGEST, PIXELS, Envs, Kind

AGENTS = 3
FORWARD, LEFT, STOP = int(Action.MOVE_FORWARD), int(Action.TURN_LEFT), int(Action.STOP)
TRUTH = ("oracle_action", "path_azimuth", "goal_azimuth", "geodesic_distance", "source_distance")


@pytest.fixture(scope="module", params=list(ENVIRONMENTS))
def kind(request: pytest.FixtureRequest) -> Kind:
    return ENVIRONMENTS[request.param]


@pytest.fixture(scope="module")
def env(kind: Kind) -> Iterator[Envs]:
    env = kind.make(AGENTS)
    yield env
    env.close()


def play(env: Envs, seed: int, steps: int = 14) -> list[Any]:
    """Everything that is met on a walk by chance; agent 1 stops now and then."""
    rng = np.random.default_rng(seed)
    met: list[Any] = [env.reset(seed=seed)]
    for step in range(steps):
        actions = rng.choice([1, 1, 2, 3], env.num_envs)
        actions[1 % env.num_envs] = 0 if step % 4 == 3 else actions[1 % env.num_envs]
        met.append(env.step(actions))
    return met


def turned(angle: float) -> complex:
    return complex(np.exp(1j * angle))


def test_spaces_are_those_of_home(env: Envs) -> None:
    single = env.single_observation_space
    assert isinstance(single, Dict)
    boxes: dict[str, Any] = dict(single.spaces)
    assert {k: (b.shape, b.dtype) for k, b in boxes.items()} == {
        "rgb": ((PIXELS, PIXELS, 3), np.uint8),
        "depth": ((PIXELS, PIXELS, 1), np.float32),
        "audio": ((2, 4000), np.float32),
        "pose": ((4,), np.float32),
        "collided": ((1,), np.float32),
        "last_action": ((4,), np.float32),
    }
    assert isinstance(boxes["depth"], Box)
    assert boxes["depth"].high.max() == 10.0
    assert isinstance(env.single_action_space, Discrete)
    assert env.single_action_space.n == 4
    assert env.metadata["autoreset_mode"] == AutoresetMode.SAME_STEP


def test_observations_lie_in_their_space_and_are_not_empty(env: Envs) -> None:
    for met in play(env, seed=1):
        observations = met[0]
        assert env.observation_space.contains(observations)
        assert observations["rgb"].max() > 30
        assert observations["depth"].min() > 0
        assert np.isfinite(observations["audio"]).all()
        assert np.abs(observations["audio"]).max() > 1e-5


def test_the_pose_is_where_one_has_come_from_the_start(env: Envs, kind: Kind) -> None:
    """Turning left turns counter-clockwise; a free step goes ahead, a blocked one not so far."""
    observations, _ = env.reset(seed=2)
    np.testing.assert_array_equal(observations["pose"], [[0, 0, 1, 0]] * AGENTS)
    observations, *_ = env.step([LEFT] * AGENTS)
    _, _, cos, sin = observations["pose"].T
    np.testing.assert_allclose(cos + 1j * sin, turned(kind.turn), atol=1e-5)
    observations, *_ = env.step([FORWARD] * AGENTS)
    x, y, _, _ = observations["pose"].T
    moved = x + 1j * y
    free = observations["collided"][:, 0] == 0
    np.testing.assert_allclose(moved[free], kind.step * turned(kind.turn), atol=1e-5)
    assert (np.abs(moved) <= kind.step + 1e-5).all()
    np.testing.assert_array_equal(observations["last_action"], np.eye(4)[[FORWARD] * AGENTS])


def test_a_step_ahead_brings_what_is_seen_ahead_a_step_nearer(env: Envs, kind: Kind) -> None:
    """In the middle of the image, where the way is free and the wall nearer than 10 m."""
    differences, middle = list[float](), (slice(None), PIXELS // 2, PIXELS // 2, 0)
    for seed in range(0, 10 * AGENTS, AGENTS):
        before, _ = env.reset(seed=seed)
        after, *_ = env.step([FORWARD] * AGENTS)
        free = (after["collided"][:, 0] == 0) & (before["depth"][middle] < 9.9)
        nearer = (before["depth"][middle] - after["depth"][middle])[free]
        differences += list(nearer - kind.step)
    assert len(differences) >= 8
    assert np.mean(np.abs(differences) < 5e-3) > 0.8  # a step past an edge shows what is behind


def test_the_ear_towards_the_source_is_louder(env: Envs) -> None:
    """Above 2 kHz, where heads cast shadows, of sources to a side that no wall hides."""
    sections = butter(4, 2000, "highpass", fs=SAMPLE_RATE, output="sos")
    differences = list[float]()  # dB, towards the source
    for seed in range(0, 16 * AGENTS, AGENTS):
        observations, infos = env.reset(seed=seed)
        energy = (sosfilt(sections, observations["audio"], axis=2) ** 2).sum(2)
        side, distance = np.sin(infos["goal_azimuth"]), infos["source_distance"]
        clear = (np.abs(side) > 0.7) & (infos["geodesic_distance"] < 1.5 * distance)
        level = 10 * np.log10(energy[:, 0] / energy[:, 1])
        differences += list((np.sign(side) * level)[clear])
    assert len(differences) >= 4
    assert np.mean(differences) > 1.0
    assert np.mean(np.array(differences) > 0) > 0.8


def test_azimuths_are_positive_to_the_left(env: Envs, kind: Kind) -> None:
    _, before = env.reset(seed=3)
    *_, after = env.step([LEFT] * AGENTS)
    for name in ("goal_azimuth", "path_azimuth"):
        turn = np.exp(1j * (before[name] - after[name]))
        np.testing.assert_allclose(turn, turned(kind.turn), atol=1e-4)


def test_the_same_seed_is_the_same_walk_and_another_is_another(kind: Kind) -> None:
    walks = []
    for seed in (4, 4, 5):
        env = kind.make(2)
        walks.append(play(env, seed))
        env.close()
    first, again, other = walks
    for a, b in zip(first, again, strict=True):
        for key in a[0]:
            np.testing.assert_array_equal(a[0][key], b[0][key])
    assert any((a[0]["rgb"] != b[0]["rgb"]).any() for a, b in zip(first, other, strict=True))


def test_an_agent_meets_what_it_would_meet_alone(kind: Kind) -> None:
    """Environment i of a batch seeded s is that of a batch of one seeded s + i."""
    many, one = kind.make(2), kind.make(1)
    together, alone = many.reset(seed=6)[0], one.reset(seed=7)[0]
    for step in range(LONGEST + 2):
        for key in alone:
            np.testing.assert_allclose(together[key][1], alone[key][0], atol=1e-5)
        action = (1, 1, 2, 1)[step % 4]
        together, alone = many.step([3, action])[0], one.step([action])[0]
    many.close()
    one.close()


def test_an_episode_ends_by_stop_or_after_its_steps_and_the_next_begins_at_once(env: Envs) -> None:
    env.reset(seed=8)
    for step in range(LONGEST):
        actions = [LEFT, STOP if step == 2 else LEFT, LEFT]
        observations, _, terminated, truncated, infos = env.step(actions)
        last = step == LONGEST - 1
        np.testing.assert_array_equal(terminated, [False, step == 2, False])
        np.testing.assert_array_equal(truncated, [last, False, last])
        ended = terminated | truncated
        if ended.any():
            np.testing.assert_array_equal(infos["_final_obs"], ended)
            for i in np.flatnonzero(ended):
                np.testing.assert_array_equal(observations["pose"][i], [0, 0, 1, 0])
                assert not observations["last_action"][i].any()
                assert infos["final_obs"][i]["last_action"].any()
                assert set(infos["final_obs"][i]) == set(observations)
            assert set(METRICS) | set(TRUTH) | {"episode_index"} <= set(infos["final_info"])


def test_rewards_are_progress_less_a_hundredth_and_ten_for_success(env: Envs, kind: Kind) -> None:
    rng = np.random.default_rng(0)
    _, infos = env.reset(seed=9)
    total = np.zeros(AGENTS)
    for step in range(LONGEST):
        before = infos["geodesic_distance"].copy()
        actions = rng.choice([1, 2, 3], AGENTS) if step < LONGEST - 1 else np.zeros(AGENTS, int)
        _, reward, _, _, infos = env.step(actions)
        after = infos.get("final_info", infos)["geodesic_distance"]
        success = (actions == STOP) & (after <= kind.reach + 1e-6)
        np.testing.assert_allclose(reward, before - after - 0.01 + 10.0 * success, atol=1e-6)
        total += reward
    np.testing.assert_allclose(infos["final_info"]["reward"], total, atol=1e-6)


def test_metrics_are_shares_and_a_failure_is_worth_nothing(env: Envs) -> None:
    env.reset(seed=10)
    *_, infos = env.step([STOP] * AGENTS)
    final = infos["final_info"]
    for name in ("success", "spl", "soft_spl", "sna", "sws"):
        assert ((final[name] >= 0) & (final[name] <= 1)).all()
    far = final["success"] == 0
    assert far.any()
    assert not final["spl"][far].any()
    np.testing.assert_array_equal(final["na"], 1)
    np.testing.assert_allclose(final["ndtg"], 1.0)
    np.testing.assert_allclose(final["dtg"], final["geodesic_distance"])


def test_wrappers_of_observations_run_on_it(env: Envs) -> None:
    wrapped = SpectrogramObservation(env)
    met = play(wrapped, seed=11, steps=4)
    assert all(wrapped.observation_space.contains(m[0]) for m in met)
    assert met[-1][0]["spectrogram"].shape == (AGENTS, 65, 26, 2)


@pytest.mark.parametrize("actions", [[0, 0], [0, 0, 9], [0, 0, 0.5]])
def test_actions_that_do_not_exist_are_refused(env: Envs, actions: list[Any]) -> None:
    env.reset(seed=12)
    with pytest.raises(SoundwalkError, match="action"):
        env.step(actions)
