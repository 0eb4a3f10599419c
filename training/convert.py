"""Nested values, as YAML has them, into dataclasses whose keys and types are checked."""

from __future__ import annotations

import dataclasses
import types
import typing
from collections.abc import Mapping
from typing import Any, TypeVar, Union

from ..envs.interface import SoundwalkError, unknown

_T = TypeVar("_T")


def build(cls: type[_T], values: Any, where: str) -> _T:
    """An instance of a dataclass from a mapping.

    Args:
        cls: the dataclass.
        values: of some of its fields.
        where: its dotted name for messages, "" at the top.

    Raises:
        SoundwalkError: not a mapping, an unknown key, or a value of the wrong type.
    """
    if not isinstance(values, Mapping):
        raise SoundwalkError(f"config key {where!r} is {values!r}: expected a section")
    hints = typing.get_type_hints(cls)
    arguments = {}
    for key, value in values.items():
        name = f"{where}.{key}" if where else str(key)
        if key not in hints:
            section = f" in {where}" if where else ""
            raise unknown(f"config key{section}", key, hints)
        arguments[key] = _convert(hints[key], value, name)
    return cls(**arguments)


def _convert(hint: Any, value: Any, name: str) -> Any:
    """A YAML value as the type a field declares."""
    if dataclasses.is_dataclass(hint):
        return build(typing.cast(type, hint), value, name)
    choices = (
        typing.get_args(hint) if typing.get_origin(hint) in (Union, types.UnionType) else (hint,)
    )
    for choice in choices:
        matched, converted = _match(choice, value, name)
        if matched:
            return converted
    expected = " or ".join(_name(choice) for choice in choices)
    raise SoundwalkError(f"config key {name!r} is {value!r}: expected {expected}")


def _match(hint: Any, value: Any, name: str) -> tuple[bool, Any]:
    """Whether a value fits one type, and the value as that type."""
    if typing.get_origin(hint) is tuple:
        return _match_tuple(typing.get_args(hint), value, name)
    if hint is float and not isinstance(value, bool):
        try:
            return True, float(value)  # YAML 1.1 reads 1e-4 as text
        except (TypeError, ValueError):
            return False, None
    if hint is types.NoneType:
        return value is None, None
    if typing.get_origin(hint) is dict:
        return isinstance(value, Mapping), value
    return isinstance(value, hint) and not (hint is int and isinstance(value, bool)), value


def _match_tuple(kinds: tuple[Any, ...], value: Any, name: str) -> tuple[bool, Any]:
    if not isinstance(value, list | tuple):
        return False, None
    if kinds[-1] is ...:
        kinds = (kinds[0],) * len(value)
    if len(kinds) != len(value):
        return False, None
    pairs = zip(kinds, value, strict=True)
    return True, tuple(_convert(kind, item, f"{name}[{i}]") for i, (kind, item) in enumerate(pairs))


def _name(hint: Any) -> str:
    names = {int: "a whole number", float: "a number", str: "text", bool: "true or false"}
    if typing.get_origin(hint) is tuple:
        kinds = typing.get_args(hint)
        some = "" if kinds[-1] is ... else f"{len(kinds)} of "
        return f"a list ({some}{_name(kinds[0])})"
    if typing.get_origin(hint) is dict:
        return "keys and values"
    return "nothing" if hint is types.NoneType else names.get(hint, str(hint))


def plain(value: Any) -> Any:
    """Nested values with lists for tuples, as YAML has them."""
    if isinstance(value, dict):
        return {key: plain(item) for key, item in value.items()}
    return [plain(item) for item in value] if isinstance(value, tuple | list) else value
