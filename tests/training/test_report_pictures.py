"""Pictures and sounds of a report show what they claim."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import soundfile
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure

from soundwalk.envs.interface import F32, U8, SoundwalkError
from soundwalk.training.report import pictures, plots
from soundwalk.training.report.exhibits import (
    Bars,
    Curve,
    DepthTriple,
    Directions,
    Heatmap,
    Matrix,
    Separated,
)
from soundwalk.training.report.overlay import blend, peak, shares
from soundwalk.training.report.sounds import spectrogram, write_wavs

GREY = np.full((64, 96, 3), 120, np.uint8)


def white(picture: U8) -> tuple[float, float]:
    """Middle of all white pixels: row, column."""
    rows, columns = np.nonzero((picture == 255).all(-1))
    return float(rows.mean()), float(columns.mean())


@pytest.mark.parametrize(("row", "column"), [(0, 0), (2, 6), (6, 3)])
def test_the_hottest_pixel_of_an_overlay_is_in_the_hottest_cell(row: int, column: int) -> None:
    heat = np.random.default_rng(row).uniform(-5, -4, (7, 8)).astype(np.float32)
    heat[row, column] = -2
    level = shares(heat)
    assert level.min() == 0
    assert level.max() == 1
    picture = blend(GREY, level).astype(int)
    hottest = picture.sum(-1) - 3 * picture[..., 2] // 2  # magma's end is pale yellow
    y, x = np.unravel_index(np.argmax(hottest), hottest.shape)
    assert (int(y * 7 / 64), int(x * 8 / 96)) == (row, column)
    assert peak(heat, 64, 96) == pytest.approx(
        ((row + 0.5) * 64 / 7 - 0.5, (column + 0.5) * 12 - 0.5)
    )


def test_the_ring_of_a_heatmap_is_at_the_peak_and_only_on_the_right() -> None:
    heat = np.zeros((8, 12), np.float32)
    heat[5, 4] = 3
    picture = pictures.heatmap(Heatmap(GREY, heat))
    assert picture.shape == (320, 480 + 8 + 480, 3)
    np.testing.assert_array_equal(picture[:, :480], 120)
    row, column = white(picture[:, 488:])
    assert row == pytest.approx(5.5 * 40 - 0.5, abs=1)
    assert column == pytest.approx(4.5 * 40 - 0.5, abs=1)


def test_the_object_that_sounds_is_outlined_in_both_pictures_without_hiding_it() -> None:
    mask = np.zeros((64, 96), np.bool_)
    mask[20:40, 30:60] = True
    picture = pictures.heatmap(Heatmap(GREY, np.zeros((8, 12), np.float32), mask))
    for half in (picture[:, :480], picture[:, 488:]):
        cyan = (half == (0, 229, 255)).all(-1)
        rows, columns = np.nonzero(cyan)
        assert rows.min() == pytest.approx(100, abs=4)
        assert rows.max() == pytest.approx(200, abs=4)
        assert columns.min() == pytest.approx(150, abs=4)
        assert columns.max() == pytest.approx(300, abs=4)
        assert not cyan[100:200, 150:300].any()


def test_flat_and_broken_heat_leave_a_picture_that_can_be_seen() -> None:
    for heat in (np.full((4, 4), 7, np.float32), np.full((4, 4), np.nan, np.float32)):
        assert shares(heat).max() == 0
        np.testing.assert_array_equal(blend(GREY, shares(heat)), GREY)
    some = np.array([[np.nan, 1.0], [2.0, np.inf]], np.float32)
    np.testing.assert_array_equal(shares(some), [[0, 0], [1, 0]])


def images(figure: Figure) -> dict[str, Any]:
    """What lies in the axes of a figure by their titles."""
    return {ax.get_title(): ax.images[0] for ax in figure.axes if ax.images}


def test_depths_share_a_scale_from_zero_and_the_error_has_a_symmetric_one() -> None:
    truth = np.linspace(1, 5, 64, dtype=np.float32).reshape(8, 8)
    truth[0, 0] = 0  # not known
    prediction = truth + np.where(np.arange(8) < 4, -0.5, 0.5).astype(np.float32)
    shown = images(pictures.depth(DepthTriple(truth, prediction, GREY)))
    assert list(shown) == ["seen", "truth", "prediction", "error, RMSE 0.50 m"]
    assert shown["truth"].get_clim() == shown["prediction"].get_clim() == (0, 5)
    error = shown["error, RMSE 0.50 m"]
    low, high = error.get_clim()
    assert low == pytest.approx(-0.5)
    assert high == pytest.approx(0.5)
    assert error.get_array().mask[0, 0]
    np.testing.assert_allclose(error.get_array()[1, [0, 7]], [-0.5, 0.5])


def test_errors_are_wrapped_and_only_mirrored_ones_are_confused() -> None:
    truth = np.radians([170.0, 30, -40, 120, 0, 80, np.nan])
    estimate = np.radians([-170.0, 145, -50, -100, 70, 100, 0])
    found = plots.errors(Directions(truth, estimate, "system"))
    np.testing.assert_allclose(found.error, [20, 115, 10, 140, 70, 20], atol=1e-9)
    np.testing.assert_array_equal(found.confused, [0, 1, 0, 0, 0, np.nan])


def test_the_polar_plot_shows_ahead_above_and_left_at_the_left() -> None:
    truth = np.radians(np.array([0.0, 75, 180, -75], np.float32))
    figure = plots.polar([Directions(truth, truth + np.radians(9), "system")])
    ax: Any = figure.axes[0]
    FigureCanvasAgg(figure).draw()
    points = np.asarray(ax.collections[0].get_offsets())
    np.testing.assert_allclose(points[:, 1] ** 2, 9, atol=1e-4)  # the root of the error
    x, y = ax.transData.transform(points).T
    middle = ax.transData.transform((0, 0))
    assert y[0] > middle[1] + 20
    assert y[2] < middle[1] - 20
    assert x[1] < middle[0] - 20
    assert x[3] > middle[0] + 20
    assert [float(line) for line in ax.lines[0].get_ydata()[[0, 2, 6, 10]]] == pytest.approx(
        [3] * 4
    )


def test_the_system_has_its_own_colour_among_others() -> None:
    found = plots.colours(["GCC-PHAT", "system", "SRP-PHAT", "system, frozen"])
    assert found[1] == found[3] == plots.SYSTEM
    assert len(set(found)) == 3


def test_bars_curves_and_matrices_hold_their_values() -> None:
    interval = {"mean": 0.5, "low": 0.4, "high": 0.7}
    ax: Any = plots.bars(Bars("b", {"system": interval, "chance": interval})).axes[0]
    assert [patch.get_width() for patch in ax.patches] == [0.5, 0.5]
    assert list(ax.lines[0].get_xdata()) == [0.4, 0.7]
    assert [t.get_text() for t in ax.get_yticklabels()] == ["system", "chance"]
    ax = plots.curve(Curve([0, 1], {"a": [2, 3], "b": [4, 5]}, "x", "y", "t")).axes[0]
    assert [list(line.get_ydata()) for line in ax.lines] == [[2, 3], [4, 5]]
    values = np.array([[1, 2, 3], [4, 0, 6]], np.float32)
    figure = plots.matrix(Matrix(values, ["p", "q"], ["a", "b", "c"], "t"))
    np.testing.assert_array_equal(figure.axes[0].images[0].get_array(), values)
    assert [t.get_text() for t in figure.axes[0].texts] == ["1", "2", "3", "4", "0", "6"]


def sine(hertz: float, amplitude: float, rate: int = 16_000) -> F32:
    wave: F32 = (amplitude * np.sin(2 * np.pi * hertz * np.arange(rate) / rate)).astype(np.float32)
    return wave


def test_wav_files_are_the_sounds_times_one_gain(tmp_path: Path) -> None:
    rng = np.random.default_rng(0)
    loud, soft = rng.normal(0, 3, (2, 2, 4000)).astype(np.float32) * [[[1.0]], [[0.01]]]
    paths = tmp_path / "a.wav", tmp_path / "deep" / "b.wav"
    gain = write_wavs({paths[0]: loud, paths[1]: soft}, 16_000)
    for path, sound in zip(paths, (loud, soft), strict=True):
        heard, rate = soundfile.read(str(path), dtype="float32")
        assert rate == 16_000
        np.testing.assert_allclose(heard.T, sound * gain, atol=1 / 32768)
    assert np.abs(loud * gain).max() == pytest.approx(10 ** (-1 / 20), rel=0.01)
    assert write_wavs({paths[0]: np.zeros(10, np.float32)}, 16_000) == 1


def test_a_spectrogram_has_the_power_of_a_sine_where_it_sounds() -> None:
    power = spectrogram(np.concatenate([sine(1000, 0.5), np.zeros(16_000, np.float32)]), 16_000)
    bins, frames = power.shape
    assert bins == 257
    assert frames == 1 + 32_000 // 128
    assert np.argmax(power[:, 50]) == 1000 / 16_000 * 512
    assert power[32, 50] == pytest.approx(0.25, rel=0.01)
    assert power[:, 135:].max() < 1e-9


def test_spectrograms_of_a_separation_have_one_scale() -> None:
    mixture = np.stack([sine(500, 1.0) + sine(3000, 0.1)] * 2)
    wanted = np.stack([sine(3000, 0.1)] * 2)
    figures = pictures.spectrograms(Separated(mixture, wanted, wanted, 16_000))
    assert list(figures) == ["mixture", "wanted", "estimate"]
    shown = {name: images(figure)[name] for name, figure in figures.items()}
    assert len({image.get_clim() for image in shown.values()}) == 1
    assert shown["mixture"].get_array().max() == pytest.approx(0, abs=0.1)
    assert shown["wanted"].get_array().max() == pytest.approx(-20, abs=0.3)  # dB below
    assert shown["wanted"].get_extent() == [0, 1, 0, 8]


@pytest.mark.parametrize(
    ("make", "words"),
    [
        (lambda: Heatmap(GREY.astype("f4"), np.zeros((2, 2), "f4")), "uint8"),
        (lambda: Heatmap(GREY, np.zeros(4, "f4")), r"Heatmap.heat: shape \(4,\)"),
        (lambda: Heatmap(GREY, np.zeros((2, 2), "f4"), np.ones((2, 2), "?")), "as for the frame"),
        (lambda: DepthTriple(np.ones((2, 2), "f4"), np.ones((2, 3), "f4")), "prediction"),
        (lambda: Directions(np.ones(3), np.ones(2), "a"), "estimate"),
        (lambda: Directions(np.ones((3, 1)), np.ones((3, 1)), "a"), r"expected \(n,\)"),
        (lambda: Separated(np.ones(9), np.ones(9), np.ones(8), 16_000), "estimate"),
        (lambda: Separated(np.ones(0), np.ones(0), np.ones(0), 16_000), "mixture"),
        (lambda: Curve([1, 2], {"a": [1]}, "", "", ""), r"Curve.y\['a'\]"),
        (lambda: Bars("t", {"system": {"mean": 1.0}}), "expected mean, low, high"),
        (lambda: Matrix(np.ones((2, 2)), ["a"], ["b", "c"], "t"), "as for the names"),
    ],
)
def test_an_exhibit_of_the_wrong_shape_is_named(make: Any, words: str) -> None:
    with pytest.raises(SoundwalkError, match=words):
        make()
