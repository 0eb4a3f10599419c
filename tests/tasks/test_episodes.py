"""Episodes are data: what is written is what is replayed."""

from __future__ import annotations

import dataclasses
import json
from pathlib import Path

import pytest

from soundwalk.envs.interface import SoundwalkError
from soundwalk.envs.tasks.episodes import (
    HOME_SEEDS,
    Distractor,
    Episode,
    home_seeds,
    load_episodes,
    save_episodes,
)

EPISODE = Episode(
    split="val",
    home=1_000_003,
    rooms=(3, 6),
    start=(1.5, 2.25, -0.5),
    target=2,
    source=(4.0, 3.0, 0.8),
    goal=(4.0, 2.5),
    clip="telephone/3",
    offset=1234,
    duration=0.0,
    geodesic=3.5,
    straight=2.5124689052802225,
    doors=True,
)


def test_what_is_saved_is_what_is_loaded(tmp_path: Path) -> None:
    path = tmp_path / "episodes.jsonl"
    save_episodes([EPISODE, EPISODE], path)
    assert load_episodes(path) == [EPISODE, EPISODE]
    assert list(tmp_path.iterdir()) == [path]  # nothing is left aside


def test_surroundings_are_saved_where_there_are_any(tmp_path: Path) -> None:
    path = tmp_path / "episodes.jsonl"
    others = (Distractor(3, (1.0, 2.0, 0.5), "dog/1", 77), Distractor(0, (2, 1, 1), "fan/0", 0))
    crowd = dataclasses.replace(
        EPISODE, distractors=others, waypoints=((1.0, 2.0), (3.5, 1.0)), speed=0.5, onset=1.0,
        loop=False,
    )  # fmt: skip
    save_episodes([crowd, EPISODE], path)
    assert load_episodes(path) == [crowd, EPISODE]
    plain = json.loads(path.read_text().splitlines()[1])
    assert not {"distractors", "waypoints", "speed", "onset", "loop"} & set(plain)


def test_a_distractor_that_is_none_is_named(tmp_path: Path) -> None:
    path = tmp_path / "episodes.jsonl"
    save_episodes([EPISODE], path)
    path.write_text(path.read_text().replace("}\n", ', "distractors": [{"target": 1}]}\n'))
    with pytest.raises(SoundwalkError, match=r":1: a distractor is {'target': 1}: expected"):
        load_episodes(path)


def test_no_home_belongs_to_two_splits() -> None:
    ranges = [home_seeds(split) for split in HOME_SEEDS]
    for i, a in enumerate(ranges):
        for b in ranges[i + 1 :]:
            assert a.stop <= b.start or b.stop <= a.start


def test_an_unknown_split_is_answered_with_the_nearest_name() -> None:
    with pytest.raises(SoundwalkError, match=r"unknown split 'vall': did you mean 'val'"):
        home_seeds("vall")


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "holds no episode"),
        ("{nonsense\n", ":1 is not JSON"),
        ('{"version": 99}\n', "not an episode of version 1"),
        ('{"version": 1, "split": "val"}\n', "are missing or unknown"),
    ],
)
def test_a_file_that_is_not_episodes_is_named(tmp_path: Path, text: str, message: str) -> None:
    path = tmp_path / "episodes.jsonl"
    path.write_text(text)
    with pytest.raises(SoundwalkError, match=message):
        load_episodes(path)


def test_a_missing_file_says_how_to_write_one(tmp_path: Path) -> None:
    with pytest.raises(SoundwalkError, match="soundwalk info --episodes"):
        load_episodes(tmp_path / "none.jsonl")


def test_each_line_is_plain_json_that_names_its_version(tmp_path: Path) -> None:
    path = tmp_path / "episodes.jsonl"
    save_episodes([EPISODE], path)
    row = json.loads(path.read_text())
    assert row["version"] == 1
    assert row["clip"].startswith(EPISODE.category + "/")
