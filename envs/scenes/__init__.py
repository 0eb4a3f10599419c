"""Where: homes as triangles, surfaces and floor plans; generated, loaded, or a plain shoebox."""

from .describe import describe
from .draw import draw_plan, plan_figure
from .generate import generate
from .joined import joined
from .leaves import set_doors
from .materials import surface
from .open import open_scene
from .scene import OCTAVES, FloorPlan, Scene, Surface
from .shoebox import shoebox
from .store import load, save

__all__ = [
    "OCTAVES",
    "FloorPlan",
    "Scene",
    "Surface",
    "describe",
    "draw_plan",
    "generate",
    "joined",
    "load",
    "open_scene",
    "plan_figure",
    "save",
    "set_doors",
    "shoebox",
    "surface",
]
