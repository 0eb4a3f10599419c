"""From whole centimetres to a Scene: the faces that can be seen become triangles."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from ..interface import F64
from .boxes import BoxCm
from .doors import DOOR_HEIGHT
from .faces import Palette, triangulated
from .kit import Part
from .layout import Layout
from .materials import surface
from .scene import (
    Box2,
    Box3,
    Door,
    FloorPlan,
    Furniture,
    Room,
    Scene,
    SoundingObject,
    Window,
)
from .shell import Finish, Quad, room_quads, tunnel_quads, wall_rectangles, window_box
from .sounding import Source
from .space import Space


@dataclass(frozen=True, slots=True)
class Home:
    """All decisions about a home."""

    seed: int
    layout: Layout
    spaces: tuple[Space, ...]
    finishes: tuple[Finish, ...]
    sources: tuple[Source, ...]


def to_scene(home: Home) -> Scene:
    """The scene of a home."""
    palette = Palette()
    shell = _shell_quads(home)
    for quad in shell:
        palette(quad[2])
    plan, parts = _plan(home, palette)
    rooms = [
        (_planes(space), [part[1:] for part in parts if part[0] == room])
        for room, space in enumerate(home.spaces)
    ]
    return Scene(
        *triangulated(shell, rooms, palette, 100),
        tuple(surface(name) for name in palette.names),
        plan,
        _obstacles(home),
        home.seed,
        f"home {home.seed}",
    )


def _planes(space: Space) -> tuple[int, int, int, int, int, int]:
    x0, y0, x1, y1 = space.rect
    return x0, x1, y0, y1, 0, space.height


def _shell_quads(home: Home) -> list[Quad]:
    """All faces of rooms and door tunnels."""
    quads: list[Quad] = []
    for space, finish in zip(home.spaces, home.finishes, strict=True):
        quads += room_quads(space, finish)
    for door in home.layout.doors:
        quads += tunnel_quads(door, home.finishes[door.rooms[0]].floor)
    return quads


_RoomPart = tuple[int, BoxCm, int, int]  # room, box, surface, instance


def _plan(home: Home, palette: Palette) -> tuple[FloorPlan, list[_RoomPart]]:
    """The plan in metres, and every solid box with its room, surface and instance."""
    parts: list[_RoomPart] = []
    furniture = []
    instance = 0
    rooms = []
    windows = []
    for index, (kind, space, finish) in enumerate(
        zip(home.layout.kinds, home.spaces, home.finishes, strict=True)
    ):
        walls, floor, ceiling = (
            palette(name) for name in (finish.walls, finish.floor, finish.ceiling)
        )
        faces = (walls, walls, walls, walls, floor, ceiling)
        rooms.append(Room(kind, _box2(space.rect), space.height / 100, faces))
        windows += [
            Window(index, window[0], _box3(window_box(space.rect, window)))
            for window in space.windows
        ]
        for piece in space.pieces:
            instance += 1
            parts += _room_parts(index, piece.parts, palette, instance)
            boxes = tuple(_box3(box) for box, _ in piece.parts)
            furniture.append(
                Furniture(
                    piece.kind, index, _box3(piece.box), palette(piece.parts[0][1]), instance, boxes
                )
            )
    objects = []
    for source in home.sources:
        instance += 1
        parts += _room_parts(source.room, source.piece.parts, palette, instance)
        x, y, z = source.point
        point = (x / 100, y / 100, z / 100)
        box = _box3(source.piece.box)
        objects.append(SoundingObject(source.category, source.room, point, box, instance))
    doors = tuple(
        Door(door.rooms, _box2(door.rect), DOOR_HEIGHT / 100, door.axis)
        for door in home.layout.doors
    )
    plan = FloorPlan(tuple(rooms), doors, tuple(windows), tuple(furniture), tuple(objects))
    return plan, parts


def _room_parts(
    room: int, parts: tuple[Part, ...], palette: Palette, instance: int
) -> list[_RoomPart]:
    return [(room, box, palette(name), instance) for box, name in parts]


def _obstacles(home: Home) -> F64:
    """(K, 4) walls and footprints in metres."""
    rects = wall_rectangles(home.layout.rects, home.layout.doors)
    for space in home.spaces:
        rects += space.blockers
    return np.array(rects, np.float64) / 100.0


def _box2(rect: tuple[int, int, int, int]) -> Box2:
    return (rect[0] / 100, rect[1] / 100, rect[2] / 100, rect[3] / 100)


def _box3(box: BoxCm) -> Box3:
    a, b, c, d, e, f = box
    return (a / 100, b / 100, c / 100, d / 100, e / 100, f / 100)
