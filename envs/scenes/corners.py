"""Corners that lie in one place are one vertex: triangles do not say so."""

from __future__ import annotations

import numpy as np

from ..interface import F32, I64


def vertex_numbers(triangles: F32) -> I64:
    """Number the distinct corner positions of triangles (F, 3, 3) float32, (F * 3,)."""
    points = np.ascontiguousarray(triangles.reshape(-1, 3) + np.float32(0))  # -0 becomes 0
    bits = points.view(np.uint32).astype(np.uint64)
    mixed = bits[:, 0] * np.uint64(0x9E3779B97F4A7C15)
    mixed ^= bits[:, 1] * np.uint64(0xC2B2AE3D27D4EB4F) + (mixed >> np.uint64(29))
    mixed ^= bits[:, 2] * np.uint64(0x165667B19E3779F9) + (mixed >> np.uint64(31))
    numbers: I64 = np.unique(mixed, return_inverse=True)[1].astype(np.int64)
    return numbers
