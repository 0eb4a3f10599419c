"""Pictures are made pixel by pixel of what they show; each is drawn again here the slow way."""

from __future__ import annotations

import base64
import io
from html.parser import HTMLParser
from pathlib import Path

import numpy as np
import pytest
from matplotlib import colormaps
from PIL import Image

from soundwalk.envs.interface import F32, U8
from soundwalk.training.frames import waveforms
from soundwalk.training.page_style import document, figure
from soundwalk.training.report.overlay import blend, outline, peak, ring, shares

STRIP, LANE = 96, 48
COLOURS = ((70, 130, 230), (230, 110, 70))  # left, right


def drawn(sound: F32, width: int, full: float) -> U8:
    """The strip, column by column and row by row."""
    strip = np.full((STRIP, width, 3), 255, np.uint8)
    for x in range(width):
        begin = x * sound.shape[1] // width
        end = max((x + 1) * sound.shape[1] // width, begin + 1)
        for ear in range(2):
            part = sound[ear, begin:end] / full * (LANE / 2 - 2)
            middle = ear * LANE + LANE // 2
            for y in range(STRIP):
                if y + 1 > middle - part.max() and y - 1 < middle - part.min():
                    strip[y, x] = COLOURS[ear]
    return strip


@pytest.mark.parametrize(("samples", "width"), [(4000, 200), (4000, 137), (300, 300), (64, 96)])
def test_a_strip_spans_the_least_and_the_largest_sample_of_each_column(
    samples: int, width: int
) -> None:
    sound = np.random.default_rng(0).uniform(-1, 1, (2, samples)).astype(np.float32)
    sound[:, samples // 2 :] *= 0.1
    blocks = np.split(sound, 4, axis=1)
    found, expected = waveforms(blocks, width, full=1.0), drawn(sound, width, 1.0)
    assert found.shape == expected.shape
    np.testing.assert_array_equal(found[:LANE], expected[:LANE])
    np.testing.assert_array_equal(found[LANE:], expected[LANE:])


def test_the_loudest_sample_fills_a_lane_and_silence_is_a_line() -> None:
    full = np.zeros((2, 100), np.float32)
    full[0, :50], full[0, 50:] = 3.0, -3.0
    strip = waveforms([full], 100, full=3.0)
    left = (strip == COLOURS[0]).all(-1)
    assert np.flatnonzero(left[:, 0]).tolist() == [2]
    assert np.flatnonzero(left[:, 99]).tolist() == [46]
    right = (strip == COLOURS[1]).all(-1)
    assert np.flatnonzero(right.any(1)).tolist() == [72]  # silent, whatever the left ear hears
    assert (waveforms([full * 0], 100, full=0.0) != 255).any()  # nothing was ever heard


def test_only_pixels_next_to_an_object_are_outlined() -> None:
    picture = np.random.default_rng(1).integers(0, 200, (40, 50, 3), np.uint8)
    mask = np.zeros((40, 50), np.bool_)
    mask[10:20, 12:30], mask[25, 40] = True, True
    found = outline(picture, mask)
    for y, x in np.ndindex(40, 50):
        steps = np.abs(np.argwhere(mask) - (y, x)).sum(1).min()  # along rows and columns
        expected = {1: (0, 229, 255), 2: (0, 0, 0)}.get(int(steps), tuple(picture[y, x]))
        assert tuple(found[y, x]) == expected


def test_nothing_is_outlined_where_nothing_sounds() -> None:
    picture = np.random.default_rng(2).integers(0, 255, (20, 30, 3), np.uint8)
    np.testing.assert_array_equal(outline(picture, np.zeros((20, 30), np.bool_)), picture)


def test_the_hottest_place_is_nine_tenths_magma_over_a_faded_picture() -> None:
    """By hand: 0.35 of the colour and 0.65 of its luma (BT.601) below, 0.9 of the colour above."""
    frame = np.full((6, 8, 3), (200, 100, 50), np.uint8)
    luma = 0.299 * 200 + 0.587 * 100 + 0.114 * 50
    under = 0.35 * np.array([200, 100, 50]) + 0.65 * luma
    for level in (0.0, 0.5, 1.0):
        alpha = 0.9 * level**1.25
        colour = np.array(colormaps["magma"](round(level * 255))[:3]) * 255
        found = blend(frame, np.full((3, 4), level, np.float32))
        np.testing.assert_allclose(
            found, np.broadcast_to((1 - alpha) * under + alpha * colour, found.shape), atol=1.0
        )


def test_heat_between_two_levels_is_cut_off_beyond_them() -> None:
    heat = np.array([[-1.0, 0.0], [0.25, 3.0]], np.float32)
    np.testing.assert_allclose(shares(heat, 0.0, 0.5), np.array([[0, 0], [0.5, 1]]))
    np.testing.assert_allclose(shares(heat), np.array([[0, 0.25], [0.3125, 1]]))
    np.testing.assert_array_equal(shares(heat, 2.0, 2.0), np.zeros((2, 2)))


def test_heat_and_picture_share_their_corners_whatever_their_sizes() -> None:
    """A peak in the last of n cells lies half a cell before the end."""
    for cells, pixels in ((1, 10), (4, 4), (5, 100), (7, 3)):
        heat = np.zeros((cells, 1), np.float32)
        heat[-1] = 1
        row, column = peak(heat, pixels, 9)
        assert row == pytest.approx(pixels - 0.5 - pixels / cells / 2)
        assert column == 4.0


@pytest.mark.parametrize(("row", "column"), [(30.0, 40.0), (0.0, 0.0), (59.0, 79.5)])
def test_a_ring_lies_as_far_from_its_place_as_its_radius_says(row: float, column: float) -> None:
    picture = np.full((60, 80, 3), 120, np.uint8)
    found = ring(picture, row, column, 10.0)
    y, x = np.nonzero((found == 255).all(-1))
    away = np.hypot(y - row, x - column)
    assert len(y) > 10
    assert away.min() > 10 - 3 - 1.5  # three pixels thick, inwards
    assert away.max() < 10 + 1.5
    changed = np.argwhere((found != picture).any(-1))
    assert np.hypot(*(changed - (row, column)).T).max() < 10 + 1.5 + 1.5


class Page(HTMLParser):
    """The titles, pictures and words of a page."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.images: list[dict[str, str | None]] = []
        self.words: dict[str, str] = {}
        self.tags: list[str] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        if tag == "img":
            self.images.append(dict(attrs))

    def handle_data(self, data: str) -> None:
        if data.strip():
            self.words[self.tags[-1]] = data.strip()


def test_a_page_shows_the_very_pixels_and_the_very_words(tmp_path: Path) -> None:
    picture = np.random.default_rng(3).integers(0, 255, (9, 7, 3), np.uint8)
    Image.fromarray(picture).save(tmp_path / "a.png")
    caption = 'loud & "clear" <b>'
    body = figure(tmp_path / "a.png", caption, "<audio></audio>")
    page = Page(document("a < b", body, "p { color: red; }"))
    assert page.words["title"] == "a < b"
    assert page.words["figcaption"] == caption
    assert page.words["style"].endswith("p { color: red; }")
    (shown,) = page.images
    assert shown["alt"] == caption
    kind, _, data = str(shown["src"]).partition(",")
    assert kind == "data:image/png;base64"
    found = np.asarray(Image.open(io.BytesIO(base64.b64decode(data))))
    np.testing.assert_array_equal(found, picture)
    assert page.tags.index("img") < page.tags.index("audio") < page.tags.index("figcaption")
    assert "b" not in page.tags


def test_a_picture_without_words_has_no_caption(tmp_path: Path) -> None:
    Image.fromarray(np.zeros((2, 2, 3), np.uint8)).save(tmp_path / "a.png")
    assert Page(figure(tmp_path / "a.png", "")).tags == ["figure", "img"]
