"""Controls are as strong as they can be without what they must do without."""

from __future__ import annotations

from math import pi

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.signal import fftconvolve

from soundwalk.envs.acoustics import GeometricEngine
from soundwalk.envs.acoustics.receivers import Array, parse_receiver
from soundwalk.envs.interface import F64, SoundwalkError
from soundwalk.envs.scenes import shoebox
from soundwalk.perception.evaluation.controls import (
    centre_prior,
    gcc_direction,
    permuted,
    saliency,
    srp_direction,
)
from soundwalk.perception.evaluation.doa import azimuth_error
from soundwalk.perception.features import azimuth_to_itd

RATE = 16_000
SQUARE = np.array([[5, 5, 0], [5, -5, 0], [-5, -5, 0], [-5, 5, 0]]) / 100


def delayed(sound: F64, seconds: F64) -> F64:
    """Copies of a sound (C, T), each late by a fraction of a sample, in free field."""
    spectrum = np.fft.rfft(sound, 2 * len(sound))
    frequency = np.fft.rfftfreq(2 * len(sound), 1 / RATE)
    late = np.exp(-2j * pi * frequency * (seconds[:, None] + 2e-3))
    return np.asarray(np.fft.irfft(spectrum * late)[:, : len(sound)])


def ears(azimuth: float, seed: int = 0) -> F64:
    lead = float(azimuth_to_itd(np.array(azimuth)))
    noise = np.random.default_rng(seed).standard_normal(4000)
    return delayed(noise, np.array([-lead / 2, lead / 2]))


@given(st.integers(2, 40), st.integers(0, 1000))
def test_a_permutation_moves_everything_and_loses_nothing(count: int, seed: int) -> None:
    order = permuted(count, np.random.default_rng(seed))
    assert sorted(order) == list(range(count))
    assert (order != np.arange(count)).all()


def test_every_other_place_is_as_likely() -> None:
    rng = np.random.default_rng(0)
    first = np.bincount([permuted(5, rng)[0] for _ in range(4000)], minlength=5) / 4000
    assert first == pytest.approx([0, 0.25, 0.25, 0.25, 0.25], abs=0.03)


@pytest.mark.parametrize("size", [(1, 1), (4, 6), (7, 5)])
def test_the_prior_is_largest_in_the_middle_and_the_same_on_all_sides(
    size: tuple[int, int],
) -> None:
    blob = centre_prior(*size)
    assert blob.shape == size
    assert blob == pytest.approx(blob[::-1])
    assert blob == pytest.approx(blob[:, ::-1])
    assert blob[size[0] // 2, size[1] // 2] == blob.max() <= 1


@pytest.mark.parametrize("side", [32, 64, 150])
def test_what_differs_from_its_surroundings_is_salient(side: int) -> None:
    y, x = np.mgrid[:side, :side]
    stripes = 128 + 60 * np.sin(2 * pi * x / side * 8)
    images = np.repeat(np.repeat(stripes[None, ..., None], 3, -1), 4, 0)
    places = [(0.25, 0.25), (0.25, 0.7), (0.7, 0.3), (0.75, 0.75)]
    spots = [np.hypot(y - v * side, x - u * side) < side / 12 for v, u in places]
    for image, spot in zip(images, spots, strict=True):
        image[spot] = [250, 20, 20]
    maps = saliency(images.astype(np.uint8))
    assert maps.shape == (4, side, side)
    for found, spot, place in zip(maps, spots, places, strict=True):
        largest = np.array(np.unravel_index(found.argmax(), found.shape)) / side
        assert np.hypot(*(largest - place)) < 1 / 8
        assert found[spot].mean() > 3 * found[~spot].mean()


def test_an_image_of_one_colour_has_nothing_salient() -> None:
    assert not saliency(np.full((2, 20, 30, 3), 77, np.uint8)).any()


def test_saliency_of_a_batch_is_that_of_its_images_on_any_scale() -> None:
    images = np.random.default_rng(0).uniform(size=(2, 2, 24, 32, 3))
    maps = saliency(images)
    assert maps.shape == (2, 2, 24, 32)
    assert maps[1, 0] == pytest.approx(saliency(images[1, 0]))
    assert saliency(images[0, 0] * 255) == pytest.approx(maps[0, 0], rel=1e-6)


def test_two_ears_tell_the_angle_from_the_median_plane_and_answer_in_front() -> None:
    truth = np.radians([-80, -45, -10, 0, 20, 60, 120, -170])
    heard = np.stack([ears(a, i) for i, a in enumerate(truth)])
    mirrored = np.arcsin(np.sin(truth))
    assert np.degrees(gcc_direction(heard)) == pytest.approx(np.degrees(mirrored), abs=4)


def test_a_turn_tells_front_from_back() -> None:
    rng = np.random.default_rng(0)
    truth = rng.uniform(-pi, pi, 60)
    turn = rng.choice([-1, 1], 60) * np.radians(rng.uniform(20, 90, 60))
    views = [[ears(a, 0), ears(a - t, 1)] for a, t in zip(truth, turn, strict=True)]
    heard = np.array(views)
    turns = np.stack([np.zeros(60), turn], 1)
    error = np.degrees(azimuth_error(gcc_direction(heard, turns), truth))
    assert np.median(error) < 3
    assert (error < 15).mean() > 0.95
    one_view = np.degrees(azimuth_error(gcc_direction(heard[:, 0]), truth))
    assert (one_view > 15).mean() > 0.3


def test_a_flat_array_finds_sources_on_the_full_circle() -> None:
    rng = np.random.default_rng(1)
    truth = np.radians(np.arange(-175, 180, 50.0))
    heard = np.stack(
        [
            delayed(rng.standard_normal(4000), -SQUARE[:, :2] @ [np.cos(a), np.sin(a)] / 343.0)
            for a in truth
        ]
    )
    assert np.degrees(azimuth_error(srp_direction(heard, SQUARE), truth)).max() < 3
    turned = SQUARE[:, [1, 0, 2]] * [-1, 1, 1]  # the same array after a quarter turn to the left
    error = azimuth_error(srp_direction(heard, turned), truth + pi / 2)
    assert np.degrees(error).max() < 3


def test_both_find_a_source_in_a_rendered_room() -> None:
    scene, head = shoebox((6.0, 5.0, 2.7), absorption=0.35), np.array([2.5, 2.0, 1.25])
    array = parse_receiver("array:tetra")
    assert isinstance(array, Array)
    two = GeometricEngine(scene, receiver="binaural")
    four = GeometricEngine(scene, receiver=array)
    rng = np.random.default_rng(0)
    truth, views, heard = [], [], []
    for _ in range(8):
        azimuth = rng.uniform(-pi, pi)
        source = head + 1.5 * np.array([np.cos(azimuth), np.sin(azimuth), 0.0])
        noise = rng.standard_normal(RATE // 2)
        pair = [two.rir(source, head, heading) for heading in (0.0, 1.0)]
        views.append([fftconvolve(h, noise[None], axes=1)[:, : len(noise)] for h in pair])
        heard.append(fftconvolve(four.rir(source, head, 0.0), noise[None], axes=1))
        truth.append(azimuth)
    by_ears = gcc_direction(np.stack(views), np.tile([0.0, 1.0], (8, 1)))
    by_array = srp_direction(np.stack(heard), np.array(array.positions))
    assert np.median(np.degrees(azimuth_error(by_ears, truth))) < 7
    assert np.median(np.degrees(azimuth_error(by_array, truth))) < 5


def test_silence_comes_from_ahead() -> None:
    assert gcc_direction(np.zeros((3, 2, 1000))).tolist() == [0.0] * 3
    assert gcc_direction(np.zeros((3, 2, 2, 1000)), np.zeros((3, 2))).tolist() == [0.0] * 3
    assert srp_direction(np.zeros((3, 4, 1000)), SQUARE).tolist() == [0.0] * 3


def test_misuse_is_named() -> None:
    with pytest.raises(SoundwalkError, match="count=1"):
        permuted(1, np.random.default_rng(0))
    with pytest.raises(SoundwalkError, match="an image of 0 x 5"):
        centre_prior(0, 5)
    with pytest.raises(SoundwalkError, match=r"expected \(\.\.\., H, W, 3\)"):
        saliency(np.ones((4, 4, 4)))
    with pytest.raises(SoundwalkError, match="2 ears"):
        gcc_direction(np.zeros((3, 1000)))
    with pytest.raises(SoundwalkError, match="turn has the shape"):
        gcc_direction(np.zeros((3, 2, 2, 1000)), np.zeros((3, 1)))
    with pytest.raises(SoundwalkError, match="audio holds nan"):
        gcc_direction(np.full((2, 1000), np.nan))
    with pytest.raises(SoundwalkError, match="positions has the shape"):
        srp_direction(np.zeros((3, 1000)), SQUARE)
    with pytest.raises(SoundwalkError, match="512 or more"):
        srp_direction(np.zeros((4, 100)), SQUARE)
