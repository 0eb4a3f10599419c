"""Homes of boxes, from another recipe than the generator's, and clearance in plain NumPy."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest

from soundwalk.envs.interface import F64
from soundwalk.envs.navigation import NavMap

Home = tuple[F64, F64]  # obstacles (K, 4), floor (M, 4)
_WALL, _ROOM, _DOOR = 0.12, 3.5, 0.9


def _wall(
    rng: np.random.Generator, x: float, y: float, along_x: bool
) -> tuple[list[tuple[float, ...]], tuple[float, ...]]:
    """Two wall pieces with a door between, from (x, y) on; the pieces touch their neighbours."""
    start = rng.uniform(0.0, _ROOM - _DOOR)
    spans = [(-_WALL, start), (start + _DOOR, _ROOM + _WALL), (start, start + _DOOR)]
    boxes: list[tuple[float, ...]] = [
        (x + a, y, x + b, y + _WALL) if along_x else (x, y + a, x + _WALL, y + b) for a, b in spans
    ]
    return boxes[:2], boxes[2]


def _home(seed: int, columns: int = 3, rows: int = 2, pieces: int = 5) -> Home:
    """Rooms in a grid, a door in every wall between them, furniture anywhere (it may overlap)."""
    rng = np.random.default_rng(seed)
    rects: list[tuple[float, ...]] = []
    floor: list[tuple[float, ...]] = []
    pitch = _ROOM + _WALL
    for i in range(columns):
        for j in range(rows):
            x, y = i * pitch, j * pitch
            floor.append((x, y, x + _ROOM, y + _ROOM))
            for exists, wx, wy, along_x in (
                (i < columns - 1, x + _ROOM, y, False),
                (j < rows - 1, x, y + _ROOM, True),
            ):
                if exists:
                    walls, door = _wall(rng, wx, wy, along_x)
                    rects += walls
                    floor.append(door)
            for _ in range(pieces):
                w, h = rng.uniform(0.15, 1.2, 2)
                a, b = rng.uniform(0, _ROOM - w), rng.uniform(0, _ROOM - h)
                rects.append((x + a, y + b, x + a + w, y + b + h))
    x, y, t = columns * pitch - _WALL, rows * pitch - _WALL, _WALL
    rects += [(-t, -t, 0, y + t), (x, -t, x + t, y + t), (-t, -t, x + t, 0), (-t, y, x + t, y + t)]
    return np.array(rects), np.array(floor)


def _clearance(points: F64, rects: F64) -> F64:
    """Distance of each point (M, 2) to the nearest of its rectangles (K, 4) or (M, K, 4)."""
    rects = np.broadcast_to(rects, (len(points), *rects.shape[-2:]))
    x, y = points[:, 0, None], points[:, 1, None]
    dx = np.maximum(np.maximum(rects[..., 0] - x, x - rects[..., 2]), 0.0)
    dy = np.maximum(np.maximum(rects[..., 1] - y, y - rects[..., 3]), 0.0)
    nearest: F64 = np.hypot(dx, dy).min(-1)
    return nearest


@pytest.fixture(scope="session")
def home() -> Callable[..., Home]:
    """`home(seed)` gives obstacles and floor of a home of six rooms."""
    return _home


@pytest.fixture(scope="session")
def clearance() -> Callable[[F64, F64], F64]:
    """`clearance(points, rects)` in plain NumPy."""
    return _clearance


@pytest.fixture(scope="session")
def hall() -> Callable[..., NavMap]:
    """`hall(*boxes)` is a room of 20 m x 20 m around the origin with boxes in it."""

    def build(*boxes: tuple[float, float, float, float]) -> NavMap:
        return NavMap.from_rectangles(
            np.array(boxes).reshape(-1, 4), np.array([[-10, -10, 10, 10]])
        )

    return build
