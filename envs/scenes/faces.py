"""Boxes in whole numbers become triangles: the faces of a shell, and of solids those that show."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import numpy as np

from ..interface import F32, I32, I64, Bool
from .boxes import BoxCm
from .quads import quad_triangles
from .shell import Quad

Solid = tuple[BoxCm, int, int]  # box, surface, instance
Around = tuple[Sequence[int], Sequence[Solid]]  # planes that hide faces, and the solids in there


class Palette:
    """Surfaces in the order of first use."""

    def __init__(self) -> None:
        self.names: dict[str, int] = {}

    def __call__(self, name: str) -> int:
        """The number of a surface."""
        return self.names.setdefault(name, len(self.names))


def triangulated(
    shell: Sequence[Quad], rooms: Iterable[Around], palette: Palette, unit: float
) -> tuple[F32, I32, I32]:
    """The triangles of a home.

    Args:
        shell: faces of rooms and tunnels.
        rooms: of each room the planes x0, x1, y0, y1, z0, z1 against which solids lie flat, and its
            solids.
        palette: numbers the surfaces of the shell.
        unit: how many of the whole numbers make a metre.

    Returns:
        (F, 3, 3) corners in metres, (F,) surfaces, (F,) instances, 0 of the shell.
    """
    boxes = [np.array([quad[0] for quad in shell], np.int64)]
    facings = [np.array([quad[1] for quad in shell], np.int64)]
    surfaces = [palette(quad[2]) for quad in shell]
    instances = [0] * len(shell)
    for planes, own in rooms:
        if not own:
            continue
        solid = np.array([box for box, _, _ in own], np.int64)  # (P, 6)
        part, direction = np.nonzero(_visible(solid, planes))
        flat = solid[part].copy()
        rows = np.arange(len(flat))
        axis, high = direction // 2, direction % 2
        flat[rows, axis + 3 * (1 - high)] = flat[rows, axis + 3 * high]
        boxes.append(flat)
        facings.append(direction)
        surfaces += [own[i][1] for i in part.tolist()]
        instances += [own[i][2] for i in part.tolist()]
    triangles = quad_triangles(np.concatenate(boxes) / unit, np.concatenate(facings))
    return (
        triangles,
        np.repeat(np.array(surfaces, np.int32), 2),
        np.repeat(np.array(instances, np.int32), 2),
    )


def _visible(solid: I64, planes: Sequence[int]) -> Bool:
    """(P, 6) whether a face of a box shows: not on floor or wall, nor covered by another box."""
    visible = np.ones((len(solid), 6), bool)
    for direction in range(6):
        axis, high = divmod(direction, 2)
        mine, theirs = axis + 3 * high, axis + 3 * (1 - high)
        a, b = (axis + 1) % 3, (axis + 2) % 3
        visible[:, direction] = solid[:, mine] != planes[direction]
        covered = (
            (solid[:, None, mine] == solid[None, :, theirs])
            & (solid[:, None, a] >= solid[None, :, a])
            & (solid[:, None, a + 3] <= solid[None, :, a + 3])
            & (solid[:, None, b] >= solid[None, :, b])
            & (solid[:, None, b + 3] <= solid[None, :, b + 3])
        )
        visible[:, direction] &= ~covered.any(1)
    return visible
