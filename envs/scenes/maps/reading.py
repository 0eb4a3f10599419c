"""Maps as ROS's map_server writes and reads them: a YAML file and a grey image.

The rules are those of map_server (wiki.ros.org/map_server; ros-planning/navigation,
map_server/src/image_loader.cpp) and nav2_map_server, which reads the same files: an occupancy of
(255 - grey) / 255, or grey / 255 with `negate`, above `occupied_thresh` is occupied and below
`free_thresh` free. `mode` says what lies between: unknown (trinary), or more and less likely
occupied (scale); raw images hold percentages, and what is above 100 is unknown.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import yaml
from PIL import Image, UnidentifiedImageError

from ...interface import F64, Bool, SoundwalkError, unknown

MODES = ("trinary", "scale", "raw")
MOST_PIXELS = 64_000_000
_KEYS = ("image", "resolution", "origin", "negate", "occupied_thresh", "free_thresh", "mode")
_FINEST, _COARSEST = 0.005, 0.5  # metres of a cell
_DAMAGE = (OSError, ValueError, SyntaxError, Image.DecompressionBombError)  # what pillow raises


@dataclass(frozen=True, eq=False)
class Grid:
    """A map, its rows from south to north: row = y, column = x.

    Attributes:
        name: of its file.
        cell: edge of a cell, metres.
        origin: x, y of the outer corner of cell [0, 0], metres, along the axes of the image.
        free: (H, W) bool, known to be free.
        occupied: (H, W) bool, known to be occupied; the rest is unknown.
    """

    name: str
    cell: float
    origin: tuple[float, float]
    free: Bool
    occupied: Bool


def read_map(path: Path) -> Grid:
    """Read a map.

    Positions of a map whose origin has a yaw are turned back by it, so that the axes are those of
    the image.

    Raises:
        SoundwalkError: a file is missing or damaged, the YAML is not one of a map, a value of it
            has no meaning, or the image is larger than MOST_PIXELS.
    """
    values = _values(path)
    x, y, yaw = _origin(values["origin"], path)
    cell = _number(values, "resolution", path)
    if not _FINEST <= cell <= _COARSEST:
        raise SoundwalkError(
            f"{path}: resolution is {cell:g}: expected metres of a cell, {_FINEST:g} to "
            f"{_COARSEST:g}, e.g. 0.05"
        )
    grey, seen = _image(_picture(values["image"], path), str(values["mode"]))
    free, occupied = _judged(grey, seen, values, path)
    cos, sin = math.cos(yaw), math.sin(yaw)
    origin = (cos * x + sin * y, cos * y - sin * x)
    return Grid(path.stem, cell, origin, free[::-1].copy(), occupied[::-1].copy())


def _values(path: Path) -> dict[str, Any]:
    """The keys of the YAML file, all of them there."""
    if not path.is_file():
        raise SoundwalkError(f"there is no map at {str(path)!r}")
    try:
        values = yaml.safe_load(path.read_text(encoding="utf-8"))
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        raise SoundwalkError(f"{path} is not YAML: {' '.join(str(error).split())}") from None
    if not isinstance(values, dict):
        raise SoundwalkError(f"{path} holds {values!r:.40}: expected the keys {', '.join(_KEYS)}")
    values.setdefault("mode", "trinary")
    for key in _KEYS:
        if key not in values:
            raise SoundwalkError(
                f"{path} has no {key!r}: expected the YAML file of a map as map_server writes it, "
                f"with {', '.join(_KEYS[:-1])}"
            )
    if values["mode"] not in MODES:
        raise unknown(f"mode in {path}", values["mode"], MODES)
    return values


def _number(values: dict[str, Any], key: str, path: Path) -> float:
    value = values[key]
    try:
        number = float(value)
    except (TypeError, ValueError):
        number = math.nan
    if isinstance(value, bool) or not math.isfinite(number):
        raise SoundwalkError(f"{path}: {key} is {value!r}: expected a number")
    return number


def _origin(value: Any, path: Path) -> tuple[float, float, float]:
    if isinstance(value, list) and len(value) == 3:
        x, y, yaw = (_number({"origin": v}, "origin", path) for v in value)
        return x, y, yaw
    raise SoundwalkError(
        f"{path}: origin is {value!r}: expected [x, y, yaw], where the lower left corner of the "
        "image lies, metres and radians"
    )


def _picture(name: Any, path: Path) -> Path:
    image = path.parent / str(name)  # an absolute name stays as it is
    if not image.is_file():
        raise SoundwalkError(f"{path} names the image {str(image)!r}, which is not there")
    return image


def _image(path: Path, mode: str) -> tuple[F64, Bool]:
    """(H, W) grey, 0 to 255, the first row in the north; and where the image is not transparent."""
    try:
        with Image.open(path) as image:
            _check_size(path, *image.size)
            coded = image.mode in ("P", "PA") or "transparency" in image.info
            pixels = np.asarray(image.convert("RGBA") if coded else image)
    except UnidentifiedImageError:
        raise SoundwalkError(f"{path} is no image that can be read: expected PGM or PNG") from None
    except _DAMAGE as error:
        if isinstance(error, SoundwalkError):
            raise
        raise SoundwalkError(
            f"{path} is damaged or cut short ({error}): write or copy the map again"
        ) from None
    deep = 257.0 if pixels.dtype.itemsize > 1 and pixels.max(initial=0) > 255 else 1.0
    layers = pixels.astype(np.float64).reshape(*pixels.shape[:2], -1) / deep
    layers *= 255.0 if pixels.dtype == np.bool_ else 1.0
    whole = np.ones(pixels.shape[:2], np.bool_)
    if layers.shape[2] in (2, 4):
        whole = layers[..., -1] == 255.0
        if mode != "trinary":  # which averages it with the colours, as map_server does
            layers = layers[..., :-1]
    return layers.mean(2), whole


def _check_size(path: Path, width: int, height: int) -> None:
    if width * height > MOST_PIXELS:
        raise SoundwalkError(
            f"{path} has {width} x {height} pixels: at most {MOST_PIXELS:,} are read; crop it or "
            "make it coarser"
        )


def _judged(grey: F64, whole: Bool, values: dict[str, Any], path: Path) -> tuple[Bool, Bool]:
    """What is free and what is occupied by the rules above."""
    high, low = (_number(values, key, path) for key in ("occupied_thresh", "free_thresh"))
    if not 0 <= low < high <= 1:
        raise SoundwalkError(
            f"{path}: free_thresh is {low:g} and occupied_thresh {high:g}: expected "
            "0 <= free_thresh < occupied_thresh <= 1"
        )
    if values["negate"] not in (0, 1):  # False and True are
        raise SoundwalkError(f"{path}: negate is {values['negate']!r}: expected 0 or 1")
    if values["mode"] == "raw":
        share = np.where(grey <= 100, grey / 100, np.nan)
        return share < low, share > high
    share = (grey if values["negate"] else 255 - grey) / 255
    free, occupied = share < low, share > high
    return (free, occupied) if values["mode"] == "trinary" else (free & whole, occupied & whole)
