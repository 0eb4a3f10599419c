"""Things that a mesh names as `save_glb` does: what sounds, and what stands in rooms.

A name is kind:category:number, e.g. object:telephone:17 or furniture:sofa:3; more may follow.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np

from ...interface import CATEGORIES
from ..scene import Box3, Furniture, Point3, Scene, SoundingObject
from .soup import Soup

EMITS = "emits"
"""The note of an object that says where it sounds: metres from the middle of its box."""


def objects_of(scene: Scene, soup: Soup) -> Scene:
    """The scene with the objects and furniture that the soup's nodes name, renumbered."""
    groups: dict[tuple[str, ...], list[int]] = {}
    for index, node in enumerate(soup.nodes):
        words = node.name.split(":")
        if len(words) >= 3 and words[0] in ("object", "furniture"):
            groups.setdefault(tuple(words[:3]), []).append(index)
    if not groups:
        return scene
    instance = np.zeros(len(scene.instance), np.int32)
    furniture: list[Furniture] = []
    objects: list[SoundingObject] = []
    for number, ((word, kind, _), nodes) in enumerate(groups.items(), 1):
        faces = np.isin(soup.node, nodes)
        if not faces.any():
            continue
        instance[faces] = number
        box = _box(scene, faces)
        if word == "furniture":
            surface = int(np.bincount(scene.surface[faces]).argmax())
            furniture.append(Furniture(kind, 0, box, surface, number, (box,)))
        elif kind in CATEGORIES:
            notes = soup.nodes[nodes[0]].notes
            objects.append(SoundingObject(kind, 0, _position(box, notes), box, number))
    plan = replace(scene.plan, furniture=tuple(furniture), objects=tuple(objects))
    return replace(scene, instance=instance, plan=plan)


def _box(scene: Scene, faces: np.ndarray) -> Box3:
    corners = scene.triangles[faces].reshape(-1, 3)
    low, high = corners.min(0), corners.max(0)
    x0, y0, z0, x1, y1, z1 = (round(float(v), 4) for v in (*low, *high))
    return (x0, y0, z0, x1, y1, z1)


def _position(box: Box3, notes: dict[str, Any]) -> Point3:
    """Where a body sounds: as it is noted, else just over its middle."""
    offset = (0.0, 0.0, (box[5] - box[2]) / 2 + 0.1)
    noted = notes.get(EMITS)
    if (
        isinstance(noted, list)
        and len(noted) == 3
        and all(isinstance(v, float | int) for v in noted)
    ):
        offset = (float(noted[0]), float(noted[1]), float(noted[2]))
    x, y, z = (round((box[k] + box[k + 3]) / 2 + offset[k], 4) for k in range(3))
    return (x, y, z)
