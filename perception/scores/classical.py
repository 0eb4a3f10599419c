"""Where does the image change as the sound does? Two answers that need no training."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike
from scipy.optimize import linprog

from ...envs.interface import F64, SoundwalkError

_MOST = 1 - 1e-9  # of r^2: information stays finite where a pixel is the envelope


def mutual_information_map(
    video: ArrayLike, envelope: ArrayLike, *, window: int | None = None
) -> F64:
    """Mutual information of each pixel and the sound, I = -1/2 log(1 - r²) nats.

    As if both were Gaussian in each window of time, whose correlation is r; the mean over all
    windows (Hershey and Movellan 2000, "Audio vision").

    Args:
        video: (F, H, W) brightness of F frames.
        envelope: (F,) loudness while each frame was seen.
        window: frames of the sliding window; all of them by default.

    Returns:
        (H, W), 0 where nothing changes.

    Raises:
        SoundwalkError: frames do not fit the envelope, or the window is not 2 to F.

    >>> blink = np.array([0.0, 1, 0, 0, 1])
    >>> still = np.ones(5)
    >>> mutual_information_map(np.stack([blink, still], 1)[:, None], blink).round(1)
    array([[10.4,  0. ]])
    """
    frames, sound = np.asarray(video, np.float64), np.asarray(envelope, np.float64)
    if frames.ndim != 3 or sound.shape != frames.shape[:1]:
        raise SoundwalkError(
            f"video {frames.shape} and envelope {sound.shape}: expected (F, H, W) and (F,)"
        )
    size = len(sound) if window is None else window
    if not 2 <= size <= len(sound):
        raise SoundwalkError(f"window={window}: expected 2 to the {len(sound)} frames there are")
    starts = range(len(sound) - size + 1)
    total = sum(_information(frames[s : s + size], sound[s : s + size]) for s in starts)
    return np.asarray(total / len(starts), np.float64)


def sparse_cca(video: ArrayLike, audio: ArrayLike) -> F64:
    """The fewest pixels whose weighted sum is the sound: min |w|₁ such that V w = a.

    Canonical correlation with more pixels than frames has no unique answer; the sparsest one is a
    linear program (Kidron, Schechner and Elad 2005, "Pixels that sound"). Means over time are taken
    out of both; what of the sound no pixels can explain is left out of a.

    Args:
        video: V (F, P), P pixels or wavelet coefficients of F frames (or their changes).
        audio: a (F,).

    Returns:
        w (P,), zero for all but at most F pixels.

    Raises:
        SoundwalkError: frames do not fit the sound.
    """
    pixels, sound = np.asarray(video, np.float64), np.asarray(audio, np.float64)
    if pixels.ndim != 2 or sound.shape != pixels.shape[:1]:
        raise SoundwalkError(
            f"video {pixels.shape} and audio {sound.shape}: expected (F, P) and (F,)"
        )
    pixels, sound = pixels - pixels.mean(0), sound - sound.mean()
    left, values, right = np.linalg.svd(pixels, full_matrices=False)
    rank = int((values > values.max(initial=0.0) * 1e-9).sum())
    if rank == 0:
        return np.zeros(pixels.shape[1])
    # V w = a in the coordinates in which V acts: full rank, so that there is always an answer
    matrix, wanted = right[:rank], (left.T @ sound)[:rank] / values[:rank]
    found = linprog(np.ones(2 * pixels.shape[1]), A_eq=np.hstack([matrix, -matrix]), b_eq=wanted)
    positive, negative = np.split(np.asarray(found.x, np.float64), 2)
    return np.asarray(positive - negative, np.float64)


def _information(frames: F64, sound: F64) -> F64:
    """(F, H, W) and (F,) to nats (H, W)."""
    frames, sound = frames - frames.mean(0), sound - sound.mean()
    covariance = np.einsum("fhw,f->hw", frames, sound)
    variances = np.square(frames).sum(0) * np.square(sound).sum()
    known = variances > 1e-12
    square = np.where(known, covariance**2 / np.where(known, variances, 1.0), 0.0)
    return np.asarray(-0.5 * np.log1p(-np.minimum(square, _MOST)), np.float64)
