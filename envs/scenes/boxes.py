"""Solid boxes in whole centimetres: what bounds them, and whether two come near each other."""

from __future__ import annotations

BoxCm = tuple[int, int, int, int, int, int]  # u0, v0, z0, u1, v1, z1 or x0, y0, z0, x1, y1, z1


def bounding(boxes: list[BoxCm]) -> BoxCm:
    """The smallest box around all."""
    x0, y0, z0, x1, y1, z1 = zip(*boxes, strict=True)
    return (min(x0), min(y0), min(z0), max(x1), max(y1), max(z1))


def overlap(a: BoxCm, b: BoxCm, gap: int = 0) -> bool:
    """Whether two boxes come nearer than `gap` along every axis."""
    return (
        a[0] < b[3] + gap
        and b[0] < a[3] + gap
        and a[1] < b[4] + gap
        and b[1] < a[4] + gap
        and a[2] < b[5] + gap
        and b[2] < a[5] + gap
    )
