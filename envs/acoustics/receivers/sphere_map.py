"""Directions on the sphere: even spreads, gaps, triangles between them, and a map to find these."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from scipy.spatial import ConvexHull, cKDTree

from ...interface import F64, I32
from .triangles import CELLS


class Triangulation(NamedTuple):
    """Triangles between directions; see ReceiverTables for the arrays.

    Attributes:
        triangles: (T, 3) int32.
        inverses: (T, 3, 3) float64.
        neighbours: (T, 3) int32.
        start: (CELLS, CELLS) int32.
        weights: (V,) float64 share of the sphere that belongs to each direction.
    """

    triangles: I32
    inverses: F64
    neighbours: I32
    start: I32
    weights: F64


def spiral(count: int) -> F64:
    """Directions spread evenly over the sphere, (count, 3): Fibonacci's spiral."""
    z = 1.0 - (2.0 * np.arange(count) + 1.0) / count
    turn = np.arange(count) * np.pi * (3.0 - np.sqrt(5.0))
    ring = np.sqrt(1.0 - z**2)
    return np.stack([ring * np.cos(turn), ring * np.sin(turn), z], axis=1)


def angle_to_nearest(directions: F64, measured: F64) -> F64:
    """Radians from each of directions (D, 3) to the nearest of measured (M, 3)."""
    chord, _ = cKDTree(measured).query(directions)
    angle: F64 = 2.0 * np.arcsin(np.minimum(chord / 2.0, 1.0))
    return angle


def triangulate(directions: F64) -> Triangulation:
    """Delaunay's triangles between directions (V, 3) all round the sphere: their convex hull."""
    hull = ConvexHull(directions)
    triangles, neighbours = hull.simplices.copy(), hull.neighbors.copy()
    corners = directions[triangles]  # (T, 3 corners, 3)
    volume = np.linalg.det(corners)
    turned = volume < 0
    triangles[turned] = triangles[turned][:, [0, 2, 1]]
    neighbours[turned] = neighbours[turned][:, [0, 2, 1]]
    inverses = np.linalg.inv(directions[triangles].transpose(0, 2, 1)).astype(np.float64)
    owner = np.zeros(len(directions), np.int32)
    owner[triangles.ravel()] = np.repeat(np.arange(len(triangles)), 3)
    _, nearest = cKDTree(directions).query(_cell_directions().reshape(-1, 3))
    weights = np.zeros(len(directions))
    area = _solid_angles(directions[triangles])
    np.add.at(weights, triangles.ravel(), np.repeat(area / 3.0, 3))
    return Triangulation(
        triangles.astype(np.int32),
        inverses,
        neighbours.astype(np.int32),
        owner[nearest].reshape(CELLS, CELLS),
        weights / weights.sum(),
    )


def _solid_angles(corners: F64) -> F64:
    """Of spherical triangles (T, 3, 3): van Oosterom and Strackee (1983)."""
    a, b, c = corners.transpose(1, 0, 2)
    below = 1.0 + (a * b).sum(1) + (b * c).sum(1) + (c * a).sum(1)
    angle: F64 = 2.0 * np.abs(np.arctan2(np.linalg.det(corners), below))
    return angle


def _cell_directions() -> F64:
    """(CELLS, CELLS, 3) the middle of each cell of triangles.octahedral_cell."""
    middle = (np.arange(CELLS) + 0.5) * 2.0 / CELLS - 1.0
    u, v = np.meshgrid(middle, middle, indexing="ij")
    z = 1.0 - np.abs(u) - np.abs(v)
    sign_u, sign_v = np.where(u >= 0, 1.0, -1.0), np.where(v >= 0, 1.0, -1.0)
    x = np.where(z < 0, (1.0 - np.abs(v)) * sign_u, u)
    y = np.where(z < 0, (1.0 - np.abs(u)) * sign_v, v)
    points = np.stack([x, y, z], axis=2)
    cells: F64 = points / np.linalg.norm(points, axis=2, keepdims=True)
    return cells
