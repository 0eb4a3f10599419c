"""A user's own videos as a source of samples, with the keys of simulated clips that they can have.

Depth, masks, directions and the rest are not known and stay away: `sample.need` says so to whoever
asks for them.
"""

from __future__ import annotations

import warnings
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np

from ...envs.interface import CATEGORIES, F32, SAMPLE_RATE, U8, SoundwalkError
from .codecs import Array
from .decoding import Video, inspect, square, upright

SUFFIXES = (
    ".mp4", ".m4v", ".mov", ".mkv", ".webm", ".avi", ".mpg", ".mpeg", ".ts", ".mts", ".ogv", ".flv",
    ".wmv", ".3gp",
)  # fmt: skip
_TRIES = 20  # draws until a batch gives up on broken files


class VideoFolder:
    """Clips from random moments of video files; every moment is as likely as any other.

    Args:
        path: a file, or a folder whose files and subfolders' files are taken. A file in a folder
            named like one of CATEGORIES ("dog", "Smoke alarm") has that category.
        frames: of a clip, F.
        fps: frames per second, around the middle of the sound.
        seconds: of sound that the frames belong to.
        resolution: pixels of height and width, R; of the square in the middle.
        channels: of the sound, C: 2, or 1.
        rate: of the sound, hertz.
        margin: further seconds of sound before and after.
        seed: of the draws.

    Attributes:
        videos: the files that are used.
        rate: of the sound, hertz.
        options: all arguments but the path.

    Raises:
        SoundwalkError: a number has no meaning, there is no video, or none that is long enough and
            can be read; a folder's broken files are only warned of.
    """

    def __init__(
        self,
        path: str | Path,
        *,
        frames: int = 1,
        fps: float = 15.0,
        seconds: float = 1.0,
        resolution: int = 64,
        channels: int = 2,
        rate: int = SAMPLE_RATE,
        margin: float = 0.0,
        seed: int = 0,
    ) -> None:
        """See the class."""
        self.options = {
            "frames": frames, "fps": fps, "seconds": seconds, "resolution": resolution,
            "channels": channels, "rate": rate, "margin": margin, "seed": seed,
        }  # fmt: skip
        _check(self.options)
        self.rate, self._seed = rate, seed
        self._resolution, self._channels = resolution, channels
        self._length = seconds + 2 * margin
        centred = np.arange(frames) - 0.5 * (frames - 1)
        self._times = np.asarray(0.5 * self._length + centred / fps, np.float64)
        self.videos = _usable(Path(path), self._length)
        self._categories = [_category(video.path, Path(path)) for video in self.videos]
        slack = np.array([video.seconds - self._length for video in self.videos]) + 1e-3
        self._shares = slack / slack.sum()
        self._warned: set[Path] = set()

    def batch(self, index: int, size: int) -> dict[str, Array]:
        """Batch number `index` of `size` samples.

        Returns:
            rgb (N, 1, F, R, R, 3) uint8, audio (N, 1, C, T) float32, and category (N, 1) int64
            where a folder names one, -1 for files elsewhere.

        Raises:
            SoundwalkError: one broken file after the other.
        """
        rng = np.random.default_rng([self._seed, index])
        clips = [self._draw(rng) for _ in range(size)]
        batch: dict[str, Array] = {
            "rgb": np.stack([rgb for rgb, _, _ in clips])[:, None],
            "audio": np.stack([audio for _, audio, _ in clips])[:, None],
        }
        if max(self._categories) >= 0:
            batch["category"] = np.array([[category] for *_, category in clips], np.int64)
        return batch

    def _draw(self, rng: np.random.Generator) -> tuple[U8, F32, int]:
        """A clip of a random moment, and its category."""
        count = round(self._length * self.rate)
        problem = ""
        for _ in range(_TRIES):
            number = int(rng.choice(len(self.videos), p=self._shares))
            video = self.videos[number]
            begin = rng.uniform(0.0, max(video.seconds - self._length, 0.0))
            try:
                rgb = video.pictures((begin + self._times).tolist(), self._resolution)
                audio = video.sound(begin, count, rate=self.rate, channels=self._channels)
            except SoundwalkError as error:
                problem = str(error)
                if video.path not in self._warned:
                    self._warned.add(video.path)
                    warnings.warn(f"{problem}; using others instead", stacklevel=3)
                continue
            return rgb, audio, self._categories[number]
        raise SoundwalkError(f"{_TRIES} moments of these videos could not be read: {problem}")


def read_video(
    path: str | Path, *, resolution: int | None = None, rate: int = SAMPLE_RATE, channels: int = 2
) -> tuple[Iterator[tuple[float, U8]], F32]:
    """A whole video, picture by picture.

    Args:
        path: of the file.
        resolution: pixels of the square in the middle; None is the whole picture at its own size.
        rate: of the sound, hertz.
        channels: of the sound, C: 2, or 1.

    Returns:
        Time in seconds and pixels (H, W, 3) of every picture, and the sound (C, T) on their clock.

    Raises:
        SoundwalkError: the file cannot be read.
    """
    video = inspect(Path(path))
    sound = video.sound(0.0, round(video.seconds * rate), rate=rate, channels=channels)

    def pixels(frame: Any) -> U8:
        if resolution is None:
            return upright(frame, frame.height, frame.width)
        return square(frame, resolution)

    return ((time, pixels(frame)) for time, frame in video.frames()), sound


def _check(options: dict[str, Any]) -> None:
    """Refuse numbers without meaning."""
    for name, low, high, unit in (
        ("frames", 1, 256, "frames"), ("fps", 0.1, 1000, "frames per second"),
        ("seconds", 0.02, 60, "seconds"), ("resolution", 8, 1024, "pixels"),
        ("channels", 1, 2, "channels"), ("rate", 1000, 192_000, "Hz"), ("margin", 0, 10, "seconds"),
    ):  # fmt: skip
        if not low <= options[name] <= high:
            raise SoundwalkError(f"{name}={options[name]!r}: expected {low:g} to {high:g} {unit}")
    last = (options["frames"] - 1) / options["fps"]
    if last > options["seconds"] + 1e-9:
        raise SoundwalkError(
            f"frames={options['frames']} at fps={options['fps']:g} last {last:g} s: expected at "
            f"most seconds={options['seconds']:g}"
        )


def _usable(path: Path, seconds: float) -> list[Video]:
    """The videos of a path that can be read and are long enough."""
    if not path.is_dir():
        return [_long_enough(inspect(path), seconds)]
    files = sorted(
        file for file in path.rglob("*")
        if file.suffix.lower() in SUFFIXES and not file.name.startswith(".") and file.is_file()
    )  # fmt: skip
    if not files:
        raise SoundwalkError(
            f"{str(path)!r} holds no videos: expected files that end in {', '.join(SUFFIXES)}"
        )
    videos, problem = [], ""
    for file in files:
        try:
            videos.append(_long_enough(inspect(file), seconds))
        except SoundwalkError as error:
            problem = str(error)
            warnings.warn(f"{problem}; it is left out", stacklevel=4)
    if not videos:
        raise SoundwalkError(
            f"none of the {len(files)} videos in {str(path)!r} can be used; {problem}"
        )
    return videos


def _long_enough(video: Video, seconds: float) -> Video:
    if video.seconds < seconds - 1e-3:
        raise SoundwalkError(
            f"{video.path} has {video.seconds:.2f} s of pictures and sound: expected at least "
            f"{seconds:g} s; lower seconds or margin"
        )
    return video


def _category(file: Path, root: Path) -> int:
    """Index of the category that the nearest folder names; -1 if none does."""
    for folder in file.parents:
        name = folder.resolve().name.lower().replace(" ", "_").replace("-", "_")
        if name in CATEGORIES:
            return CATEGORIES.index(name)
        if folder in (root, root.parent):
            break
    return -1
