"""What of a soup can be used, and how whole it is."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from ...interface import Bool, SoundwalkError
from ..corners import vertex_numbers
from .soup import Soup, areas

SMALLEST = 1e-12  # of a face's area, relative to the square of the mesh's extent


def cleaned(soup: Soup, path: Path) -> tuple[Soup, int, tuple[str, ...]]:
    """The faces that have an area and finite corners.

    Returns:
        them; how many were left out; notes.

    Raises:
        SoundwalkError: nothing is left.
    """
    finite: Bool = np.asarray(np.isfinite(soup.corners).all((1, 2)))
    lost = len(soup) - int(finite.sum())
    kept = soup.take(finite)
    if len(kept):
        extent = float(np.ptp(kept.corners.reshape(-1, 3), axis=0).max())
        solid = areas(kept.corners) > SMALLEST * max(extent, 1e-30) ** 2
        kept = kept.take(solid)
    if not len(kept):
        raise SoundwalkError(
            f"none of the {len(soup)} triangles of {str(path)!r} can be used: {lost} have corners "
            f"that are not finite, {len(soup) - lost} have no area; export the mesh again"
        )
    notes: tuple[str, ...] = ()
    if lost:
        notes = (f"{lost} of {len(soup)} triangles had a corner that is not finite: left out",)
    return kept, len(soup) - len(kept), notes


def edge_counts(soup: Soup) -> tuple[int, int]:
    """How many edges only one face has, and how many have more than two."""
    number = vertex_numbers(soup.corners.astype(np.float32)).reshape(-1, 3)
    ends = np.sort(np.stack([number, np.roll(number, -1, 1)], -1).reshape(-1, 2), 1)
    _, counts = np.unique(ends[:, 0] << 32 | ends[:, 1], return_counts=True)
    return int((counts == 1).sum()), int((counts > 2).sum())
