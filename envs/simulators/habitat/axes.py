"""Habitat's axes and ours: y up and -z forward there, z up and headings from +x here.

(x, y, z) here is (x, z, -y) there. A yaw turns counter-clockwise about the vertical from -z there,
which is +y here: heading = yaw + 90 degrees. Rotations are quaternions of parts w, x, y, z.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from ...interface import F64, wrap_angle

Quaternion = tuple[float, float, float, float]  # w, x, y, z


def to_habitat(points: npt.ArrayLike) -> F64:
    """Points (..., 3) of ours as habitat has them.

    >>> to_habitat([1.0, 2.0, 3.0]).tolist()
    [1.0, 3.0, -2.0]
    """
    x, y, z = np.moveaxis(np.asarray(points, np.float64), -1, 0)
    return np.stack([x, z, -y], axis=-1)


def from_habitat(points: npt.ArrayLike) -> F64:
    """Points (..., 3) of habitat's as we have them.

    >>> from_habitat([1.0, 3.0, -2.0]).tolist()
    [1.0, 2.0, 3.0]
    """
    x, y, z = np.moveaxis(np.asarray(points, np.float64), -1, 0)
    return np.stack([x, -z, y], axis=-1)


def yaw_of(heading: float) -> float:
    """Habitat's yaw of a heading, radians."""
    return wrap_angle(heading - np.pi / 2)


def heading_of(rotation: Quaternion) -> float:
    """The heading of a rotation about the vertical; a tilt is left out.

    >>> round(heading_of((1.0, 0.0, 0.0, 0.0)), 4)  # looks along -z, our +y
    1.5708
    """
    w, _, y, _ = rotation
    return wrap_angle(float(2 * np.arctan2(y, w)) + np.pi / 2)


def rotation_of(heading: float) -> Quaternion:
    """The rotation about the vertical of a heading."""
    half = yaw_of(heading) / 2
    return float(np.cos(half)), 0.0, float(np.sin(half)), 0.0
