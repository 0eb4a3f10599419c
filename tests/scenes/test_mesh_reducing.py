"""Fewer triangles, the same home: shape, materials and pictures stay."""

from __future__ import annotations

import numpy as np
import pytest

from soundwalk.envs.interface import F64
from soundwalk.envs.scenes.mesh.reducing import reduced
from soundwalk.envs.scenes.mesh.soup import Node, Soup, areas
from soundwalk.envs.scenes.skin import Skin

SIDE = 60  # squares along a side


def hilly(seed: int = 0) -> Soup:
    """A floor of 6 x 6 m that rises gently; a picture spans its west half and another its east."""
    steps = np.linspace(0, 6, SIDE + 1)
    x, y = np.meshgrid(steps, steps, indexing="ij")
    points = np.stack([x, y, 0.2 * np.sin(x) * np.cos(y)], -1)
    a, b, c, d = points[:-1, :-1], points[1:, :-1], points[1:, 1:], points[:-1, 1:]
    corners = np.stack([np.stack([a, b, c], 2), np.stack([a, c, d], 2)], 2).reshape(-1, 3, 3)
    east = corners[:, :, 0].mean(1) > 3
    uv = corners[:, :, :2] / 6
    uv[east] = 1 - uv[east]  # as if each half were unwrapped on its own
    rng = np.random.default_rng(seed)
    smooth = np.kron(rng.integers(60, 200, (2, 4, 4, 3)), np.ones((1, 32, 32, 1)))
    return Soup(
        corners,
        east.astype(np.int64),
        np.zeros(len(corners), np.int64),
        Skin(
            np.full((len(corners), 3, 3), 255, np.uint8),
            east.astype(np.int32),
            uv.astype(np.float32),
            tuple(smooth.astype(np.uint8)),
        ),
        ("west", "east"),
        (Node("hill", {}),),
    )


def height(points: F64) -> F64:
    rise: F64 = 0.2 * np.sin(points[:, 0]) * np.cos(points[:, 1])
    return rise


def test_a_mesh_within_its_budget_is_left_alone() -> None:
    soup = hilly()
    assert reduced(soup, len(soup)) is soup


@pytest.mark.parametrize("budget", [3000, 1000])
def test_the_budget_is_kept_and_so_is_the_shape(budget: int) -> None:
    soup = hilly()
    less = reduced(soup, budget)
    assert 0.9 * budget < len(less) <= 1.05 * budget
    assert areas(less.corners).sum() == pytest.approx(areas(soup.corners).sum(), rel=0.01)
    middles = less.corners.mean(1)
    assert np.abs(middles[:, 2] - height(middles)).max() < 0.02
    flat = np.cross(
        less.corners[:, 1] - less.corners[:, 0], less.corners[:, 2] - less.corners[:, 0]
    )
    assert (flat[:, 2] > 0).mean() > 0.999  # all still look up


def test_faces_keep_their_material_and_show_their_place_in_the_picture() -> None:
    soup = hilly()
    less = reduced(soup, 2000)
    middles = less.corners.mean(1)
    assert ((middles[:, 0] > 3) == (less.material == 1)).mean() > 0.97
    worn = less.skin.image >= 0
    assert worn.mean() > 0.8
    clear = worn & (np.abs(middles[:, 0] - 3) > 0.3)
    expected = middles[clear, :2] / 6
    east = less.skin.image[clear] == 1
    expected[east] = 1 - expected[east]
    assert np.abs(less.skin.uv[clear].mean(1) - expected).max() < 0.02


def test_what_the_picture_would_show_wrongly_shows_plain_colours() -> None:
    soup = hilly()
    less = reduced(soup, 400)
    torn = less.skin.image < 0
    assert 0 < torn.mean() < 0.7
    dark = less.skin.colours[torn].astype(int)
    images = np.array(soup.skin.images)
    assert dark.min() >= images.min()
    assert dark.max() <= images.max()
