"""A rigid sphere as a head: delay, shadow and coherence at two ears on its equator.

Delay: Woodworth and Schlosberg (1954). Surface pressure: Rayleigh's series as given by Duda and
Martens, "Range dependence of the response of a spherical head model", JASA 104 (1998), at infinite
range. Coherence in a diffuse field follows from the same series by the addition theorem.
"""

from __future__ import annotations

import numpy as np
from scipy.special import eval_legendre, spherical_jn, spherical_yn

from ..interface import F32, F64, SPEED_OF_SOUND
from .bands import band_limits, band_spectra

ANGLES = 65  # entries of the gain table, uniform in the cosine of the angle of incidence


def _coefficients(wave_number: float) -> F64:
    """Complex series coefficients 1 / (mu^2 h'_m(mu)) for mu = k a, m = 0 ... enough."""
    orders = np.arange(int(wave_number) + 12)
    slope = spherical_jn(orders, wave_number, True) - 1j * spherical_yn(orders, wave_number, True)
    coefficients: F64 = 1.0 / (wave_number**2 * slope)
    return coefficients


def surface_gain(
    frequency: float, cosine: F64, radius: float, speed: float = SPEED_OF_SOUND
) -> F64:
    """Pressure magnitude on a rigid sphere in a plane wave, relative to the free field.

    Args:
        frequency: hertz.
        cosine: (A,) of the angle between the ear's outward normal and the source.
        radius: metres.
        speed: of sound, m/s.
    """
    terms = _coefficients(2 * np.pi * frequency * radius / speed)
    orders = np.arange(len(terms))
    legendre = eval_legendre(orders[:, None], cosine[None, :])  # (M, A)
    gain: F64 = np.abs((1j**orders * (2 * orders + 1) * terms) @ legendre)
    return gain


def gain_table(
    sample_rate: int, radius: float, bands: int = 4, speed: float = SPEED_OF_SOUND
) -> F32:
    """Band gain of an ear against the cosine of incidence, power-averaged over each band.

    Returns:
        (bands, ANGLES) float32; entry i belongs to cosine -1 + 2 i / (ANGLES - 1).
    """
    cosine = np.linspace(-1.0, 1.0, ANGLES)
    rows = []
    for low, high in band_limits(sample_rate, bands):
        step = (high - low) / 12
        middles = [low + step * (i + 0.5) for i in range(12)]
        powers = [surface_gain(f, cosine, radius, speed) ** 2 for f in middles]
        rows.append(np.sqrt(np.mean(powers, axis=0)))
    return np.array(rows, dtype=np.float32)


def woodworth_itd(azimuth: float, radius: float = 0.0875) -> float:
    """Interaural time difference of a far source in the horizontal plane, seconds.

    Positive when the left ear leads; `azimuth` in radians, positive to the left, within +-pi/2.

    >>> round(woodworth_itd(0.5 * 3.14159265) * 1e6)
    656
    """
    return radius / SPEED_OF_SOUND * (azimuth + float(np.sin(azimuth)))


def diffuse_spectra(
    frequencies: F64, radius: float, speed: float = SPEED_OF_SOUND
) -> tuple[F64, F64]:
    """Power at one ear and real cross-power between both ears in a diffuse field of unit power."""
    power, cross = np.ones_like(frequencies), np.ones_like(frequencies)
    for i, frequency in enumerate(frequencies):
        if frequency > 1.0:
            terms = np.abs(_coefficients(2 * np.pi * frequency * radius / speed)) ** 2
            orders = np.arange(len(terms))
            weighted = (2 * orders + 1) * terms
            power[i], cross[i] = weighted.sum(), (weighted * (-1.0) ** orders).sum()
    return power, cross


def diffuse_noise(
    sample_rate: int,
    samples: int,
    channels: int,
    radius: float,
    seed: int,
    bands: int = 4,
    speed: float = SPEED_OF_SOUND,
) -> F32:
    """Band-split noise as a diffuse field of unit power brings it to one microphone or two ears.

    Returns:
        (bands, channels, samples) float32; over bands it adds up to white noise of unit variance
        (one channel) or to noise with the sphere's diffuse-field power and coherence (two).
    """
    rng = np.random.default_rng(seed)
    spectrum = np.fft.rfft(rng.standard_normal((channels, samples)))
    if channels == 2:
        frequencies = np.fft.rfftfreq(samples, 1 / sample_rate)
        coarse = np.linspace(0, sample_rate / 2, 257)
        spectra = diffuse_spectra(coarse, radius, speed)
        power, cross = (np.interp(frequencies, coarse, s) for s in spectra)
        middle = np.sqrt(np.maximum(power + cross, 0) / 2) * spectrum[0]
        side = np.sqrt(np.maximum(power - cross, 0) / 2) * spectrum[1]
        spectrum = np.stack([middle + side, middle - side])
    split = band_spectra(sample_rate, samples, bands)[:, None] * spectrum
    return np.ascontiguousarray(np.fft.irfft(split, samples), dtype=np.float32)
