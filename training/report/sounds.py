"""Sounds to listen to and to look at: wav files with one gain, and spectrograms with one scale."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import numpy as np
import soundfile

from ...envs.interface import F32
from .exhibits import Reals

_PEAK = 0.89  # full scale of the loudest sample, -1 dB
_SHORTEST = 256  # samples of a window, at least


def write_wavs(sounds: Mapping[Path, Reals], rate: int) -> float:
    """Write sounds that are to be compared, as 16-bit PCM.

    Args:
        sounds: (C, T) or (T,) by file; of more than two channels, the first two.
        rate: hertz.

    Returns:
        The one gain that was put on all of them, so that the loudest sample of all is at -1 dB.
    """
    heard = {path: np.nan_to_num(np.atleast_2d(sound)[:2]) for path, sound in sounds.items()}
    loudest = max((float(np.abs(sound).max(initial=0.0)) for sound in heard.values()), default=0.0)
    gain = _PEAK / loudest if loudest > 0 else 1.0
    for path, sound in heard.items():
        path.parent.mkdir(parents=True, exist_ok=True)
        soundfile.write(str(path), (sound * gain).T, rate, subtype="PCM_16")
    return gain


def spectrogram(sound: Reals, rate: int) -> F32:
    """Power in windows of 32 ms every 8 ms, mean of the channels.

    Args:
        sound: (C, T) or (T,).
        rate: hertz.

    Returns:
        (n_fft // 2 + 1, frames), linear; a sine of amplitude 1 peaks near 1.
    """
    size = max(_SHORTEST, 1 << round(np.log2(0.032 * rate)))
    sound = np.nan_to_num(np.atleast_2d(sound))
    hop, count = size // 4, 1 + sound.shape[1] // (size // 4)
    sound = np.pad(sound, ((0, 0), (size // 2, size)))  # the first window is centred on the start
    windows = np.lib.stride_tricks.sliding_window_view(sound, size, axis=1)[:, ::hop][:, :count]
    window = np.hanning(size)
    spectra = np.fft.rfft(windows * window, axis=-1) / (window.sum() / 2)
    power: F32 = (np.abs(spectra) ** 2).mean(0).T.astype(np.float32)  # (F, frames)
    return power
