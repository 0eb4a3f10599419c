"""Stable-Baselines3 policies and feature extractors."""

from .extractor import EncoderExtractor
from .networks import AudioVisualExtractor
from .policy import AudioGoalPolicy

__all__ = ["AudioGoalPolicy", "AudioVisualExtractor", "EncoderExtractor"]
