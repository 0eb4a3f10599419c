"""Stable-Baselines3 policies and feature extractors."""
