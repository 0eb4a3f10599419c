"""From a file to a soup of triangles, through trimesh: names, colours and pictures kept."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np

from ...interface import F32, F64, I64, U8, SoundwalkError, unknown
from ..skin import Skin
from .referring import missing_files
from .soup import Node, Soup

ENDINGS = (".glb", ".gltf", ".obj", ".ply", ".dae", ".stl")
GAMMA = 2.2  # from a material's linear factor to the screen
_GREY = 200  # where nothing is said about colour


def read_mesh(path: Path) -> tuple[Soup, tuple[str, ...]]:
    """Read a file as it is: axes and unit are the file's own.

    Args:
        path: of a file with one of ENDINGS.

    Returns:
        The faces, and the names of pictures that the file refers to and that are not there.

    Raises:
        SoundwalkError: no such file, another ending, a damaged file, one without faces, or one
            whose data lie in other files that are not there.
    """
    import trimesh

    ending = path.suffix.lower()
    if ending not in ENDINGS:
        raise unknown("ending of a mesh", path.suffix, ENDINGS)
    if not path.is_file():
        raise SoundwalkError(f"there is no mesh at {str(path)!r}")
    pictures = missing_files(path)
    try:
        scene = trimesh.load_scene(str(path), process=False)
    except Exception as error:  # trimesh's readers raise whatever their parsers do
        raise _damaged(path, f"{type(error).__name__}: {error}") from error
    parts = list(_parts(scene, path))
    if not parts:
        raise SoundwalkError(
            f"{str(path)!r} holds no triangles: a mesh was expected; point clouds and drawings "
            "have no faces to see or to stand on"
        )
    return _joined(parts), pictures


def _damaged(path: Path, why: str) -> SoundwalkError:
    return SoundwalkError(
        f"{str(path)!r} is not a {path.suffix.lower()} file or is damaged ({why[:200]}): "
        "download or export it again"
    )


_Part = tuple[F64, U8, F32, Any, str, Node]  # corners, colours, uv, picture, material, node


def _parts(scene: Any, path: Path) -> Iterator[_Part]:
    """The meshes of a scene graph, placed."""
    for name in scene.graph.nodes_geometry:
        matrix, key = scene.graph[name]
        geometry = scene.geometry[key]
        faces = getattr(geometry, "faces", None)
        if faces is None or not len(faces):
            continue
        vertices = np.asarray(geometry.vertices, np.float64)
        faces = np.asarray(faces, np.int64)
        if faces.min() < 0 or faces.max() >= len(vertices):
            raise _damaged(path, f"a face of {name!r} has a corner that does not exist")
        if np.linalg.det(matrix[:3, :3]) < 0:
            faces = faces[:, ::-1]  # a mirror turns faces inside out
        with np.errstate(invalid="ignore"):
            placed = vertices @ matrix[:3, :3].T + matrix[:3, 3]
        colours, uv, picture, material = _looks(geometry, faces)
        yield placed[faces], colours, uv, picture, material, Node(str(name), _notes(scene, name))


def _notes(scene: Any, name: str) -> dict[str, Any]:
    """What a file notes about a node."""
    parent = scene.graph.transforms.parents.get(name)
    edge = scene.graph.transforms.edge_data.get((parent, name), {})
    notes = edge.get("metadata") or {}
    return dict(notes) if isinstance(notes, dict) else {}


def _looks(geometry: Any, faces: I64) -> tuple[U8, F32, Any, str]:
    """Corner colours (F, 3, 3), places in the picture (F, 3, 2), the picture, the material."""
    visual, shape = geometry.visual, (len(faces), 3, 3)
    nowhere = np.zeros((len(faces), 3, 2), np.float32)
    if visual.kind == "vertex":
        return np.asarray(visual.vertex_colors)[faces][..., :3].astype(np.uint8), nowhere, None, ""
    if visual.kind == "face":
        own = np.asarray(visual.face_colors)[:, None, :3]
        return np.broadcast_to(own, shape).astype(np.uint8), nowhere, None, ""
    if visual.kind != "texture":
        return np.full(shape, _GREY, np.uint8), nowhere, None, ""
    material = visual.material
    colours = np.broadcast_to(_factor(material), shape).astype(np.uint8)
    picture = getattr(material, "baseColorTexture", None) or getattr(material, "image", None)
    name = str(getattr(material, "name", None) or "")
    uv = visual.uv
    if picture is None or uv is None or len(uv) != len(geometry.vertices):
        painted = visual.vertex_attributes.get("color")
        if painted is not None and len(painted) == len(geometry.vertices):
            colours = _bytes(np.asarray(painted))[faces]
        return colours, nowhere, None, name
    places = np.asarray(uv, np.float64)[faces]
    places = np.nan_to_num(np.stack([places[..., 0], 1 - places[..., 1]], -1))
    return colours, places.astype(np.float32), picture, name


def _bytes(colours: Any) -> U8:
    """Colours (N, 3 or 4) of any type as (N, 3) uint8."""
    scale = 255.0 if colours.dtype.kind == "f" else 1.0
    bytes_: U8 = np.clip(np.rint(colours[:, :3] * scale), 0, 255).astype(np.uint8)
    return bytes_


def _factor(material: Any) -> U8:
    """A material's colour (3,) on the screen."""
    factor = getattr(material, "baseColorFactor", None)
    if factor is None:
        factor = getattr(material, "diffuse", None)
    if factor is None:
        return np.full(3, 255, np.uint8)
    linear = np.asarray(factor, np.float64).reshape(-1)[:3]
    if np.asarray(factor).dtype.kind != "f":
        linear = linear / 255
    screen: U8 = np.rint(255 * np.clip(linear, 0, 1) ** (1 / GAMMA)).astype(np.uint8)
    return screen


def _joined(parts: list[_Part]) -> Soup:
    """One soup of all parts; materials and pictures that parts share are listed once."""
    materials: dict[str, int] = {}
    pictures: dict[int, int] = {}
    images: list[U8] = []
    counts = [len(part[0]) for part in parts]
    material, image = [], []
    for *_, picture, name, _ in parts:
        material.append(materials.setdefault(name, len(materials)))
        if picture is not None and id(picture) not in pictures:
            pictures[id(picture)] = len(images)
            images.append(np.asarray(picture.convert("RGB"), np.uint8))
        image.append(-1 if picture is None else pictures[id(picture)])
    return Soup(
        corners=np.concatenate([part[0] for part in parts]),
        material=np.repeat(np.array(material, np.int64), counts),
        node=np.repeat(np.arange(len(parts)), counts),
        skin=Skin(
            np.concatenate([part[1] for part in parts]),
            np.repeat(np.array(image, np.int32), counts),
            np.concatenate([part[2] for part in parts]),
            tuple(images),
        ),
        materials=tuple(materials),
        nodes=tuple(part[5] for part in parts),
    )
