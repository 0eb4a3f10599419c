"""SOFA files: what the reader accepts, turns round, and refuses."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import h5py
import numpy as np
import pytest

from soundwalk.envs.acoustics import AcousticConfig, GeometricEngine
from soundwalk.envs.acoustics.head import woodworth_itd
from soundwalk.envs.acoustics.receivers import Measured, parse_receiver
from soundwalk.envs.acoustics.receivers.measured import Head
from soundwalk.envs.acoustics.receivers.sofa import read_sofa
from soundwalk.envs.acoustics.receivers.sphere_map import spiral
from soundwalk.envs.interface import F64, SoundwalkError
from soundwalk.envs.scenes import shoebox

RATE, RADIUS, SPEED = 48_000, 0.0875, 343.0
DIRECTIONS = spiral(300)


def sphere_delays(directions: F64) -> F64:
    """(M, 2) seconds to the ears of a sphere, by Woodworth."""
    cosine = np.stack([directions[:, 1], -directions[:, 1]], axis=1)
    way = np.where(cosine > 0, -cosine, np.arccos(np.clip(cosine, -1, 1)) - np.pi / 2)
    return RADIUS / SPEED * way


def pulses(delays: F64, rate: float = RATE, begin: float = 1e-3) -> F64:
    """Responses (M, 2, N) of a head that delays, and shadows by 6 dB at most."""
    samples = np.arange(round(4e-3 * rate)) - (delays[..., None] + begin) * rate
    window = np.where(np.abs(samples) < 16, 0.5 + 0.5 * np.cos(np.pi * samples / 16), 0.0)
    gain = 1.0 / (1.0 + np.clip(delays / delays.max(), 0, 1))
    pulse: F64 = gain[..., None] * np.sinc(samples) * window
    return pulse


@pytest.fixture
def make(tmp_path: Path) -> Callable[..., str]:
    """Writes a sound SOFA file of a sphere, changed as asked."""

    def write(
        change: Callable[[h5py.File], Any] | None = None, directions: F64 = DIRECTIONS
    ) -> str:
        path = tmp_path / "head.sofa"
        with h5py.File(path, "w") as file:
            file.attrs["Conventions"] = "SOFA"
            file.attrs["SOFAConventions"] = "SimpleFreeFieldHRIR"
            file["Data.IR"] = pulses(sphere_delays(directions))
            file["Data.SamplingRate"] = [float(RATE)]
            file["Data.Delay"] = np.zeros((1, 2))
            file["SourcePosition"] = 1.5 * directions
            file["SourcePosition"].attrs["Type"] = "cartesian"
            file["SourcePosition"].attrs["Units"] = "metre"
            file["ReceiverPosition"] = np.array([[0, 0.09, 0], [0, -0.09, 0]])[:, :, None]
            if change is not None:
                change(file)
        return str(path)

    return write


def replace(name: str, values: object, **attributes: str) -> Callable[[h5py.File], None]:
    """A change: another dataset under a name."""

    def change(file: h5py.File) -> None:
        del file[name]
        file[name] = values
        for key, value in attributes.items():
            file[name].attrs[key] = value

    return change


def head(path: str, rate: int = 16_000) -> Head:
    return Measured(path).head(rate)


def assert_is_the_sphere(found: Head) -> None:
    """Delays relative to the centre are Woodworth's."""
    np.testing.assert_allclose(found.delays, sphere_delays(found.directions), atol=3e-6)


def test_the_delays_of_a_sphere_are_found_relative_to_its_centre(make: Callable[..., str]) -> None:
    path = make()
    for rate in (16_000, 44_100, 48_000):
        assert_is_the_sphere(head(path, rate))


def test_positions_in_degrees_and_ears_in_the_other_order_mean_the_same(
    make: Callable[..., str],
) -> None:
    x, y, z = DIRECTIONS.T
    degrees = np.stack([np.degrees(np.arctan2(y, x)) % 360, np.degrees(np.arcsin(z)), 0 * x + 1], 1)

    def change(file: h5py.File) -> None:
        replace("SourcePosition", degrees, Type="spherical", Units="degree, degree, metre")(file)
        replace("ReceiverPosition", [[0, -0.09, 0], [0, 0.09, 0]])(file)
        replace("Data.IR", pulses(sphere_delays(DIRECTIONS))[:, ::-1])(file)

    assert_is_the_sphere(head(make(change)))


def test_a_listener_who_looks_elsewhere_is_turned_ahead(make: Callable[..., str]) -> None:
    def change(file: h5py.File) -> None:
        turned = DIRECTIONS @ np.array([[0, 1, 0], [-1, 0, 0], [0, 0, 1]])  # by 90 degrees, left
        replace("SourcePosition", turned + np.array([1.0, 2.0, 3.0]), Type="cartesian")(file)
        file["ListenerPosition"] = [[1.0, 2.0, 3.0]]
        file["ListenerView"] = [[0.0, 1.0, 0.0]]
        file["ListenerUp"] = [[0.0, 0.0, 1.0]]

    assert_is_the_sphere(head(make(change)))


@pytest.mark.parametrize("each", [True, False])
def test_delays_kept_beside_the_responses_are_added(make: Callable[..., str], each: bool) -> None:
    delays = sphere_delays(DIRECTIONS) if each else np.array([[2e-3, 2e-3]])
    left = 0 * sphere_delays(DIRECTIONS) if each else sphere_delays(DIRECTIONS)

    def change(file: h5py.File) -> None:
        replace("Data.IR", pulses(left + 1e-12 * np.arange(2)))(file)
        replace("Data.Delay", delays * RATE)(file)

    assert_is_the_sphere(head(make(change)))


def test_the_interaural_delay_between_measured_directions_is_the_spheres(
    make: Callable[..., str],
) -> None:
    hall = shoebox((10, 10, 3), absorption=0.5)
    config = AcousticConfig(order=0, length=0.1, receiver=make(), late=False, air=False)
    engine = GeometricEngine.from_config(hall, config)
    for degrees in (-77, -33, 4, 21, 58):
        azimuth = np.radians(degrees)
        towards = np.array([np.cos(azimuth), np.sin(azimuth), 0.0])
        response = engine.rir(np.array([5, 5, 1.5]) + 3 * towards, (5, 5, 1.5))
        spectra = np.fft.rfft(response.astype(float), 4096)
        cross = spectra[0] * spectra[1].conj()
        frequency = np.fft.rfftfreq(4096, 1 / 16_000)
        use = (frequency > 200) & (frequency < 4000)
        slope = np.polyfit(frequency[use], np.unwrap(np.angle(cross[use])), 1)[0] / (2 * np.pi)
        assert slope == pytest.approx(woodworth_itd(azimuth), abs=8e-6)


def test_a_path_is_a_receiver(make: Callable[..., str]) -> None:
    path = make()
    assert parse_receiver(path) == Measured(path)
    assert parse_receiver(f"partial:{path}") == Measured(path, allow_missing=True)
    assert AcousticConfig(receiver=path).channels == 2


def test_a_file_that_has_changed_is_read_again(make: Callable[..., str]) -> None:
    first = head(make())
    second = head(make(directions=spiral(320)))
    assert len(first.directions) == 300
    assert len(second.directions) == 320


def nothing_there(file: h5py.File) -> None:
    """Set the first response to zero."""
    file["Data.IR"][0] = 0.0


def a_room(file: h5py.File) -> None:
    """Let the responses ring for 40 ms."""
    tail = np.random.default_rng(0).standard_normal((300, 2, 2000)) * 0.05
    replace("Data.IR", np.concatenate([file["Data.IR"][:], tail], axis=2))(file)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (a_room, "responses of a room"),
        (lambda f: f.attrs.__delitem__("Conventions"), "not a SOFA file"),
        (lambda f: f.attrs.__setitem__("SOFAConventions", "SingleRoomDRIR"), "SingleRoomDRIR"),
        (lambda f: f.__delitem__("Data.IR"), "lacks Data.IR"),
        (lambda f: f.__delitem__("SourcePosition"), "lacks SourcePosition"),
        (lambda f: f.__delitem__("Data.SamplingRate"), "lacks Data.SamplingRate"),
        (replace("Data.IR", np.ones((300, 4, 20))), "2 ears"),
        (replace("SourcePosition", DIRECTIONS[:7]), "7 source positions for 300"),
        (replace("SourcePosition", 0 * DIRECTIONS), "SourcePosition holds NaN"),
        (replace("SourcePosition", DIRECTIONS, Type="spherical", Units="gradian"), "gradian"),
        (replace("Data.IR", np.full((300, 2, 64), np.nan)), "Data.IR holds NaN"),
        (replace("Data.Delay", [[0.0, np.inf]]), "Data.Delay holds NaN"),
        (nothing_there, "measurement 0 is silent"),
        (replace("Data.SamplingRate", [0.0]), "SamplingRate is 0"),
        (replace("Data.SamplingRate", [np.nan]), "SamplingRate is nan"),
        (replace("Data.SamplingRate", [11_025.0]), "lower sample_rate"),
        (replace("Data.SamplingRate", [44_101.7]), "44100 or 48000"),
    ],
)
def test_a_file_that_cannot_be_used_is_refused_by_name(
    make: Callable[..., str], change: Callable[[h5py.File], Any], message: str
) -> None:
    with pytest.raises(SoundwalkError, match=message):
        head(make(change))


def test_what_is_no_file_or_no_hdf5_is_refused(tmp_path: Path) -> None:
    with pytest.raises(SoundwalkError, match="no such file"):
        AcousticConfig(receiver=str(tmp_path / "none.sofa")).listener.noise(AcousticConfig())
    text = tmp_path / "text.sofa"
    text.write_text("hello")
    with pytest.raises(SoundwalkError, match="not an HDF5 file"):
        read_sofa(str(text))


@pytest.mark.parametrize(
    ("kept", "missing"),
    [
        (DIRECTIONS[DIRECTIONS[:, 0] > -0.1], "azimuth"),  # the front half only
        (DIRECTIONS[np.abs(DIRECTIONS[:, 2]) < 0.1], "elevation"),  # the horizon only
        (DIRECTIONS[DIRECTIONS[:, 2] > 0], "% of the sphere"),  # the upper half only
    ],
)
def test_missing_directions_are_refused_unless_allowed(
    make: Callable[..., str], kept: F64, missing: str
) -> None:
    path = make(directions=kept)
    with pytest.raises(SoundwalkError, match=missing):
        head(path)
    with pytest.warns(UserWarning, match="nearest lateral angle"):
        found = Measured(path, allow_missing=True).head(16_000)
    # Woodworth's delay depends on the lateral angle alone, and so do the directions filled in.
    error = found.delays - sphere_delays(found.directions)
    assert (
        np.abs(error - error.mean()).max() < 90e-6
    )  # the lateral angles kept are 10 degrees apart


def test_missing_directions_steeply_below_are_filled_with_a_warning(
    make: Callable[..., str],
) -> None:
    path = make(directions=DIRECTIONS[DIRECTIONS[:, 2] > -0.6])
    with pytest.warns(UserWarning, match="farther than 30 degrees"):
        found = head(path)
    assert found.directions[:, 2].min() < -0.95
    error = found.delays - sphere_delays(found.directions)
    assert np.abs(error).max() < 60e-6
