"""YAML files and --set KEY=VALUE as nested values."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import yaml

from ..envs.interface import SoundwalkError


def read_yaml(path: Path) -> dict[str, Any]:
    """The keys and values of a YAML file.

    Raises:
        SoundwalkError: it is not YAML, or holds something else.
    """
    try:
        values = yaml.safe_load(path.read_text(encoding="utf-8")) or {}
    except yaml.YAMLError as error:
        raise SoundwalkError(f"{path} is not YAML: {' '.join(str(error).split())}") from None
    if not isinstance(values, dict):
        raise SoundwalkError(f"{path} holds {values!r}: expected keys and values")
    return values


def override(values: dict[str, Any], text: str) -> None:
    """Set one of nested values from "key.key=value"; the value is YAML.

    >>> values = {"env": {"rooms": 3}}
    >>> override(values, "env.rooms=[1, 2]")
    >>> values
    {'env': {'rooms': [1, 2]}}

    Raises:
        SoundwalkError: no equals sign, or a key on the way is no section.
    """
    key, equals, value = text.partition("=")
    if not equals:
        raise SoundwalkError(f"--set {text!r}: expected key=value, e.g. ppo.n_epochs=1")
    *sections, last = key.strip().split(".")
    for section in sections:
        values = values.setdefault(section, {})
        if not isinstance(values, dict):
            raise SoundwalkError(f"--set {text!r}: {section!r} is not a section")
    values[last] = yaml.safe_load(value)
