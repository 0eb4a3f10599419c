"""The air agrees with the published tables of ISO 9613 and with pyroomacoustics."""

from __future__ import annotations

import itertools
import math

import numpy as np
import pyroomacoustics as pra
import pytest

from soundwalk.envs.acoustics import AcousticConfig, GeometricEngine
from soundwalk.envs.acoustics.bands import band_limits
from soundwalk.envs.acoustics.medium import air_attenuation, speed_of_sound
from soundwalk.envs.interface import SoundwalkError
from soundwalk.envs.scenes import shoebox
from soundwalk.envs.scenes.scene import OCTAVES

# ISO 9613-2:1996, table 2: dB per km at 63 Hz to 8 kHz for (degrees Celsius, per cent).
PUBLISHED = {
    (10, 70): (0.1, 0.4, 1.0, 1.9, 3.7, 9.7, 32.8, 117),
    (20, 70): (0.1, 0.3, 1.1, 2.8, 5.0, 9.0, 22.9, 76.6),
    (30, 70): (0.1, 0.3, 1.0, 3.1, 7.4, 12.7, 23.1, 59.3),
    (15, 20): (0.3, 0.6, 1.2, 2.7, 8.2, 28.2, 88.8, 202),
    (15, 50): (0.1, 0.5, 1.2, 2.2, 4.2, 10.8, 36.2, 129),
    (15, 80): (0.1, 0.3, 1.1, 2.4, 4.1, 8.3, 23.7, 82.8),
}


@pytest.mark.parametrize("climate", PUBLISHED)
def test_air_absorbs_as_in_the_table_of_iso_9613(climate: tuple[int, int]) -> None:
    exact = 1000 * np.float64(10) ** (0.3 * np.arange(-4, 4))  # Hz, exact midbands
    found = 10 / math.log(10) * 1000 * air_attenuation(exact, *climate)
    np.testing.assert_allclose(found, PUBLISHED[climate], rtol=0.01, atol=0.06)


@pytest.mark.parametrize(
    ("row", "humidity"), [("20C_30-50%", 50), ("20C_50-70%", 70), ("10C_30-50%", 50)]
)
def test_air_absorbs_like_the_table_of_pyroomacoustics(row: str, humidity: float) -> None:
    """Its rows lie up to a quarter under ISO's at the humid end of their span above 1 kHz."""
    table = np.array(pra.parameters.air_absorption_table[row])
    ours = air_attenuation(np.array(OCTAVES), float(row[:2]), humidity)
    np.testing.assert_allclose(table[:4], ours[:4], atol=2.0e-4)
    assert (table[4:] / ours[4:] > 0.75).all()
    assert (table[4:] / ours[4:] < 1.0).all()


@pytest.mark.parametrize(("celsius", "expected"), [(0.0, 331.3), (20.0, 343.2), (35.0, 351.9)])
def test_sound_is_faster_in_warm_air(celsius: float, expected: float) -> None:
    assert speed_of_sound(celsius) == pytest.approx(expected, rel=1e-3)


def test_the_first_sound_arrives_later_in_the_cold() -> None:
    room = shoebox((6, 5, 2.7))
    distance = math.dist((1, 2, 1.5), (5, 3, 1.5))
    for celsius in (-10.0, 20.0, 40.0):
        config = AcousticConfig(receiver="mono", late=False, order=0, temperature=celsius)
        engine = GeometricEngine.from_config(room, config)
        response = engine.rir((1, 2, 1.5), (5, 3, 1.5))[0]
        peak = int(np.argmax(np.abs(response)))
        assert abs(peak - distance / speed_of_sound(celsius) * 16_000) <= 1
        assert engine.arrival((1, 2, 1.5), (5, 3, 1.5)).time == pytest.approx(
            distance / speed_of_sound(celsius)
        )


def lost(low: float, high: float, humidity: float, way: float) -> float:
    """DB that white sound between two frequencies loses on its way."""
    rate = air_attenuation(np.linspace(low, high, 2000), 20.0, humidity)
    return float(-10 * np.log10(np.exp(-rate * way).mean()))


@pytest.mark.parametrize("rate", [16_000, 48_000])
@pytest.mark.parametrize("humidity", [15.0, 60.0])
def test_every_band_loses_what_white_sound_within_it_loses(rate: int, humidity: float) -> None:
    hall, start = shoebox((30, 30, 5)), (1.0, 1.0, 2.0)
    for bands, way in itertools.product(
        (4, 7), (5.0, 15.0, 35.0) if rate == 16_000 else (5.0, 15.0)
    ):
        config = AcousticConfig(
            sample_rate=rate, receiver="mono", bands=bands, order=0, late=False, humidity=humidity
        )
        end = (1.0 + way / math.sqrt(2), 1.0 + way / math.sqrt(2), 2.0)
        gains = GeometricEngine.from_config(hall, config).arrival(start, end).gains
        found = -20 * np.log10(gains * way)
        expected = np.array([lost(*edges, humidity, way) for edges in band_limits(rate, bands)])
        assert found == pytest.approx(expected, abs=0.02, rel=0.05 * rate / 16_000)


def test_dry_air_takes_more_of_the_high_band_and_seven_bands_show_it() -> None:
    levels = {}
    for humidity in (15.0, 60.0):
        config = AcousticConfig(receiver="mono", bands=7, order=0, humidity=humidity)
        engine = GeometricEngine.from_config(shoebox((20, 20, 5)), config)
        levels[humidity] = 20 * np.log10(engine.arrival((1, 1, 2), (19, 19, 2)).gains)
    assert levels[15.0][5] < levels[60.0][5] - 1.0
    assert abs(levels[15.0][1] - levels[60.0][1]) < 0.1


@pytest.mark.parametrize(
    ("setting", "message"),
    [
        ({"bands": 5}, "bands=5: expected 4, or 7"),
        ({"bands": 7, "sample_rate": 8000}, "bands=7 at sample_rate=8000: the last band begins"),
        ({"temperature": -300.0}, "temperature=-300.0: expected -20.0 to 50.0 degrees"),
        ({"temperature": float("nan")}, "temperature=nan: expected a number"),
        ({"humidity": 101.0}, "humidity=101.0: expected 0.0 to 100.0 per cent"),
        ({"receiver": "stereo"}, "unknown receiver 'stereo'"),
        ({"receiver": 3}, "unknown receiver '3'"),
    ],
)
def test_settings_out_of_range_are_named(setting: dict[str, float], message: str) -> None:
    with pytest.raises(SoundwalkError, match=message):
        AcousticConfig(**setting)  # type: ignore[arg-type]
