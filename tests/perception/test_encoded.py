"""What frozen encoders make of each step, and what is remembered of sound.

That a row of a batch is what the agent would see alone, at ends of episodes too, is checked for
these wrappers in tests/conformance/test_observation_wrappers.py.
"""

from __future__ import annotations

from typing import Any

import gymnasium as gym
import numpy as np
import pytest
import torch
from gymnasium.vector import AutoresetMode, VectorEnv
from gymnasium.vector.utils import batch_space
from torch import Tensor, nn

from soundwalk.envs.interface import SoundwalkError
from soundwalk.perception.features.encoded import (
    EncodedObservation,
    SoundMemory,
    WaveformMemory,
    silence,
)

BLOCK = 4  # samples of a step: 16 per second


class Counting(VectorEnv[Any, Any, Any]):
    """Each environment hears 1, 2, 3, … times its number; episodes of it last 3, 4, … steps."""

    metadata: dict[str, Any] = {"autoreset_mode": AutoresetMode.SAME_STEP}  # noqa: RUF012

    def __init__(self, num_envs: int = 2) -> None:
        self.num_envs = num_envs
        box = gym.spaces.Box
        spaces: dict[str, gym.Space[Any]] = {
            "audio": box(-np.inf, np.inf, (2, BLOCK), np.float32),
            "rgb": box(0, 255, (5, 5, 3), np.uint8),
        }
        self.single_observation_space = gym.spaces.Dict(spaces)
        self.observation_space = batch_space(self.single_observation_space, num_envs)
        self.single_action_space = gym.spaces.Discrete(4)
        self.action_space = batch_space(self.single_action_space, num_envs)
        self.clock = np.zeros(num_envs, int)

    def _observe(self) -> dict[str, Any]:
        number = (np.arange(self.num_envs) + 1)[:, None, None] * np.ones((1, 2, 1))
        times = self.clock[:, None, None] * BLOCK + np.arange(BLOCK) + 1
        rgb = np.zeros((self.num_envs, 5, 5, 3), np.uint8)
        rgb += (51 * (1 + self.clock % 5))[:, None, None, None].astype(np.uint8)
        return {"audio": (number * times).astype(np.float32), "rgb": rgb}

    def reset(self, **_: Any) -> tuple[dict[str, Any], dict[str, Any]]:
        self.clock[:] = 0
        return self._observe(), {}

    def step(self, actions: Any) -> tuple[Any, Any, Any, Any, dict[str, Any]]:
        self.clock += 1
        done = self.clock >= np.arange(self.num_envs) + 3
        observations, infos = self._observe(), {}
        if done.any():
            final = np.full(self.num_envs, None, object)
            for i in np.flatnonzero(done):
                final[i] = {key: value[i].copy() for key, value in observations.items()}
            infos = {"final_obs": final, "_final_obs": done}
            self.clock[done] = 0
            observations = self._observe()
        return observations, np.zeros(self.num_envs), done, np.zeros(self.num_envs, bool), infos


class Sums(nn.Module):
    """Sum and newest sample of each ear, behind a norm and a dropout; counts its calls."""

    keys = ("audio",)
    dim = 4

    def __init__(self) -> None:
        super().__init__()
        self.norm, self.dropout = nn.BatchNorm1d(4), nn.Dropout(0.5)
        self.calls: list[int] = []

    def forward(self, x: Tensor) -> Tensor:
        assert torch.is_inference_mode_enabled() or not torch.is_grad_enabled()
        self.calls.append(len(x))
        features: Tensor = self.dropout(self.norm(torch.cat([x.sum(2), x[..., -1]], 1)))
        return features


def heard(steps: Any, number: int, length: int = 16) -> np.ndarray[Any, Any]:
    """The last samples after so many steps of an episode, silence before it."""
    ramp = number * np.arange(1, steps * BLOCK + 1.0)
    return np.concatenate([np.zeros(length), ramp])[-length:]


@pytest.mark.parametrize("length", [3, 4, 10, 16, 23])
def test_a_memory_holds_the_last_samples_of_each_stream_and_forgets_where_it_is_told(
    length: int,
) -> None:
    rng = np.random.default_rng(0)
    memory = SoundMemory(3, 2, BLOCK, length)
    whole = [np.zeros((2, length), np.float32) for _ in range(3)]
    for _ in range(40):
        block = rng.standard_normal((3, 2, BLOCK)).astype(np.float32)
        found = memory.push(block).copy()
        whole = [np.concatenate([w, b], 1) for w, b in zip(whole, block, strict=True)]
        np.testing.assert_array_equal(found, np.stack([w[:, -length:] for w in whole]))
        mask = rng.random(3) < 0.2
        first = rng.standard_normal((int(mask.sum()), 2, BLOCK)).astype(np.float32)
        restarted = memory.restart(mask, first)
        for i, new in zip(np.flatnonzero(mask), first, strict=True):
            whole[i] = np.concatenate([np.zeros((2, length), np.float32), new], 1)
        expected = [whole[i][:, -length:] for i in np.flatnonzero(mask)]
        np.testing.assert_array_equal(restarted, np.array(expected).reshape(-1, 2, length))


def test_the_waveform_is_that_of_the_last_second_of_this_episode() -> None:
    env = WaveformMemory(Counting())
    space = env.single_observation_space["waveform"]  # type: ignore[index]
    assert (space.shape, space.dtype) == ((2, 16), np.float16)
    observations, _ = env.reset()
    steps = np.ones(2, int)
    for _ in range(12):
        expected = [heard(s, n) for s, n in zip(steps, (1, 2), strict=True)]
        for ear in (0, 1):
            np.testing.assert_array_equal(observations["waveform"][:, ear], expected)
        observations, _, done, _, infos = env.step(np.zeros(2, int))
        steps += 1
        for i in np.flatnonzero(done):
            final = infos["final_obs"][i]["waveform"]
            np.testing.assert_array_equal(final[0], heard(steps[i], int(i) + 1))
        steps[done] = 1


def test_features_are_those_of_what_is_remembered_and_of_the_last_step_where_episodes_end() -> None:
    env = EncodedObservation(Counting(), {"audio": Sums()}, memory_seconds=0.5)
    observations, _ = env.reset()
    steps = np.ones(2, int)
    gain = 1 / np.sqrt(1 + 1e-5)  # a new norm in evaluation mode
    for _ in range(12):
        for n in (1, 2):
            last = heard(steps[n - 1], n, 8)
            expected = gain * np.array([last.sum(), last.sum(), last[-1], last[-1]])
            np.testing.assert_allclose(observations["encoded_audio"][n - 1], expected, rtol=1e-5)
        observations, _, done, _, infos = env.step(np.zeros(2, int))
        steps += 1
        for i in np.flatnonzero(done):
            last = heard(steps[i], int(i) + 1, 8)
            final = infos["final_obs"][i]["encoded_audio"]
            np.testing.assert_allclose(final[::2], gain * np.array([last.sum(), last[-1]]), 1e-5)
        steps[done] = 1


def test_one_call_encodes_all_environments_and_one_more_those_that_begin() -> None:
    encoder = Sums()
    env = EncodedObservation(Counting(5), {"audio": encoder})
    encoder.calls.clear()
    env.reset()
    assert encoder.calls == [5]
    for _ in range(3):
        env.step(np.zeros(5, int))
    assert encoder.calls == [5, 5, 5, 5, 1]


def test_encoders_are_frozen_and_their_statistics_stay_still() -> None:
    encoder = Sums()
    before = {name: value.clone() for name, value in encoder.state_dict().items()}
    env = EncodedObservation(Counting(), {"audio": encoder})
    env.reset()
    for _ in range(8):
        env.step(np.zeros(2, int))
    assert not encoder.training
    assert not any(p.requires_grad for p in encoder.parameters())
    torch.testing.assert_close(encoder.state_dict(), before, rtol=0, atol=0)


def test_several_encoders_add_several_observations() -> None:
    class Colour(nn.Module):
        keys, dim = ("rgb",), 3

        def forward(self, x: Tensor) -> Tensor:
            return x.mean((1, 2))

    env = EncodedObservation(Counting(), {"audio": Sums(), "rgb": Colour()})
    observations, _ = env.reset()
    assert env.observation_space.contains(observations)
    assert set(observations) == {"audio", "rgb", "encoded_audio", "encoded_rgb"}
    np.testing.assert_allclose(observations["encoded_rgb"], 0.2)
    observations = env.step(np.zeros(2, int))[0]
    np.testing.assert_allclose(observations["encoded_rgb"], 0.4)


def test_silence_is_what_the_encoder_makes_of_nothing() -> None:
    encoder = Sums()
    nn.init.constant_(encoder.norm.bias, 3.0)
    env = EncodedObservation(WaveformMemory(Counting()), {"audio": encoder})
    found = silence(env)
    assert list(found) == ["encoded_audio"]
    np.testing.assert_allclose(found["encoded_audio"], 3.0)
    assert silence(Counting()) == {}


def test_what_cannot_be_encoded_is_named() -> None:
    with pytest.raises(SoundwalkError, match="no 'depth' to encode: the environment observes aud"):
        EncodedObservation(Counting(), {"depth": Sums()})
    with pytest.raises(SoundwalkError, match=r"a Sums that reads audio: expected one .* 'rgb'"):
        EncodedObservation(Counting(), {"rgb": Sums()})
    fast = Sums()
    fast.rate = 16_000  # type: ignore[assignment]
    with pytest.raises(SoundwalkError, match="audio has 16 samples per second: this encoder exp"):
        EncodedObservation(Counting(), {"audio": fast})
    for seconds in (0.0, -1.0, 0.01):
        with pytest.raises(SoundwalkError, match=f"memory_seconds={seconds}: expected"):
            WaveformMemory(Counting(), seconds)
