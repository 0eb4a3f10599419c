"""From a draft to a scene, by what generated homes are made of."""

from __future__ import annotations

import numpy as np

from ...interface import AGENT_HEIGHT, F64
from ..doors import DoorCm
from ..faces import Around, Palette, triangulated
from ..joined import joints
from ..leaves import set_doors
from ..scene import Box2, Box3, Door, FloorPlan, Furniture, Room, Scene, SoundingObject, Window
from ..shell import OUTER_CM, Hole, Quad, box_quads, tunnel_quads, wall_rectangles, window_box
from .draft import UNIT, Body, Draft, Rect, Solid

_CM = UNIT // 100
_FRAME = 6 * _CM  # of windows
_BEYOND = 1000 * UNIT  # a plane against which nothing lies
_LOW = 5 * _CM  # what ends below does not stop an agent
_Joint = tuple[tuple[int, int], Rect, int]  # boxes, lower first, the stretch they share, axis


def build(draft: Draft) -> Scene:
    """The scene of a draft that obeys the laws."""
    palette = Palette()
    inner = _joints(draft)
    shell = _shell(draft, inner)
    for quad in shell:
        palette(quad[2])
    plan, rooms = _plan(draft, inner, palette)
    triangles, surface, instance = triangulated(shell, rooms, palette, UNIT)
    scene = Scene(
        triangles,
        surface,
        instance,
        tuple(draft.surface(name) for name in palette.names),
        plan,
        _obstacles(draft),
        name=draft.name,
    )
    standing = [door.open for door in draft.doors] + [True] * len(inner)
    return scene if all(standing) else set_doors(scene, standing)


def _joints(draft: Draft) -> list[_Joint]:
    """Where boxes of one room touch."""
    found: list[_Joint] = []
    first = 0
    for room in draft.rooms:
        for (a, b), stretch, axis in joints(list(room.rects)):
            found.append(((first + a, first + b), stretch, axis))
        first += len(room.rects)
    return found


def _shell(draft: Draft, inner: list[_Joint]) -> list[Quad]:
    """All faces of rooms and door tunnels."""
    holes: list[list[list[Hole]]] = [[[], [], [], []] for _ in draft.boxes]

    def cut(boxes: tuple[int, int], rect: Rect, axis: int, height: int) -> None:
        for box, side in zip(boxes, (2 * axis + 1, 2 * axis), strict=True):
            start = draft.boxes[box][1][1 - axis]
            low, high = rect[1 - axis] - start, rect[3 - axis] - start
            holes[box][side].append(Hole(low, high, 0, height))

    for door in draft.doors:
        cut(door.boxes, door.rect, door.axis, door.height)
    for boxes, stretch, axis in inner:
        cut(boxes, stretch, axis, draft.room_of(boxes[0]).height)
    for pane in draft.windows:
        hole = Hole(pane.low, pane.high, pane.sill, pane.top, glazed=True)
        holes[pane.box][pane.side].append(hole)
    quads: list[Quad] = []
    for index, (_, rect) in enumerate(draft.boxes):
        room = draft.room_of(index)
        quads += box_quads(rect, room.height, holes[index], room.faces, _FRAME)
    for door in draft.doors:
        floor = draft.room_of(door.boxes[0]).faces[4]
        quads += tunnel_quads(DoorCm(door.boxes, door.rect, door.axis), floor, door.height)
    return quads


def _plan(draft: Draft, inner: list[_Joint], palette: Palette) -> tuple[FloorPlan, list[Around]]:
    """The plan in metres, and the solids of each room with the planes that hide their faces."""
    rooms, furniture, objects = list[Room](), list[Furniture](), list[SoundingObject]()
    around: list[Around] = [(_planes(draft, i), []) for i in range(len(draft.rooms))]
    count = 0

    def placed(body: Body, box: int) -> tuple[Box3, ...]:
        solids: list[tuple[Solid, int, int]] = [(b, palette(m), count) for b, m in body.parts]
        around[draft.boxes[box][0]][1].extend(solids)  # type: ignore[attr-defined]
        return tuple(_box3(solid) for solid, _, _ in solids)

    where = [_box_of(draft, body) for body in draft.furniture]
    for index, (_, rect) in enumerate(draft.boxes):
        room = draft.room_of(index)
        west, east, south, north, floor, ceiling = (palette(name) for name in room.faces)
        faces = (west, east, south, north, floor, ceiling)
        rooms.append(Room(room.kind, _box2(rect), room.height / UNIT, faces))
        for body in (b for b, box in zip(draft.furniture, where, strict=True) if box == index):
            count += 1
            parts = placed(body, index)
            main = palette(body.parts[0][1])
            furniture.append(Furniture(body.kind, index, _around(parts), main, count, parts))
    for thing in draft.objects:
        count += 1
        box = _box_of(draft, thing)
        x, y, z = (value / UNIT for value in thing.point or (0, 0, 0))
        body_box = _around(placed(thing, box)) if thing.parts else (x, y, z, x, y, z)
        objects.append(SoundingObject(thing.kind, box, (x, y, z), body_box, count))
    doors = [
        Door(
            d.boxes, _box2(d.rect), d.height / UNIT, d.axis,
            leaf=palette(d.leaf or "door_leaf") if d.leaf or not d.open else -1,
        )
        for d in draft.doors
    ]  # fmt: skip
    doors += [
        Door(boxes, _box2(stretch), draft.room_of(boxes[0]).height / UNIT, axis)
        for boxes, stretch, axis in inner
    ]
    windows = [
        Window(
            w.box, w.side,
            _box3(window_box(draft.boxes[w.box][1], (w.side, w.low, w.high, w.sill, w.top))),
        )
        for w in draft.windows
    ]  # fmt: skip
    plan = FloorPlan(tuple(rooms), tuple(doors), tuple(windows), tuple(furniture), tuple(objects))
    return plan, around


def _planes(draft: Draft, room: int) -> tuple[int, ...]:
    """The planes that solids of a room lie flat against; of several boxes only floor and roof."""
    made = draft.rooms[room]
    if len(made.rects) > 1:
        return (-_BEYOND, _BEYOND, -_BEYOND, _BEYOND, 0, made.height)
    x0, y0, x1, y1 = made.rects[0]
    return (x0, x1, y0, y1, 0, made.height)


def _box_of(draft: Draft, body: Body) -> int:
    """The box of a room in which most of a body lies, or the point that it sounds from."""
    a, b, c, d = body.rect

    def held(rect: Rect) -> tuple[int, int]:
        wide, deep = min(c, rect[2]) - max(a, rect[0]), min(d, rect[3]) - max(b, rect[1])
        return max(wide, 0) * max(deep, 0), min(wide, deep)

    return max(range(len(draft.boxes)), key=lambda i: held(draft.boxes[i][1]))


def _obstacles(draft: Draft) -> F64:
    """(K, 4) walls, and footprints of what stands in an agent's way, in metres."""
    rects = [rect for _, rect in draft.boxes]
    doors = tuple(DoorCm(door.boxes, door.rect, door.axis) for door in draft.doors)
    walls = wall_rectangles(tuple(rects), doors, OUTER_CM * _CM)
    prints: list[Rect] = []
    for body in (*draft.furniture, *draft.objects):
        low = [b for b, _ in body.parts if b[2] < AGENT_HEIGHT * UNIT and b[5] > _LOW]
        if low:
            x0, y0, _, x1, y1, _ = zip(*low, strict=True)
            one = (min(x0), min(y0), max(x1), max(y1))
            if not any(_holds(other, one) for other in prints):
                prints.append(one)
    return np.array(walls + prints, np.float64) / UNIT


def _holds(large: Rect, small: Rect) -> bool:
    low = large[0] <= small[0] and large[1] <= small[1]
    return low and small[2] <= large[2] and small[3] <= large[3]


def _around(boxes: tuple[Box3, ...]) -> Box3:
    """The smallest box around all."""
    x0, y0, z0, x1, y1, z1 = zip(*boxes, strict=True)
    return min(x0), min(y0), min(z0), max(x1), max(y1), max(z1)


def _box2(rect: Rect) -> Box2:
    return (rect[0] / UNIT, rect[1] / UNIT, rect[2] / UNIT, rect[3] / UNIT)


def _box3(solid: Solid) -> Box3:
    a, b, c, d, e, f = solid
    return (a / UNIT, b / UNIT, c / UNIT, d / UNIT, e / UNIT, f / UNIT)
