"""Noise as a diffuse field brings it to any receiver: white noise coloured by a covariance.

A diffuse field is the sum of independent plane waves from all directions. Gaussian noise is known
by its covariance alone, so instead of adding waves up one by one, independent noises are
multiplied with the principal square root of the channels' covariance at each frequency.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from ...interface import F32, F64
from ..bands import carrier_spectra
from .base import Settings

FREQUENCIES = 513  # at which covariances are computed: every 16 Hz at 16 kHz

Spectra = npt.NDArray[np.complex128]


def coarse_frequencies(sample_rate: int) -> F64:
    """(FREQUENCIES,) hertz from 0 to the Nyquist frequency."""
    return np.linspace(0.0, sample_rate / 2, FREQUENCIES)


def principal_root(covariance: Spectra | F64) -> Spectra:
    """Hermitian square roots of positive semi-definite matrices (K, C, C).

    >>> principal_root(np.array([[[4.0, 0.0], [0.0, 9.0]]])).real.round(6).tolist()
    [[[2.0, 0.0], [0.0, 3.0]]]
    """
    values, vectors = np.linalg.eigh(covariance)
    scaled = vectors * np.sqrt(np.maximum(values, 0.0))[:, None, :]
    root: Spectra = (scaled @ vectors.conj().swapaxes(1, 2)).astype(np.complex128)
    return root


def coloured_noise(covariance: Spectra | F64, settings: Settings) -> F32:
    """Band-split noise whose channels have a given covariance.

    Args:
        covariance: (FREQUENCIES, C, C) Hermitian, at `coarse_frequencies`; one free microphone
            in a diffuse field has 1.
        settings: of the simulation.

    Returns:
        (bands, C, samples) float32.
    """
    rate, samples = settings.sample_rate, settings.samples
    channels = covariance.shape[1]
    rng = np.random.default_rng(settings.seed)
    spectrum = np.fft.rfft(rng.standard_normal((channels, samples)))  # (C, F)
    root, coarse = principal_root(covariance), coarse_frequencies(rate)
    fine = np.fft.rfftfreq(samples, 1 / rate)
    heard = np.zeros_like(spectrum)
    for to in range(channels):
        for out_of in range(channels):
            heard[to] += np.interp(fine, coarse, root[:, to, out_of]) * spectrum[out_of]
    noise = np.empty((settings.bands, channels, samples), np.float32)
    for band, window in enumerate(carrier_spectra(rate, samples, settings.bands)):
        noise[band] = np.fft.irfft(window * heard, samples)
    return noise
