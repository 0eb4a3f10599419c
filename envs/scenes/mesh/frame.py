"""Which way is up in a file, and how long its unit is: said by the file, by the user, or found.

In homes floors and ceilings lie on few heights, walls on many places: along the right axis the
faces that look up or down gather in few planes.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from math import isfinite
from pathlib import Path

import numpy as np

from ...interface import F64, SoundwalkError, unknown
from .soup import Soup, areas, normals

UNITS = {"m": 1.0, "cm": 0.01, "mm": 0.001, "inch": 0.0254, "ft": 0.3048}
AXES = ("x", "y", "z", "-x", "-y", "-z")
LOWEST, HIGHEST = 1.8, 25.0  # m, of a home or a building from floor to roof
NARROWEST, WIDEST = 1.5, 150.0  # m, of its longer side
_LEVEL = 0.95  # cosine: a face that looks along an axis
_PLANES = 200  # slices of the longest side in which level faces are gathered
_SURE = 1.15  # the best axis gathers so much more than the next one

# Rows are the new x, y and z in old coordinates: turns, so that left stays left. Those for y and -y
# keep x, and the turn for y is that of glTF: x, -z, y.
_TURNS = {
    "z": ((1, 0, 0), (0, 1, 0), (0, 0, 1)),
    "-z": ((1, 0, 0), (0, -1, 0), (0, 0, -1)),
    "y": ((1, 0, 0), (0, 0, -1), (0, 1, 0)),
    "-y": ((1, 0, 0), (0, 0, 1), (0, -1, 0)),
    "x": ((0, 1, 0), (0, 0, 1), (1, 0, 0)),
    "-x": ((0, 1, 0), (0, 0, -1), (-1, 0, 0)),
}


@dataclass(frozen=True, slots=True)
class Frame:
    """A file's up axis and unit, and how each is known: said, by the format, or detected."""

    up: str
    up_by: str
    unit: float
    unit_by: str
    notes: tuple[str, ...] = ()

    def apply(self, soup: Soup) -> Soup:
        """The soup in metres with z up."""
        return soup.moved(self.unit * turn(self.up))


def turn(up: str) -> F64:
    """(3, 3) rotation that brings a file's axis `up` to z.

    Raises:
        SoundwalkError: no such axis.

    >>> turn("y") @ (0.0, 1.0, 0.0)
    array([0., 0., 1.])
    """
    if up not in _TURNS:
        raise unknown("up axis", up, ("auto", *AXES))
    return np.array(_TURNS[up], np.float64)


def find_frame(soup: Soup, path: Path, up: str, unit: str | float) -> Frame:
    """The frame of a soup as read from `path`.

    Args:
        soup: faces in the file's coordinates.
        path: where they come from: the format may say.
        up: "auto", or an axis of AXES.
        unit: "auto", a name of UNITS, or metres.

    Raises:
        SoundwalkError: no such axis or unit, or with unit="auto" no unit makes the size that of a
            home.
    """
    said_up, said_unit = _said_by_format(path)
    notes: tuple[str, ...] = ()
    if up != "auto":
        turn(up)
        axis, how = up, "given"
    elif said_up:
        axis, how = said_up, f"{path.suffix.lower()} says so"
    else:
        axis, how, notes = _detect_up(soup)
    corners = soup.corners.reshape(-1, 3)
    size = np.abs(turn(axis) @ np.ptp(corners, axis=0))
    if unit != "auto":
        return Frame(axis, how, _length(unit), "given", notes)
    length, by, more = _detect_unit(size, said_unit, path)
    return Frame(axis, how, length, by, notes + more)


def _length(unit: str | float) -> float:
    """Metres of a unit."""
    if isinstance(unit, str) and unit in UNITS:
        return UNITS[unit]
    try:
        length = float(unit)
    except ValueError:
        raise unknown("unit", unit, ("auto", *UNITS, "or a number of metres")) from None
    if not (isfinite(length) and length > 0):
        raise SoundwalkError(f"unit={unit!r}: expected a positive number of metres")
    return length


def _said_by_format(path: Path) -> tuple[str, float | None]:
    """What a format fixes: glTF is in metres with y up (2.0, section 3.4), COLLADA says both."""
    ending = path.suffix.lower()
    if ending in (".glb", ".gltf"):
        return "y", 1.0
    if ending != ".dae":
        return "", None
    head = path.read_text(errors="replace")[:20_000]
    axis = re.search(r"<up_axis>\s*([XYZ])_UP", head)
    meter = re.search(r"<unit\b[^>]*\bmeter\s*=\s*[\"']([0-9.eE+-]+)", head)
    return axis.group(1).lower() if axis else "y", float(meter.group(1)) if meter else 1.0


def _detect_up(soup: Soup) -> tuple[str, str, tuple[str, ...]]:
    """The axis along which level faces gather in the fewest planes."""
    gathered = {axis: _gathered(soup, "xyz".index(axis)) for axis in "zyx"}
    best, second = sorted(gathered, key=lambda axis: gathered[axis], reverse=True)[:2]
    how = "detected: level faces gather along it"
    if gathered[best] >= _SURE * gathered[second]:
        return best, how, ()
    note = (
        f"up={best!r} is a guess: level faces gather as well along {second}; give up= if the "
        "plan looks wrong"
    )
    return best, how, (note,)


def _gathered(soup: Soup, axis: int) -> float:
    """Sum over slices across an axis of the squared share of all area that lies level in them."""
    area = areas(soup.corners)
    level = np.abs(normals(soup.corners)[:, axis]) > _LEVEL
    if not level.any():
        return 0.0
    heights = soup.corners[level][:, :, axis].mean(1)
    side = float(np.ptp(soup.corners.reshape(-1, 3), axis=0).max())
    plane = ((heights - heights.min()) / side * _PLANES).astype(np.int64)
    share = np.bincount(plane, area[level]) / area.sum()
    return float((share**2).sum())


def _plausible(size: F64, length: float) -> bool:
    """Whether so many units of that length are a home."""
    width, height = float(size[:2].max()) * length, float(size[2]) * length
    return LOWEST <= height <= HIGHEST and NARROWEST <= width <= WIDEST


def _detect_unit(size: F64, said: float | None, path: Path) -> tuple[float, str, tuple[str, ...]]:
    """What the format says if that makes a home, else the first of m, cm, mm and inch that does."""
    if said is not None and _plausible(size, said):
        return said, f"{path.suffix.lower()} says so", ()
    for name in ("m", "cm", "mm", "inch"):
        if _plausible(size, UNITS[name]):
            notes: tuple[str, ...] = ()
            if said is not None:
                notes = (
                    f"{path.suffix.lower()} says that a unit is {said:g} m, but then the home were "
                    f"{' x '.join(f'{v * said:.3g}' for v in size)} m; it was read in {name}: "
                    "give unit= if that is wrong",
                )
            return UNITS[name], f"detected: in {name} it is as large as a home", notes
    sizes = "; ".join(
        f"in {name} {' x '.join(f'{v * length:.3g}' for v in size)} m"
        for name, length in UNITS.items()
    )
    raise SoundwalkError(
        f"{str(path)!r} is not as large as a home ({NARROWEST:g} to {WIDEST:g} m wide, "
        f"{LOWEST:g} to {HIGHEST:g} m high) in any unit: {sizes}; give unit= and up= if it is one"
    )
