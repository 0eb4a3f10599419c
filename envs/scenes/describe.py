"""A scene in numbers and names, for tables and JSON."""

from __future__ import annotations

from collections import Counter
from typing import Any

import numpy as np

from .chambers import Chambers
from .scene import Room, Scene


def describe(scene: Scene) -> dict[str, Any]:
    """What a scene holds, as plain values; rooms of several boxes are one room.

    Returns:
        name, seed, area (m², floor of all rooms), height (m), bounds, rooms (kind, area, box,
        height), doors, windows, furniture (how many of each kind), objects (category, room,
        position), surfaces, triangles, obstacles.

    >>> from .shoebox import shoebox
    >>> describe(shoebox((6, 5, 2.7)))["area"]
    30.0
    """
    plan, chambers = scene.plan, Chambers(scene.plan)
    return {
        "name": scene.name,
        "seed": scene.seed,
        "area": round(sum(room.area for room in plan.rooms), 2),
        "height": max(room.height for room in plan.rooms),
        "bounds": plan.bounds,
        "rooms": [_room([plan.rooms[box] for box in boxes]) for boxes in chambers.boxes],
        "doors": [
            {
                "between": [plan.rooms[room].kind for room in door.rooms],
                "width": round(door.width, 2),
                "open": door.open,
            }
            for door in plan.doors
            if door.thickness > 0.0
        ],
        "windows": len(plan.windows),
        "furniture": dict(sorted(Counter(piece.kind for piece in plan.furniture).items())),
        "objects": [
            {
                "category": thing.category,
                "room": plan.rooms[thing.room].kind,
                "position": thing.position,
            }
            for thing in plan.objects
        ],
        "surfaces": [surface.name for surface in scene.surfaces],
        "triangles": len(scene.triangles),
        "obstacles": len(scene.obstacles),
    }


def _room(boxes: list[Room]) -> dict[str, Any]:
    """A room of one box, or of several."""
    corners = np.array([room.box for room in boxes])
    return {
        "kind": boxes[0].kind,
        "area": round(sum(room.area for room in boxes), 2),
        "box": (*corners[:, :2].min(0).tolist(), *corners[:, 2:].max(0).tolist()),
        "height": max(room.height for room in boxes),
    }
