"""What a measure can be computed of: finite numbers, whole numbers, arrays that fit each other."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from ...envs.interface import F64, I64, SoundwalkError


def numbers(name: str, value: npt.ArrayLike, axes: int = 0) -> F64:
    """Finite numbers as float64.

    Args:
        name: for the message.
        value: any shape.
        axes: the least number of axes.

    Raises:
        SoundwalkError: too few axes, nothing in it, or NaN or infinity.
    """
    array: F64 = np.asarray(value, np.float64)
    if array.ndim < axes or array.size == 0:
        raise SoundwalkError(
            f"{name} has the shape {array.shape}: expected at least {axes} axes and one entry"
        )
    if not np.isfinite(array).all():
        raise SoundwalkError(
            f"{name} holds {array[~np.isfinite(array)][0]} in {(~np.isfinite(array)).sum()} of "
            f"{array.size} places: expected finite numbers"
        )
    return array


def whole(name: str, value: npt.ArrayLike, least: int | None = None) -> I64:
    """Whole numbers as int64.

    Args:
        name: for the message.
        value: any shape.
        least: the smallest that is allowed.

    Raises:
        SoundwalkError: nothing in it, a fraction, or a number below `least`.
    """
    array = numbers(name, value)
    if (array != np.round(array)).any():
        raise SoundwalkError(
            f"{name} holds {array[array != np.round(array)][0]:g}: expected whole numbers"
        )
    if least is not None and array.min() < least:
        raise SoundwalkError(f"{name} holds {array.min():g}: expected {least} or more")
    return array.astype(np.int64)


def alike(name: str, value: npt.NDArray[np.generic], other: str, as_: tuple[int, ...]) -> None:
    """Check a shape.

    Args:
        name: of the array, for the message.
        value: the array.
        other: what it must be shaped like, for the message.
        as_: the shape it must have.

    Raises:
        SoundwalkError: it has another shape.
    """
    if value.shape != as_:
        raise SoundwalkError(f"{name} has the shape {value.shape}: expected {as_}, as {other} has")
