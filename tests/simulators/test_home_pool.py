"""A pool of homes: a cache that nobody notices but by its speed."""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import fields
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from soundwalk.envs.acoustics import AcousticConfig, AcousticModel
from soundwalk.envs.interface import F64, SoundwalkError
from soundwalk.envs.navigation import NavMap
from soundwalk.envs.rendering import Camera, RenderMesh, render
from soundwalk.envs.scenes import generate
from soundwalk.envs.simulators import homes
from soundwalk.envs.simulators.homes import Home, HomePool

ONE = (1, 1)
CONFIG = AcousticConfig(length=0.1, order=1)
Pools = Callable[[int, int], HomePool]


@pytest.fixture
def make() -> Iterator[Pools]:
    """Pools of so many slots and agents, closed at the end."""
    pools: list[HomePool] = []

    def open_pool(slots: int, agents: int) -> HomePool:
        pools.append(HomePool(slots, agents, CONFIG))
        return pools[-1]

    yield open_pool
    for pool in pools:
        pool.close()


def same(a: Any, b: Any) -> bool:
    """Whether two built objects hold the same arrays and values."""
    if isinstance(a, np.ndarray):
        return a.dtype == b.dtype and np.array_equal(a, b)
    if isinstance(a, tuple | list):
        return len(a) == len(b) and all(same(x, y) for x, y in zip(a, b, strict=True))
    if hasattr(a, "__dataclass_fields__"):
        return all(same(getattr(a, f.name), getattr(b, f.name)) for f in fields(a))
    return bool(a == b)


def view(pool: HomePool, slot: int) -> np.ndarray[Any, np.dtype[np.float32]]:
    """What a camera in the middle of a slot's home sees."""
    x0, y0, x1, y1 = pool.home(slot).scene.plan.rooms[0].box
    pose = np.array([[(x0 + x1) / 2, (y0 + y1) / 2, 1.9, 0.3, 0.0]], np.float32)
    depth = np.empty((1, 24, 24), np.float32)
    render(pool.meshes, np.array([slot], np.int32), pose, Camera(24, 24, 1.5), depth=depth)
    return depth


def test_a_home_that_comes_back_is_not_built_again(make: Pools, built: Counter[int]) -> None:
    pool = make(3, 1)
    slot = pool.acquire(1, ONE)
    pool.release(slot)
    assert pool.acquire(1, ONE) == slot
    assert built == {1: 1}


def test_the_same_seed_with_other_rooms_is_another_home(make: Pools, built: Counter[int]) -> None:
    pool = make(3, 1)
    assert pool.acquire(1, ONE) != pool.acquire(1, (2, 2))
    assert built[1] == 2


def test_the_least_recently_used_home_makes_room(make: Pools, built: Counter[int]) -> None:
    pool = make(3, 1)
    for seed in (1, 2, 3, 1):  # 2 is now the one not used for longest
        pool.release(pool.acquire(seed, ONE))
    pool.release(pool.acquire(4, ONE))
    for seed in (1, 3, 4):
        pool.release(pool.acquire(seed, ONE))
    assert built == {1: 1, 2: 1, 3: 1, 4: 1}
    pool.acquire(2, ONE)
    assert built[2] == 2


def test_a_home_in_use_is_never_evicted_however_long_ago_it_was_entered(
    make: Pools, built: Counter[int]
) -> None:
    pool = make(2, 1)
    lived_in = pool.acquire(1, ONE)
    before, home = view(pool, lived_in), pool.home(lived_in)
    for seed in range(2, 8):
        slot = pool.acquire(seed, ONE)
        assert slot != lived_in
        pool.release(slot)
    assert pool.home(lived_in) is home
    np.testing.assert_array_equal(view(pool, lived_in), before)
    assert built[1] == 1


def test_a_home_entered_twice_stays_until_it_was_left_twice(make: Pools) -> None:
    pool = make(2, 1)
    slot = pool.acquire(1, ONE)
    assert pool.acquire(1, ONE) == slot
    other = pool.acquire(2, ONE)
    pool.release(slot)
    with pytest.raises(SoundwalkError, match="every home of the pool is in use"):
        pool.acquire(3, ONE)
    pool.release(slot)
    assert pool.acquire(3, ONE) == slot
    assert pool.home(other).scene.seed == 2


def test_a_home_left_more_often_than_entered_is_refused(make: Pools) -> None:
    pool = make(3, 2)
    slot = pool.acquire(1, (1, 1))
    pool.release(slot)
    with pytest.raises(SoundwalkError, match=f"slot {slot} was released more often"):
        pool.release(slot)
    with pytest.raises(SoundwalkError, match="slot 2 was released more often"):
        pool.release(2)


def test_homes_that_were_expected_and_never_entered_do_not_pile_up(make: Pools) -> None:
    pool = make(3, 2)
    for seed in range(200):
        pool.expect(seed, (1, 1))
    assert len(pool._coming) <= 32


def test_after_a_full_pool_refused_a_home_it_goes_on_working(make: Pools) -> None:
    pool = make(2, 1)
    first, _ = pool.acquire(1, ONE), pool.acquire(2, ONE)
    with pytest.raises(SoundwalkError, match="raise `homes` above the number of agents"):
        pool.acquire(3, ONE)
    pool.release(first)
    slot = pool.acquire(3, ONE)
    assert pool.home(slot).scene.seed == 3


def test_a_reused_slot_shows_its_new_home_to_eye_foot_and_ear(make: Pools) -> None:
    """The same home in a slot that a larger one held before, and in a fresh pool."""
    pool, fresh = make(2, 1), make(2, 1)
    pool.acquire(1, ONE)
    pool.release(pool.acquire(9, (5, 5)))
    slot, expected = pool.acquire(2, ONE), fresh.acquire(2, ONE)
    np.testing.assert_array_equal(view(pool, slot), view(fresh, expected))
    points = generate(2, ONE).plan.objects[0].position
    home = pool.home(slot)
    target, start = (
        home.nav.nearest_free(np.array(points[:2])),
        home.nav.sample_free(np.random.default_rng(0), 20),
    )
    for place in start:
        near, far = (_distance(p, s, place, target) for p, s in ((pool, slot), (fresh, expected)))
        assert near == far > 0


def _distance(pool: HomePool, slot: int, place: F64, target: F64) -> float:
    """How far agent 0 has to walk."""
    pool.navs.put_goal(0, pool.home(slot).nav.field(target))
    return float(pool.navs.distances(np.array([slot], np.int32), place[None])[0])


def test_building_in_the_background_gives_the_home_that_building_now_gives(make: Pools) -> None:
    early, now = make(4, 1), make(4, 1)
    for seed in (5, 6, 7):
        early.expect(seed, (1, 2))
    for seed in (7, 5, 6):
        slots = early.acquire(seed, (1, 2)), now.acquire(seed, (1, 2))
        a, b = early.home(slots[0]), now.home(slots[1])
        scene = generate(seed, (1, 2))
        assert same(a.scene, b.scene)
        assert same(a.scene, scene)
        assert same(a.mesh, RenderMesh.from_scene(scene))
        assert same(a.nav.rects, NavMap.from_scene(scene).rects)
        assert same(a.nav.floor, NavMap.from_scene(scene).floor)
        early.release(slots[0])
        now.release(slots[1])


def test_a_home_that_is_expected_twice_or_is_here_is_built_once(
    make: Pools, built: Counter[int]
) -> None:
    pool = make(3, 1)
    pool.expect(1, ONE)
    pool.expect(1, ONE)
    pool.acquire(1, ONE)
    pool.expect(1, ONE)
    pool.expect(2, ONE)
    pool.acquire(2, ONE)
    pool.close()
    assert built == {1: 1, 2: 1}


def test_expected_homes_are_built_by_another_thread_and_none_is_left_when_closed(
    make: Pools, monkeypatch: pytest.MonkeyPatch
) -> None:
    builders: list[str] = []
    before = set(threading.enumerate())

    def from_scene(scene: Any, config: AcousticConfig) -> Home:
        builders.append(threading.current_thread().name)
        mesh, nav = RenderMesh.from_scene(scene), NavMap.from_scene(scene)
        return Home(scene, mesh, nav, AcousticModel.from_scene(scene, config))

    monkeypatch.setattr(homes.Home, "from_scene", from_scene)
    pool = make(3, 1)
    pool.expect(1, ONE)
    pool.acquire(1, ONE)
    pool.acquire(2, ONE)
    assert builders[0].startswith("home-builder")
    assert builders[1] == threading.current_thread().name
    pool.close()
    assert set(threading.enumerate()) == before


def test_what_goes_wrong_in_the_background_is_raised_where_the_home_is_wanted(
    make: Pools, monkeypatch: pytest.MonkeyPatch
) -> None:
    pool = make(3, 1)

    def broken(seed: int, rooms: tuple[int, int]) -> Any:
        raise SoundwalkError(f"no home for seed={seed}")

    monkeypatch.setattr(homes, "generate", broken)
    pool.expect(1, ONE)
    with pytest.raises(SoundwalkError, match="no home for seed=1"):
        pool.acquire(1, ONE)
    monkeypatch.setattr(homes, "generate", generate)
    assert pool.home(pool.acquire(1, ONE)).scene.seed == 1


@pytest.mark.parametrize(("slots", "agents"), [(1, 1), (4, 4), (3, 8)])
def test_fewer_slots_than_agents_are_refused(slots: int, agents: int) -> None:
    with pytest.raises(SoundwalkError, match=rf"slots={slots} must exceed the number of agents"):
        HomePool(slots, agents, CONFIG)


@given(st.lists(st.integers(0, 5), min_size=1, max_size=30))
@settings(max_examples=15, deadline=None)
def test_any_order_of_visits_finds_each_agent_in_the_home_it_entered(visits: list[int]) -> None:
    """Two agents in turn leave one home and enter the next; a dictionary says where they are."""
    pool = HomePool(3, 2, CONFIG)
    where: dict[int, tuple[int, int]] = {}
    for turn, seed in enumerate(visits):
        agent = turn % 2
        if agent in where:
            pool.release(where[agent][1])
        where[agent] = (seed, pool.acquire(seed, ONE))
        for expected, slot in where.values():
            assert pool.home(slot).scene.seed == expected
    pool.close()
