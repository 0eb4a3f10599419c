"""The measured responses of a SOFA file, read for comparison: what was recorded, nothing added."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
from scipy.signal import resample_poly

from ...envs.interface import F64, SAMPLE_RATE


@dataclass(frozen=True)
class Recorded:
    """Responses of two ears to sources around them.

    Attributes:
        azimuth: (M,) radians, positive to the left.
        elevation: (M,) radians.
        distance: metres.
        responses: (M, 2, L) at SAMPLE_RATE.
    """

    azimuth: F64
    elevation: F64
    distance: float
    responses: F64

    def unit(self, index: int) -> F64:
        """(3,) from the head to a source: x ahead, y left, z up."""
        a, e = self.azimuth[index], self.elevation[index]
        return np.array([np.cos(a) * np.cos(e), np.sin(a) * np.cos(e), np.sin(e)])

    def horizontal(self) -> list[int]:
        """Indices of sources at ear height, from right to left."""
        level = np.flatnonzero(np.abs(self.elevation) < 1e-3)
        front = level[np.abs(self.azimuth[level]) <= np.pi / 2 + 1e-3]
        return [int(i) for i in front[np.argsort(self.azimuth[front])]]


def read(path: Path) -> Recorded:
    """A SOFA file, resampled to SAMPLE_RATE; azimuths that run clockwise are turned round."""
    import h5py

    with h5py.File(path) as file:
        place = np.array(file["SourcePosition"], np.float64)
        responses = np.array(file["Data.IR"], np.float64)
        rate = round(float(file["Data.SamplingRate"][0]))
    if rate != SAMPLE_RATE:
        common = np.gcd(rate, SAMPLE_RATE)
        responses = resample_poly(responses, SAMPLE_RATE // common, rate // common, axis=-1)
    azimuth = np.radians((place[:, 0] + 180) % 360 - 180)
    energy = (responses[azimuth < -0.5] ** 2).sum((0, 2))
    if energy[0] > energy[1]:  # the left ear louder for sources to the right: the Surrey files
        azimuth = -azimuth
    return Recorded(azimuth, np.radians(place[:, 1]), float(place[0, 2]), responses)
