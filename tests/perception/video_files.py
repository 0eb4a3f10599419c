"""Video files for tests, written by PyAV and by the project's own film writer."""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from fractions import Fraction
from pathlib import Path

import av
import numpy as np

from soundwalk.envs.interface import F32, U8
from soundwalk.training.video import Film

RATE = 16_000


def clapping(path: Path, *, claps: Sequence[float], seconds: float, fps: int, rate: int) -> Path:
    """A film of the project's own: it flashes and clicks at the same times, on the left."""
    edges = [round(i * rate / fps) for i in range(round(seconds * fps) + 1)]
    rng = np.random.default_rng(0)
    flashes = {round(clap * fps) for clap in claps}
    with Film(path, sample_rate=rate, fps=fps) as film:
        for i, (begin, end) in enumerate(itertools.pairwise(edges)):
            picture = np.full((48, 80, 3), 255 if i in flashes else 0, np.uint8)
            sound = np.zeros((2, end - begin), np.float32)
            if i in flashes:
                sound[0] = rng.normal(0, 0.2, end - begin)
            film.add(picture, sound)
    return path


def plain(
    path: Path,
    pictures: U8,
    sound: F32 | None,
    *,
    fps: int = 10,
    rate: int = RATE,
    codec: str = "pcm_s16le",
    late: float = 0.0,
) -> Path:
    """Pictures (F, H, W, 3) and sound (C, T) that begins `late` seconds after them."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with av.open(str(path), "w") as file:
        video = file.add_stream("libx264", rate=fps, options={"g": "7", "crf": "10"})
        video.height, video.width = pictures.shape[1:3]
        video.pix_fmt = "yuv420p"
        if sound is not None:
            layout = "mono" if len(sound) == 1 else "stereo"
            audio = file.add_stream(codec, rate=rate, layout=layout)
        for i, picture in enumerate(pictures):
            frame = av.VideoFrame.from_ndarray(np.ascontiguousarray(picture))
            frame.pts, frame.time_base = i, Fraction(1, fps)
            file.mux(video.encode(frame))
        file.mux(video.encode(None))
        if sound is not None:
            pulses = np.ascontiguousarray((sound * 32767).round().astype(np.int16).T)
            for at in range(0, len(pulses), 1000):
                block = av.AudioFrame.from_ndarray(
                    pulses[at : at + 1000].reshape(1, -1), format="s16", layout=layout
                )
                block.sample_rate, block.pts = rate, at + round(late * rate)
                block.time_base = Fraction(1, rate)
                file.mux(audio.encode(block))
            file.mux(audio.encode(None))
    return path


def counting(count: int, height: int = 32, width: int = 48) -> U8:
    """Pictures whose brightness is four times their number."""
    levels = 4 * np.arange(count, dtype=np.uint8)
    return np.broadcast_to(levels[:, None, None, None], (count, height, width, 3)).copy()


def ramp(seconds: float, channels: int = 1, rate: int = RATE) -> F32:
    """A sound that tells the time: from 0 up by 0.1 a second."""
    return np.tile(0.1 * np.arange(round(seconds * rate), dtype=np.float32) / rate, (channels, 1))


def broken(path: Path, kind: str) -> Path:
    if kind == "missing":
        return path
    if kind in ("silent", "short"):
        return plain(path, counting(5), None if kind == "silent" else ramp(0.5), codec="aac")
    if kind == "pictureless":
        return plain(path, counting(1)[:0], ramp(2.0), codec="aac")
    whole = plain(path, counting(20), ramp(2.0), codec="aac").read_bytes()
    path.write_bytes({
        "empty": b"", "text": b"no video at all", "unknown": whole.replace(b"avc1", b"zzzz"),
        "cut": whole[: len(whole) // 2],
    }[kind])  # fmt: skip
    return path
