"""The egocentric map shows walls where they are, wherever the agent turns."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from soundwalk.envs.interface import SoundwalkError
from soundwalk.envs.vector import AudioGoalVectorEnv
from soundwalk.perception.features.egomap import BEHIND, SIZE, SPACING, EgoMap, EgoMapObservation

ACTION = np.array([[0.0, 1.0, 0.0, 0.0]], np.float32)


def _step(
    depth: float, x: float, heading: float, collided: float = 0.0, *, action: Any = ACTION
) -> dict[str, Any]:
    pose = np.array([[x, 0.0, np.cos(heading), np.sin(heading)]], np.float32)
    return {
        "depth": np.full((1, 32, 32, 1), depth, np.float32),
        "pose": pose,
        "collided": np.array([[collided]], np.float32),
        "last_action": action,
    }


def _rows_ahead(cropped: Any) -> Any:
    """Metres ahead of the agent of every blocked cell straight ahead."""
    rows = np.flatnonzero(cropped[0, :, SIZE // 2 - 1 : SIZE // 2 + 1, 0].any(1))
    return (SIZE - BEHIND - 0.5 - rows) * SPACING


def test_a_wall_two_metres_ahead_is_blocked_two_metres_ahead() -> None:
    ahead = _rows_ahead(EgoMap(1).push(_step(2.0, 0.0, 0.0)))
    assert len(ahead) > 0
    assert np.all(np.abs(ahead - 2.0) <= 0.15)


def test_walking_a_metre_brings_the_wall_a_metre_nearer() -> None:
    ego = EgoMap(1)
    ego.push(_step(2.0, 0.0, 0.0))
    ahead = _rows_ahead(ego.push(_step(1.0, 1.0, 0.0)))
    assert np.all(np.abs(ahead - 1.0) <= 0.2)


def test_a_wall_seen_ahead_is_remembered_on_the_right_after_turning_left() -> None:
    ego = EgoMap(1)
    ego.push(_step(2.0, 0.0, 0.0))
    far = _step(9.0, 0.0, np.pi / 2)  # now facing north, seeing nothing near
    cropped = ego.push(far)
    agent_row = SIZE - BEHIND - 1
    columns = np.flatnonzero(cropped[0, agent_row - 1 : agent_row + 2, :, 0].any(0))
    right = (columns - SIZE / 2 + 0.5) * SPACING
    assert len(right) > 0
    assert np.all(np.abs(right - 2.0) <= 0.15)


def test_a_bump_marks_what_the_camera_did_not_see() -> None:
    ego = EgoMap(1)
    assert len(_rows_ahead(ego.push(_step(9.0, 0.0, 0.0)))) == 0
    bumped = _rows_ahead(ego.push(_step(9.0, 0.0, 0.0, collided=1.0)))
    assert len(bumped) > 0
    assert np.all(bumped <= 0.4)


def test_a_forgotten_floor_is_empty() -> None:
    ego = EgoMap(1)
    ego.push(_step(2.0, 0.0, 0.0))
    forgotten = ego.restart(np.ones(1, np.bool_), _step(9.0, 0.0, 0.0))
    assert not forgotten[..., 0].any()
    np.testing.assert_array_equal(ego.push(_step(9.0, 0.0, 0.0)), forgotten)


def test_the_path_walked_is_marked_as_visited() -> None:
    ego = EgoMap(1)
    for x in np.arange(0.0, 1.1, 0.1):
        cropped = ego.push(_step(9.0, float(x), 0.0))
    rows = np.flatnonzero(cropped[0, :, SIZE // 2 - 1 : SIZE // 2 + 1, 2].any(1))
    ahead = (SIZE - BEHIND - 0.5 - rows) * SPACING
    assert ahead.max() <= 0.2
    assert ahead.min() <= -0.9


@pytest.fixture(scope="module")
def envs() -> Any:
    made = EgoMapObservation(
        AudioGoalVectorEnv(3, rooms=(1, 2), homes=3, resolution=32, sensors=("depth",), max_steps=6)
    )
    yield made
    made.close()


def test_in_a_home_free_space_ahead_agrees_with_the_depth_image(envs: Any) -> None:
    observations, _ = envs.reset(seed=0)
    assert envs.observation_space.contains(observations)
    for i in range(3):
        straight = float(observations["depth"][i, 15:17, 15:17, 0].mean())
        ahead = _rows_ahead(observations["map"][i : i + 1])
        if straight < 3.0:
            assert np.abs(ahead - straight).min() <= 0.25


def test_the_map_starts_anew_with_every_episode(envs: Any) -> None:
    envs.reset(seed=1)
    for _ in range(6):
        observations, _, _, truncated, infos = envs.step(np.full(3, 1))
    assert truncated.all()
    for i in range(3):
        last = infos["final_obs"][i]["map"]
        assert last[..., 2].sum() >= observations["map"][i, ..., 2].sum() > 0
    fresh, _ = envs.reset(seed=None)
    assert fresh["map"][..., 2].sum(axis=(1, 2)).max() <= 9


def test_an_environment_without_depth_is_refused() -> None:
    blind = AudioGoalVectorEnv(1, sensors=("audio",), rooms=1, homes=1)
    with pytest.raises(SoundwalkError, match="lack depth"):
        EgoMapObservation(blind)
    blind.close()
