"""Maps as map_server writes them, of places of our own: written from the documentation alone."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

from soundwalk.envs.interface import U8, Bool
from soundwalk.envs.scenes import Scene

FREE, UNKNOWN, OCCUPIED = 254, 205, 0  # what map_saver writes


def write_map(
    folder: Path, grey: U8, *, image: str = "map.pgm", drop: tuple[str, ...] = (), **keys: Any
) -> Path:
    """A map of grey values, whose first row is the most northern one; keys replace or add."""
    Image.fromarray(grey).save(folder / image)
    values: dict[str, Any] = {
        "image": image, "resolution": 0.05, "origin": [0.0, 0.0, 0.0], "negate": 0,
        "occupied_thresh": 0.65, "free_thresh": 0.196, **keys,
    }  # fmt: skip
    lines = [f"{key}: {value}" for key, value in values.items() if key not in drop]
    path = folder / "map.yaml"
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return path


def grey_of(free: Bool, solid: Bool) -> U8:
    """The image of cells (rows from south to north): what is neither is unknown."""
    grey = np.full(free.shape, UNKNOWN, np.uint8)
    grey[solid] = OCCUPIED
    grey[free] = FREE
    return grey[::-1]


def survey(scene: Scene, cell: float, *, furnished: bool) -> tuple[U8, tuple[float, float, float]]:
    """What a robot would draw of a home, and the origin of its map: cells judged at centres.

    Every cell whose centre lies in a room or door, and not in furniture, is free; solid cells are
    seen up to 10 cm behind the surface, the rest is unknown.
    """
    x0, y0, x1, y1 = scene.plan.bounds
    x0, y0 = x0 - 0.5, y0 - 0.5
    columns, rows = (int(np.ceil((high + 0.5 - low) / cell)) for low, high in ((x0, x1), (y0, y1)))
    xs = x0 + (np.arange(columns) + 0.5) * cell
    ys = (y0 + (np.arange(rows) + 0.5) * cell)[:, None]

    def inside(box: Any, margin: float = 0.0) -> Bool:
        a, b, c, d = box
        across: Bool = (xs > a - margin) & (xs < c + margin) & (ys > b - margin) & (ys < d + margin)
        return across

    spaces = [room.box for room in scene.plan.rooms] + [door.box for door in scene.plan.doors]
    free = np.any([inside(box) for box in spaces], axis=0)
    near = np.any([inside(box, 0.1) for box in spaces], axis=0)
    if furnished:
        for box in scene.obstacles:
            free &= ~inside(box)
    return grey_of(free, near & ~free), (x0, y0, 0.0)
