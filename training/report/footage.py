"""A user's video as frames at a steady rate and the sound that belongs to them, by PyAV.

Both run on one clock that starts at the first picture: sound from before it is cut off, and where
the sound begins later there is silence.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import Any

import av
import numpy as np

from ...envs.interface import F32, U8, SoundwalkError
from ...perception.data.decoding import opened, upright

_MOST_FPS = 30
_FALLBACK_FPS = Fraction(25)


@dataclass(frozen=True)
class Footage:
    """A video file that can be read.

    Attributes:
        path: of the file.
        fps: frames per second that are read from it.
        height: pixels of a picture as it is shown, turned as a phone says.
        width: likewise.
        start: time of the first picture in the file, seconds.
        seconds: how long the pictures last, as far as the file says; 0 if it does not.
    """

    path: Path
    fps: Fraction
    height: int
    width: int
    start: float
    seconds: float

    def frames(self, height: int, width: int) -> Iterator[U8]:
        """Pictures (height, width, 3) at the steady rate; frame k is what is shown at k / fps."""
        tolerance = 0.25 / float(self.fps)
        count, before = 0, None
        with opened(self.path) as file:
            own = float(file.streams.video[0].average_rate or self.fps)
            time = 0.0
            for i, frame in enumerate(file.decode(video=0)):
                time = i / own if frame.time is None else frame.time - self.start
                while before is not None and count / self.fps < time - tolerance:
                    yield before
                    count += 1
                before = _picture(frame, height, width)
            while before is not None and count / self.fps < time + 1 / own - tolerance:
                yield before
                count += 1

    def sound(self) -> tuple[F32, int]:
        """The whole sound (1 or 2, T) on the clock of the pictures, and its rate in hertz.

        Raises:
            SoundwalkError: there is none in it.
        """
        blocks: list[F32] = []
        begin = 0.0
        with opened(self.path) as file:
            stream = file.streams.audio[0]
            rate = int(stream.rate)
            layout = "mono" if stream.channels == 1 else "stereo"
            resampler = av.AudioResampler(format="fltp", layout=layout, rate=rate)
            for frame in file.decode(stream):
                if not blocks:
                    begin = frame.time or 0.0
                blocks += [part.to_ndarray() for part in resampler.resample(frame)]
            if blocks:
                blocks += [part.to_ndarray() for part in resampler.resample(None)]
        if not blocks:
            raise SoundwalkError(f"{self.path}: expected sound, but its track of sound is empty")
        whole = np.concatenate(blocks, 1)
        late = round((begin - self.start) * rate)
        return np.pad(whole, ((0, 0), (max(late, 0), 0)))[:, max(-late, 0) :], rate


def footage(path: Path, fps: float | None = None) -> Footage:
    """Look into a video file.

    Args:
        path: of the file.
        fps: frames per second to read; by default its own, at most 30.

    Raises:
        SoundwalkError: there is no such file, it is no video, nothing here decodes it, or it holds
            no pictures or no sound.
    """
    if fps is not None and not fps > 0:
        raise SoundwalkError(f"fps={fps}: expected more than 0 frames per second")
    with opened(path) as file:
        stream = file.streams.video[0]
        first = next(iter(file.decode(stream)), None)
        if first is None:
            raise SoundwalkError(f"{path}: expected at least one picture, but its length is zero")
        own = stream.average_rate or stream.guessed_rate or _FALLBACK_FPS
        steady = min(Fraction(own), Fraction(_MOST_FPS)) if fps is None else Fraction(fps)
        length = stream.duration * stream.time_base if stream.duration else 0
        turned = _quarters(first) % 2
    height, width = (first.width, first.height) if turned else (first.height, first.width)
    return Footage(
        path, steady.limit_denominator(1001), height, width, first.time or 0.0, float(length)
    )


def _picture(frame: Any, height: int, width: int) -> U8:
    """A picture as it is shown, (height, width, 3)."""
    lying = _quarters(frame) % 2
    return upright(frame, *((width, height) if lying else (height, width)))


def _quarters(frame: Any) -> int:
    """Quarter turns to the left that a picture needs to stand upright."""
    return round(float(frame.rotation) / 90) % 4
