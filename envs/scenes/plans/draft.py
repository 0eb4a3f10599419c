"""A plan between the file and the scene: all decisions, in whole tenths of a millimetre."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

from ...interface import SoundwalkError
from ..boxes import BoxCm
from ..doors import RectCm
from ..materials import material
from ..scene import Surface

UNIT = 10_000  # of a metre
Rect = RectCm  # whole numbers of tenths of a millimetre here
Solid = BoxCm
Part = tuple[Solid, str]  # a solid box and the name of its material
_LARGEST = 200.0  # metres; a larger number is not in metres


@dataclass(frozen=True, slots=True)
class RoomDraft:
    """A room: one box, or several that touch; `faces` names materials from WEST to CEILING."""

    name: str
    kind: str
    rects: tuple[Rect, ...]
    height: int
    faces: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class DoorDraft:
    """A door, between two boxes, the lower one first; a closed one has a leaf."""

    where: str
    boxes: tuple[int, int]
    rect: Rect
    axis: int
    height: int
    open: bool
    leaf: str


@dataclass(frozen=True, slots=True)
class WindowDraft:
    """A pane in a wall of a box, from low to high along it, measured from its low end."""

    where: str
    box: int
    side: int
    low: int
    high: int
    sill: int
    top: int


@dataclass(frozen=True, slots=True)
class Body:
    """A piece of furniture, or an object that sounds at `point`; unseen if without parts."""

    where: str
    kind: str
    parts: tuple[Part, ...]
    point: tuple[int, int, int] | None = None

    @property
    def rect(self) -> Rect:
        """What it covers, seen from above."""
        boxes = [box for box, _ in self.parts] or [(*self.point, *self.point)]  # type: ignore[misc]
        x0, y0, _, x1, y1, _ = zip(*boxes, strict=True)
        return min(x0), min(y0), max(x1), max(y1)


@dataclass(frozen=True)
class Draft:
    """A home as somebody wrote it down."""

    name: str
    rooms: tuple[RoomDraft, ...]
    doors: tuple[DoorDraft, ...] = ()
    windows: tuple[WindowDraft, ...] = ()
    furniture: tuple[Body, ...] = ()
    objects: tuple[Body, ...] = ()
    materials: Mapping[str, Surface] | None = None

    @cached_property
    def boxes(self) -> list[tuple[int, Rect]]:
        """All boxes of all rooms: index of the room, and the box seen from above."""
        return [(i, rect) for i, room in enumerate(self.rooms) for rect in room.rects]

    def room_of(self, box: int) -> RoomDraft:
        """The room that a box is part of."""
        return self.rooms[self.boxes[box][0]]

    def surface(self, name: str) -> Surface:
        """A material of the plan's own, or one that all know."""
        own = self.materials or {}
        return own[name] if name in own else material(name)


def units(value: float, where: str) -> int:
    """Metres in whole units.

    Raises:
        SoundwalkError: it is not finite, or so large that it is no number of metres.
    """
    if not math.isfinite(value):
        raise SoundwalkError(f"{where} is {value}: expected a finite number of metres")
    if abs(value) > _LARGEST:
        raise SoundwalkError(
            f"{where} is {value:g}: expected metres, at most {_LARGEST:g}; divide millimetres by "
            "1000, centimetres by 100"
        )
    return round(value * UNIT)


def rect_units(values: Sequence[float], where: str) -> Rect:
    """A rectangle x0, y0, x1, y1 of metres in whole units.

    Raises:
        SoundwalkError: it has no area, or its numbers are none.
    """
    x0, y0, x1, y1 = (units(value, where) for value in values)
    if not (x0 < x1 and y0 < y1):
        raise SoundwalkError(
            f"{where} is {list(values)}: expected metres x0, y0, x1, y1 with x0 < x1 and y0 < y1"
        )
    return x0, y0, x1, y1


def solid_units(values: Sequence[float], where: str) -> Solid:
    """A box x0, y0, z0, x1, y1, z1 of metres in whole units.

    Raises:
        SoundwalkError: it has no volume, or its numbers are none.
    """
    x0, y0, z0, x1, y1, z1 = (units(value, where) for value in values)
    if not (x0 < x1 and y0 < y1 and z0 < z1):
        raise SoundwalkError(
            f"{where} is {list(values)}: expected metres x0, y0, z0, x1, y1, z1 with x0 < x1, "
            "y0 < y1 and z0 < z1"
        )
    return x0, y0, z0, x1, y1, z1


def metres(value: float) -> float:
    """Whole units in metres."""
    return value / UNIT


def spoken(rect: Rect) -> str:
    """A rectangle in words for messages.

    >>> spoken((0, 0, 40_000, 25_000))
    'x 0 to 4, y 0 to 2.5'
    """
    x0, y0, x1, y1 = (value / UNIT for value in rect)
    return f"x {x0:g} to {x1:g}, y {y0:g} to {y1:g}"
