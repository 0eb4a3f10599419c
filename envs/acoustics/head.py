"""A rigid sphere as a head: delay, shadow and coherence at two ears on its equator.

Surface pressure: Rayleigh's series as given by Duda and Martens, "Range dependence of the response
of a spherical head model", JASA 104 (1998), at infinite range. Delay: from the phase of the same
series, which is Woodworth's and Schlosberg's (1954) for short waves and half as much again between
the ears for long ones (Kuhn, JASA 62, 1977). Coherence in a diffuse field follows from the same
series by the addition theorem.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
from scipy.special import eval_legendre, spherical_jn, spherical_yn

from ..interface import F32, F64, SPEED_OF_SOUND
from .bands import band_limits, carrier_spectra

C128 = npt.NDArray[np.complex128]
ANGLES = 65  # entries of the tables of an ear, uniform in the cosine of the angle of incidence


def _coefficients(wave_number: float) -> F64:
    """Complex series coefficients 1 / (mu^2 h'_m(mu)) for mu = k a, m = 0 ... enough."""
    orders = np.arange(int(wave_number) + 12)
    slope = spherical_jn(orders, wave_number, True) - 1j * spherical_yn(orders, wave_number, True)
    coefficients: F64 = 1.0 / (wave_number**2 * slope)
    return coefficients


def surface_pressure(
    frequency: float, cosine: F64, radius: float, speed: float = SPEED_OF_SOUND
) -> C128:
    """Pressure on a rigid sphere in a plane wave, relative to the free field at its centre.

    Args:
        frequency: hertz.
        cosine: (A,) of the angle between the ear's outward normal and the source.
        radius: metres.
        speed: of sound, m/s.

    Returns:
        (A,) complex; a delay of t seconds has the phase -2 pi frequency t.
    """
    size = 2 * np.pi * frequency * radius / speed
    terms = _coefficients(size)
    orders = np.arange(len(terms))
    legendre = eval_legendre(orders[:, None], cosine[None, :])  # (M, A)
    pressure: C128 = -1j * ((1j**orders * (2 * orders + 1) * terms) @ legendre)
    return pressure


def surface_gain(
    frequency: float, cosine: F64, radius: float, speed: float = SPEED_OF_SOUND
) -> F64:
    """Magnitude of `surface_pressure`, (A,)."""
    gain: F64 = np.abs(surface_pressure(frequency, cosine, radius, speed))
    return gain


def woodworth_way(cosine: F64) -> F64:
    """Way to an ear beyond that to the centre, in radii: straight, or round to the far side.

    >>> woodworth_way(np.array([1.0, 0.0, -1.0])).round(3).tolist()
    [-1.0, 0.0, 1.571]
    """
    way: F64 = np.where(cosine > 0, -cosine, np.arccos(np.clip(cosine, -1, 1)) - np.pi / 2)
    return way


def ear_tables(
    sample_rate: int, radius: float, bands: int = 4, speed: float = SPEED_OF_SOUND
) -> tuple[F32, F32]:
    """Gain and delay of an ear in each band against the cosine of incidence.

    The gain is averaged in power over the band. The delay is Woodworth's and what fits best, as a
    straight line through the origin, the phase that the pressure has beyond it.

    Returns:
        (bands, ANGLES) float32 gain, and metres by which sound comes later than to the centre;
        entry i belongs to cosine -1 + 2 i / (ANGLES - 1).
    """
    cosine = np.linspace(-1.0, 1.0, ANGLES)
    way = radius * woodworth_way(cosine)
    gains, late = [], []
    for low, high in band_limits(sample_rate, bands):
        numbers = 2 * np.pi / speed * (low + (high - low) / 12 * (np.arange(12) + 0.5))  # 1/m
        pressure = np.array([
            surface_pressure(k * speed / (2 * np.pi), cosine, radius, speed) for k in numbers
        ])  # fmt: skip
        power, waves = np.abs(pressure) ** 2, numbers[:, None]
        left = np.angle(pressure * np.exp(1j * waves * way))  # never near pi: nothing is wrapped
        gains.append(np.sqrt(power.mean(0)))
        late.append(way - (waves * left * power).sum(0) / (waves**2 * power).sum(0))
    return np.array(gains, dtype=np.float32), np.array(late, dtype=np.float32)


def woodworth_itd(azimuth: float, radius: float = 0.0875) -> float:
    """Interaural time difference of a far source in the horizontal plane, seconds, of short waves.

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
    split = carrier_spectra(sample_rate, samples, bands)[:, None] * spectrum
    return np.ascontiguousarray(np.fft.irfft(split, samples), dtype=np.float32)
