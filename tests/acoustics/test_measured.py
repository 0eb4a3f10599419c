"""A measured head against its own file: time and level differences, noise, turning, level."""

from __future__ import annotations

import warnings
from pathlib import Path

import h5py
import numpy as np
import pytest
from scipy.signal import resample_poly

from soundwalk.envs.acoustics import AcousticConfig, GeometricEngine
from soundwalk.envs.acoustics.bands import band_spectra, carrier_spectra
from soundwalk.envs.acoustics.head import diffuse_spectra
from soundwalk.envs.acoustics.hear import hear
from soundwalk.envs.acoustics.receivers import Measured
from soundwalk.envs.acoustics.receivers.sofa import Responses, read_sofa
from soundwalk.envs.acoustics.receivers.sphere_map import spiral, triangulate
from soundwalk.envs.acoustics.receivers.triangles import find_triangle
from soundwalk.envs.acoustics.tables import Tables, build_tables, build_work
from soundwalk.envs.interface import F64, SoundwalkError
from soundwalk.envs.scenes import shoebox

RATE = 16_000
BANDS = ((200, 707), (707, 1414), (1414, 2828), (2828, 7000))


def quiet_tables(path: str, **settings: object) -> Tables:
    """Tables of a measured head that may lack directions, without the warning that says so."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        config = AcousticConfig(receiver=Measured(path, allow_missing=True), length=0.1, **settings)  # type: ignore[arg-type]
        return build_tables(config)


def heard(tables: Tables, directions: F64, gains: tuple[float, ...] = (1, 1, 1, 1)) -> F64:
    """Response at 2 m to the direct sound from each direction (M, 2, L)."""
    work = build_work(tables, 8)
    out = np.zeros((len(directions), 2, tables.noise.shape[2]), np.float32)
    for row, direction in zip(out, directions, strict=True):
        work.lengths[0], work.directions[0], work.gains[0] = 2.0, direction, gains
        hear(tables, 0.0, 0.0, 1, work, row)
    return out.astype(float)


def itd(responses: F64, cutoff: float = 1500.0) -> F64:
    """Seconds by which the left ear leads: peak of the cross-correlation of the low frequencies."""
    size, fine = 8192, 8
    spectra = np.fft.rfft(responses, size)
    cross = spectra[:, 1] * spectra[:, 0].conj()
    cross /= 1 + (np.fft.rfftfreq(size, 1 / RATE) / cutoff) ** 12
    curve = np.roll(np.fft.irfft(cross, size * fine), 16 * fine, axis=-1)[:, : 32 * fine]
    top = curve.argmax(1)
    rows = np.arange(len(top))
    a, b, c = (curve[rows, top + k] for k in (-1, 0, 1))
    lag: F64 = (top + 0.5 * (a - c) / (a - 2 * b + c)) / fine - 16
    return lag / RATE


def levels(responses: F64, bands: tuple[tuple[int, int], ...]) -> F64:
    """(..., len(bands)) dB."""
    power = np.abs(np.fft.rfft(responses, 4096)) ** 2
    frequency = np.fft.rfftfreq(4096, 1 / RATE)
    each = [power[..., (frequency >= a) & (frequency < b)].sum(-1) for a, b in bands]
    decibels: F64 = 10 * np.log10(np.stack(each, -1))
    return decibels


def ild(responses: F64, bands: tuple[tuple[int, int], ...] = ((200, 7000),)) -> F64:
    """(M, len(bands)) dB by which the left ear is louder."""
    level = levels(responses, bands)
    difference: F64 = level[:, 0] - level[:, 1]
    return difference


def own_responses(read: Responses) -> F64:
    """The file's responses at our rate, by resampling alone."""
    if read.rate == RATE:
        return read.responses
    return np.asarray(resample_poly(read.responses, 160, 441, axis=2))


def write_sofa(path: Path, read: Responses) -> str:
    """The least of a SOFA file."""
    x, y, z = read.directions.T
    azimuth, elevation = np.degrees(np.arctan2(y, x)), np.degrees(np.arcsin(z))
    with h5py.File(path, "w") as file:
        file.attrs["Conventions"] = "SOFA"
        file.attrs["SOFAConventions"] = "SimpleFreeFieldHRIR"
        file["Data.IR"] = read.responses
        file["Data.SamplingRate"] = [read.rate]
        file["Data.Delay"] = read.delays * read.rate
        file["SourcePosition"] = np.stack([azimuth, elevation, np.full_like(x, 1.4)], 1)
        file["SourcePosition"].attrs["Type"] = "spherical"
        file["SourcePosition"].attrs["Units"] = "degree, degree, metre"
        file["ReceiverPosition"] = [[0.0, 0.09, 0.0], [0.0, -0.09, 0.0]]
    return str(path)


def test_at_its_measured_directions_the_head_has_the_differences_of_its_file(kemar: str) -> None:
    read = read_sofa(kemar)
    ours, theirs = heard(quiet_tables(kemar), read.directions), own_responses(read)
    assert np.abs(itd(ours) - itd(theirs)).max() < 15e-6
    assert np.abs(ild(ours) - ild(theirs)).max() < 1.0
    each = ild(ours, BANDS) - ild(theirs, BANDS)
    assert np.sqrt((each**2).mean(0)).max() < 0.5
    assert np.abs(each[:, :3]).max() < 1.0


def test_at_directions_left_out_of_the_file_the_head_has_their_differences(
    kemar: str, tmp_path: Path
) -> None:
    """Every tenth direction is left out, four times over.

    In the shadow, near 100 degrees to the other side, the level changes by 6 dB within one step of
    the grid, and no interpolation can know: these are the 5 % beyond one decibel.
    """
    read = read_sofa(kemar)
    inside = np.flatnonzero(read.directions[:, 2] > -0.6)  # the lowest ring has no neighbours below
    times, differences = [], []
    for first in (0, 3, 6, 9):
        out = inside[first::10]
        kept = np.setdiff1d(np.arange(len(read.directions)), out)
        part = Responses(read.directions[kept], read.responses[kept], read.delays[kept], read.rate)
        path = write_sofa(tmp_path / f"without_{first}.sofa", part)
        ours, theirs = heard(quiet_tables(path), read.directions[out]), own_responses(read)[out]
        times.append(itd(ours) - itd(theirs))
        differences.append(ild(ours) - ild(theirs))
    assert np.abs(np.concatenate(times)).max() < 15e-6
    difference = np.abs(np.concatenate(differences))
    assert np.percentile(difference, 95) < 1.0
    assert np.sqrt((difference**2).mean()) < 0.4


def test_a_head_measured_in_front_only_reproduces_itself_when_that_is_allowed(surrey: str) -> None:
    with (
        pytest.warns(UserWarning, match="68 % of the sphere"),
        pytest.warns(UserWarning, match="clockwise"),
    ):
        tables = build_tables(AcousticConfig(receiver=f"partial:{surrey}", length=0.1))
    read = read_sofa(surrey)
    anticlockwise = read.directions * [1, -1, 1]  # see the next test
    ours, theirs = heard(tables, anticlockwise), own_responses(read)
    assert np.abs(itd(ours) - itd(theirs)).max() < 15e-6
    assert np.abs(ild(ours, BANDS) - ild(theirs, BANDS)).max() < 1.0


def test_a_file_whose_azimuths_run_clockwise_is_turned_right(surrey: str) -> None:
    left = np.array([[0.0, 1.0, 0.0]])
    read = read_sofa(surrey)
    assert itd(own_responses(read)[np.argmax(read.directions @ left[0])][None]) < -600e-6
    assert itd(heard(quiet_tables(surrey), left)) > 600e-6
    assert ild(heard(quiet_tables(surrey), left)) > 6


def test_what_was_not_measured_sounds_like_the_same_lateral_angle(surrey: str) -> None:
    tables = quiet_tables(surrey)
    for degrees in (-60, -30, 0, 20, 45, 70):
        angle = np.radians(degrees)
        front = np.array([np.cos(angle), np.sin(angle), 0.0])
        behind = front * [-1, 1, 1]
        above = np.array([0.0, np.sin(angle), np.cos(angle)])
        times = itd(heard(tables, np.stack([front, behind, above])))
        assert np.ptp(times) < 60e-6  # half the step of 5 degrees, and interpolation
        assert abs(np.ptp(ild(heard(tables, np.stack([front, behind, above]))))) < 5.0


def test_two_measured_heads_differ_less_from_each_other_than_directions_do(
    kemar: str, surrey: str
) -> None:
    """KEMAR and Cortex in front: the same laws, another head."""
    azimuth = np.radians(np.arange(-90, 91, 15))
    front = np.stack([np.cos(azimuth), np.sin(azimuth), 0 * azimuth], axis=1)
    one, other = (heard(quiet_tables(path), front) for path in (kemar, surrey))
    assert np.abs(itd(one) - itd(other)).max() < 120e-6
    assert np.corrcoef(itd(one), itd(other))[0, 1] > 0.99
    assert np.corrcoef(ild(one)[:, 0], ild(other)[:, 0])[0, 1] > 0.97


def test_turning_the_head_is_turning_the_source_the_other_way(kemar: str) -> None:
    tables = quiet_tables(kemar)
    work = build_work(tables, 8)
    turned = np.zeros((2, tables.noise.shape[2]), np.float32)
    heading, azimuth, elevation = 0.8, 2.0, 0.3
    ring = np.cos(elevation)
    towards = [np.array([ring * np.cos(a), ring * np.sin(a), np.sin(elevation)])
               for a in (azimuth, azimuth - heading)]  # fmt: skip
    work.lengths[0], work.directions[0], work.gains[0] = 2.0, towards[0], 1.0
    hear(tables, heading, 0.0, 1, work, turned)
    straight = heard(tables, towards[1][None])[0]
    np.testing.assert_allclose(turned, straight, atol=1e-5 * np.abs(straight).max())


def test_gains_of_the_bands_multiply_the_spectrum_of_the_head(kemar: str) -> None:
    tables, gains = quiet_tables(kemar), (1.0, 0.5, 0.25, 0.1)
    directions = spiral(12)
    flat, shaped = (np.fft.rfft(heard(tables, directions, g), 4096) for g in ((1,) * 4, gains))
    filters = band_spectra(RATE, 4096)
    frequency = np.fft.rfftfreq(4096, 1 / RATE)
    use = (frequency > 100) & (frequency < 7000)
    expected = flat * (np.array(gains) @ filters)
    error = (np.abs(shaped - expected) ** 2)[..., use].sum() / (np.abs(expected) ** 2)[
        ..., use
    ].sum()
    assert 10 * np.log10(error) < -40


def test_the_first_sound_arrives_when_it_does_at_a_sphere(kemar: str) -> None:
    tables = quiet_tables(kemar)
    for ear, side in ((0, 1.0), (1, -1.0)):
        near = heard(tables, np.array([[0.0, side, 0.0]]))[0, ear]
        begin = np.argmax(np.abs(near) > 0.3 * np.abs(near).max()) / RATE
        assert begin == pytest.approx((2.0 - 0.0875) / 343.0, abs=2 / RATE)


def test_the_gain_of_the_amplifier_at_the_measurement_does_not_matter(
    kemar: str, tmp_path: Path
) -> None:
    read = read_sofa(kemar)
    louder = read._replace(responses=7.0 * read.responses)
    ours = heard(quiet_tables(kemar), spiral(5))
    theirs = heard(quiet_tables(write_sofa(tmp_path / "louder.sofa", louder)), spiral(5))
    np.testing.assert_allclose(ours, theirs, atol=1e-4 * np.abs(ours).max())


def test_a_measured_head_is_as_loud_as_a_sphere_in_the_octaves_that_set_its_level(
    kemar: str,
) -> None:
    octaves = tuple((round(f / 2**0.5), round(f * 2**0.5)) for f in (250, 500, 1000, 2000, 4000))
    around = spiral(300)
    free = np.zeros((1, 1600))
    free[0, 100] = 1.0  # what one microphone hears of an arrival of gain 1
    head = 10 ** (levels(heard(quiet_tables(kemar), around), octaves) / 10)
    gain = 10 * np.log10(head.mean((0, 1))) - levels(free, octaves)[0]
    sphere = [diffuse_spectra(np.linspace(a, b, 9), 0.0875)[0].mean() for a, b in octaves]
    assert (gain - 10 * np.log10(sphere)).mean() == pytest.approx(0.0, abs=0.3)


def test_diffuse_noise_is_what_plane_waves_from_everywhere_bring_to_the_head(kemar: str) -> None:
    """Power and coherence at the ears, against waves that the kernel adds up one by one."""
    tables = quiet_tables(kemar)
    spectra = np.fft.rfft(heard(tables, spiral(400)), 4096)  # (D, 2, F)
    frequency = np.fft.rfftfreq(4096, 1 / RATE)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        config = AcousticConfig(receiver=Measured(kemar), length=4.0)
        noise = np.fft.rfft(config.listener.noise(config).astype(float).sum(0))
    fine = np.fft.rfftfreq(config.samples, 1 / RATE)
    for low, high in ((150, 400), (500, 900), (1000, 1800), (2000, 4000), (4000, 6500)):
        some, use = (frequency > low) & (frequency < high), (fine > low) & (fine < high)
        waves, got = spectra[:, :, some], noise[:, use]
        cross = (waves[:, 0] * waves[:, 1].conj()).mean().real
        power = (np.abs(waves) ** 2).mean((0, 2))
        ours = (np.abs(got) ** 2).mean(1)
        coherence = (got[0] * got[1].conj()).mean().real / np.sqrt(ours.prod())
        assert coherence == pytest.approx(cross / np.sqrt(power.prod()), abs=0.1)
        np.testing.assert_allclose(10 * np.log10(ours / config.samples / power), 0, atol=0.8)


def test_the_bias_is_the_lean_of_the_power_towards_where_sound_comes_from(kemar: str) -> None:
    tables = quiet_tables(kemar)
    around = spiral(400)
    filters = carrier_spectra(RATE, 4096)
    power = np.abs(np.fft.rfft(heard(tables, around), 4096)) ** 2 @ (filters**2).T  # (D, 2, B)
    lean = 3 * np.einsum("dcb,dx->cbx", power, around) / power.sum(0)[..., None]
    np.testing.assert_allclose(tables.receiver.bias, lean, atol=0.08)


def test_every_direction_lies_in_the_triangle_that_is_found_for_it() -> None:
    rng = np.random.default_rng(1)
    corners = rng.standard_normal((300, 3))
    corners /= np.linalg.norm(corners, axis=1, keepdims=True)
    made = triangulate(corners)
    assert made.weights.sum() == pytest.approx(1.0)
    for direction in [*spiral(500), *corners, np.array([0, 0, -1.0]), np.array([1.0, 0, 0])]:
        triangle, *weights = find_triangle(
            made.start, made.inverses, made.neighbours, tuple(direction)
        )
        inside = np.array(weights) @ corners[made.triangles[triangle]]
        np.testing.assert_allclose(inside / np.linalg.norm(inside), direction, atol=1e-7)
        assert min(weights) >= 0


def test_a_file_of_a_measured_room_is_no_head(surrey: str) -> None:
    room = Path(surrey).with_name("UniS_Room_A_BRIR_16k.sofa")
    with pytest.raises(SoundwalkError, match="responses of a room"):
        Measured(str(room), allow_missing=True).head(RATE)


def test_a_room_is_heard_with_a_measured_head_at_every_rate(kemar: str) -> None:
    scene = shoebox((5, 4, 2.6), absorption=0.2)
    for rate in (8_000, 16_000, 24_000, 44_100):
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            config = AcousticConfig(sample_rate=rate, receiver=kemar, length=0.2, order=2)
            response = GeometricEngine.from_config(scene, config).rir((1, 1, 1.2), (3, 2.5, 1.5))
        assert response.shape == (2, round(0.2 * rate))
        assert np.isfinite(response).all()
        begin = np.argmax(np.abs(response).max(0) > 0.05 * np.abs(response).max()) / rate
        assert begin == pytest.approx(np.hypot(np.hypot(2, 1.5), 0.3) / 343.0, abs=6e-4)
