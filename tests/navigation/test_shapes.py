"""The geometry under motion and sight, against shapely."""

from __future__ import annotations

from math import pi

import numpy as np
import pytest
from shapely import LineString, Point, STRtree, box

from soundwalk.envs.interface import AGENT_RADIUS, F64
from soundwalk.envs.navigation.shapes import GRAZE, clearance, segment_free, slide

R = AGENT_RADIUS


def boxes(seed: int, n: int = 12) -> F64:
    """Random rectangles in a square of 5 m; some overlap, some are thin."""
    rng = np.random.default_rng(seed)
    low = rng.uniform(0, 4, (n, 2))
    return np.concatenate([low, low + rng.uniform(0.001, 1.0, (n, 2))], 1)


@pytest.mark.parametrize("seed", range(4))
def test_clearance_is_the_distance_to_the_nearest_box(seed: int) -> None:
    rects = boxes(seed)
    tree = STRtree([box(*r) for r in rects])
    for x, y in np.random.default_rng(seed).uniform(-1, 6, (300, 2)):
        _, expected = tree.query_nearest(Point(x, y), return_distance=True)
        assert clearance(x, y, rects, len(rects)) == pytest.approx(expected[0], abs=1e-12)


@pytest.mark.parametrize("seed", range(4))
def test_a_segment_is_free_if_and_only_if_it_keeps_the_radius_from_every_box(seed: int) -> None:
    rects = boxes(seed)
    shapes = [box(*r) for r in rects]
    verdicts = []
    for ax, ay, bx, by in np.random.default_rng(seed).uniform(-1, 6, (1500, 4)):
        segment = LineString([(ax, ay), (bx, by)])
        distance = min(segment.distance(shape) for shape in shapes)
        if abs(distance - R) > 2 * GRAZE:
            verdicts.append(distance > R)
            assert segment_free(ax, ay, bx, by, rects, len(rects), R) == verdicts[-1]
    assert 0.05 < np.mean(verdicts) < 0.95


@pytest.mark.parametrize("seed", range(4))
def test_a_push_is_carried_out_whole_if_and_only_if_its_segment_is_free(seed: int) -> None:
    rects, rng = boxes(seed), np.random.default_rng(seed)
    shapes = [box(*r) for r in rects]
    for _ in range(600):
        x, y = rng.uniform(-1, 6, 2)
        dx, dy = rng.uniform(0.05, 3.0) * np.array([np.cos(a := rng.uniform(-pi, pi)), np.sin(a)])
        if min(Point(x, y).distance(s) for s in shapes) < R + 1e-6:
            continue
        segment = LineString([(x, y), (x + dx, y + dy)])
        distance = min(segment.distance(s) for s in shapes)
        px, py, collided = slide(x, y, dx, dy, rects, len(rects), R)
        if abs(distance - R) > 1e-6:
            assert collided == (distance < R)
        assert min(Point(px, py).distance(s) for s in shapes) >= R - 1e-9
