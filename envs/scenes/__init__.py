"""Where: homes as triangles, surfaces and floor plans; generated, loaded, or a plain shoebox."""

from .generate import generate
from .materials import surface
from .scene import OCTAVES, FloorPlan, Scene, Surface
from .shoebox import shoebox

__all__ = ["OCTAVES", "FloorPlan", "Scene", "Surface", "generate", "shoebox", "surface"]
