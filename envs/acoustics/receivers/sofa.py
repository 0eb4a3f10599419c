"""Reading head-related impulse responses from a SOFA file (AES69), convention SimpleFreeFieldHRIR.

A SOFA file is an HDF5 file with agreed names. Positions may be spherical (degrees) or cartesian
(metres); the listener's own place and view are taken into account.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from ...interface import F64, SoundwalkError

CONVENTION = "SimpleFreeFieldHRIR"
_NEEDED = ("Data.IR", "Data.SamplingRate", "SourcePosition", "ReceiverPosition")
_REMEDY = f"expected a SOFA file of convention {CONVENTION}"


class Responses(NamedTuple):
    """What a file holds.

    Attributes:
        directions: (M, 3) unit vectors in the head frame: x ahead, y left, z up.
        responses: (M, 2, N) left ear first.
        delays: (M, 2) seconds before each response begins.
        rate: samples per second.
    """

    directions: F64
    responses: F64
    delays: F64
    rate: float


def read_sofa(path: str) -> Responses:
    """Read a file.

    Raises:
        SoundwalkError: there is no such file, it is not SOFA, of another convention, lacks a
            dataset, or holds numbers that cannot be.
    """
    import h5py

    if not Path(path).is_file():
        raise SoundwalkError(f"{path}: no such file; {_REMEDY}")
    try:
        file = h5py.File(path, "r")
    except OSError:
        raise SoundwalkError(f"{path} is not an HDF5 file; {_REMEDY}") from None
    with file:
        _check_convention(path, file)
        missing = [name for name in _NEEDED if name not in file]
        if missing:
            raise SoundwalkError(f"{path} lacks {', '.join(missing)}; {_REMEDY}")
        return _check(path, _read(path, file))


def _text(value: Any) -> str:
    """An attribute of an HDF5 object as text."""
    if isinstance(value, np.ndarray):
        value = value.ravel()[0] if value.size else ""
    return value.decode(errors="replace") if isinstance(value, bytes) else str(value)


def _check_convention(path: str, file: Any) -> None:
    """Refuse what is not SOFA, or not a set of responses of a head in the free field."""
    if _text(file.attrs.get("Conventions", "")) != "SOFA":
        raise SoundwalkError(f"{path} is an HDF5 file but not a SOFA file; {_REMEDY}")
    convention = _text(file.attrs.get("SOFAConventions", "none"))
    if convention != CONVENTION:
        raise SoundwalkError(
            f"{path} is of convention {convention}; {_REMEDY} (pyroomacoustics reads directivities)"
        )


def _read(path: str, file: Any) -> Responses:
    """What the datasets hold, in our frame and order."""
    responses = np.asarray(file["Data.IR"], dtype=np.float64)
    if responses.ndim != 3 or responses.shape[1] != 2:
        raise SoundwalkError(
            f"{path}: Data.IR of shape {responses.shape}, expected (directions, 2 ears, samples)"
        )
    count = len(responses)
    rate = float(np.asarray(file["Data.SamplingRate"]).ravel()[0])
    listener = np.zeros((1, 3))
    if "ListenerPosition" in file:
        listener = _cartesian(path, file, "ListenerPosition")
    offset = _cartesian(path, file, "SourcePosition") - listener
    if len(offset) != count:
        raise SoundwalkError(
            f"{path}: {len(offset)} source positions for {count} responses; expected one for each"
        )
    distance = np.linalg.norm(offset, axis=1, keepdims=True)
    directions = _turn_to_view(path, file, offset / np.where(distance > 0, distance, np.nan))
    delays = np.zeros((1, 2))
    if "Data.Delay" in file and rate > 0:
        delays = np.asarray(file["Data.Delay"], dtype=np.float64).reshape(-1, 2) / rate
    ears = np.asarray(file["ReceiverPosition"], dtype=np.float64)
    ears = ears[:, :, 0] if ears.ndim == 3 else ears
    left_first = ears[0, 1] >= ears[1, 1]
    order = [0, 1] if left_first else [1, 0]
    delays = np.broadcast_to(delays, (count, 2))
    return Responses(directions, responses[:, order], delays[:, order], rate)


def _cartesian(path: str, file: Any, name: str) -> F64:
    """A dataset of positions (M, 3) in metres, whatever its coordinates."""
    values = np.asarray(file[name], dtype=np.float64).reshape(-1, 3)
    kind = _text(file[name].attrs.get("Type", "cartesian"))
    units = _text(file[name].attrs.get("Units", ""))
    if kind == "cartesian":
        return values
    if kind != "spherical" or (units and not units.startswith("degree")):
        raise SoundwalkError(
            f"{path}: {name} is {kind} in {units!r}; expected spherical in degrees and metres, or "
            "cartesian in metres"
        )
    azimuth, elevation, distance = np.radians(values[:, 0]), np.radians(values[:, 1]), values[:, 2]
    ring = distance * np.cos(elevation)
    up = distance * np.sin(elevation)
    return np.stack([ring * np.cos(azimuth), ring * np.sin(azimuth), up], axis=1)


def _turn_to_view(path: str, file: Any, directions: F64) -> F64:
    """Directions seen from the head: along its view, to its left, up."""
    if "ListenerView" not in file or "ListenerUp" not in file:
        return directions
    view = _cartesian(path, file, "ListenerView")
    up = np.asarray(file["ListenerUp"], dtype=np.float64).reshape(-1, 3)
    left = np.cross(up, view)
    axes = [a / np.linalg.norm(a, axis=1, keepdims=True) for a in (view, left, up)]
    turned: F64 = np.stack([(directions * axis).sum(1) for axis in axes], axis=1)
    return turned


def _check(path: str, read: Responses) -> Responses:
    """Refuse numbers that cannot be.

    Raises:
        SoundwalkError: not finite, silent, or at an impossible rate.
    """
    if not (np.isfinite(read.rate) and read.rate >= 1000):
        raise SoundwalkError(f"{path}: Data.SamplingRate is {read.rate} Hz; expected 1000 or more")
    for name, values in (
        ("Data.IR", read.responses), ("Data.Delay", read.delays),
        ("SourcePosition", read.directions),
    ):  # fmt: skip
        bad = ~np.isfinite(values).reshape(len(values), -1).all(1)
        if bad.any():
            raise SoundwalkError(
                f"{path}: {name} holds NaN or infinity, or no direction, at measurement "
                f"{int(bad.argmax())}; repair the file"
            )
    silent = ~(np.abs(read.responses).max(2) > 0).all(1)
    if silent.any():
        raise SoundwalkError(
            f"{path}: the response at measurement {int(silent.argmax())} is silent; repair the file"
        )
    return read
