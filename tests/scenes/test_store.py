"""Files: what is loaded is what was saved, and nothing else is taken for a scene."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from soundwalk.envs.interface import SoundwalkError
from soundwalk.envs.scenes import Scene, generate, load, save, shoebox


@pytest.mark.parametrize("scene", [generate(5, 4), shoebox((4, 3, 2.5))], ids=lambda s: s.name)
def test_a_loaded_scene_equals_the_saved_one(tmp_path: Path, scene: Scene) -> None:
    save(scene, tmp_path / "home.npz")
    again = load(tmp_path / "home.npz")
    for name in ("triangles", "surface", "instance", "obstacles"):
        expected, found = getattr(scene, name), getattr(again, name)
        assert expected.dtype == found.dtype
        np.testing.assert_array_equal(expected, found)
    assert again.plan == scene.plan
    assert again.surfaces == scene.surfaces
    assert (again.seed, again.name) == (scene.seed, scene.name)


def test_a_file_holds_no_pickle_and_leaves_nothing_beside_it(tmp_path: Path) -> None:
    save(shoebox((4, 3, 2.5)), tmp_path / "home.npz")
    with np.load(tmp_path / "home.npz", allow_pickle=False) as archive:
        assert all(archive[name].dtype != object for name in archive.files)
    assert [path.name for path in tmp_path.iterdir()] == ["home.npz"]


def test_an_interrupted_write_keeps_the_old_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "home.npz"
    save(shoebox((4, 3, 2.5)), path)
    before = path.read_bytes()

    def full_disk(*_: object, **__: object) -> None:
        raise OSError("no space left on device")

    monkeypatch.setattr(np, "savez_compressed", full_disk)
    with pytest.raises(OSError, match="no space left"):
        save(shoebox((5, 3, 2.5)), path)
    assert path.read_bytes() == before
    assert [entry.name for entry in tmp_path.iterdir()] == ["home.npz"]


def test_a_missing_folder_or_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(SoundwalkError, match=r"the folder '.*nowhere' does not exist: create it"):
        save(shoebox((4, 3, 2.5)), tmp_path / "nowhere" / "home.npz")
    with pytest.raises(SoundwalkError, match=r"there is no scene file at '.*home.npz'"):
        load(tmp_path / "home.npz")


def test_what_is_not_a_scene_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "other.npz"
    path.write_text("hello")
    with pytest.raises(SoundwalkError, match="is not a soundwalk scene or is damaged"):
        load(path)
    np.savez(path, a=np.zeros(3))
    with pytest.raises(SoundwalkError, match="is not a soundwalk scene or is damaged"):
        load(path)
    save(shoebox((4, 3, 2.5)), path)
    path.write_bytes(path.read_bytes()[:400])
    with pytest.raises(SoundwalkError, match="is not a soundwalk scene or is damaged"):
        load(path)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"version": 99}, "is a scene of version 99, but this soundwalk reads versions 1 to 2"),
        ({"format": "another"}, "its header is another one"),
        ({"plan": {}}, "its plan is incomplete"),
    ],
)
def test_another_version_or_an_incomplete_plan_is_refused(
    tmp_path: Path, change: dict[str, object], message: str
) -> None:
    path = tmp_path / "home.npz"
    save(shoebox((4, 3, 2.5)), path)
    with np.load(path) as archive:
        arrays = dict(archive)
    words = json.loads(str(arrays.pop("words"))) | change
    np.savez(path, words=np.array(json.dumps(words)), **arrays)
    with pytest.raises(SoundwalkError, match=message):
        load(path)


def test_a_file_from_before_closed_doors_and_transmission_still_loads(tmp_path: Path) -> None:
    path, scene = tmp_path / "home.npz", generate(5, 4)
    save(scene, path)
    with np.load(path) as archive:
        arrays = dict(archive)
    words = json.loads(str(arrays.pop("words"))) | {"version": 1}
    for entry in words["surfaces"]:
        del entry["transmission"]
    for entry in words["plan"]["doors"]:
        del entry["open"], entry["leaf"]
    np.savez(path, words=np.array(json.dumps(words)), **arrays)
    again = load(path)
    assert again.plan == scene.plan
    assert max(again.surfaces[0].transmission) == 0.0
