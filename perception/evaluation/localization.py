"""Where in the image the sound is: heatmaps against the masks of sounding objects.

Maps m (..., H, W) hold a score per pixel, larger where the sound is, on any scale; masks g of the
same shape hold true, or a weight of 0 or more (agreement of annotators), where the object is.

The measure of the field, cIoU at the median of the map (Senocak et al. 2018, "Learning to localize
sound source in visual scenes"; thresholds as in hche11/Localizing-Visual-Sounds-the-Hard-Way), has
a trap: half of the image is always predicted, so an object that covers a share f of it has
cIoU <= 2f. Below f = 1/4 a perfect map fails at 0.5. What sounds in a room is small: use
`adaptive_ciou`, `pixel_ap` and `pointing`; `Localization` reports the legacy measure only of
objects with f >= 1/4.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
from scipy.ndimage import distance_transform_edt

from ...envs.interface import F64, I64, Bool, SoundwalkError
from .checks import alike, numbers, whole
from .intervals import Accumulator, Rows, present

TOLERANCE = 15 / 224  # of the longer side of the image: 15 pixels of 224 (Zhang et al. 2018)
LEGACY_SHARE = 0.25  # of the image, the least for which a cIoU of 0.5 can be reached at the median
_LEVELS = np.linspace(0, 1, 21)


def ciou(maps: npt.ArrayLike, masks: npt.ArrayLike, threshold: npt.ArrayLike | None = None) -> F64:
    """Consensus intersection over union (Senocak et al. 2018) of {m >= threshold}.

    cIoU = sum_pred g / (sum g + #(pred where g = 0)).

    Args:
        maps: (..., H, W) scores.
        masks: (..., H, W) true or a weight where the object is.
        threshold: a score, or (...,) one per map; a number is the universal threshold of Juanola
            et al. 2024; by default each map's median, which is the legacy measure.

    Returns:
        (...,) from 0 to 1.

    Raises:
        SoundwalkError: shapes differ, values are not finite, or a mask is empty.

    >>> float(ciou([[0.9, 0.1], [0.2, 0.1]], [[1, 0], [0, 0]], threshold=0.5))
    1.0
    """
    m, g = _pair(maps, masks)
    level = np.median(m, (-2, -1)) if threshold is None else numbers("threshold", threshold)
    return _overlap(m >= level[..., None, None], g)


def adaptive_ciou(maps: npt.ArrayLike, masks: npt.ArrayLike) -> F64:
    """`ciou` at the score of the |g|-th largest pixel: as many pixels as the object has.

    From Senocak et al. 2024, "Aligning sight and sound" (cIoU adaptive). Every order of the pixels
    that has the object's first scores 1, whatever the object's size. Pixels that tie with the last
    one are all predicted.

    Args, Returns, Raises: as `ciou`.

    >>> float(adaptive_ciou([[0.4, 0.1], [0.2, 0.1]], [[1, 0], [0, 0]]))
    1.0
    """
    m, g = _pair(maps, masks)
    count = (g > 0).sum((-2, -1), keepdims=True)[..., 0]  # (..., 1)
    ordered = np.sort(m.reshape(*m.shape[:-2], -1), -1)
    level = np.take_along_axis(ordered, ordered.shape[-1] - count, -1)
    return _overlap(m >= level[..., None], g)


def success_auc(values: npt.ArrayLike) -> float:
    """Area under the share of values >= tau over tau = 0, 0.05, …, 1, by trapezia.

    Args:
        values: (N,) cIoUs.

    Raises:
        SoundwalkError: no values, or not from 0 to 1.

    >>> success_auc([1.0, 1.0])
    1.0
    """
    array = numbers("values", values).ravel()
    if array.min() < 0 or array.max() > 1:
        raise SoundwalkError(
            f"values from {array.min():g} to {array.max():g}: expected cIoUs, from 0 to 1"
        )
    reached = (array[:, None] >= _LEVELS - 1e-9).mean(0)  # 0.15 is below 3 * 0.05 in binary
    return float(np.trapezoid(reached, _LEVELS))


def pixel_ap(maps: npt.ArrayLike, masks: npt.ArrayLike) -> F64:
    """Average precision of an image's pixels, sum (R_i - R_(i-1)) P_i over distinct scores.

    Args:
        maps: (..., H, W) scores.
        masks: (..., H, W); pixels above 0 are the object's.

    Returns:
        (...,); a constant map gives the object's share of the image.

    Raises:
        SoundwalkError: as `ciou`.

    >>> float(pixel_ap([[0.9, 0.1], [0.5, 0.3]], [[1, 0], [0, 1]]).round(4))
    0.8333
    """
    m, g = _pair(maps, masks)
    scores = m.reshape(*m.shape[:-2], -1)
    order = np.argsort(-scores, -1, kind="stable")
    scores = np.take_along_axis(scores, order, -1)
    hits = np.take_along_axis(g.reshape(scores.shape) > 0, order, -1)
    size = scores.shape[-1]
    precision = hits.cumsum(-1) / np.arange(1, size + 1)
    ends = np.full(scores.shape, size - 1)  # equal scores come in together, at the last of them
    ends[..., :-1][scores[..., 1:] < scores[..., :-1]] = 0
    ends[..., :-1] = np.where(ends[..., :-1] == 0, np.arange(size - 1), size - 1)
    last = np.minimum.accumulate(ends[..., ::-1], -1)[..., ::-1]
    found: F64 = (np.take_along_axis(precision, last, -1) * hits).sum(-1) / hits.sum(-1)
    return found


def pointing(maps: npt.ArrayLike, masks: npt.ArrayLike, tolerance: float | None = None) -> F64:
    """Whether the largest score lies on the object or near it (pointing game, Zhang et al. 2018).

    Args:
        maps: (..., H, W) scores.
        masks: (..., H, W); pixels above 0 are the object's.
        tolerance: distance from the object in pixels that still counts; by default 15 pixels of an
            image whose longer side is 224, in proportion.

    Returns:
        (...,) 0 or 1; of several equal largest scores the share that hits, so that a constant map
        gets what a random pixel gets.

    Raises:
        SoundwalkError: as `ciou`, or the tolerance is negative.

    >>> float(pointing([[0.9, 0.1], [0.5, 0.3]], [[0, 0], [1, 1]], tolerance=1))
    1.0
    """
    m, g = _pair(maps, masks)
    reach = TOLERANCE * max(m.shape[-2:]) if tolerance is None else tolerance
    if not reach >= 0:
        raise SoundwalkError(f"tolerance={tolerance}: expected pixels, 0 or more")
    flat = (g > 0).reshape(-1, *g.shape[-2:])
    near = np.stack([distance_transform_edt(~mask) <= reach for mask in flat]).reshape(g.shape)
    top = m == m.max((-2, -1), keepdims=True)
    share: F64 = (near & top).sum((-2, -1)) / top.sum((-2, -1))
    return share


def all_right(right: npt.ArrayLike, image: npt.ArrayLike) -> tuple[Bool, I64]:
    """Of each image, whether every sounding object in it is right: IIoU (Senocak et al. 2024).

    Args:
        right: (N,) whether sound n was found in its image (cIoU >= 0.5).
        image: (N,) the number of its image.

    Returns:
        (N,) whether all sounds of n's image are right, and how many sounds that image has.

    Raises:
        SoundwalkError: lengths differ.

    >>> all_right([True, True, False], [0, 1, 1])[0].tolist()
    [True, False, False]
    """
    good, number = numbers("right", right) > 0, whole("image", image)
    alike("image", number, "right", good.shape)
    _, group, size = np.unique(number, return_inverse=True, return_counts=True)
    every = np.bincount(group, good) == size
    return every[group], size[group].astype(np.int64)


class Localization(Accumulator):
    """Localization of visible sounding objects.

    `compute` gives, as means over samples:

    - ciou_adaptive, ciou_adaptive@.5 (share >= 0.5), auc_adaptive; ap; pointing with 15 pixels
      of 224 to spare and pointing_exact with none;
    - iiou: share of images all of whose sounds have an adaptive cIoU >= 0.5, if images are given;
    - legacy_ciou@.5 and legacy_auc of those objects that cover a quarter of the image or more, and
      legacy_share, how many do. The first two are left out if none does.
    """

    def update(
        self, maps: npt.ArrayLike, masks: npt.ArrayLike, image: npt.ArrayLike | None = None
    ) -> None:
        """Take in a batch.

        Args:
            maps: (N, H, W) scores.
            masks: (N, H, W) of visible objects.
            image: (N,) number of the image that each belongs to, if images have several sounds.

        Raises:
            SoundwalkError: shapes differ, not finite, or a mask is empty.
        """
        m, g = _pair(maps, masks)
        if m.ndim != 3:
            raise SoundwalkError(f"maps of shape {m.shape}: expected (N, H, W)")
        values = {
            "adaptive": adaptive_ciou(m, g),
            "legacy": ciou(m, g),
            "ap": pixel_ap(m, g),
            "pointing": pointing(m, g),
            "exact": pointing(m, g, 0.0),
            "share": (g > 0).mean((-2, -1)),
        }
        if image is not None:
            values["image"] = whole("image", image).astype(np.float64)
        self._add(**values)

    def rows(self) -> Rows:
        """Values of each sample."""
        rows = super().rows()
        if "image" in rows:
            right, size = all_right(rows["adaptive"] >= 0.5, rows.pop("image"))
            rows |= {"together": right.astype(np.float64), "weight": 1 / size}
        return rows

    def summary(self, rows: Rows) -> dict[str, float]:
        """Means over samples."""
        adaptive, large = rows["adaptive"], rows["share"] >= LEGACY_SHARE
        legacy = rows["legacy"][large]
        together = rows.get("together")
        weight = rows.get("weight")
        return {
            "ciou_adaptive": float(adaptive.mean()),
            "ciou_adaptive@.5": float((adaptive >= 0.5).mean()),
            "auc_adaptive": success_auc(adaptive),
            "ap": float(rows["ap"].mean()),
            "pointing": float(rows["pointing"].mean()),
            "pointing_exact": float(rows["exact"].mean()),
            "legacy_share": float(large.mean()),
            **present(
                iiou=None if together is None else float(np.average(together, weights=weight)),
                legacy_auc=success_auc(legacy) if len(legacy) else None,
            ),
            **({"legacy_ciou@.5": float((legacy >= 0.5).mean())} if len(legacy) else {}),
        }


def _pair(maps: npt.ArrayLike, masks: npt.ArrayLike) -> tuple[F64, F64]:
    """Check maps and masks."""
    m, g = numbers("maps", maps, 2), numbers("masks", masks, 2)
    alike("masks", g, "maps", m.shape)
    if g.min() < 0:
        raise SoundwalkError(f"masks hold {g.min():g}: expected true or false, or weights >= 0")
    empty = ~(g > 0).any((-2, -1))
    if empty.any():
        raise SoundwalkError(
            f"{int(empty.sum())} of {empty.size} masks are empty: where nothing is visible there is"
            " nothing to localize; leave those samples out, or use SilenceAware"
        )
    return m, g


def _overlap(predicted: Bool, g: F64) -> F64:
    """CIoU of predicted pixels."""
    inside = (predicted * g).sum((-2, -1))
    outside = (predicted & (g == 0)).sum((-2, -1))
    found: F64 = inside / (g.sum((-2, -1)) + outside)
    return found
