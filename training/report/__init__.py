"""Results as something to look at and listen to: tables, pictures, sounds, one page per run."""

from .exhibits import Bars, Curve, DepthTriple, Directions, Heatmap, Matrix, Separated
from .results import Results

__all__ = [
    "Bars", "Curve", "DepthTriple", "Directions", "Heatmap", "Matrix", "Results", "Separated",
]  # fmt: skip
