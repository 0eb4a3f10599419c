"""What was heard adds up to a direction, and the loudest place is remembered."""

from __future__ import annotations

from typing import Any

import gymnasium as gym
import numpy as np
import pytest
from gymnasium.vector import AutoresetMode, VectorEnv

from soundwalk.envs.interface import SAMPLE_RATE, SoundwalkError
from soundwalk.envs.vector import AudioGoalVectorEnv
from soundwalk.perception.features import (
    CUE_NAMES,
    BeliefObservation,
    CueHistory,
    azimuth_to_itd,
)
from soundwalk.perception.features.belief import DIRECTIONS
from soundwalk.perception.features.cues import MAX_LAG

BOX = gym.spaces.Box(-np.inf, np.inf, (1, len(CUE_NAMES) + 10), np.float32)
POSE = gym.spaces.Box(-np.inf, np.inf, (4,), np.float32)


class Turntable(VectorEnv[Any, Any, Any]):
    """One listener that turns at will before a source of known azimuth and level."""

    metadata = {"autoreset_mode": AutoresetMode.SAME_STEP}  # noqa: RUF012

    def __init__(self, azimuth: float) -> None:
        self.num_envs = 1
        self.single_observation_space = gym.spaces.Dict({"cues": BOX, "pose": POSE})
        self.observation_space = gym.vector.utils.batch_space(self.single_observation_space, 1)
        self.azimuth, self.heading, self.level, self.x = azimuth, 0.0, 1.0, 0.0

    def _observe(self) -> dict[str, Any]:
        cues = np.zeros((1, 1, BOX.shape[1]), np.float32)
        lag = float(azimuth_to_itd(np.array(self.azimuth - self.heading))) * SAMPLE_RATE
        lags = np.arange(-MAX_LAG, MAX_LAG + 1)
        cues[0, 0, : len(lags)] = np.exp(-0.5 * (lags - lag) ** 2)
        first = CUE_NAMES.index("left 0")
        cues[0, 0, first : first + 12] = self.level
        pose = [[self.x, 0.0, np.cos(self.heading), np.sin(self.heading)]]
        return {"cues": cues, "pose": np.array(pose, np.float32)}

    def reset(self, **options: Any) -> tuple[Any, dict[str, Any]]:
        return self._observe(), {}

    def step(self, actions: Any) -> tuple[Any, Any, Any, Any, dict[str, Any]]:
        no = np.zeros(1, np.bool_)
        return self._observe(), np.zeros(1), no, no, {}


def _peak(belief: Any, memory: int) -> float:
    """Azimuth of the strongest direction, radians from ahead to the left."""
    directions = belief[0, memory * DIRECTIONS : (memory + 1) * DIRECTIONS]
    return float(2 * np.pi * directions.argmax() / DIRECTIONS)


def _apart(a: float, b: float) -> float:
    return abs((a - b + np.pi) % (2 * np.pi) - np.pi)


@pytest.mark.parametrize("degrees", [-150, -100, -30, 0, 45, 80, 120, 180])
def test_turning_tells_front_from_back(degrees: int) -> None:
    table = Turntable(np.radians(degrees))
    envs = BeliefObservation(table)
    envs.reset()
    for _ in range(8):
        table.heading += np.radians(15)
        observations, *_ = envs.step(np.zeros(1))
    expected = table.azimuth - table.heading
    for memory in (0, 1):
        assert _apart(_peak(observations["belief"], memory), expected) < np.radians(16)


def test_one_step_leaves_front_and_back_alike() -> None:
    envs = BeliefObservation(Turntable(np.radians(40)))
    belief = envs.reset()[0]["belief"][0, :DIRECTIONS]
    front, back = belief[4], belief[14]  # 40 and 140 degrees
    assert front == pytest.approx(back, rel=1e-4)
    assert front > belief[[0, 9, 18, 27]].max()


def test_the_loudest_place_is_remembered_behind_who_walks_on() -> None:
    table = Turntable(0.0)
    envs = BeliefObservation(table)
    envs.reset()
    for x, level in ((1.0, 2.0), (1.0, 2.0), (1.0, 2.0), (2.0, 0.5), (3.0, 0.5)):
        table.x, table.level = x, level
        observations, *_ = envs.step(np.zeros(1))
    level, loudest, fall, ahead, left, age = observations["belief"][0, -6:]
    assert level < loudest
    assert fall == pytest.approx(2 * (loudest - level), abs=1e-5)
    assert (4 * ahead, 4 * left) == pytest.approx((-2.0, 0.0), abs=1e-5)
    assert age == pytest.approx(2 / 40)


def test_in_homes_the_belief_points_towards_the_source_more_often_than_not() -> None:
    envs = BeliefObservation(
        CueHistory(AudioGoalVectorEnv(16, rooms=1, homes=16, sensors=("audio",), privileged=True))
    )
    envs.reset(seed=0)
    for _ in range(24):  # once around
        observations, *_, infos = envs.step(np.full(16, 2))
    envs.close()
    beliefs = observations["belief"][:, DIRECTIONS : 2 * DIRECTIONS]
    peaks = 2 * np.pi * beliefs.argmax(1) / DIRECTIONS
    errors = np.abs((peaks - infos["goal_azimuth"] + np.pi) % (2 * np.pi) - np.pi)
    assert np.median(errors) < np.radians(45)  # 90 by chance


def test_a_belief_needs_cues() -> None:
    deaf = AudioGoalVectorEnv(1, rooms=1, homes=1, sensors=("depth",))
    with pytest.raises(SoundwalkError, match="lack cues"):
        BeliefObservation(deaf)
    deaf.close()
