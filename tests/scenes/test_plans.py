"""plan.json: homes that people write down, and what is said of those that cannot be."""

from __future__ import annotations

import copy
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import shapely

from soundwalk.envs.interface import SoundwalkError
from soundwalk.envs.navigation import NavMap
from soundwalk.envs.scenes import Scene, generate, joined, set_doors, shoebox, surface
from soundwalk.envs.scenes.chambers import Chambers
from soundwalk.envs.scenes.materials import ABSORPTION
from soundwalk.envs.scenes.open import open_scene
from soundwalk.envs.scenes.plans import SCHEMA, load_plan, save_plan

from .scene_laws import check_rays, free_space

EXAMPLE = Path(__file__).parents[2] / "docs/examples/plan.json"

TWO: dict[str, Any] = {
    "rooms": [
        {"kind": "kitchen", "box": [0, 0, 4, 3]},
        {"kind": "hall", "box": [4.1, 0, 7, 3]},
    ],
    "doors": [{"between": ["kitchen", "hall"], "at": [4.05, 1.5]}],
}


def written(folder: Path, values: Any) -> Path:
    path = folder / "plan.json"
    path.write_text(values if isinstance(values, str) else json.dumps(values), encoding="utf-8")
    return path


def two(**more: Any) -> dict[str, Any]:
    return {**copy.deepcopy(TWO), **more}


def quads(scene: Scene) -> set[tuple[Any, ...]]:
    """Every triangle with its surface and instance, in whatever order."""
    corners = np.rint(scene.triangles * 1e4).astype(int).reshape(-1, 9).tolist()
    made_of = [scene.surfaces[index] for index in scene.surface]
    return {(*c, s, i) for c, s, i in zip(corners, made_of, scene.instance, strict=True)}


def rooms(scene: Scene) -> list[Any]:
    return [
        (room.kind, room.box, room.height, [scene.surfaces[face] for face in room.surfaces])
        for room in scene.plan.rooms
    ]


# A home that comes back


@pytest.mark.parametrize("seed", [2, 3, 5, 11, 23, 57])
def test_generated_homes_come_back_from_their_plans(tmp_path: Path, seed: int) -> None:
    """Every triangle, surface, room, door and object; and the same floor is free."""
    home = generate(seed, (1, 8))
    if home.plan.doors:
        home = set_doors(home, [index % 2 == 0 for index in range(len(home.plan.doors))])
    save_plan(home, tmp_path / "plan.json")
    again = load_plan(tmp_path / "plan.json")
    assert quads(again) == quads(home)
    assert len(again.triangles) == len(home.triangles)
    assert again.plan == home.plan
    assert free_space(again).symmetric_difference(free_space(home)).area < 1e-6
    assert (again.name, again.seed) == (home.name, -1)


@pytest.mark.parametrize(
    "scene",
    [
        shoebox((6, 5, 2.7), absorption=0.2),
        shoebox((6.123, 5.01, 2.7), materials=["brickwork"] * 4 + ["carpet_hairy", "ceiling"]),
        joined([(0, 0, 4, 3), (4, 0, 6, 6), (0, 3, 2, 5)], absorption=0.3, scattering=0.4),
    ],
    ids=lambda scene: scene.name,
)
def test_rooms_with_materials_of_their_own_come_back(tmp_path: Path, scene: Scene) -> None:
    save_plan(scene, tmp_path / "plan.json")
    again = load_plan(tmp_path / "plan.json")
    assert quads(again) == quads(scene)
    assert again.plan.doors == scene.plan.doors
    assert rooms(again) == rooms(scene)


def test_what_is_not_made_of_boxes_is_refused(tmp_path: Path) -> None:
    half = joined([(0, 0, 4, 3), (4, 0, 6, 6)])
    door = half.plan.doors[0]
    narrow = type(door)(door.rooms, (4.0, 0.0, 4.0, 1.0), door.height, door.axis)
    plan = type(half.plan)(half.plan.rooms, (narrow,))
    scene = Scene(half.triangles, half.surface, half.instance, half.surfaces, plan, half.obstacles)
    with pytest.raises(SoundwalkError, match=r"plan\.json cannot say what 'scene' is: boxes of a"):
        save_plan(scene, tmp_path / "plan.json")
    assert not list(tmp_path.iterdir())
    with pytest.raises(SoundwalkError, match="does not exist: create it first"):
        save_plan(half, tmp_path / "gone" / "plan.json")


# What a plan says


def test_the_example_of_the_docs_is_a_home_as_it_says() -> None:
    scene = open_scene(EXAMPLE)
    assert Chambers(scene.plan).count == 4
    assert [door.open for door in scene.plan.doors] == [True, True, True, False, True]
    assert {piece.kind for piece in scene.plan.furniture} >= {"sofa", "bed", "table", "bathtub"}
    assert [thing.category for thing in scene.plan.objects][-1] == "speech"
    nav = NavMap.from_scene(scene)
    for thing in scene.plan.objects:
        gap = nav.nearest_free(np.array(thing.position[:2])) - thing.position[:2]
        assert np.hypot(*gap) < 0.6
    assert nav.reachable([[1.2, 6.0], [3.8, 5.5], [6.0, 4.0], [7.0, 1.5]]).all()
    check_rays(scene, 300)


def test_the_short_plan_of_the_docs_is_a_home(tmp_path: Path) -> None:
    text = (EXAMPLE.parents[1] / "elsewhere.md").read_text(encoding="utf-8")
    scene = load_plan(written(tmp_path, text.split("```json\n")[1].split("```")[0]))
    assert Chambers(scene.plan).count == 2
    assert {piece.kind for piece in scene.plan.furniture} >= {"sofa", "table"}
    assert NavMap.from_scene(scene).reachable([[3.0, 0.5], [7.0, 6.0]]).all()


def test_every_key_of_the_schema_is_used_by_the_example_or_by_a_written_home(
    tmp_path: Path,
) -> None:
    """Written as an independent walk over the schema: what it allows is what the reader reads."""
    schema = json.loads(SCHEMA.read_text(encoding="utf-8"))
    save_plan(set_doors(generate(5, 3), [False] * 2), tmp_path / "plan.json")
    save_plan(joined([(0, 0, 4, 3), (4, 0, 6, 6)], absorption=0.2), tmp_path / "other.json")
    texts = [EXAMPLE.read_text(), *(f.read_text() for f in tmp_path.iterdir())]
    used = {key for text in texts for key in _keys(json.loads(text))}
    named = set(schema["properties"]) | {
        key for entry in schema["$defs"].values() for key in entry.get("properties", ())
    }
    assert named - used <= {
        "ceiling",
        "leaf",
        "sill",
        "top",
        "seed",
        "west",
        "east",
        "south",
        "name",
    }
    assert used - named <= {"cork", *(surface.name for surface in shoebox((1, 1, 2)).surfaces)}


def _keys(value: Any) -> set[str]:
    if isinstance(value, dict):
        return set(value).union(*(_keys(item) for item in value.values()))
    return set().union(*(_keys(item) for item in value)) if isinstance(value, list) else set()


def test_a_plan_of_two_boxes_has_the_walls_and_the_door_that_it_says(tmp_path: Path) -> None:
    values = two(height=3.0, walls={"west": "brickwork"}, floor="marble_floor")
    values["doors"][0].update(width=1.2, height=2.4)
    values["windows"] = [{"room": "hall", "at": [7, 1], "width": 1.0, "sill": 1.0, "top": 2.0}]
    scene = load_plan(written(tmp_path, values))
    kitchen, hall = scene.plan.rooms
    assert (kitchen.box, hall.box, hall.height) == ((0, 0, 4, 3), (4.1, 0, 7, 3), 3.0)
    faces = [scene.surfaces[face] for face in kitchen.surfaces]
    assert faces[0].absorption == faces[0].absorption == ABSORPTION["brickwork"]
    assert faces[1:4] == [surface("wall_white")] * 3
    assert (faces[4].absorption, faces[5]) == (ABSORPTION["marble_floor"], surface("ceiling"))
    (door,) = scene.plan.doors
    assert door.box == (4.0, 0.9, 4.1, 2.1)
    assert (door.rooms, door.height, door.axis, door.open) == ((0, 1), 2.4, 0, True)
    (window,) = scene.plan.windows
    assert window.box == (7.0, 0.5, 1.0, 7.0, 1.5, 2.0)
    check_rays(scene, 300)


@pytest.mark.parametrize("facing", ["north", "west", "south", "east"])
def test_a_piece_of_the_kit_stands_with_its_back_at_the_point_and_looks_where_it_says(
    tmp_path: Path, facing: str
) -> None:
    plan: dict[str, Any] = {"rooms": [{"kind": "office", "box": [0, 0, 6, 6]}]}
    plan["furniture"] = [{"kit": "wardrobe", "at": [3, 3], "facing": facing, "seed": 3}]
    (piece,) = load_plan(written(tmp_path, plan)).plan.furniture
    box = np.array(piece.box)
    outward = {"north": (0, 1), "south": (0, -1), "east": (1, 0), "west": (-1, 0)}[facing]
    depth, width = 0.6, np.ptp(box.reshape(2, 3)[:, :2], axis=0).max()
    middle = (box[:2] + box[3:5]) / 2
    np.testing.assert_allclose(middle, np.array([3, 3]) + np.array(outward) * depth / 2)
    assert width in (1.0, 1.5, 2.0)


def test_an_object_sounds_from_where_its_body_lets_sound_out(tmp_path: Path) -> None:
    """A kettle, 23 cm with its spout and handle, whose steam leaves at 32 cm."""
    objects = [{"category": "kettle", "at": [2, 1, 0.9], "facing": "south"}]
    (thing,) = load_plan(written(tmp_path, two(objects=objects))).plan.objects
    assert thing.room == 0
    assert thing.position[2] == pytest.approx(0.9 + 0.32)
    assert thing.box[2] == pytest.approx(0.9)
    assert thing.box[4] == pytest.approx(1.0)  # its back
    assert (thing.box[0] + thing.box[3]) / 2 == pytest.approx(2.0)


def test_a_body_that_is_not_seen_leaves_no_face_and_stops_nobody(tmp_path: Path) -> None:
    bare = load_plan(written(tmp_path, two()))
    objects = [{"category": "speech", "position": [2, 1, 1.5]}]
    scene = load_plan(written(tmp_path, two(objects=objects)))
    np.testing.assert_array_equal(scene.triangles, bare.triangles)
    np.testing.assert_array_equal(scene.obstacles, bare.obstacles)
    assert scene.plan.objects[0].position == (2, 1, 1.5)


def test_furniture_across_two_boxes_of_one_room_is_whole(tmp_path: Path) -> None:
    plan: dict[str, Any] = {"rooms": [{"kind": "office", "boxes": [[0, 0, 3, 3], [3, 0, 6, 5]]}]}
    box = [2.5, 1, 0, 3.5, 2, 0.8]
    plan["furniture"] = [{"kind": "desk", "box": box, "material": "birch"}]
    scene = load_plan(written(tmp_path, plan))
    area = shapely.box(2.5, 1, 3.5, 2)
    assert free_space(scene).intersection(area).area == 0
    assert (scene.instance > 0).sum() == 2 * 5  # five faces are seen, the floor hides the sixth


# What cannot be


def room(**more: Any) -> Callable[[dict[str, Any]], None]:
    return lambda plan: plan["rooms"][0].update(more)


def door(**more: Any) -> Callable[[dict[str, Any]], None]:
    return lambda plan: plan["doors"][0].update(more)


def also(key: str, entry: dict[str, Any]) -> Callable[[dict[str, Any]], None]:
    return lambda plan: plan.setdefault(key, []).append(entry)


WRONG: dict[str, tuple[Callable[[dict[str, Any]], Any], str]] = {
    "rooms that overlap": (
        room(box=[0, 0, 5, 3]), r"'kitchen' and 'hall' overlap in x 4\.1 to 5, y 0 to 3",
    ),
    "rooms that touch": (
        room(box=[0, 0, 4.1, 3]), r"'kitchen' and 'hall' are 0 m apart.*at least 0\.05",
    ),
    "a box inside out": (room(box=[4, 0, 0, 3]), r"rooms\[0\] \(kitchen\), box 0 is .*x0 < x1"),
    "a flat room": (room(box=[0, 0, 0.2, 3]), "0.2 m x 3 m: expected sides of at least 0.5"),
    "millimetres": (room(box=[0, 0, 4000, 3000]), "is 4000: expected metres.*millimetres by 1000"),
    "centimetres up": (room(height=260), r"height is 260: expected metres.*centimetres by 100"),
    "a low room": (room(height=1.2), "'kitchen' is 1.2 m high: expected 1.5 to 20"),
    "a room twice": (room(kind="hall"), "2 rooms are called 'hall': give them different names"),
    "a room without a box": (lambda plan: plan["rooms"][0].pop("box"), "either 'box' or 'boxes'"),
    "a box of three": (room(box=[0, 0, 4]), r"box has 3 entries: expected 4: x0, y0, x1, y1"),
    "boxes apart": (
        lambda plan: plan["rooms"].append(
            {"kind": "office", "boxes": [[0, 5, 2, 7], [3, 5, 4, 7]]}
        ),
        r"room 'office': its box x 3 to 4, y 5 to 7 touches none",
    ),
    "a room without a door": (
        lambda plan: plan["doors"].clear(), "no door leads from 'kitchen' to room 'hall'",
    ),
    "a door in no wall": (
        door(at=[2, 1.5]), r"\(2, 1\.5\) does not lie in a wall.*x 4 to 4\.1, y 0 to 3",
    ),
    "a door past the end": (door(at=[4.05, 0.2]), "0.9 m wide around .* reaches past the end"),
    "a door to nowhere": (door(between=["kitchen", "hal"]), "unknown room in .* mean 'hall'"),
    "a door within a room": (door(between=["hall", "hall"]), "a door joins two rooms"),
    "a door above the ceiling": (door(height=2.7), "is 2.7 m high, its lower room 2.6 m"),
    "a narrow door": (door(width=0.3), r"is 0.3 m wide .*an agent needs 0\.4 m"),
    "rooms without a wall between": (
        lambda plan: plan["rooms"][1].update(box=[5, 0, 7, 3]), "share no wall: expected boxes 0.0",
    ),
    "doors that overlap": (
        also("doors", {"between": ["kitchen", "hall"], "at": [4.05, 2.1]}),
        r"doors\[0\].* and doors\[1\].* overlap",
    ),
    "a window inside": (
        also("windows", {"room": "kitchen", "at": [4, 2.6], "width": 0.5}),
        r"windows\[0\] of 'kitchen' looks into room 'hall'",
    ),
    "a window in the floor": (
        also("windows", {"room": "kitchen", "at": [2, 2], "width": 0.5}),
        r"windows\[0\] of 'kitchen': \(2, 2\) does not lie in a wall of the room",
    ),
    "a window without height": (
        also("windows", {"room": "kitchen", "at": [0, 2], "width": 1, "sill": 2.2}),
        "high .top less sill.: expected at least 0.2",
    ),
    "a window past the wall": (
        also("windows", {"room": "kitchen", "at": [0, 2.9], "width": 1}), "reaches past its wall",
    ),
    "an unknown material": (room(floor="floor_oka"), "unknown material 'floor_oka': did you mean"),
    "an unknown material of a part": (
        also("furniture", {"kind": "box", "box": [1, 1, 0, 2, 2, 1], "material": "birhc"}),
        "unknown material 'birhc': did you mean 'birch'",
    ),
    "a material that gives more than it gets": (
        lambda plan: plan.update(materials={"foam": {"absorption": 0.1, "transmission": 0.5}}),
        "materials: 'foam' lets 0.5 through but absorbs 0.1",
    ),
    "a material of six octaves": (
        lambda plan: plan.update(materials={"foam": {"absorption": [0.1] * 6}}),
        "materials, foam, absorption has 6 entries: expected 7",
    ),
    "a share above one": (
        lambda plan: plan.update(materials={"foam": {"absorption": 2}}),
        "foam, absorption is 2: expected at least 0 and at most 1",
    ),
    "furniture outside": (
        also("furniture", {"kind": "box", "box": [9, 9, 0, 10, 10, 1]}),
        r"furniture\[0\] \(box\), x 9 to 10, y 9 to 10, stands outside all rooms",
    ),
    "furniture in the wall": (
        also("furniture", {"kit": "sofa_alone", "at": [-0.2, 1.5], "facing": "east"}),
        r"furniture\[0\] \(sofa_alone\).* reaches out of room 'kitchen', x 0 to 4, y 0 to 3",
    ),
    "furniture through the ceiling": (
        also("furniture", {"kind": "mast", "box": [1, 1, 0, 2, 2, 3]}), "0 to 3 m above the floor",
    ),
    "furniture before a door": (
        also("furniture", {"kit": "wardrobe", "at": [3.9, 1.5], "facing": "west"}),
        r"furniture\[0\] \(wardrobe\) blocks doors\[0\] between 'kitchen' and 'hall'",
    ),
    "a kit that is none": (also("furniture", {"kit": "soffa", "at": [1, 1]}), " mean 'sofa'"),
    "a kit nowhere": (also("furniture", {"kit": "sofa"}), "has no 'at': expected kit, at, facing"),
    "a kit and a box": (
        also("furniture", {"kit": "sofa", "at": [1, 1], "box": [1, 1, 0, 2, 2, 1]}),
        "has 'box' beside 'kit'",
    ),
    "furniture of nothing": (also("furniture", {"kind": "table"}), "either 'box' or 'parts'"),
    "an object that cannot sound": (
        also("objects", {"category": "telefone", "at": [1, 1]}), "did you mean 'telephone'",
    ),
    "an object nowhere": (also("objects", {"category": "dog"}), "has no 'at'"),
    "an object outside": (
        also("objects", {"category": "speech", "position": [9, 9, 1]}), "stands outside all rooms",
    ),
    "a sound under the floor": (
        also("objects", {"category": "speech", "position": [1, 1, 0]}), "inside a wall, floor or c",
    ),
    "a sound in a solid": (
        lambda plan: (
            also("furniture", {"kind": "safe", "box": [1, 1, 0, 2, 2, 1]})(plan),
            also("objects", {"category": "speech", "position": [1.5, 1.5, 0.5]})(plan),
        ),
        r"would leave it inside furniture\[0\] \(safe\)",
    ),
    "an unknown key": (
        lambda plan: plan.update(dooors=[]), "unknown key in .*'dooors': did you mean 'doors'",
    ),
    "an unknown key of an entry": (room(hieght=2), r"rooms\[0\] 'hieght': did you mean 'height'"),
    "no rooms": (lambda plan: plan.pop("rooms"), "has no 'rooms': expected a list"),
    "an empty list of rooms": (lambda plan: plan["rooms"].clear(), "rooms has 0 entries: expected"),
    "text for a number": (room(height="2.6"), r"height is '2\.6': expected a number"),
    "truth for a number": (room(height=True), r"height is True: expected a number"),
    "a negative width": (door(width=-1), "width is -1: expected more than 0"),
    "a facing that is none": (
        also("furniture", {"kit": "sofa", "at": [1, 1], "facing": "nroth"}), "did you mean 'north'",
    ),
    "a later version": (lambda plan: plan.update(version=2), "unknown .*version '2': .*Valid: 1"),
    "a long way off": (room(box=[0, 0, 4, 1e999]), "holds Infinity: expected a finite number"),
}  # fmt: skip


@pytest.mark.parametrize("case", WRONG)
def test_a_plan_that_cannot_be_says_which_entry_and_what_to_do(tmp_path: Path, case: str) -> None:
    change, message = WRONG[case]
    plan = two()
    load_plan(written(tmp_path, plan))
    change(plan)
    with pytest.raises(SoundwalkError, match=message):
        load_plan(written(tmp_path, plan))


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("{", "is not JSON .*expected a plan"),
        ("[1, 2]", r"is \[1, 2\]: expected keys and values"),
        ('{"rooms": [], "rooms": []}', "'rooms' is there twice"),
    ],
)
def test_a_file_that_is_no_plan_says_so(tmp_path: Path, text: str, message: str) -> None:
    with pytest.raises(SoundwalkError, match=message):
        load_plan(written(tmp_path, text))


def test_a_missing_plan_is_named(tmp_path: Path) -> None:
    with pytest.raises(SoundwalkError, match=r"there is no plan at .*gone\.json"):
        load_plan(tmp_path / "gone.json")
