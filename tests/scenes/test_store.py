"""Files: what is loaded is what was saved, and nothing else is taken for a scene."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from soundwalk.envs.interface import SoundwalkError
from soundwalk.envs.scenes import Scene, generate, load, save, shoebox
from soundwalk.envs.scenes.rasterise import rasterised
from soundwalk.envs.scenes.skin import Skin


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


def test_raster_and_skin_come_back_too(tmp_path: Path) -> None:
    home = generate(5, 2)
    rng, faces = np.random.default_rng(0), len(home.triangles)
    skin = Skin(
        rng.integers(0, 256, (faces, 3, 3), np.uint8),
        rng.integers(-1, 2, faces, np.int32),
        rng.random((faces, 3, 2), np.float32),
        (rng.integers(0, 256, (4, 5, 3), np.uint8), rng.integers(0, 256, (2, 2, 3), np.uint8)),
    )
    whole = rasterised(home.plan, home.obstacles)
    fine = np.repeat(np.repeat(whole.floor, 2, 0), 2, 1)
    for free in (whole, replace(whole, air=None, level=1.5), replace(whole, fine=fine)):
        save(replace(home, free=free, skin=skin), tmp_path / "home.npz")
        again = load(tmp_path / "home.npz")
        assert again.free is not None
        assert again.skin is not None
        assert (again.free.cell, again.free.origin, again.free.level) == (
            free.cell, free.origin, free.level,
        )  # fmt: skip
        np.testing.assert_array_equal(again.free.floor, free.floor)
        np.testing.assert_array_equal(again.free.ceiling, free.ceiling)
        assert (again.free.air is None) == (free.air is None)
        assert (again.free.fine is None) == (free.fine is None)
        np.testing.assert_array_equal(again.free.surfaces()[0], free.surfaces()[0])
        for name in ("colours", "image", "uv"):
            np.testing.assert_array_equal(getattr(again.skin, name), getattr(skin, name))
        for found, expected in zip(again.skin.images, skin.images, strict=True):
            np.testing.assert_array_equal(found, expected)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"free": {"cell": 0.05, "origin": [0.0], "level": 0.0}}, "damaged"),
        ({"free": {"cell": -1, "origin": [0.0, 0.0], "level": 0.0}}, "positive number of metres"),
        ({"skin": {"images": 3}}, "incomplete"),
    ],
)
def test_a_raster_or_skin_that_is_incomplete_is_refused(
    tmp_path: Path, change: dict[str, object], message: str
) -> None:
    path, home = tmp_path / "home.npz", shoebox((4, 3, 2.5))
    save(replace(home, free=rasterised(home.plan, home.obstacles)), path)
    with np.load(path) as archive:
        arrays = dict(archive)
    words = json.loads(str(arrays.pop("words"))) | change
    np.savez(path, words=np.array(json.dumps(words)), **arrays)
    with pytest.raises(SoundwalkError, match=message):
        load(path)


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
        ({"version": 99}, "is a scene of version 99, but this soundwalk reads versions 1 to 3"),
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
