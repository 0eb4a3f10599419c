"""Values of YAML become what fields declare, or are named with what was expected."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from typing import Any

import pytest
import yaml

from soundwalk.envs.interface import SoundwalkError
from soundwalk.training.convert import build, plain


@dataclass(frozen=True)
class Ear:
    """A section within a section."""

    gain: float = 1.0
    names: tuple[str, ...] = ()


@dataclass(frozen=True)
class Head:
    """A field of every kind that configurations have."""

    width: float = 0.175
    turns: int = 0
    name: str = ""
    open: bool = False
    range: int | tuple[int, int] = 3
    limit: float | None = None
    options: dict[str, Any] = field(default_factory=dict)
    ear: Ear = field(default_factory=Ear)
    boxes: tuple[tuple[float, float], ...] = ()


def read(text: str) -> Head:
    return build(Head, yaml.safe_load(text), "")


def test_yaml_of_every_kind_arrives_as_the_type_of_its_field() -> None:
    found = read(
        """
        width: 1e-4
        turns: 7
        name: "12"
        open: yes
        range: [2, 5]
        limit: .5
        options: {order: 3, deep: {er: [1]}}
        ear: {gain: 2, names: [left, right]}
        boxes: [[0, 1], [2.5, 3]]
        """
    )
    expected = Head(
        1e-4, 7, "12", True, (2, 5), 0.5, {"order": 3, "deep": {"er": [1]}},
        Ear(2.0, ("left", "right")), ((0.0, 1.0), (2.5, 3.0)),
    )  # fmt: skip
    assert found == expected
    assert isinstance(found.ear.gain, float)  # 2 is a whole number in YAML
    assert isinstance(found.boxes[0][0], float)
    assert isinstance(found.width, float)  # YAML 1.1 reads 1e-4 as text


def test_what_is_not_given_keeps_its_default() -> None:
    assert read("{}") == Head()
    assert read("ear: {}") == Head()
    assert read("limit: null") == Head()
    assert read("range: 4").range == 4


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("turns: yes", "config key 'turns' is True: expected a whole number"),
        ("turns: 2.0", "config key 'turns' is 2.0: expected a whole number"),
        ("width: no", "config key 'width' is False: expected a number"),
        ("width: [1]", "config key 'width' is [1]: expected a number"),
        ("width: null", "config key 'width' is None: expected a number"),
        ("open: 1", "config key 'open' is 1: expected true or false"),
        ("name: 12", "config key 'name' is 12: expected text"),
        ("limit: low", "config key 'limit' is 'low': expected a number or nothing"),
        ("options: [a]", "config key 'options' is ['a']: expected keys and values"),
        (
            "range: [1, 2, 3]",
            "config key 'range' is [1, 2, 3]: expected a whole number or a list "
            "(2 of a whole number)",
        ),
        ("ear: 3", "config key 'ear' is 3: expected a section"),
        ("ear: {names: left}", "config key 'ear.names' is 'left': expected a list (text)"),
        ("ear: {names: [left, 2]}", "config key 'ear.names[1]' is 2: expected text"),
        ("boxes: [[0, 1], [2, x]]", "config key 'boxes[1][1]' is 'x': expected a number"),
        ("boxes: [[0]]", "config key 'boxes[0]' is [0]: expected a list (2 of a number)"),
    ],
)
def test_a_value_of_another_type_is_named_by_its_place(text: str, message: str) -> None:
    with pytest.raises(SoundwalkError) as error:
        read(text)
    assert str(error.value) == message


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("wdith: 1", "unknown config key 'wdith': did you mean 'width'"),
        ("ear: {gian: 1}", "unknown config key in ear 'gian': did you mean 'gain'"),
        ("7: 1", "unknown config key '7': Valid: width, turns"),
    ],
)
def test_an_unknown_key_is_answered_with_the_nearest_of_its_section(text: str, words: str) -> None:
    with pytest.raises(SoundwalkError, match=words):
        read(text)


def test_nothing_at_all_is_no_section() -> None:
    with pytest.raises(SoundwalkError, match="config key '' is None: expected a section"):
        build(Head, None, "")


def test_infinity_and_what_is_no_number_keep_their_value() -> None:
    """Whether they have a meaning is for the class to say."""
    assert read("limit: .inf").limit == math.inf
    assert math.isnan(read("width: .nan").width)


def test_plain_values_go_through_yaml_and_back() -> None:
    values = {"a": (1, 2.5, ("x", None)), "b": {"c": ({"d": (True,)},)}}
    expected = {"a": [1, 2.5, ["x", None]], "b": {"c": [{"d": [True]}]}}
    assert yaml.safe_load(yaml.safe_dump(plain(values))) == expected
    assert plain(values) == expected
