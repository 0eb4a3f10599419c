"""Opening and closing doors: a closed one has a leaf that is seen, felt and heard."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from ..interface import F32, SoundwalkError
from .materials import surface
from .quads import face_of, quad_triangles
from .scene import EAST, LEAF, NORTH, SOUTH, WEST, Box3, Door, Scene, Surface


def set_doors(scene: Scene, open: Sequence[bool], leaf: str = "door_leaf") -> Scene:  # noqa: A002
    """The same home with doors open or closed.

    Args:
        scene: any home.
        open: of each of `scene.plan.doors`, whether it is to stand open.
        leaf: surface of leaves that are made; a leaf that has been there before stays as it is.

    Returns:
        A new scene. A closed door has a leaf of 4 cm in the middle of its tunnel, which blocks the
        view, and its tunnel is an obstacle.

    Raises:
        SoundwalkError: not one value per door, a joint is to be closed, or no such surface.

    >>> from .generate import generate
    >>> home = generate(seed=7, rooms=3)
    >>> [d.open for d in set_doors(home, [False] * len(home.plan.doors)).plan.doors]
    [False, False]
    """
    doors = scene.plan.doors
    if len(open) != len(doors):
        raise SoundwalkError(
            f"open has {len(open)} values: the home has {len(doors)} doors, give one for each"
        )
    surfaces = list(scene.surfaces)
    new = tuple(
        _turned(index, door, bool(wanted), surfaces, surface(leaf))
        for index, (door, wanted) in enumerate(zip(doors, open, strict=True))
    )
    keep, kept = _without_leaves(scene)
    closed = [door for door in new if not door.open]
    leaves = [_leaf(door) for door in closed]
    numbers = np.repeat(np.array([door.leaf for door in closed], np.int32), 4)
    boxes = np.array([door.box for door in closed], np.float64).reshape(-1, 4)
    return replace(
        scene,
        triangles=np.concatenate([scene.triangles[keep], *leaves]),
        surface=np.concatenate([scene.surface[keep], numbers]),
        instance=np.concatenate([scene.instance[keep], np.zeros_like(numbers)]),
        surfaces=tuple(surfaces),
        plan=replace(scene.plan, doors=new),
        obstacles=np.concatenate([scene.obstacles[kept], boxes]),
    )


def _turned(index: int, door: Door, wanted: bool, surfaces: list[Surface], made: Surface) -> Door:
    """The door open or closed; a leaf's surface is appended to `surfaces` when it is missing."""
    if wanted or not door.open:
        return replace(door, open=wanted)
    if door.thickness < LEAF:
        raise SoundwalkError(
            f"door {index} is {door.thickness:g} m thick: a joint of two parts of a room cannot "
            f"be closed, only a door in a wall of {LEAF} m or more"
        )
    if door.leaf >= 0:
        return replace(door, open=False)
    if made not in surfaces:
        surfaces.append(made)
    return replace(door, open=False, leaf=surfaces.index(made))


def _leaf(door: Door) -> F32:
    """(4, 3, 3) both sides of a leaf."""
    x0, y0, x1, y1 = door.box
    middle = (door.box[door.axis] + door.box[door.axis + 2]) / 2
    a, b = middle - LEAF / 2, middle + LEAF / 2
    box: Box3 = (a, y0, 0.0, b, y1, door.height)
    if door.axis == 1:
        box = (x0, a, 0.0, x1, b, door.height)
    sides = np.array((WEST, EAST) if door.axis == 0 else (SOUTH, NORTH))
    return quad_triangles(np.array([face_of(box, int(side)) for side in sides]), sides)


def _without_leaves(scene: Scene) -> tuple[np.ndarray, np.ndarray]:
    """Which triangles and which obstacles do not belong to a closed door, two masks."""
    keep = np.ones(len(scene.triangles), np.bool_)
    kept = np.ones(len(scene.obstacles), np.bool_)
    for door in scene.plan.doors:
        if not door.open:
            same = (scene.triangles[:, None] == _leaf(door)).all((2, 3)).any(1)
            keep &= ~(same & (scene.surface == door.leaf))
            kept &= ~(scene.obstacles == door.box).all(1)
    return keep, kept
