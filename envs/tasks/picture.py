"""What a person wants to see of an episode: the view, the plan with the path, and the sound."""

from __future__ import annotations

import os
import sys
from typing import Any

import numpy as np
from scipy.signal import stft

from ..interface import F32, F64, SENSOR_HEIGHT, STEP_SECONDS, U8, SoundwalkError
from ..rendering import Camera, render
from ..scenes import draw_plan
from ..simulators.native import NativeSimulator
from .episodes import Episode

VIEW = 320  # pixels of the first-person view
_SECONDS = 2.0  # of sound in the spectrogram


class Picture:
    """Draws environments of a batch; keeps each one's path and the last two seconds of its sound.

    Args:
        simulator: where the agents are; `note` must be called after each of its steps.
        current: the episode each of them plays, kept up to date by its owner.
    """

    def __init__(self, simulator: NativeSimulator, current: list[Episode | None]) -> None:
        """See the class."""
        self._simulator, self._current = simulator, current
        self._camera = Camera(height=VIEW, width=VIEW, hfov=simulator.camera.hfov)
        blocks = round(_SECONDS / STEP_SECONDS)
        self._heard: list[list[F32]] = [[] for _ in range(simulator.num_agents)]
        self._paths: list[list[tuple[float, float]]] = [[] for _ in range(simulator.num_agents)]
        self._blocks = blocks
        self._canvases: dict[int, tuple[Any, _Canvas]] = {}
        self._window: Any = None

    def note(self, observations: dict[str, Any], begun: Any) -> None:
        """Remember a step; `begun` (N,) marks the environments that start anew with it."""
        for i in range(self._simulator.num_agents):
            if begun[i]:
                self._heard[i], self._paths[i] = [], []
            if "audio" in observations:
                self._heard[i] = [*self._heard[i], observations["audio"][i]][-self._blocks :]
            x, y, _ = self._simulator.poses[i]
            self._paths[i].append((float(x), float(y)))

    def view(self, agent: int) -> U8:
        """The first-person view, (320, 320, 3)."""
        simulator = self._simulator
        x, y, heading = simulator.poses[agent]
        eye = np.array([[x, y, SENSOR_HEIGHT, heading, 0.0]], np.float32)
        frame = np.empty((1, VIEW, VIEW, 3), np.uint8)
        render(
            simulator.pool.meshes, simulator.slots[agent : agent + 1], eye, self._camera, rgb=frame
        )
        view: U8 = frame[0]
        return view

    def draw(self, agent: int) -> U8:
        """Camera, plan with path, and spectrogram of both ears, side by side, (H, W, 3) uint8."""
        episode = self._current[agent]
        if episode is None:
            raise SoundwalkError("render() was called before reset(): call reset() first")
        known = self._canvases.get(agent)
        if known is None or known[0] is not episode:
            scene = self._simulator.pool.home(int(self._simulator.slots[agent])).scene
            self._canvases[agent] = (episode, _Canvas(scene, episode))
        canvas = self._canvases[agent][1]
        pose = self._simulator.poses[agent]
        heard = np.concatenate(self._heard[agent], 1) if self._heard[agent] else None
        rate = self._simulator.config.sample_rate
        goal = self._simulator.sources[agent]
        return canvas.draw(self.view(agent), self._paths[agent], pose, goal, heard, rate)

    def show(self, agent: int) -> None:
        """Draw into a window.

        Raises:
            SoundwalkError: there is no display.
        """
        if not sys.platform.startswith(("win", "darwin")) and not os.environ.get("DISPLAY"):
            raise SoundwalkError(
                "render_mode='human' needs a display and DISPLAY is not set: use 'rgb_array', or "
                "`soundwalk evaluate … --video 1` and watch the file"
            )
        import matplotlib
        import matplotlib.pyplot as plt

        if matplotlib.get_backend().lower() not in _interactive():
            raise SoundwalkError(
                f"render_mode='human' needs a windowing backend and matplotlib has "
                f"{matplotlib.get_backend()!r}: install tkinter or PySide6, or use 'rgb_array'"
            )
        frame = self.draw(agent)
        if self._window is None:
            plt.ion()
            figure = plt.figure("soundwalk", figsize=(frame.shape[1] / 100, frame.shape[0] / 100))
            axes = figure.add_axes((0, 0, 1, 1))
            axes.axis("off")
            self._window = axes.imshow(frame)
        self._window.set_data(frame)
        plt.pause(0.001)


def _interactive() -> list[str]:
    """Names of matplotlib's backends that open windows."""
    from matplotlib.backends import BackendFilter, backend_registry

    return [name.lower() for name in backend_registry.list_builtin(BackendFilter.INTERACTIVE)]


class _Canvas:
    """The figure of one episode: drawn once, then only what moves is changed."""

    def __init__(self, scene: Any, episode: Any) -> None:
        from matplotlib.backends.backend_agg import FigureCanvasAgg
        from matplotlib.figure import Figure

        figure = Figure(figsize=(12.8, 4.0), dpi=100, layout="constrained")
        self._canvas = FigureCanvasAgg(figure)
        view, plan, sound = figure.subplots(1, 3, width_ratios=(1, 1.25, 1))
        view.set_axis_off()
        view.set_title(f"listening for: {episode.category.replace('_', ' ')}", fontsize=10)
        self._view = view.imshow(np.zeros((VIEW, VIEW, 3), np.uint8))
        draw_plan(plan, scene)
        (self._star,) = plan.plot([], [], "*", color="crimson", markersize=16, zorder=10)
        (self._path,) = plan.plot([], [], "-", color="royalblue", linewidth=2, zorder=11)
        self._arrow = plan.plot([], [], marker=(3, 0, 0), color="navy", markersize=11, zorder=12)[0]
        sound.set(xlabel="seconds", ylabel="kHz, left ear over right ear")
        self._axes = sound
        self._sound: Any = None

    def draw(
        self,
        view: U8,
        path: list[tuple[float, float]],
        pose: F64,
        goal: F64,
        heard: F32 | None,
        rate: int,
    ) -> U8:
        self._view.set_data(view)
        self._path.set_data(*(np.array(path).reshape(-1, 2).T))
        self._arrow.set_data([pose[0]], [pose[1]])
        self._star.set_data([goal[0]], [goal[1]])
        self._arrow.set_marker((3, 0, float(np.degrees(pose[2])) - 90))
        if heard is not None:
            self._draw_sound(heard, rate)
        self._canvas.draw()
        return np.asarray(self._canvas.buffer_rgba())[..., :3].copy()

    def _draw_sound(self, heard: F32, rate: int) -> None:
        power = [np.abs(stft(ear, rate, nperseg=512, noverlap=352)[2]) for ear in heard]
        image = 20 * np.log10(np.concatenate(power[::-1]) + 1e-6)  # right ear below left ear
        seconds = heard.shape[1] / rate
        top = rate / 1000  # two ears of rate / 2 each
        if self._sound is None:
            self._sound = self._axes.imshow(
                image, origin="lower", aspect="auto", cmap="magma", vmin=-110, vmax=-25
            )
            self._axes.axhline(top / 2, color="white", linewidth=1)
            ticks = [0, top / 4, top / 2, 3 * top / 4]
            self._axes.set_yticks(ticks, ["0", f"{top / 4:g}", "0", f"{top / 4:g}"])
        self._sound.set_data(image)
        self._sound.set_extent((-seconds, 0, 0, top))
