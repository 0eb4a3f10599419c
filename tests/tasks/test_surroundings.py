"""What else an episode holds: who else sounds, how the goal walks, how loud and when it is."""

from __future__ import annotations

import dataclasses
import itertools
import math

import numpy as np
import pytest

from soundwalk.envs.acoustics import AcousticConfig
from soundwalk.envs.acoustics.sounds import Clip, SoundBank
from soundwalk.envs.interface import F32, SoundwalkError
from soundwalk.envs.scenes import generate, shoebox
from soundwalk.envs.simulators.homes import Home
from soundwalk.envs.simulators.options import HearingOptions
from soundwalk.envs.tasks.episodes import Distractor, Episode
from soundwalk.envs.tasks.surroundings import (
    Surroundings,
    episode_seed,
    episode_sounds,
    walked_path,
)

RATE = 8000
NAMES = ("dog", "fan", "piano", "siren")


class Tones:
    """Clips that are sines of as many tenths as their number says; RMS is that over root 2."""

    def read(self, name: str) -> F32:
        loud = (int(name.partition("/")[2]) + 1) / 10
        return (loud * np.sin(2 * np.pi * 500 * np.arange(RATE) / RATE)).astype(np.float32)


@pytest.fixture(scope="module")
def bank() -> SoundBank:
    clips = [Clip(name, f"{name}/{k}", k) for name in NAMES for k in range(3)]
    return SoundBank(clips, Tones(), RATE, whole=True)


@pytest.fixture(scope="module")
def clips(bank: SoundBank) -> dict[str, list[Clip]]:
    return {name: [c for c in bank.all_clips if c.category == name] for name in NAMES}


@pytest.fixture(scope="module")
def furnished() -> Home:
    return Home.from_scene(generate(seed=11, rooms=4), AcousticConfig())


@pytest.fixture(scope="module")
def hall() -> Home:
    """8 m by 6 m without anything in it."""
    return Home.from_scene(shoebox((8.0, 6.0, 3.0)), AcousticConfig())


def walk(home: Home, target: int = 0, clip: str = "dog/1") -> Episode:
    things = home.scene.plan.objects
    source = things[target].position if things else (4.0, 3.0, 1.2)
    goal = home.nav.nearest_free(np.array(source[:2]))
    here = (float(goal[0]), float(goal[1]))
    return Episode(
        "train", 11, (4, 4), (1.0, 1.0, 0.0), target if things else -1, source, here, clip, 40,
        0.0, 3.0, 2.0, False,
    )  # fmt: skip


def test_nothing_asked_for_leaves_the_episode_as_it_is(
    furnished: Home, bank: SoundBank, clips: dict[str, list[Clip]]
) -> None:
    episode = walk(furnished)
    assert Surroundings.of(HearingOptions()).around(episode, furnished, clips, bank) is episode


def test_the_seed_is_that_of_what_one_meets_and_of_nothing_else(furnished: Home) -> None:
    episode = walk(furnished)
    same = dataclasses.replace(episode, split="val", geodesic=9.0, straight=1.0, doors=True)
    assert episode_seed(same) == episode_seed(episode)
    others = [
        dataclasses.replace(episode, home=12),
        dataclasses.replace(episode, start=(1.0, 1.0, 0.1)),
        dataclasses.replace(episode, target=1),
        dataclasses.replace(episode, clip="dog/2"),
        dataclasses.replace(episode, offset=41),
        dataclasses.replace(episode, scene="attic"),
    ]
    assert len({episode_seed(e) for e in [episode, *others]}) == 7


def test_distractors_are_other_objects_with_other_sounds_and_their_own_where_there_are_any(
    furnished: Home, bank: SoundBank, clips: dict[str, list[Clip]]
) -> None:
    objects = furnished.scene.plan.objects
    own = {o.category: [Clip(o.category, f"{o.category}/0", 0)] for o in objects}
    named = SoundBank([c for some in own.values() for c in some], Tones(), RATE, whole=True)
    for target in range(len(objects)):
        category = objects[target].category
        episode = walk(furnished, target, f"{category}/0")
        found = Surroundings(distractors=3).around(episode, furnished, own, named)
        assert dataclasses.replace(found, distractors=()) == episode
        assert len(found.distractors) == min(3, len(own) - 1)
        places = [target, *(d.target for d in found.distractors)]
        assert len(set(places)) == len(places)
        for other in found.distractors:
            assert other.source == objects[other.target].position
            assert other.clip == f"{objects[other.target].category}/0"
            assert 0 <= other.offset < RATE
        sounds = [category, *(d.clip.partition("/")[0] for d in found.distractors)]
        assert len(set(sounds)) == len(sounds)


def test_distractors_end_when_categories_do(
    furnished: Home, bank: SoundBank, clips: dict[str, list[Clip]]
) -> None:
    found = Surroundings(distractors=8).around(walk(furnished), furnished, clips, bank)
    sounds = sorted(d.clip.partition("/")[0] for d in found.distractors)
    assert sounds == ["fan", "piano", "siren"]  # of four, and the goal is a dog
    again = Surroundings(distractors=8).around(walk(furnished), furnished, clips, bank)
    assert again == found
    alone = {"dog": clips["dog"]}
    assert (
        Surroundings(distractors=8).around(walk(furnished), furnished, alone, bank).distractors
        == ()
    )


def test_where_nothing_can_be_seen_distractors_sound_from_free_points_at_the_goals_height(
    hall: Home, bank: SoundBank, clips: dict[str, list[Clip]]
) -> None:
    found = Surroundings(distractors=2).around(walk(hall), hall, clips, bank)
    assert [d.target for d in found.distractors] == [-1, -1]
    points = np.array([d.source for d in found.distractors])
    assert (points[:, 2] == 1.2).all()
    assert (points[:, :2] > 0.15).all()
    assert (points[:, :2] < (7.85, 5.85)).all()


def test_a_walking_goal_keeps_start_target_and_clip_and_passes_under_every_door(
    furnished: Home, bank: SoundBank, clips: dict[str, list[Clip]]
) -> None:
    episode = walk(furnished)
    for height, lowered in ((1.0, 1.0), (2.1, 1.6)):
        placed = dataclasses.replace(episode, source=(*episode.source[:2], height))
        found = Surroundings(moving=0.7, onset=2.0, loop=False).around(
            placed, furnished, clips, bank
        )
        assert found.source == (*episode.goal, lowered)
        assert (found.speed, found.onset, found.loop) == (0.7, 2.0, False)
        assert len(found.waypoints) == 3
        assert furnished.nav.is_free(np.array(found.waypoints)).all()
        kept = ("home", "start", "target", "clip", "offset", "goal", "geodesic")
        assert all(getattr(found, name) == getattr(episode, name) for name in kept)


def test_in_an_empty_hall_the_goal_walks_straight_from_waypoint_to_waypoint(hall: Home) -> None:
    """Legs of 3 m, 2 m and 3 m at 2 m/s: 4 s there, and the same way back."""
    corners = ((4.0, 3.0), (1.0, 3.0), (1.0, 1.0), (4.0, 1.0))
    episode = dataclasses.replace(walk(hall), waypoints=corners[1:], speed=2.0)
    path = walked_path(episode, hall)
    assert path is not None
    assert path.length == pytest.approx(3 + 2 + 3)
    times = np.array([0.0, 1.5, 2.5, 4.0, 5.5, 8.0, 9.0])
    plan = [(4, 3), (1, 3), (1, 1), (4, 1), (1, 1), (4, 3), (2, 3)]
    expected = [(x, y, 1.2) for x, y in plan]
    np.testing.assert_allclose(path.at(times), expected, atol=1e-9)


def test_a_goal_walks_round_walls_as_far_as_feet_would(furnished: Home) -> None:
    rng = np.random.default_rng(3)
    points = [(float(x), float(y)) for x, y in furnished.nav.sample_free(rng, 4)]
    episode = dataclasses.replace(
        walk(furnished), source=(*points[0], 1.1), waypoints=tuple(points[1:]), speed=1.0
    )
    path = walked_path(episode, furnished)
    assert path is not None
    legs = itertools.pairwise(points)
    ways = [float(furnished.nav.field(np.array(b)).distance(np.array(a))) for a, b in legs]
    assert path.length == pytest.approx(sum(ways), rel=0.01)
    assert path.length > math.dist(points[0], points[1])
    assert (path.points[:, 2] == 1.1).all()


def test_a_goal_without_waypoints_or_speed_stays(hall: Home) -> None:
    episode = dataclasses.replace(walk(hall), waypoints=((1.0, 1.0),), speed=0.0)
    assert walked_path(episode, hall) is None
    assert walked_path(walk(hall), hall) is None


@pytest.mark.parametrize("level", [54.0, 74.0, 94.0])
def test_every_clip_has_the_level_asked_for_however_it_was_recorded(
    hall: Home, bank: SoundBank, level: float
) -> None:
    others = tuple(Distractor(-1, (1.0, 1.0, 1.0), f"fan/{k}", 0) for k in range(3))
    episode = dataclasses.replace(walk(hall), distractors=others)
    sounds = episode_sounds(episode, hall, bank, HearingOptions(distractors=3, level=level))
    for sound in sounds:
        pressure = float(np.sqrt(np.mean((sound.gain * sound.dry.astype(np.float64)) ** 2)))
        assert 94 + 20 * math.log10(pressure) == pytest.approx(level, abs=0.05)
    plain = episode_sounds(episode, hall, bank, HearingOptions(distractors=3))
    assert [sound.gain for sound in plain] == [1.0] * 4


def test_the_goal_comes_first_and_all_begin_and_repeat_as_the_episode_says(
    hall: Home, bank: SoundBank
) -> None:
    other = Distractor(-1, (1.0, 2.0, 1.0), "siren/2", 77)
    for loop, offsets in ((True, [40, 77]), (False, [0, 0])):
        episode = dataclasses.replace(
            walk(hall), distractors=(other,), onset=1.5, duration=4.0, loop=loop
        )
        sounds = episode_sounds(episode, hall, bank, HearingOptions(distractors=1))
        assert [sound.offset for sound in sounds] == offsets
        assert [sound.position.tolist() for sound in sounds] == [[4.0, 3.0, 1.2], [1.0, 2.0, 1.0]]
        peaks = [float(np.abs(sound.dry).max()) for sound in sounds]
        np.testing.assert_allclose(peaks, [0.2, 0.3], rtol=1e-3)
        assert {(s.onset, s.duration, s.loop) for s in sounds} == {(1.5, 4.0, loop)}
        facings = [sound.facing for sound in sounds]
        assert facings[0] != facings[1]
        again = episode_sounds(episode, hall, bank, HearingOptions(distractors=1))
        assert [sound.facing for sound in again] == facings


def test_an_episode_that_the_environment_was_not_made_for_is_refused(
    hall: Home, bank: SoundBank
) -> None:
    others = tuple(Distractor(-1, (1.0, 1.0, 1.0), "fan/0", 0) for _ in range(2))
    episode = dataclasses.replace(walk(hall), distractors=others)
    with pytest.raises(
        SoundwalkError, match=r"has 2 distractors: make .* distractors=2 or more, not 1"
    ):
        episode_sounds(episode, hall, bank, HearingOptions(distractors=1))
    moving = dataclasses.replace(walk(hall), waypoints=((1.0, 1.0),), speed=0.5)
    with pytest.raises(SoundwalkError, match=r"moves at 0\.5 m/s: make .* moving=0\.5, not 0"):
        episode_sounds(moving, hall, bank, HearingOptions())
    lost = dataclasses.replace(walk(hall), clip="dgo/1")
    with pytest.raises(SoundwalkError, match="unknown clip 'dgo/1': did you mean 'dog/1'"):
        episode_sounds(lost, hall, bank, HearingOptions())
