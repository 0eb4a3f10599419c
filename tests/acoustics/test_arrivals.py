"""What reaches the listener one by one: reflections near openings, and both ways through doors."""

from __future__ import annotations

import math

import numpy as np
import pytest

from soundwalk.envs.acoustics import AcousticConfig, AcousticModel, AcousticPool
from soundwalk.envs.acoustics.arrivals import find_arrivals
from soundwalk.envs.acoustics.model import Home
from soundwalk.envs.acoustics.rooms import locate
from soundwalk.envs.acoustics.tables import Work
from soundwalk.envs.interface import F64
from soundwalk.envs.scenes import shoebox
from soundwalk.envs.scenes.scene import Scene

Point = tuple[float, float, float]


class Listener:
    """Lists arrivals in one home."""

    def __init__(self, scene: Scene, order: int = 3) -> None:
        self.order = order
        self.pool = AcousticPool(1, AcousticConfig(order=order, air=False))
        self.pool.put(0, AcousticModel.from_scene(scene, self.pool.config))

    def arrivals(self, source: Point, receiver: Point) -> tuple[F64, F64, F64, F64]:
        """Lengths (A,), directions (A, 3), gains (A, B), shares of the way in both rooms (2,)."""
        assert isinstance(self.pool.home, Home)
        work: Work = self.pool.work
        s, r = (locate(self.pool.home, 0, *p) for p in (source, receiver))
        count = find_arrivals(self.pool.home, 0, self.order, self.pool.tables, s, r, work)
        return (
            work.lengths[:count].copy(),
            work.directions[:count].copy(),
            work.gains[:count].copy(),
            work.stay.copy(),
        )


def test_a_room_without_doors_gives_all_images_in_unit_directions() -> None:
    lengths, directions, gains, stay = Listener(shoebox((5, 4, 2.6))).arrivals(
        (1.0, 1.0, 1.2), (3.0, 2.5, 1.4)
    )
    assert len(lengths) == 63
    assert lengths[0] == pytest.approx(math.dist((1.0, 1.0, 1.2), (3.0, 2.5, 1.4)))
    assert lengths.min() == lengths[0]
    np.testing.assert_allclose(np.linalg.norm(directions, axis=1), 1.0)
    np.testing.assert_allclose(gains[0] * lengths[0], 1.0)
    assert (gains * lengths[:, None] <= 1.0 + 1e-9).all()
    np.testing.assert_array_equal(stay, 1.0)


def test_a_wall_reflects_beside_its_door_but_not_in_it(two_rooms: Scene) -> None:
    listener = Listener(two_rooms, order=1)
    beside = listener.arrivals((2.0, 3.2, 1.2), (3.0, 3.2, 1.2))
    before = listener.arrivals((2.0, 1.95, 1.2), (3.0, 1.95, 1.2))
    image = 2.0 + 1.0  # from x = 2 to the wall at 4 and back to 3: 2 + 1 metres
    assert np.isclose(beside[0], image, atol=1e-6).any()
    assert not np.isclose(before[0], image, atol=1e-6).any()
    assert len(beside[0]) == len(before[0]) + 1 == 7


def test_above_a_door_the_lintel_reflects(two_rooms: Scene) -> None:
    listener = Listener(two_rooms, order=1)
    lengths, *_ = listener.arrivals((2.0, 1.95, 2.4), (3.0, 1.95, 2.4))
    assert np.isclose(lengths, 3.0, atol=1e-6).any()


PAIRS = [
    ((1.0, 2.0, 1.2), (6.0, 2.0, 1.2)),
    ((1.0, 3.5, 0.8), (4.5, 0.6, 1.6)),
    ((3.9, 0.3, 1.2), (4.2, 3.8, 1.2)),
    ((1.0, 2.0, 1.2), (4.07, 1.8, 1.2)),
    ((4.03, 1.8, 1.2), (7.0, 3.0, 1.2)),
]


@pytest.mark.parametrize(("source", "receiver"), PAIRS)
def test_swapping_source_and_listener_gives_the_same_arrivals(
    two_rooms: Scene, source: Point, receiver: Point
) -> None:
    listener = Listener(two_rooms)
    there, back = (listener.arrivals(*e) for e in ((source, receiver), (receiver, source)))
    assert len(there[0]) == len(back[0])
    order, reverse = (np.lexsort((g[:, 3], length.round(6))) for length, _, g, _ in (there, back))
    np.testing.assert_allclose(there[0][order], back[0][reverse], rtol=1e-6)
    np.testing.assert_allclose(
        (there[2] ** 2).sum(0), (back[2] ** 2).sum(0), rtol=1e-6
    )  # same energy in every band
    np.testing.assert_allclose(there[3], back[3][::-1], atol=1e-9)


def test_no_arrival_is_earlier_than_the_first(apartment: Scene) -> None:
    listener = Listener(apartment)
    for receiver in ((2.0, 4.2, 1.5), (6.0, 4.2, 1.2), (2.0, 7.0, 1.5), (7.0, 1.5, 1.5)):
        lengths, directions, gains, _ = listener.arrivals((1.2, 1.5, 1.5), receiver)
        assert (lengths >= lengths[0] - 1e-9).all()
        assert lengths[0] >= math.dist((1.2, 1.5, 1.5), receiver) - 1e-9
        assert np.isfinite(gains).all()
        assert (gains >= 0).all()
        np.testing.assert_allclose(np.linalg.norm(directions, axis=1), 1.0)


def test_reflections_in_the_listeners_room_come_from_its_walls(two_rooms: Scene) -> None:
    """First-order images of a listener straight in front of the door: the far wall is in sight."""
    source, receiver = (1.0, 1.95, 1.2), (6.0, 1.95, 1.2)
    lengths, directions, gains, _ = Listener(two_rooms, order=1).arrivals(source, receiver)
    far_wall = (8.1 - 1.0) + (8.1 - 6.0)
    at = int(np.argmin(np.abs(lengths - far_wall)))
    assert lengths[at] == pytest.approx(far_wall, abs=1e-6)
    np.testing.assert_allclose(directions[at], [1.0, 0.0, 0.0], atol=1e-6)
    mirror = math.sqrt(0.85 * 0.9)  # a tenth of what the wall reflects is scattered
    np.testing.assert_allclose(gains[at][2:] * far_wall, mirror, atol=1e-6)
    assert (gains[at][:2] * far_wall < mirror).all()  # the door is narrow for long waves
    back_wall = 1.0 + 6.0  # behind the source, seen through the door
    at = int(np.argmin(np.abs(lengths - back_wall)))
    assert lengths[at] == pytest.approx(back_wall, abs=1e-6)
    np.testing.assert_allclose(directions[at], [-1.0, 0.0, 0.0], atol=1e-6)


def test_both_ways_round_a_ring_of_rooms_are_heard(ring: Scene) -> None:
    _, directions, _, _ = Listener(ring, order=0).arrivals((1.0, 1.0, 1.2), (7.0, 7.0, 1.2))
    azimuths = sorted(math.degrees(math.atan2(d[1], d[0])) for d in directions)
    assert len(azimuths) == 2
    assert azimuths[0] == pytest.approx(-180 + (270 - 180 - (azimuths[1] % 360 - 180)), abs=1e-6)


def test_the_way_is_shared_between_the_rooms_it_crosses(two_rooms: Scene, apartment: Scene) -> None:
    near_door = Listener(two_rooms).arrivals((1.0, 2.0, 1.2), (4.2, 2.0, 1.2))[3]
    assert near_door.sum() == pytest.approx(1.0)
    assert near_door[0] == pytest.approx(3.0 / 3.1)
    through_corridor = Listener(apartment).arrivals((1.2, 1.5, 1.5), (2.0, 7.0, 1.5))[3]
    assert 0.3 < through_corridor.sum() < 1.0


def test_departures_point_to_where_an_image_of_the_listener_is() -> None:
    """Mirroring the listener instead of the source gives the direction in which sound leaves."""
    size, s, r = (5.0, 4.0, 2.6), (1.0, 1.0, 1.2), (3.0, 2.5, 1.4)
    there, back = (Listener(shoebox(size)) for _ in range(2))
    lengths, directions, _, _ = there.arrivals(s, r)
    work = there.pool.work
    departures = work.departures[: len(lengths)].copy()
    np.testing.assert_allclose(np.linalg.norm(departures, axis=1), 1.0)
    swapped, arriving, _, _ = back.arrivals(r, s)
    mine = {(round(n, 6), *d.round(6)) for n, d in zip(lengths, departures, strict=True)}
    other = {(round(n, 6), *d.round(6)) for n, d in zip(swapped, arriving, strict=True)}
    assert mine == other
    assert not np.allclose(departures, -directions)


@pytest.mark.parametrize(("source", "receiver"), PAIRS)
def test_sound_leaves_the_way_it_would_come_back(
    two_rooms: Scene, source: Point, receiver: Point
) -> None:
    listener = Listener(two_rooms)
    lengths, _, gains, _ = listener.arrivals(source, receiver)
    departures = listener.pool.work.departures[: len(lengths)].copy()
    swapped, directions, swapped_gains, _ = listener.arrivals(receiver, source)

    def table(n: F64, g: F64, d: F64) -> F64:
        rows = np.column_stack([n, g[:, 3], d]).round(5) + 0.0
        sorted_rows: F64 = rows[np.lexsort(rows.T[::-1])]
        return sorted_rows

    np.testing.assert_allclose(
        table(lengths, gains, departures), table(swapped, swapped_gains, directions), atol=2e-5
    )


def test_kinds_tell_straight_from_bent_and_reflected(two_rooms: Scene) -> None:
    listener = Listener(two_rooms)
    kinds = listener.pool.work.kinds
    listener.arrivals((1.0, 2.0, 1.2), (3.0, 2.0, 1.2))
    assert (kinds[0], set(kinds[1:20])) == (0, {1})
    listener.arrivals((1.0, 2.0, 1.2), (6.0, 2.0, 1.2))
    assert kinds[0] == 0
    listener.arrivals((1.0, 2.0, 1.2), (4.5, 3.8, 1.2))
    assert (kinds[0], set(kinds[1:20])) == (2, {1})
