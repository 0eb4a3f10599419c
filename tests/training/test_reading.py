"""Files of YAML and --set: what is found, what is set, and how the rest is refused."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from soundwalk.envs.interface import SoundwalkError
from soundwalk.training.looking import home
from soundwalk.training.reading import find_yaml, override, read_yaml


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Two published files, and something else beside them."""
    published = tmp_path / "published"
    published.mkdir()
    for name in ("quick.yaml", "slow.yaml", "notes.txt"):
        (published / name).write_text("{}")
    return published


def test_a_name_is_a_published_file_and_an_ending_makes_a_path(
    folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "mine.yml").write_text("a: 1")
    assert find_yaml("quick", folder) == folder / "quick.yaml"
    assert find_yaml("mine.yml", folder) == Path("mine.yml")
    (tmp_path / "quick").write_text("a: 1")  # a file of the user's goes before a published name
    assert find_yaml("quick", folder) == Path("quick")


def test_what_is_not_there_is_answered_with_what_is(folder: Path) -> None:
    with pytest.raises(SoundwalkError, match=r"no configuration file at 'quick\.yaml'"):
        find_yaml("quick.yaml", folder)
    with pytest.raises(SoundwalkError) as error:
        find_yaml("notes", folder)
    assert "unknown config 'notes'" in str(error.value)
    assert "quick, slow, or a path to a .yaml file" in str(error.value)


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (b"a: [1, 2", r"mine.yaml is not YAML: .*expected ',' or ']'"),
        (b"a: 1\n\tb: 2", "mine.yaml is not YAML: .*cannot start any token"),
        (b"name: caf\xe9", r"mine.yaml is not YAML: 'utf-8' codec can't decode byte 0xe9"),
        (b"- 1\n- 2", r"mine.yaml holds \[1, 2\]: expected keys and values"),
        (b"42", "mine.yaml holds 42: expected keys and values"),
    ],
)
def test_a_file_that_is_no_configuration_is_named_in_one_line(
    tmp_path: Path, data: bytes, words: str
) -> None:
    path = tmp_path / "mine.yaml"
    path.write_bytes(data)
    with pytest.raises(SoundwalkError, match=words) as error:
        read_yaml(path)
    assert "\n" not in str(error.value)


def test_an_empty_file_has_no_keys(tmp_path: Path) -> None:
    path = tmp_path / "empty.yaml"
    path.write_text("# nothing but words\n")
    assert read_yaml(path) == {}


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("a=2", {"a": 2, "b": {"c": 3}}),
        ("b.c=[1, x]", {"a": 1, "b": {"c": [1, "x"]}}),
        ("b.d.e=true", {"a": 1, "b": {"c": 3, "d": {"e": True}}}),
        ("new.deep=1", {"a": 1, "b": {"c": 3}, "new": {"deep": 1}}),
        ("a=x=y", {"a": "x=y", "b": {"c": 3}}),
        (" a =null", {"a": None, "b": {"c": 3}}),
        ("a=", {"a": None, "b": {"c": 3}}),
    ],
)
def test_one_value_is_set_and_all_others_stay(text: str, expected: dict[str, Any]) -> None:
    values: dict[str, Any] = {"a": 1, "b": {"c": 3}}
    override(values, text)
    assert values == expected


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("a", "--set 'a': expected key=value, e.g. ppo.n_epochs=1"),
        ("a.x=1", "--set 'a.x=1': 'a' is not a section"),
        ("b.c.d.e=1", "--set 'b.c.d.e=1': 'c' is not a section"),
        ("b.c=[1, 2", "--set 'b.c=[1, 2': the value is not YAML"),
        ("a={x: 1", "--set 'a={x: 1': the value is not YAML"),
    ],
)
def test_what_cannot_be_set_is_named_and_nothing_is_changed(text: str, words: str) -> None:
    values: dict[str, Any] = {"a": 1, "b": {"c": 3}}
    with pytest.raises(SoundwalkError) as error:
        override(values, text)
    assert str(error.value).startswith(words)
    assert values == {"a": 1, "b": {"c": 3}}


def test_a_setting_of_a_scenes_file_is_read_by_the_same_rule(tmp_path: Path) -> None:
    (tmp_path / "home.glb").write_bytes(b"")
    with pytest.raises(SoundwalkError, match=r"--set 'unit=\[cm': the value is not YAML"):
        home(str(tmp_path / "home.glb"), settings=["unit=[cm"])
