"""Listening to homes: impulse responses as files and pictures."""

from __future__ import annotations

import math
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import soundfile

from ..envs.acoustics import AcousticConfig, GeometricEngine, PyroomEngine
from ..envs.acoustics.engine import Arrival
from ..envs.interface import F32, F64, SoundwalkError
from ..envs.scenes import Scene, set_doors

Point = tuple[float, float, float]
_LISTED = 12  # arrivals told one by one


def impulse_response(
    scene: Scene,
    source: Point,
    receiver: Point,
    heading: float,
    path: Path,
    config: AcousticConfig,
    *,
    engine: str = "geometric",
    closed: Sequence[int] = (),
    furnished: bool = False,
    plot: Path | None = None,
) -> dict[str, Any]:
    """Write an impulse response as a float32 WAV file.

    Args:
        scene: the home.
        source: metres.
        receiver: metres.
        heading: radians.
        path: of the file.
        config: receiver, length, order, air.
        engine: "geometric" or "pyroom".
        closed: numbers of the doors that are shut.
        furnished: whether furniture is part of a pyroom.
        plot: a PNG file, if wanted.

    Returns:
        what is in the file: rate, samples, channels and their levels, the first arrivals.

    Raises:
        SoundwalkError: a point is not in the air, or there is no such door.
    """
    scene = _shut(scene, closed)
    arrivals: list[dict[str, Any]] = []
    if engine == "pyroom":
        rir = PyroomEngine.from_config(scene, config, furniture=furnished).rir(
            source, receiver, heading
        )
    else:
        made = GeometricEngine.from_config(scene, config)
        rir = made.rir(source, receiver, heading)
        arrivals = _arrivals(made.arrivals(source, receiver, heading))
    path.parent.mkdir(parents=True, exist_ok=True)
    soundfile.write(path, rir.T, config.sample_rate, subtype="FLOAT")
    if plot is not None:
        draw_response(rir, config.sample_rate, arrivals, config.listener.names, plot)
    loud = np.abs(rir).max(0)
    levels = 10 * np.log10(np.maximum((rir.astype(np.float64) ** 2).sum(1), 1e-12))
    found: dict[str, Any] = {
        "path": str(path),
        "engine": engine,
        "sample_rate": config.sample_rate,
        "samples": rir.shape[1],
        "channels": list(config.listener.names),
        "arrival_ms": round(1000 * int(np.argmax(loud > 0.1 * loud.max())) / config.sample_rate, 2),
        "level_db": [round(float(level), 1) for level in levels],
        "arrivals": arrivals[:_LISTED],
    }
    return found | ({} if plot is None else {"plot": str(plot)})


def _shut(scene: Scene, closed: Sequence[int]) -> Scene:
    """The home with some doors shut.

    Raises:
        SoundwalkError: there is no such door.
    """
    doors = scene.plan.doors
    for number in closed:
        if not 0 <= number < len(doors):
            raise SoundwalkError(
                f"--closed {number}: the home has {len(doors)} doors, counted from 0"
            )
    if not closed:
        return scene
    return set_doors(scene, [door.open and i not in closed for i, door in enumerate(doors)])


def _arrivals(arrivals: Sequence[Arrival]) -> list[dict[str, Any]]:
    """Times, directions, levels and kinds of what arrives one by one."""
    return [
        {
            "ms": round(1000 * arrival.time, 2),
            "azimuth_deg": round(float(np.degrees(arrival.azimuth)), 1),
            "elevation_deg": round(float(np.degrees(arrival.elevation)), 1),
            "db": round(10 * math.log10(max(float(np.mean(arrival.gains**2)), 1e-12)), 1),
            "kind": arrival.kind,
        }
        for arrival in arrivals
    ]


def draw_response(
    rir: F32, rate: int, arrivals: Sequence[dict[str, Any]], names: Sequence[str], path: Path
) -> None:
    """Draw waveform, energy decay, spectrogram and arrivals of an impulse response.

    Args:
        rir: (C, L).
        rate: samples per second.
        arrivals: as in `impulse_response`; none are drawn if empty.
        names: of the channels.
        path: the PNG file.
    """
    from matplotlib.figure import Figure

    from .validation.measure import decay_curve

    figure = Figure(figsize=(11.0, 7.0), dpi=110, layout="constrained")
    axes = figure.subplots(2, 2)
    times = 1000 * np.arange(rir.shape[1]) / rate
    for channel, name in list(zip(rir, names, strict=True))[:4]:
        axes[0, 0].plot(times, channel, lw=0.6, label=name)
        axes[0, 1].plot(times, decay_curve(channel), lw=1.2, label=name)
    first = 1000 * int(np.argmax(np.abs(rir).max(0) > 0.01 * np.abs(rir).max())) / rate
    axes[0, 0].set(title="waveform", xlabel="ms", xlim=(max(first - 5, 0), first + 80))
    axes[0, 1].set(title="energy decay", xlabel="ms", ylabel="dB", ylim=(-65, 3))
    _spectrogram(axes[1, 0], rir[0].astype(np.float64), rate, names[0])
    _stems(axes[1, 1], arrivals)
    for ax in axes[0]:
        ax.legend(fontsize=8, frameon=False)
        ax.grid(alpha=0.25)
    path.parent.mkdir(parents=True, exist_ok=True)
    figure.savefig(path)


def _spectrogram(ax: Any, channel: F64, rate: int, name: str) -> None:
    """Level over time and frequency."""
    size, hop = 256, 32
    frames = np.lib.stride_tricks.sliding_window_view(np.pad(channel, size // 2), size)[::hop]
    power = np.abs(np.fft.rfft(frames * np.hanning(size), axis=1)) ** 2
    level = 10 * np.log10(power.T + 1e-12)
    extent = (0.0, 1000 * len(frames) * hop / rate, 0.0, rate / 2000)
    image = ax.imshow(
        level, origin="lower", aspect="auto", extent=extent, cmap="magma",
        vmin=level.max() - 70, vmax=level.max(),
    )  # fmt: skip
    ax.figure.colorbar(image, ax=ax, label="dB")
    ax.set(title=f"spectrogram, {name}", xlabel="ms", ylabel="kHz")


def _stems(ax: Any, arrivals: Sequence[dict[str, Any]]) -> None:
    """Level of each arrival over time, coloured by azimuth."""
    if not arrivals:
        ax.set_axis_off()
        return
    times, levels, azimuth = (
        np.array([arrival[key] for arrival in arrivals]) for key in ("ms", "db", "azimuth_deg")
    )
    floor = float(max(levels.max() - 60, levels.min() - 3))
    ax.vlines(times, floor, levels, color="#999999", lw=0.7)
    dots = ax.scatter(
        times, levels, c=azimuth, cmap="twilight", vmin=-180, vmax=180, s=22, zorder=3
    )
    ax.figure.colorbar(dots, ax=ax, label="azimuth, degrees to the left")
    ax.set(title=f"{len(times)} arrivals", xlabel="ms", ylabel="dB re 1 m", ylim=(floor, None))
    ax.grid(alpha=0.25)
