"""Fewer triangles where a budget asks for it."""

from __future__ import annotations

from .soup import Soup


def reduced(soup: Soup, budget: int) -> Soup:
    """The soup with at most about `budget` faces."""
    return soup
