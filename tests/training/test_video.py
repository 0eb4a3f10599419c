"""Picture and sound have one clock."""

from __future__ import annotations

from pathlib import Path

import av
import numpy as np

from soundwalk.envs.interface import Action
from soundwalk.training.frames import waveforms
from soundwalk.training.video import FPS, Film, film_agent


def durations(path: Path) -> dict[str, float]:
    """Seconds of each kind of stream, by decoding it."""
    with av.open(str(path)) as file:
        video = sum(1 for _ in file.decode(video=0)) / FPS
    with av.open(str(path)) as file:
        sound = file.streams.audio[0]
        samples = sum(frame.samples for frame in file.decode(sound))
        return {"video": video, "audio": samples / sound.rate}


def test_a_film_is_h264_and_stereo_aac_of_equal_length(tmp_path: Path) -> None:
    path = tmp_path / "film.mp4"
    with Film(path) as film:
        for i in range(20):
            film.add(np.full((64, 96, 3), 10 * i, np.uint8), np.zeros((2, 4000), np.float32))
    with av.open(str(path)) as file:
        video, audio = file.streams.video[0], file.streams.audio[0]
        assert video.codec_context.name == "h264"
        assert audio.codec_context.name == "aac"
        assert audio.channels == 2
        assert video.average_rate == FPS
    lengths = durations(path)
    assert lengths["video"] == 20 * 0.25
    assert abs(lengths["audio"] - lengths["video"]) < 1 / FPS


def test_a_flash_and_a_click_of_one_step_are_met_at_the_same_time(tmp_path: Path) -> None:
    path = tmp_path / "clap.mp4"
    rng = np.random.default_rng(0)
    with Film(path) as film:
        for i in range(24):
            clap = i == 13
            noise = rng.normal(0, 0.2, 4000).astype(np.float32) * clap
            film.add(
                np.full((64, 64, 3), 255 * clap, np.uint8), np.stack([noise, np.zeros(4000, "f4")])
            )
    with av.open(str(path)) as file:
        light = [
            (frame.time, frame.to_ndarray(format="gray").mean()) for frame in file.decode(video=0)
        ]
    with av.open(str(path)) as file:
        heard = [
            (frame.time + i / frame.rate, *frame.to_ndarray()[:, i])
            for frame in file.decode(audio=0)
            for i in range(0, frame.samples, 16)
        ]
    flash = next(time for time, level in light if level > 128)
    loud = [(time, left, right) for time, left, right in heard if abs(left) > 0.05]
    assert flash == 13 * 0.25
    assert abs(loud[0][0] - flash) < 0.07  # AAC smears by one block of 1024 samples, 64 ms
    assert abs(loud[-1][0] - flash - 0.25) < 0.07
    assert max(abs(right) for *_, right in loud) < 0.02  # left stays left


def test_the_waveform_strip_shows_the_left_ear_above_the_right() -> None:
    block = np.zeros((2, 4000), np.float32)
    block[0] = np.sin(np.arange(4000) / 3)
    strip = waveforms([block], 200, full=1.0)
    ink = (strip != 255).any(-1).sum(1)
    assert ink[:48].sum() > 20 * ink[48:].sum() / 2  # silence is a thin line
    assert ink[2:46].min() > 0


def test_an_agent_is_filmed_to_the_end(tmp_path: Path) -> None:
    path = film_agent("oracle", None, tmp_path / "walk.mp4", 1)
    lengths = durations(path)
    assert lengths["video"] > 0.25 * (len(Action) + 4)
    assert abs(lengths["audio"] - lengths["video"]) < 1 / FPS
    with av.open(str(path)) as file:
        frame = next(file.decode(video=0)).to_ndarray(format="rgb24")
        loudest = max(np.abs(f.to_ndarray()).max() for f in file.decode(audio=0))
    assert frame.std() > 20  # there is something to see
    assert 0.4 < loudest < 1.0  # and to hear, without clipping
