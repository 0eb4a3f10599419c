"""One picture of a film: what the agent sees, where it is on the plan, what both ears hear.

The plan is drawn once an episode; what moves is painted onto a copy of it, a few milliseconds each.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from PIL import Image, ImageDraw, ImageFont

from ..envs.interface import F32, SENSOR_HEIGHT, U8
from ..envs.rendering import Camera, render
from ..envs.scenes import draw_plan

VIEW = 480  # pixels of the first-person view, and height of the plan
_PLAN = 720  # pixels of the plan's width
_AROUND = 1.0  # metres around what is known of a place
_HEAD, _STRIP = 32, 96  # pixels of height: caption, waveforms
_EARS = ((70, 130, 230), (230, 110, 70))  # colours: left, right
_PATH, _AGENT, _SOURCE = (65, 105, 225), (20, 30, 110), (220, 20, 60)


class Frames:
    """Draws the one environment of a batch of one.

    Args:
        envs: the environment, unwrapped.
    """

    def __init__(self, envs: Any) -> None:
        """See the class."""
        self._envs = envs
        self._episode: Any = None
        self._font = ImageFont.load_default(16)

    def picture(self, note: str = "") -> U8:
        """View and plan as they are now, with a caption, (512, 1200, 3)."""
        episode = self._envs.current[0]
        if episode is None:
            return np.zeros((_HEAD + VIEW, VIEW + _PLAN, 3), np.uint8)
        simulator = self._envs.simulator
        if episode is not self._episode:
            self._episode, self._path = episode, []
            self._plan, self._to_pixels = self._ground()
        x, y, heading = simulator.poses[0]
        self._path.append((float(x), float(y)))
        words = (
            f"listening for: {episode.category.replace('_', ' ')}   step {len(self._path) - 1}   "
            f"{self._envs.task.distance[0]:.1f} m to go   {note}"
        )
        body = np.concatenate([self._view(), self._painted(float(heading))], 1)
        return np.concatenate([self._caption(words, body.shape[1]), body])

    def caption(self, picture: U8, words: str) -> U8:
        """The same picture with another caption."""
        return np.concatenate([self._caption(words, picture.shape[1]), picture[_HEAD:]])

    def _ground(self) -> tuple[U8, Any]:
        """The plan of the home as an image, and the way from metres to its pixels."""
        simulator = self._envs.simulator
        scene = simulator.pool.home(int(simulator.slots[0])).scene
        return _plan(lambda axes: draw_plan(axes, scene, legend=False))

    def _source(self) -> Any:
        """Where the sound is, x and y in metres."""
        return self._episode.source[:2]

    def _view(self) -> U8:
        simulator = self._envs.simulator
        x, y, heading = simulator.poses[0]
        eye = np.array([[x, y, SENSOR_HEIGHT, heading, 0.0]], np.float32)
        image = np.empty((1, VIEW, VIEW, 3), np.uint8)
        camera = Camera(height=VIEW, width=VIEW, hfov=simulator.camera.hfov)
        render(simulator.pool.meshes, simulator.slots[:1], eye, camera, rgb=image)
        frame: U8 = image[0]
        return frame

    def _painted(self, heading: float) -> U8:
        """The plan with path, source and an arrow for the agent."""
        image = Image.fromarray(self._plan)
        brush = ImageDraw.Draw(image)
        points = self._to_pixels(np.array(self._path))
        if len(points) > 1:
            brush.line([tuple(p) for p in points.tolist()], fill=_PATH, width=3, joint="curve")
        source = self._to_pixels(np.array([self._source()]))[0]
        spokes = np.arange(10) * np.pi / 5
        reach = np.where(np.arange(10) % 2, 5.0, 12.0)  # a star
        star = source + reach[:, None] * np.stack([np.sin(spokes), -np.cos(spokes)], 1)
        brush.polygon([tuple(p) for p in star.tolist()], fill=_SOURCE, outline=(255, 255, 255))
        corners = heading + np.array([0.0, 2.5, -2.5])
        arrow = points[-1] + 11 * np.stack([np.cos(corners), -np.sin(corners)], 1)
        brush.polygon([tuple(p) for p in arrow.tolist()], fill=_AGENT, outline=(255, 255, 255))
        return np.asarray(image)

    def _caption(self, words: str, width: int) -> U8:
        image = Image.new("RGB", (width, _HEAD), (25, 27, 32))
        ImageDraw.Draw(image).text((12, 6), words, font=self._font, fill=(240, 240, 240))
        return np.asarray(image)


class Sketches(Frames):
    """The same in data of others, whose homes have no plan: what is known of them is drawn.

    Args:
        envs: an `EpisodicVectorEnv` that observes "rgb", unwrapped.
    """

    def _view(self) -> U8:
        image: Any = self._envs.simulator.see(np.zeros(1, np.int32), rgb=True, depth=False)[0]
        frame: U8 = np.asarray(Image.fromarray(image[0]).resize((VIEW, VIEW), Image.Resampling.BOX))
        return frame

    def _source(self) -> Any:
        return self._envs.simulator.sources[0][:2]

    def _ground(self) -> tuple[U8, Any]:
        """Dots where one can stand."""
        floor = self._envs.simulator.floor_points(0)
        low, high = floor.min(0) - _AROUND, floor.max(0) + _AROUND

        def draw(axes: Any) -> None:
            axes.plot(*floor.T, "o", color="#c9c4ba", markersize=5)
            axes.set(xlim=(low[0], high[0]), ylim=(low[1], high[1]), aspect="equal")
            axes.set_axis_off()

        return _plan(draw)


def waveforms(blocks: list[F32], width: int, *, full: float) -> U8:
    """The last seconds of both ears, left above right, (96, width, 3).

    Args:
        blocks: blocks of audio (2, samples), the newest last.
        width: of the picture in pixels.
        full: the amplitude that fills an ear's half of the strip.
    """
    sound = np.concatenate(blocks, 1)
    strip = np.full((_STRIP, width, 3), 255, np.uint8)
    edges = np.linspace(0, sound.shape[1], width + 1).astype(int)[:-1]
    lane = _STRIP // 2
    rows = np.arange(_STRIP)[:, None]
    for ear, colour in enumerate(_EARS):
        middle = ear * lane + lane // 2
        reach = (lane // 2 - 2) / max(full, 1e-9)
        top = middle - np.maximum.reduceat(sound[ear], edges) * reach
        bottom = middle - np.minimum.reduceat(sound[ear], edges) * reach
        strip[(rows >= np.floor(top)) & (rows <= np.ceil(bottom))] = colour
    return strip


def _plan(draw: Callable[[Any], None]) -> tuple[U8, Any]:
    """What is drawn into axes as an image, and the way from metres to its pixels."""
    figure = Figure(figsize=(_PLAN / 100, VIEW / 100), dpi=100, layout="constrained")
    canvas = FigureCanvasAgg(figure)
    axes = figure.add_subplot()
    draw(axes)
    canvas.draw()
    image = np.asarray(canvas.buffer_rgba())[..., :3].copy()
    to_display: Any = axes.transData.frozen()

    def to_pixels(points: Any) -> Any:
        """(M, 2) metres to (M, 2) pixels, y down."""
        return to_display.transform(points) * (1, -1) + (0, image.shape[0])

    return image, to_pixels
