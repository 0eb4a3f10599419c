"""Homes from files of meshes: glb, gltf, obj, ply, dae, stl; and to glb."""

from .load import MeshOptions, import_mesh, load_mesh
from .reading import ENDINGS
from .report import MeshReport

__all__ = ["ENDINGS", "MeshOptions", "MeshReport", "import_mesh", "load_mesh"]
