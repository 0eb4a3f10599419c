"""What a wrapper that adds an observation promises: spaces, fresh arrays, and no memory leaks.

The strongest law: whatever a batch shows an agent is what a wrapper of its own would show it on
that episode alone. It covers neighbours, restarts, and the last observation of an episode.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pytest
from gymnasium.spaces import Box, Dict
from gymnasium.vector import AutoresetMode, VectorEnv

from soundwalk.envs.vector import AudioGoalVectorEnv

from .worlds import WRAPPERS, AnyVectorEnv

Observation = dict[str, np.ndarray[Any, Any]]
AGENTS, STEPS, LONGEST = 3, 16, 7
wrappers = pytest.mark.parametrize("key", WRAPPERS)


@pytest.fixture(scope="module")
def env() -> Iterator[AudioGoalVectorEnv]:
    envs = AudioGoalVectorEnv(AGENTS, rooms=(1, 2), homes=3, resolution=32, max_steps=LONGEST)
    yield envs
    envs.close()


class Replay(VectorEnv[Any, Any, Any]):
    """One agent that meets what was recorded."""

    metadata: dict[str, Any] = {"autoreset_mode": AutoresetMode.SAME_STEP}  # noqa: RUF012

    def __init__(self, env: AnyVectorEnv, rows: list[Observation]) -> None:
        self.num_envs = 1
        self.single_observation_space = env.single_observation_space
        self.single_action_space = env.single_action_space
        self.observation_space = env.observation_space
        self.action_space = env.action_space
        self._rows = iter(rows)

    def _next(self) -> Observation:
        return {key: value[None].copy() for key, value in next(self._rows).items()}

    def reset(self, **_: Any) -> tuple[Observation, dict[str, Any]]:
        return self._next(), {}

    def step(self, actions: Any) -> tuple[Observation, Any, Any, Any, dict[str, Any]]:
        return self._next(), np.zeros(1), np.zeros(1, bool), np.zeros(1, bool), {}


@dataclass
class Record:
    """What a wrapped environment showed: all rows, and per agent the episodes as lists of rows."""

    observations: list[Observation] = field(default_factory=list)
    rewards: list[Any] = field(default_factory=list)
    ended: list[list[Observation]] = field(default_factory=list)


def play(env: AnyVectorEnv, seed: int) -> Record:
    """A walk of STEPS; agent 1 stops early now and then, so that episodes end at several times."""
    rng = np.random.default_rng(seed)
    record = Record()
    observations, _ = env.reset(seed=seed)
    record.observations.append(observations)
    running = [[row(observations, i)] for i in range(AGENTS)]
    for step in range(STEPS):
        actions = rng.choice([1, 1, 2, 3], AGENTS)
        actions[1] = 0 if step % 3 == 2 else actions[1]
        observations, reward, terminated, truncated, infos = env.step(actions)
        record.observations.append(observations)
        record.rewards.append(np.asarray(reward).copy())
        for i in range(AGENTS):
            if terminated[i] or truncated[i]:
                record.ended.append([*running[i], infos["final_obs"][i]])
                running[i] = []
            running[i].append(row(observations, i))
    record.ended += running
    return record


def row(observations: Observation, agent: int) -> Observation:
    """A copy of what one agent observes."""
    return {key: value[agent].copy() for key, value in observations.items()}


@wrappers
def test_a_row_of_a_batch_is_what_the_agent_would_see_alone_on_that_episode(
    env: AudioGoalVectorEnv, key: str
) -> None:
    assert isinstance(env.single_observation_space, Dict)
    sensors = set(env.single_observation_space.keys())
    record = play(WRAPPERS[key](env), seed=3)
    assert len(record.ended) >= AGENTS + 6
    assert {len(episode) for episode in record.ended} >= {LONGEST + 1, 4}
    for episode in record.ended:
        raw = [{k: v for k, v in o.items() if k in sensors} for o in episode]
        alone = WRAPPERS[key](Replay(env, raw))
        shown = [alone.reset()[0]]
        shown += [alone.step(np.zeros(1, int))[0] for _ in episode[1:]]
        for mine, batched in zip(shown, episode, strict=True):
            np.testing.assert_allclose(mine[key][0], batched[key], atol=1e-5)


@wrappers
def test_observations_lie_in_the_space_that_is_announced(env: AudioGoalVectorEnv, key: str) -> None:
    wrapped = WRAPPERS[key](env)
    space, single = wrapped.observation_space, wrapped.single_observation_space
    assert isinstance(space, Dict)
    assert isinstance(single, Dict)
    before = env.single_observation_space
    assert isinstance(before, Dict)
    assert set(before) | {key} <= set(single)
    assert key not in set(before)
    added = single[key]
    assert isinstance(added, Box)
    assert space[key].shape == (AGENTS, *added.shape)
    for observations in play(wrapped, seed=4).observations:
        assert space.contains(observations), {k: v.shape for k, v in observations.items()}
        assert np.isfinite(observations[key]).all()
        assert observations[key].dtype == added.dtype


@wrappers
def test_what_was_observed_is_not_overwritten_by_later_steps(
    env: AudioGoalVectorEnv, key: str
) -> None:
    wrapped = WRAPPERS[key](env)
    kept = [wrapped.reset(seed=5)[0][key]]
    copies = [kept[0].copy()]
    for step in range(STEPS):
        observations = wrapped.step(np.full(AGENTS, 1 + step % 3))[0]
        kept.append(observations[key])
        copies.append(observations[key].copy())
    for array, copy in zip(kept, copies, strict=True):
        np.testing.assert_array_equal(array, copy)
    assert any((copies[0] != later).any() for later in copies[1:])


@wrappers
def test_a_wrapper_adds_and_changes_nothing_else(env: AudioGoalVectorEnv, key: str) -> None:
    plain, wrapped = play(env, seed=6), play(WRAPPERS[key](env), seed=6)
    for a, b in zip(plain.observations, wrapped.observations, strict=True):
        for name, value in a.items():
            np.testing.assert_array_equal(value, b[name], err_msg=name)
    np.testing.assert_array_equal(plain.rewards, wrapped.rewards)


@wrappers
def test_the_same_seed_shows_the_same_after_anything_else(
    env: AudioGoalVectorEnv, key: str
) -> None:
    wrapped = WRAPPERS[key](env)
    first = play(wrapped, seed=7)
    play(wrapped, seed=8)
    second = play(wrapped, seed=7)
    for a, b in zip(first.observations, second.observations, strict=True):
        np.testing.assert_array_equal(a[key], b[key])


@pytest.mark.parametrize(
    ("key", "sensor"), [("spectrogram", "audio"), ("cues", "audio"), ("map", "depth")]
)
def test_a_missing_sensor_is_named(key: str, sensor: str) -> None:
    sensors = tuple({"depth", "audio"} - {sensor})
    blind = AudioGoalVectorEnv(1, rooms=1, homes=1, sensors=sensors)
    with pytest.raises(ValueError, match=f"lack {sensor}"):
        WRAPPERS[key](blind)
    blind.close()
