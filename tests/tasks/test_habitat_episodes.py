"""Episode files of habitat-lab and SoundSpaces."""

from __future__ import annotations

import gzip
import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from soundwalk.envs.interface import SoundwalkError
from soundwalk.envs.tasks.habitat_episodes import (
    HabitatEpisode,
    HabitatEpisodes,
    load_habitat_episodes,
)


def row(name: str = "7", **more: Any) -> dict[str, Any]:
    """An episode as habitat-lab's PointNav files have it; it looks along -z, which is north."""
    return {
        "episode_id": name,
        "scene_id": "data/scene_datasets/gibson/Adrian.glb",
        "start_position": [1.0, 0.25, -2.0],
        "start_rotation": [0.0, 0.0, 0.0, 1.0],
        "info": {"geodesic_distance": 4.5, "difficulty": "easy"},
        "goals": [{"position": [3.0, 0.5, 4.0], "radius": None}],
        "shortest_paths": None,
        "start_room": None,
        **more,
    }


def write(path: Path, rows: list[Any]) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    text = json.dumps({"episodes": rows}).encode()
    path.write_bytes(gzip.compress(text) if path.suffix == ".gz" else text)
    return path


@pytest.mark.parametrize("name", ["val.json.gz", "val.json"])
def test_an_episode_is_read_into_our_axes(tmp_path: Path, name: str) -> None:
    (episode,) = load_habitat_episodes(write(tmp_path / name, [row()]))
    assert episode.start == pytest.approx((1.0, 2.0, np.pi / 2))
    assert episode.floor == 0.25
    assert episode.goal == (3.0, -4.0, 0.5)
    assert episode.geodesic == 4.5
    assert (episode.clip, episode.category, episode.duration) == ("", "", 0.0)


@pytest.mark.parametrize("degrees", [0.0, 37.0, 90.0, 180.0, 270.0, 359.0, -45.0])
@pytest.mark.parametrize("sign", [1, -1])
def test_a_rotation_turns_counter_clockwise_from_north_and_its_negative_is_the_same(
    tmp_path: Path, degrees: float, sign: int
) -> None:
    half = np.radians(degrees) / 2
    rotation = [0.0, sign * np.sin(half), 0.0, sign * np.cos(half)]
    path = write(tmp_path / "val.json.gz", [row(start_rotation=rotation)])
    heading = load_habitat_episodes(path)[0].start[2]
    assert np.exp(1j * heading) == pytest.approx(np.exp(1j * np.radians(90 + degrees)))


def test_sounds_are_read_from_both_generations_of_audio_episodes(tmp_path: Path) -> None:
    semantic = row(sound_id="train/chair.wav", offset=3, duration=14, object_category="chair")
    info = {"geodesic_distance": 4.5, "num_action": 12, "sound": "telephone"}
    path = write(tmp_path / "val.json.gz", [row(info=info), semantic])
    first, second = load_habitat_episodes(path)
    assert (first.clip, first.category, first.actions) == ("telephone", "telephone", 12)
    assert (second.clip, second.category) == ("train/chair.wav", "chair")
    assert (second.offset, second.duration) == (3.0, 14.0)


def test_a_split_is_its_own_file_and_those_of_its_scenes_in_order(tmp_path: Path) -> None:
    path = write(tmp_path / "val.json.gz", [row("0")])
    write(tmp_path / "content" / "b.json.gz", [row("2"), row("3")])
    write(tmp_path / "content" / "a.json.gz", [row("1")])
    assert [e.name for e in load_habitat_episodes(path)] == ["0", "1", "2", "3"]


@pytest.mark.parametrize("keep", [0, 10, 40])
def test_a_half_downloaded_file_is_called_damaged(tmp_path: Path, keep: int) -> None:
    path = write(tmp_path / "val.json.gz", [row(str(i)) for i in range(9)])
    path.write_bytes(path.read_bytes()[:keep])
    with pytest.raises(SoundwalkError, match=r"val\.json\.gz' is damaged.*download it again"):
        load_habitat_episodes(path)


def test_a_file_that_is_missing_or_holds_none_is_named(tmp_path: Path) -> None:
    with pytest.raises(SoundwalkError, match=r"no episode file at .*val\.json\.gz"):
        load_habitat_episodes(tmp_path / "val.json.gz")
    with pytest.raises(SoundwalkError, match="holds no episode, nor does 'content' beside it"):
        load_habitat_episodes(write(tmp_path / "val.json.gz", []))
    (tmp_path / "val.json").write_text("[]")
    with pytest.raises(SoundwalkError, match="has no list 'episodes'"):
        load_habitat_episodes(tmp_path / "val.json")


@pytest.mark.parametrize(
    "change",
    [
        {"goals": []},
        {"start_rotation": [0, 0, 1]},
        {"start_position": [0, float("nan"), 1]},
        {"start_position": None},
        {"goals": [{"position": [1, 2]}]},
        {"info": {"geodesic_distance": "far"}},
    ],
)
def test_an_episode_that_cannot_be_read_is_named(tmp_path: Path, change: dict[str, Any]) -> None:
    path = write(tmp_path / "val.json.gz", [row(), row(**change)])
    with pytest.raises(SoundwalkError, match=r"val\.json\.gz, episode 1 cannot be read"):
        load_habitat_episodes(path)


def episodes(count: int) -> list[HabitatEpisode]:
    return [
        HabitatEpisode(str(i), "s", (0.0, 0.0, 0.0), 0.0, (1.0, 0.0, 0.0)) for i in range(count)
    ]


def test_environments_share_a_list_and_start_over() -> None:
    source, rng = HabitatEpisodes(episodes(5), 2), np.random.default_rng(0)
    played = [[source.next(rng, agent, count).name for count in range(4)] for agent in range(2)]
    assert played == [["0", "2", "4", "1"], ["1", "3", "0", "2"]]
    assert source.index(1, 2) == 0


def test_shuffled_episodes_depend_on_the_random_stream_alone() -> None:
    source = HabitatEpisodes(episodes(9), 2, shuffled=True)
    draws = [
        [source.next(rng, agent, 0).name for _ in range(30)]
        for agent, rng in ((0, np.random.default_rng(1)), (1, np.random.default_rng(1)))
    ]
    assert draws[0] == draws[1]
    assert len(set(draws[0])) == 9
    with pytest.raises(SoundwalkError, match="expected at least one"):
        HabitatEpisodes([], 1)
