"""Image sources against pyroomacoustics, and the energy that they leave to the late field."""

from __future__ import annotations

import numpy as np
import pyroomacoustics as pra
import pytest

from soundwalk.envs.acoustics import GeometricEngine
from soundwalk.envs.acoustics.images import image_coordinate, lattice, undrawn_share
from soundwalk.envs.interface import F32, F64, SPEED_OF_SOUND
from soundwalk.envs.scenes import shoebox

RATE = 16_000
OCTAVES = (250.0, 500.0, 1000.0, 2000.0, 4000.0)


def octave_levels(response: F32 | F64) -> F64:
    """Energy in dB in each of OCTAVES."""
    power = np.abs(np.fft.rfft(response, 16_384)) ** 2
    frequency = np.fft.rfftfreq(16_384, 1 / RATE)
    root = np.sqrt(2)
    sums = [power[(frequency >= c / root) & (frequency < c * root)].sum() for c in OCTAVES]
    levels: F64 = 10 * np.log10(np.array(sums))
    return levels


def pyroom(size: tuple[float, ...], material: pra.Material, s: F64, r: F64, order: int) -> F64:
    """Pyroomacoustics' response, its constant delay removed and its speed of sound set to ours."""
    before = pra.constants.get("c"), pra.constants.get("rir_hpf_enable")
    pra.constants.set("c", SPEED_OF_SOUND)  # module globals: put them back afterwards
    pra.constants.set("rir_hpf_enable", False)
    try:
        room = pra.ShoeBox(size, fs=RATE, materials=material, max_order=order, air_absorption=False)
        room.add_source(s)
        room.add_microphone(r)
        room.compute_rir()
    finally:
        pra.constants.set("c", before[0])
        pra.constants.set("rir_hpf_enable", before[1])
    response = np.asarray(room.rir[0][0])[pra.constants.get("frac_delay_length") // 2 :]
    return np.pad(response, (0, 8000 - len(response)))


@pytest.mark.parametrize("order", [0, 1, 3, 4, 5, 6])
def test_octave_energies_of_images_agree_with_pyroomacoustics_within_half_a_decibel(
    order: int,
) -> None:
    rng = np.random.default_rng(order)
    for _ in range(3):
        size = (*rng.uniform(3, 7, 2), rng.uniform(2.4, 3.0))
        s, r = (rng.uniform(0.4, np.array(size) - 0.4) for _ in range(2))
        engine = GeometricEngine(
            shoebox(size, absorption=0.2), order=order, receiver="mono", air=False, late=False
        )
        ours = octave_levels(engine.rir(s, r)[0])
        theirs = octave_levels(pyroom(size, pra.Material(0.2), s, r, order))
        assert np.abs(ours - theirs).max() < 0.5


def test_octave_energies_agree_for_a_material_that_changes_from_band_to_band() -> None:
    size, s, r = (6.0, 5.0, 2.7), np.array([1.0, 2.0, 1.5]), np.array([4.0, 3.0, 1.2])
    alpha = (0.1, 0.1, 0.1, 0.3, 0.5, 0.7, 0.7)  # flat inside each of our four bands
    material = pra.Material(
        {"coeffs": list(alpha), "center_freqs": [125, 250, 500, 1000, 2000, 4000, 8000]}
    )
    engine = GeometricEngine(
        shoebox(size, absorption=alpha), receiver="mono", air=False, late=False
    )
    difference = octave_levels(engine.rir(s, r)[0]) - octave_levels(pyroom(size, material, s, r, 4))
    assert np.sqrt(np.mean(difference**2)) < 0.5


def test_images_arrive_within_one_sample_of_pyroomacoustics() -> None:
    size, s, r = (6.0, 5.0, 2.7), np.array([1.0, 2.0, 1.5]), np.array([4.0, 3.0, 1.2])
    engine = GeometricEngine(shoebox(size, absorption=0.2), receiver="mono", air=False, late=False)
    ours, theirs = engine.rir(s, r)[0], pyroom(size, pra.Material(0.2), s, r, 4)
    for start in range(100, 900, 100):
        a, b = ours[start : start + 100], theirs[start : start + 100]
        lags = np.correlate(a, b, "full")
        assert abs(int(np.argmax(lags)) - 99) <= 1


def test_an_image_coordinate_is_repeated_mirroring() -> None:
    low, high, x = 1.0, 4.0, 1.7
    assert image_coordinate(1, x, low, high) == pytest.approx(2 * high - x)
    assert image_coordinate(-1, x, low, high) == pytest.approx(2 * low - x)
    assert image_coordinate(2, x, low, high) == pytest.approx(2 * high - (2 * low - x))
    assert image_coordinate(-2, x, low, high) == pytest.approx(2 * low - (2 * high - x))
    assert image_coordinate(3, x, low, high) == pytest.approx(
        2 * high - image_coordinate(-2, x, low, high)
    )


@pytest.mark.parametrize("order", [0, 1, 2, 3])
def test_the_lattice_holds_every_image_once_fewest_reflections_first(order: int) -> None:
    images = lattice(order)
    counts = np.abs(images).sum(1)
    expected = 1 + sum(4 * n * n + 2 for n in range(1, order + 1))  # octahedral numbers
    assert len(np.unique(images, axis=0)) == len(images) == expected
    assert (np.diff(counts) >= 0).all()
    assert counts.max() == order


def test_the_undrawn_share_is_that_of_random_rays() -> None:
    size, reflectance, order = (5.0, 4.0, 2.6), 0.8, 3
    times = np.array([0.005, 0.015, 0.03, 0.06])
    share = undrawn_share(size, np.array([reflectance]), order, times)[0]
    rng = np.random.default_rng(0)
    directions = rng.standard_normal((200_000, 3))
    directions /= np.linalg.norm(directions, axis=1, keepdims=True)
    starts = rng.uniform(0, size, directions.shape)
    for time, expected in zip(times, share, strict=True):
        ends = (starts + directions * SPEED_OF_SOUND * time) / np.array(size)
        bounces = np.abs(np.floor(ends)).sum(1)
        energy = reflectance**bounces
        assert energy[bounces > order].sum() / energy.sum() == pytest.approx(expected, abs=0.02)
