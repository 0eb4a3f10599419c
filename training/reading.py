"""YAML files and --set KEY=VALUE as nested values."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import yaml

from ..envs.interface import SoundwalkError, unknown


def find_yaml(name: str, folder: Path) -> Path:
    """The YAML file of a published name, or of a path.

    Args:
        name: "quick" finds quick.yaml in the folder; what ends in .yaml or is a file is a path.
        folder: where the published ones are.

    Raises:
        SoundwalkError: there is none; the message names those there are.
    """
    if Path(name).suffix in (".yaml", ".yml") or Path(name).is_file():
        if not Path(name).is_file():
            raise SoundwalkError(f"no configuration file at {name!r}")
        return Path(name)
    published = {path.stem: path for path in sorted(folder.glob("*.yaml"))}
    if name not in published:
        raise unknown("config", name, [*published, "or a path to a .yaml file"])
    return published[name]


def read_yaml(path: Path) -> dict[str, Any]:
    """The keys and values of a YAML file.

    Raises:
        SoundwalkError: it is not YAML, or holds something else.
    """
    try:
        values = yaml.safe_load(path.read_text(encoding="utf-8")) or {}
    except (yaml.YAMLError, UnicodeDecodeError) as error:
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
        SoundwalkError: no equals sign, a value that is not YAML, or a key on the way is no section.
    """
    key, equals, _ = text.partition("=")
    if not equals:
        raise SoundwalkError(f"--set {text!r}: expected key=value, e.g. ppo.n_epochs=1")
    value = setting(text)
    *sections, last = key.strip().split(".")
    for section in sections:
        values = values.setdefault(section, {})
        if not isinstance(values, dict):
            raise SoundwalkError(f"--set {text!r}: {section!r} is not a section")
    values[last] = value


def setting(text: str) -> Any:
    """The value of "key=value", which is YAML.

    Raises:
        SoundwalkError: it is not.
    """
    try:
        return yaml.safe_load(text.partition("=")[2])
    except yaml.YAMLError as error:
        words = " ".join(str(error).split())
        raise SoundwalkError(f"--set {text!r}: the value is not YAML: {words}") from None
