"""How a source radiates, from a SOFA file (AES69) of convention GeneralFIR.

Each receiver of the file is a microphone around the source; each measurement is one source.
"""

from __future__ import annotations

from math import gcd
from pathlib import Path

import numpy as np

from ..interface import F64

Radiation = tuple[F64, int, F64, F64, None, None]


def read_general_fir(path: Path | str, fs: int | None = None) -> Radiation:
    """What `pyroomacoustics.directivities.MeasuredDirectivityFile` asks of a reader.

    Args:
        path: of the file.
        fs: samples per second to which responses are resampled, if not those of the file.

    Returns:
        Responses (M, R, N), their sample rate, places of the sources (3, M) as azimuth, colatitude
        and radius, microphones (3, R) in metres, x along the source's axis and z up, and no labels.

    Raises:
        OSError: it is not an HDF5 file.
        KeyError: it lacks a dataset.
        ValueError: it is of another convention, or shapes or units are not the convention's.
    """
    import h5py
    from scipy.signal import resample_poly

    with h5py.File(path, "r") as file:
        convention = _text(file.attrs.get("SOFAConventions", b"none"))
        if convention != "GeneralFIR":
            raise ValueError(f"it is of convention {convention}: expected GeneralFIR")
        responses = np.asarray(file["Data.IR"], np.float64)
        found = round(float(np.ravel(file["Data.SamplingRate"])[0]))
        microphones = _cartesian(file["ReceiverPosition"])
    if responses.ndim != 3 or responses.shape[1] != len(microphones) or found < 1:
        raise ValueError(
            f"Data.IR {responses.shape} at {found} Hz, {len(microphones)} receivers: expected "
            "responses (sources, receivers, samples)"
        )
    rate = fs or found
    if rate != found:
        common = gcd(rate, found)
        responses = resample_poly(responses, rate // common, found // common, axis=2)
    sources = np.zeros((3, len(responses)))
    return responses, rate, sources, np.ascontiguousarray(microphones.T), None, None


def _text(value: object) -> str:
    return value.decode(errors="replace") if isinstance(value, bytes) else str(value)


def _cartesian(positions: object) -> F64:
    """(R, 3) metres from a dataset (R, 3) or (R, 3, 1), degrees and metres or metres only."""
    values = np.asarray(positions, np.float64)
    if values.ndim == 3:
        values = values[..., 0]
    if values.ndim != 2 or values.shape[1] != 3:
        raise ValueError(f"ReceiverPosition has shape {values.shape}: expected (receivers, 3)")
    attributes = positions.attrs  # type: ignore[attr-defined]
    kind, units = (_text(attributes.get(name, "")) for name in ("Type", "Units"))
    if kind == "cartesian":
        return values
    if kind != "spherical" or not units.startswith("degree"):
        raise ValueError(f"ReceiverPosition is {kind!r} in {units!r}: expected degrees, or metres")
    azimuth, elevation = np.radians(values[:, 0]), np.radians(values[:, 1])
    flat = values[:, 2] * np.cos(elevation)
    return np.stack(
        [flat * np.cos(azimuth), flat * np.sin(azimuth), values[:, 2] * np.sin(elevation)], axis=1
    )
