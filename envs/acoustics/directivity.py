"""Sources that send more in some directions than in others.

First-order patterns p(theta) = a + (1 - a) cos(theta) with their a as in Eargle, "The microphone
book", and measured ones from SOFA files, interpolated by pyroomacoustics and averaged over bands.
All are 1 on their axis. The late field takes the mean power over all directions, which for first
order is a^2 + (1 - a)^2 / 3.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from ..interface import F32, F64, SoundwalkError, unknown
from .bands import band_limits
from .kernels import inner_kernel
from .radiation import read_general_fir
from .tables import Sources, Work

PATTERNS = {
    "omni": 1.0,
    "subcardioid": 0.75,
    "cardioid": 0.5,
    "supercardioid": 0.37,
    "hypercardioid": 0.25,
    "figure-eight": 0.0,
}
_STEP = 5  # degrees between the directions of a measured pattern's table


@dataclass(frozen=True, eq=False)
class Directivity:
    """How loud a source is in each direction.

    Attributes:
        share: a of a first-order pattern, or -1 for a table.
        table: (B, 37, 72) float32 pressure gains over elevation from -90 degrees up, and azimuth
            from the axis to the left; all 1 for first order.
    """

    share: float
    table: F32

    @classmethod
    def named(cls, name: str, bands: int) -> Directivity:
        """A pattern of the cardioid family: see `PATTERNS`.

        Raises:
            SoundwalkError: there is none of that name.
        """
        if name not in PATTERNS:
            raise unknown("directivity", name, [*PATTERNS, "or a path to a .sofa file"])
        return cls(PATTERNS[name], np.ones((bands, *_grid()[0].shape), np.float32))

    @classmethod
    def of(cls, value: str, rate: int, bands: int) -> Directivity:
        """A pattern by name, or by a path that ends in .sofa.

        Raises:
            SoundwalkError: there is none of that name, or the file cannot be read.
        """
        return cls.read(value, rate, bands) if value.endswith(".sofa") else cls.named(value, bands)

    @classmethod
    def measured(cls, pattern: Any, rate: int, bands: int) -> Directivity:
        """A pattern measured as impulse responses.

        Args:
            pattern: a `pyroomacoustics.directivities.MeasuredDirectivity` with its axis along +x,
                at the sample rate.
            rate: Hz.
            bands: 4 or 7.

        Raises:
            SoundwalkError: another sample rate, or nothing is sent along the axis.
        """
        if pattern.fs != rate:
            raise SoundwalkError(
                f"the directivity has {pattern.fs} samples per second: expected {rate}; open the "
                f"file with fs={rate}"
            )
        elevation, azimuth = _grid()
        flat = np.cos(elevation)
        towards = np.stack([flat * np.cos(azimuth), flat * np.sin(azimuth), np.sin(elevation)], -1)
        responses = pattern.get_response_cartesian(towards.reshape(-1, 3))
        size = max(responses.shape[1], 1024)
        power = np.abs(np.fft.rfft(responses, size)) ** 2
        frequency = np.fft.rfftfreq(size, 1 / rate)
        gains = np.stack(
            [
                np.sqrt(power[:, (frequency >= low) & (frequency < high)].mean(1))
                for low, high in band_limits(rate, bands)
            ]
        ).reshape(bands, *elevation.shape)
        ahead = gains[:, elevation.shape[0] // 2, 0]
        if not (np.isfinite(gains).all() and (ahead > 1e-6 * gains.max()).all()):
            raise SoundwalkError("the directivity sends nothing along its axis, or is not finite")
        return cls(-1.0, (gains / ahead[:, None, None]).astype(np.float32))

    @classmethod
    def read(cls, path: str | Path, rate: int, bands: int, measurement: int = 0) -> Directivity:
        """The pattern of a source in a SOFA file of convention GeneralFIR.

        Files of the DIRPAT database, which keep to no convention, need `python-sofa`.

        Args:
            path: of the file.
            rate: Hz to which responses are resampled.
            bands: 4 or 7.
            measurement: which of the file's sources.

        Raises:
            SoundwalkError: no such file, or it cannot be read as one.
        """
        if not Path(path).is_file():
            raise SoundwalkError(f"no directivity at {str(path)!r}: expected a SOFA file")
        from pyroomacoustics.datasets.sofa import is_dirpat
        from pyroomacoustics.directivities import MeasuredDirectivityFile, Rotation3D

        reader = None if is_dirpat(Path(path)) else read_general_fir
        try:
            file = MeasuredDirectivityFile(str(path), fs=rate, file_reader_callback=reader)
            pattern = file.get_source_directivity(measurement, Rotation3D([0.0, 0.0], "yz"))
        except (OSError, ValueError, KeyError, IndexError, AttributeError, TypeError) as error:
            raise SoundwalkError(
                f"{str(path)!r} cannot be read as a source's directivity: {error}"
            ) from None
        return cls.measured(pattern, rate, bands)

    def power(self) -> F64:
        """(B,) mean over all directions of the squared gains."""
        if self.share >= 0.0:
            mean = self.share**2 + (1.0 - self.share) ** 2 / 3.0
            return np.full(len(self.table), mean)
        weights = np.cos(_grid()[0])
        mean_square: F64 = (np.square(self.table, dtype=np.float64) * weights).sum((1, 2))
        mean_square /= weights.sum()
        return mean_square


def unit_axis(orientation: npt.ArrayLike) -> F64:
    """The axis (3,) of a source: a vector, or its azimuth in radians from +x.

    Raises:
        SoundwalkError: it is neither, or has no length.
    """
    try:
        value: F64 = np.asarray(orientation, np.float64)
    except (TypeError, ValueError):
        value = np.empty(0)
    axis = np.array([np.cos(value), np.sin(value), 0.0]) if value.ndim == 0 else value
    length = float(np.linalg.norm(axis)) if axis.shape == (3,) else 0.0
    if not (np.isfinite(axis).all() and 1e-9 < length < np.inf):
        raise SoundwalkError(
            f"orientation={orientation!r}: expected radians from +x, or a vector x, y, z"
        )
    return axis / length


def _grid() -> tuple[F64, F64]:
    """Elevations and azimuths of the table in radians, (37, 72) each."""
    elevation = np.radians(np.arange(-90, 91, _STEP, dtype=np.float64))
    azimuth = np.radians(np.arange(0, 360, _STEP, dtype=np.float64))
    up, left = np.meshgrid(elevation, azimuth, indexing="ij")
    return up, left


@inner_kernel
def apply_directivity(sources: Sources, row: int, work: Work, count: int) -> None:
    """Weigh the first `count` arrivals by how loud the source of a row is where they leave."""
    pattern = sources.pattern[row]
    if pattern < 0:
        return
    ax, ay, az = sources.axis[row, 0], sources.axis[row, 1], sources.axis[row, 2]
    share, table = sources.shares[pattern], sources.balloons[pattern]
    flat = math.sqrt(ax * ax + ay * ay)
    lx, ly = 0.0, 1.0
    if flat > 1e-6:
        lx, ly = -ay / flat, ax / flat
    ux, uy, uz = -az * ly, az * lx, ax * ly - ay * lx  # axis x left
    rows, columns = table.shape[1], table.shape[2]
    for i in range(count):
        dx, dy, dz = work.departures[i]
        ahead = dx * ax + dy * ay + dz * az
        if share >= 0.0:
            for b in range(work.gains.shape[1]):
                work.gains[i, b] *= share + (1.0 - share) * ahead
            continue
        up = min(max(dx * ux + dy * uy + dz * uz, -1.0), 1.0)
        y = (math.asin(up) / math.pi + 0.5) * (rows - 1)
        x = math.atan2(dx * lx + dy * ly, ahead) / (2.0 * math.pi) * columns
        if x < 0.0:
            x += columns
        j, k = min(int(y), rows - 2), int(x)
        fy, fx = y - j, x - k
        k, right = k % columns, (k + 1) % columns
        for b in range(work.gains.shape[1]):
            low = (1.0 - fx) * table[b, j, k] + fx * table[b, j, right]
            high = (1.0 - fx) * table[b, j + 1, k] + fx * table[b, j + 1, right]
            work.gains[i, b] *= (1.0 - fy) * low + fy * high
