"""A house of boxes, written by hand: what the renderer is checked on besides generated homes."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
import pytest

from soundwalk.envs.interface import F32
from soundwalk.envs.scenes.scene import FloorPlan, Room, Scene, Surface

_FACES = ((0, 4, 6, 2), (1, 3, 7, 5), (0, 1, 5, 4), (2, 6, 7, 3), (0, 2, 3, 1), (4, 5, 7, 6))


def box_triangles(box: Sequence[float], *, inward: bool = False) -> F32:
    """Twelve triangles of an axis-aligned box, counter-clockwise seen from outside (or inside)."""
    low, high = np.array(box[:3]), np.array(box[3:])
    corner = np.array([[(k & 1), (k >> 1) & 1, (k >> 2) & 1] for k in range(8)])
    points = low + corner * (high - low)
    faces = [t for a, b, c, d in _FACES for t in ((a, b, c), (a, c, d))]
    triangles: F32 = points[np.array(faces)].astype(np.float32)
    return triangles[:, ::-1].copy() if inward else triangles


def make_scene(groups: Sequence[F32], textures: Sequence[int] | None = None) -> Scene:
    """A scene of groups of triangles: group i is instance i, of its own colour and texture."""
    number = np.repeat(np.arange(len(groups)), [len(g) for g in groups]).astype(np.int32)
    looks = [k % 12 for k in range(len(groups))] if textures is None else textures
    surfaces = tuple(
        Surface(
            f"s{k}",
            (0.1,) * 7,
            colour=(0.4 + 0.1 * (k % 6), 0.9 - 0.1 * (k % 7), 0.7),
            texture=look,
        )
        for k, look in enumerate(looks)
    )
    return Scene(
        triangles=np.concatenate(groups),
        surface=number,
        instance=number,
        surfaces=surfaces,
        plan=FloorPlan(rooms=(Room("hall", (0, 0, 8, 6), 2.6, (0,) * 6),)),
        obstacles=np.zeros((0, 4)),
    )


@pytest.fixture(scope="session")
def scene_of_boxes() -> Callable[..., Scene]:
    """Make a scene of boxes (x0, y0, z0, x1, y1, z1); the first is a room seen from inside."""

    def make(*boxes: Sequence[float], textures: Sequence[int] | None = None) -> Scene:
        groups = [box_triangles(box, inward=k == 0) for k, box in enumerate(boxes)]
        return make_scene(groups, textures)

    return make


@pytest.fixture(scope="session")
def scene_of_triangles() -> Callable[..., Scene]:
    """Make a scene of groups of triangles (F, 3, 3)."""
    return make_scene


@pytest.fixture(scope="session")
def house(scene_of_boxes: Callable[..., Scene]) -> Scene:
    """A hall of 8 x 6 x 2.6 m, cut by two walls with openings, with thirty boxes in it."""
    rng = np.random.default_rng(0)
    boxes: list[tuple[float, ...]] = [
        (0, 0, 0, 8, 6, 2.6),
        (4, 0, 0, 4.1, 2, 2.6),
        (4, 2, 2.1, 4.1, 3, 2.6),
        (4, 3, 0, 4.1, 6, 2.6),
        (0, 3, 0, 1, 3.1, 2.6),
        (2, 3, 0, 4, 3.1, 2.6),
    ]
    for _ in range(30):
        w, d, h = rng.uniform(0.2, 0.9, 3)
        x, y, z = rng.uniform(0.1, 7), rng.uniform(0.1, 5), rng.choice([0.0, 0.6])
        boxes.append((x, y, z, x + w, y + d, z + h))
    return scene_of_boxes(*boxes)
