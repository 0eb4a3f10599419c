"""What listens: one microphone, a sphere with ears, a measured head, an array, Ambisonics."""

from __future__ import annotations

from .ambisonics import Ambisonics
from .base import Receiver
from .measured import Measured
from .parse import parse_receiver
from .points import Array, Mono
from .sphere import Sphere

__all__ = ["Ambisonics", "Array", "Measured", "Mono", "Receiver", "Sphere", "parse_receiver"]
