"""What is shown of an episode is what happens in it."""

from __future__ import annotations

import re
from collections.abc import Iterator

import numpy as np
import pytest

from soundwalk.envs.interface import Action, SoundwalkError
from soundwalk.envs.single import AudioGoalEnv
from soundwalk.envs.tasks.picture import VIEW
from soundwalk.envs.vector import AudioGoalVectorEnv

BLUE = np.array([65, 105, 225])  # royalblue, of the path


@pytest.fixture
def env() -> Iterator[AudioGoalEnv]:
    made = AudioGoalEnv(rooms=1, homes=2, resolution=16, render_mode="rgb_array")
    yield made
    made.close()


def _blue(frame: np.ndarray) -> int:
    return int((np.abs(frame.astype(int) - BLUE).sum(2) < 30).sum())


def test_camera_plan_and_spectrogram_stand_side_by_side(env: AudioGoalEnv) -> None:
    env.reset(seed=0)
    frame = env.render()
    assert frame.dtype == np.uint8
    assert frame.shape == (400, 1280, 3)
    thirds = np.split(frame[60:340], [400, 860], axis=1)
    assert all(part.std() > 10 for part in thirds)  # none of them is empty


def test_the_path_grows_as_the_agent_walks_and_begins_anew_with_the_episode(
    env: AudioGoalEnv,
) -> None:
    env.reset(seed=1)
    before = _blue(env.render())
    for _ in range(8):
        env.step(Action.TURN_LEFT)
    for _ in range(8):
        env.step(Action.MOVE_FORWARD)
    walked = _blue(env.render())
    assert walked > before + 20
    env.reset(seed=1)
    assert _blue(env.render()) <= before + 5


def test_the_star_walks_with_the_goal() -> None:
    env = AudioGoalEnv(
        rooms=1, homes=2, resolution=16, render_mode="rgb_array", moving=2.0, sensors=("depth",)
    )
    env.reset(seed=1)
    places = []
    for _ in range(2):
        plan = env.render()[:, 400:880].astype(int)
        red = np.abs(plan - np.array([220, 20, 60])).sum(2) < 30  # crimson
        places.append(np.argwhere(red).mean(0))
        for _ in range(6):
            env.step(Action.TURN_LEFT)
    env.close()
    assert np.linalg.norm(places[1] - places[0]) > 10


def test_the_view_follows_the_agents_eyes() -> None:
    envs = AudioGoalVectorEnv(2, rooms=1, homes=2, resolution=VIEW, render_mode="rgb_array")
    observations, _ = envs.reset(seed=2)
    picture = envs._picture
    np.testing.assert_array_equal(picture.view(1), observations["rgb"][1])
    turned, *_ = envs.step(np.full(2, Action.TURN_RIGHT))
    np.testing.assert_array_equal(picture.view(1), turned["rgb"][1])
    envs.close()


def test_drawing_before_the_first_reset_is_refused(env: AudioGoalEnv) -> None:
    with pytest.raises(SoundwalkError, match="call reset"):
        env.render()


def test_drawing_without_a_render_mode_says_which_to_ask_for() -> None:
    env = AudioGoalEnv(rooms=1, homes=2)
    env.reset(seed=0)
    with pytest.raises(SoundwalkError, match="rgb_array"):
        env.render()
    env.close()


def test_a_window_without_a_display_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("DISPLAY", raising=False)
    monkeypatch.setattr("sys.platform", "linux")
    env = AudioGoalEnv(rooms=1, homes=2, render_mode="human")
    with pytest.raises(SoundwalkError, match=re.escape("needs a display")):
        env.reset(seed=0)
    env.close()


def test_a_display_without_a_windowing_backend_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DISPLAY", ":99")
    monkeypatch.setattr("matplotlib.get_backend", lambda: "agg")
    env = AudioGoalEnv(rooms=1, homes=2, render_mode="human")
    with pytest.raises(SoundwalkError, match="windowing backend"):
        env.reset(seed=0)
    env.close()
