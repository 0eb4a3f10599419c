"""Hearing: impulse-response engines, receivers, and the streaming convolver."""

from __future__ import annotations

from .batch import direct_lengths, render_rirs
from .config import AcousticConfig
from .engine import GeometricEngine
from .model import AcousticModel
from .pool import AcousticPool
from .pyroom import PyroomEngine
from .streaming import StreamingConvolver

__all__ = [
    "AcousticConfig",
    "AcousticModel",
    "AcousticPool",
    "GeometricEngine",
    "PyroomEngine",
    "StreamingConvolver",
    "direct_lengths",
    "render_rirs",
]
