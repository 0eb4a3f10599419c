"""Finding the triangle of measured directions that holds a direction: a map, then a short walk."""

from __future__ import annotations

from ...interface import F64, I32
from ..kernels import inner_kernel, kernel

CELLS = 64  # of the map along each side: some 2 degrees
_STEPS = 64  # a walk over a Delaunay triangulation never runs in circles


@inner_kernel
def octahedral_cell(x: float, y: float, z: float, cells: int) -> tuple[int, int]:
    """Cell of the unit square onto which the octahedron folds the sphere (Meyer et al. 2010)."""
    scale = 1.0 / (abs(x) + abs(y) + abs(z))
    u, v = x * scale, y * scale
    if z < 0.0:
        folded = (1.0 - abs(v)) * (1.0 if u >= 0.0 else -1.0)
        v = (1.0 - abs(u)) * (1.0 if v >= 0.0 else -1.0)
        u = folded
    row = min(int((u + 1.0) * 0.5 * cells), cells - 1)
    column = min(int((v + 1.0) * 0.5 * cells), cells - 1)
    return max(row, 0), max(column, 0)


@inner_kernel
def _weights(inverse: F64, d: tuple[float, float, float]) -> tuple[float, float, float]:
    """A direction as a sum of a triangle's corners."""
    return (
        inverse[0, 0] * d[0] + inverse[0, 1] * d[1] + inverse[0, 2] * d[2],
        inverse[1, 0] * d[0] + inverse[1, 1] * d[1] + inverse[1, 2] * d[2],
        inverse[2, 0] * d[0] + inverse[2, 1] * d[1] + inverse[2, 2] * d[2],
    )


@kernel
def find_triangle(
    start: I32, inverses: F64, neighbours: I32, d: tuple[float, float, float]
) -> tuple[int, float, float, float]:
    """The triangle that holds unit vector d, and the weights of its corners, which add up to 1.

    See ReceiverTables for the arrays.
    """
    triangle = start[octahedral_cell(d[0], d[1], d[2], start.shape[0])]
    u, v, w = _weights(inverses[triangle], d)
    for _ in range(_STEPS):
        least = min(u, v, w)
        if least >= -1e-9:
            break
        corner = 0 if u == least else (1 if v == least else 2)
        triangle = neighbours[triangle, corner]
        u, v, w = _weights(inverses[triangle], d)
    u, v, w = max(u, 0.0), max(v, 0.0), max(w, 0.0)
    total = u + v + w
    return triangle, u / total, v / total, w / total
