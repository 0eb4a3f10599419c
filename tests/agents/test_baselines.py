"""Baselines: what they do in a world of one free plane that can be worked out by hand."""

from __future__ import annotations

from math import atan2, cos, hypot, pi, sin
from typing import Any

import numpy as np
import pytest

from soundwalk.agents.baselines import (
    BASELINES,
    DirectionFollower,
    Forward,
    Oracle,
    Random,
    make,
)
from soundwalk.agents.baselines.follower import look
from soundwalk.envs.interface import FORWARD_STEP, TURN_ANGLE, Action, SoundwalkError

EVERYONE = {"collided": np.zeros((3, 1), np.float32)}


def bumps(*flags: float) -> dict[str, Any]:
    return {"collided": np.array(flags, np.float32)[:, None]}


class Field:
    """An open field with one hissing source; the ears differ by Woodworth's delay only."""

    def __init__(self, source: tuple[float, float], wall: float = 1e9) -> None:
        self.source, self.wall = source, wall  # nobody passes x = wall
        self.x = self.y = self.heading = 0.0
        self.collided = False
        self.rng = np.random.default_rng(0)

    def distance(self) -> float:
        """Metres to the source."""
        return hypot(self.source[0] - self.x, self.source[1] - self.y)

    def observe(self) -> dict[str, Any]:
        """What a batch of one would show."""
        bearing = atan2(self.source[1] - self.y, self.source[0] - self.x) - self.heading
        lateral = np.arcsin(np.clip(sin(bearing), -1, 1))
        lag = 0.0875 / 343 * (lateral + sin(lateral)) * 16_000  # Woodworth: left leads
        spectrum = np.fft.rfft(self.rng.standard_normal(4000))
        shift = np.exp(-1j * np.pi * np.fft.rfftfreq(4000) * lag)
        ears = [np.fft.irfft(spectrum / shift), np.fft.irfft(spectrum * shift)]
        audio = 0.1 / max(self.distance(), 0.1) * np.stack(ears)
        pose = [self.x, self.y, cos(self.heading), sin(self.heading)]
        return {
            "audio": audio[None].astype(np.float32),
            "pose": np.array([pose], np.float32),
            "collided": np.array([[self.collided]], np.float32),
        }

    def act(self, action: int) -> None:
        """Turn or walk; a wall stops it."""
        self.heading += TURN_ANGLE * ((action == Action.TURN_LEFT) - (action == Action.TURN_RIGHT))
        step = FORWARD_STEP * (action == Action.MOVE_FORWARD)
        x = self.x + step * cos(self.heading)
        self.collided = x > self.wall
        if not self.collided:
            self.x, self.y = x, self.y + step * sin(self.heading)


@pytest.mark.parametrize("bearing", [0, 35, 80, 130, 180, -20, -100, -165])
def test_the_follower_walks_nearly_straight_to_a_source_in_front_or_behind(bearing: int) -> None:
    field = Field((4 * cos(np.radians(bearing)), 4 * sin(np.radians(bearing))))
    agent = DirectionFollower(1, seed=1, loud=0.1)
    action, steps = -1, 0
    while action != Action.STOP and steps < 60:
        action = int(agent.act(field.observe(), {})[0])
        field.act(action)
        steps += 1
    assert action == Action.STOP
    assert field.distance() < 1.3
    assert steps <= 12 + 14 + 12  # half round, 3.5 m, and some more to tell front from back


def test_the_belief_of_the_follower_points_at_the_source() -> None:
    field = Field((0.0, 3.0))
    agent = DirectionFollower(1, loud=9, likely=9)
    for _ in range(8):
        field.act(int(agent.act(field.observe(), {})[0]))
    bearing = atan2(field.source[1] - field.y, field.source[0] - field.x)
    peak = agent.belief[0].argmax() * 2 * pi / 72
    assert abs((peak - bearing + pi) % (2 * pi) - pi) < np.radians(12)


def test_the_follower_turns_away_from_what_it_bumps_into_and_forgets_that_at_a_reset() -> None:
    field = Field((3.0, 0.0), wall=0.6)
    agent = DirectionFollower(1, loud=9, likely=9)
    actions = []
    for _ in range(30):
        actions.append(int(agent.act(field.observe(), {})[0]))
        field.act(actions[-1])
        if field.collided:
            break
    assert field.collided
    for _ in range(2):  # at least two turns to the same side, though the source is straight ahead
        actions.append(int(agent.act(field.observe(), {})[0]))
        field.act(actions[-1])
    assert actions[-1] == actions[-2] != Action.MOVE_FORWARD
    agent.reset(np.array([True]))
    fresh = Field((3.0, 0.0))
    walked = []
    for _ in range(12):
        walked.append(int(agent.act(fresh.observe(), {})[0]))
        fresh.act(walked[-1])
    assert walked[-4:] == [Action.MOVE_FORWARD] * 4


def test_the_follower_stops_when_the_sound_falls_off_again() -> None:
    agent = DirectionFollower(1, loud=9, likely=0.05)
    quiet = Field((0.0, 1.0)).observe()
    for gain, expected in ((1.0, False), (1.0, False), (0.05, True)):
        for _ in range(4):
            action = agent.act({**quiet, "audio": gain * quiet["audio"]}, {})[0]
            if action == Action.STOP:
                break
        assert (action == Action.STOP) == expected


def test_silence_gives_no_direction_and_no_stop() -> None:
    agent = DirectionFollower(1)
    mute = {**Field((1.0, 1.0)).observe(), "audio": np.zeros((1, 2, 4000), np.float32)}
    for _ in range(5):
        assert agent.act(mute, {})[0] != Action.STOP
    assert agent.belief.max() < 1e-3


def test_the_follower_treats_each_environment_by_itself() -> None:
    sources = [(3.0, 1.0), (-2.0, 2.0), (0.5, -4.0)]
    shown = [Field(source).observe() for source in sources]
    batch = {key: np.concatenate([s[key] for s in shown]) for key in shown[0]}
    together = DirectionFollower(3, seed=4)
    for _ in range(3):
        actions = together.act(batch, {})
    alone = DirectionFollower(1, seed=4)
    for _ in range(3):
        first = alone.act(shown[0], {})
    assert actions[0] == first[0]


def test_looking_ahead_sees_a_near_wall_but_not_the_floor() -> None:
    rows = (np.arange(64) + 0.5 - 32) / 32
    floor = np.where(rows > 0, 1.25 / np.maximum(rows, 1e-6), 10.0).clip(0, 10)
    depth = np.repeat(floor[:, None], 64, 1)[None].repeat(3, 0).astype(np.float32)
    depth[1] = np.minimum(depth[1], 0.3)  # a wall
    depth[2, :, :8] = np.minimum(depth[2, :, :8], 0.3)  # something at the left, beside the way
    near, side = look(depth)
    assert near.tolist() == [False, True, False]
    assert side[2] == -1


def test_random_walks_draw_moves_alike_and_seldom_stop() -> None:
    agent = Random(1, seed=3)
    drawn = np.array([agent.act({}, {})[0] for _ in range(8000)])
    share = np.bincount(drawn, minlength=4) / drawn.size
    np.testing.assert_allclose(share, [0.01, 0.33, 0.33, 0.33], atol=0.02)
    assert 0 < share[0] < 0.02


def test_choices_of_chance_depend_on_the_seed_and_not_on_the_batch() -> None:
    for kind in (Random, Forward):
        one, many, other = kind(1, seed=5), kind(3, seed=5), kind(3, seed=6)
        draws = []
        for _ in range(60):
            draws.append((one.act(bumps(1), {})[0], many.act(bumps(1, 1, 1), {})))
            assert draws[-1][0] == draws[-1][1][0]
        again = [other.act(bumps(1, 1, 1), {}) for _ in range(60)]
        assert any(np.any(a != b) for (_, a), b in zip(draws, again, strict=True))


def test_forward_goes_straight_until_it_bumps_and_then_turns_one_way() -> None:
    agent = Forward(2, seed=2, stop_rate=0.0)
    for _ in range(10):
        assert agent.act(bumps(0, 0), {}).tolist() == [Action.MOVE_FORWARD] * 2
    turned = [agent.act(bumps(1, 0), {})]
    while turned[-1][0] != Action.MOVE_FORWARD:
        turned.append(agent.act(bumps(0, 0), {}))
    sides = {int(t[0]) for t in turned[:-1]}
    assert len(sides) == 1
    assert sides <= {Action.TURN_LEFT, Action.TURN_RIGHT}
    assert 2 <= len(turned) - 1 <= 12
    assert all(t[1] == Action.MOVE_FORWARD for t in turned)


def test_forward_forgets_its_turns_where_an_episode_begins() -> None:
    agent = Forward(2, stop_rate=0.0)
    agent.act(bumps(1, 1), {})
    agent.reset(np.array([True, False]))
    actions = agent.act(bumps(0, 0), {})
    assert actions[0] == Action.MOVE_FORWARD
    assert actions[1] != Action.MOVE_FORWARD


def test_the_oracle_does_what_the_simulator_says_and_asks_for_it() -> None:
    oracle = Oracle(3)
    assert oracle.privileged
    assert oracle.act(EVERYONE, {"oracle_action": np.array([1, 0, 2])}).tolist() == [1, 0, 2]
    with pytest.raises(SoundwalkError, match=r"make the environment with privileged=True"):
        oracle.act(EVERYONE, {})


def test_baselines_are_made_by_name_and_a_wrong_name_lists_them() -> None:
    assert list(BASELINES) == ["random", "forward", "direction", "oracle"]
    for name, kind in BASELINES.items():
        assert type(make(name, 2, seed=1)) is kind
    message = "unknown agent 'orcle': did you mean 'oracle'.* Valid: random, forward, direction"
    with pytest.raises(SoundwalkError, match=message):
        make("orcle", 2)
    with pytest.raises(SoundwalkError, match="num_envs=0: expected 1 or more"):
        make("random", 0)
