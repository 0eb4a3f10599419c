"""The air: how fast sound travels in it, and how much of it the air absorbs.

Absorption by ISO 9613-1:1993, equations 3 to 5, with the molar concentration of water vapour of
its annex B, at one standard atmosphere.
"""

from __future__ import annotations

import numpy as np

from ..interface import F64, SPEED_OF_SOUND

_ZERO = 273.15  # K at 0 degrees Celsius
_REFERENCE = 293.15  # K: 20 degrees Celsius
_TRIPLE = 273.16  # K: triple point of water


def speed_of_sound(temperature: float) -> float:
    """Metres per second in air at `temperature` degrees Celsius: that of an ideal gas.

    >>> speed_of_sound(20.0)
    343.0
    """
    return float(SPEED_OF_SOUND * np.sqrt((temperature + _ZERO) / _REFERENCE))


def air_attenuation(frequencies: F64, temperature: float, humidity: float) -> F64:
    """Share of its energy that a plane wave loses per metre of air, as a rate in 1/m.

    Args:
        frequencies: (B,) hertz.
        temperature: degrees Celsius.
        humidity: relative, per cent.

    Returns:
        (B,) float64: after x metres exp(-rate x) of the energy is left.

    >>> (10 / np.log(10) * 1000 * air_attenuation(np.array([1000.0]), 20.0, 70.0)).round(1).tolist()
    [5.0]
    """
    kelvin = temperature + _ZERO
    warm = kelvin / _REFERENCE
    vapour = humidity * 10 ** (-6.8346 * (_TRIPLE / kelvin) ** 1.261 + 4.6151)  # per cent, molar
    oxygen = 24 + 4.04e4 * vapour * (0.02 + vapour) / (0.391 + vapour)  # Hz, relaxation
    nitrogen = warm**-0.5 * (9 + 280 * vapour * np.exp(-4.170 * (warm ** (-1 / 3) - 1)))
    square = np.asarray(frequencies, dtype=np.float64) ** 2
    relaxing = 0.01275 * np.exp(-2239.1 / kelvin) / (oxygen + square / oxygen)
    relaxing = relaxing + 0.1068 * np.exp(-3352.0 / kelvin) / (nitrogen + square / nitrogen)
    amplitude: F64 = square * (1.84e-11 * warm**0.5 + warm**-2.5 * relaxing)  # nepers per metre
    return 2 * amplitude


def band_absorption(
    limits: list[tuple[float, float]], temperature: float, humidity: float, way: float
) -> F64:
    """The rate in 1/m that gives each band of white sound the energy it has left after a way.

    What air takes grows as the square of the frequency: over an octave it is a sixth more than in
    the middle at first, and less and less as the top of the band dies away.

    Args:
        limits: hertz of each band.
        temperature: degrees Celsius.
        humidity: relative, per cent.
        way: metres for which it is exact.

    Returns:
        (B,) float64: after x metres exp(-rate x) of the energy is left.
    """
    rates = []
    for low, high in limits:
        inside = low + (high - low) * (np.arange(64) + 0.5) / 64
        left = np.exp(-air_attenuation(inside, temperature, humidity) * way)
        rates.append(-np.log(left.mean()) / way)
    return np.array(rates)
