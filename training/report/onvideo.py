"""A localizer at work on a user's own video: the heat it finds over the pictures, with the sound.

The localizer sees the square in the middle of a frame and hears a window around its moment. The
rest of the frame stays dark.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
from rich.console import Console
from rich.progress import Progress
from scipy import signal

from ...envs.interface import F32, U8, SoundwalkError
from ..video import Film
from .footage import Footage, footage
from .overlay import blend, peak, ring, shares

Localize = Callable[[U8, F32], F32]

_BATCH = 16  # frames
_LONGEST, _SHORTEST = 1280, 240  # pixels of a side of the film
_DARK = 0.35  # of what the localizer does not see
_COOL, _HOT = 50.0, 99.8  # percentiles of all heat that are the ends of the scale of the film
_AAC_RATES = (48_000, 44_100, 32_000, 24_000, 22_050, 16_000, 12_000, 11_025, 8_000)


def film_localizer(
    localize: Localize,
    video: Path,
    out: Path,
    *,
    resolution: int,
    seconds: float,
    rate: int,
    fps: float | None = None,
    channels: int = 2,
    quiet: bool = False,
) -> Path:
    """Write a video again with what a localizer finds in it.

    Args:
        localize: frames (n, resolution, resolution, 3) and sound (n, channels, seconds * rate) to
            heat (n, h, w) that covers the frames.
        video: any file that FFmpeg decodes, with pictures and sound.
        out: the film, an mp4 file; written aside and then renamed.
        resolution: pixels of height and width that the localizer sees.
        seconds: of sound around each frame that it hears; at the ends of the video the window
            stays within it.
        rate: of that sound, hertz.
        fps: frames per second of the film; by default those of the video, at most 30.
        channels: of that sound. One channel is heard in both, two are averaged into one.
        quiet: whether there is no progress bar.

    Returns:
        Where the film is.

    Raises:
        SoundwalkError: the video cannot be read, has no sound or no length; `out` is no mp4 file or
            is the video; the localizer answers with anything but a map for each frame.
    """
    _check(video, out)
    source = footage(video, fps)
    own, own_rate = source.sound()
    heard = _channels(_resampled(own, own_rate, rate), channels)
    console = Console(stderr=True)
    with Progress(console=console, transient=True, disable=quiet) as progress:
        expected = round(source.seconds * source.fps) or None
        task = progress.add_task("looking for the sound", total=expected)
        heat: list[F32] = []
        for maps in _found(localize, source, heard, resolution, round(seconds * rate), rate):
            heat.extend(maps)
            progress.update(task, completed=len(heat))
        task = progress.add_task("writing the film", total=len(heat))
        aside = out.with_name(f".{out.stem}.part.mp4")
        aside.parent.mkdir(parents=True, exist_ok=True)
        try:
            for _ in _write(aside, source, heat, own, own_rate):
                progress.advance(task)
            aside.replace(out)
        finally:
            aside.unlink(missing_ok=True)
    return out


def windows(heard: F32, times: list[float], length: int, rate: int) -> F32:
    """The sound around some moments.

    Args:
        heard: (C, T).
        times: moments in seconds, n of them.
        length: samples of a window.
        rate: hertz.

    Returns:
        (n, C, length): each window has its moment in the middle, unless it would begin before the
        sound or end after it. A sound shorter than a window is followed by silence.
    """
    heard = np.pad(heard, ((0, 0), (0, max(0, length - heard.shape[1]))))
    last = heard.shape[1] - length
    starts = [min(max(0, round(time * rate) - length // 2), last) for time in times]
    return np.stack([heard[:, start : start + length] for start in starts])


def drawn(frame: U8, heat: F32, low: float, high: float) -> U8:
    """A frame with heat over the square in its middle and a ring around the peak.

    Args:
        frame: (H, W, 3).
        heat: (h, w), over the square.
        low: heat that is cool.
        high: heat that is hottest.
    """
    height, width = frame.shape[:2]
    side = min(height, width)
    top, left = (height - side) // 2, (width - side) // 2
    square = slice(top, top + side), slice(left, left + side)
    result = (_DARK * frame).astype(np.uint8)
    result[square] = blend(frame[square], shares(heat, low, high))
    row, column = peak(heat, side, side)
    return ring(result, top + row, left + column)


def _check(video: Path, out: Path) -> None:
    if out.suffix.lower() != ".mp4":
        raise SoundwalkError(f"{out}: expected a name that ends in .mp4 for the film")
    if out.resolve() == video.resolve():
        raise SoundwalkError(f"{out} is the video itself: expected another name for the film")


def _found(
    localize: Localize, source: Footage, heard: F32, resolution: int, length: int, rate: int
) -> Iterator[F32]:
    """Heat of all frames, some at a time: (n, h, w)."""
    scale = resolution / min(source.height, source.width)
    height, width = round(source.height * scale), round(source.width * scale)
    top, left = (height - resolution) // 2, (width - resolution) // 2
    frames = enumerate(source.frames(height, width))
    while some := list(itertools.islice(frames, _BATCH)):
        seen = np.stack([f[top : top + resolution, left : left + resolution] for _, f in some])
        sound = windows(heard, [float(i / source.fps) for i, _ in some], length, rate)
        maps = np.asarray(localize(seen, sound), np.float32)
        if maps.ndim != 3 or len(maps) != len(some):
            raise SoundwalkError(
                f"the localizer answered {len(some)} frames with an array of shape {maps.shape}; "
                f"expected ({len(some)}, h, w)"
            )
        yield maps


def _write(path: Path, source: Footage, heat: list[F32], sound: F32, rate: int) -> Iterator[None]:
    """Write the film frame by frame, each with its share of the sound."""
    if rate not in _AAC_RATES:
        sound, rate = _resampled(sound, rate, _AAC_RATES[0]), _AAC_RATES[0]
    edges = [round(i * rate / source.fps) for i in range(len(heat) + 1)]
    sound = _channels(sound, 2)
    sound = np.pad(sound, ((0, 0), (0, max(0, edges[-1] - sound.shape[1]))))
    levels = np.concatenate([np.ravel(one) for one in heat])
    levels = levels[np.isfinite(levels)]
    low, high = np.percentile(levels, [_COOL, _HOT]) if levels.size else (0.0, 0.0)
    longest, shortest = (f(source.height, source.width) for f in (max, min))
    scale = min(_LONGEST / longest, max(1.0, _SHORTEST / shortest))
    height, width = (2 * round(size * scale / 2) for size in (source.height, source.width))
    with Film(path, sample_rate=rate, fps=source.fps) as film:
        frames = source.frames(height, width)
        for one, frame, begin, end in zip(heat, frames, edges, edges[1:], strict=False):
            film.add(drawn(frame, one, low, high), sound[:, begin:end])
            yield


def _channels(sound: F32, count: int) -> F32:
    """The same sound in another number of channels."""
    if len(sound) == count:
        return sound
    return np.repeat(sound.mean(0, keepdims=True), count, 0)


def _resampled(sound: F32, rate: int, wanted: int) -> F32:
    """The same sound at another rate, hertz."""
    if rate == wanted:
        return sound
    divisor = int(np.gcd(rate, wanted))
    result: F32 = signal.resample_poly(sound, wanted // divisor, rate // divisor, axis=1)
    return result.astype(np.float32)
