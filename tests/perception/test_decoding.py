"""Any second of a video file is that second, in pictures and in sound."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from soundwalk.perception.data.decoding import inspect
from soundwalk.perception.data.video import read_video

from .video_files import RATE, clapping, counting, plain, ramp


def test_a_film_is_read_from_its_beginning_to_its_end(tmp_path: Path) -> None:
    path = clapping(tmp_path / "film.mp4", claps=[1.2], seconds=3, fps=10, rate=48_000)
    frames, sound = read_video(path)
    seen = list(frames)
    np.testing.assert_allclose([time for time, _ in seen], np.arange(30) / 10, atol=1e-3)
    assert seen[0][1].shape == (48, 80, 3)
    assert [time for time, frame in seen if frame.mean() > 128] == [pytest.approx(1.2)]
    assert sound.shape == (2, 3 * RATE)
    loud = np.flatnonzero(np.abs(sound[0]) > 0.1)
    assert loud[0] / RATE == pytest.approx(1.2, abs=0.01)
    assert loud[-1] / RATE == pytest.approx(1.3, abs=0.01)


@pytest.mark.parametrize("begin", [0.0, 0.33, 1.27, 3.5, 4.99])
def test_any_second_is_that_second_of_the_whole(tmp_path: Path, begin: float) -> None:
    path = plain(tmp_path / "video.mkv", counting(60), ramp(6.0))
    video = inspect(path)
    assert video.seconds == pytest.approx(6.0, abs=0.01)
    assert video.fps == 10
    times = begin + np.arange(0.05, 1.0, 0.1)
    numbers = video.pictures(times.tolist(), 16).mean((1, 2, 3)) / 4
    expected = np.floor(10 * (times + video.tolerance) + 1e-6)  # shown at that time
    np.testing.assert_allclose(numbers, expected, atol=0.6)
    heard = video.sound(begin, RATE, rate=RATE, channels=1)[0]
    np.testing.assert_allclose(10 * heard, begin + np.arange(RATE) / RATE, atol=1e-3)


@pytest.mark.parametrize("ending", ["mp4", "ts", "mov", "flv"])
@pytest.mark.parametrize("begin", [0.0, 2.6])
def test_containers_whose_clock_or_seeking_is_odd_agree(
    tmp_path: Path, ending: str, begin: float
) -> None:
    """Streams of MPEG begin later than 0 and are sought too late; AAC needs a run-in."""
    path = plain(tmp_path / f"v.{ending}", counting(60), ramp(6.0, rate=44_100), rate=44_100,
                 codec="aac")  # fmt: skip
    video = inspect(path)
    times = begin + np.arange(0.05, 1.0, 0.1)
    numbers = video.pictures(times.tolist(), 16).mean((1, 2, 3)) / 4
    np.testing.assert_allclose(numbers, np.floor(10 * times + 1e-6), atol=0.6)
    heard = 10 * video.sound(begin, RATE, rate=RATE, channels=1)[0]
    middle = heard[RATE // 4 : 3 * RATE // 4].mean()
    assert middle == pytest.approx(begin + 0.5, abs=0.05)


@pytest.mark.parametrize("rate", [8_000, 44_100])
def test_sound_is_resampled_to_the_rate_that_is_asked_for(tmp_path: Path, rate: int) -> None:
    tone = 0.5 * np.sin(2 * np.pi * 440 * np.arange(3 * rate) / rate)
    path = plain(tmp_path / "v.mkv", counting(30), tone[None].astype(np.float32), rate=rate)
    heard = inspect(path).sound(1.0, RATE, rate=RATE, channels=1)[0]
    spectrum = np.abs(np.fft.rfft(heard * np.hanning(RATE)))
    assert np.argmax(spectrum) == 440  # hertz: a second has bins of 1 Hz
    assert np.sqrt(2) * heard[1000:-1000].std() == pytest.approx(0.5, rel=0.01)


def test_sound_that_begins_later_than_the_pictures_stays_there(tmp_path: Path) -> None:
    loud = np.full((1, RATE), 0.5, np.float32)
    path = plain(tmp_path / "v.mkv", counting(20), loud, late=0.6)
    heard = inspect(path).sound(0.0, RATE, rate=RATE, channels=1)[0]
    assert np.argmax(heard > 0.25) / RATE == pytest.approx(0.6, abs=2e-3)
    assert (heard[RATE * 62 // 100 :] > 0.49).all()
    after = inspect(path).sound(1.4, RATE, rate=RATE, channels=1)[0]  # it ends at 1.6 s
    assert np.argmax(after < 0.25) / RATE == pytest.approx(0.2, abs=2e-3)
    assert not after[RATE // 2 :].any()
