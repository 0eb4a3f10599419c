"""One picture of a film: what the agent sees, where it is on the plan, what both ears hear.

The plan is drawn once an episode; what moves is painted onto a copy of it, a few milliseconds each.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from PIL import Image, ImageDraw, ImageFont

from ..envs.interface import F32, SENSOR_HEIGHT, U8
from ..envs.rendering import Camera, render
from ..envs.scenes import draw_plan
from ..envs.vector import AudioGoalVectorEnv

VIEW = 480  # pixels of the first-person view, and height of the plan
_PLAN = 720  # pixels of the plan's width
_HEAD, _STRIP = 32, 96  # pixels of height: caption, waveforms
_EARS = ((70, 130, 230), (230, 110, 70))  # colours: left, right
_PATH, _AGENT, _SOURCE = (65, 105, 225), (20, 30, 110), (220, 20, 60)


class Frames:
    """Draws the one environment of a batch of one.

    Args:
        envs: the environment, unwrapped.
    """

    def __init__(self, envs: AudioGoalVectorEnv) -> None:
        """See the class."""
        self._envs = envs
        self._episode: Any = None
        self._camera = Camera(height=VIEW, width=VIEW, hfov=envs.simulator.camera.hfov)
        self._font = ImageFont.load_default(16)

    def picture(self, note: str = "") -> U8:
        """View and plan as they are now, with a caption, (512, 1200, 3)."""
        episode = self._envs.current[0]
        if episode is None:
            return np.zeros((_HEAD + VIEW, VIEW + _PLAN, 3), np.uint8)
        simulator = self._envs.simulator
        if episode is not self._episode:
            scene = simulator.pool.home(int(simulator.slots[0])).scene
            self._episode, self._path = episode, []
            self._plan, self._to_pixels = _plan(scene)
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

    def _view(self) -> U8:
        simulator = self._envs.simulator
        x, y, heading = simulator.poses[0]
        eye = np.array([[x, y, SENSOR_HEIGHT, heading, 0.0]], np.float32)
        image = np.empty((1, VIEW, VIEW, 3), np.uint8)
        render(simulator.pool.meshes, simulator.slots[:1], eye, self._camera, rgb=image)
        frame: U8 = image[0]
        return frame

    def _painted(self, heading: float) -> U8:
        """The plan with path, source and an arrow for the agent."""
        image = Image.fromarray(self._plan)
        brush = ImageDraw.Draw(image)
        points = self._to_pixels(np.array(self._path))
        if len(points) > 1:
            brush.line([tuple(p) for p in points.tolist()], fill=_PATH, width=3, joint="curve")
        source = self._to_pixels(np.array([self._episode.source[:2]]))[0]
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


def _plan(scene: Any) -> tuple[U8, Any]:
    """The plan as an image, and the way from metres to its pixels."""
    figure = Figure(figsize=(_PLAN / 100, VIEW / 100), dpi=100, layout="constrained")
    canvas = FigureCanvasAgg(figure)
    axes = figure.add_subplot()
    draw_plan(axes, scene, legend=False)
    canvas.draw()
    image = np.asarray(canvas.buffer_rgba())[..., :3].copy()
    to_display: Any = axes.transData.frozen()

    def to_pixels(points: Any) -> Any:
        """(M, 2) metres to (M, 2) pixels, y down."""
        return to_display.transform(points) * (1, -1) + (0, image.shape[0])

    return image, to_pixels
