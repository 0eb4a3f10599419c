"""What scenes from elsewhere have besides, raster and skin, as arrays and words of a file."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import numpy.typing as npt

from .freespace import FreeSpace
from .scene import Scene
from .skin import Skin

Arrays = dict[str, npt.NDArray[Any]]


def attached(scene: Scene) -> tuple[Arrays, dict[str, Any]]:
    """Arrays to be written, and words about them."""
    arrays: Arrays = {}
    words: dict[str, Any] = {}
    free, skin = scene.free, scene.skin
    if free is not None:
        arrays |= {"free floor": free.floor, "free ceiling": free.ceiling}
        if free.air is not None:
            arrays["free air"] = free.air
        if free.fine is not None:
            arrays["free fine"] = free.fine
        words["free"] = {"cell": free.cell, "origin": free.origin, "level": free.level}
    if skin is not None:
        arrays |= {"skin colours": skin.colours, "skin image": skin.image, "skin uv": skin.uv}
        arrays |= {f"skin images {k}": image for k, image in enumerate(skin.images)}
        words["skin"] = {"images": len(skin.images)}
    return arrays, words


def detached(
    archive: Mapping[str, npt.NDArray[Any]], words: dict[str, Any]
) -> tuple[FreeSpace | None, Skin | None]:
    """Raster and skin of a file, None if it has none.

    Raises:
        KeyError: an array or a word is missing.
        SoundwalkError: what there is does not fit together.
    """
    free, skin = None, None
    if "free" in words:
        about = words["free"]
        x, y = about["origin"]
        free = FreeSpace(
            float(about["cell"]),
            (float(x), float(y)),
            archive["free floor"].astype(np.bool_),
            archive["free ceiling"].astype(np.float32),
            float(about["level"]),
            archive["free air"].astype(np.bool_) if "free air" in archive else None,
            archive["free fine"].astype(np.bool_) if "free fine" in archive else None,
        )
    if "skin" in words:
        count = int(words["skin"]["images"])
        skin = Skin(
            archive["skin colours"].astype(np.uint8),
            archive["skin image"].astype(np.int32),
            archive["skin uv"].astype(np.float32),
            tuple(archive[f"skin images {k}"].astype(np.uint8) for k in range(count)),
        )
    return free, skin
