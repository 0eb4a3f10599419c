"""Images of what a system saw, heard and made of it: heatmaps, depths, spectrograms."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from matplotlib.figure import Figure
from PIL import Image

from ...envs.interface import F32, U8
from .exhibits import DepthTriple, Heatmap, Separated
from .overlay import blend, outline, peak, ring, shares
from .sounds import spectrogram

PANEL = 320  # pixels of the shorter side of a picture
_GAP = 8  # pixels between two pictures
_RANGE = 70.0  # decibels of a spectrogram, down from the loudest
_SURE = 98  # percentile of the errors that is the end of their scale

_Shown = tuple[str, Any, dict[str, Any]]  # title, image, how matplotlib shows it


def heatmap(exhibit: Heatmap) -> U8:
    """What was seen, and beside it the heat over it.

    The object that sounds is outlined in both, the peak of the heat ringed in the second.

    Returns:
        (H', 2 W' + 8, 3).
    """
    frame = enlarged(exhibit.frame)
    height, width = frame.shape[:2]
    hot = blend(frame, shares(exhibit.heat))
    if exhibit.mask is not None:
        mask = np.asarray(
            Image.fromarray(exhibit.mask).resize((width, height), Image.Resampling.NEAREST)
        )
        frame, hot = outline(frame, mask), outline(hot, mask)
    hot = ring(hot, *peak(exhibit.heat, height, width))
    return np.concatenate([frame, np.full((height, _GAP, 3), 255, np.uint8), hot], 1)


def enlarged(frame: U8) -> U8:
    """A picture whose shorter side has as many pixels as our pictures have."""
    height, width = frame.shape[:2]
    scale = PANEL / min(height, width)
    size = (round(width * scale), round(height * scale))
    return np.asarray(Image.fromarray(frame).resize(size, Image.Resampling.BICUBIC))


def depth(exhibit: DepthTriple) -> Figure:
    """Truth and prediction on one scale from zero, and their difference on a symmetric one."""
    truth, prediction = exhibit.truth, exhibit.prediction
    known = np.isfinite(truth) & (truth > 0)
    error = np.where(known, prediction - truth, np.nan)
    deepest = float(truth[known].max()) if known.any() else 1.0
    off = np.abs(error[np.isfinite(error)])
    reach = max(float(np.percentile(off, _SURE)) if off.size else 0.0, 1e-3)
    rmse = float(np.sqrt(np.square(off).mean())) if off.size else float("nan")
    shown: list[_Shown] = [] if exhibit.frame is None else [("seen", enlarged(exhibit.frame), {})]
    scale: dict[str, Any] = {"cmap": "viridis", "vmin": 0.0, "vmax": deepest}
    signed: dict[str, Any] = {"cmap": "RdBu_r", "vmin": -reach, "vmax": reach}
    shown += [
        ("truth", np.where(known, truth, np.nan), scale),
        ("prediction", prediction, scale),
        (f"error, RMSE {rmse:.2f} m", error, signed),
    ]
    return _squares(shown, truth.shape[0] / truth.shape[1])


def spectrograms(exhibit: Separated) -> dict[str, Figure]:
    """Mixture, what was wanted and the estimate, each a picture, all on the mixture's scale."""
    sounds = {"mixture": exhibit.mixture, "wanted": exhibit.wanted, "estimate": exhibit.estimate}
    powers = {name: spectrogram(sound, exhibit.rate) for name, sound in sounds.items()}
    loudest = max(float(power.max()) for power in powers.values()) or 1.0
    seconds = exhibit.mixture.shape[-1] / exhibit.rate
    return {name: _spectrum(name, p / loudest, seconds, exhibit.rate) for name, p in powers.items()}


def save(picture: U8 | Figure, path: Path) -> Path:
    """Write a picture as a PNG file."""
    path.parent.mkdir(parents=True, exist_ok=True)
    if isinstance(picture, np.ndarray):
        Image.fromarray(picture).save(path, optimize=True)
    else:
        picture.savefig(path)
    return path


def _spectrum(title: str, power: F32, seconds: float, rate: int) -> Figure:
    """One spectrogram, decibels below the loudest of all that are shown."""
    figure = Figure(figsize=(4.0, 3.0), dpi=120, layout="constrained")
    ax = figure.add_subplot()
    level = 10 * np.log10(np.maximum(power, 1e-12))
    shown = ax.imshow(
        level, origin="lower", aspect="auto", cmap="magma", vmin=-_RANGE, vmax=0.0,
        extent=(0, seconds, 0, rate / 2000), interpolation="bilinear",
    )  # fmt: skip
    ax.set(xlabel="seconds", ylabel="kHz")
    ax.set_title(title, fontsize=11)
    bar = figure.colorbar(shown, ax=ax, fraction=0.05, pad=0.02)
    bar.set_label("dB, loudest 0", fontsize=8)
    bar.ax.tick_params(labelsize=8)
    return figure


def _squares(shown: Sequence[_Shown], aspect: float) -> Figure:
    """Up to four images, two by two, with bars in metres where they are no photographs."""
    wide, bar, pad, head = 2.4, 0.75, 0.1, 0.3  # inches
    tall = wide * aspect
    width, height = 2 * (wide + bar + pad), 2 * (tall + head + pad)
    figure = Figure(figsize=(width, height), dpi=120)
    for place, (title, values, kind) in enumerate(shown):
        left = pad + (place % 2) * (wide + bar + pad)
        low = height - (place // 2 + 1) * (tall + head + pad) + pad
        ax = figure.add_axes((left / width, low / height, wide / width, tall / height))
        image = ax.imshow(values, interpolation="nearest", aspect="auto", **kind)
        ax.set(xticks=[], yticks=[], facecolor="#bbbbbb")  # grey where nothing is known
        ax.set_title(title, fontsize=11, pad=4)
        if kind:
            side = ((left + wide + 0.06) / width, low / height, 0.1 / width, tall / height)
            extend = "both" if kind["vmin"] < 0 else "neither"
            scale = figure.colorbar(image, cax=figure.add_axes(side), extend=extend)
            scale.ax.tick_params(labelsize=8)
            scale.ax.set_title("m", fontsize=8, pad=2 if extend == "neither" else 10)
    return figure
