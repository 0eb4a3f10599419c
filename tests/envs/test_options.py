"""Each option of hearing does what it says in the environment, and off it changes nothing."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import gymnasium as gym
import numpy as np
import pytest
from gymnasium.utils.env_checker import check_env
from scipy.signal import fftconvolve

from soundwalk.envs.acoustics import GeometricEngine
from soundwalk.envs.acoustics.sounds import SoundBank
from soundwalk.envs.interface import EMIT, SENSOR_HEIGHT, Action, SoundwalkError
from soundwalk.envs.sb3 import SB3VecEnv
from soundwalk.envs.single import AudioGoalEnv
from soundwalk.envs.tasks.episodes import Episode, load_episodes, save_episodes
from soundwalk.envs.vector import AudioGoalVectorEnv
from soundwalk.perception.features import CueHistory, SpectrogramObservation

SMALL: dict[str, Any] = {"rooms": (1, 2), "homes": 3, "resolution": 16, "sensors": ("audio",)}
WALK = [Action.TURN_LEFT, Action.MOVE_FORWARD, Action.STOP, Action.MOVE_FORWARD]


def rollout(num_envs: int = 2, seed: int = 3, **options: Any) -> tuple[list[Any], list[Any], Any]:
    """Observations, infos and the environments after a reset and some steps."""
    envs = AudioGoalVectorEnv(num_envs, **{**SMALL, **options})
    observations, infos = envs.reset(seed=seed)
    seen, told = [observations], [infos]
    for action in WALK:
        observations, _, _, _, infos = envs.step(np.full(num_envs, int(action)))
        seen.append(observations)
        told.append(infos)
    envs.close()
    return seen, told, envs


def drawn(count: int, **options: Any) -> list[Episode]:
    envs = AudioGoalVectorEnv(1, **{**SMALL, "sensors": (), **options})
    rng = np.random.default_rng(4)
    episodes = [envs.episodes.next(rng, 0, i) for i in range(count)]
    envs.close()
    return episodes


def test_without_options_one_hears_the_clip_through_the_response_of_where_one_stands() -> None:
    """The straightforward way: one engine, one offline convolution."""
    envs = AudioGoalVectorEnv(2, **SMALL)
    observations, infos = envs.reset(seed=8)
    assert infos == {}
    for i, episode in enumerate(envs.current):
        assert episode is not None
        scene = envs.pool.home(int(envs.simulator.slots[i])).scene
        engine = GeometricEngine(scene)
        x, y, heading = episode.start
        rir = engine.rir(episode.source, (x, y, SENSOR_HEIGHT), heading)
        dry = envs.bank.load(envs.bank.clip(episode.clip))
        index = (episode.offset + np.arange(-8_000, 4_000)) % len(dry)
        for ear in range(2):
            truth = fftconvolve(dry[index].astype(float), rir[ear].astype(float))[8_000:12_000]
            error = observations["audio"][i, ear] - truth
            assert np.sum(error**2) < 1e-8 * max(np.sum(truth**2), 1e-6)
    envs.close()


def test_episodes_are_the_same_with_and_without_surroundings() -> None:
    plain = drawn(6)
    assert all(e.distractors == () and e.waypoints == () and e.loop for e in plain)
    for options in ({"distractors": 3}, {"onset": 2.0, "loop": False}, {"moving": 0.5}):
        for before, after in zip(plain, drawn(6, **options), strict=True):
            for name in ("home", "start", "target", "clip", "offset", "goal", "geodesic"):
                assert getattr(before, name) == getattr(after, name)


def test_distractors_are_other_sounds_of_other_categories_at_other_objects() -> None:
    for episode in drawn(12, distractors=3):
        assert len(episode.distractors) == 3
        names = [episode.clip, *(d.clip for d in episode.distractors)]
        assert len({name.partition("/")[0] for name in names}) == 4
        assert len({episode.target, *(d.target for d in episode.distractors)}) == 4


def test_distractors_are_added_to_what_one_hears_and_nothing_else_changes() -> None:
    plain, _, _ = rollout()
    crowd, told, _ = rollout(distractors=2, stems=True)
    for one, many, info in zip(plain, crowd, told, strict=True):
        wet, dry = info["stems"]["wet"], info["stems"]["dry"]
        assert wet.shape == (2, 3, 2, 4_000)
        assert dry.shape == (2, 3, 4_000)
        np.testing.assert_allclose(wet[:, 0], one["audio"], atol=1e-4)
        np.testing.assert_allclose(wet.sum(1), many["audio"], atol=1e-5)


def test_a_file_of_episodes_replays_its_surroundings(tmp_path: Any) -> None:
    options: dict[str, Any] = {"distractors": 2, "moving": 0.7, "snr": 5.0}
    episodes = drawn(3, **options)
    save_episodes(episodes, tmp_path / "crowd.jsonl")
    assert load_episodes(tmp_path / "crowd.jsonl") == episodes
    heard = []
    for listed in (episodes, str(tmp_path / "crowd.jsonl")):
        seen, _, _ = rollout(3, episodes=listed, **options)
        heard.append(np.stack([o["audio"] for o in seen]))
    np.testing.assert_array_equal(heard[0], heard[1])
    with pytest.raises(SoundwalkError, match="distractors=2 or more, not 1"):
        rollout(1, episodes=episodes, distractors=1, moving=0.7)
    with pytest.raises(SoundwalkError, match=r"moving=0.7, not 0"):
        rollout(1, episodes=episodes, distractors=2)


def test_a_goal_that_moves_takes_distance_and_success_with_it() -> None:
    envs = AudioGoalVectorEnv(2, **SMALL, moving=1.0, privileged=True)
    _, infos = envs.reset(seed=1)
    places = [infos["source_position"]]
    total = infos["geodesic_distance"].copy()
    for _ in range(12):
        before = infos["geodesic_distance"]
        _, reward, _, _, infos = envs.step(np.full(2, int(Action.TURN_LEFT)))
        places.append(infos["source_position"])
        np.testing.assert_allclose(reward, before - infos["geodesic_distance"] - 0.01, atol=1e-9)
        for i in range(2):
            nav = envs.pool.home(int(envs.simulator.slots[i])).nav
            field = nav.field(nav.nearest_free(infos["source_position"][i, :2]))
            here = envs.simulator.poses[i, :2]
            assert infos["geodesic_distance"][i] == pytest.approx(field.distance(here), abs=1e-6)
    steps = np.linalg.norm(np.diff(places, axis=0), axis=2)
    assert steps.max() <= 0.25 + 1e-9  # less round corners and where it turns back
    assert np.median(steps) == pytest.approx(0.25)
    assert (infos["geodesic_distance"] != total).all()
    near = infos["geodesic_distance"] <= 1.0
    *_, infos = envs.step(np.full(2, int(Action.STOP)))
    at_end = infos["final_info"]["dtg"] <= 1.0
    np.testing.assert_array_equal(infos["final_info"]["success"] > 0, at_end)
    assert near.shape == (2,)
    envs.close()


@pytest.mark.parametrize(("receiver", "channels"), [("mono", 1), ("ambisonics", 4)])
def test_any_receiver_gives_audio_and_spectrograms_of_its_channels(
    receiver: str, channels: int
) -> None:
    envs = AudioGoalVectorEnv(2, **SMALL, receiver=receiver)
    wrapped = SpectrogramObservation(envs)
    observations, _ = wrapped.reset(seed=0)
    assert observations["audio"].shape == (2, channels, 4_000)
    assert observations["spectrogram"].shape == (2, 65, 26, channels)
    assert wrapped.observation_space.contains(observations)
    with pytest.raises(SoundwalkError, match=f"{channels} channels: 'cues' compares two ears"):
        CueHistory(envs)
    envs.close()


@pytest.fixture
def emitting() -> Iterator[AudioGoalVectorEnv]:
    envs = AudioGoalVectorEnv(2, **SMALL, echolocation="action", echo_cost=0.25)
    yield envs
    envs.close()


def test_emitting_is_a_fifth_action_that_costs_and_is_heard(emitting: AudioGoalVectorEnv) -> None:
    assert emitting.single_action_space == gym.spaces.Discrete(5)
    first, _ = emitting.reset(seed=0)
    assert not first["echo"].any()
    second, reward, terminated, _, _ = emitting.step(np.array([EMIT, Action.TURN_LEFT]))
    assert emitting.observation_space.contains(second)
    np.testing.assert_allclose(reward, [-0.26, -0.01], atol=1e-9)
    assert not terminated.any()
    assert second["echo"][0].any()
    assert not second["echo"][1].any()
    np.testing.assert_array_equal(second["last_action"], np.eye(5)[[EMIT, 2]])
    cues, _ = CueHistory(emitting).reset(seed=0)
    assert cues["cues"].shape == (2, 8, 64)
    with pytest.raises(SoundwalkError, match=r"action 5 does not exist: .* 4 EMIT"):
        emitting.step(np.array([0, 5]))


def test_gymnasium_and_sb3_accept_everything_at_once() -> None:
    options: dict[str, Any] = {
        "distractors": 1, "snr": 10.0, "motor_noise": 50.0, "echolocation": "always",
        "stems": True, "level": 70.0, "doppler": True, "receiver": "mono", "ear_height": 0.6,
        "acoustics": {"temperature": 5.0},
    }  # fmt: skip
    small = {**SMALL, "max_steps": 3}
    env = gym.make("soundwalk:soundwalk/AudioGoal-v0", **small, **options)
    check_env(env.unwrapped, skip_render_check=True)
    _, info = env.reset(seed=1)
    assert info["stems"]["wet"].shape == (2, 1, 4_000)
    assert info["stems"]["dry"].shape == (2, 4_000)
    env.close()
    venv = SB3VecEnv(AudioGoalVectorEnv(2, **small, **options))
    venv.seed(0)
    venv.reset()
    for _ in range(3):
        _, _, dones, infos = venv.step(np.full(2, int(Action.TURN_LEFT)))
    assert dones.all()
    assert infos[0]["TimeLimit.truncated"] is True
    venv.close()


def test_stems_of_an_ended_episode_are_in_its_final_info() -> None:
    env = AudioGoalEnv(**SMALL, stems=True)
    env.reset(seed=2)
    _, _, terminated, _, info = env.step(int(Action.STOP))
    assert terminated
    assert info["stems"]["wet"].shape == (1, 2, 4_000)
    assert "success" in info
    _, following = env.reset()
    assert (following["stems"]["wet"] != info["stems"]["wet"]).any()
    env.close()


def test_a_sound_of_some_level_is_that_much_louder() -> None:
    heard = [rollout(level=level)[0][0]["audio"] for level in (60.0, 80.0)]
    np.testing.assert_allclose(heard[1], 10 * heard[0], rtol=1e-3, atol=1e-5)


def test_directional_sounds_point_where_their_episode_says_and_change_nothing_else() -> None:
    plain, _, before = rollout(distractors=1, privileged=True)
    aimed, _, after = rollout(distractors=1, privileged=True, directivity="cardioid")
    again, _, _ = rollout(distractors=1, privileged=True, directivity="cardioid")
    omni, _, _ = rollout(distractors=1, privileged=True, directivity="omni")
    assert before.current == after.current
    for one, two, three, four in zip(plain, aimed, again, omni, strict=True):
        np.testing.assert_array_equal(two["audio"], three["audio"])
        np.testing.assert_allclose(one["audio"], four["audio"], atol=1e-6)
        assert np.abs(one["audio"] - two["audio"]).max() > 1e-3
    axes = after.pool.acoustics.sources.axis[:4]
    np.testing.assert_allclose(np.linalg.norm(axes, axis=1), 1.0)
    assert len(np.unique(axes.round(6), axis=0)) == 4


def test_a_sound_that_begins_later_is_not_heard_before() -> None:
    seen, _, _ = rollout(onset=0.6)
    assert not seen[0]["audio"].any()
    assert not seen[1]["audio"].any()
    assert any(o["audio"].any() for o in seen[2:])


def test_ears_may_be_at_any_height() -> None:
    low, high = (rollout(ear_height=h)[0][0]["audio"] for h in (0.4, SENSOR_HEIGHT))
    plain = rollout()[0][0]["audio"]
    np.testing.assert_array_equal(high, plain)
    assert (low != plain).any()


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"distracters": 1}, "unknown option 'distracters': did you mean 'distractors'"),
        ({"snr": float("nan")}, "snr=nan"),
        ({"receiver": "binarual"}, "unknown receiver 'binarual'"),
        ({"sounds": SoundBank.synthetic(8_000)}, "8000 samples per second: expected 16000"),
        ({"acoustics": {"temperature": 300}}, "temperature=300"),
        ({"echolocation": "always", "emission": "chirp"}, "emission='chirp'"),
    ],
)
def test_an_option_without_meaning_is_named(options: dict[str, Any], message: str) -> None:
    with pytest.raises(SoundwalkError, match=message):
        AudioGoalVectorEnv(1, **{**SMALL, **options})
