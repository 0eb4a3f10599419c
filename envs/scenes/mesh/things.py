"""Things that a mesh names as `save_glb` does: what sounds, and what stands in rooms.

A name is kind:category:number, e.g. object:telephone:17 or furniture:sofa:3; more may follow.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

from ...interface import CATEGORIES, F32, Bool
from ..corners import vertex_numbers
from ..scene import Box3, FloorPlan, Furniture, Point3, Scene, SoundingObject
from .soup import Soup

_FAR = 1.0  # m; what stands farther from every room belongs to another storey or island
EMITS = "emits"
"""The note of an object that says where it sounds: metres from the middle of its box."""
MADE_OF = "made of"
"""The note of furniture that names the surface by which it absorbs; else that of most faces."""


def with_things(scene: Scene, soup: Soup) -> Scene:
    """The scene with the objects and furniture that the soup's nodes name, renumbered."""
    groups = _groups(soup)
    if not groups:
        return scene
    instance = np.zeros(len(scene.instance), np.int32)
    furniture: list[Furniture] = []
    objects: list[SoundingObject] = []
    for number, ((word, kind, _), nodes) in enumerate(groups.items(), 1):
        faces: Bool = np.isin(soup.node, nodes)
        instance[faces] = number
        room = _room(scene.plan, _around(scene.triangles[faces])) if faces.any() else None
        if room is None:
            continue
        if word == "furniture":
            notes = soup.nodes[nodes[0]].notes
            furniture.append(_furniture(scene, (kind, room, number), faces, notes))
        elif kind in CATEGORIES:
            box = _around(scene.triangles[faces])
            position = _position(box, soup.nodes[nodes[0]].notes)
            objects.append(SoundingObject(kind, room, position, box, number))
    plan = replace(scene.plan, furniture=tuple(furniture), objects=tuple(objects))
    return replace(scene, instance=instance, plan=plan)


def _groups(soup: Soup) -> dict[tuple[str, ...], list[int]]:
    """Nodes that are named as things, by the first three words of their names."""
    groups: dict[tuple[str, ...], list[int]] = {}
    for index, node in enumerate(soup.nodes):
        words = node.name.split(":")
        if len(words) >= 3 and words[0] in ("object", "furniture"):
            groups.setdefault(tuple(words[:3]), []).append(index)
    return groups


def _furniture(
    scene: Scene, what: tuple[str, int, int], faces: Bool, notes: dict[str, Any]
) -> Furniture:
    """A piece of furniture of a kind, in a room, with a number, that has these faces."""
    kind, room, number = what
    triangles = scene.triangles[faces]
    surface = int(np.bincount(scene.surface[faces]).argmax())
    names = [entry.name for entry in scene.surfaces]
    if notes.get(MADE_OF) in names:
        surface = names.index(notes[MADE_OF])
    return Furniture(kind, room, _around(triangles), surface, number, solid_boxes(triangles))


def solid_boxes(triangles: F32) -> tuple[Box3, ...]:
    """The boxes around parts of (F, 3, 3) that share no corner."""
    vertex = vertex_numbers(triangles).reshape(-1, 3)
    ends = np.concatenate([vertex[:, :2], vertex[:, 1:]])
    count = int(vertex.max()) + 1
    graph = coo_array((np.ones(len(ends), np.int8), (ends[:, 0], ends[:, 1])), (count, count))
    _, label = connected_components(graph, directed=False)
    part = label[vertex[:, 0]]
    return tuple(_around(triangles[part == k]) for k in np.unique(part))


def _around(triangles: F32) -> Box3:
    """The box around triangles."""
    corners = triangles.reshape(-1, 3)
    x0, y0, z0, x1, y1, z1 = (round(float(v), 4) for v in (*corners.min(0), *corners.max(0)))
    return (x0, y0, z0, x1, y1, z1)


def _room(plan: FloorPlan, box: Box3) -> int | None:
    """The room that the middle of a box lies in or is nearest to; None if it is far from all."""
    x, y = (box[0] + box[3]) / 2, (box[1] + box[4]) / 2
    boxes = np.array([room.box for room in plan.rooms])
    gap = np.maximum(np.maximum(boxes[:, :2] - (x, y), (x, y) - boxes[:, 2:]), 0)
    away = np.hypot(*gap.T)
    return int(away.argmin()) if away.min() < _FAR else None


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
