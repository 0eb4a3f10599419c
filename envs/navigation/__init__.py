"""Walked: disc motion with sliding, geodesic distances, shortest paths, a discrete oracle."""

from .field import GoalField
from .navmap import NavMap
from .oracle import Walk, follow, next_actions
from .pool import NavPool, move

__all__ = ["GoalField", "NavMap", "NavPool", "Walk", "follow", "move", "next_actions"]
