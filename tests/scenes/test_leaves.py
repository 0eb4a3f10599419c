"""Doors that close: seen, felt, and opened again without a trace."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from soundwalk.envs.interface import SoundwalkError
from soundwalk.envs.navigation.navmap import NavMap
from soundwalk.envs.scenes import Scene, generate, joined, load, save, set_doors
from soundwalk.envs.scenes.scene import LEAF

from .scene_laws import cast, check_rays


@pytest.fixture(scope="module")
def home() -> Scene:
    return generate(7, 4)


def closed(scene: Scene) -> Scene:
    return set_doors(scene, [False] * len(scene.plan.doors))


def test_opening_a_closed_door_gives_the_home_back(home: Scene) -> None:
    again = set_doors(closed(home), [True] * len(home.plan.doors))
    for name in ("triangles", "surface", "instance", "obstacles"):
        np.testing.assert_array_equal(getattr(again, name), getattr(home, name))
    assert all(door.open for door in again.plan.doors)
    np.testing.assert_array_equal(closed(again).triangles, closed(home).triangles)
    assert closed(again).surfaces == closed(home).surfaces


def test_closing_twice_changes_nothing_more(home: Scene) -> None:
    once, twice = closed(home), closed(closed(home))
    np.testing.assert_array_equal(once.triangles, twice.triangles)
    np.testing.assert_array_equal(once.obstacles, twice.obstacles)
    assert once.plan == twice.plan


def test_a_leaf_blocks_the_view_from_both_sides(home: Scene) -> None:
    scene = closed(home)
    for door in scene.plan.doors:
        middle = np.array([(door.box[0] + door.box[2]) / 2, (door.box[1] + door.box[3]) / 2, 1.0])
        step = np.eye(3)[door.axis] * (door.thickness / 2 - 0.005)
        for sign in (-1.0, 1.0):
            distance, hit = cast(scene, (middle + sign * step)[None], (-sign * step)[None])
            assert scene.surfaces[scene.surface[hit[0]]].name == "door_leaf"
            expected = door.thickness / 2 - 0.005 - LEAF / 2
            assert distance[0] * np.linalg.norm(step) == pytest.approx(expected, abs=1e-5)


def test_every_ray_still_ends_on_the_air_side_of_a_surface(home: Scene) -> None:
    check_rays(closed(home), 200)


def test_feet_do_not_pass_a_closed_door_and_do_pass_an_open_one(home: Scene) -> None:
    door = home.plan.doors[0]
    ways = [True] * len(home.plan.doors)
    ways[0] = False
    middle = (np.array(door.box[:2]) + np.array(door.box[2:])) / 2
    ends = [middle + sign * 0.5 * np.eye(2)[door.axis] for sign in (-1.0, 1.0)]
    free = NavMap.from_scene(home)
    assert free.field(ends[0]).distance(ends[1]) == pytest.approx(1.0, abs=0.1)
    shut = NavMap.from_scene(set_doors(home, ways))
    assert shut.field(ends[0]).distance(ends[1]) > 2.0
    assert not shut.is_free(middle[None])[0]


def test_a_point_in_a_leaf_is_in_no_room_and_beside_it_in_the_nearer_one(home: Scene) -> None:
    scene = closed(home)
    door = scene.plan.doors[0]
    x, y = (door.box[0] + door.box[2]) / 2, (door.box[1] + door.box[3]) / 2
    with pytest.raises(SoundwalkError, match="lies inside the leaf of a closed door"):
        scene.plan.room_at(x, y)
    aside = LEAF / 2 + 0.01
    for sign, room in zip((-1, 1), door.rooms, strict=True):
        point = (x + sign * aside, y) if door.axis == 0 else (x, y + sign * aside)
        assert scene.plan.room_at(*point) == room


def test_closed_doors_survive_a_file(home: Scene, tmp_path: Path) -> None:
    save(closed(home), tmp_path / "home.npz")
    again = load(tmp_path / "home.npz")
    assert again.plan == closed(home).plan
    assert again.surfaces == closed(home).surfaces


def test_what_cannot_be_closed_is_refused(home: Scene) -> None:
    with pytest.raises(SoundwalkError, match=r"open has 1 values: the home has \d doors"):
        set_doors(home, [True])
    with pytest.raises(SoundwalkError, match="door 0 is 0 m thick: a joint"):
        set_doors(joined([(0, 0, 4, 3), (4, 0, 6, 6)]), [False])
    with pytest.raises(SoundwalkError, match=r"unknown surface 'dor_leaf': did you mean 'door_l"):
        set_doors(home, [False] * len(home.plan.doors), leaf="dor_leaf")
