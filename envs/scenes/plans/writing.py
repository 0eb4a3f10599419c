"""From a scene to a plan.json: what the format can say of it, and a refusal where it cannot."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from ...interface import SoundwalkError
from ..chambers import Chambers
from ..materials import material
from ..quads import face_of
from ..scene import TEXTURES, Box3, Door, Furniture, Scene, SoundingObject, Surface, Window
from .building import build
from .draft import UNIT, Body, Part, metres
from .laws import obey
from .placing import SOUNDING, sounding
from .reading import drafted

_FACINGS = ("north", "west", "south", "east")
_SIDES = ("west", "east", "south", "north")
_Face = tuple[int, ...]  # instance, and the corners of a flat box in whole units


def save_plan(scene: Scene, path: str | Path) -> None:
    """Write a home as plan.json, first aside, then renamed.

    Of generated homes, shoeboxes, joined rooms and plans nothing is lost but the seed, names of
    rooms, and what no eye or ear could tell: the order of obstacles, and obstacles that lie wholly
    inside another one. Objects that are not built as `CATEGORIES` are become boxes.

    Args:
        scene: a home made of boxes.
        path: where; its folder must exist.

    Raises:
        SoundwalkError: the format cannot say it: a mesh or a map, rooms that are joined otherwise
            than along the whole stretch they share, and what a plan may not hold.
    """
    target = Path(path)
    if not target.parent.is_dir():
        raise SoundwalkError(f"the folder {str(target.parent)!r} does not exist: create it first")
    if scene.free is not None:
        raise SoundwalkError(
            f"{scene.name!r} is not made of boxes alone: plan.json holds homes that are; save it "
            "with soundwalk.envs.scenes.save"
        )
    values = described(scene)
    try:
        draft = drafted(values, scene.name, "the plan")
        obey(draft)
        again = build(draft)
    except SoundwalkError as error:
        raise SoundwalkError(f"plan.json cannot say what {scene.name!r} is: {error}") from None
    if _shape(again) != _shape(scene):
        raise SoundwalkError(
            f"plan.json cannot say what {scene.name!r} is: boxes of a room are joined along all "
            "that they share, and have one height and the same materials"
        )
    aside = target.with_name(target.name + ".partial")
    aside.write_text(_text(values), encoding="utf-8")
    aside.replace(target)


def described(scene: Scene) -> dict[str, Any]:
    """The values of a scene's plan."""
    plan, chambers = scene.plan, Chambers(scene.plan)
    names, own = _materials(scene)
    rooms = _names([plan.rooms[first].kind for first in dict.fromkeys(chambers.of)])
    called = dict(zip(dict.fromkeys(chambers.of), rooms, strict=True))
    seen = _seen(scene)
    values: dict[str, Any] = {"version": 1, "name": scene.name}
    if own:
        values["materials"] = own
    values["rooms"] = [_room(scene, chambers, first, names, called) for first in called]
    values["doors"] = [
        _door(door, [called[chambers.of[room]] for room in door.rooms], names)
        for door in plan.doors
        if door.thickness > 0.0
    ]
    values["windows"] = [_window(w, called[chambers.of[w.room]]) for w in plan.windows]
    values["furniture"] = [_piece(piece, seen, names) for piece in plan.furniture]
    values["objects"] = [_object(scene, thing, seen, names) for thing in plan.objects]
    return {key: value for key, value in values.items() if value != []}


def _shape(scene: Scene) -> list[Any]:
    """What must come back: the boxes of rooms and all openings."""
    chambers = Chambers(scene.plan)
    order = sorted(range(len(chambers.of)), key=lambda i: (chambers.of[i], i))
    rooms = [scene.plan.rooms[i] for i in order]
    look = [[_own(scene.surfaces[s]) for s in room.surfaces] for room in rooms]
    doors = sorted(
        (sorted(order.index(room) for room in d.rooms), d.box, d.height, d.axis, d.open)
        for d in scene.plan.doors
    )
    return [[(room.kind, room.box, room.height) for room in rooms], look, doors]


def _materials(scene: Scene) -> tuple[list[str], dict[str, Any]]:
    """Names of a scene's surfaces, and those that only this scene knows."""
    names, own = list[str](), dict[str, Any]()
    for surface in scene.surfaces:
        name = surface.name
        try:
            known = material(name) == surface
        except SoundwalkError:
            known = False
        if not known:
            while name in own or _is_known(name):
                name += "_"
            own[name] = _own(surface)
        names.append(name)
    return names, own


def _is_known(name: str) -> bool:
    try:
        material(name)
    except SoundwalkError:
        return False
    return True


def _own(surface: Surface) -> dict[str, Any]:
    return {
        "absorption": list(surface.absorption),
        "scattering": list(surface.scattering),
        "transmission": list(surface.transmission),
        "colour": list(surface.colour),
        "texture": TEXTURES[surface.texture],
    }


def _names(kinds: list[str]) -> list[str]:
    """A name for each room: its kind, with a number from the second on."""
    names = list[str]()
    for index, kind in enumerate(kinds):
        before = kinds[:index].count(kind)
        names.append(kind if before == 0 else f"{kind} {before + 1}")
    return names


def _room(
    scene: Scene, chambers: Chambers, first: int, names: list[str], called: dict[int, str]
) -> dict[str, Any]:
    plan = scene.plan
    boxes = [list(plan.rooms[i].box) for i, owner in enumerate(chambers.of) if owner == first]
    room = plan.rooms[first]
    faces = [names[surface] for surface in room.surfaces]
    walls: Any = faces[0] if len(set(faces[:4])) == 1 else dict(zip(_SIDES, faces, strict=False))
    shape = {"box": boxes[0]} if len(boxes) == 1 else {"boxes": boxes}
    name = {} if called[first] == room.kind else {"name": called[first]}
    return {
        **name, "kind": room.kind, **shape, "height": room.height, "walls": walls,
        "floor": faces[4], "ceiling": faces[5],
    }  # fmt: skip


def _door(door: Door, rooms: list[str], names: list[str]) -> dict[str, Any]:
    x0, y0, x1, y1 = door.box
    leaf = {} if door.leaf < 0 else {"leaf": names[door.leaf]}
    return {
        "between": rooms, "at": _tidy((x0 + x1) / 2, (y0 + y1) / 2), "width": _tidy(door.width)[0],
        "height": door.height, "open": door.open, **leaf,
    }  # fmt: skip


def _window(window: Window, room: str) -> dict[str, Any]:
    x0, y0, z0, x1, y1, z1 = window.box
    width = y1 - y0 if window.face < 2 else x1 - x0
    return {
        "room": room, "at": _tidy((x0 + x1) / 2, (y0 + y1) / 2), "width": _tidy(width)[0],
        "sill": z0, "top": z1,
    }  # fmt: skip


def _tidy(*values: float) -> list[float]:
    """Without what floating point adds."""
    return [metres(round(value * UNIT)) for value in values]


def _seen(scene: Scene) -> dict[_Face, int]:
    """Surfaces of all faces of furniture and objects, by instance and corners."""
    shown = np.flatnonzero(scene.instance)
    corners = scene.triangles[shown].astype(np.float64)
    boxes = np.rint(np.concatenate([corners.min(1), corners.max(1)], 1) * UNIT).astype(int)
    keys = np.concatenate([scene.instance[shown, None], boxes], 1).tolist()
    return dict(zip(map(tuple, keys), scene.surface[shown].tolist(), strict=True))


def _piece(piece: Furniture, seen: dict[_Face, int], names: list[str]) -> dict[str, Any]:
    """A piece as its boxes; what shows nowhere is of the piece's main material."""

    def made_of(part: Box3) -> str:
        for direction in range(6):
            flat = [round(value * UNIT) for value in face_of(part, direction)]
            surface = seen.get((piece.instance, *flat))
            if surface is not None:
                return names[surface]
        return names[piece.surface]

    parts = [{"box": list(part), "material": made_of(part)} for part in piece.parts]
    return {"kind": piece.kind, **(parts[0] if len(parts) == 1 else {"parts": parts})}


def _object(
    scene: Scene, thing: SoundingObject, seen: dict[_Face, int], names: list[str]
) -> dict[str, Any]:
    """An object as what it is, in its place; or as a box that sounds."""
    entry: dict[str, Any] = {"category": thing.category}
    fitting = [(_shown(body.parts, thing.instance, seen), known) for known, body in _likely(thing)]
    if fitting:
        return max(fitting, key=lambda pair: pair[0])[1]
    entry["position"] = list(thing.position)
    mine = scene.surface[scene.instance == thing.instance].tolist()
    if mine:
        main = Counter(mine).most_common(1)[0][0]
        entry["parts"] = [{"box": list(thing.box), "material": names[main]}]
    return entry


def _likely(thing: SoundingObject) -> Iterator[tuple[dict[str, Any], Body]]:
    """Entries that place a body of that category where the object is."""
    x0, y0, z0, x1, y1, _ = thing.box
    middle = ((x0 + x1) / 2, (y0 + y1) / 2)
    backs = ((middle[0], y0), (x1, middle[1]), (middle[0], y1), (x0, middle[1]))
    low = min(box[2] for box, _ in SOUNDING[thing.category].parts) / 100
    for facing, back in zip(_FACINGS, backs, strict=True):
        at = _tidy(*back, z0 - low)
        tried = {"category": thing.category, "at": at, "facing": facing}
        body = sounding(tried, "")
        corners = np.array([box for box, _ in body.parts]) / UNIT
        same = np.allclose((*corners[:, :3].min(0), *corners[:, 3:].max(0)), thing.box, atol=1e-4)
        if same and np.allclose(np.array(body.point) / UNIT, thing.position, atol=1e-4):
            yield tried, body


def _shown(parts: Sequence[Part], instance: int, seen: dict[_Face, int]) -> int:
    """How many faces of boxes are seen where they should be."""
    faces = [face_of(box, side) for box, _ in parts for side in range(6)]
    return sum((instance, *face) in seen for face in faces)


def _text(values: dict[str, Any]) -> str:
    """JSON with a line for each entry."""
    lines = []
    for key, value in values.items():
        if isinstance(value, list):
            entries = ",\n".join(f"    {json.dumps(entry)}" for entry in value)
            lines.append(f"  {json.dumps(key)}: [\n{entries}\n  ]")
        else:
            lines.append(f"  {json.dumps(key)}: {json.dumps(value)}")
    return "{\n" + ",\n".join(lines) + "\n}\n"
