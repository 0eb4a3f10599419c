"""One step's binaural sound in 54 numbers.

Frames of 64 ms (Hann, 5 per step of 0.25 s) give cross- and power spectra, averaged over the step:

- `gcc-14` ... `gcc+14`: 3 x the inverse transform of the complex coherence, lags in samples,
  positive when the left ear leads. It is GCC-PHAT (Knapp and Carter 1976) where the ears agree;
  where reverberation makes the frames disagree it counts less (SCOT weighting).
- `ild 0`-`5`: level difference left minus right, in units of 10 dB, bands `LEVEL_BANDS`.
- `left 0`-`5`, `right 0`-`5`: level, (dB of full scale + 60) / 20.
- `coherence 0`-`5`: mean squared coherence: high where direct sound outweighs reverberation.
- `rise`: level of the last two frames over that of the first two, in units of 20 dB.
"""

from __future__ import annotations

import numpy as np
from scipy.fft import irfft, rfft
from scipy.signal.windows import hann

from ...envs.interface import F32, I64, SAMPLE_RATE, SoundwalkError, kernel
from .binaural import LEVEL_BANDS

MAX_LAG = 14  # samples; 0.875 ms at 16 kHz, a head gives 0.66
_FRAME, _FRAMES = 1024, 5
_BINS = _FRAME // 2 + 1
_BANDS = len(LEVEL_BANDS) - 1
_CHUNK = 8  # streams at a time: 80 rows, 0.3 MB
_LANES = 16  # rows are filled up to whole SIMD groups, so that a row's rounding has no neighbours
_QUIET = 1e-12  # power; -120 dB of full scale

CUE_NAMES = (
    *(f"gcc{lag:+d}" for lag in range(-MAX_LAG, MAX_LAG + 1)),
    *(f"{what} {band}" for what in ("ild", "left", "right", "coherence") for band in range(_BANDS)),
    "rise",
)


def binaural_cues(audio: F32, sample_rate: int = SAMPLE_RATE) -> F32:
    """Interaural time and level differences, levels, coherence and rise of one step.

    Args:
        audio: (N, 2, T), T >= 1024; 4000 for a step at 16 kHz. Left ear first.
        sample_rate: hertz.

    Returns:
        (N, 54) float32, named by `CUE_NAMES`, each clipped to [-3, 3]. The cues of a stream do not
        depend on its neighbours.

    Raises:
        SoundwalkError: not two ears, or too short.
    """
    if audio.ndim != 3 or audio.shape[1] != 2 or audio.shape[2] < _FRAME:
        raise SoundwalkError(
            f"audio of shape {audio.shape}: expected (N, 2 ears, T) with T >= {_FRAME}"
        )
    edges = np.searchsorted(np.fft.rfftfreq(_FRAME, 1 / sample_rate), LEVEL_BANDS)
    taper = np.asarray(hann(_FRAME, sym=False), np.float32)
    taper *= np.float32(np.sqrt(2 / (_FRAME * np.square(taper).sum())))  # Parseval: power of bins
    rows = np.zeros((_CHUNK * 2 * _FRAMES, _FRAME), np.float32)
    coherence = np.zeros((_LANES, _BINS), np.complex64)
    audio = np.ascontiguousarray(audio, np.float32)
    out = np.empty((audio.shape[0], len(CUE_NAMES)), np.float32)
    for begin in range(0, audio.shape[0], _CHUNK):
        part = slice(begin, begin + _CHUNK)
        count = audio[part].shape[0]
        _frames(audio[part], taper, rows)
        used = -(-count * 2 * _FRAMES // _LANES) * _LANES
        spectrum = rfft(rows[:used]).view(np.float32)
        _cues(spectrum, edges, coherence.view(np.float32), out[part])
        lags = irfft(coherence)[:count]
        out[part, :MAX_LAG] = 3 * lags[:, -MAX_LAG:]
        out[part, MAX_LAG : 2 * MAX_LAG + 1] = 3 * lags[:, : MAX_LAG + 1]
    return np.clip(out, -3, 3, out=out)


@kernel
def _frames(audio: F32, taper: F32, rows: F32) -> None:
    """Cut (K, 2, T) into 5 windowed frames each: row (stream * 5 + frame) * 2 + ear."""
    row = 0
    for k in range(audio.shape[0]):
        for frame in range(_FRAMES):
            at = frame * (audio.shape[2] - _FRAME) // (_FRAMES - 1)
            for ear in range(2):
                line, piece = rows[row], audio[k, ear, at:]
                for i in range(_FRAME):
                    line[i] = taper[i] * piece[i]
                row += 1


@kernel
def _cues(spectrum: F32, edges: I64, coherence: F32, out: F32) -> None:
    """Everything but the lags, (K, 54) from column 29 on, and the complex coherence (16, 513 * 2).

    `spectrum` (rows, 513 * 2) holds real and imaginary parts in turn.
    """
    first = 2 * MAX_LAG + 1
    power = np.empty((2, _BINS), np.float32)
    cross = np.empty((2, _BINS), np.float32)
    loud = np.empty(_FRAMES, np.float32)
    for k in range(out.shape[0]):
        power[:] = 0
        cross[:] = 0
        for frame in range(_FRAMES):
            left = spectrum[(k * _FRAMES + frame) * 2]
            right = spectrum[(k * _FRAMES + frame) * 2 + 1]
            total = np.float32(0)
            for i in range(_BINS):
                a, b, c, d = left[2 * i], left[2 * i + 1], right[2 * i], right[2 * i + 1]
                power[0, i] += a * a + b * b
                power[1, i] += c * c + d * d
                cross[0, i] += a * c + b * d  # conj(left) * right
                cross[1, i] += a * d - b * c
                total += a * a + b * b + c * c + d * d
            loud[frame] = total
        mean = np.float32(0)
        for i in range(_BINS):
            mean += np.sqrt(power[0, i] * power[1, i])
        # Bins 30 dB below the mean hold leakage: they vote with less than half a voice.
        floor = np.float32(1e-3) * mean / _BINS + np.float32(1e-15)
        for i in range(_BINS):
            weight = 1 / (np.sqrt(power[0, i] * power[1, i]) + floor)
            coherence[k, 2 * i] = cross[0, i] * weight
            coherence[k, 2 * i + 1] = cross[1, i] * weight
        coherence[k, 1] = 0
        for band in range(_BANDS):
            sum_left, sum_right, agree = np.float32(0), np.float32(0), np.float32(0)
            for i in range(edges[band], edges[band + 1]):
                sum_left += power[0, i]
                sum_right += power[1, i]
                agree += coherence[k, 2 * i] ** 2 + coherence[k, 2 * i + 1] ** 2
            left_db = 10 * np.log10(sum_left / _FRAMES + _QUIET)
            right_db = 10 * np.log10(sum_right / _FRAMES + _QUIET)
            out[k, first + band] = (left_db - right_db) / 10
            out[k, first + _BANDS + band] = (left_db + 60) / 20
            out[k, first + 2 * _BANDS + band] = (right_db + 60) / 20
            out[k, first + 3 * _BANDS + band] = agree / max(1, edges[band + 1] - edges[band])
        late, early = loud[_FRAMES - 1] + loud[_FRAMES - 2], loud[0] + loud[1]
        out[k, first + 4 * _BANDS] = 0.5 * np.log10((late + _QUIET) / (early + _QUIET))
