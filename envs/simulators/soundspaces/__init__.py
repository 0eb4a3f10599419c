"""SoundSpaces 1.0 data as a simulator: recorded responses and images on a grid of places."""

from .layout import MissingDataError, SoundSpacesData
from .pickles import UnsafePickleError
from .simulator import SoundSpacesSimulator

__all__ = ["MissingDataError", "SoundSpacesData", "SoundSpacesSimulator", "UnsafePickleError"]
