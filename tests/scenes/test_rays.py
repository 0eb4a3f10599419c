"""Rays against triangles, compared with all triangles at once and with a box's closed form."""

from __future__ import annotations

import numpy as np
import pytest

from soundwalk.envs.interface import F64, I64
from soundwalk.envs.scenes import generate, shoebox
from soundwalk.envs.scenes.rays import FAR, hits, ray_grid


def directions(rng: np.random.Generator, count: int) -> F64:
    vectors = rng.normal(size=(count, 3))
    unit: F64 = vectors / np.linalg.norm(vectors, axis=1, keepdims=True)
    return unit


def brute_force(triangles: F64, starts: F64, ways: F64) -> tuple[F64, I64]:
    """All rays against all planes, then barycentric coordinates by areas."""
    a, b, c = triangles.transpose(1, 0, 2)
    normal = np.cross(b - a, c - a)
    with np.errstate(divide="ignore", invalid="ignore"):
        along = np.einsum("fj,nfj->nf", normal, a - starts[:, None]) / (ways @ normal.T)
    along[~np.isfinite(along)] = -1
    points = starts[:, None] + along[..., None] * ways[:, None]
    whole = np.linalg.norm(normal, axis=1)
    parts = sum(
        np.linalg.norm(np.cross(p - points, q - points), axis=2)
        for p, q in ((a, b), (b, c), (c, a))
    )
    along[(parts > whole * (1 + 1e-7) + 1e-9) | (along < 1e-4)] = FAR
    return along.min(1), along.argmin(1)


def test_first_hits_are_those_of_all_triangles() -> None:
    home = generate(2, 3)
    rng = np.random.default_rng(0)
    x0, y0, x1, y1 = home.plan.bounds
    starts = rng.uniform((x0, y0, 0.1), (x1, y1, 2.3), (200, 3))
    ways = directions(rng, 200)
    triangles = home.triangles.astype(np.float64)
    expected, nearest = brute_force(triangles, starts, ways)
    found, face = hits(ray_grid(home.triangles), starts, ways)
    np.testing.assert_allclose(found, expected, atol=1e-6)
    same = face == nearest
    assert same[expected < FAR].mean() > 0.97  # others lie on the edge of two


def test_in_a_box_a_ray_ends_at_the_first_of_three_walls() -> None:
    room = shoebox((5, 4, 3))
    rng = np.random.default_rng(1)
    starts, ways = rng.uniform((0, 0, 0), (5, 4, 3), (500, 3)), directions(rng, 500)
    expected = (np.where(ways > 0, (5.0, 4.0, 3.0), 0.0) - starts) / ways
    found, face = hits(ray_grid(room.triangles), starts, ways)
    np.testing.assert_allclose(found, expected.min(1), atol=1e-6)
    assert (face >= 0).all()


@pytest.mark.parametrize("start", [(-1.0, 2.0, 1.0), (2.5, 2.0, 9.0)])
def test_rays_may_start_outside_and_miss(start: tuple[float, float, float]) -> None:
    grid = ray_grid(shoebox((5, 4, 3)).triangles)
    towards = np.array([2.5, 2.0, 1.5]) - start
    towards /= np.linalg.norm(towards)
    ways = np.array([towards, -towards])
    distance, face = hits(grid, np.array([start, start]), ways)
    assert distance[0] < 10
    assert distance[1] == FAR
    assert face[1] == -1


def test_without_triangles_nothing_is_hit() -> None:
    grid = ray_grid(np.zeros((0, 3, 3), np.float32))
    distance, face = hits(grid, np.zeros((1, 3)), np.array([[0.0, 0.0, 1.0]]))
    assert distance[0] == FAR
    assert face[0] == -1
