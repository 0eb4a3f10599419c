"""AudioGoal on SoundSpaces' data: where one stands, what is heard there, what a walk is worth."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import soundfile
from scipy.signal import fftconvolve, resample_poly

from soundwalk.envs.elsewhere import SoundSpacesVectorEnv
from soundwalk.envs.interface import Action, SoundwalkError
from soundwalk.envs.simulators.soundspaces import MissingDataError
from soundwalk.envs.tasks.habitat_episodes import load_habitat_episodes

from .soundspaces_data import (
    SCENE,
    Written,
    write_episodes,
    write_metadata,
    write_responses,
    write_sound,
    write_views,
)

RATE = 16_000
FORWARD, LEFT, RIGHT, STOP = (
    int(a) for a in (Action.MOVE_FORWARD, Action.TURN_LEFT, Action.TURN_RIGHT, Action.STOP)
)
# Nodes, at (1 + 0.5 (i // 3), 1 + 0.5 (i % 3)):  2 5 8 11
#                                                 1 - 7 10
#                                                 0 3 6  9


@pytest.fixture(scope="module")
def written(tmp_path_factory: pytest.TempPathFactory) -> Written:
    data = write_metadata(tmp_path_factory.mktemp("data"))
    write_responses(data, rate=RATE)
    write_views(data)
    write_sound(data)
    write_episodes(
        data,
        [
            data.episode(0, 11, 0.0),
            data.episode(2, 9, 90.0),
            data.episode(7, 1, 180.0, duration=1, info={"sound": "telephone", "num_action": 9}),
        ],
    )
    return data


@pytest.fixture
def make(written: Written) -> Callable[..., SoundSpacesVectorEnv]:
    def build(**options: Any) -> SoundSpacesVectorEnv:
        options = {"split": "val", "resolution": 33, **options}
        return SoundSpacesVectorEnv(written.root, **options)

    return build


def walk(env: SoundSpacesVectorEnv, *actions: int) -> tuple[list[Any], dict[str, Any]]:
    """All agents take the same actions; what the first observed, and the last infos."""
    seen, infos = [], dict[str, Any]()
    for action in actions:
        observations, _, _, _, infos = env.step(np.full(env.num_envs, action))
        seen.append({key: value[0].copy() for key, value in observations.items()})
    return seen, infos


def test_an_agent_begins_where_its_episode_says(make: Any, written: Written) -> None:
    """Rotations turn counter-clockwise from north, our +y."""
    env = make(num_envs=3)
    env.reset(seed=0)
    for agent, (node, heading) in enumerate(((0, 90.0), (2, 180.0), (7, -90.0))):
        np.testing.assert_allclose(env.simulator.positions[agent], written.places[node], atol=1e-6)
        np.testing.assert_allclose(np.degrees(env.simulator.poses[agent, 2]) % 360, heading % 360)


def test_agents_step_to_the_node_ahead_and_bump_where_there_is_none(
    make: Any, written: Written
) -> None:
    env = make()
    env.reset(seed=0)
    passed = []
    for action in (FORWARD, FORWARD, FORWARD, RIGHT, FORWARD, FORWARD, LEFT, LEFT, FORWARD):
        seen, _ = walk(env, action)
        place = env.simulator.positions[0]
        node = next(n for n, p in written.places.items() if np.allclose(p, place, atol=1e-6))
        passed.append((node, int(seen[0]["collided"][0])))
    assert passed == [
        (1, 0), (2, 0), (2, 1), (2, 0), (5, 0), (8, 0), (8, 0), (8, 0), (5, 0),
    ]  # fmt: skip
    np.testing.assert_allclose(seen[0]["pose"], [1.0, -0.5, 0.0, 1.0], atol=1e-6)


def test_a_step_is_the_sound_until_now_through_the_response_of_this_place(
    make: Any, written: Written
) -> None:
    """Files are named as SoundSpaces' simulator does: azimuth = -rotation modulo 360."""
    env = make(sensors=("audio",), response_seconds=0.1)
    observations, _ = env.reset(seed=0)
    sound, rate = soundfile.read(written.root / "sounds" / "1s_all" / "telephone.wav")
    looped = np.tile(resample_poly(sound, 160, 441), 4)
    assert rate == 44_100
    seen = [observations["audio"][0]]
    seen += [o["audio"] for o in walk(env, FORWARD, RIGHT, FORWARD, LEFT, LEFT)[0]]
    states = [(0, 0), (1, 0), (1, -90), (1, -90), (1, 0), (1, 90)]
    for step, (node, rotation) in enumerate(states):
        azimuth = -rotation % 360
        path = written.folder("binaural_rirs") / str(azimuth) / f"{node}_11.wav"
        response, _ = soundfile.read(path)
        first = 2 * RATE + step * 4000
        past = looped[first - len(response) + 1 : first + 4000]
        expected = np.stack([fftconvolve(past, ear, "valid") for ear in response.T])
        np.testing.assert_allclose(seen[step], expected, atol=2e-5)


def test_steps_of_a_second_hold_a_second_of_sound(make: Any) -> None:
    long, short = make(sensors=("audio",), step_seconds=1.0), make(sensors=("audio",))
    whole = long.reset(seed=0)[0]["audio"][0]
    parts = [short.reset(seed=0)[0]["audio"][0]]
    parts += [short.simulator.hear()[0] for _ in range(3)]
    assert whole.shape == (2, RATE)
    np.testing.assert_allclose(whole, np.concatenate(parts, 1), atol=2e-5)


def test_a_sound_that_is_over_rings_out_and_is_silence_then(make: Any) -> None:
    env = make(num_envs=3, response_seconds=0.1)
    env.reset(seed=0)
    loud = [np.abs(env.step([RIGHT] * 3)[0]["audio"]).max((1, 2)) for _ in range(6)]
    assert [level[2] > 1e-4 for level in loud] == [True, True, True, True, False, False]
    assert all((level[:2] > 1e-4).all() for level in loud)
    assert env.simulator.silent().tolist() == [False, False, True]


def test_a_walk_is_worth_what_soundspaces_says(make: Any) -> None:
    """From node 0 to 11: 5 edges of 0.5 m, here with two more, there and back, and a bump."""
    env = make()
    env.reset(seed=0)
    actions = [FORWARD, FORWARD, RIGHT, FORWARD, LEFT, FORWARD, RIGHT, FORWARD]  # bumps once
    actions += [LEFT, LEFT, FORWARD, RIGHT, RIGHT, FORWARD, FORWARD, STOP]
    rewards = []
    for action in actions:
        _, reward, terminated, _, infos = env.step([action])
        rewards.append(reward[0])
    assert terminated[0]
    metrics = {key: value[0] for key, value in infos["final_info"].items()}
    walked, least = 7 * 0.5, 5 * 0.5
    assert metrics["success"] == 1
    assert metrics["spl"] == pytest.approx(least / walked)
    assert metrics["sna"] == pytest.approx(7 / len(actions))  # 5 steps, a turn, STOP
    assert metrics["na"] == len(actions)
    assert metrics["dtg"] == 0
    assert metrics["soft_spl"] == metrics["spl"]
    assert rewards == pytest.approx(
        np.array([49, 49, -1, 49, -1, -1, -1, 49, -1, -1, -51, -1, -1, 49, 49, 999]) / 100
    )
    assert metrics["reward"] == pytest.approx(sum(rewards))


@pytest.mark.parametrize(("reach", "success"), [(0.0, 0.0), (0.4, 0.0), (0.5, 1.0), (1.0, 1.0)])
def test_beside_the_goal_is_success_only_within_reach(
    make: Any, reach: float, success: float
) -> None:
    env = make(reach=reach)
    env.reset(seed=0)
    _, infos = walk(env, FORWARD, FORWARD, RIGHT, FORWARD, FORWARD, STOP)
    assert infos["final_info"]["success"][0] == success
    assert infos["final_info"]["dtg"][0] == 0.5


@pytest.mark.parametrize("reach", [0.0, 1.0])
def test_the_oracle_succeeds_by_the_shortest_way_in_the_fewest_actions(
    make: Any, reach: float
) -> None:
    env = make(privileged=True, num_envs=3, reach=reach)
    _, infos = env.reset(seed=0)
    ended: dict[int, tuple[float, ...]] = {}
    for _ in range(30):
        _, _, _, _, infos = env.step(infos["oracle_action"])
        for i in np.flatnonzero(infos.get("_final_info", np.zeros(0))):
            final = infos["final_info"]
            found = tuple(float(final[k][i]) for k in ("success", "spl", "sna"))
            ended.setdefault(int(final["episode_index"][i]), found)
    assert {i: f[0] for i, f in ended.items()} == {0: 1.0, 1: 1.0, 2: 1.0}
    if reach == 0.0:
        assert all(f[1] == 1.0 for f in ended.values())
        assert all(f[2] == 1.0 for f in ended.values())


def test_actions_that_an_episode_names_are_those_of_sna(make: Any) -> None:
    """Episode 2 names 9; the oracle needs 7: 4 edges, 2 turns and STOP."""
    env = make(num_envs=3)
    env.reset(seed=0)
    for action in (FORWARD, RIGHT, FORWARD, FORWARD, RIGHT, FORWARD, LEFT, LEFT, LEFT, LEFT, STOP):
        _, _, _, _, infos = env.step([RIGHT, RIGHT, action])
    final = infos["final_info"]
    assert final["success"][2] == 1.0
    assert final["sna"][2] == pytest.approx(9 / 11)
    assert final["sws"][2] == 1.0


def test_truth_is_where_the_goal_is(make: Any) -> None:
    env = make(privileged=True)
    _, infos = env.reset(seed=0)
    assert infos["geodesic_distance"][0] == 2.5
    assert infos["source_distance"][0] == pytest.approx(np.hypot(1.5, 1.0))
    assert infos["goal_azimuth"][0] == pytest.approx(np.arctan2(1.0, 1.5) - np.pi / 2)
    assert infos["path_azimuth"][0] in (0.0, -np.pi / 2)


def test_episodes_are_drawn_from_the_seed_when_shuffled(make: Any) -> None:
    def starts(seed: int) -> list[str]:
        env = make(shuffled=True, sensors=(), max_steps=1)
        env.reset(seed=seed)
        names = []
        for _ in range(12):
            names.append(env.current[0].name)
            env.step([RIGHT])
        return names

    assert starts(5) == starts(5)
    assert set(starts(5)) == {"0", "2", "7"}
    assert starts(5) != starts(6)


# What can be wrong


def test_files_that_are_missing_are_named_when_the_environment_needs_them(
    tmp_path: Path, written: Written
) -> None:
    data = write_metadata(tmp_path)
    with pytest.raises(MissingDataError, match=r"no episodes of split 'val'.*there: none"):
        SoundSpacesVectorEnv(tmp_path, split="val")
    write_episodes(data, [data.episode(0, 11)])
    with pytest.raises(MissingDataError, match="splits that are there: val"):
        SoundSpacesVectorEnv(tmp_path, split="train_telephone")
    with pytest.raises(MissingDataError, match="no cached observations"):
        SoundSpacesVectorEnv(tmp_path, split="val").reset()
    blind = SoundSpacesVectorEnv(tmp_path, split="val", sensors=("audio",))
    with pytest.raises(MissingDataError, match=r"telephone.*1s_all"):
        blind.reset()
    write_sound(data)
    with pytest.raises(MissingDataError, match="484 of 484 impulse responses of 'box_0'"):
        blind.reset()
    deaf = SoundSpacesVectorEnv(tmp_path, split="val", sensors=())
    assert set(deaf.reset()[0]) == {"pose", "collided", "last_action"}


def test_an_episode_that_is_of_no_node_is_named(make: Any, written: Written) -> None:
    path = written.root / "datasets" / "audionav" / "replica" / "v1" / "val" / "val.json.gz"
    first = load_habitat_episodes(path)[0]
    for change, what in (
        ({"goal": (2.2, 1.0, 0.0)}, rf"goal of episode 0 in '{SCENE}', \(2\.20, 1\.00, 0\.00\)"),
        ({"start": (9.0, 1.0, 0.0)}, "start of episode 0"),
        ({"goal": (*first.start[:2], 0.0)}, "measures 0 m"),
        ({"scene": "x/y.glb"}, "unknown scene 'x'"),
    ):
        with pytest.raises(SoundwalkError, match=what):
            make(episodes=[dataclasses.replace(first, **change)]).reset()


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"num_envs": 0}, "num_envs=0"),
        ({"sensors": ("smell",)}, "unknown sensor"),
        ({"reach": -1.0}, "reach=-1"),
        ({"step_seconds": 0.0}, "step_seconds=0"),
        ({"sample_rate": 10}, "sample_rate=10"),
        ({"dataset": "gibson"}, "unknown dataset"),
    ],
)
def test_arguments_without_meaning_are_refused(
    make: Any, options: dict[str, Any], message: str
) -> None:
    with pytest.raises(SoundwalkError, match=message):
        make(**options)
