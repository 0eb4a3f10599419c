"""What an architect would check on the finished scene: walls, windows, ways, kinds of rooms."""

from __future__ import annotations

from collections import Counter

import numpy as np
import pytest
import shapely

from soundwalk.envs.interface import F64, SoundwalkError
from soundwalk.envs.scenes import OCTAVES, Scene, describe, generate
from soundwalk.envs.scenes.scene import TEXTURES

from .scene_laws import air

# Floor areas in square metres that a flat offers; one may have two bedrooms but not two kitchens.
AREAS = {
    "living_room": (14, 38), "kitchen": (7, 20), "bedroom": (9, 22), "bathroom": (3.5, 12),
    "hall": (4, 22), "office": (7, 18), "dining_room": (9, 22), "studio": (20, 52),
}  # fmt: skip
AT_MOST = {"bedroom": 3, "bathroom": 2}  # of the others one


@pytest.fixture(scope="module")
def street() -> list[Scene]:
    return [generate(3_000 + seed, 1 + seed % 8) for seed in range(48)]


def test_a_home_has_one_kitchen_one_hall_and_one_place_to_live_at_most(street: list[Scene]) -> None:
    for scene in street:
        for kind, number in Counter(room.kind for room in scene.plan.rooms).items():
            assert kind in AREAS
            assert number <= AT_MOST.get(kind, 1), (scene.name, kind, number)


def test_rooms_have_the_area_that_their_kind_needs(street: list[Scene]) -> None:
    for scene in street:
        for room in scene.plan.rooms:
            low, high = AREAS[room.kind]
            assert low <= room.area <= high, (scene.name, room.kind, room.area)
            x0, y0, x1, y1 = room.box
            assert room.area == pytest.approx((x1 - x0) * (y1 - y0))


def test_beds_sinks_and_stoves_stand_in_rooms_where_people_put_them(street: list[Scene]) -> None:
    homes_of = {
        "bed": {"bedroom", "studio"},
        "toilet": {"bathroom"},
        "bathtub": {"bathroom"},
        "shower": {"bathroom"},
        "washstand": {"bathroom"},
        "fridge": {"kitchen", "studio"},
        "counter": {"kitchen", "studio"},
        "sofa": {"living_room", "studio", "office"},
        "tv_stand": {"living_room", "studio"},
    }
    for scene in street:
        for piece in scene.plan.furniture:
            kind = scene.plan.rooms[piece.room].kind
            assert kind in homes_of.get(piece.kind, {kind}), (scene.name, piece.kind, kind)


def test_a_step_through_a_door_leads_from_one_room_it_names_into_the_other(
    street: list[Scene],
) -> None:
    for scene in street:
        for door in scene.plan.doors:
            x0, y0, x1, y1 = door.box
            middle = np.array([(x0 + x1) / 2, (y0 + y1) / 2])
            step = np.zeros(2)
            step[door.axis] = (x1 - x0, y1 - y0)[door.axis] / 2 + 0.05
            before, after = middle - step, middle + step
            first, second = door.rooms
            assert first != second
            assert scene.plan.rooms[first].contains(*before)
            assert scene.plan.rooms[second].contains(*after)
            assert scene.plan.room_at(*(middle - 0.2 * step)) == first
            assert scene.plan.room_at(*(middle + 0.2 * step)) == second


def test_the_way_through_a_door_is_free_of_everything_at_the_width_of_an_agent(
    street: list[Scene],
) -> None:
    for scene in street:
        obstacles = shapely.union_all([shapely.box(*b) for b in scene.obstacles])
        for door in scene.plan.doors:
            x0, y0, x1, y1 = door.box
            middle = np.array([(x0 + x1) / 2, (y0 + y1) / 2])
            step = np.zeros(2)
            step[door.axis] = (x1 - x0, y1 - y0)[door.axis] / 2 + 0.25
            way = shapely.LineString([middle - step, middle + step]).buffer(0.2)
            assert way.intersection(obstacles).area < 1e-9, scene.name


def test_outside_a_window_lies_no_room(street: list[Scene]) -> None:
    """Two metres of air outside each pane, at no point inside another room or a door."""
    assert sum(len(scene.plan.windows) for scene in street) > 40
    for scene in street:
        inside = air(scene)
        for window in scene.plan.windows:
            axis, sign = window.face // 2, 1 if window.face % 2 else -1
            low, high = np.array(window.box[:3]), np.array(window.box[3:])
            near = scene.plan.rooms[window.room].box[axis + 2 * (window.face % 2)]
            assert low[axis] == high[axis] == near
            view = [low[0], low[1], high[0], high[1]]
            view[axis], view[axis + 2] = sorted((near + sign * 0.01, near + sign * 2.0))
            assert shapely.box(*view).intersection(inside).area < 1e-9, scene.name


def test_windows_lie_within_their_wall_and_do_not_overlap(street: list[Scene]) -> None:
    for scene in street:
        taken: dict[tuple[int, int], list[tuple[float, float]]] = {}
        for window in scene.plan.windows:
            room = scene.plan.rooms[window.room]
            along = 1 - window.face // 2
            low, high = window.box[along], window.box[along + 3]
            assert room.box[along] + 0.3 < low < high < room.box[along + 2] - 0.3
            assert 0.5 <= window.box[2] < window.box[5] <= min(2.3, room.height)
            spans = taken.setdefault((window.room, window.face), [])
            assert all(high <= a or b <= low for a, b in spans)
            spans.append((low, high))


def test_every_surface_is_a_material_that_physics_allows(street: list[Scene]) -> None:
    for scene in street:
        assert len({surface.name for surface in scene.surfaces}) == len(scene.surfaces)
        for surface in scene.surfaces:
            table = np.array([surface.absorption, surface.scattering])
            assert table.shape == (2, len(OCTAVES))
            assert np.isfinite(table).all()
            assert (table[0] > 0).all()
            assert (table <= 1).all()
            assert (table >= 0).all()
            assert len(surface.colour) == 3
            assert 0 <= min(surface.colour) <= max(surface.colour) <= 1
            assert 0 <= surface.texture < len(TEXTURES)


def upward_area(scene: Scene, z: float, sign: float) -> float:
    """Area of the level shell faces at a height that look up (+1) or down (-1)."""
    shell: F64 = scene.triangles[scene.instance == 0].astype(float)
    normal = np.cross(shell[:, 1] - shell[:, 0], shell[:, 2] - shell[:, 0]) / 2
    level = (np.abs(shell[:, :, 2] - z) < 1e-5).all(1)
    return float((normal[level, 2] * sign).clip(0).sum())


def test_floors_and_ceilings_of_the_mesh_have_the_areas_of_the_plan(street: list[Scene]) -> None:
    for scene in street:
        rooms = sum(room.area for room in scene.plan.rooms)
        tunnels = sum((d.box[2] - d.box[0]) * (d.box[3] - d.box[1]) for d in scene.plan.doors)
        assert upward_area(scene, 0.0, 1) == pytest.approx(rooms + tunnels, rel=1e-4)
        height = scene.plan.rooms[0].height
        assert upward_area(scene, height, -1) == pytest.approx(rooms, rel=1e-4)


def test_a_description_agrees_with_the_arrays(street: list[Scene]) -> None:
    for scene in street[:16]:
        told = describe(scene)
        corners = scene.triangles.reshape(-1, 3)
        floor = [r["box"] for r in told["rooms"]]
        assert told["area"] == pytest.approx(
            shapely.union_all([shapely.box(*box) for box in floor]).area, abs=0.006 * len(floor)
        )
        assert told["height"] == pytest.approx(corners[:, 2].max(), abs=1e-5)
        np.testing.assert_allclose(told["bounds"][:2], corners[:, :2].min(0), atol=1e-5)
        np.testing.assert_allclose(told["bounds"][2:], corners[:, :2].max(0), atol=1e-5)
        bodies = sum(told["furniture"].values()) + len(told["objects"])
        assert bodies == len(np.unique(scene.instance)) - 1
        glass = [i for i, name in enumerate(told["surfaces"]) if name == "glass"]
        panes = np.isin(scene.surface, glass) & (scene.instance == 0)
        assert told["windows"] == panes.sum() // 2
        assert told["obstacles"] == scene.obstacles.shape[0]


def test_a_point_in_a_wall_or_outside_belongs_to_no_room(street: list[Scene]) -> None:
    rng = np.random.default_rng(2)
    for scene in street[:12]:
        inside = air(scene)
        x0, y0, x1, y1 = scene.plan.bounds
        for x, y in rng.uniform((x0 - 0.5, y0 - 0.5), (x1 + 0.5, y1 + 0.5), (60, 2)):
            if inside.contains(shapely.Point(x, y)):
                assert scene.plan.rooms[scene.plan.room_at(x, y)].contains(x, y, -0.2)
            else:
                with pytest.raises(SoundwalkError, match="lies inside a wall or outside the home"):
                    scene.plan.room_at(x, y)


@pytest.mark.filterwarnings("default")
def test_each_label_of_the_drawn_plan_lies_in_the_room_it_names() -> None:
    from matplotlib.figure import Figure

    from soundwalk.envs.scenes import draw_plan

    for seed in range(4):
        scene = generate(seed, 3 + seed)
        axes = Figure().add_subplot()
        draw_plan(axes, scene)
        labels = [(t.get_text(), t.get_position()) for t in axes.texts]
        for room in scene.plan.rooms:
            name = room.kind.replace("_", " ")
            assert any(
                text.startswith(name) and f"{room.area:.1f}" in text and room.contains(*at)
                for text, at in labels
            ), (scene.name, room.kind)
        for number, thing in enumerate(scene.plan.objects, 1):
            assert (str(number), thing.position[:2]) in labels
