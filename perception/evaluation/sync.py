"""Whether sight and sound are known to be together, and by how much they are apart."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from ...envs.interface import F64, I64, SoundwalkError
from .checks import alike, numbers, whole
from .intervals import Accumulator, Rows

REACH = 15  # frames; offsets from -15 to 15 are searched (Chung and Zisserman 2016, SyncNet)


def best_offset(scores: npt.ArrayLike) -> tuple[I64, F64]:
    """The offset with the highest score, and how much it stands out (Chung and Zisserman 2016).

    Args:
        scores: (..., 2 M + 1) agreement at the offsets -M to M; for distances give their negative.

    Returns:
        (...,) offset in frames, the one nearest to 0 of equal ones; (...,) confidence: the highest
        score minus the median.

    Raises:
        SoundwalkError: an even number of scores, or not finite.

    >>> offset, sure = best_offset([0.0, 0.1, 0.2, 0.1, 0.9])
    >>> int(offset), float(sure)
    (2, 0.8)
    """
    s = numbers("scores", scores, 1)
    if s.shape[-1] % 2 == 0:
        raise SoundwalkError(
            f"scores of {s.shape[-1]} offsets: expected an odd number, from -M to M frames"
        )
    offsets = np.arange(s.shape[-1]) - s.shape[-1] // 2
    order = np.argsort(np.abs(offsets), kind="stable")
    best = offsets[order][s[..., order].argmax(-1)]
    return np.asarray(best, np.int64), np.asarray(s.max(-1) - np.median(s, -1))


def offset_error(offset: npt.ArrayLike, truth: npt.ArrayLike) -> F64:
    """|offset - truth| in frames.

    Args:
        offset: (...,) found, frames.
        truth: (...,) within ±15 frames.

    Raises:
        SoundwalkError: shapes differ, not finite, or a truth outside what is searched.

    >>> offset_error([3, -2], [4, -2]).tolist()
    [1.0, 0.0]
    """
    found, true = numbers("offset", offset), numbers("truth", truth)
    alike("offset", found, "truth", true.shape)
    if np.abs(true).max() > REACH:
        raise SoundwalkError(
            f"a true offset of {true[np.abs(true).argmax()]:g} frames: expected -{REACH} to {REACH}"
        )
    return np.asarray(np.abs(found - true))


class OffsetErrors(Accumulator):
    """Errors of the offset between sight and sound.

    `compute` gives offset_mae in frames, offset_acc@1, the share within one frame, and
    offset_acc@1_chance, what an offset drawn evenly from -15 to 15 gets.
    """

    def update(self, offset: npt.ArrayLike, truth: npt.ArrayLike) -> None:
        """Take in a batch.

        Args:
            offset: (N,) found, frames.
            truth: (N,) within ±15 frames.

        Raises:
            SoundwalkError: shapes differ, not finite, or a truth outside what is searched.
        """
        true = np.atleast_1d(numbers("truth", truth))
        guesses = np.abs(np.arange(-REACH, REACH + 1) - true[..., None]) <= 1
        self._add(
            error=offset_error(np.atleast_1d(offset), true),
            chance=guesses.mean(-1),
        )

    def summary(self, rows: Rows) -> dict[str, float]:
        """Means over samples."""
        return {
            "offset_mae": float(rows["error"].mean()),
            "offset_acc@1": float((rows["error"] <= 1).mean()),
            "offset_acc@1_chance": float(rows["chance"].mean()),
        }


class Answers(Accumulator):
    """Share of questions answered rightly: shifted or not, flipped or not, which orientation.

    `compute` gives NAME and NAME_chance, the share of the most frequent answer in truth, which is
    what one gets without looking or listening.

    Args:
        name: of the measure, for example "shift_accuracy".
    """

    def __init__(self, name: str = "shift_accuracy") -> None:
        super().__init__()
        self.name = name

    def update(self, answer: npt.ArrayLike, truth: npt.ArrayLike) -> None:
        """Take in a batch.

        Args:
            answer: (N,) whole numbers or booleans.
            truth: (N,)

        Raises:
            SoundwalkError: lengths differ, or not whole numbers: logits must be decided first.
        """
        given, true = np.atleast_1d(whole("answer", answer)), np.atleast_1d(whole("truth", truth))
        alike("answer", given, "truth", true.shape)
        self._add(answer=given, truth=true)

    def summary(self, rows: Rows) -> dict[str, float]:
        """Share of right answers, and of the most frequent truth."""
        truth = rows["truth"]
        return {
            self.name: float((rows["answer"] == truth).mean()),
            f"{self.name}_chance": float(
                np.unique(truth, return_counts=True)[1].max() / len(truth)
            ),
        }
