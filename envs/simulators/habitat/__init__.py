"""habitat-sim as a simulator: any scene that it loads, its sensors, its navigation mesh."""

from .settings import HabitatOptions
from .simulator import HabitatSimulator
from .stages import HabitatScene

__all__ = ["HabitatOptions", "HabitatScene", "HabitatSimulator"]
