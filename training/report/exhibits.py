"""What an evaluator hands over to be looked at and listened to: plain arrays and a caption."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from ...envs.interface import U8, Bool, SoundwalkError

Reals = npt.NDArray[np.floating[Any]]
_Numbers = Sequence[float] | npt.NDArray[Any]


@dataclass(frozen=True, eq=False)
class Heatmap:
    """Where a localizer looks for the sound.

    Attributes:
        frame: what was seen, (H, W, 3).
        heat: larger is likelier, on any scale and any grid, (h, w).
        mask: pixels of what sounded, (H, W), if that is known.
        caption: a line of words.
        sound: what was heard, (C, T) or (T,), to listen to beside the picture.
        rate: of the sound, hertz.
    """

    frame: U8
    heat: Reals
    mask: Bool | None = None
    caption: str = ""
    sound: Reals | None = None
    rate: int = 16_000

    def __post_init__(self) -> None:
        _picture("Heatmap.frame", self.frame)
        _plane("Heatmap.heat", self.heat)
        if self.mask is not None:
            _same("Heatmap.mask", self.mask, "frame", self.frame.shape[:2])


@dataclass(frozen=True, eq=False)
class DepthTriple:
    """A depth image, what was made of it, and thereby the error.

    Attributes:
        truth: metres along the view axis, (H, W).
        prediction: metres, (H, W).
        frame: what was seen, (H', W', 3), if anything was.
        caption: a line of words.
    """

    truth: Reals
    prediction: Reals
    frame: U8 | None = None
    caption: str = ""

    def __post_init__(self) -> None:
        _plane("DepthTriple.truth", self.truth)
        _same("DepthTriple.prediction", self.prediction, "truth", self.truth.shape)
        if self.frame is not None:
            _picture("DepthTriple.frame", self.frame)


@dataclass(frozen=True, eq=False)
class Directions:
    """Azimuths that one method found; those of one title share a figure.

    Attributes:
        truth: radians, 0 ahead, positive to the left, (n,).
        estimate: radians, (n,).
        name: of the method: "system", "GCC-PHAT".
        title: of the figure.
    """

    truth: Reals
    estimate: Reals
    name: str
    title: str = "Direction of the sound"

    def __post_init__(self) -> None:
        if np.ndim(self.truth) != 1:
            raise SoundwalkError(f"Directions.truth: shape {np.shape(self.truth)}; expected (n,)")
        _same("Directions.estimate", self.estimate, "truth", self.truth.shape)


@dataclass(frozen=True, eq=False)
class Separated:
    """A mixture, the sound wanted out of it, and the estimate; (C, T) or (T,) each.

    Attributes:
        mixture: what was heard.
        wanted: the one source alone.
        estimate: what the system made of the mixture.
        rate: of all three, hertz.
        frame: what the system was shown, (H, W, 3), if anything.
        caption: a line of words.
    """

    mixture: Reals
    wanted: Reals
    estimate: Reals
    rate: int
    frame: U8 | None = None
    caption: str = ""

    def __post_init__(self) -> None:
        if np.ndim(self.mixture) not in (1, 2) or np.size(self.mixture) == 0:
            raise SoundwalkError(
                f"Separated.mixture: shape {np.shape(self.mixture)}; expected (C, T) or (T,)"
            )
        _same("Separated.wanted", self.wanted, "mixture", self.mixture.shape)
        _same("Separated.estimate", self.estimate, "mixture", self.mixture.shape)
        if self.frame is not None:
            _picture("Separated.frame", self.frame)


@dataclass(frozen=True, eq=False)
class Curve:
    """One or several values over one quantity.

    Attributes:
        x: where, (n,).
        y: values by the name of the line, (n,) each.
        xlabel: the quantity and its unit.
        ylabel: the value and its unit.
        title: what it shows.
    """

    x: _Numbers
    y: Mapping[str, _Numbers]
    xlabel: str
    ylabel: str
    title: str

    def __post_init__(self) -> None:
        for name, values in self.y.items():
            _same(f"Curve.y[{name!r}]", values, "x", np.shape(self.x))


@dataclass(frozen=True, eq=False)
class Bars:
    """A value per row with its interval, the system's against controls.

    Attributes:
        title: what it shows.
        rows: {"mean", "low", "high"} by the name of the row; the system's begins with "system".
        xlabel: the value and its unit.
    """

    title: str
    rows: Mapping[str, Mapping[str, float]]
    xlabel: str = ""

    def __post_init__(self) -> None:
        for name, row in self.rows.items():
            if not {"mean", "low", "high"} <= set(row):
                raise SoundwalkError(
                    f"Bars.rows[{name!r}] holds {sorted(row)}; expected mean, low, high"
                )


@dataclass(frozen=True, eq=False)
class Matrix:
    """A confusion or cluster matrix.

    Attributes:
        values: counts or shares, (rows, columns).
        rows: names of the rows, the truth.
        columns: names of the columns, the answers or clusters.
        title: what it shows.
    """

    values: npt.NDArray[Any]
    rows: Sequence[str]
    columns: Sequence[str]
    title: str

    def __post_init__(self) -> None:
        _same("Matrix.values", self.values, "names", (len(self.rows), len(self.columns)))


def _picture(name: str, frame: U8) -> None:
    """Check that this is a picture."""
    if frame.ndim != 3 or frame.shape[2] != 3 or frame.dtype != np.uint8 or frame.size == 0:
        raise SoundwalkError(
            f"{name}: shape {frame.shape} of {frame.dtype}; expected (H, W, 3) of uint8, not empty"
        )


def _plane(name: str, values: Reals) -> None:
    """Check that this is an image of one channel."""
    if np.ndim(values) != 2 or np.size(values) == 0:
        raise SoundwalkError(f"{name}: shape {np.shape(values)}; expected (H, W), not empty")


def _same(name: str, values: Any, other: str, shape: tuple[int, ...]) -> None:
    """Check that a shape is as expected."""
    if np.shape(values) != shape:
        raise SoundwalkError(
            f"{name}: shape {np.shape(values)}; expected {shape}, as for the {other}"
        )
