"""From the text of a plan.json to a draft: names resolved, defaults filled in, lengths checked."""

from __future__ import annotations

import json
from collections import Counter
from pathlib import Path
from typing import Any

from ...interface import SoundwalkError, unknown
from ..materials import SMOOTH, uniform
from ..scene import OCTAVES, TEXTURES, Surface
from .draft import UNIT, Body, DoorDraft, Draft, RoomDraft, WindowDraft, rect_units, units
from .laws import part_rooms
from .placing import furniture, sounding
from .schema import check
from .shared import Wall, doorway, nearest_side, shared_walls

HEIGHT, DOOR, SILL, TOP = 2.6, (0.9, 2.05), 0.9, 2.1  # metres, of what does not say
FACES = {"walls": "wall_white", "floor": "floor_oak", "ceiling": "ceiling"}
_SIDES = ("west", "east", "south", "north")


def read(path: Path) -> Draft:
    """A plan from its file.

    Raises:
        SoundwalkError: no such file, not JSON, or it does not say what the format wants; the
            message says where.
    """
    if not path.is_file():
        raise SoundwalkError(f"there is no plan at {str(path)!r}")
    try:
        text = path.read_text(encoding="utf-8")
        values = json.loads(text, object_pairs_hook=_once, parse_constant=_no_number)
    except (json.JSONDecodeError, UnicodeDecodeError) as error:
        raise SoundwalkError(
            f"{str(path)!r} is not JSON ({error}): expected a plan, as docs/elsewhere.md describes"
        ) from None
    return drafted(values, path.stem, str(path))


def drafted(values: dict[str, Any], name: str, where: str) -> Draft:
    """A draft from the values of a plan.

    Raises:
        SoundwalkError: as `read`.
    """
    check(values, where)
    own = {key: _material(key, value, where) for key, value in values.get("materials", {}).items()}
    rooms = _rooms(values, where)
    draft = Draft(values.get("name", name), rooms, materials=own)
    part_rooms(draft)
    places = {room.name: _boxes(draft, i) for i, room in enumerate(rooms)}
    doors = tuple(_door(entry, places, i) for i, entry in enumerate(values.get("doors", ())))
    panes = tuple(_window(entry, places, i) for i, entry in enumerate(values.get("windows", ())))
    pieces = list[Body]()
    for i, entry in enumerate(values.get("furniture", ())):
        pieces += furniture(entry, f"furniture[{i}] ({entry.get('kit') or entry.get('kind', '?')})")
    things = [
        sounding(entry, f"objects[{i}] ({entry['category']})")
        for i, entry in enumerate(values.get("objects", ()))
    ]
    return Draft(draft.name, rooms, doors, panes, tuple(pieces), tuple(things), own)


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """A JSON object, each key of which may be there once."""
    twice = [key for key, count in Counter(key for key, _ in pairs).items() if count > 1]
    if twice:
        raise SoundwalkError(f"the key {twice[0]!r} is there twice in one object: remove one")
    return dict(pairs)


def _no_number(text: str) -> float:
    raise SoundwalkError(f"the plan holds {text}: expected a finite number")


def _boxes(draft: Draft, room: int) -> dict[int, tuple[int, int, int, int]]:
    return {i: rect for i, (owner, rect) in enumerate(draft.boxes) if owner == room}


def _material(name: str, entry: dict[str, Any], where: str) -> Surface:
    """A material of the plan's own."""

    def octaves(key: str, default: tuple[float, ...]) -> tuple[float, ...]:
        value = entry.get(key, default)
        return tuple(value) if isinstance(value, list | tuple) else (float(value),) * len(OCTAVES)

    plain = uniform(name, (0.0,), SMOOTH)
    colour = entry.get("colour", plain.colour)
    try:
        return Surface(
            name,
            octaves("absorption", ()),
            octaves("scattering", SMOOTH),
            (colour[0], colour[1], colour[2]),
            TEXTURES.index(entry["texture"]) if "texture" in entry else plain.texture,
            octaves("transmission", (0.0,) * len(OCTAVES)),
        )
    except SoundwalkError as error:
        raise SoundwalkError(f"{where}, materials: {error}") from None


def _rooms(values: dict[str, Any], where: str) -> tuple[RoomDraft, ...]:
    common = {**FACES, **{key: values[key] for key in FACES if key in values}}
    rooms = []
    for i, entry in enumerate(values["rooms"]):
        name = entry.get("name", entry["kind"])
        spot = f"rooms[{i}] ({name})"
        if ("box" in entry) == ("boxes" in entry):
            raise SoundwalkError(f"{spot}: expected either 'box' or 'boxes'")
        boxes = [entry["box"]] if "box" in entry else entry["boxes"]
        rects = tuple(rect_units(box, f"{spot}, box {n}") for n, box in enumerate(boxes))
        height = units(entry.get("height", values.get("height", HEIGHT)), f"{spot}, height")
        rooms.append(RoomDraft(name, entry["kind"], rects, height, _faces(common, entry)))
    for name, count in Counter(room.name for room in rooms).items():
        if count > 1:
            raise SoundwalkError(
                f"{where}: {count} rooms are called {name!r}: give them different names by 'name'"
            )
    return tuple(rooms)


def _faces(common: dict[str, Any], entry: dict[str, Any]) -> tuple[str, ...]:
    """What the six faces of a room are made of."""

    def wall(side: str) -> str:
        for walls in (entry.get("walls", {}), common["walls"]):
            if isinstance(walls, str):
                return walls
            if side in walls:
                return str(walls[side])
        return FACES["walls"]

    flat = [str(entry.get(key, common[key])) for key in ("floor", "ceiling")]
    return (*map(wall, _SIDES), *flat)


def _named(places: dict[str, Any], name: str, where: str) -> dict[int, tuple[int, int, int, int]]:
    if name not in places:
        raise unknown(f"room in {where}", name, places)
    found: dict[int, tuple[int, int, int, int]] = places[name]
    return found


def _at(entry: dict[str, Any], where: str) -> tuple[int, int]:
    x, y = (units(value, f"{where}, at") for value in entry["at"][:2])
    return x, y


def _door(entry: dict[str, Any], places: dict[str, Any], number: int) -> DoorDraft:
    first, second = entry["between"]
    where = f"doors[{number}] between {first!r} and {second!r}"
    if first == second:
        raise SoundwalkError(f"{where}: a door joins two rooms; boxes of one room join themselves")
    width = units(entry.get("width", DOOR[0]), f"{where}, width")
    height = units(entry.get("height", DOOR[1]), f"{where}, height")
    walls: list[Wall] = shared_walls(_named(places, first, where), _named(places, second, where))
    (low, high, axis, _), rect = doorway(walls, _at(entry, where), width, where)
    return DoorDraft(
        where, (low, high), rect, axis, height, entry.get("open", True),
        entry.get("leaf", ""),
    )  # fmt: skip


def _window(entry: dict[str, Any], places: dict[str, Any], number: int) -> WindowDraft:
    where = f"windows[{number}] of {entry['room']!r}"
    boxes = _named(places, entry["room"], where)
    at = _at(entry, where)
    box, side = nearest_side(boxes, at, where)
    width = units(entry["width"], f"{where}, width")
    sill = units(entry.get("sill", SILL), f"{where}, sill")
    top = units(entry.get("top", TOP), f"{where}, top")
    if top - sill < UNIT // 5 or width < UNIT // 5:
        raise SoundwalkError(
            f"{where} is {width / UNIT:g} m wide and {(top - sill) / UNIT:g} m high (top less "
            "sill): expected at least 0.2 m of both"
        )
    across = 1 - side // 2
    low = at[across] - width // 2 - boxes[box][across]
    return WindowDraft(where, box, side, low, low + width, sill, top)
