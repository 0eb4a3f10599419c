"""Where points are, what lies between them, and how much of the sky a door fills."""

from __future__ import annotations

import itertools
import math

import numpy as np
import pytest
from scipy.sparse.csgraph import shortest_path

from soundwalk.envs.acoustics import AcousticConfig, AcousticModel, AcousticPool, GeometricEngine
from soundwalk.envs.acoustics.doorways import LONGEST, ROUTES, door_routes
from soundwalk.envs.acoustics.model import Home
from soundwalk.envs.acoustics.modes import mode_amplitudes
from soundwalk.envs.acoustics.rooms import door_distance, door_view, list_openings, locate
from soundwalk.envs.acoustics.tables import Place
from soundwalk.envs.interface import F64
from soundwalk.envs.scenes import generate, joined
from soundwalk.envs.scenes.scene import Scene


def pooled(scene: Scene) -> Home:
    pool = AcousticPool(1)
    pool.put(0, AcousticModel.from_scene(scene, pool.config))
    assert pool.home is not None
    return pool.home


def test_the_kernel_finds_the_same_room_as_the_plan(apartment: Scene) -> None:
    home, rng = pooled(apartment), np.random.default_rng(0)
    hits = 0
    for x, y in rng.uniform(0, 8.5, (500, 2)):
        place = locate(home, 0, x, y, 1.2)
        inside = any(r.contains(x, y) for r in apartment.plan.rooms)
        tunnel = [
            i
            for i, d in enumerate(apartment.plan.doors)
            if d.box[0] <= x <= d.box[2] and d.box[1] <= y <= d.box[3] and not inside
        ]
        if inside or tunnel:
            hits += 1
            assert place.room == apartment.plan.room_at(x, y)
            assert place.tunnel == (tunnel[0] if tunnel else -1)
    assert hits > 400


def test_each_half_of_a_door_tunnel_belongs_to_its_room(two_rooms: Scene) -> None:
    home = pooled(two_rooms)
    assert locate(home, 0, 4.04, 2.0, 1.2)[3:] == (0, 0)
    assert locate(home, 0, 4.06, 2.0, 1.2)[3:] == (1, 0)
    assert locate(home, 0, 3.99, 2.0, 1.2)[3:] == (0, -1)
    assert locate(home, 0, -1.0, 2.0, 1.2)[3:] == (0, -1)  # outside: the nearest room


@pytest.mark.parametrize("x", [4.02, 4.06, 4.3, 5.5])
def test_a_door_fills_the_share_of_directions_that_random_rays_find(
    two_rooms: Scene, x: float
) -> None:
    home = pooled(two_rooms)
    place = locate(home, 0, x, 1.8, 1.2)
    rays = np.random.default_rng(0).standard_normal((400_000, 3))
    reach = (4.05 - x) / rays[:, 0]
    at = np.array([1.8, 1.2]) + rays[:, 1:] * reach[:, None]
    through = (reach > 0) & (at[:, 0] > 1.5) & (at[:, 0] < 2.4) & (at[:, 1] > 0) & (at[:, 1] < 2.05)
    assert door_view(home, 0, 0, place) == pytest.approx(through.mean(), abs=3e-3)


def openings_between(home: Home, route: list[int], a: Place, b: Place) -> F64:
    openings = np.zeros((8, 5))
    count = list_openings(home, 0, np.array(route, np.int32), a, b, openings)
    return openings[:count]


def test_a_route_crosses_both_faces_of_each_door_left_and_right_as_walked(
    two_rooms: Scene,
) -> None:
    home = pooled(two_rooms)
    west, east = locate(home, 0, 1.0, 2.0, 1.2), locate(home, 0, 6.0, 2.0, 1.2)
    there, back = (openings_between(home, [1], *ends) for ends in ((west, east), (east, west)))
    np.testing.assert_allclose(there[:, 0], [4.0, 4.1])
    np.testing.assert_allclose(there[:, [1, 3]], [[2.4, 1.5]] * 2)  # north is left, walking east
    np.testing.assert_allclose(back[:, 0], [4.1, 4.0])
    np.testing.assert_allclose(back[:, [1, 3]], [[1.5, 2.4]] * 2)


def test_who_stands_in_the_tunnel_has_one_face_left_to_cross(two_rooms: Scene) -> None:
    home = pooled(two_rooms)
    west, east = locate(home, 0, 1.0, 2.0, 1.2), locate(home, 0, 6.0, 2.0, 1.2)
    near, far = locate(home, 0, 4.02, 2.0, 1.2), locate(home, 0, 4.08, 2.0, 1.2)
    assert openings_between(home, [0], west, near)[:, 0].tolist() == [4.0]
    assert openings_between(home, [1], west, far)[:, 0].tolist() == [4.0]
    assert openings_between(home, [1], near, east)[:, 0].tolist() == [4.1]
    assert openings_between(home, [0], far, east)[:, 0].tolist() == [4.1]
    assert len(openings_between(home, [1], near, far)) == 0
    assert len(openings_between(home, [0], near, near)) == 0


def test_distance_to_a_door_is_zero_inside_its_tunnel(two_rooms: Scene) -> None:
    home = pooled(two_rooms)
    assert door_distance(home, 0, 0, locate(home, 0, 4.05, 2.0, 1.2)) == 0.0
    assert door_distance(home, 0, 0, locate(home, 0, 1.0, 2.0, 1.2)) == pytest.approx(3.0)
    corner = door_distance(home, 0, 0, locate(home, 0, 3.0, 0.5, 1.2))
    assert corner == pytest.approx(math.sqrt(2.0))


@pytest.mark.parametrize("seed", range(6))
def test_routes_lead_from_room_to_room_through_doors_that_join_them(seed: int) -> None:
    plan = generate(seed=seed, rooms=6).plan
    table = door_routes(plan)
    for a, b in itertools.permutations(range(len(plan.rooms)), 2):
        assert table[a, b, 0, 0] > 0, "every room is reached"
        for rank in range(ROUTES):
            route = table[a, b, rank][table[a, b, rank] > 0] - 1
            here, seen = a, {a}
            for index in route:
                ends = plan.doors[index].rooms
                assert here in ends
                here = ends[1] if ends[0] == here else ends[0]
                assert here not in seen
                seen.add(here)
            assert len(route) == 0 or here == b


def test_the_first_route_is_the_shortest_walk_from_door_to_door() -> None:
    for seed in range(6):
        doors = generate(seed=seed, rooms=8).plan.doors
        middle = [np.add(door.box[:2], door.box[2:]) / 2 for door in doors]
        steps = np.full((len(doors), len(doors)), np.inf)
        for i, j in itertools.permutations(range(len(doors)), 2):
            if set(doors[i].rooms) & set(doors[j].rooms):
                steps[i, j] = np.hypot(*(middle[i] - middle[j]))
        apart = shortest_path(np.where(np.isinf(steps), 0.0, steps), directed=False)
        table = door_routes(generate(seed=seed, rooms=8).plan)
        for a, b in itertools.combinations(range(8), 2):
            first, last = (
                [i for i, door in enumerate(doors) if room in door.rooms] for room in (a, b)
            )
            shortest = apart[np.ix_(first, last)].min()
            route = table[a, b, 0][table[a, b, 0] > 0] - 1
            walked = sum(
                float(np.hypot(*(middle[i] - middle[j]))) for i, j in itertools.pairwise(route)
            )
            assert walked == pytest.approx(shortest)


def test_where_many_rooms_lie_in_rings_routes_are_found_without_trying_all() -> None:
    boxes = [(4 * i, 4 * j, 4 * i + 4, 4 * j + 4) for i in range(7) for j in range(6)]
    plan = joined(boxes).plan
    table = door_routes(plan)
    for a, b in itertools.permutations(range(len(plan.rooms)), 2):
        steps = sum(abs(x - y) for x, y in zip(divmod(a, 6), divmod(b, 6), strict=True))
        assert (table[a, b, 0] > 0).sum() >= steps


def test_through_twenty_rooms_in_a_row_one_hears_what_diffuses() -> None:
    scene = joined([(3 * i, 0, 3 * i + 3, 3) for i in range(20)], absorption=0.05)
    assert (door_routes(scene.plan) > 0).sum(-1).max() == LONGEST
    h = GeometricEngine(scene, receiver="mono").rir((0.5, 1.0, 1.2), (59.0, 2.0, 1.2))
    assert 0 < np.abs(h).max() < 0.1


def test_the_field_of_the_next_room_is_half_of_what_one_hears_in_the_doorway(
    two_rooms: Scene,
) -> None:
    pool = AcousticPool(1, AcousticConfig())
    model = AcousticModel.from_scene(two_rooms, pool.config)
    home = pooled(two_rooms)
    modes, count = [], model.home.shapes.shape[2]
    for x in (3.0, 4.05 - 1e-6, 4.05 + 1e-6, 5.1):
        out = np.zeros((4, count), np.float32)
        mode_amplitudes(home, 0, locate(home, 0, x, 1.95, 1.2), out)
        modes.append(out[1])
    # the slowest mode has one sign throughout
    west, before, after, east = (abs(float(m[0])) for m in modes)
    assert before == pytest.approx(after, rel=0.05)
    assert min(west, east) <= (before + after) / 2 * 1.05 <= max(west, east) * 1.15


def test_every_pair_of_rooms_of_generated_homes_is_heard_first_after_its_shortest_way() -> None:
    for seed in range(3):
        scene = generate(seed=seed, rooms=5)
        engine = GeometricEngine(scene, receiver="mono", late=False)
        centres = [
            ((b[0] + b[2]) / 2, (b[1] + b[3]) / 2, 1.2) for b in (r.box for r in scene.plan.rooms)
        ]
        for a, b in itertools.combinations(range(len(centres)), 2):
            there, back = (
                engine.arrival(*ends)
                for ends in ((centres[a], centres[b]), (centres[b], centres[a]))
            )
            assert there.time == pytest.approx(back.time, rel=1e-9)
            assert there.time * 343 >= math.dist(centres[a], centres[b]) - 1e-9
            np.testing.assert_allclose(there.gains, back.gains, rtol=1e-6)
