"""Physics: homes that look, sound and echo like homes, and the tasks in them."""

from __future__ import annotations

import importlib
from types import ModuleType

__all__ = [
    "acoustics",
    "clips",
    "elsewhere",
    "episodic",
    "interface",
    "navigation",
    "rendering",
    "scenes",
    "simulators",
    "single",
    "tasks",
    "vector",
]


def __getattr__(name: str) -> ModuleType:
    """Load a part on first use."""
    if name in __all__:
        return importlib.import_module(f".{name}", __name__)
    raise AttributeError(
        f"module {__name__!r} has no attribute {name!r}; it has {', '.join(__all__)}"
    )
