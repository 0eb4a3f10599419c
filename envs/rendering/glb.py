"""A scene as a glTF binary, which other programs open and `load_mesh` reads back.

Surfaces become materials of their name, with their textures; each piece of furniture and each
sounding object becomes a node called kind:category:number. glTF has y up (2.0, section 3.4).
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np

from ..interface import F32, F64, I64, SoundwalkError
from ..scenes.scene import TEXTURES, Scene
from .mesh import GAMMA
from .textures import TEXELS, TILE_METRES, atlas

EMITS = "emits"  # the note of an object's node: from the middle of its box to where it sounds
MADE_OF = "made of"  # the note of furniture's nodes: the surface that counts for acoustics


def save_glb(scene: Scene, path: str | Path) -> None:
    """Write what is seen of a scene to a .glb file.

    Args:
        scene: any scene; open and closed doors are written as they are.
        path: of the file; its folder must exist.

    Raises:
        SoundwalkError: another ending, or no such folder.
    """
    import trimesh

    file = Path(path)
    if file.suffix.lower() != ".glb":
        raise SoundwalkError(f"{str(path)!r} ends in {file.suffix!r}: scenes are written as .glb")
    if not file.parent.is_dir():
        raise SoundwalkError(f"the folder {str(file.parent)!r} does not exist: create it first")
    materials: dict[_Look, Any] = {}
    whole = trimesh.Scene()
    for name, notes, faces, key in _pieces(scene):
        if key not in materials:
            materials[key] = _material(scene, key)
        corners = scene.triangles[faces]
        mesh = trimesh.Trimesh(
            _y_up(corners.reshape(-1, 3).astype(np.float64)),
            np.arange(3 * len(corners)).reshape(-1, 3),
            process=False,
            visual=_visual(scene, faces, key, materials[key]),
        )
        whole.add_geometry(mesh, node_name=name, geom_name=name, metadata=notes)
    file.write_bytes(whole.export(file_type="glb"))


def _y_up(points: F64) -> F64:
    """(V, 3) points with z up as glTF has them."""
    return np.stack([points[:, 0], points[:, 2], -points[:, 1]], 1)


_Look = tuple[int, int, int]  # surface, picture or -1, tint of the picture as 0xRRGGBB


def _pieces(scene: Scene) -> Iterator[tuple[str, dict[str, Any], I64, _Look]]:
    """Name, notes, faces, and looks of everything that becomes a node."""
    names, notes = _names(scene)
    count = len(scene.triangles)
    picture, tint = np.full(count, -1), np.zeros(count, np.int64)
    if scene.skin is not None:
        picture = scene.skin.image
        mean = np.rint(scene.skin.colours.mean(1)).astype(np.int64)
        tint = np.where(picture >= 0, mean @ (1 << 16, 1 << 8, 1), 0)
    rows = np.stack([scene.instance, scene.surface, picture, tint], 1)
    groups, group = np.unique(rows, axis=0, return_inverse=True)
    for index, (instance, surface, image, colour) in enumerate(groups.tolist()):
        thing = names.get(instance, f"shell:{instance}")
        called = f"{thing}:{scene.surfaces[surface].name}:{index}"
        faces = np.flatnonzero(group.ravel() == index)
        yield called, notes.get(instance, {}), faces, (surface, image, colour)


def _names(scene: Scene) -> tuple[dict[int, str], dict[int, dict[str, Any]]]:
    """Names of instances, and notes on them."""
    names = {piece.instance: f"furniture:{piece.kind}:{piece.instance}"
             for piece in scene.plan.furniture}  # fmt: skip
    notes: dict[int, dict[str, Any]] = {
        piece.instance: {MADE_OF: scene.surfaces[piece.surface].name}
        for piece in scene.plan.furniture
    }
    for thing in scene.plan.objects:
        names[thing.instance] = f"object:{thing.category}:{thing.instance}"
        low, high = np.array(thing.box[:3]), np.array(thing.box[3:])
        offset = np.array(thing.position) - (low + high) / 2
        notes[thing.instance] = {EMITS: [round(float(v), 4) for v in offset]}
    return names, notes


def _material(scene: Scene, look: _Look) -> Any:
    """The material of a surface, with its texture or with a picture of the scene's skin."""
    from PIL import Image
    from trimesh.visual.material import PBRMaterial

    surface, image, tint = look
    entry = scene.surfaces[surface]
    if scene.skin is not None:
        picture = None if image < 0 else Image.fromarray(scene.skin.images[image])
        screen = np.array([tint >> 16, tint >> 8 & 255, tint & 255]) / 255
        return PBRMaterial(
            name=entry.name,
            baseColorFactor=[*screen**GAMMA, 1.0],
            baseColorTexture=picture,
            metallicFactor=0.0,
        )
    tile = atlas()[entry.texture, : TEXELS * TEXELS, :3].reshape(TEXELS, TEXELS, 3)
    return PBRMaterial(
        name=entry.name,
        baseColorFactor=[*entry.colour, 1.0],
        baseColorTexture=Image.fromarray(tile),
        metallicFactor=0.0,
        roughnessFactor=0.9,
    )


def _visual(scene: Scene, faces: I64, look: _Look, material: Any) -> Any:
    """What trimesh calls a visual: places in the picture, or colours of corners."""
    from trimesh.visual import ColorVisuals, TextureVisuals

    if scene.skin is None:
        uv = _planar(scene.triangles[faces], scene.surfaces[look[0]].texture)
    elif look[1] >= 0:
        uv = scene.skin.uv[faces].reshape(-1, 2)
    else:
        return ColorVisuals(vertex_colors=scene.skin.colours[faces].reshape(-1, 3))
    return TextureVisuals(uv=np.stack([uv[:, 0], 1 - uv[:, 1]], 1), material=material)


def _planar(triangles: F32, texture: int) -> F32:
    """Places (3 F, 2) of corners in a procedural texture, as `shade` lays it."""
    assert 0 <= texture < len(TEXTURES)
    edges = triangles[:, 1:] - triangles[:, :1]
    axis = np.abs(np.cross(edges[:, 0], edges[:, 1])).argmax(1)
    along = np.where(axis == 0, 1, 0)[:, None, None]
    up = np.where(axis == 2, 1, 2)[:, None, None]
    across = np.take_along_axis(triangles, along, 2)
    upward = np.take_along_axis(triangles, up, 2)
    metres: F32 = np.concatenate([across, upward], 2).reshape(-1, 2)
    uv: F32 = (metres / TILE_METRES[texture]).astype(np.float32)
    return uv
