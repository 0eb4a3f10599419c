"""How far the predicted depth is from the measured one.

Of each image over the pixels whose true depth d is above 0, with the prediction p clipped above 0
and e = p - d (Eigen et al. 2014, "Depth map prediction from a single image"), then the mean over
images, as facebookresearch/VisualEchoes does:

- rmse = sqrt(mean e^2), m; rel = mean |e| / d; log10 = mean |log10 p - log10 d|; mae = mean |e|, m;
- delta_k = share of pixels with max(d / p, p / d) < 1.25^k.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from ...envs.interface import F64, SoundwalkError
from .checks import alike, numbers
from .intervals import Accumulator, Rows

MEASURES = ("rmse", "rel", "log10", "mae", "delta1", "delta2", "delta3")
LEAST_DEPTH = 1e-3  # m; predictions below are clipped here


def depth_errors(prediction: npt.ArrayLike, truth: npt.ArrayLike) -> dict[str, F64]:
    """All measures of each image.

    Args:
        prediction: (..., H, W) metres.
        truth: (..., H, W) metres; 0 and below: unknown, left out.

    Returns:
        of each of `MEASURES` an array (...,).

    Raises:
        SoundwalkError: shapes differ, not finite, or an image without a known depth.

    >>> errors = depth_errors([[1.5, 2.0]], [[1.0, 0.0]])
    >>> float(errors["rmse"]), float(errors["rel"]), float(errors["delta1"])
    (0.5, 0.5, 0.0)
    """
    p, d = numbers("prediction", prediction, 2), numbers("truth", truth, 2)
    alike("prediction", p, "truth", d.shape)
    known = d > 0
    count = known.sum((-2, -1))
    if not count.all():
        raise SoundwalkError(
            f"{int((count == 0).sum())} of {count.size} images hold no depth above 0: expected at "
            "least one known pixel; leave those images out"
        )
    p, d = np.maximum(p, LEAST_DEPTH), np.where(known, d, 1.0)
    error, ratio = np.abs(p - d), np.maximum(p / d, d / p)

    def mean(values: npt.NDArray[np.generic]) -> F64:
        found: F64 = np.where(known, values, 0).sum((-2, -1)) / count
        return found

    return {
        "rmse": np.sqrt(mean(error**2)),
        "rel": mean(error / d),
        "log10": mean(np.abs(np.log10(p / d))),
        "mae": mean(error),
        **{f"delta{k}": mean(ratio < 1.25**k) for k in (1, 2, 3)},
    }


class DepthErrors(Accumulator):
    """Means over images of `depth_errors`, by its names."""

    def update(self, prediction: npt.ArrayLike, truth: npt.ArrayLike) -> None:
        """Take in a batch; images without a known depth are left out.

        Args:
            prediction: (N, H, W) metres.
            truth: (N, H, W) metres; 0 and below: unknown.

        Raises:
            SoundwalkError: shapes differ or not finite.
        """
        p, d = numbers("prediction", prediction, 3), numbers("truth", truth, 3)
        alike("prediction", p, "truth", d.shape)
        usable = (d > 0).any((-2, -1))
        if usable.any():
            self._add(**depth_errors(p[usable], d[usable]))

    def summary(self, rows: Rows) -> dict[str, float]:
        """Means over images."""
        return {key: float(values.mean()) for key, values in rows.items()}
