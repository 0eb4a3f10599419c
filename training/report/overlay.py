"""A heatmap laid over a picture: colours by magma, the peak ringed, the true object outlined."""

from __future__ import annotations

import functools

import numpy as np
from PIL import Image, ImageDraw
from scipy import ndimage

from ...envs.interface import F32, U8, Bool
from .exhibits import Reals

_OPAQUE = 0.9  # of the hottest place
_OBJECT = (0, 229, 255)  # cyan is on no end of magma


def peak(heat: Reals, height: int, width: int) -> tuple[float, float]:
    """Row and column, in pixels of a picture, of the middle of the hottest cell."""
    row, column = np.unravel_index(int(np.argmax(_filled(heat))), heat.shape)
    return (
        (float(row) + 0.5) * height / heat.shape[0] - 0.5,
        (float(column) + 0.5) * width / heat.shape[1] - 0.5,
    )


def shares(heat: Reals, low: float | None = None, high: float | None = None) -> F32:
    """Heat from 0 to 1 between two levels, by default its own extremes; all 0 where it is flat."""
    filled = _filled(heat)
    low = float(filled.min()) if low is None else low
    high = float(filled.max()) if high is None else high
    if high <= low:
        return np.zeros_like(filled)
    scaled: F32 = np.clip((filled - low) / (high - low), 0, 1).astype(np.float32)
    return scaled


def blend(frame: U8, heat: Reals) -> U8:
    """Lay heat from 0 to 1 over a picture that is grey where it is cool.

    Args:
        frame: (H, W, 3).
        heat: (h, w) on its own grid, whose cells cover the picture.

    Returns:
        (H, W, 3).
    """
    height, width = frame.shape[:2]
    smooth = Image.fromarray(np.asarray(heat, np.float32)).resize(
        (width, height), Image.Resampling.BILINEAR
    )
    level = np.clip(np.asarray(smooth), 0, 1)
    alpha = _OPAQUE * level[..., None] ** 1.25  # what is lukewarm stays recognisable
    grey = frame @ np.array([0.299, 0.587, 0.114], np.float32)
    under = 0.35 * frame + 0.65 * grey[..., None]
    over = _magma()[(level * 255).round().astype(np.int64)]
    mixed: U8 = ((1 - alpha) * under + alpha * over).round().astype(np.uint8)
    return mixed


def ring(picture: U8, row: float, column: float, radius: float | None = None) -> U8:
    """The same picture with a white ring on a black one around a place."""
    image = Image.fromarray(picture)
    brush = ImageDraw.Draw(image)
    radius = max(4.0, 0.04 * min(picture.shape[:2])) if radius is None else radius
    thick = max(2, round(radius / 3.5))
    for reach, colour, line in (
        (radius + thick / 2, (0, 0, 0), 2 * thick),
        (radius, (255, 255, 255), thick),
    ):
        box = (column - reach, row - reach, column + reach, row + reach)
        brush.ellipse(box, outline=colour, width=line)
    return np.asarray(image)


def outline(picture: U8, mask: Bool) -> U8:
    """The same picture with a line around the pixels (H, W) of an object."""
    thick = max(1, round(min(picture.shape[:2]) / 160))
    grown = ndimage.binary_dilation(mask, iterations=thick)
    result = picture.copy()
    result[ndimage.binary_dilation(grown, iterations=thick) & ~mask] = 0
    result[grown & ~mask] = _OBJECT
    return result


@functools.cache
def _magma() -> F32:
    """Matplotlib's colours, (256, 3), 0 to 255."""
    from matplotlib import colormaps

    colours: F32 = (colormaps["magma"](np.arange(256))[:, :3] * 255).astype(np.float32)
    return colours


def _filled(heat: Reals) -> F32:
    """The same heat, with its least value where it is no number."""
    heat = np.asarray(heat, np.float32)
    good = np.isfinite(heat)
    return heat if good.all() else np.where(good, heat, heat[good].min() if good.any() else 0.0)
