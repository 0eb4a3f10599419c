"""Every piece of furniture alone: it fits the outline it claims, and carries what it offers."""

from __future__ import annotations

import itertools

import pytest

from soundwalk.envs.scenes import furnish as rooms
from soundwalk.envs.scenes import surface
from soundwalk.envs.scenes.boxes import overlap
from soundwalk.envs.scenes.dice import Dice
from soundwalk.envs.scenes.furniture import style
from soundwalk.envs.scenes.kit import Group, Pose
from soundwalk.envs.scenes.layout import KINDS
from soundwalk.envs.scenes.space import PASSAGE, Space

PLACES = [place for recipe in rooms._RECIPES.values() for place in recipe]
maker_names = pytest.mark.parametrize("name", sorted(rooms.MAKERS))


def groups(name: str) -> list[Group]:
    return [rooms.MAKERS[name](dice, style(dice)) for dice in (Dice(seed) for seed in range(8))]


def test_every_kind_of_room_is_furnished() -> None:
    assert set(rooms._RECIPES) == set(KINDS)
    assert {name for names, _, _ in PLACES for name in names} <= set(rooms.MAKERS)


@maker_names
def test_parts_are_solid_stand_within_the_outline_and_have_known_surfaces(name: str) -> None:
    for group in groups(name):
        for piece in group.pieces:
            for (u0, v0, z0, u1, v1, z1), material in piece.parts:
                assert 0 <= u0 < u1 <= group.width
                assert 0 <= v0 < v1 <= group.depth
                assert 0 <= z0 < z1 <= 240
                assert surface(material).name == material


@maker_names
def test_pieces_of_one_group_touch_or_leave_a_passage(name: str) -> None:
    for group in groups(name):
        prints = [piece.footprint for piece in group.pieces]
        for a, b in itertools.combinations([f for f in prints if f], 2):
            dx = max(a[0] - b[2], b[0] - a[2], 0)
            dy = max(a[1] - b[3], b[1] - a[3], 0)
            gap = (dx**2 + dy**2) ** 0.5
            assert gap == 0 or gap >= PASSAGE


@maker_names
def test_spots_lie_on_top_of_something_and_are_free_above(name: str) -> None:
    for group in groups(name):
        boxes = [box for piece in group.pieces for box, _ in piece.parts]
        for spot in group.spots:
            u0, v0, u1, v1 = spot.rect
            assert u0 < u1
            assert v0 < v1
            middle = ((u0 + u1) // 2, (v0 + v1) // 2)
            assert any(
                abs(box[5] - spot.z) <= 1
                and box[0] <= middle[0] <= box[3]
                and box[1] <= middle[1] <= box[4]
                for box in boxes
            ), spot
            above = (*middle, spot.z + 2, middle[0] + 1, middle[1] + 1, spot.z + 12)
            assert not any(overlap(above, box) for box in boxes), spot


@maker_names
def test_a_group_fits_alone_in_a_large_room_in_any_orientation(name: str) -> None:
    free = any(name in names and where == "free" for names, where, _ in PLACES)
    for group in groups(name):
        for side in range(4):
            space = Space((0, 0, 700, 700), 250)
            pose = Pose(side, 350, 350) if free else space.pose(side, 200, group.width)
            assert space.fits(group, pose)
            space.add(group, pose)
            assert not space.fits(group, pose)
            assert len(space.spots) == len(group.spots)


@maker_names
def test_a_turned_piece_keeps_its_volume(name: str) -> None:
    def volume(piece_parts: object) -> int:
        assert isinstance(piece_parts, tuple)
        return sum((b[3] - b[0]) * (b[4] - b[1]) * (b[5] - b[2]) for b, _ in piece_parts)

    for piece in groups(name)[0].pieces:
        for turn in range(4):
            turned = Pose(turn, 31, -7).piece(piece, lift=5)
            assert volume(turned.parts) == volume(piece.parts)
            assert turned.box[2] == piece.box[2] + 5


def test_tall_furniture_never_stands_before_a_window() -> None:
    for seed in range(40):
        dice = Dice(seed)
        space = Space(
            (0, 0, 400, 320), 250, windows=[(2, 100, 300, 90, 215), (0, 60, 260, 90, 215)]
        )
        rooms.furnish(dice, "bedroom", space, style(dice))
        for piece in space.pieces:
            x0, y0, _, x1, y1, z1 = piece.box
            if z1 > 110:
                assert not (y0 == 0 and x0 < 300 and x1 > 100), piece.kind
                assert not (x0 == 0 and y0 < 260 and y1 > 60), piece.kind


@pytest.mark.parametrize("kind", sorted(KINDS))
def test_most_rooms_of_a_kind_hold_what_the_kind_is_for(kind: str) -> None:
    expected = {
        "living_room": "sofa", "kitchen": "counter", "bedroom": "bed", "bathroom": "washstand",
        "hall": "console", "office": "desk", "dining_room": "table", "studio": "bed",
    }  # fmt: skip
    least, _, side = KINDS[kind]
    found = 0
    for seed in range(20):
        dice = Dice(seed)
        space = Space((0, 0, side + 20, least * 10_000 // side), 250)
        rooms.furnish(dice, kind, space, style(dice))
        found += any(piece.kind == expected[kind] for piece in space.pieces)
    assert found >= 18
