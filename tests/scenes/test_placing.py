"""The rules of furnishing, on rooms small enough to work out by hand."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from soundwalk.envs.interface import CATEGORIES
from soundwalk.envs.scenes.bodies import BODIES
from soundwalk.envs.scenes.boxes import overlap
from soundwalk.envs.scenes.dice import Dice
from soundwalk.envs.scenes.doors import DoorCm
from soundwalk.envs.scenes.kit import Group, Piece, Pose
from soundwalk.envs.scenes.space import Space


def block(width: int, depth: int, front: int = 0) -> Group:
    piece = Piece("block", (((0, 0, 0, width, depth, 50), "oak"),))
    return Group(width, depth, (piece,), (), front)


def room(width: int = 400, depth: int = 300) -> Space:
    return Space((0, 0, width, depth), 250)


@given(
    st.integers(0, 3),
    st.tuples(*[st.integers(-50, 50)] * 4),
)
def test_four_quarter_turns_bring_a_rectangle_back(
    turn: int, numbers: tuple[int, int, int, int]
) -> None:
    a, b, c, d = numbers
    rect = (min(a, c), min(b, d), max(a, c), max(b, d))
    once = Pose(1, 0, 0)
    turned = rect
    for _ in range(turn):
        turned = once.rect(turned)
    assert Pose(turn, 0, 0).rect(rect) == turned
    for _ in range(4 - turn):
        turned = once.rect(turned)
    assert turned == rect


@pytest.mark.parametrize("side", range(4))
def test_a_group_stands_with_its_back_to_the_wall_it_was_given(side: int) -> None:
    space = room()
    pose = space.pose(side, 30, 80)
    x0, y0, x1, y1 = pose.rect((0, 0, 80, 20))
    walls = (x0 == 0, x1 == 400, y0 == 0, y1 == 300)
    assert walls == tuple(index == side for index in range(4))
    low = y0 if side < 2 else x0
    assert low == 30


@pytest.mark.parametrize(("gap", "fits"), [(0, True), (1, False), (39, False), (40, True)])
def test_two_pieces_touch_or_leave_40_cm(gap: int, fits: bool) -> None:
    space = room()
    space.add(block(100, 50), space.pose(2, 0, 100))
    assert space.fits(block(60, 50), space.pose(2, 100 + gap, 60)) is fits


@pytest.mark.parametrize(("gap", "fits"), [(0, True), (20, False), (39, False), (40, True)])
def test_a_piece_touches_a_wall_or_leaves_40_cm(gap: int, fits: bool) -> None:
    assert room().fits(block(60, 50), Pose(0, gap, 100)) is fits


def test_diagonal_gaps_count_by_their_true_length() -> None:
    space = room()
    space.add(block(100, 100), Pose(0, 0, 0))
    assert not space.fits(block(50, 50), Pose(0, 128, 128))  # 39.6 cm
    assert space.fits(block(50, 50), Pose(0, 129, 129))  # 41.0 cm


def test_nothing_may_cut_a_corner_off_from_the_rest_of_the_room() -> None:
    space = room()
    space.add(block(50, 100), Pose(0, 100, 0))
    assert not space.fits(block(100, 50), Pose(0, 0, 100))  # closes a pocket of 100 x 100
    assert space.fits(block(100, 50), Pose(0, 0, 140))


def test_the_floor_before_a_door_stays_free() -> None:
    space = room()
    space.add_door(DoorCm((0, 1), (400, 100, 412, 190), 0))
    assert space.doors == [(1, 100, 190)]
    assert not space.fits(block(50, 60), space.pose(1, 150, 50))
    assert not space.fits(block(50, 60), Pose(0, 400 - 70 - 50, 120))
    assert space.fits(block(50, 60), space.pose(1, 190, 50))


def test_what_one_uses_keeps_its_front_free() -> None:
    space = room()
    space.add(block(100, 50, front=60), space.pose(2, 0, 100))
    assert not space.fits(block(50, 50), Pose(0, 40, 95))
    assert space.fits(block(50, 50), Pose(0, 40, 110))


def test_an_agent_must_be_able_to_come_within_reach_of_a_sound() -> None:
    space = room()
    space.add(block(300, 160), space.pose(2, 0, 300))
    assert space.audible((150, 130, 100), [])
    assert not space.audible((150, 80, 100), [])
    assert not space.audible((150, 130, 53), [])  # 3 cm above the block


@given(st.integers(0, 2**40), st.integers(1, 500))
def test_dice_stay_below_their_limit_and_repeat_for_the_same_seed(seed: int, limit: int) -> None:
    first, second = Dice(seed), Dice(seed)
    drawn = [first.below(limit) for _ in range(40)]
    assert drawn == [second.below(limit) for _ in range(40)]
    assert all(0 <= number < limit for number in drawn)


def test_dice_fall_evenly() -> None:
    dice = Dice(1)
    counts = [0] * 6
    for _ in range(6_000):
        counts[dice.between(0, 50, 10) // 10] += 1
    # chi-square with 5 degrees of freedom exceeds 20.5 once in a thousand
    assert sum((count - 1_000) ** 2 / 1_000 for count in counts) < 20.5


def test_a_shuffle_keeps_all_items() -> None:
    assert sorted(Dice(3).shuffled(range(20))) == list(range(20))


def test_every_category_but_knocking_has_a_body_and_sounds_outside_of_it() -> None:
    assert set(BODIES) | {"knocking"} == set(CATEGORIES)
    for body in BODIES.values():
        here = (*body.emit, *body.emit)
        assert not any(overlap(here, box, 6) for box, _ in body.parts), body.category
        assert len(body.parts) <= 16
