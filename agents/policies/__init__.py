"""Stable-Baselines3 policies and feature extractors."""

from .networks import AudioVisualExtractor
from .policy import AudioGoalPolicy

__all__ = ["AudioGoalPolicy", "AudioVisualExtractor"]
