"""Free space is derived from the geometry: floors, headroom, walls, storeys and islands."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from soundwalk.envs.interface import AGENT_RADIUS, SoundwalkError
from soundwalk.envs.navigation.shapes import clearance
from soundwalk.envs.rendering.glb import save_glb
from soundwalk.envs.scenes import Scene, generate
from soundwalk.envs.scenes.freespace import FreeSpace, islands
from soundwalk.envs.scenes.mesh import import_mesh, load_mesh

from .mesh_files import box, level, room, sheet, write


def free_of(scene: Scene) -> FreeSpace:
    assert scene.free is not None
    return scene.free


def floor_at(scene: Scene, *points: tuple[float, float]) -> list[bool]:
    """Whether points lie on free cells."""
    return [bool(free) for free in free_of(scene).holds(np.array(points))]


def area(scene: Scene) -> float:
    """m² of free floor."""
    free = free_of(scene)
    return float(free.floor.sum() * free.cell**2)


def distance_to_obstacles(scene: Scene, points: np.ndarray) -> np.ndarray:
    """Exact distance of points of a generated home to walls, furniture and the outside."""
    return np.array([clearance(x, y, scene.obstacles, len(scene.obstacles)) for x, y in points])


@pytest.mark.parametrize(("seed", "rooms"), [(7, 5), (11, 3), (12, 6)])
def test_the_floor_of_an_exported_home_is_free_where_its_exact_plan_is(
    seed: int, rooms: int, tmp_path: Path
) -> None:
    home = generate(seed, rooms)
    save_glb(home, tmp_path / "home.glb")
    free = free_of(load_mesh(tmp_path / "home.glb"))
    cells = np.argwhere(np.ones(free.floor.shape, bool))
    points = free.centres(cells)
    exact = distance_to_obstacles(home, points)
    boxes = np.array(
        [room_.box for room_ in home.plan.rooms] + [door.box for door in home.plan.doors]
    )
    low, high = points[:, None] >= boxes[:, :2], points[:, None] <= boxes[:, 2:]
    exact[~np.any(np.all(low & high, axis=2), axis=1)] = -1
    truth = islands((exact >= AGENT_RADIUS).reshape(free.floor.shape))[0].ravel() == 1
    found = free.eroded(AGENT_RADIUS).ravel()
    wrong = found != truth
    assert wrong.sum() < 0.025 * truth.sum()
    for thing in home.plan.objects:  # their obstacles are boxes, their bodies are not
        x0, y0, _, x1, y1, _ = thing.box
        near = (points > (x0 - 0.2, y0 - 0.2)) & (points < (x1 + 0.2, y1 + 0.2))
        wrong &= ~near.all(1)
    assert (np.abs(exact[wrong] - AGENT_RADIUS) <= 0.05).all()  # by less than a cell


def test_headroom_and_steps_decide_what_one_can_walk_on(tmp_path: Path) -> None:
    scene = load_mesh(
        write(
            tmp_path / "room.ply",
            *room(
                (0.5, 0.5, 0.0, 1.5, 1.5, 0.04),  # a rug: stepped on
                (2.0, 0.5, 0.0, 3.0, 1.5, 0.08),  # a low platform: too high a step
                (3.5, 0.5, 0.70, 4.5, 1.5, 0.75),  # a table top: no headroom under it
                (0.5, 2.5, 1.50, 1.5, 3.5, 1.60),  # a lamp: passed under
                (2.0, 2.5, 0.00, 3.0, 3.5, 2.20),  # a wardrobe: hollow, but closed
                (3.5, 2.5, 1.30, 4.5, 3.5, 1.35),  # a shelf at the height of the head
            ),
        ),
        up="z",
    )
    middles = [(1.0, 1.0), (2.5, 1.0), (4.0, 1.0), (1.0, 3.0), (2.5, 3.0), (4.0, 3.0)]
    assert floor_at(scene, *middles) == [True, False, False, True, False, False]
    assert area(scene) == pytest.approx(5 * 4 - 4.0, abs=0.1)


def test_an_agent_that_steps_higher_or_is_smaller_goes_farther(tmp_path: Path) -> None:
    path = write(
        tmp_path / "room.ply",
        *room((2.0, 0.5, 0.0, 3.0, 1.5, 0.08), (3.5, 2.5, 1.3, 4.5, 3.5, 1.35)),
    )
    there = [(2.5, 1.0), (4.0, 3.0)]
    assert floor_at(load_mesh(path, up="z"), *there) == [False, False]
    assert floor_at(load_mesh(path, up="z", step=0.1), *there) == [True, False]
    assert floor_at(load_mesh(path, up="z", height=1.2), *there) == [False, True]


def test_walls_without_thickness_and_thin_legs_still_stand_in_the_way(tmp_path: Path) -> None:
    legs = [(1.013 + d, 1.013, 0.0, 1.033 + d, 1.033, 1.0) for d in (0.0, 0.31)]
    scene = load_mesh(
        write(
            tmp_path / "room.ply",
            *room(*legs),
            sheet(3.01, 0.0, 3.01, 2.9, 0.0, 2.7),  # leaves a way of 1.1 m
        ),
        up="z",
    )
    free = free_of(scene)
    column = free.cells(np.array([[3.01, 1.0]]))[0, 1]
    rows = free.cells(np.array([[1.0, 0.1], [1.0, 2.8]]))[:, 0]
    assert not free.floor[rows[0] : rows[1], column - 1 : column + 2].all(1).any()
    assert floor_at(scene, (1.023, 1.023), (1.333, 1.023)) == [False, False]
    assert floor_at(scene, (1.178, 1.023)) == [True]  # between the legs
    assert floor_at(scene, (4.0, 1.0), (3.01, 3.5)) == [True, True]


def test_rooms_and_their_doors_are_found_in_the_geometry(tmp_path: Path) -> None:
    home = generate(7, 5)
    save_glb(home, tmp_path / "home.glb")
    plan = load_mesh(tmp_path / "home.glb").plan
    assert len(plan.rooms) == len(home.plan.rooms)
    assert len(plan.doors) == len(home.plan.doors)
    for room_ in home.plan.rooms:
        middle = ((room_.box[0] + room_.box[2]) / 2, (room_.box[1] + room_.box[3]) / 2)
        found = plan.rooms[plan.room_at(*middle)]
        np.testing.assert_allclose(found.box, room_.box, atol=0.051)
        assert found.height == pytest.approx(room_.height, abs=0.02)


def two_storeys() -> list[np.ndarray]:
    """A flat of 5 x 4 m over one of 8 x 6 m, both with a ceiling, and a roof terrace without."""
    return [
        box(0, 0, 0, 8, 6, 2.6, inward=True),
        box(0, 0, 2.9, 5, 4, 5.4, inward=True),
        level(0, 0, 5, 4, 5.7),
    ]


def test_storeys_are_told_apart_and_the_largest_with_a_roof_is_taken(tmp_path: Path) -> None:
    path = write(tmp_path / "house.ply", *two_storeys())
    scene, report = import_mesh(path)
    assert [round(storey.z, 2) for storey in report.storeys] == [0.0, 2.9, 5.7]
    assert [storey.roofed for storey in report.storeys] == [1.0, 1.0, 0.0]
    assert report.storey == 0
    assert area(scene) == pytest.approx(48, abs=0.1)
    upper = load_mesh(path, level=1)
    assert area(upper) == pytest.approx(20, abs=0.1)
    assert upper.triangles[..., 2].min() == pytest.approx(-2.9)  # its floor is at 0
    assert np.nanmedian(free_of(upper).ceiling[free_of(upper).floor]) == pytest.approx(2.5)
    terrace = load_mesh(path, level=2)
    assert np.isinf(free_of(terrace).ceiling[free_of(terrace).floor]).all()
    with pytest.raises(SoundwalkError, match=r"level 3 does not exist.*0: 0 m.*1: 2.9 m.*2: 5.7 m"):
        load_mesh(path, level=3)


def test_islands_are_numbered_by_size_and_the_largest_is_taken(tmp_path: Path) -> None:
    path = write(tmp_path / "flat.ply", *room(), sheet(3.5, 0.0, 3.5, 4.0, 0.0, 2.7))
    scene, report = import_mesh(path)
    assert len(report.islands) == 2
    assert area(scene) == pytest.approx(14, abs=0.2)
    assert floor_at(scene, (1.0, 2.0), (4.5, 2.0)) == [True, False]
    other = load_mesh(path, island=1)
    assert floor_at(other, (1.0, 2.0), (4.5, 2.0)) == [False, True]
    with pytest.raises(SoundwalkError, match=r"island 2 does not exist: the floor has 2 \("):
        load_mesh(path, island=2)


def test_small_holes_of_scans_are_closed_and_large_ones_are_not(tmp_path: Path) -> None:
    walls = [face for face in room()[0] if not (face[:, 2] == 0).all()]

    def with_hole(size: float) -> Scene:
        x, y = 2.0, 2.0
        floor = [
            level(0, 0, 5, y, 0), level(0, y + size, 5, 4, 0),
            level(0, y, x, y + size, 0), level(x + size, y, 5, y + size, 0),
        ]  # fmt: skip
        return load_mesh(write(tmp_path / "scan.ply", np.array(walls), *floor), up="z")

    assert floor_at(with_hole(0.15), (2.07, 2.07)) == [True]
    assert floor_at(with_hole(0.5), (2.25, 2.25)) == [False]


def test_a_floor_that_looks_down_is_found_and_noted(tmp_path: Path) -> None:
    path = write(tmp_path / "inside_out.ply", *[part[:, ::-1] for part in room()])
    scene, report = import_mesh(path, None)
    assert area(scene) == pytest.approx(20, abs=0.1)
    assert any("look both ways" in note for note in report.notes)


def test_a_house_that_stands_askew_is_turned_to_its_walls(tmp_path: Path) -> None:
    angle = 0.3
    c, s = np.cos(angle), np.sin(angle)
    turned = [part @ np.array([[c, -s, 0], [s, c, 0], [0, 0, 1]]).T for part in room()]
    scene, report = import_mesh(write(tmp_path / "askew.ply", *turned))
    (note,) = report.notes
    said = float(note.split("at ")[1].split()[0])
    assert said == pytest.approx(np.rad2deg(angle), abs=0.5)
    (only,) = scene.plan.rooms
    assert only.area == pytest.approx(20, rel=0.03)
