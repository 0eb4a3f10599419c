"""Small buildings as files, for tests of the mesh importer."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import trimesh

from soundwalk.envs.interface import F64
from soundwalk.envs.scenes.quads import quad_triangles

Box = tuple[float, float, float, float, float, float]


def box(*sides: float, inward: bool = False) -> F64:
    """(12, 3, 3) triangles of a box x0 y0 z0 x1 y1 z1, seen from outside, or from inside."""
    low, high = np.array(sides[:3]), np.array(sides[3:])
    flat = np.tile(np.concatenate([low, high]), (6, 1))
    for face in range(6):
        axis, upper = divmod(face, 2)
        flat[face, axis + (0 if upper else 3)] = flat[face, axis + (3 if upper else 0)]
    triangles = quad_triangles(flat, np.arange(6)).astype(np.float64)
    return triangles[:, ::-1] if inward else triangles


def sheet(x0: float, y0: float, x1: float, y1: float, low: float, high: float) -> F64:
    """(2, 3, 3) an upright rectangle without thickness."""
    a, b = np.array([x0, y0, low]), np.array([x1, y1, low])
    rise = np.array([0, 0, high - low])
    return np.array([[a, b, b + rise], [a, b + rise, a + rise]])


def level(x0: float, y0: float, x1: float, y1: float, z: float, *, up: bool = True) -> F64:
    """(2, 3, 3) a level rectangle that looks up or down."""
    corners = np.array([[x0, y0, z], [x1, y0, z], [x1, y1, z], [x0, y1, z]], np.float64)
    triangles = corners[[[0, 1, 2], [0, 2, 3]]]
    return triangles if up else triangles[:, ::-1]


def mesh_of(*parts: F64) -> trimesh.Trimesh:
    """A mesh of all these triangles."""
    corners = np.concatenate(parts).reshape(-1, 3)
    return trimesh.Trimesh(corners, np.arange(len(corners)).reshape(-1, 3), process=False)


def export(mesh: trimesh.Trimesh | trimesh.Scene, path: Path) -> Path:
    """Write a mesh as it is; trimesh itself would leave the files of a .gltf open."""
    if path.suffix == ".gltf":
        for name, content in mesh.export(file_type="gltf").items():
            named = path.name if name == "model.gltf" else name
            (path.parent / named).write_bytes(content)
    else:
        mesh.export(str(path))
    return path


def write(path: Path, *parts: F64) -> Path:
    """Write triangles to a file; z is up unless it is glTF, where y is."""
    mesh = mesh_of(*parts)
    if path.suffix in (".glb", ".gltf"):
        x, y, z = np.array(mesh.vertices).T
        mesh.vertices = np.stack([x, z, -y], 1)
    return export(mesh, path)


def room(*furniture: Sequence[float]) -> list[F64]:
    """A closed room of 5 x 4 x 2.7 m with boxes in it."""
    return [box(0, 0, 0, 5, 4, 2.7, inward=True), *(box(*sides) for sides in furniture)]
