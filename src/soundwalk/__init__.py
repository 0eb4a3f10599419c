"""soundwalk: embodied agents that learn to find what they hear.

Importing registers the environments with Gymnasium; everything heavy loads on first use.
"""

from __future__ import annotations

import importlib
from types import ModuleType

import gymnasium

__version__ = "0.1.0"
__all__ = ["agents", "configs", "envs", "perception", "training"]

gymnasium.register(
    id="soundwalk/AudioGoal-v0",
    entry_point="soundwalk.envs.single:AudioGoalEnv",
    vector_entry_point="soundwalk.envs.vector:AudioGoalVectorEnv",
    disable_env_checker=True,  # its per-call checks cost more than a step; the tests run it
    order_enforce=False,
)


def __getattr__(name: str) -> ModuleType:
    """Load a room on first use, so that `import soundwalk` stays under a second."""
    if name in __all__:
        return importlib.import_module(f".{name}", __name__)
    raise AttributeError(
        f"module 'soundwalk' has no attribute {name!r}; it has {', '.join(__all__)}"
    )
