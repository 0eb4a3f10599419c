"""What two ears tell by differing: time differences, level differences, phase differences.

Sign: everything is positive when the LEFT ear leads or is louder: the source is on the left.
"""

from __future__ import annotations

from itertools import pairwise
from math import pi

import numpy as np
from scipy.fft import irfft, next_fast_len, rfft

from ...envs.interface import F32, F64, SAMPLE_RATE, SPEED_OF_SOUND, SoundwalkError
from .spectrogram import HOP, N_FFT, WINDOW, window

HEAD_RADIUS = 0.0875  # m
CREEP = 1.06  # sound that creeps round a sphere lags behind Woodworth's; middle of 0.5 to 6.5 kHz
LEVEL_BANDS = (100.0, 400.0, 800.0, 1600.0, 2800.0, 4500.0, 7500.0)  # Hz, edges
_QUIET = 1e-12  # power; -120 dB of full scale


def _ears(audio: F32) -> F32:
    """Check for two ears."""
    if audio.ndim < 2 or audio.shape[-2] != 2 or audio.shape[-1] == 0:
        raise SoundwalkError(f"audio of shape {audio.shape}: expected (..., 2 ears, T)")
    return np.asarray(audio, np.float32)


def gcc_phat(audio: F32, max_lag: int, upsample: int = 1) -> F32:
    """Generalised cross-correlation with phase transform (Knapp and Carter 1976).

    Args:
        audio: (..., 2, T), left ear first.
        max_lag: samples.
        upsample: lags per sample; above 1 the correlation is interpolated band-limited.

    Returns:
        (..., 2 * max_lag * upsample + 1). Entry i is the lag i / upsample - max_lag in samples. Lag
        d is positive when the right ear hears d samples after the left one, so for a source on
        the left. 1 at the lag of a pure delay.

    Raises:
        SoundwalkError: not two ears, or `max_lag` or `upsample` out of range.

    >>> left = np.random.default_rng(0).standard_normal(400).astype(np.float32)
    >>> int(gcc_phat(np.stack([left, np.roll(left, 3)]), 5).argmax()) - 5
    3
    """
    audio = _ears(audio)
    if not 0 < max_lag < audio.shape[-1] or upsample < 1:
        raise SoundwalkError(
            f"max_lag={max_lag}, upsample={upsample}: expected 0 < max_lag < {audio.shape[-1]}"
            " (the samples) and upsample 1 or more"
        )
    size = next_fast_len(audio.shape[-1] + max_lag, real=True)
    left, right = np.moveaxis(rfft(audio, size), -2, 0)
    cross = np.conj(left) * right
    magnitude = np.abs(cross)
    # The floor keeps bins 60 dB below the mean, where there is rounding noise only, from voting.
    cross /= magnitude + 1e-6 * magnitude.mean(axis=-1, keepdims=True) + 1e-20
    if size % 2 == 0 and upsample > 1:
        cross[..., -1] *= 0.5  # the Nyquist bin stands for two once the spectrum goes on
    correlation = irfft(cross, size * upsample) * upsample
    reach = max_lag * upsample
    return np.concatenate([correlation[..., -reach:], correlation[..., : reach + 1]], axis=-1)


def interaural_level(audio: F32, sample_rate: int = SAMPLE_RATE) -> F32:
    """Level difference left minus right in 6 bands (edges in `LEVEL_BANDS`).

    Args:
        audio: (..., 2, T)
        sample_rate: hertz.

    Returns:
        (..., 6) dB; 0 where both ears hear nothing.

    Raises:
        SoundwalkError: not two ears.
    """
    power = np.abs(rfft(_ears(audio))) ** 2 / audio.shape[-1] ** 2
    frequency = np.fft.rfftfreq(audio.shape[-1], 1 / sample_rate)
    starts = np.searchsorted(frequency, LEVEL_BANDS)
    bands = [power[..., a:b].sum(-1) for a, b in pairwise(starts)]
    level = 10 * np.log10(np.stack(bands, -1) + _QUIET)  # (..., 2, 6)
    return np.asarray(level[..., 0, :] - level[..., 1, :], np.float32)


def interaural_phase(audio: F32) -> F32:
    """Phase difference of the ears' short-time spectra, positive when the left ear leads.

    Args:
        audio: (..., 2, T) with T >= 400.

    Returns:
        (..., 257, frames) radians in [-pi, pi]; bins 31.25 Hz apart, frames of 400 samples with a
        hop of 160 (those of `spectrogram`, without its reflected ends).

    Raises:
        SoundwalkError: not two ears, or shorter than one frame.
    """
    audio = _ears(audio)
    if audio.shape[-1] < WINDOW:
        raise SoundwalkError(f"audio of {audio.shape[-1]} samples: expected {WINDOW} or more")
    frames = np.lib.stride_tricks.sliding_window_view(audio, WINDOW, axis=-1)[..., ::HOP, :]
    left, right = np.moveaxis(rfft(frames * window(), N_FFT), -3, 0)
    return np.asarray(np.swapaxes(np.angle(left * np.conj(right)), -1, -2), np.float32)


def azimuth_to_itd(azimuth: F64, radius: float = HEAD_RADIUS) -> F64:
    """Time difference of a far source for a rigid sphere (Woodworth 1938), in broadband sound.

    Waves longer than the head lag by up to half as much again (Kuhn 1977), short ones not at all;
    Woodworth's times CREEP is what GCC-PHAT finds.

    Args:
        azimuth: radians, positive to the left; front and back give the same.
        radius: of the head, metres.

    Returns:
        seconds, CREEP r/c (a + sin a) with a the lateral angle; positive when the left ear leads.
    """
    lateral = np.arcsin(np.clip(np.sin(azimuth), -1, 1))
    return np.asarray(CREEP * radius / SPEED_OF_SOUND * (lateral + np.sin(lateral)))


def itd_to_azimuth(itd: F64, radius: float = HEAD_RADIUS) -> F64:
    """The frontal azimuth at which `azimuth_to_itd` gives a time difference.

    Args:
        itd: seconds, positive when the left ear leads; clipped to what a head can give.
        radius: of the head, metres.

    Returns:
        radians in [-pi/2, pi/2], positive to the left, exact to 1e-6.

    >>> float(itd_to_azimuth(np.array(0.0)))
    0.0
    """
    target = np.clip(np.asarray(itd) * SPEED_OF_SOUND / (CREEP * radius), -(pi / 2 + 1), pi / 2 + 1)
    angle = target / 2
    for _ in range(
        60
    ):  # the slope 1 + cos a is in [1, 2]: dividing by 2 halves the error or better
        angle = np.clip(angle - (angle + np.sin(angle) - target) / 2, -pi / 2, pi / 2)
    return np.asarray(angle)
