"""Which other files a mesh's file needs: buffers, material libraries, pictures."""

from __future__ import annotations

import json
import re
import struct
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import unquote

from ...interface import SoundwalkError

_GLB_MAGIC = b"glTF"
_JSON_CHUNK = 0x4E4F534A


def missing_files(path: Path) -> tuple[str, ...]:
    """Pictures that a mesh names and that are not there.

    Raises:
        SoundwalkError: files of geometry are missing: all of them are named.
    """
    names = {".glb": _gltf, ".gltf": _gltf, ".obj": _obj, ".dae": _dae}.get(path.suffix.lower())
    if names is None:
        return ()
    pictures: list[str] = []
    buffers: list[str] = []
    for name, needed in names(path):
        if not (path.parent / name).is_file():
            (buffers if needed else pictures).append(name)
    if buffers:
        raise SoundwalkError(
            f"{str(path)!r} keeps its geometry in other files, and {len(buffers)} of them "
            f"{'is' if len(buffers) == 1 else 'are'} missing: {', '.join(buffers)}; put them into "
            f"{str(path.parent)!r}"
        )
    return tuple(dict.fromkeys(pictures))


def _gltf(path: Path) -> Iterator[tuple[str, bool]]:
    """Files that a glTF's JSON names (2.0, sections 3.6 and 3.8), and whether geometry is there."""
    header = _gltf_json(path)
    for kind, needed in (("buffers", True), ("images", False)):
        entries = header.get(kind, [])
        for entry in entries if isinstance(entries, list) else []:
            uri = entry.get("uri") if isinstance(entry, dict) else None
            if isinstance(uri, str) and not uri.startswith("data:"):
                yield unquote(uri), needed


def _gltf_json(path: Path) -> dict[str, Any]:
    """The JSON of a .gltf or .glb; empty where it cannot be read: the reader itself says why."""
    content = path.read_bytes()
    if content[:4] == _GLB_MAGIC and len(content) >= 20:
        length, kind = struct.unpack("<II", content[12:20])
        content = content[20 : 20 + length] if kind == _JSON_CHUNK else b"{}"
    try:
        header = json.loads(content)
    except ValueError:
        return {}
    return header if isinstance(header, dict) else {}


def _obj(path: Path) -> Iterator[tuple[str, bool]]:
    """Material libraries of an OBJ, and the pictures that those which are there name."""
    for library in _words(path, "mtllib"):
        yield library, False
        if (path.parent / library).is_file():
            for picture in _words(path.parent / library, "map_Kd"):
                yield re.sub(r"^(?:-\w+(?: [\d.\-]+| on| off)+ )+", "", picture), False


def _words(path: Path, word: str) -> Iterator[str]:
    """What follows a word at the beginning of lines."""
    with path.open(errors="replace") as lines:
        for line in lines:
            name, _, rest = line.strip().partition(" ")
            if name == word and rest.strip():
                yield rest.strip().replace("\\", "/")


def _dae(path: Path) -> Iterator[tuple[str, bool]]:
    """Pictures of a COLLADA file."""
    content = path.read_text(errors="replace")
    for inside in re.findall(r"<image\b.*?<init_from>(?:<ref>)?([^<]+)<", content, re.DOTALL):
        yield unquote(inside.strip().removeprefix("file://")), False
