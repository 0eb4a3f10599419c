"""Whether a localizer keeps still when nothing that is seen sounds.

Samples are of four kinds: the source is visible, off-screen, silent, or there is noise only. With
a confidence c per sample and a threshold t (Mo and Morgado 2022, "A closer look at
weakly-supervised audio-visual source localization", SLAVC; stoneMo/SLAVC, utils.py, EvaluatorFull):

- TP: the source is visible, c >= t and the map is right (cIoU >= 0.5);
- FP: c >= t otherwise: nothing is there, or the map is wrong;
- FN: the source is visible and c < t.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from ...envs.interface import F64, I64, SoundwalkError
from ..data.sample import KINDS, OFFSCREEN, VISIBLE
from .checks import alike, numbers, whole
from .intervals import Accumulator, Rows, mean_of
from .localization import adaptive_ciou, ciou


def confidence(maps: npt.ArrayLike) -> F64:
    """Mean of the top quarter of a map's scores, which must be on one scale for all samples.

    Args:
        maps: (..., H, W) scores, as the model gives them: not stretched to each map's own range.

    Returns:
        (...,)

    Raises:
        SoundwalkError: not finite or no image.

    >>> float(confidence([[0.0, 0.8], [0.2, 0.1]]))
    0.8
    """
    m = numbers("maps", maps, 2)
    scores = np.sort(m.reshape(*m.shape[:-2], -1), -1)
    top = max(1, scores.shape[-1] // 4)
    return np.asarray(scores[..., -top:].mean(-1))


def image_area(maps: npt.ArrayLike, threshold: float) -> F64:
    """pIA: share of the image whose score reaches a threshold (Juanola et al. 2024).

    Should be 0 under silence, noise and off-screen sound.

    Args:
        maps: (..., H, W) scores on one scale.
        threshold: the same for all images, see `universal_threshold`.

    Returns:
        (...,) from 0 to 1.

    Raises:
        SoundwalkError: not finite or no image.

    >>> float(image_area([[0.0, 0.8], [0.2, 0.1]], 0.15))
    0.5
    """
    area: F64 = (numbers("maps", maps, 2) >= numbers("threshold", threshold)).mean((-2, -1))
    return area


def universal_threshold(peaks: npt.ArrayLike, kind: npt.ArrayLike) -> float:
    """The score that three quarters of the maps do not reach under any negative kind.

    The largest third quartile, over the kinds, of the maps' largest scores, after Juanola et al.
    2024 ("A critical assessment of visual sound source localization models including negative
    audio"); xavijuanola/vssl_eval, eval.py, holds it as one number a model, `*_th_maxq3`.

    Args:
        peaks: (N,) largest score of each map.
        kind: (N,) index into `perception.data.sample.KINDS`.

    Raises:
        SoundwalkError: no sample is of a negative kind.

    >>> universal_threshold([0.9, 0.1, 0.3], [0, 2, 3])
    0.3
    """
    top, which = numbers("peaks", peaks), _kinds(kind)
    alike("kind", which, "peaks", top.shape)
    quartiles = [np.quantile(top[which == k], 0.75) for k in np.unique(which[which != VISIBLE])]
    if not quartiles:
        raise SoundwalkError(
            f"all {len(top)} samples are {KINDS[VISIBLE]}: a universal threshold needs samples that"
            f" are {', '.join(KINDS[VISIBLE + 1 :])}"
        )
    return float(max(quartiles))


def precision_recall(
    scores: npt.ArrayLike, right: npt.ArrayLike, visible: npt.ArrayLike
) -> tuple[F64, F64, F64]:
    """Precision and recall at every threshold.

    P = TP / (TP + FP), R = TP / (TP + FN), 0 where TP + FN = 0.

    Args:
        scores: (N,) confidences.
        right: (N,) whether the map is right; counts only where the source is visible.
        visible: (N,) whether the source is visible.

    Returns:
        thresholds, each distinct confidence, falling; precision; recall, which does not fall.

    Raises:
        SoundwalkError: lengths differ, not finite, or nothing is visible.
    """
    c = numbers("scores", scores).ravel()
    seen, good = (numbers(n, v) > 0 for n, v in (("visible", visible), ("right", right)))
    for name, array in (("right", good), ("visible", seen)):
        alike(name, array, "scores", c.shape)
    if not seen.any():
        raise SoundwalkError(f"none of {len(c)} sources is visible: recall is undefined")
    order = np.argsort(-c, kind="stable")
    last = np.flatnonzero(np.append(np.diff(c[order]) < 0, True))  # of equal confidences
    hits = np.cumsum((good & seen)[order])[last]
    missed = seen.sum() - np.cumsum(seen[order])[last]
    return c[order][last], hits / (last + 1), hits / np.maximum(hits + missed, 1)


def average_precision(precision: npt.ArrayLike, recall: npt.ArrayLike) -> float:
    """Sum over thresholds of (the largest precision from there on) x (the gain of recall).

    Args:
        precision: (M,) by falling threshold, as `precision_recall` gives it.
        recall: (M,)

    Raises:
        SoundwalkError: lengths differ, or recall falls.

    >>> average_precision([1.0, 0.5, 2 / 3], [0.5, 0.5, 1.0])
    0.8333333333333333
    """
    p, r = numbers("precision", precision, 1), numbers("recall", recall, 1)
    alike("recall", r, "precision", p.shape)
    if (np.diff(r) < -1e-12).any():
        raise SoundwalkError(f"recall {r.tolist()} falls: order by falling threshold")
    best_later = np.maximum.accumulate(p[::-1])[::-1]
    return float((best_later * np.diff(r, prepend=0.0)).sum())


def max_f1(precision: npt.ArrayLike, recall: npt.ArrayLike) -> float:
    """The largest F1 = 2 P R / (P + R) over all thresholds; 0 where P + R = 0.

    Args:
        precision: (M,)
        recall: (M,)

    Raises:
        SoundwalkError: lengths differ.

    >>> max_f1([1.0, 0.5], [0.5, 0.5])
    0.6666666666666666
    """
    p, r = numbers("precision", precision, 1), numbers("recall", recall, 1)
    alike("recall", r, "precision", p.shape)
    return float((2 * p * r / np.maximum(p + r, 1e-300)).max())


class SilenceAware(Accumulator):
    """Localization where some samples have nothing to localize.

    `compute` gives ap and max_f1 over all thresholds of the confidence; pia_visible,
    pia_offscreen, pia_silent, pia_noise at the universal threshold; and universal_ciou@.5, the
    share of visible sources whose cIoU at that threshold reaches 0.5. Where the samples hold no
    negative kind and no threshold is given, the last five are left out.

    Args:
        threshold: universal one, for example from validation; by default that of the samples.
    """

    def __init__(self, threshold: float | None = None) -> None:
        super().__init__()
        self.threshold = threshold

    def update(self, maps: npt.ArrayLike, masks: npt.ArrayLike, kind: npt.ArrayLike) -> None:
        """Take in a batch.

        Args:
            maps: (N, H, W) scores on one scale.
            masks: (N, H, W) of the source's object; empty where it is not seen.
            kind: (N,) index into `KINDS`; a visible source without a pixel counts as off-screen.

        Raises:
            SoundwalkError: shapes differ or not finite.
        """
        m, g = numbers("maps", maps, 3), np.asarray(masks) > 0
        which = _kinds(kind)
        alike("masks", g, "maps", m.shape)
        alike("kind", which, "the first axis of maps", m.shape[:1])
        which = np.where((which == VISIBLE) & ~g.any((-2, -1)), OFFSCREEN, which)
        self._add(map=m.astype(np.float32), mask=g, kind=which)

    def rows(self) -> Rows:
        """Values of each sample, at one threshold for all."""
        raw = super().rows()
        maps, masks, kind = raw["map"].astype(np.float64), raw["mask"], raw["kind"]
        seen = kind == VISIBLE
        right = np.zeros(len(maps))
        right[seen] = adaptive_ciou(maps[seen], masks[seen]) >= 0.5 if seen.any() else 0
        rows: Rows = {"confidence": confidence(maps), "right": right, "kind": kind}
        level = self.threshold
        if level is None and not seen.all():
            level = universal_threshold(maps.max((-2, -1)), kind)
        if level is not None:
            rows["area"] = image_area(maps, level)
            rows["universal"] = np.full(len(maps), np.nan)
            if seen.any():
                rows["universal"][seen] = ciou(maps[seen], masks[seen], level) >= 0.5
        return rows

    def summary(self, rows: Rows) -> dict[str, float]:
        """Average precision, the best F1, and areas by kind."""
        found: dict[str, float] = {}
        kind, seen = rows["kind"], rows["kind"] == VISIBLE
        if seen.any():
            _, p, r = precision_recall(rows["confidence"], rows["right"], seen)
            found["ap"] = average_precision(p, r)
            found["max_f1"] = max_f1(p, r)
        if "area" in rows:
            found |= _by_kind("pia", rows["area"], kind)
            universal = mean_of(rows["universal"])
            found |= {} if universal is None else {"universal_ciou@.5": universal}
        return found


def _by_kind(name: str, values: F64, kind: I64) -> dict[str, float]:
    """Mean of values of each kind there is."""
    return {f"{name}_{KINDS[k]}": float(values[kind == k].mean()) for k in np.unique(kind)}


def _kinds(kind: npt.ArrayLike) -> I64:
    """Check indices of kinds."""
    which = whole("kind", kind, 0)
    if which.max() >= len(KINDS):
        raise SoundwalkError(
            f"kind holds {which.max()}: expected an index below {len(KINDS)} into {KINDS}"
        )
    return which
