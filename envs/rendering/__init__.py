"""Seen: triangles to RGB, depth and instance ids, for a batch of cameras in a batch of homes."""

from .camera import Camera, render
from .mesh import RenderMesh
from .moving import Moves
from .pool import MeshPool

__all__ = ["Camera", "MeshPool", "Moves", "RenderMesh", "render"]
