"""Splitting responses of a head into onset delays and responses that begin at their onset."""

from __future__ import annotations

import math
from fractions import Fraction

import numpy as np

from ...interface import F64, SoundwalkError
from .sofa import Responses

_BEFORE, _AFTER, _FADE = 0.5e-3, 2.5e-3, 0.5e-3  # s kept round the onset; the last of it fades out
_THRESHOLD = 0.1  # of the peak, where a response begins
_LARGEST = 5000  # whole number in the ratio of two sample rates
_AFTERWARDS = 0.05  # share of the energy beyond what is kept that no head has, but rooms do
_UPSAMPLED = 16


def _check_rate(path: str, rate: float, sample_rate: int) -> None:
    """Refuse a file that cannot be brought to the sample rate.

    Raises:
        SoundwalkError: its rate is lower, or stands in no simple ratio.
    """
    if rate < 0.9 * sample_rate:
        raise SoundwalkError(
            f"{path} was sampled at {rate:g} Hz and holds nothing above {rate / 2:g} Hz: "
            f"sample_rate={sample_rate} needs a file of at least that rate; lower sample_rate"
        )
    ratio = _ratio(rate, sample_rate)
    if rate != int(rate) or max(ratio.numerator, ratio.denominator) > _LARGEST:
        raise SoundwalkError(
            f"{path} was sampled at {rate!r} Hz, which has no ratio of small whole numbers to "
            f"sample_rate={sample_rate}; expected a usual rate such as 44100 or 48000 Hz"
        )


def _ratio(rate: float, sample_rate: int) -> Fraction:
    """Samples out per sample in."""
    return Fraction(sample_rate, int(rate))


def split(path: str, read: Responses, sample_rate: int) -> tuple[F64, F64, int]:
    """Onset delays, and responses that begin a fixed time before their onset, resampled.

    Args:
        path: of the file, for messages.
        read: what it holds.
        sample_rate: Hz.

    Returns:
        responses (M, 2, H) with H a multiple of 8, delays (M, 2) seconds, and the onset in samples.

    Raises:
        SoundwalkError: the file's rate does not do, or its responses ring on as no head's do.
    """
    from scipy.signal import resample_poly

    _check_rate(path, read.rate, sample_rate)
    begin = _onsets(read)
    onset = round(_BEFORE * sample_rate)
    taps = 8 * round((_BEFORE + _AFTER) * sample_rate / 8)
    needed = math.ceil((taps + 64) / sample_rate * read.rate)
    size = 1 << math.ceil(math.log2(read.responses.shape[2] + needed))
    earlier = np.exp(
        2j * np.pi * np.fft.rfftfreq(size, 1 / read.rate) * (begin[..., None] - onset / sample_rate)
    )
    aligned = np.fft.irfft(np.fft.rfft(read.responses, size) * earlier, size)[:, :, :needed]
    kept = (aligned[:, :, : round(taps / sample_rate * read.rate)] ** 2).sum()
    lost = 1.0 - kept / (read.responses**2).sum()
    if lost > _AFTERWARDS:
        raise SoundwalkError(
            f"{path}: {100 * lost:.0f} % of the energy comes more than {1e3 * _AFTER:g} ms after "
            "the onset: these are responses of a room; expected those of a head in the free field"
        )
    ratio = _ratio(read.rate, sample_rate)
    if ratio != 1:
        aligned = resample_poly(aligned, ratio.numerator, ratio.denominator, axis=2)
    responses = aligned[:, :, :taps].copy()
    fade = round(_FADE * sample_rate)
    responses[:, :, -fade:] *= 0.5 + 0.5 * np.cos(np.pi * (np.arange(fade) + 0.5) / fade)
    return responses, begin + read.delays, onset


def _onsets(read: Responses) -> F64:
    """(M, 2) seconds at which responses begin.

    Half the bandwidth is left away, because the ringing of a steep filter before a pulse would be
    taken for its onset, now earlier and now later.
    """
    from scipy.signal import upfirdn

    half = 2 * _UPSAMPLED
    fine = np.abs(upfirdn(np.hanning(2 * half + 1), read.responses, _UPSAMPLED, axis=2))
    late = fine > _THRESHOLD * fine.max(2, keepdims=True)
    begin: F64 = (late.argmax(2) - half) / (_UPSAMPLED * read.rate)
    return begin
