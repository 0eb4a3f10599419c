"""What a plan must obey before it is built: rooms apart, doors and windows in walls, ways free."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise

from ...interface import AGENT_HEIGHT, AGENT_RADIUS, SoundwalkError
from ..scene import blocks_agent
from .draft import UNIT, Body, DoorDraft, Draft, Rect, WindowDraft, spoken
from .shared import THICKEST, THINNEST

_LOWEST, _HIGHEST = UNIT * 3 // 2, 20 * UNIT  # heights of rooms
_LEAST = UNIT // 2  # metres of a box's sides
_FREE = round(2 * AGENT_RADIUS * UNIT)  # width that an agent needs before a door
_BEFORE = _FREE  # depth of the floor before a door that must let it through


def part_rooms(draft: Draft) -> None:
    """Check the rooms, before anything is put into them or their walls.

    Raises:
        SoundwalkError: a room that cannot be; the message says which, and what to change.
    """
    _check_rooms(draft)
    _check_apart(draft)
    _check_pieces_of_rooms(draft)


def obey(draft: Draft) -> None:
    """Check everything else.

    Raises:
        SoundwalkError: something in it cannot be; the message says what, and what to change.
    """
    for door in draft.doors:
        _check_door(draft, door)
    _check_openings(draft)
    _check_ways(draft)
    for window in draft.windows:
        _check_window(draft, window)
    for body in (*draft.furniture, *draft.objects):
        _check_inside(draft, body)
    for thing in draft.objects:
        _check_sounding(draft, thing)
    for door in draft.doors:
        _check_free(draft, door)
    for name in _materials(draft):
        draft.surface(name)


def _materials(draft: Draft) -> Iterator[str]:
    """The name of every material that is used."""
    for room in draft.rooms:
        yield from room.faces
    for body in (*draft.furniture, *draft.objects):
        yield from (name for _, name in body.parts)
    yield from (door.leaf for door in draft.doors if door.leaf)


def _check_rooms(draft: Draft) -> None:
    for room in draft.rooms:
        if not _LOWEST <= room.height <= _HIGHEST:
            raise SoundwalkError(
                f"room {room.name!r} is {room.height / UNIT:g} m high: expected 1.5 to 20 metres"
            )
        for x0, y0, x1, y1 in room.rects:
            if min(x1 - x0, y1 - y0) < _LEAST:
                raise SoundwalkError(
                    f"room {room.name!r} has a box of {(x1 - x0) / UNIT:g} m x "
                    f"{(y1 - y0) / UNIT:g} m: expected sides of at least 0.5 metres"
                )


def _check_apart(draft: Draft) -> None:
    """Boxes do not overlap, and those of different rooms leave space for a wall."""
    for i, (room, a) in enumerate(draft.boxes):
        for other, b in draft.boxes[:i]:
            gaps = [max(a[k] - b[k + 2], b[k] - a[k + 2]) for k in (0, 1)]
            names = f"rooms {draft.rooms[other].name!r} and {draft.rooms[room].name!r}"
            if max(gaps) < 0:
                both = (max(a[0], b[0]), max(a[1], b[1]), min(a[2], b[2]), min(a[3], b[3]))
                which = f"two boxes of {draft.rooms[room].name!r}" if room == other else names
                raise SoundwalkError(f"{which} overlap in {spoken(both)}: boxes may only touch")
            if room != other and max(gaps) < THINNEST:
                raise SoundwalkError(
                    f"{names} are {max(gaps) / UNIT:g} m apart: boxes are the inner faces of "
                    f"walls, so leave at least {THINNEST / UNIT:g} m, 0.1 m as a rule, or make one "
                    "room of them by 'boxes'"
                )


def _check_pieces_of_rooms(draft: Draft) -> None:
    """Boxes of one room hang together."""
    for room in draft.rooms:
        reached = [room.rects[0]]
        for box in reached:
            reached += [r for r in room.rects if r not in reached and _touch(box, r)]
        for rect in room.rects:
            if rect not in reached:
                raise SoundwalkError(
                    f"room {room.name!r}: its box {spoken(rect)} touches none of those that hang "
                    "together with the first one"
                )


def _touch(a: Rect, b: Rect) -> bool:
    """Whether two boxes share a stretch of a side."""
    gaps = [max(a[k] - b[k + 2], b[k] - a[k + 2]) for k in (0, 1)]
    return max(gaps) == 0 and min(gaps) < 0


def _check_door(draft: Draft, door: DoorDraft) -> None:
    width = door.rect[3 - door.axis] - door.rect[1 - door.axis]
    low = min(draft.room_of(box).height for box in door.boxes)
    if door.height > low:
        raise SoundwalkError(
            f"{door.where} is {door.height / UNIT:g} m high, its lower room {low / UNIT:g} m: make "
            "the door lower"
        )
    if width < _FREE + UNIT // 10 or door.height < AGENT_HEIGHT * UNIT:
        raise SoundwalkError(
            f"{door.where} is {width / UNIT:g} m wide and {door.height / UNIT:g} m high: an agent "
            f"needs {(_FREE + UNIT // 10) / UNIT:g} m and {AGENT_HEIGHT:g} m"
        )


def _check_openings(draft: Draft) -> None:
    """Doors and windows in the same wall do not overlap."""
    spans: dict[tuple[int, int], list[tuple[int, int, str]]] = {}
    for door in draft.doors:
        for box, side in zip(door.boxes, (2 * door.axis + 1, 2 * door.axis), strict=True):
            start = draft.boxes[box][1][1 - door.axis]
            low, high = door.rect[1 - door.axis] - start, door.rect[3 - door.axis] - start
            spans.setdefault((box, side), []).append((low, high, door.where))
    for window in draft.windows:
        key = (window.box, window.side)
        spans.setdefault(key, []).append((window.low, window.high, window.where))
    for openings in spans.values():
        openings.sort()
        for (_, high, first), (low, _, second) in pairwise(openings):
            if low < high:
                raise SoundwalkError(f"{first} and {second} overlap: move one of them")


def _check_ways(draft: Draft) -> None:
    """Every room has a door, and all hang together, be doors open or closed."""
    reached = {0}
    pairs = [{draft.boxes[a][0], draft.boxes[b][0]} for a, b in (d.boxes for d in draft.doors)]
    for _ in draft.rooms:
        reached |= {room for pair in pairs if reached & pair for room in pair}
    for number, room in enumerate(draft.rooms):
        if number not in reached:
            raise SoundwalkError(
                f"no door leads from {draft.rooms[0].name!r} to room {room.name!r}: give it one in "
                "'doors', closed if it is to be"
            )


def _check_window(draft: Draft, window: WindowDraft) -> None:
    room, rect = draft.room_of(window.box), draft.boxes[window.box][1]
    axis = window.side // 2
    length = rect[3 - axis] - rect[1 - axis]
    if window.low < 0 or window.high > length or window.top > room.height:
        raise SoundwalkError(
            f"{window.where} reaches past its wall, which is {length / UNIT:g} m long and "
            f"{room.height / UNIT:g} m high"
        )
    outside = list(rect)
    outside[axis + 2 * (window.side % 2)] += THICKEST * (1 if window.side % 2 else -1)
    outside[1 - axis] = rect[1 - axis] + window.low
    outside[3 - axis] = rect[1 - axis] + window.high
    for index, (_, other) in enumerate(draft.boxes):
        if index != window.box and _overlap(other, (*outside,)):  # type: ignore[arg-type]
            raise SoundwalkError(
                f"{window.where} looks into room {draft.room_of(index).name!r}: windows are in "
                "outer walls, openings between rooms are doors"
            )


def _overlap(a: Rect, b: Rect) -> bool:
    return a[0] < b[2] and b[0] < a[2] and a[1] < b[3] and b[1] < a[3]


def _check_inside(draft: Draft, body: Body) -> None:
    """Every part lies in one room, below its ceiling."""
    where = f"{body.where}, {spoken(body.rect)},"
    holders = [
        room
        for room in draft.rooms
        if any(_overlap(rect, body.rect) or _within(rect, body.rect) for rect in room.rects)
    ]
    if not holders:
        raise SoundwalkError(
            f"{where} stands outside all rooms: `at` and boxes are metres in the plan's own axes"
        )
    room = holders[0]
    for (x0, y0, z0, x1, y1, z1), _ in body.parts:
        covered = sum(
            max(0, min(x1, r[2]) - max(x0, r[0])) * max(0, min(y1, r[3]) - max(y0, r[1]))
            for r in room.rects
        )
        if covered < (x1 - x0) * (y1 - y0):
            raise SoundwalkError(
                f"{where} reaches out of room {room.name!r}, "
                f"{'; '.join(spoken(rect) for rect in room.rects)}: move it"
            )
        if z0 < 0 or z1 > room.height:
            raise SoundwalkError(
                f"{where} reaches from {z0 / UNIT:g} to {z1 / UNIT:g} m above the floor: the room "
                f"is {room.height / UNIT:g} m high"
            )


def _within(rect: Rect, small: Rect) -> bool:
    """Whether a rectangle, which may be a point, lies in another one."""
    return (
        rect[0] <= small[0] and small[2] <= rect[2] and rect[1] <= small[1] and small[3] <= rect[3]
    )


def _check_sounding(draft: Draft, thing: Body) -> None:
    """Sound leaves a thing in the air of a room: not in a solid, nor in a wall."""
    assert thing.point is not None
    x, y, z = thing.point
    for body in (*draft.furniture, *draft.objects):
        for (x0, y0, z0, x1, y1, z1), _ in body.parts:
            if x0 < x < x1 and y0 < y < y1 and z0 < z < z1:
                raise SoundwalkError(
                    f"{thing.where}: its sound would leave it inside {body.where}: move it"
                )
    rooms = [room for room in draft.rooms if any(_within(r, (x, y, x, y)) for r in room.rects)]
    if not rooms or not 0 < z < rooms[0].height:
        raise SoundwalkError(
            f"{thing.where}: its sound would leave it at ({x / UNIT:g}, {y / UNIT:g}, "
            f"{z / UNIT:g}), inside a wall, floor or ceiling: move it"
        )


def _check_free(draft: Draft, door: DoorDraft) -> None:
    """Before an open door an agent has room to pass."""
    if not door.open:
        return
    axis, across = door.axis, 1 - door.axis
    a, b = door.rect[across], door.rect[across + 2]
    for edge, beyond in (
        (door.rect[axis] - _BEFORE, door.rect[axis]),
        (door.rect[axis + 2], door.rect[axis + 2] + _BEFORE),
    ):
        zone = (edge, a, beyond, b) if axis == 0 else (a, edge, b, beyond)
        taken = [
            (max(a, rect[across]), min(b, rect[across + 2]), body.where)
            for body in (*draft.furniture, *draft.objects)
            for rect in _in_the_way(body)
            if _overlap(rect, zone)
        ]
        if taken and _widest(a, b, sorted(taken)) < _FREE:
            raise SoundwalkError(
                f"{taken[0][2]} blocks {door.where}: leave {_FREE / UNIT:g} m of its width free, "
                "or close the door"
            )


def _in_the_way(body: Body) -> Iterator[Rect]:
    """What of a body stops an agent, seen from above."""
    for box, _ in body.parts:
        x0, y0, z0, x1, y1, z1 = (value / UNIT for value in box)
        if blocks_agent((x0, y0, z0, x1, y1, z1)):
            yield box[0], box[1], box[3], box[4]


def _widest(low: int, high: int, taken: list[tuple[int, int, str]]) -> int:
    """The widest free stretch between low and high."""
    widest, position = 0, low
    for start, stop, _ in [*taken, (high, high, "")]:
        widest, position = max(widest, start - position), max(position, stop)
    return widest
