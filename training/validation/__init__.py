"""Whether acoustics is right: checks against closed forms, other engines and measured rooms."""

from __future__ import annotations

from .check import Check, Curve, Plot

__all__ = ["Check", "Curve", "Plot"]
