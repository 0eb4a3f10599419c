"""What measures are computed of is finite, whole and of one shape, or it is named."""

from __future__ import annotations

import numpy as np
import pytest

from soundwalk.envs.interface import SoundwalkError
from soundwalk.perception.evaluation.checks import alike, numbers, whole


@pytest.mark.parametrize(
    ("value", "axes", "message"),
    [
        ([], 0, "scores has the shape (0,): expected at least 0 axes and one entry"),
        (
            np.zeros((3, 0)), 2,
            "scores has the shape (3, 0): expected at least 2 axes and one entry",
        ),
        ([1.0, 2.0], 2, "scores has the shape (2,): expected at least 2 axes and one entry"),
        ([1.0, np.nan], 1, "scores holds nan in 1 of 2 places: expected finite numbers"),
        (
            [[np.inf, 0], [-np.inf, 2]], 1,
            "scores holds inf in 2 of 4 places: expected finite numbers",
        ),
    ],
)  # fmt: skip
def test_numbers_that_measure_nothing_are_named(value: object, axes: int, message: str) -> None:
    with pytest.raises(SoundwalkError) as error:
        numbers("scores", value, axes)  # type: ignore[arg-type]
    assert str(error.value) == message


def test_numbers_of_any_kind_become_doubles_with_their_values() -> None:
    for value in (3, True, [1, 2], np.float16(0.5), np.array([250, 251], np.uint8), [[1.5], [2.5]]):
        found = numbers("x", value)
        assert found.dtype == np.float64
        assert found.tolist() == np.asarray(value).tolist()


@pytest.mark.parametrize(
    ("value", "least", "message"),
    [
        ([0, 1.5], None, "label holds 1.5: expected whole numbers"),
        ([3, -1], 0, "label holds -1: expected 0 or more"),
        ([0, 4], 1, "label holds 0: expected 1 or more"),
        ([np.nan], None, "label holds nan in 1 of 1 places: expected finite numbers"),
        ([], None, "label has the shape (0,): expected at least 0 axes and one entry"),
    ],
)
def test_numbers_that_count_nothing_are_named(
    value: object, least: int | None, message: str
) -> None:
    with pytest.raises(SoundwalkError) as error:
        whole("label", value, least)  # type: ignore[arg-type]
    assert str(error.value) == message


def test_whole_numbers_may_come_as_floats_and_keep_their_shape() -> None:
    found = whole("label", np.array([[2.0, -3.0]], np.float32))
    assert found.dtype == np.int64
    assert found.tolist() == [[2, -3]]


def test_arrays_of_one_shape_pass_and_others_name_both() -> None:
    alike("estimate", np.zeros((2, 3)), "truth", (2, 3))
    with pytest.raises(SoundwalkError) as error:
        alike("estimate", np.zeros((3, 2)), "truth", (2, 3))
    assert str(error.value) == "estimate has the shape (3, 2): expected (2, 3), as truth has"
