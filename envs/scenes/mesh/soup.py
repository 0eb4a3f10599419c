"""Triangles from a file, flattened: where they are, what they are called, and how they look."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from ...interface import F64, I64, Bool
from ..skin import Skin


@dataclass(frozen=True)
class Node:
    """One thing of a file: its name, and what the file notes about it (glTF extras)."""

    name: str
    notes: dict[str, Any]


@dataclass(frozen=True, eq=False)
class Soup:
    """All faces of a file in one coordinate system.

    Attributes:
        corners: (F, 3, 3) float64.
        material: (F,) int64, index into `materials`.
        node: (F,) int64, index into `nodes`.
        skin: how faces look.
        materials: names; "" where a file names none.
        nodes: the things that the faces belong to.
    """

    corners: F64
    material: I64
    node: I64
    skin: Skin
    materials: tuple[str, ...]
    nodes: tuple[Node, ...]

    def __len__(self) -> int:
        """How many faces."""
        return len(self.corners)

    def take(self, faces: Bool | np.ndarray) -> Soup:
        """Some of the faces, by mask or by number."""
        return replace(
            self,
            corners=self.corners[faces],
            material=self.material[faces],
            node=self.node[faces],
            skin=self.skin.take(faces),
        )

    def moved(self, matrix: F64, offset: F64 | None = None) -> Soup:
        """Every corner times `matrix` (3, 3), plus `offset` (3,)."""
        corners = self.corners @ matrix.T
        return replace(self, corners=corners if offset is None else corners + offset)


def areas(corners: F64) -> F64:
    """(F,) areas of triangles (F, 3, 3)."""
    edges = corners[:, 1:] - corners[:, :1]
    result: F64 = 0.5 * np.linalg.norm(np.cross(edges[:, 0], edges[:, 1]), axis=1)
    return result


def normals(corners: F64) -> F64:
    """(F, 3) unit normals of triangles (F, 3, 3) that are not degenerate."""
    edges = corners[:, 1:] - corners[:, :1]
    cross = np.cross(edges[:, 0], edges[:, 1])
    result: F64 = cross / np.linalg.norm(cross, axis=1, keepdims=True)
    return result
