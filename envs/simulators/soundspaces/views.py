"""What was seen from each node of a SoundSpaces scene: images cached beforehand.

The file is a pickle of {(node, degrees): {"rgb": (H, W, 3 or 4) uint8, "depth": (H, W) metres}}, as
facebookresearch/sound-spaces, scripts/cache_observations.py writes it: 128 x 128 pixels over 90
degrees, from 1.25 m above the floor; degrees turn counter-clockwise from habitat's -z.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from ...interface import F32, MAX_DEPTH, U8, SoundwalkError
from .graph import FACINGS, SceneGraph
from .layout import MissingDataError
from .pickles import as_array, load


@dataclass(frozen=True, eq=False)
class Views:
    """Images of N nodes with four facings.

    Attributes:
        rgb: (N, 4, H, W, 3), if asked for.
        depth: (N, 4, H, W) metres along the view axis, 0 to 10, if asked for.
    """

    rgb: U8 | None
    depth: F32 | None

    @classmethod
    def read(
        cls, path: Path, graph: SceneGraph, resolution: int, *, rgb: bool, depth: bool
    ) -> Views:
        """Read a scene's images and make them `resolution` pixels high and wide.

        Raises:
            MissingDataError: the file, or images of some nodes, are missing.
            SoundwalkError: the file is damaged or unsafe, or its images cannot be made that size.
        """
        if not path.is_file():
            raise MissingDataError(
                f"no cached observations at {str(path)!r}: SoundSpaces' "
                "scripts/cache_observations.py makes them from the scene's mesh with habitat-sim; "
                "sensors=('audio',) works without"
            )
        frames = load(path)
        if not isinstance(frames, dict):
            raise SoundwalkError(f"{str(path)!r} holds {type(frames).__name__}: expected a dict")
        keys = [(int(n), 90 * facing) for n in graph.names for facing in range(FACINGS)]
        gone = [key for key in keys if key not in frames]
        if gone:
            raise MissingDataError(
                f"{len(gone)} of {len(keys)} images are missing in {str(path)!r}, e.g. that of "
                f"(node, degrees) {gone[0]}: graph and images are of different versions"
            )
        try:
            colours = [_colours(frames[key], resolution) for key in keys] if rgb else None
            depths = [_depths(frames[key], resolution) for key in keys] if depth else None
        except SoundwalkError as error:
            raise SoundwalkError(f"{str(path)!r}: {error}") from None
        size = (graph.size, FACINGS, resolution, resolution)
        return cls(
            np.stack(colours).reshape(*size, 3) if colours else None,
            np.stack(depths).reshape(size) if depths else None,
        )


def _image(frame: Any, name: str, resolution: int) -> Any:
    """An image of a frame, square and a whole multiple of the resolution."""
    if not isinstance(frame, dict) or name not in frame:
        raise SoundwalkError(f"a frame has no {name!r}: make the environment without it")
    image = as_array(frame[name])
    side = image.shape[0] if image.ndim >= 2 else 0
    if side < 1 or image.shape[1] != side or side % resolution:
        raise SoundwalkError(
            f"{name} has shape {image.shape}: expected square images and a resolution that "
            f"divides their side, not {resolution}"
        )
    return image


def _colours(frame: Any, resolution: int) -> U8:
    """(H, W, 3): means over the pixels that become one."""
    image = _image(frame, "rgb", resolution)
    if image.ndim != 3 or image.shape[2] not in (3, 4) or image.dtype != np.uint8:
        raise SoundwalkError(f"rgb has shape {image.shape}, {image.dtype}: expected 8-bit colours")
    by = image.shape[0] // resolution
    blocks = image[..., :3].reshape(resolution, by, resolution, by, 3)
    return np.asarray(np.around(blocks.mean((1, 3))), np.uint8)


def _depths(frame: Any, resolution: int) -> F32:
    """(H, W): the nearest of the pixels that become one; where nothing was hit, the farthest."""
    image = _image(frame, "depth", resolution)
    if image.ndim == 3 and image.shape[2] == 1:
        image = image[..., 0]
    if image.ndim != 2 or image.dtype.kind != "f":
        raise SoundwalkError(f"depth has shape {image.shape}, {image.dtype}: expected metres")
    by = image.shape[0] // resolution
    known = np.where((image > 0) & np.isfinite(image), image, MAX_DEPTH)
    blocks = known.reshape(resolution, by, resolution, by)
    return np.asarray(np.minimum(blocks.min((1, 3)), MAX_DEPTH), np.float32)
