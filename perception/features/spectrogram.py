"""SoundSpaces' spectrogram observation: magnitudes of a short-time Fourier transform, pooled.

Definition (SoundSpaces at 16 kHz): |STFT| with n_fft 512, hop 160, a periodic Hann window of 400
samples zero-padded to the middle of 512, frames centred with reflection; mean over 4x4 blocks of
(frequency, time) with zeros beyond the edge; log1p.
"""

from __future__ import annotations

import numpy as np
from scipy.fft import rfft
from scipy.signal.windows import hann

from ...envs.interface import F32, SoundwalkError

N_FFT = 512
HOP = 160  # samples
WINDOW = 400  # samples
POOL = 4
BINS = N_FFT // 2 + 1
BANDS = -(-BINS // POOL)  # 65


def window() -> F32:
    """The analysis window (400,)."""
    return np.asarray(hann(WINDOW, sym=False), np.float32)


def spectrogram(audio: F32) -> F32:
    """Pooled log-magnitude spectrogram of whole recordings.

    Args:
        audio: (..., channels, T), T > 256. One second at 16 kHz is T = 16000.

    Returns:
        (..., 65, frames, channels) float32, 26 frames of 40 ms for one second; 65 bands of 125 Hz.

    Raises:
        SoundwalkError: T is too short to reflect.

    >>> spectrogram(np.zeros((2, 16_000), np.float32)).shape
    (65, 26, 2)
    """
    if audio.ndim < 2 or audio.shape[-1] <= N_FFT // 2:
        raise SoundwalkError(
            f"audio of shape {audio.shape}: expected (..., channels, T) with T > {N_FFT // 2}"
        )
    half = WINDOW // 2  # beyond it the padded window is zero, so nothing more need be reflected
    edges = [(0, 0)] * (audio.ndim - 1) + [(half, half)]
    padded = np.pad(np.asarray(audio, np.float32), edges, mode="reflect")
    frames = np.lib.stride_tricks.sliding_window_view(padded, WINDOW, axis=-1)[..., ::HOP, :]
    # Where in the 512 samples the window sits turns the phase only: leading zeros are left out.
    magnitude = np.abs(rfft(frames * window(), N_FFT))  # (..., channels, frames, 257)
    pooled = _mean_pool(_mean_pool(np.moveaxis(magnitude, -3, -1), -2), -3)
    return np.log1p(np.swapaxes(pooled, -3, -2), dtype=np.float32)


def _mean_pool(values: F32, axis: int) -> F32:
    """Mean over blocks of 4 along an axis; the last block is filled up with zeros."""
    starts = np.arange(0, values.shape[axis], POOL)
    return np.asarray(np.add.reduceat(values, starts, axis=axis) / POOL, np.float32)
