"""Seconds of a video file, wherever they are in it: pictures and sound on one clock, by PyAV.

The clock starts at the first picture: sound from before it is cut off, and where sound begins later
or ends earlier there is silence.
"""

from __future__ import annotations

import contextlib
import math
from collections.abc import Generator, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import av
import numpy as np

from ...envs.interface import F32, U8, SoundwalkError

_REMEDY = "a remedy: ffmpeg -i IN -c:v libx264 -c:a aac OUT.mp4"
_BACK = (0.0, 2.0, 10.0, math.inf)  # seconds before a moment to seek to, as seeking overshoots
_RUN_IN = 0.25  # seconds of sound that decoder and resampler hear first


@dataclass(frozen=True)
class Video:
    """A video file that can be read.

    Attributes:
        path: of the file.
        start: time of the first picture in the file, seconds.
        seconds: how long there are both pictures and sound.
        fps: frames per second, on average.
    """

    path: Path
    start: float
    seconds: float
    fps: float

    def frames(self, begin: float = 0.0) -> Generator[tuple[float, Any], None, None]:
        """Time in seconds and PyAV's frame of all pictures from the one that is shown at `begin`.

        Raises:
            SoundwalkError: the file cannot be read on.
        """
        before = None
        for time, frame in self._from("video", begin + self.tolerance):
            if before is not None and time > begin + self.tolerance:
                yield before
            before = time, frame
        if before is not None:
            yield before

    def pictures(self, times: Sequence[float], resolution: int) -> U8:
        """What is shown at some moments.

        Args:
            times: seconds, ascending, F of them.
            resolution: pixels of height and width, R.

        Returns:
            (F, R, R, 3) the square in the middle of each picture.

        Raises:
            SoundwalkError: the file cannot be read.
        """
        found: list[U8] = []
        before = None
        with contextlib.closing(self.frames(times[0])) as frames:
            for time, frame in frames:
                while before is not None and times[len(found)] < time - self.tolerance:
                    found.append(square(before, resolution))
                    if len(found) == len(times):
                        return np.stack(found)
                before = frame
        return np.stack(found + [square(before, resolution)] * (len(times) - len(found)))

    def sound(self, begin: float, count: int, *, rate: int, channels: int) -> F32:
        """What is heard from a moment on.

        Args:
            begin: seconds.
            count: samples, T.
            rate: hertz.
            channels: C; 1 is the mean of all, and 2 are the same where the file has only one.

        Returns:
            (C, T).

        Raises:
            SoundwalkError: the file cannot be read.
        """
        resampler, blocks, skip = None, list[F32](), 0
        with contextlib.closing(self._from("audio", max(begin - _RUN_IN, 0.0))) as frames:
            for time, frame in frames:
                if resampler is None:
                    layout = "mono" if frame.layout.nb_channels == 1 else "stereo"
                    resampler = av.AudioResampler(format="fltp", layout=layout, rate=rate)
                    skip = round((begin - time) * rate)
                blocks += [part.to_ndarray() for part in resampler.resample(frame)]
                if sum(block.shape[1] for block in blocks) >= skip + count:
                    break
            else:
                rest = resampler.resample(None) if resampler is not None else []
                blocks += [part.to_ndarray() for part in rest]
        heard = np.concatenate(blocks, 1)
        heard = np.pad(heard, ((0, 0), (max(-skip, 0), 0)))[:, max(skip, 0) :][:, :count]
        heard = np.pad(heard, ((0, 0), (0, count - heard.shape[1])))
        if len(heard) == channels:
            return heard
        return np.repeat(heard.mean(0, keepdims=True, dtype=np.float32), channels, 0)

    @property
    def tolerance(self) -> float:
        """Seconds by which a picture may be late: clocks of files are rounded."""
        return 0.25 / self.fps

    def _from(self, kind: str, moment: float) -> Generator[tuple[float, Any], None, None]:
        """Frames of the stream of a kind, from one at or before a moment on, where there is one.

        Raises:
            SoundwalkError: there is no frame, or the file cannot be read on.
        """
        for back in _BACK:
            with opened(self.path) as file:
                stream = getattr(file.streams, kind)[0]
                if back < moment:  # else from the beginning
                    aim = int((moment - back + self.start) / stream.time_base)
                    file.seek(aim, stream=stream)
                frames = self._timed(file, stream)
                first = next(frames, None)
                if first is not None and (first[0] <= moment or back >= moment):
                    yield first
                    yield from frames
                    return
        raise SoundwalkError(f"{self.path}: nothing at {moment:.2f} s; {_REMEDY}")

    def _timed(self, file: Any, stream: Any) -> Iterator[tuple[float, Any]]:
        """Times and frames of a stream; what cannot be decoded after a seek is passed over."""
        begun = False
        for packet in file.demux(stream):
            try:
                frames = packet.decode()
            except av.error.InvalidDataError:
                if begun:
                    raise
                continue
            for frame in frames:
                begun = True
                if frame.time is None:
                    raise SoundwalkError(f"{self.path}: its frames have no times; {_REMEDY}")
                yield frame.time - self.start, frame


def inspect(path: Path) -> Video:
    """Look into a video file.

    Raises:
        SoundwalkError: there is no such file, it is no video, nothing here decodes it, or it holds
            no pictures or no sound.
    """
    with opened(path) as file:
        stream = file.streams.video[0]
        picture = next(iter(file.decode(stream)), None)
        fps = float(stream.average_rate or stream.guessed_rate or 25)
        ends = [_end(file, kind) for kind in (stream, file.streams.audio[0])]
    with opened(path) as file:
        sound = next(iter(file.decode(file.streams.audio[0])), None)
    if picture is None or sound is None:
        what = "picture" if picture is None else "sample of sound"
        raise SoundwalkError(f"{path}: expected at least one {what}, but its length is zero")
    start = picture.time or 0.0
    last = min((end for end in ends if end is not None), default=0.0) or _last(path)
    if not last > start:
        raise SoundwalkError(f"{path}: expected pictures with sound, but their length is zero")
    return Video(path, start, last - start, fps)


def square(frame: Any, resolution: int) -> U8:
    """The square in the middle of a frame as it is shown, (resolution, resolution, 3)."""
    scale = resolution / min(frame.height, frame.width)
    height, width = (max(resolution, round(n * scale)) for n in (frame.height, frame.width))
    small = upright(frame, height, width)
    top, left = ((n - resolution) // 2 for n in small.shape[:2])
    return np.ascontiguousarray(small[top : top + resolution, left : left + resolution])


def upright(frame: Any, height: int, width: int) -> U8:
    """A frame of a size, (height, width, 3), then turned as the file says: phones lie down."""
    small = frame.reformat(width, height, format="rgb24", interpolation="AREA")
    return np.rot90(small.to_ndarray(), round(frame.rotation / 90) % 4)


@contextlib.contextmanager
def opened(path: Path) -> Iterator[Any]:
    """An open file that has pictures and sound, both in codecs that are known.

    Raises:
        SoundwalkError: it is none.
    """
    if not path.is_file():
        raise SoundwalkError(f"{path}: expected a video file, but there is none")
    if path.stat().st_size == 0:
        raise SoundwalkError(f"{path}: expected a video file, but its length is zero")
    try:
        with av.open(str(path)) as file:
            for kind, name in (("video", "pictures"), ("audio", "sound")):
                streams = getattr(file.streams, kind)
                if not streams:
                    raise SoundwalkError(f"{path}: expected pictures and sound; it has no {name}")
                if streams[0].codec_context is None:
                    raise SoundwalkError(
                        f"{path}: its {name} are in a codec that nothing here decodes; {_REMEDY}"
                    )
            yield file
    except av.error.FFmpegError as error:
        raise SoundwalkError(f"{path}: cannot be read as a video: {error}; {_REMEDY}") from error


def _end(file: Any, stream: Any) -> float | None:
    """When a stream ends on the file's clock, as far as the file says."""
    if stream.duration:
        return float(((stream.start_time or 0) + stream.duration) * stream.time_base)
    return file.duration / av.time_base if file.duration else None


def _last(path: Path) -> float:
    """When the last packet of pictures ends, by reading them all."""
    with opened(path) as file:
        packets = [p for p in file.demux(file.streams.video[0]) if p.pts is not None]
        return max((float((p.pts + (p.duration or 0)) * p.time_base) for p in packets), default=0.0)
