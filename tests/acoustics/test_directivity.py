"""Directional sources: as loud in each direction as their pattern says, early and late."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import h5py
import numpy as np
import pytest

from soundwalk.envs.acoustics import GeometricEngine
from soundwalk.envs.acoustics.directivity import PATTERNS, Directivity, unit_axis
from soundwalk.envs.interface import F64, SoundwalkError
from soundwalk.envs.scenes import shoebox

pra = pytest.importorskip("pyroomacoustics.directivities")
HALL = shoebox((14.0, 14.0, 8.0), absorption=1.0)
SOURCE = np.array([7.0, 7.0, 4.0])


@pytest.fixture(scope="module")
def free() -> GeometricEngine:
    return GeometricEngine(HALL, receiver="mono", late=False, air=False)


def around(count: int) -> list[F64]:
    rng = np.random.default_rng(3)
    vectors = rng.standard_normal((count, 3))
    return [v / np.linalg.norm(v) for v in vectors]


def heard(engine: GeometricEngine, direction: F64, **options: Any) -> float:
    """Signed level at 0 Hz, 3 m away in a direction, over that of an omnidirectional source."""
    ear = SOURCE + 3.0 * direction
    ratio = engine.rir(SOURCE, ear, **options).sum() / engine.rir(SOURCE, ear).sum()
    return float(ratio)


@pytest.mark.parametrize(
    ("name", "theirs"),
    [
        ("cardioid", "Cardioid"),
        ("subcardioid", "SubCardioid"),
        ("hypercardioid", "HyperCardioid"),
        ("figure-eight", "FigureEight"),
        ("omni", "Omnidirectional"),
    ],
)
def test_first_order_patterns_are_those_of_pyroomacoustics(
    free: GeometricEngine, name: str, theirs: str
) -> None:
    axis = np.array([1.0, 1.0, 0.5]) / 1.5
    turned = pra.DirectionVector(np.degrees(np.arctan2(1, 1)), np.degrees(np.arccos(0.5 / 1.5)))
    made = getattr(pra, theirs)
    pattern = made() if theirs == "Omnidirectional" else made(orientation=turned)
    for direction in around(8):
        azimuth, colatitude = np.arctan2(direction[1], direction[0]), np.arccos(direction[2])
        expected = pattern.get_response(np.array([azimuth]), np.array([colatitude]), degrees=False)
        mine = heard(free, direction, directivity=name, orientation=axis)
        assert mine == pytest.approx(float(np.ravel(expected)[0]), abs=2e-3)


@pytest.mark.parametrize("name", PATTERNS)
def test_every_pattern_is_one_on_its_axis(free: GeometricEngine, name: str) -> None:
    for direction in around(3):
        level = heard(free, direction, directivity=name, orientation=direction)
        assert level == pytest.approx(1.0, abs=1e-4)


@pytest.mark.parametrize("name", PATTERNS)
def test_the_mean_power_is_that_over_all_directions(name: str) -> None:
    cosine = np.linspace(-1, 1, 20_001)
    pressure = PATTERNS[name] + (1 - PATTERNS[name]) * cosine
    np.testing.assert_allclose(Directivity.named(name, 4).power(), np.mean(pressure**2), rtol=1e-3)


def test_a_loudspeaker_turned_away_is_quieter_at_first_and_as_loud_later() -> None:
    """Direct sound falls; the late field has the pattern's mean power either way."""
    engine = GeometricEngine(shoebox((6.0, 5.0, 2.7), absorption=0.1), receiver="mono")
    source, ear = (1.5, 2.0, 1.4), (4.5, 2.6, 1.2)
    towards, away, omni = (
        engine.rir(source, ear, directivity=name, orientation=angle)[0].astype(float)
        for name, angle in (("cardioid", 0.2), ("cardioid", 0.2 + np.pi), ("omni", 0.0))
    )
    first = slice(120, 175)  # 3.06 m
    assert 10 * np.log10(np.sum(away[first] ** 2) / np.sum(towards[first] ** 2)) < -20
    late = slice(4000, 8000)
    level = 10 * np.log10(np.sum(towards[late] ** 2) / np.sum(omni[late] ** 2))
    assert level == pytest.approx(10 * np.log10(1 / 3), abs=0.3)
    same = 10 * np.log10(np.sum(away[late] ** 2) / np.sum(towards[late] ** 2))
    assert same == pytest.approx(0.0, abs=0.3)


def measured(directions: int = 800) -> Any:
    """Pyroomacoustics' class, filled with a cardioid to the left above 3 kHz, omni below."""
    index = np.arange(directions) + 0.5
    z = 1 - 2 * index / directions
    angle = np.pi * (1 + 5**0.5) * index
    flat = np.sqrt(1 - z**2)
    grid = pra.measured.GridSphere(
        cartesian_points=np.stack([flat * np.cos(angle), flat * np.sin(angle), z])
    )
    gain = 0.5 + 0.4 * grid.cartesian[0] + 0.3 * grid.cartesian[1] + 0.2 * grid.cartesian[2]
    responses = np.zeros((directions, 64))
    responses[:, 5] = gain
    return pra.MeasuredDirectivity(pra.Rotation3D([0.0, 0.0], "yz"), grid, responses, 16_000)


def test_a_measured_pattern_is_heard_as_measured_wherever_it_points(free: GeometricEngine) -> None:
    """X of its frame is the axis, y to the left, z up: the pattern turns with the source."""
    pattern = Directivity.measured(measured(), 16_000, 4)
    for turn in (0.0, 1.1, -2.4):
        c, s = np.cos(turn), np.sin(turn)
        for d in around(6):
            x, y, z = c * d[0] + s * d[1], c * d[1] - s * d[0], d[2]
            expected = abs(0.5 + 0.4 * x + 0.3 * y + 0.2 * z) / 0.9
            level = heard(free, d, directivity=pattern, orientation=turn)
            assert level == pytest.approx(expected, abs=0.04)


def test_the_mean_power_of_a_measured_pattern_is_the_integral_over_the_sphere() -> None:
    expected = (0.5**2 + (0.4**2 + 0.3**2 + 0.2**2) / 3) / 0.9**2
    power = Directivity.measured(measured(), 16_000, 7).power()
    np.testing.assert_allclose(power, expected, rtol=0.03)


@pytest.fixture
def write(tmp_path: Path) -> Callable[..., Path]:
    """Writes a SOFA file (AES69, GeneralFIR) of two sources, one omnidirectional, one lopsided."""

    def make(rate: int, spherical: bool = True, convention: str = "GeneralFIR") -> Path:
        up, left = np.meshgrid(np.arange(-80, 81, 10.0), np.arange(0, 360, 10.0), indexing="ij")
        angles = np.stack([left.ravel(), up.ravel(), np.full(left.size, 1.5)], axis=1)
        azimuth, elevation = np.radians(angles[:, 0]), np.radians(angles[:, 1])
        flat = np.cos(elevation)
        xyz = np.stack([flat * np.cos(azimuth), flat * np.sin(azimuth), np.sin(elevation)], 1)
        gains = 0.5 + 0.4 * xyz[:, 0] + 0.3 * xyz[:, 1] + 0.2 * xyz[:, 2]
        responses = np.zeros((2, len(xyz), 128))
        responses[0, :, 40], responses[1, :, 40] = 1.0, gains
        path = tmp_path / "speaker.sofa"
        with h5py.File(path, "w") as file:
            file.attrs["Conventions"], file.attrs["SOFAConventions"] = "SOFA", convention
            file["Data.IR"], file["Data.SamplingRate"] = responses, [float(rate)]
            file["ReceiverPosition"] = (angles if spherical else 1.5 * xyz)[:, :, None]
            position = file["ReceiverPosition"]
            position.attrs["Type"] = "spherical" if spherical else "cartesian"
            position.attrs["Units"] = "degree, degree, metre" if spherical else "metre"
        return path

    return make


@pytest.mark.parametrize(("rate", "spherical"), [(16_000, True), (44_100, True), (16_000, False)])
def test_a_loudspeaker_in_a_sofa_file_is_heard_as_it_was_measured(
    free: GeometricEngine, write: Callable[..., Path], rate: int, spherical: bool
) -> None:
    """X of the file is the axis, y to the left, z up, whatever the rate and the coordinates."""
    path, turn = write(rate, spherical), 1.1
    pattern = Directivity.read(path, 16_000, 4, measurement=1)
    c, s = np.cos(turn), np.sin(turn)
    for d in around(6):
        x, y, z = c * d[0] + s * d[1], c * d[1] - s * d[0], d[2]
        expected = abs(0.5 + 0.4 * x + 0.3 * y + 0.2 * z) / 0.9
        level = heard(free, d, directivity=pattern, orientation=turn)
        assert level == pytest.approx(expected, abs=0.06)
        assert heard(free, d, directivity=str(path)) == pytest.approx(1.0, abs=1e-3)


def test_a_sofa_file_that_is_no_loudspeaker_is_refused(write: Callable[..., Path]) -> None:
    with pytest.raises(SoundwalkError, match="convention SimpleFreeFieldHRIR: expected GeneralFIR"):
        Directivity.read(write(16_000, convention="SimpleFreeFieldHRIR"), 16_000, 4)
    path = write(16_000)
    with pytest.raises(SoundwalkError, match="Source id 2 not found"):
        Directivity.read(path, 16_000, 4, measurement=2)
    with h5py.File(path, "a") as file:
        file["ReceiverPosition"].attrs["Units"] = "radian, radian, metre"
    with pytest.raises(SoundwalkError, match="expected degrees, or metres"):
        Directivity.read(path, 16_000, 4)
    with h5py.File(path, "a") as file:
        del file["ReceiverPosition"]
        file["ReceiverPosition"] = np.zeros((5, 3))
        file["ReceiverPosition"].attrs["Type"] = "cartesian"
    with pytest.raises(SoundwalkError, match="5 receivers: expected responses"):
        Directivity.read(path, 16_000, 4)


@pytest.mark.parametrize("orientation", [np.nan, (0, 0, 0), (1, 2), "north"])
def test_an_orientation_that_is_none_is_refused(orientation: Any) -> None:
    with pytest.raises(SoundwalkError, match=r"orientation=.*: expected radians"):
        unit_axis(orientation)


def test_what_is_no_directivity_is_named(free: GeometricEngine, tmp_path: Path) -> None:
    with pytest.raises(SoundwalkError, match="unknown directivity 'cardiod': did you mean"):
        free.rir(SOURCE, SOURCE + 1, directivity="cardiod")
    with pytest.raises(SoundwalkError, match="no directivity at"):
        free.rir(SOURCE, SOURCE + 1, directivity="nowhere.sofa")
    path = tmp_path / "text.sofa"
    path.write_text("no directivity")
    with pytest.raises(SoundwalkError, match="cannot be read as a source's directivity"):
        free.rir(SOURCE, SOURCE + 1, directivity=str(path))
    with pytest.raises(SoundwalkError, match="48000 samples per second: expected 16000"):
        Directivity.measured(SimpleNamespace(fs=48_000), 16_000, 4)
