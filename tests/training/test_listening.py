"""Impulse responses as files: what is in them, for every listener and engine."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import soundfile
from matplotlib.image import imread

from soundwalk.envs.acoustics import AcousticConfig
from soundwalk.envs.interface import SoundwalkError
from soundwalk.envs.scenes import generate, shoebox
from soundwalk.training.listening import Point, impulse_response

BOX = shoebox((6, 5, 2.7), absorption=0.5)
A: Point = (1.0, 2.5, 1.5)
B: Point = (4.43, 2.5, 1.5)


@pytest.mark.parametrize("engine", ["geometric", "pyroom"])
def test_the_written_impulse_response_arrives_when_sound_does(tmp_path: Path, engine: str) -> None:
    path = tmp_path / "out" / "rir.wav"
    figures = impulse_response(BOX, A, B, 0.0, path, AcousticConfig(), engine=engine)
    assert figures["arrival_ms"] == pytest.approx(10.0, abs=0.5)  # 3.43 m at 343 m/s
    audio, rate = soundfile.read(path, dtype="float32")
    assert rate == 16_000
    assert audio.shape == (figures["samples"], 2)
    energy = 10 * np.log10((audio.astype(float) ** 2).sum(0))
    assert energy == pytest.approx(figures["level_db"], abs=0.06)


def test_arrivals_are_listed_in_order_with_what_they_met(tmp_path: Path) -> None:
    config = AcousticConfig(receiver="mono", order=1, scattering=False)
    figures = impulse_response(BOX, A, B, 0.0, tmp_path / "rir.wav", config)
    arrivals = figures["arrivals"]
    assert [a["kind"] for a in arrivals] == ["direct"] + ["reflected"] * 6
    assert arrivals[0]["ms"] == pytest.approx(10.0, abs=0.01)
    assert abs(arrivals[0]["azimuth_deg"]) == pytest.approx(180.0)
    assert arrivals[0]["db"] == pytest.approx(-20 * np.log10(3.43), abs=0.2)
    times = [a["ms"] for a in arrivals]
    assert times == sorted(times)
    floor = np.hypot(3.43, 3.0) / 0.343  # ms, mirrored 3 m below
    assert any(abs(a["ms"] - floor) < 0.01 and a["elevation_deg"] < -40 for a in arrivals)


@pytest.mark.parametrize(("listener", "channels"), [("mono", 1), ("array:tetra", 4)])
def test_the_file_has_the_channels_of_the_listener(
    tmp_path: Path, listener: str, channels: int
) -> None:
    path = tmp_path / "rir.wav"
    config = AcousticConfig(receiver=listener, length=0.1)
    figures = impulse_response(BOX, A, B, 0.0, path, config)
    assert soundfile.info(path).channels == channels == len(figures["channels"])


def test_a_shut_door_makes_the_next_room_quieter(tmp_path: Path) -> None:
    home, config = generate(7, 2), AcousticConfig(receiver="mono")
    points: list[Point] = []
    for x0, y0, x1, y1 in (room.box for room in home.plan.rooms):
        points.append((x0 + 0.4 * (x1 - x0), y0 + 0.4 * (y1 - y0), 1.9))
    path = tmp_path / "rir.wav"
    wide, shut = (
        impulse_response(home, points[0], points[1], 0.0, path, config, closed=closed)
        for closed in ((), (0,))
    )
    assert shut["level_db"][0] < wide["level_db"][0] - 6
    with pytest.raises(SoundwalkError, match="--closed 7"):
        impulse_response(home, points[0], points[1], 0.0, path, config, closed=(7,))


def test_the_picture_is_a_picture(tmp_path: Path) -> None:
    plot = tmp_path / "out" / "rir.png"
    config = AcousticConfig(length=0.2)
    figures = impulse_response(BOX, A, B, 0.0, tmp_path / "rir.wav", config, plot=plot)
    assert figures["plot"] == str(plot)
    image = imread(plot)
    assert image.shape[0] > 600
    assert image[..., :3].std() > 0.05
