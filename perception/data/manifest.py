"""What a recording says of itself: manifest.json, and what each part of it has written so far.

    FOLDER/manifest.json                        the splits that are complete
    FOLDER/parts/train-00000-of-00004.json      what part 0 of 4 has written
    FOLDER/data/train-00000-of-00016.parquet    samples 0 to per_file - 1

Parts write only their own file, so that they need no lock. Whoever finds all parts of a split
complete adds the split to manifest.json.
"""

from __future__ import annotations

import dataclasses
import json
import os
import re
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from ...envs.interface import SoundwalkError
from .codecs import Column

_VERSION = 1
_MANIFEST = "manifest.json"
_PARTS = "parts"
_AGAIN = "run the same `soundwalk record` again: it writes only what is missing"


@dataclass(frozen=True)
class Recording:
    """A split of a recording.

    Attributes:
        split: its name.
        samples: how many there are in the end.
        batch: samples that the source was asked for at a time.
        per_file: samples of a file.
        rate: of sounds, hertz.
        bits: of FLAC.
        options: of the source.
        keys: how each key is kept.
        files: {name: {"rows", "bytes", "sha256"}} of those that are written.
    """

    split: str
    samples: int
    batch: int
    per_file: int
    rate: int
    bits: int
    options: dict[str, Any] = field(default_factory=dict)
    keys: dict[str, Column] = field(default_factory=dict)
    files: dict[str, dict[str, Any]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        """Check every value.

        Raises:
            SoundwalkError: one has no meaning.
        """
        if not re.fullmatch(r"[a-z][a-z0-9_]*", self.split):
            raise SoundwalkError(
                f"split={self.split!r}: expected a word of small letters, e.g. train"
            )
        for name in ("samples", "batch", "per_file", "rate"):
            if getattr(self, name) < 1:
                raise SoundwalkError(f"{name}={getattr(self, name)}: expected at least 1")
        if self.per_file % self.batch:
            raise SoundwalkError(
                f"per_file={self.per_file}: expected a multiple of batch={self.batch}, so that no "
                "batch is divided between files"
            )

    @property
    def names(self) -> list[str]:
        """Of all its files."""
        total = -(-self.samples // self.per_file)
        return [f"{self.split}-{i:05d}-of-{total:05d}.parquet" for i in range(total)]

    def rows(self, number: int) -> range:
        """Numbers of the samples of a file."""
        return range(number * self.per_file, min(self.samples, (number + 1) * self.per_file))

    def differs(self, other: Recording) -> str | None:
        """What keeps two from being the same recording, in words; None if nothing does."""
        for name in ("samples", "batch", "per_file", "rate", "bits", "options"):
            mine, theirs = getattr(self, name), getattr(other, name)
            if mine != theirs and name == "options":
                key = next(k for k in {**mine, **theirs} if mine.get(k) != theirs.get(k))
                return f"{key}={theirs.get(key)!r} where {mine.get(key)!r} is asked for"
            if mine != theirs:
                return f"{name}={theirs!r} where {mine!r} is asked for"
        for name in self.keys if other.keys else ():
            if self.keys[name] != other.keys.get(name):
                return f"{name} as {other.keys.get(name)} where it is {self.keys[name]} now"
        return None


def data_file(folder: Path, name: str) -> Path:
    """Where a file of samples lies."""
    return folder / "data" / name


def written(folder: Path, split: str) -> list[Recording]:
    """What there is of a split, complete or not: manifest.json's word, then each part's.

    Raises:
        SoundwalkError: a file cannot be read.
    """
    return _found(folder).get(split, [])


def save_part(folder: Path, recording: Recording, shard: tuple[int, int]) -> None:
    """Note what a part has written, aside first.

    Raises:
        OSError: it cannot be written.
    """
    _save(_part_path(folder, recording.split, shard), _values(recording))


def save_manifest(folder: Path) -> list[str]:
    """Write manifest.json with all splits that are complete; returns their names.

    A part that ends at the same moment may have been overlooked here, or may overwrite what was
    written; so look again until what is there is what should be.

    Raises:
        SoundwalkError: a file cannot be read, or parts are of different recordings.
        OSError: it cannot be written.
    """
    path = folder / _MANIFEST
    while True:
        found = {split: _joined(these) for split, these in sorted(_found(folder).items())}
        whole = {split: one for split, one in found.items() if not _missing(one)}
        values = {"version": _VERSION, "splits": {name: _values(r) for name, r in whole.items()}}
        if not whole or (path.is_file() and _load(path) == json.loads(json.dumps(values))):
            return list(whole)
        _save(path, values)


def find_split(folder: Path, split: str | None) -> Recording:
    """A complete split of a folder.

    Args:
        folder: of the recording.
        split: its name; None where there is only one.

    Raises:
        SoundwalkError: there is no recording, no such split, several of them, or it is incomplete.
    """
    found = _found(folder)
    if not found:
        raise SoundwalkError(
            f"{str(folder)!r} is no recording: it holds no {_MANIFEST}; make one with "
            f"`soundwalk record --out {folder}`"
        )
    names = ", ".join(sorted(found))
    if split is None and len(found) > 1:
        raise SoundwalkError(f"{str(folder)!r} holds {names}: say which by split=...")
    split = names if split is None else split
    if split not in found:
        raise SoundwalkError(
            f"{str(folder)!r} holds no split {split!r}, only {names}: record it with "
            f"`soundwalk record --out {folder} --split {split}`"
        )
    whole = _joined(found[split])
    if missing := _missing(whole):
        raise SoundwalkError(
            f"{str(folder)!r}: {split} is incomplete, {len(missing)} of its {len(whole.names)} "
            f"files are missing, {missing[0]} first; {_AGAIN}"
        )
    return whole


def _part_path(folder: Path, split: str, shard: tuple[int, int]) -> Path:
    return folder / _PARTS / f"{split}-{shard[0]:05d}-of-{shard[1]:05d}.json"


def _found(folder: Path) -> dict[str, list[Recording]]:
    """What manifest.json and all parts say, by split."""
    found: dict[str, list[Recording]] = {}
    path = folder / _MANIFEST
    if path.is_file():
        for split, values in _load(path).get("splits", {}).items():
            found[split] = [_recording(path, values)]
    for path in sorted((folder / _PARTS).glob("*.json")):
        part = _recording(path, _load(path))
        found.setdefault(part.split, []).append(part)
    return found


def _missing(whole: Recording) -> list[str]:
    """Names of files that are not written yet."""
    return [name for name in whole.names if name not in whole.files]


def _joined(parts: list[Recording]) -> Recording:
    """One recording with the files of several.

    Raises:
        SoundwalkError: they are of different recordings.
    """
    for part in parts[1:]:
        if difference := parts[0].differs(part):
            raise SoundwalkError(
                f"parts of {part.split} are of different recordings: one has {difference}; record "
                "all with the same options"
            )
    files = {name: facts for part in parts for name, facts in part.files.items()}
    ordered = {name: files[name] for name in parts[0].names if name in files}
    return dataclasses.replace(parts[0], files=ordered)


def _values(recording: Recording) -> dict[str, Any]:
    return {"version": _VERSION, **dataclasses.asdict(recording)}


def _recording(path: Path, values: dict[str, Any]) -> Recording:
    try:
        keys = {
            name: Column(**{**column, "shape": tuple(column["shape"])})
            for name, column in values["keys"].items()
        }
        fields = {f.name: values[f.name] for f in dataclasses.fields(Recording)}
        return Recording(**{**fields, "keys": keys})
    except (KeyError, TypeError, AttributeError) as error:
        raise SoundwalkError(
            f"{path} is no manifest of a recording ({error!r}): delete it, and {_AGAIN}"
        ) from None


def _load(path: Path) -> dict[str, Any]:
    """A JSON file of this version.

    Raises:
        SoundwalkError: it is of another one, or no JSON.
    """
    try:
        values = json.loads(path.read_text(encoding="utf-8"))
    except ValueError as error:
        raise SoundwalkError(f"{path} is not JSON ({error}): delete it, and {_AGAIN}") from None
    version = values.get("version") if isinstance(values, dict) else None
    if version != _VERSION:
        raise SoundwalkError(
            f"{path} has version {version}: this soundwalk reads {_VERSION}; update soundwalk, or "
            "record again"
        )
    return dict(values)


def _save(path: Path, values: dict[str, Any]) -> None:
    """Write JSON aside, then rename it."""
    path.parent.mkdir(parents=True, exist_ok=True)
    aside = path.with_name(f".{path.name}.{os.getpid()}.partial")
    try:
        aside.write_text(json.dumps(values, indent=1) + "\n", encoding="utf-8")
        aside.replace(path)
    finally:
        aside.unlink(missing_ok=True)
