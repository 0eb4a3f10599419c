"""Scenes by name, from files, folders and lists, and which boxes are one room."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from soundwalk.envs.interface import SoundwalkError
from soundwalk.envs.scenes import generate, joined, save, shoebox
from soundwalk.envs.scenes.chambers import Chambers
from soundwalk.envs.scenes.collection import gather
from soundwalk.envs.scenes.open import open_scene


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Two scenes, and a folder for each of two splits."""
    for name in ("b.npz", "a.npz", "splits/train/c.npz", "splits/val/d.npz"):
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        save(shoebox((4, 3, 2.5)), path)
    (tmp_path / "notes.txt").touch()
    return tmp_path


def test_scenes_are_named_by_their_files(folder: Path) -> None:
    a, b = folder / "a.npz", folder / "b.npz"
    assert gather(a, "val") == {"a.npz": a}
    assert gather(str(a), "train") == {"a.npz": a}
    assert gather([b, str(a)], "test") == {"b.npz": b, "a.npz": a}
    assert list(gather(folder, "val")) == ["a.npz", "b.npz"]


def test_splits_are_told_apart_by_folders_or_by_lists(folder: Path) -> None:
    assert list(gather(folder / "splits", "train")) == ["c.npz"]
    assert list(gather(folder / "splits", "val")) == ["d.npz"]
    two = [folder / "a.npz", folder / "b.npz"]
    lists: dict[str, Any] = {"train": two, "val": folder / "splits"}
    assert list(gather(lists, "train")) == ["a.npz", "b.npz"]
    assert list(gather(lists, "val")) == ["d.npz"]


def test_a_scene_of_ones_own_needs_no_file() -> None:
    scene = generate(3, 1)
    assert gather(scene, "train") == {"home 3": scene}


@pytest.mark.parametrize(
    ("scenes", "split", "message"),
    [
        ("gone.npz", "val", r"no scene file and no folder of scenes at .*gone\.npz"),
        ("splits", "test", "folders for splits, but none for 'test'"),
        ("splits/train/../../empty", "val", r"holds no scene: expected files \.npz"),
        ({"vla": "a.npz"}, "val", "split 'vla': expected some of train, val, test"),
        ({"train": "a.npz"}, "val", "none of the split 'val', only of train"),
        (["a.npz", "splits/../a.npz"], "val", "two scenes are called 'a.npz'"),
        ([], "val", "the list of scenes is empty"),
    ],
)
def test_what_cannot_be_gathered_is_named(
    folder: Path, scenes: Any, split: str, message: str
) -> None:
    (folder / "empty").mkdir()

    def absolute(entry: Any) -> Any:
        if isinstance(entry, str):
            return str(folder / entry)
        return [absolute(one) for one in entry]

    given = (
        {key: absolute(value) for key, value in scenes.items()}
        if isinstance(scenes, dict)
        else absolute(scenes)
    )
    with pytest.raises(SoundwalkError, match=message):
        gather(given, split)


def test_files_open_by_their_ending(folder: Path) -> None:
    assert open_scene(folder / "a.npz").name == shoebox((4, 3, 2.5)).name
    with pytest.raises(SoundwalkError, match=r"ends in '\.txt': expected a scene's file, \.npz"):
        open_scene(folder / "notes.txt")
    with pytest.raises(SoundwalkError, match="there is no scene file"):
        open_scene(folder / "gone.npz")


def test_boxes_that_touch_are_one_room_and_doors_part_rooms() -> None:
    bent = Chambers(joined([(0, 0, 4, 3), (4, 0, 6, 6), (6, 5, 8, 6)]).plan)
    assert bent.of == [0, 0, 0]
    plan = generate(5, 4).plan
    assert Chambers(plan).count == len(plan.rooms)


def test_a_point_beside_all_boxes_belongs_to_the_nearest_room() -> None:
    plan = generate(5, 4).plan
    chambers = Chambers(plan)
    for index, room in enumerate(plan.rooms):
        x0, y0, x1, y1 = room.box
        assert chambers.at(np.array([(x0 + x1) / 2, (y0 + y1) / 2])) == index
    x0, y0, _, _ = plan.bounds
    corner = next(i for i, room in enumerate(plan.rooms) if room.box[:2] == (x0, y0))
    assert chambers.at(np.array([x0 - 1.0, y0 - 1.0])) == corner
