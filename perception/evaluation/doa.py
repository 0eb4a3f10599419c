"""How far the predicted direction and distance of a source are from the true ones.

Azimuth 0 is ahead and positive to the left, radians; errors are reported in degrees.
"""

from __future__ import annotations

from math import pi

import numpy as np
import numpy.typing as npt

from ...envs.interface import F64, SoundwalkError, wrap_angle
from .checks import alike, numbers
from .intervals import Accumulator, Rows, mean_of, present

MARGIN = pi / 12  # 15 degrees from the ears' axis, or from ahead, where the side is not asked
WITHIN = (5, 10, 20)  # degrees


def angular_error(direction: npt.ArrayLike, truth: npt.ArrayLike) -> F64:
    """Angle between directions, arccos(u · û).

    Args:
        direction: (..., D) vectors of any length but 0.
        truth: (..., D)

    Returns:
        (...,) radians in [0, pi], as 2 arctan(|u - û| / |u + û|): arccos loses digits near 1.

    Raises:
        SoundwalkError: shapes differ, not finite, or a vector of length 0.

    >>> round(float(angular_error([1.0, 0.0], [0.0, 2.0])), 4)
    1.5708
    """
    a, b = _unit("direction", direction), _unit("truth", truth)
    alike("direction", a, "truth", b.shape)
    near, far = (np.linalg.norm(v, axis=-1) for v in (a - b, a + b))
    return np.asarray(2 * np.arctan2(near, far))


def azimuth_error(azimuth: npt.ArrayLike, truth: npt.ArrayLike) -> F64:
    """Absolute difference of angles the short way round.

    Args:
        azimuth: (...,) radians, any turn of the circle.
        truth: (...,)

    Returns:
        (...,) radians in [0, pi].

    Raises:
        SoundwalkError: shapes differ or not finite.

    >>> round(float(azimuth_error(3.1, -3.1)), 4)
    0.0832
    """
    a, b = _angles(azimuth, truth)
    return np.abs(wrap_angle(a - b))


def front_back_confused(azimuth: npt.ArrayLike, truth: npt.ArrayLike) -> F64:
    """Whether an answer is nearer to the truth once mirrored at the ears' axis.

    The reversals of Wightman and Kistler 1989, "Headphone simulation of free-field listening II".

    Args:
        azimuth: (...,) radians.
        truth: (...,)

    Returns:
        (...,) 1 or 0; NaN for sources within 15 degrees of the ears' axis, whose mirror image is
        too near to tell.

    Raises:
        SoundwalkError: shapes differ or not finite.

    >>> float(front_back_confused(3.0, 0.1))
    1.0
    """
    a, b = _angles(azimuth, truth)
    confused = azimuth_error(pi - a, b) < azimuth_error(a, b)
    return np.where(np.abs(np.cos(b)) < np.sin(MARGIN), np.nan, confused)


def left_right_correct(azimuth: npt.ArrayLike, truth: npt.ArrayLike) -> F64:
    """Whether an answer lies on the side of the head on which the source is.

    Args:
        azimuth: (...,) radians.
        truth: (...,)

    Returns:
        (...,) 1, 0, or a half for an answer in the middle; NaN for sources within 15 degrees of
        straight ahead or behind.

    Raises:
        SoundwalkError: shapes differ or not finite.

    >>> float(left_right_correct(0.5, 1.0))
    1.0
    """
    a, b = _angles(azimuth, truth)
    agree = (1 + np.sign(np.round(np.sin(a), 12)) * np.sign(np.sin(b))) / 2
    return np.where(np.abs(np.sin(b)) < np.sin(MARGIN), np.nan, agree)


class DirectionErrors(Accumulator):
    """Errors of direction and distance.

    `compute` gives azimuth_mae and azimuth_median in degrees; azimuth_acc@5, @10, @20: the share
    within so many degrees; front_back_confusion; left_right; with elevations direction_mae, the
    angle between directions; with distances distance_mae in metres and distance_rel, |error| / d.
    """

    def update(
        self,
        azimuth: npt.ArrayLike,
        truth: npt.ArrayLike,
        *,
        elevation: tuple[npt.ArrayLike, npt.ArrayLike] | None = None,
        distance: tuple[npt.ArrayLike, npt.ArrayLike] | None = None,
    ) -> None:
        """Take in a batch.

        Args:
            azimuth: (N,) predicted, radians.
            truth: (N,) true, radians.
            elevation: (N,) predicted and (N,) true, radians.
            distance: (N,) predicted and (N,) true, metres.

        Raises:
            SoundwalkError: shapes differ, not finite, or a true distance of 0 or less.
        """
        a, b = _angles(azimuth, truth)
        if a.ndim != 1:
            raise SoundwalkError(f"azimuth has the shape {a.shape}: expected (N,)")
        values = {
            "azimuth": np.degrees(azimuth_error(a, b)),
            "confused": front_back_confused(a, b),
            "side": left_right_correct(a, b),
        }
        if elevation is not None:
            up = [numbers("elevation", e) for e in elevation]
            for e in up:
                alike("elevation", e, "azimuth", a.shape)
            values["direction"] = np.degrees(angular_error(_vector(a, up[0]), _vector(b, up[1])))
        if distance is not None:
            far, true = (numbers("distance", d) for d in distance)
            for d in (far, true):
                alike("distance", d, "azimuth", a.shape)
            if true.min() <= 0:
                raise SoundwalkError(f"true distance of {true.min():g} m: expected above 0")
            values["metres"] = np.abs(far - true)
            values["relative"] = values["metres"] / true
        self._add(**values)

    def summary(self, rows: Rows) -> dict[str, float]:
        """Means over samples, and a median."""
        error = rows["azimuth"]
        missing = np.full(1, np.nan)
        return {
            "azimuth_mae": float(error.mean()),
            "azimuth_median": float(np.median(error)),
            **{f"azimuth_acc@{w}": float((error <= w).mean()) for w in WITHIN},
            **present(
                front_back_confusion=mean_of(rows["confused"]),
                left_right=mean_of(rows["side"]),
                direction_mae=mean_of(rows.get("direction", missing)),
                distance_mae=mean_of(rows.get("metres", missing)),
                distance_rel=mean_of(rows.get("relative", missing)),
            ),
        }


def _angles(azimuth: npt.ArrayLike, truth: npt.ArrayLike) -> tuple[F64, F64]:
    """Check two arrays of angles."""
    a, b = numbers("azimuth", azimuth), numbers("truth", truth)
    alike("azimuth", a, "truth", b.shape)
    return a, b


def _unit(name: str, value: npt.ArrayLike) -> F64:
    """Vectors of length 1."""
    vector = numbers(name, value, 1)
    length = np.linalg.norm(vector, axis=-1, keepdims=True)
    if not length.all():
        raise SoundwalkError(f"{name} holds a vector of length 0: expected a direction")
    return np.asarray(vector / length)


def _vector(azimuth: F64, elevation: F64) -> F64:
    """Directions (..., 3): ahead, left, up."""
    flat = np.cos(elevation)
    return np.stack([flat * np.cos(azimuth), flat * np.sin(azimuth), np.sin(elevation)], -1)
