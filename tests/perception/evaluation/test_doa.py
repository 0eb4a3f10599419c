"""Errors of direction go the short way round, and know front from back and left from right."""

from __future__ import annotations

from math import pi

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.spatial.transform import Rotation

from soundwalk.envs.interface import SoundwalkError
from soundwalk.perception.evaluation.doa import (
    DirectionErrors,
    angular_error,
    azimuth_error,
    front_back_confused,
    left_right_correct,
)

angles = st.floats(-pi, pi)
seeds = st.integers(0, 10_000)


@given(seeds)
def test_the_angle_between_directions_is_the_arc_cosine_of_their_product(seed: int) -> None:
    u, v = np.random.default_rng(seed).normal(size=(2, 7, 3))
    cosine = (u * v).sum(1) / np.linalg.norm(u, axis=1) / np.linalg.norm(v, axis=1)
    assert angular_error(u, v) == pytest.approx(np.arccos(cosine), abs=1e-6)


@given(seeds)
def test_the_angle_does_not_change_with_rotation_or_length(seed: int) -> None:
    rng = np.random.default_rng(seed)
    u, v = rng.normal(size=(2, 7, 3))
    turn = Rotation.random(rng=rng)
    assert angular_error(3 * turn.apply(u), turn.apply(v)) == pytest.approx(angular_error(u, v))
    assert angular_error(u, u) == pytest.approx(np.zeros(7), abs=1e-12)
    assert angular_error(u, -u) == pytest.approx(np.full(7, pi))


def test_small_angles_keep_their_digits() -> None:
    assert float(angular_error([1.0, 0.0], [1.0, 1e-9])) == pytest.approx(1e-9)


@given(angles, angles, st.integers(-3, 3))
def test_azimuths_are_compared_as_points_on_a_circle(a: float, b: float, turns: int) -> None:
    expected = abs(np.angle(np.exp(1j * (a - b))))
    assert float(azimuth_error(a + 2 * pi * turns, b)) == pytest.approx(expected, abs=1e-9)


@given(angles, angles)
def test_an_answer_and_its_mirror_image_are_never_both_confused(a: float, b: float) -> None:
    found, mirrored = front_back_confused([a, pi - a], [b, b])
    if abs(np.cos(b)) < np.sin(pi / 12):
        assert np.isnan(found)
    else:
        assert found + mirrored <= 1


def test_front_and_back_left_and_right() -> None:
    degrees = np.radians
    assert front_back_confused(degrees([170, 10, -140]), degrees([10, 10, -40])).tolist() == [
        1, 0, 1,
    ]  # fmt: skip
    assert np.isnan(front_back_confused(degrees(80.0), degrees(85.0)))
    answers, truth = degrees([40, -40, 140, 0]), degrees([30, 30, 30, 30])
    assert left_right_correct(answers, truth).tolist() == [1, 0, 1, 0.5]
    assert np.isnan(left_right_correct(degrees(5.0), degrees(175.0)))


def test_a_guess_is_off_by_90_degrees_and_right_about_sides_half_the_time() -> None:
    rng = np.random.default_rng(0)
    log = DirectionErrors()
    log.update(*rng.uniform(-pi, pi, (2, 20_000)))
    found = log.compute()
    assert found["azimuth_mae"] == pytest.approx(90, abs=1.5)
    assert found["azimuth_median"] == pytest.approx(90, abs=2)
    assert found["azimuth_acc@10"] == pytest.approx(20 / 360, abs=0.01)
    assert found["front_back_confusion"] == pytest.approx(0.5, abs=0.015)
    assert found["left_right"] == pytest.approx(0.5, abs=0.015)


def test_a_perfect_answer_has_the_best_value_of_everything() -> None:
    azimuth = np.linspace(-3, 3, 50)
    up, far = np.linspace(-1, 1, 50), np.linspace(1, 5, 50)
    log = DirectionErrors()
    log.update(azimuth, azimuth, elevation=(up, up), distance=(far, far))
    best = {"azimuth_acc@5": 1.0, "azimuth_acc@10": 1.0, "azimuth_acc@20": 1.0, "left_right": 1.0}
    found = log.compute()
    assert found == pytest.approx(dict.fromkeys(found, 0.0) | best, abs=1e-6)


def test_a_hand_worked_case() -> None:
    log = DirectionErrors()
    truth = np.radians([0.0, 0.0, 60.0, 178.0])
    answer = np.radians([4.0, 180.0, 68.0, -178.0])
    elevation = (np.zeros(4), np.radians([3.0, 0.0, 0.0, 0.0]))
    log.update(answer, truth, elevation=elevation, distance=([1, 2, 3, 5], [2, 2, 2, 4]))
    found = log.compute()
    assert found["azimuth_mae"] == pytest.approx((4 + 180 + 8 + 4) / 4)
    assert found["azimuth_median"] == pytest.approx(6)
    assert [found[f"azimuth_acc@{k}"] for k in (5, 10, 20)] == [0.5, 0.75, 0.75]
    assert found["front_back_confusion"] == 0.25
    assert found["left_right"] == 1.0  # one source only is not ahead or behind
    steep = np.degrees(np.arccos(np.cos(np.radians(4)) * np.cos(np.radians(3))))
    assert found["direction_mae"] == pytest.approx((steep + 180 + 8 + 4) / 4)
    assert found["distance_mae"] == pytest.approx(0.75)
    assert found["distance_rel"] == pytest.approx((0.5 + 0 + 0.5 + 0.25) / 4)


def test_sides_are_left_out_where_no_source_is_beside() -> None:
    log = DirectionErrors()
    log.update([0.0, 0.1], [0.0, 0.1])
    assert "left_right" not in log.compute()
    assert "distance_mae" not in log.compute()
    assert log.intervals(n=20)["azimuth_mae"] == (0.0, 0.0, 0.0)


def test_misuse_is_named() -> None:
    with pytest.raises(SoundwalkError, match="vector of length 0"):
        angular_error([0.0, 0.0], [1.0, 0.0])
    with pytest.raises(SoundwalkError, match="azimuth has the shape"):
        azimuth_error([0.0, 1.0], [0.0])
    with pytest.raises(SoundwalkError, match="truth holds nan"):
        azimuth_error(0.0, np.nan)
    log = DirectionErrors()
    with pytest.raises(SoundwalkError, match=r"expected \(N,\)"):
        log.update([[0.0]], [[0.0]])
    with pytest.raises(SoundwalkError, match="distance of 0 m"):
        log.update([0.0], [0.0], distance=([1.0], [0.0]))
    with pytest.raises(SoundwalkError, match="elevation has the shape"):
        log.update([0.0], [0.0], elevation=([1.0, 1.0], [0.0]))
    log.update([0.0], [0.0])
    with pytest.raises(SoundwalkError, match="the same every time"):
        log.update([0.0], [0.0], distance=([1.0], [1.0]))
