"""Where points are in a home: in which room, in which door, or refused."""

from __future__ import annotations

from typing import Protocol

import numpy as np

from ..interface import F64, SoundwalkError
from ..scenes.scene import Scene


class HasScene(Protocol):
    """What knows its home: a model, or an engine of another kind."""

    scene: Scene


def whereabouts(model: HasScene, x: float, y: float) -> tuple[int, int]:
    """Room at (x, y), and the door whose tunnel it lies in or -1.

    Raises:
        SoundwalkError: (x, y) lies in a wall or outside the home.
    """
    plan = model.scene.plan
    room = model.scene.room_at(x, y)
    if plan.rooms[room].contains(x, y):
        return room, -1
    for index, door in enumerate(plan.doors):
        x0, y0, x1, y1 = door.box
        if x0 <= x <= x1 and y0 <= y <= y1:
            return room, index
    return room, -1


def check_position(
    model: HasScene, name: str, position: tuple[float, ...] | F64
) -> tuple[float, float, float]:
    """A position as three floats.

    Raises:
        SoundwalkError: it is not three finite numbers in the air of the home.
    """
    point = np.asarray(position, dtype=np.float64)
    if point.shape != (3,) or not np.isfinite(point).all():
        raise SoundwalkError(
            f"{name}={position!r}: expected three finite numbers x, y, z in metres"
        )
    x, y, z = (float(v) for v in point)
    try:
        room, tunnel = whereabouts(model, x, y)
    except SoundwalkError as error:
        raise SoundwalkError(f"{name}=({x:.2f}, {y:.2f}, {z:.2f}): {error}") from None
    plan = model.scene.plan
    top = plan.rooms[room].height if tunnel < 0 else plan.doors[tunnel].height
    if not 0.0 <= z <= top:
        raise SoundwalkError(
            f"{name}=({x:.2f}, {y:.2f}, {z:.2f}) lies below the floor or above the ceiling: "
            f"give a height between 0 and {top:.2f} m"
        )
    return x, y, z
