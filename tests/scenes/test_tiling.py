"""Rooms of any shape as boxes: what they cover, how many there are, and that they hang together."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import ndimage

from soundwalk.envs.interface import I64, Bool
from soundwalk.envs.scenes.tiling import Tile, firm_box, tile

ys, xs = np.mgrid[0:80, 0:80]


def box(x0: int, y0: int, x1: int, y1: int) -> Bool:
    inside: Bool = (xs >= x0) & (xs < x1) & (ys >= y0) & (ys < y1)
    return inside


def counts(tiles: list[Tile]) -> I64:
    """How many boxes cover each cell."""
    covered = np.zeros(ys.shape, np.int64)
    for x0, y0, x1, y1 in tiles:
        assert 0 <= x0 < x1 <= 80
        assert 0 <= y0 < y1 <= 80
        covered[y0:y1, x0:x1] += 1
    return covered


def error(region: Bool, tiles: list[Tile]) -> float:
    return float(((counts(tiles) > 0) != region).sum() / region.sum())


ROUND = (xs - 40) ** 2 + (ys - 30) ** 2 < 25**2
SLANTED = (ys > 5) & (ys < 50) & (xs > 5) & (xs + ys < 75)
ELL = box(5, 5, 70, 25) | box(50, 25, 70, 55)
SHAPES = {"round": ROUND, "slanted": SLANTED, "ell": ELL, "box": box(10, 10, 60, 40)}


@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("most", [1, 3, 8])
def test_every_way_is_of_boxes_apart_in_one_piece_and_the_last_one_is_exact(
    shape: str, most: int
) -> None:
    region = SHAPES[shape]
    ways = tile(region, most)
    for way in ways:
        assert counts(way).max() == 1
        assert ndimage.label(counts(way))[1] == 1
    sizes = [len(way) for way in ways]
    assert sizes[0] <= most
    assert sizes == sorted(sizes)
    if error(region, ways[0]) > 0:
        assert error(region, ways[-1]) == 0


def test_a_box_and_an_l_are_the_boxes_that_they_are_made_of() -> None:
    assert tile(SHAPES["box"], 8)[0] == [(10, 10, 60, 40)]
    ways = tile(ELL, 8)
    assert len(ways[0]) == 2
    assert error(ELL, ways[0]) == 0
    # upright: the cut that shares the longer side of the two that make two boxes
    assert set(ways[0]) in ({(5, 5, 70, 25), (50, 25, 70, 55)}, {(5, 5, 50, 25), (50, 5, 70, 55)})


def test_more_boxes_are_taken_only_where_they_err_less() -> None:
    errors = [error(ROUND, tile(ROUND, most)[0]) for most in (1, 3, 8, 20)]
    assert errors == sorted(errors, reverse=True)
    assert errors[-1] <= 0.04  # from there on fewer boxes count for more
    # of all single boxes the largest inscribed rectangle errs by 1 - 2 / pi, and some do better
    assert errors[0] < 1 - 2 / np.pi


def test_four_hundredths_are_given_for_fewer_boxes_and_five_are_not() -> None:
    """A niche of 60 cells beside a room of 1,600 and of 1,000: 3.6 and 5.7 per cent."""
    niche = box(60, 20, 63, 40)
    small, large = box(35, 10, 60, 50), box(20, 10, 60, 50)
    for room, kept in ((large, 1), (small, 2)):
        way = tile(room | niche, 8)[0]
        assert len(way) == kept
        assert (error(room | niche, way) > 0) == (kept == 1)


def test_a_room_without_a_firm_core_still_has_boxes() -> None:
    """A corridor three cells wide vanishes when thin things are left out of the bounds."""
    corridor = box(5, 30, 75, 33)
    assert tile(corridor, 4)[0] == [(5, 30, 75, 33)]


def test_a_spur_does_not_count_as_bounds_of_the_one_box() -> None:
    """A beam of light through a door: rows and columns less than half as full are left out."""
    room = box(10, 10, 50, 40)
    spur = box(50, 20, 78, 22)
    assert firm_box(room | spur) == (10, 10, 50, 40)
    half = box(50, 10, 60, 25)  # fifteen of thirty rows
    assert firm_box(room | half) == (10, 10, 60, 40)


def test_turning_a_room_turns_its_boxes() -> None:
    for region in SHAPES.values():
        flat, upright = (tile(shape, 8)[0] for shape in (region, region.T.copy()))
        turned = [(y0, x0, y1, x1) for x0, y0, x1, y1 in upright]
        assert len(flat) == len(turned)
        assert error(region, flat) == error(region, turned)
