"""What a result must be compared with: chance, position, looks, and classical hearing."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt
from scipy.ndimage import gaussian_filter, uniform_filter, zoom

from ...envs.interface import F64, I64, SAMPLE_RATE, SPEED_OF_SOUND, SoundwalkError
from ..features import azimuth_to_itd, gcc_phat, itd_to_azimuth
from .checks import alike, numbers

SALIENCY_SIDE = 64  # pixels, the scale at which Hou and Zhang look
_SMOOTHING = 2.5 / SALIENCY_SIDE  # of the longer side
_UPSAMPLE = 8  # lags per sample
_FRAME = 512  # samples of a frame of SRP-PHAT
_BAND = [300.0, 6000.0]  # Hz


def permuted(count: int, rng: np.random.Generator) -> I64:
    """A random order in which nothing keeps its place: for shuffled sound, or others' echoes.

    A random cycle (Sattolo 1986).

    Args:
        count: of samples, 2 or more.
        rng: draws the order.

    Returns:
        (count,)

    Raises:
        SoundwalkError: fewer than 2 samples.

    >>> permuted(2, np.random.default_rng(0)).tolist()
    [1, 0]
    """
    if count < 2:
        raise SoundwalkError(f"count={count}: expected 2 or more samples to exchange")
    order = rng.permutation(count)
    result = np.empty(count, np.int64)
    result[order] = np.roll(order, 1)
    return result


def centre_prior(height: int, width: int) -> F64:
    """A blob in the middle of the image, for what one gets by always pointing there.

    Args:
        height: pixels.
        width: pixels.

    Returns:
        (height, width), from 1 in the middle as a Gaussian whose deviation is a quarter of a side.

    Raises:
        SoundwalkError: no pixels.

    >>> int(centre_prior(5, 7).argmax())
    17
    """
    if min(height, width) < 1:
        raise SoundwalkError(f"an image of {height} x {width} pixels: expected 1 or more")
    y, x = ((np.arange(n) - (n - 1) / 2) / (n / 4) for n in (height, width))
    return np.asarray(np.exp(-(y[:, None] ** 2 + x**2) / 2))


def saliency(image: npt.ArrayLike) -> F64:
    """What stands out to the eye: the spectral residual (Hou and Zhang 2007).

    The log amplitude of the image's spectrum minus its mean over 3 x 3 neighbours, with the phase
    kept, transformed back, squared and smoothed over a twenty-fifth of the longer side; on at most
    64 pixels. The colours are treated apart and added.

    Args:
        image: (..., H, W, 3), on any scale.

    Returns:
        (..., H, W), 0 or more; 0 for an image of one colour.

    Raises:
        SoundwalkError: not finite, or not an image of 3 colours.
    """
    pixels = numbers("image", image, 3)
    if pixels.shape[-1] != 3:
        raise SoundwalkError(f"image has the shape {pixels.shape}: expected (..., H, W, 3)")
    height, width = pixels.shape[-3:-1]
    planes = np.moveaxis(pixels, -1, -3).reshape(-1, 3, height, width)
    scale = min(1.0, SALIENCY_SIDE / max(height, width))
    small = zoom(planes, (1, 1, scale, scale), order=1, grid_mode=True, mode="nearest")
    spectrum = np.fft.fft2(small)
    amplitude = np.log(np.abs(spectrum) + 1e-9 * np.abs(spectrum).max() + 1e-30)
    residual = amplitude - uniform_filter(amplitude, (0, 0, 3, 3), mode="wrap")
    phase = spectrum / np.maximum(np.abs(spectrum), 1e-30)
    power = (np.abs(np.fft.ifft2(np.exp(residual) * phase)) ** 2).sum(1)
    flat = np.ptp(planes, (-2, -1)).max(1) == 0
    deviation = _SMOOTHING * max(small.shape[-2:])
    smooth = gaussian_filter(power, (0, deviation, deviation), mode="nearest")
    factors = (1, height / smooth.shape[1], width / smooth.shape[2])
    large = zoom(smooth, factors, order=1, grid_mode=True, mode="nearest")
    large[flat] = 0.0
    return np.maximum(large, 0).reshape(*pixels.shape[:-3], height, width)


def gcc_direction(
    audio: npt.ArrayLike, turn: npt.ArrayLike | None = None, rate: int = SAMPLE_RATE
) -> F64:
    """Direction by GCC-PHAT and Woodworth's head, from one view or from several.

    From one view the time difference tells the angle from the median plane, and the answer is in
    front. With several views of a still source and the turns between them, the azimuth on the full
    circle is the one whose time differences fit all views: the sum of the views' correlations is
    largest there.

    Args:
        audio: (..., 2, T) of one view, or (..., V, 2, T) of several; left ear first.
        turn: (..., V) heading of each view relative to the first, radians; None for one view.
        rate: hertz.

    Returns:
        (...,) azimuth relative to the first view's heading, radians in [-pi, pi), positive to the
        left; 0 for silence.

    Raises:
        SoundwalkError: not two ears, shapes that do not fit, or not finite.
    """
    heard = numbers("audio", audio, 2 if turn is None else 3).astype(np.float32)
    lag = int(np.ceil(azimuth_to_itd(np.array(np.pi / 2)) * rate)) + 1
    if turn is None:
        curve = gcc_phat(heard, lag, _UPSAMPLE)
        delay = curve.argmax(-1) / _UPSAMPLE - lag
        return np.where(np.ptp(curve, -1) > 0, itd_to_azimuth(delay / rate), 0.0)
    heading = numbers("turn", turn, 1)
    alike("turn", heading, "audio without ears and samples", heard.shape[:-2])
    curve = gcc_phat(heard, lag, _UPSAMPLE)  # (..., V, lags)
    grid = np.radians(np.concatenate([np.arange(0, 180), np.arange(-180, 0)]))
    delays = azimuth_to_itd(grid - heading[..., None])  # (..., V, 360)
    place = np.round((delays * rate + lag) * _UPSAMPLE).astype(np.int64)
    total = np.take_along_axis(curve, place, -1).sum(-2)
    return np.where(np.ptp(total, -1) > 0, grid[total.argmax(-1)], 0.0)


def srp_direction(audio: npt.ArrayLike, positions: npt.ArrayLike, rate: int = SAMPLE_RATE) -> F64:
    """Direction by SRP-PHAT of pyroomacoustics (DiBiase 2000) on a microphone array.

    Args:
        audio: (..., C, T) of C microphones, T >= 512.
        positions: (C, 3) metres, x ahead, y to the left, z up; flat arrays are searched on a
            circle of 360 directions, others on a sphere of 1200.
        rate: hertz.

    Returns:
        (...,) azimuth in [-pi, pi), positive to the left; 0 for silence.

    Raises:
        SoundwalkError: shapes that do not fit, too short, or not finite.
    """
    heard, places = numbers("audio", audio, 2), numbers("positions", positions, 2)
    alike("positions", places, "the microphones of audio", (heard.shape[-2], 3))
    if heard.shape[-1] < _FRAME or len(places) < 2:
        raise SoundwalkError(
            f"audio of shape {heard.shape}: expected 2 or more microphones, {_FRAME} or more"
            " samples"
        )
    finder = _finder(places, rate)
    found = np.zeros(heard.shape[:-2])
    for index in np.ndindex(found.shape):
        if heard[index].any():
            frames = np.lib.stride_tricks.sliding_window_view(heard[index], _FRAME, axis=-1)
            spectra = np.fft.rfft(frames[:, :: _FRAME // 2] * np.hanning(_FRAME))
            finder.locate_sources(np.swapaxes(spectra, -1, -2), freq_range=_BAND)
            found[index] = float(finder.azimuth_recon[0])
    return np.asarray((found + np.pi) % (2 * np.pi) - np.pi)


def _finder(places: F64, rate: int) -> Any:
    """SRP-PHAT of an array."""
    from pyroomacoustics.doa import SRP

    common: dict[str, Any] = {"fs": rate, "nfft": _FRAME, "c": SPEED_OF_SOUND, "num_src": 1}
    if np.ptp(places[:, 2]) < 1e-6:
        return SRP(places[:, :2].T, dim=2, n_grid=360, **common)
    return SRP(places.T, dim=3, n_grid=1200, **common)
