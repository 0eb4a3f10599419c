"""Files that went wrong: every damage is refused by name, none is read as another home."""

from __future__ import annotations

import json
import pickle
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from soundwalk.envs.interface import SoundwalkError
from soundwalk.envs.scenes import generate, load, save

DAMAGED = "is not a soundwalk scene or is damaged"


@pytest.fixture(scope="module")
def file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path: Path = tmp_path_factory.mktemp("scenes") / "home.npz"
    save(generate(3, 2), path)
    return path


Change = Callable[[dict[str, Any]], object]


def altered(file: Path, folder: Path, change: Change) -> Path:
    """The file with its content (arrays, and the parsed words) changed in place by `change`."""
    with np.load(file) as archive:
        content: dict[str, Any] = dict(archive)
    content["words"] = json.loads(str(content["words"]))
    change(content)
    content["words"] = np.array(json.dumps(content["words"]))
    np.savez(folder / "home.npz", **content)
    return folder / "home.npz"


def test_a_file_cut_short_anywhere_is_refused(file: Path, tmp_path: Path) -> None:
    whole = file.read_bytes()
    part = tmp_path / "part.npz"
    for share in np.linspace(0, 1, 40, endpoint=False):
        part.write_bytes(whole[: int(share * len(whole))])
        with pytest.raises(SoundwalkError, match=DAMAGED):
            load(part)


def test_one_flipped_bit_is_refused_or_changes_nothing(file: Path, tmp_path: Path) -> None:
    whole, expected = file.read_bytes(), load(file)
    rng = np.random.default_rng(0)
    part = tmp_path / "part.npz"
    refused = 0
    for _ in range(300):
        broken = bytearray(whole)
        broken[int(rng.integers(len(broken)))] ^= 1 << int(rng.integers(8))
        part.write_bytes(broken)
        try:
            scene = load(part)
        except SoundwalkError:
            refused += 1
            continue
        np.testing.assert_array_equal(scene.triangles, expected.triangles)
        np.testing.assert_array_equal(scene.obstacles, expected.obstacles)
        assert scene.plan == expected.plan
    assert refused > 250


def test_another_kind_of_file_is_refused(tmp_path: Path) -> None:
    np.save(tmp_path / "array.npy", np.zeros(3))
    (tmp_path / "empty.npz").write_bytes(b"")
    (tmp_path / "words.npz").write_text('{"format": "soundwalk scene"}')
    (tmp_path / "pickle.npz").write_bytes(pickle.dumps({"format": "soundwalk scene"}))
    for path in tmp_path.iterdir():
        with pytest.raises(SoundwalkError, match=DAMAGED):
            load(path)


class Bomb:
    """Writes a file when it is unpickled."""

    def __init__(self, mark: Path) -> None:
        self.mark = mark

    def __reduce__(self) -> tuple[Any, ...]:
        return (Path.touch, (self.mark,))


@pytest.mark.parametrize("name", ["words", "triangles", "obstacles"])
def test_an_object_array_is_refused_and_never_unpickled(
    file: Path, tmp_path: Path, name: str
) -> None:
    with np.load(file) as archive:
        arrays = dict(archive)
    arrays[name] = np.array([Bomb(tmp_path / "mark")], dtype=object)
    np.savez(tmp_path / "home.npz", **arrays)
    with pytest.raises(SoundwalkError, match=DAMAGED):
        load(tmp_path / "home.npz")
    assert not (tmp_path / "mark").exists()


CHANGES: dict[str, Change] = {
    "no rooms": lambda c: c["words"]["plan"].update(rooms=[]),
    "a room without a height": lambda c: c["words"]["plan"]["rooms"][0].pop("height"),
    "a room of another field": lambda c: c["words"]["plan"]["rooms"][0].update(x=1),
    "a room that is a number": lambda c: c["words"]["plan"].update(rooms=[3]),
    "a plan that is a list": lambda c: c["words"].update(plan=[]),
    "no surfaces": lambda c: c["words"].pop("surfaces"),
    "too few surfaces": lambda c: c["words"].update(surfaces=c["words"]["surfaces"][:1]),
    "a negative surface": lambda c: c["surface"].__setitem__(0, -1),
    "too few instances": lambda c: c.update(instance=c["instance"][1:]),
    "flat triangles": lambda c: c.update(triangles=c["triangles"][:, 0]),
    "narrow obstacles": lambda c: c.update(obstacles=c["obstacles"][:, :3]),
    "no triangles": lambda c: c.pop("triangles"),
}


@pytest.mark.parametrize("name", CHANGES)
def test_a_scene_that_contradicts_itself_is_refused_with_the_name_of_its_file(
    file: Path, tmp_path: Path, name: str
) -> None:
    path = altered(file, tmp_path, CHANGES[name])
    with pytest.raises(SoundwalkError, match=DAMAGED) as caught:
        load(path)
    assert str(path) in str(caught.value)


@pytest.mark.parametrize("version", [0, 4, "1", None, 1.5])
def test_another_version_says_which_and_what_to_do(
    file: Path, tmp_path: Path, version: object
) -> None:
    path = altered(file, tmp_path, lambda c: c["words"].update(version=version))
    with pytest.raises(SoundwalkError, match=r"is a scene of version .* generate it again"):
        load(path)


def test_saving_twice_gives_the_same_home_and_a_loaded_one_can_be_saved_again(
    file: Path, tmp_path: Path
) -> None:
    first = load(file)
    save(first, tmp_path / "again.npz")
    second = load(tmp_path / "again.npz")
    assert second.plan == first.plan == generate(3, 2).plan
    assert second.surfaces == first.surfaces
    np.testing.assert_array_equal(second.triangles, first.triangles)
    assert type(second.plan.rooms[0].surfaces) is tuple
    assert hash(second.plan.objects[0]) == hash(first.plan.objects[0])
