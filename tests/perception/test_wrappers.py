"""What the wrappers remember, across the ends of episodes."""

from __future__ import annotations

from math import pi
from typing import Any

import gymnasium
import numpy as np
import pytest
from gymnasium import spaces
from gymnasium.vector import AutoresetMode, VectorEnv
from gymnasium.vector.utils import batch_space

from soundwalk.envs.interface import SoundwalkError
from soundwalk.perception.features import (
    CUE_NAMES,
    EGO_NAMES,
    CueHistory,
    SpectrogramObservation,
    SpectrogramWrapper,
    binaural_cues,
    spectrogram,
)

SPACE = spaces.Dict(
    {
        "audio": spaces.Box(-np.inf, np.inf, (2, 4000), np.float32),
        "pose": spaces.Box(-np.inf, np.inf, (4,), np.float32),
        "last_action": spaces.Box(0, 1, (4,), np.float32),
        "collided": spaces.Box(0, 1, (1,), np.float32),
    }
)


class Scripted(VectorEnv[Any, Any, Any]):
    """Environment i ends every `lengths[i]` steps; all it shows is noise, and is kept in `log`."""

    def __init__(self, lengths: list[int], final: str = "dicts") -> None:
        self.num_envs, self.lengths, self.final = len(lengths), np.array(lengths), final
        self.metadata = {"autoreset_mode": AutoresetMode.SAME_STEP}
        self.single_observation_space: Any = SPACE
        self.observation_space = batch_space(SPACE, self.num_envs)
        self.log: list[list[list[dict[str, Any]]]] = [[] for _ in lengths]  # env, episode, step
        self.rng = np.random.default_rng(5)

    def _show(self) -> dict[str, Any]:
        n, rng = self.num_envs, self.rng
        angle = rng.uniform(-pi, pi, n)
        pose = np.stack([*rng.uniform(-2, 2, (2, n)), np.cos(angle), np.sin(angle)], 1)
        return {
            "audio": rng.standard_normal((n, 2, 4000)).astype(np.float32),
            "pose": pose.astype(np.float32),
            "last_action": np.eye(4, dtype=np.float32)[rng.integers(0, 4, n)],
            "collided": rng.integers(0, 2, (n, 1)).astype(np.float32),
        }

    def _note(self, shown: dict[str, Any], index: int, begins: bool) -> None:
        if begins:
            self.log[index].append([])
        self.log[index][-1].append({key: value[index].copy() for key, value in shown.items()})

    def reset(self, *, seed: Any = None, options: Any = None) -> tuple[dict[str, Any], Any]:
        """Begin everywhere."""
        self.age = np.zeros(self.num_envs, int)
        shown = self._show()
        for index in range(self.num_envs):
            self._note(shown, index, begins=True)
        return shown, {}

    def step(self, actions: Any) -> tuple[dict[str, Any], Any, Any, Any, dict[str, Any]]:
        """Noise; ends where the script says."""
        self.age += 1
        shown = self._show()
        for index in range(self.num_envs):
            self._note(shown, index, begins=False)
        ended = self.age == self.lengths
        infos: dict[str, Any] = {}
        if ended.any():
            last = {key: value.copy() for key, value in shown.items()}
            if self.final == "dicts":
                infos["final_obs"] = np.full(self.num_envs, None, object)
                for i in map(int, np.flatnonzero(ended)):
                    infos["final_obs"][i] = {key: value[i] for key, value in last.items()}
            else:
                infos["final_obs"] = {**last, "_audio": ended.copy()}
            first = self._show()
            for i in map(int, np.flatnonzero(ended)):
                self._note(first, i, begins=True)
                for key, value in shown.items():
                    value[i] = first[key][i]
            self.age[ended] = 0
        no = np.zeros(self.num_envs, bool)
        return shown, np.zeros(self.num_envs), ended & (self.lengths % 2 == 0), ended | no, infos


def second(steps: list[dict[str, Any]]) -> Any:
    """The spectrogram of the last second of an episode so far."""
    silence = [np.zeros((2, 4000), np.float32)] * 4
    return spectrogram(np.concatenate([*silence, *(s["audio"] for s in steps)], -1)[:, -16_000:])


@pytest.mark.parametrize("final", ["dicts", "batched"])
def test_the_spectrogram_is_that_of_the_present_episode_and_the_last_one_of_the_ended(
    final: str,
) -> None:
    inner = Scripted([3, 7, 100, 1], final)
    env = SpectrogramObservation(inner)
    observations, _ = env.reset(seed=0)
    assert observations.keys() == {*SPACE, "spectrogram"}
    assert env.observation_space["spectrogram"].shape == (4, 65, 26, 2)  # type: ignore[index]
    ends = 0
    for _ in range(12):
        for i in range(4):
            expected = second(inner.log[i][-1])
            np.testing.assert_allclose(observations["spectrogram"][i], expected, atol=1e-4)
        assert env.single_observation_space.contains({k: v[0] for k, v in observations.items()})
        observations, _, terminated, truncated, infos = env.step(np.zeros(4, int))
        for i in map(int, np.flatnonzero(terminated | truncated)):
            ends += 1
            last = infos["final_obs"]
            last = last["spectrogram"][i] if final == "batched" else last[i]["spectrogram"]
            np.testing.assert_allclose(last, second(inner.log[i][-2]), atol=1e-4)
    assert ends == 4 + 1 + 12


def test_a_reset_starts_from_silence_again() -> None:
    inner = Scripted([9])
    env = SpectrogramObservation(inner)
    env.reset()
    env.step(np.zeros(1, int))
    observations, _ = env.reset()
    expected = second(inner.log[0][-1])
    np.testing.assert_allclose(observations["spectrogram"][0], expected, atol=1e-4)


class Single(gymnasium.Env[Any, Any]):
    """One scripted environment."""

    observation_space = spaces.Dict({"audio": SPACE["audio"]})
    action_space = spaces.Discrete(4)

    def reset(self, *, seed: Any = None, options: Any = None) -> tuple[Any, Any]:
        """Begin."""
        self.steps = [{"audio": np.full((2, 4000), 0.1, np.float32)}]
        return self.steps[-1], {}

    def step(self, action: Any) -> tuple[Any, float, bool, bool, Any]:
        """Three steps, then the end."""
        self.steps.append({"audio": np.full((2, 4000), 0.1 * len(self.steps), np.float32)})
        return self.steps[-1], 1.0, False, len(self.steps) > 3, {}


def test_the_single_wrapper_agrees_with_the_pure_function() -> None:
    env = SpectrogramWrapper(Single())
    for _ in range(2):
        observation, _ = env.reset()
        truncated = False
        while not truncated:
            expected = second(env.unwrapped.steps)  # type: ignore[attr-defined]
            np.testing.assert_allclose(observation["spectrogram"], expected, atol=1e-4)
            assert env.observation_space.contains(observation)
            observation, reward, _, truncated, _ = env.step(0)
            assert reward == 1.0


def expected_cues(steps: list[dict[str, Any]], length: int) -> Any:
    """Cues and ego-motion by complex numbers, one step at a time."""
    result = np.zeros((length, 64))
    here = complex(*steps[-1]["pose"][:2])
    facing = complex(*steps[-1]["pose"][2:])
    for row, step in zip(range(length - 1, -1, -1), reversed(steps), strict=False):
        turn = complex(*step["pose"][2:]) / facing
        way = (complex(*step["pose"][:2]) - here) / facing / 2
        result[row, :54] = binaural_cues(step["audio"][None])[0]
        result[row, 54:58] = turn.real, turn.imag, way.real, way.imag
        result[row, 58:62], result[row, 62:] = step["last_action"], (step["collided"][0], 1)
    return result


def test_cue_history_is_what_was_heard_seen_from_the_present_pose_of_this_episode() -> None:
    inner = Scripted([3, 11, 2])
    env = CueHistory(inner, steps=5)
    observations, _ = env.reset()
    assert observations["cues"].shape == env.observation_space["cues"].shape == (3, 5, 64)  # type: ignore[index]
    for _ in range(14):
        for i in range(3):
            expected = expected_cues(inner.log[i][-1], 5)
            np.testing.assert_allclose(observations["cues"][i], expected, atol=1e-5)
        observations, _, terminated, truncated, infos = env.step(np.zeros(3, int))
        for i in map(int, np.flatnonzero(terminated | truncated)):
            expected = expected_cues(inner.log[i][-2], 5)
            np.testing.assert_allclose(infos["final_obs"][i]["cues"], expected, atol=1e-5)


def test_a_walk_ahead_lies_behind() -> None:
    class Walk(Scripted):
        def _show(self) -> dict[str, Any]:
            self.x = getattr(self, "x", -1.0) + 1.0
            return {**super()._show(), "pose": np.array([[0.0, self.x, 0.0, 1.0]], np.float32)}

    env = CueHistory(Walk([50]), steps=3)
    env.reset()
    env.step(np.ones(1, int))
    cues = env.step(np.ones(1, int))[0]["cues"][0]
    ahead = len(CUE_NAMES) + EGO_NAMES.index("ahead / 2 m")
    np.testing.assert_allclose(cues[:, ahead], [-1.0, -0.5, 0.0], atol=1e-6)
    np.testing.assert_allclose(cues[:, ahead + 1], 0, atol=1e-6)


def test_both_wrappers_stack() -> None:
    env = CueHistory(SpectrogramObservation(Scripted([2, 3])))
    env.reset()
    for _ in range(4):
        observations, _, terminated, truncated, infos = env.step(np.zeros(2, int))
        for i in map(int, np.flatnonzero(terminated | truncated)):
            assert {"spectrogram", "cues"} <= infos["final_obs"][i].keys()
    assert {"spectrogram", "cues", "audio"} <= observations.keys()


def test_environments_that_do_not_fit_are_refused() -> None:
    other = Scripted([1])
    other.metadata = {"autoreset_mode": AutoresetMode.NEXT_STEP}
    with pytest.raises(SoundwalkError, match=r"expected AutoresetMode\.SAME_STEP, because"):
        SpectrogramObservation(other)
    deaf = Scripted([1])
    deaf.single_observation_space = spaces.Dict({"pose": SPACE["pose"]})
    with pytest.raises(SoundwalkError, match="pose lack audio: 'spectrogram' is made of them"):
        SpectrogramObservation(deaf)
    with pytest.raises(SoundwalkError, match="lack audio, last_action, collided: 'cues'"):
        CueHistory(deaf)
    with pytest.raises(SoundwalkError, match="steps=0: expected 1 or more"):
        CueHistory(Scripted([1]), steps=0)
    with pytest.raises(SoundwalkError, match="'reset_mask': environments that reset by themselves"):
        SpectrogramObservation(Scripted([1])).reset(options={"reset_mask": np.array([True])})
