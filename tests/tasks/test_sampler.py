"""Sampled episodes: where they begin and end, which homes they visit, and what they depend on."""

from __future__ import annotations

import math
from typing import Any, cast

import numpy as np
import pytest

from soundwalk.envs.acoustics import AcousticConfig
from soundwalk.envs.acoustics.sounds import Clip, SoundBank
from soundwalk.envs.interface import F32, SoundwalkError
from soundwalk.envs.scenes import generate, shoebox
from soundwalk.envs.simulators.homes import Home, HomePool, Key
from soundwalk.envs.tasks.episodes import Episode
from soundwalk.envs.tasks.sampler import SampledEpisodes


class Silence:
    """Reads every clip as a second of nothing."""

    def read(self, name: str) -> F32:
        return np.zeros(8000, np.float32)


class OneHome:
    """Lends the same home under every key, and remembers which were asked for."""

    def __init__(self, home: Home) -> None:
        self._home = home
        self.asked: list[Key] = []
        self.lent = 0

    def acquire(self, *key: Any) -> int:
        self.asked.append(cast(Key, key))
        self.lent += 1
        return 0

    def home(self, slot: int) -> Home:
        return self._home

    def release(self, slot: int) -> None:
        self.lent -= 1


@pytest.fixture(scope="module")
def bank() -> SoundBank:
    return SoundBank.synthetic(8000)


@pytest.fixture(scope="module")
def home() -> Home:
    return Home.from_scene(generate(seed=2, rooms=5), AcousticConfig())


def sampler(home: Home, bank: SoundBank, **options: Any) -> tuple[SampledEpisodes, OneHome]:
    pool = OneHome(home)
    return SampledEpisodes(cast(HomePool, pool), bank, **{"split": "train", **options}), pool


@pytest.fixture(scope="module")
def many(home: Home, bank: SoundBank) -> list[Episode]:
    source, _ = sampler(home, bank)
    rng = np.random.default_rng(0)
    return [source.next(rng, 0, count) for count in range(120)]


def test_start_and_goal_are_free_and_as_far_apart_as_the_episode_says(
    home: Home, many: list[Episode]
) -> None:
    for episode in many[:40]:
        start, goal = np.array(episode.start[:2]), np.array(episode.goal)
        assert home.nav.is_free(np.stack([start, goal])).all()
        there_and_back = float(home.nav.field(start).distance(goal))
        assert episode.geodesic == pytest.approx(there_and_back, rel=1e-6)
        assert episode.geodesic >= 2.0
        assert episode.straight == pytest.approx(math.dist(start, goal))
        assert episode.straight <= episode.geodesic + 1e-9


def test_what_sounds_is_an_object_of_the_home_with_a_clip_of_its_kind(
    home: Home, bank: SoundBank, many: list[Episode]
) -> None:
    objects = home.scene.plan.objects
    heard = {clip.name for clip in bank.clips("train")}
    for episode in many:
        thing = objects[episode.target]
        assert episode.source == thing.position
        assert episode.category == thing.category
        assert episode.clip in heard
        gaps = np.linalg.norm(np.array(episode.goal) - thing.position[:2])
        points = np.array(home.nav.sample_free(np.random.default_rng(1), 200))
        assert gaps <= np.linalg.norm(points - thing.position[:2], axis=1).min() + 1e-9
    kinds = {clip.category for clip in bank.clips("train")}
    sounding = {i for i, thing in enumerate(objects) if thing.category in kinds}
    assert {episode.target for episode in many} == sounding


def test_start_and_goal_lie_in_different_rooms_in_two_thirds_of_all_walks(
    home: Home, many: list[Episode]
) -> None:
    """65 % are asked to; the rest are asked not to, and are asked again where none is far off."""
    for episode in many:
        rooms = [home.scene.plan.room_at(x, y) for x, y in (episode.start[:2], episode.goal)]
        assert episode.doors == (rooms[0] != rooms[1])
    share = np.mean([episode.doors for episode in many])
    assert 0.5 < share < 0.95  # three standard deviations below, and room for who was asked again


def test_an_episode_depends_on_its_own_random_stream_alone(home: Home, bank: SoundBank) -> None:
    one, other = sampler(home, bank)[0], sampler(home, bank)[0]
    streams = [np.random.default_rng(seed) for seed in (5, 6)]
    mixed = [(one.next(streams[0], 0, k), one.next(streams[1], 1, k)) for k in range(4)]
    alone = np.random.default_rng(6)
    assert [pair[1] for pair in mixed] == [other.next(alone, 0, k) for k in range(4)]
    assert mixed[0][0] != mixed[0][1]


def test_homes_come_from_a_window_that_moves_on_with_every_episode(
    home: Home, bank: SoundBank
) -> None:
    source, pool = sampler(home, bank, split="val", homes=4, refresh=0.5, rooms=(2, 3))
    rng = np.random.default_rng(1)
    for count in range(60):
        source.next(rng, 0, count)
    first = 1_000_000 + np.arange(60) // 2  # of the seeds of val
    offsets = np.array([key[0] for key in pool.asked]) - first
    assert set(offsets.tolist()) == {0, 1, 2, 3}
    assert {key[1:] for key in pool.asked} == {((2, 3), "")}
    assert pool.lent == 0
    # what is built ahead is the last home of the next window
    assert [source.upcoming(k) for k in (0, 1, 9)] == [
        [(1_000_000 + last, (2, 3), "")] for last in (3, 4, 8)
    ]
    assert source.index(3, 17) == 17


def test_a_window_at_the_end_of_a_split_goes_on_at_its_start(home: Home, bank: SoundBank) -> None:
    source, _ = sampler(home, bank, split="test", homes=2, refresh=1.0)
    assert source.upcoming(999_997) == [(2_999_999, (3, 6), "")]
    assert source.upcoming(999_998) == [(2_000_000, (3, 6), "")]


def test_in_scenes_the_splits_have_different_walks_of_the_same_stream(
    home: Home, bank: SoundBank
) -> None:
    drawn = []
    for split in ("train", "val", "test"):
        source, pool = sampler(home, bank, split=split, scenes=("loft", "barn"))
        drawn.append([source.next(np.random.default_rng(k), 0, 0) for k in range(8)])
        assert {key[:2] for key in pool.asked} == {(-1, (0, 0))}
        assert {episode.scene for episode in drawn[-1]} == {"loft", "barn"}
        assert source.upcoming(3) == []
    starts = [{episode.start for episode in walks} for walks in drawn]
    assert len(set.union(*starts)) == 24


@pytest.mark.parametrize(("height", "ceiling", "sounds"), [(1.2, 3.0, 1.2), (2.9, 2.5, 2.4)])
def test_where_no_object_can_sound_a_free_point_does_under_the_ceiling(
    bank: SoundBank, height: float, ceiling: float, sounds: float
) -> None:
    hall = Home.from_scene(shoebox((8.0, 6.0, ceiling)), AcousticConfig())
    source, _ = sampler(hall, bank, scenes=("hall",), height=height, duration=3.0)
    episodes = [source.next(np.random.default_rng(k), 0, 0) for k in range(30)]
    for episode in episodes:
        assert episode.target == -1
        assert episode.source[2] == pytest.approx(sounds)
        np.testing.assert_allclose(episode.source[:2], episode.goal)
        assert episode.geodesic == pytest.approx(episode.straight, rel=1e-6)
        assert not episode.doors
        assert episode.duration == 3.0
    assert len({episode.category for episode in episodes}) > 5


def test_scenes_without_a_walk_of_two_metres_are_named(bank: SoundBank) -> None:
    """1.6 m by 1.6 m leave the middle of an agent a square of 1.3 m, 1.84 m across."""
    closet = Home.from_scene(shoebox((1.6, 1.6, 2.5)), AcousticConfig())
    source, pool = sampler(closet, bank, scenes=("closet", "box"))
    with pytest.raises(SoundwalkError, match="no episode can be found in box, closet: a start"):
        source.next(np.random.default_rng(0), 0, 0)
    assert sorted(key[2] for key in pool.asked) == ["box", "closet"]  # each tried once
    assert pool.lent == 0


def test_what_cannot_be_sampled_from_is_refused(home: Home, bank: SoundBank) -> None:
    for options, message in (
        ({"homes": 0}, "homes=0 must be at least 1"),
        ({"height": 0.0}, "source_height=0.0: expected metres above the floor, > 0"),
        ({"height": math.nan}, "source_height=nan: expected metres"),
        ({"split": "dev"}, "unknown split 'dev'"),
        ({"sounds": "unheard"}, "sounds mode 'unheard' in split 'train': expected 'heard'"),
    ):
        with pytest.raises(SoundwalkError, match=message):
            sampler(home, bank, **options)
    with pytest.raises(SoundwalkError, match="no clip for split='train', sounds='heard'"):
        sampler(home, SoundBank([Clip("cat", "cat/0", 0)], Silence(), 8000, whole=False))
