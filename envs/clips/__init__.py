"""Short audio-visual clips of homes, with all that the simulator knows about them."""

from .options import ClipOptions
from .world import ClipWorld

__all__ = ["ClipOptions", "ClipWorld"]
