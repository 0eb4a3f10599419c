"""A whole home as it sounds: level over the plan, and whence sound comes first."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from ...envs.acoustics import (
    AcousticConfig,
    AcousticModel,
    AcousticPool,
    GeometricEngine,
    render_rirs,
)
from ...envs.interface import F64, SENSOR_HEIGHT, SoundwalkError
from ...envs.scenes import Scene, generate

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure
    from matplotlib.path import Path as Path2D

SEED, ROOMS = 12, 6
_WALL, _SOURCE = "#3b3f46", "#d32f2f"


def _grid(scene: Scene, step: float) -> tuple[F64, F64]:
    """Coordinates of a regular grid over the home."""
    x0, y0, x1, y1 = scene.plan.bounds
    return np.arange(x0 + step / 2, x1, step), np.arange(y0 + step / 2, y1, step)


def _walls(ax: Axes, scene: Scene) -> Path2D:
    """Rooms and doorways cut out of a dark slab, furniture in outline; returns the cut.

    Walls are what is left; pictures of the air are clipped to the cut.
    """
    from matplotlib.patches import Rectangle
    from matplotlib.path import Path as Outline

    x0, y0, x1, y1 = scene.plan.bounds
    slab = Rectangle((x0 - 0.15, y0 - 0.15), x1 - x0 + 0.3, y1 - y0 + 0.3, color=_WALL, zorder=0)
    ax.add_patch(slab)
    holes = [room.box for room in scene.plan.rooms] + [door.box for door in scene.plan.doors]
    for a, b, c, d in holes:
        ax.add_patch(Rectangle((a, b), c - a, d - b, color="white", lw=0, zorder=0.5))
    for piece in scene.plan.furniture:
        a, b, _, c, d, top = piece.box
        if top > 0.3:
            outline = Rectangle((a, b), c - a, d - b, fill=False, ec=_WALL, lw=0.6, alpha=0.5)
            outline.set_zorder(4)
            ax.add_patch(outline)
    ax.set(xlim=(x0 - 0.2, x1 + 0.2), ylim=(y0 - 0.2, y1 + 0.2), aspect="equal")
    ax.set(xlabel="m", ylabel="m")
    corners = [[(a, b), (c, b), (c, d), (a, d), (a, b)] for a, b, c, d in holes]
    return Outline.make_compound_path(*(Outline(np.array(c), closed=True) for c in corners))


def _figure(scene: Scene) -> tuple[Figure, Axes]:
    """A figure as wide as the home and a colour bar want."""
    from matplotlib.figure import Figure

    x0, y0, x1, y1 = scene.plan.bounds
    scale = min(9.0 / (x1 - x0), 6.5 / (y1 - y0))
    size = (x1 - x0) * scale + 2.2, (y1 - y0) * scale + 1.2
    figure = Figure(figsize=size, dpi=110, layout="constrained")
    return figure, figure.add_subplot()


def _source(scene: Scene) -> tuple[float, float, float]:
    """A point of the largest room, off its middle."""
    x0, y0, x1, y1 = max(scene.plan.rooms, key=lambda room: room.area).box
    return x0 + 0.35 * (x1 - x0), y0 + 0.4 * (y1 - y0), 1.4


def levels(scene: Scene, source: tuple[float, float, float], xs: F64, ys: F64) -> F64:
    """(len(ys), len(xs)) dB of a whole response, 0 where 1 m away in the free; NaN in walls."""
    config = AcousticConfig(receiver="mono")
    pool = AcousticPool(1, config)
    pool.put(0, AcousticModel.from_scene(scene, config))
    pool.put_source(0, 0, source)
    found = np.full((len(ys), len(xs)), np.nan)
    places = [(i, j) for i in range(len(ys)) for j in range(len(xs)) if _air(scene, xs[j], ys[i])]
    for start in range(0, len(places), 64):
        some = places[start : start + 64]
        ears = np.array([(xs[j], ys[i], SENSOR_HEIGHT) for i, j in some])
        rows = np.zeros(len(some), np.int32)
        out = np.empty((len(some), 1, config.samples), np.float32)
        render_rirs(pool, rows, ears, np.zeros(len(some)), out, rows)
        energy = (out[:, 0].astype(np.float64) ** 2).sum(1)
        for (i, j), e in zip(some, energy, strict=True):
            found[i, j] = 10 * np.log10(max(float(e), 1e-12))
    return found


def _spread(found: F64) -> F64:
    """Levels carried into the walls, so that pictures clipped to the air leave no gaps."""
    from scipy.ndimage import distance_transform_edt

    nearest = distance_transform_edt(np.isnan(found), return_distances=False, return_indices=True)
    filled: F64 = found[tuple(nearest)]
    return filled


def _air(scene: Scene, x: float, y: float) -> bool:
    """Whether (x, y) is in a room or a doorway."""
    try:
        scene.plan.room_at(float(x), float(y))
    except SoundwalkError:
        return False
    return True


def level_map(path: Path, quick: bool = True) -> None:
    """Level over the plan of a generated home."""
    scene = generate(SEED, rooms=ROOMS)
    source = _source(scene)
    xs, ys = _grid(scene, 0.25 if quick else 0.1)
    found = levels(scene, source, xs, ys)
    figure, ax = _figure(scene)
    edges = (xs[0], xs[-1], ys[0], ys[-1])
    half = (xs[1] - xs[0]) / 2
    extent = (edges[0] - half, edges[1] + half, edges[2] - half, edges[3] + half)
    top = float(np.nanpercentile(found, 99.5))
    filled = _spread(found)
    image = ax.imshow(
        filled,
        origin="lower",
        extent=extent,
        cmap="magma",
        vmin=top - 40,
        vmax=top,
        zorder=1,
    )
    lines = ax.contour(xs, ys, filled, levels=np.arange(-60, 30, 3), colors="white", linewidths=0.4)
    air = _walls(ax, scene)
    for artist in (image, lines):
        artist.set_clip_path(air, ax.transData)
    image.set_zorder(1)
    lines.set(zorder=2)
    ax.plot(source[0], source[1], "*", ms=16, color=_SOURCE, mec="white", zorder=6)
    ax.set_title(f"Level in home {SEED}, dB re 1 m in the free; lines every 3 dB")
    figure.colorbar(image, ax=ax, shrink=0.8, label="dB")
    figure.savefig(path)


def direction_map(path: Path, quick: bool = True) -> None:
    """Arrows along which the first sound travels at each point of a generated home."""
    scene = generate(SEED, rooms=ROOMS)
    source = _source(scene)
    engine = GeometricEngine(scene, receiver="mono", late=False, order=0)
    step = 0.6 if quick else 0.4
    xs, ys = _grid(scene, step)
    rows = []
    for x in xs:
        for y in ys:
            if _air(scene, x, y):
                first = engine.arrival(source, (float(x), float(y), SENSOR_HEIGHT))
                rows.append((x, y, -np.cos(first.azimuth), -np.sin(first.azimuth), first.time))
    x, y, u, v, time = np.array(rows).T
    figure, ax = _figure(scene)
    _walls(ax, scene)
    arrows = ax.quiver(
        x, y, u, v, 1e3 * time, cmap="viridis", angles="xy", scale_units="xy", scale=1.3 / step,
        width=0.003, pivot="mid", zorder=3,
    )  # fmt: skip
    ax.plot(source[0], source[1], "*", ms=16, color=_SOURCE, mec="white", zorder=6)
    ax.set_title(f"How the first sound travels in home {SEED}")
    figure.colorbar(arrows, ax=ax, shrink=0.8, label="arrival, ms")
    figure.savefig(path)
