"""Joint detection and localization of sound events: what is heard, and from where.

Mesaros et al. 2019, "Joint measurement of localization and detection of sound events"; Politis et
al. 2020, "Overview and evaluation of sound event localization and detection in DCASE 2019"; counts
as the script of DCASE 2022 does (sharathadavanne/seld-dcase2022, SELD_evaluation_metrics.py, MIT;
it uses the removed `np.float`), with a frame in the place of its segment, summed over classes.

In each frame events of one class are matched to those of the truth at the least total angle
(Hungarian method). Of the matched pairs those within 20 degrees are TP, the others FPsp; what is
predicted in surplus is FP, what is missed FN. Per frame, with E = FP + FPsp: S = min(E, FN),
D = max(0, FN - E), I = max(0, E - FN). With N events in truth:

- F20 = TP / (TP + FPsp + (FP + FN) / 2); ER20 = sum (S + D + I) / N;
- LE_CD: mean angle of matched pairs in degrees, 180 if there are none; LR_CD: matched pairs / N;
- score = (ER20 + 1 - F20 + LE_CD / 180 + 1 - LR_CD) / 4, 0 at best.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import numpy.typing as npt
from scipy.optimize import linear_sum_assignment

from ...envs.interface import F64, I64, SoundwalkError
from .checks import alike, numbers, whole
from .doa import angular_error
from .intervals import Accumulator, Rows

COUNTS = ("tp", "fp_spatial", "fp", "fn", "errors", "truth", "matched", "angle")
NONE = -1  # the category of an empty place


def seld_counts(
    category: npt.ArrayLike,
    direction: npt.ArrayLike,
    true_category: npt.ArrayLike,
    true_direction: npt.ArrayLike,
    within: float = 20.0,
) -> dict[str, float]:
    """Count the events of one clip.

    Args:
        category: (F, K) predicted category of up to K events in each of F frames; -1 is none.
        direction: (F, K, D) their directions, vectors of any length; any value where none is.
        true_category: (F, L)
        true_direction: (F, L, D)
        within: degrees, the largest angle of a TP.

    Returns:
        tp, fp_spatial, fp, fn; errors S + D + I; truth N; matched pairs, and the sum of their
        angles in degrees.

    Raises:
        SoundwalkError: shapes differ, or not finite.
    """
    heard, where = _events("category", category, "direction", direction)
    sounds, origin = _events("true_category", true_category, "true_direction", true_direction)
    if len(heard) != len(sounds) or where.shape[-1] != origin.shape[-1]:
        raise SoundwalkError(
            f"direction of shape {where.shape} and true_direction of shape {origin.shape}: expected"
            " the same number of frames and of coordinates"
        )
    if not within > 0:
        raise SoundwalkError(f"within={within}: expected degrees above 0")
    counts = dict.fromkeys(COUNTS, 0.0)
    for frame in range(len(heard)):
        wrong = missed = 0
        for kind in np.union1d(heard[frame], sounds[frame]):
            if kind == NONE:
                continue
            angles = _match(
                where[frame][heard[frame] == kind], origin[frame][sounds[frame] == kind]
            )
            surplus = int((heard[frame] == kind).sum()) - len(angles)
            lacking = int((sounds[frame] == kind).sum()) - len(angles)
            near = int((angles <= within).sum())
            wrong, missed = wrong + surplus + len(angles) - near, missed + lacking
            found = (near, len(angles) - near, surplus, lacking, 0, lacking + len(angles))
            for key, value in zip(COUNTS, (*found, len(angles), angles.sum()), strict=True):
                counts[key] += float(value)
        counts["errors"] += max(wrong, missed)  # S + D + I
    return counts


def seld_scores(counts: Mapping[str, float]) -> dict[str, float]:
    """f20, er20, le_cd (degrees), lr_cd and score from summed counts.

    Args:
        counts: of `COUNTS`.

    Raises:
        SoundwalkError: the truth holds no event.
    """
    if not counts["truth"] > 0:
        raise SoundwalkError("the truth holds no event: error rate and recall are undefined")
    half = (counts["fp"] + counts["fn"]) / 2
    matched, tp = counts["matched"], counts["tp"]
    scores = {
        "f20": tp / (tp + counts["fp_spatial"] + half),
        "er20": counts["errors"] / counts["truth"],
        "le_cd": counts["angle"] / matched if matched else 180.0,
        "lr_cd": matched / counts["truth"],
    }
    misses = (scores["er20"], 1 - scores["f20"], scores["le_cd"] / 180, 1 - scores["lr_cd"])
    return {**scores, "score": sum(misses) / 4}


class SeldScores(Accumulator):
    """`seld_scores` of all clips together; intervals are over clips.

    Args:
        within: degrees, the largest angle of a TP.
    """

    def __init__(self, within: float = 20.0) -> None:
        super().__init__()
        self.within = within

    def update(
        self,
        category: npt.ArrayLike,
        direction: npt.ArrayLike,
        true_category: npt.ArrayLike,
        true_direction: npt.ArrayLike,
    ) -> None:
        """Take in a batch of clips: the arguments of `seld_counts` with an axis (N, …) in front.

        Raises:
            SoundwalkError: as `seld_counts`, or other numbers of clips.
        """
        given = [np.asarray(g) for g in (category, direction, true_category, true_direction)]
        lengths = [len(g) if g.ndim else 0 for g in given]
        if len(set(lengths)) != 1 or not lengths[0]:
            raise SoundwalkError(
                f"shapes {[g.shape for g in given]}: expected the same number of clips, 1 or more"
            )
        clips = [seld_counts(a, b, c, d, self.within) for a, b, c, d in zip(*given, strict=True)]
        self._add(**{key: np.array([clip[key] for clip in clips]) for key in COUNTS})

    def summary(self, rows: Rows) -> dict[str, float]:
        """Scores of the summed counts; none where no clip holds an event."""
        counts = {key: float(values.sum()) for key, values in rows.items()}
        return seld_scores(counts) if counts["truth"] else {}


def _match(heard: F64, truth: F64) -> F64:
    """Angles in degrees of the pairs that the Hungarian method makes."""
    if not len(heard) or not len(truth):
        return np.zeros(0)
    shape = (len(heard), len(truth), heard.shape[-1])
    pairs = np.broadcast_to(heard[:, None], shape), np.broadcast_to(truth[None], shape)
    angles = np.degrees(angular_error(*pairs))
    return np.asarray(angles[linear_sum_assignment(angles)])


def _events(
    name: str, category: npt.ArrayLike, direction_name: str, direction: npt.ArrayLike
) -> tuple[I64, F64]:
    """Check the events of a clip."""
    kinds, where = whole(name, category, NONE), numbers(direction_name, direction, 3)
    alike(name, kinds, f"{direction_name} without its last axis", where.shape[:-1])
    if kinds.ndim != 2:
        raise SoundwalkError(f"{name} has the shape {kinds.shape}: expected (frames, events)")
    return kinds, where
