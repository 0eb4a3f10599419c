"""A scene in numbers and names, for tables and JSON."""

from __future__ import annotations

from collections import Counter
from typing import Any

from .scene import Scene


def describe(scene: Scene) -> dict[str, Any]:
    """What a scene holds, as plain values.

    Returns:
        name, seed, area (m², floor of all rooms), height (m), bounds, rooms (kind, area, box,
        height), doors, windows, furniture (how many of each kind), objects (category, room,
        position), surfaces, triangles, obstacles.

    >>> from .shoebox import shoebox
    >>> describe(shoebox((6, 5, 2.7)))["area"]
    30.0
    """
    plan = scene.plan
    return {
        "name": scene.name,
        "seed": scene.seed,
        "area": round(sum(room.area for room in plan.rooms), 2),
        "height": max(room.height for room in plan.rooms),
        "bounds": plan.bounds,
        "rooms": [
            {
                "kind": room.kind,
                "area": round(room.area, 2),
                "box": room.box,
                "height": room.height,
            }
            for room in plan.rooms
        ],
        "doors": [
            {
                "between": [plan.rooms[room].kind for room in door.rooms],
                "width": round(door.width, 2),
                "open": door.open,
            }
            for door in plan.doors
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
