"""What is told of worlds and episodes is what is in their files, counted again here."""

from __future__ import annotations

import json
from collections import Counter
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from soundwalk.envs.interface import SoundwalkError
from soundwalk.training.census import census
from soundwalk.training.clips import open_clips
from soundwalk.training.config import EnvConfig
from soundwalk.training.stages import HabitatFiles
from soundwalk.training.survey import survey


def test_a_census_is_counted_from_the_episodes_it_writes(tmp_path: Path) -> None:
    path = tmp_path / "new" / "episodes.jsonl"
    found = census(EnvConfig(rooms=(1, 2)), split="test", count=6, seed=3, path=path)
    walks = [json.loads(line) for line in path.read_text().splitlines()]
    assert len(walks) == found["episodes"] == 6
    assert found["split"] == "test"
    assert found["homes"] == len({walk["home"] for walk in walks})
    assert found["through_doors"] == round(sum(walk["doors"] for walk in walks) / 6, 3)
    categories = Counter(walk["clip"].split("/")[0] for walk in walks)
    assert found["categories"] == categories
    far = sorted(walk["geodesic"] for walk in walks)
    assert found["geodesic_m"] == {
        "mean": round(sum(far) / 6, 2),
        "p10": round((far[0] + far[1]) / 2, 2),  # of six values: place 0.5
        "median": round((far[2] + far[3]) / 2, 2),
        "p90": round((far[4] + far[5]) / 2, 2),
    }
    ratio = [walk["geodesic"] / walk["straight"] for walk in walks]
    assert found["geodesic_over_straight"]["mean"] == round(float(np.mean(ratio)), 2)
    assert min(ratio) >= 1.0 - 1e-6


def test_a_census_of_nothing_and_a_survey_of_everything_are_refused() -> None:
    with pytest.raises(SoundwalkError, match="-n 0: expected at least 1 episode"):
        census(EnvConfig(), split="val", count=0, seed=0, path=None)
    with pytest.raises(SoundwalkError, match=r"made as they are needed: .*--scene 7"):
        survey(EnvConfig(), split="val")


@pytest.fixture
def stages(tmp_path: Path) -> Path:
    """Files of scenes, and something else beside them."""
    for name in ("b/two.glb", "a.ply", "b/one.GLB", "notes.txt"):
        path = tmp_path / "scenes" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(b"")
    return tmp_path / "scenes"


def test_scenes_of_a_folder_are_known_by_their_paths_below_it_or_as_they_are(stages: Path) -> None:
    found = HabitatFiles(stages, {}, None)
    assert list(found) == ["a.ply", "b/one.GLB", "b/two.glb"]
    assert len(found) == 3
    assert "b/two.glb" in found
    assert str(stages / "a.ply") in found
    assert "two.glb" not in found
    assert found["b/two.glb"] is found[str(stages / "b/two.glb")]
    assert found["a.ply"].path == stages / "a.ply"
    assert found["a.ply"].acoustics is None  # who does not hear needs none
    with pytest.raises(KeyError, match=r"two\.glb"):
        found["two.glb"]


def test_a_file_is_the_scene_of_every_episode_of_its_name(stages: Path) -> None:
    found = HabitatFiles(stages / "a.ply", {}, None)
    assert list(found) == ["a.ply"]
    assert found["elsewhere/v1/a.ply"].path == stages / "a.ply"
    assert "b/two.glb" not in found


def test_a_folder_of_scenes_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(SoundwalkError) as error:
        HabitatFiles(tmp_path / "none", {}, None)
    assert str(error.value) == (
        f"env.world_options.scenes: there is no folder of scenes at {str(tmp_path / 'none')!r}"
    )


class Told:
    """A user's own source, which keeps what it was told."""

    def __init__(self, **options: Any) -> None:
        self.options = options

    def batch(self, index: int, size: int) -> dict[str, Any]:
        return {"number": np.arange(index * size, (index + 1) * size)}


def test_a_users_own_source_is_told_split_sounds_and_seed() -> None:
    data = {"source": f"{__name__}:Told", "colour": "blue"}
    source = open_clips(data, "val", sounds="unheard", seed=7)
    assert isinstance(source, Told)
    expected = {"split": "val", "sounds": "unheard", "seed": 7, "colour": "blue"}
    assert source.options == expected
    assert data["colour"] == "blue"
    assert "source" in data  # a configuration is read, not used up


@pytest.mark.parametrize(
    ("data", "words"),
    [
        ({"folder": "a", "videos": "b"}, "data name folder and videos: give one of them"),
        (
            {"videos": "b", "source": "c:d", "folder": "a"},
            "data name folder and videos and source: give one of them",
        ),
        ({"source": "soundwalk.nowhere:Told"}, "'soundwalk.nowhere:Told' cannot be imported"),
        ({"folder": "/none"}, "'/none' is no recording: it holds no manifest.json"),
        ({"videos": "/none"}, "/none"),
        ({"resolutoin": 64}, "did you mean 'resolution'"),
    ],
)
def test_data_that_are_not_there_are_named(data: dict[str, Any], words: str) -> None:
    with pytest.raises(SoundwalkError) as error:
        open_clips(data, "train")
    assert words in str(error.value)
