"""Localization without training, against closed forms and brute force."""

from __future__ import annotations

import numpy as np
import pytest
from sklearn.feature_selection import mutual_info_regression

from soundwalk.envs.interface import SoundwalkError
from soundwalk.perception.scores import mutual_information_map, sparse_cca


def test_information_is_that_of_the_correlation_coefficient() -> None:
    rng = np.random.default_rng(0)
    video, envelope = rng.normal(size=(40, 3, 2)), rng.normal(size=40)
    video[:, 1, 1] += 2 * envelope
    found = mutual_information_map(video, envelope)
    for row in range(3):
        for column in range(2):
            r = np.corrcoef(video[:, row, column], envelope)[0, 1]
            assert found[row, column] == pytest.approx(-0.5 * np.log(1 - r**2))
    assert found.argmax() == 3  # row 1, column 1


def test_information_agrees_with_an_estimate_that_assumes_no_gaussian() -> None:
    rng = np.random.default_rng(1)
    sound = rng.normal(size=4000)
    pixel = 0.8 * sound + 0.6 * rng.normal(size=4000)
    expected = mutual_info_regression(pixel[:, None], sound, random_state=0)[0]
    found = mutual_information_map(pixel[:, None, None], sound)[0, 0]
    assert found == pytest.approx(expected, abs=0.05)


def test_a_window_slides_over_all_its_places() -> None:
    rng = np.random.default_rng(2)
    video, envelope = rng.normal(size=(12, 2, 2)), rng.normal(size=12)
    parts = [mutual_information_map(video[s : s + 5], envelope[s : s + 5]) for s in range(8)]
    found = mutual_information_map(video, envelope, window=5)
    np.testing.assert_allclose(found, np.mean(parts, 0))


def test_information_does_not_depend_on_brightness_contrast_or_loudness() -> None:
    rng = np.random.default_rng(3)
    video, envelope = rng.normal(size=(20, 2, 2)), rng.normal(size=20)
    base = mutual_information_map(video, envelope)
    np.testing.assert_allclose(base, mutual_information_map(5 - 3 * video, 100 * envelope + 7))


def test_still_pixels_and_silence_carry_no_information() -> None:
    video, envelope = np.ones((9, 2, 2)), np.arange(9.0)
    assert not mutual_information_map(video, envelope).any()
    assert not mutual_information_map(
        np.random.default_rng(0).random((9, 2, 2)), 0 * envelope
    ).any()
    assert np.isfinite(mutual_information_map(envelope[:, None, None], envelope)).all()


def test_the_fewest_pixels_that_make_the_sound_are_found() -> None:
    rng = np.random.default_rng(4)
    video = rng.normal(size=(20, 300))
    weights = np.zeros(300)
    weights[[17, 205]] = 1.5, -0.7
    found = sparse_cca(video, video @ weights)
    np.testing.assert_allclose(found, weights, atol=1e-6)


def test_the_weighted_pixels_are_the_sound_and_no_shorter_weights_are() -> None:
    rng = np.random.default_rng(5)
    video, audio = rng.normal(size=(6, 30)), rng.normal(size=6)
    w = sparse_cca(video, audio)
    centred, sound = video - video.mean(0), audio - audio.mean()
    np.testing.assert_allclose(centred @ w, sound, atol=1e-6)
    assert (np.abs(w) > 1e-9).sum() <= 6
    assert np.abs(w).sum() <= np.abs(np.linalg.pinv(centred) @ sound).sum()
    # strong duality: max a·y with |V' y| <= 1 has the same value, so the minimum is the minimum
    signs = np.sign(w[np.abs(w) > 1e-9])
    y = np.linalg.lstsq(centred[:, np.abs(w) > 1e-9].T, signs, rcond=None)[0]
    assert np.abs(centred.T @ y).max() <= 1 + 1e-6
    assert sound @ y == pytest.approx(np.abs(w).sum())


def test_sound_that_no_pixel_explains_is_left_out() -> None:
    video = np.zeros((5, 3))
    assert not sparse_cca(video, np.arange(5.0)).any()
    video[:, 1] = [0, 1, 0, 0, 0]
    audio = video[:, 1] * 2 + np.array([0.0, 0, 1, -1, 0])
    np.testing.assert_allclose(sparse_cca(video, audio), [0, 2, 0], atol=1e-9)


def test_frames_and_sound_have_to_fit() -> None:
    with pytest.raises(SoundwalkError, match=r"expected \(F, H, W\) and \(F,\)"):
        mutual_information_map(np.zeros((4, 2, 2)), np.zeros(5))
    with pytest.raises(SoundwalkError, match="window=9"):
        mutual_information_map(np.zeros((4, 2, 2)), np.zeros(4), window=9)
    with pytest.raises(SoundwalkError, match=r"expected \(F, P\) and \(F,\)"):
        sparse_cca(np.zeros((4, 2)), np.zeros(5))
