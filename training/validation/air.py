"""Direct sound in free air, against the inverse square law and ISO 9613-1."""

from __future__ import annotations

import numpy as np

from ...envs.acoustics import AcousticConfig, GeometricEngine
from ...envs.interface import F64
from ...envs.scenes import shoebox
from .check import Check, Curve, Plot
from .measure import HEARD_OCTAVES, octave_energies

RATE = 16_000


def attenuation(frequencies: F64, kelvin: float, humidity: float) -> F64:
    """ISO 9613-1:1993, equations 3 to 5 and annex B, at 101.325 kPa.

    Args:
        frequencies: (F,) hertz.
        kelvin: absolute temperature.
        humidity: relative, per cent.

    Returns:
        (F,) dB per metre.
    """
    ratio = kelvin / 293.15
    h = humidity * 10.0 ** (4.6151 - 6.8346 * (273.16 / kelvin) ** 1.261)
    oxygen = 24.0 + 40_400.0 * h * (0.02 + h) / (0.391 + h)
    nitrogen = (9.0 + 280.0 * h * np.exp(-4.17 * (ratio ** (-1.0 / 3.0) - 1.0))) / np.sqrt(ratio)
    classical = 1.84e-11 * np.sqrt(ratio)
    relaxation = 0.01275 * np.exp(-2239.1 / kelvin) / (oxygen + frequencies**2 / oxygen)
    relaxation += 0.1068 * np.exp(-3352.0 / kelvin) / (nitrogen + frequencies**2 / nitrogen)
    loss: F64 = 8.686 * frequencies**2 * (classical + ratio**-2.5 * relaxation)
    return loss


def free_field(quick: bool = True) -> list[Check]:
    """Level over distance in a box that swallows everything."""
    distances = (
        (0.25, 1.0, 4.0, 12.0) if quick else (0.1, 0.25, 0.5, 1.0, 2.0, 4.0, 8.0, 16.0, 24.0)
    )
    scene = shoebox((26.0, 4.0, 3.0), absorption=1.0)
    worst = [0.0, 0.0]
    curves: list[Curve] = []
    for temperature, humidity in ((20.0, 50.0),) if quick else ((20.0, 50.0), (0.0, 80.0)):
        config = AcousticConfig(
            receiver="mono", late=False, order=0, bands=7, length=0.2,
            temperature=temperature, humidity=humidity,
        )  # fmt: skip
        engine = GeometricEngine.from_config(scene, config)
        rirs = [engine.rir((0.5, 2.0, 1.5), (0.5 + d, 2.0, 1.5))[0] for d in distances]
        found = 10 * np.log10(
            [octave_energies(h, RATE) / octave_energies(_unit(), RATE) for h in rirs]
        )
        square = -20 * np.log10(distances)
        flat = found[:, 0] - square  # at 250 Hz air takes 1 dB in a kilometre
        worst[0] = max(worst[0], float(np.abs(flat).max()))
        expected = square[:, None] + _air(np.array(distances), temperature + 273.15, humidity)
        worst[1] = max(worst[1], float(np.abs(found - expected).max()))
        if not curves:
            for i, octave in enumerate(HEARD_OCTAVES):
                dots, line = ((v[:, i] - square).tolist() for v in (found, expected))
                curves.append(Curve(f"{octave:.0f} Hz", distances, dots, f"C{i}o"))
                curves.append(Curve("", distances, line, "k:"))
    plot = Plot("What air takes (dotted: ISO 9613-1)", "m", "dB beyond 1/r", tuple(curves))
    return [
        Check("inverse square law", "closed form, 250 Hz", worst[0], 0.1, "dB"),
        Check("air absorption", "ISO 9613-1 over each octave", worst[1], 0.1, "dB", "", (plot,)),
    ]  # fmt: skip


def _unit() -> F64:
    """An impulse."""
    impulse = np.zeros(256)
    impulse[64] = 1.0
    return impulse


def _air(distances: F64, kelvin: float, humidity: float) -> F64:
    """(D, 5) dB that white sound loses in each octave, its spectrum within it included."""
    rows = []
    for octave in HEARD_OCTAVES:
        frequencies = np.linspace(octave / np.sqrt(2), octave * np.sqrt(2), 101)
        loss = attenuation(frequencies, kelvin, humidity)
        rows.append(10 * np.log10(np.mean(10 ** (-0.1 * loss * distances[:, None]), axis=1)))
    table: F64 = np.stack(rows, axis=1)
    return table
