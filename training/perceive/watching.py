"""A localizer on a user's own video."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import torch

from ...envs.interface import F32, U8, SoundwalkError
from ..distributed import choose_device
from ..report.onvideo import film_localizer
from .reading import Reader
from .run import load_system


def film_video(run_dir: str | Path, video: Path, out: Path, *, device: str | None = None) -> Path:
    """Write a video again with a heatmap of where its sound is.

    Args:
        run_dir: of a system that compares maps with sounds (`soundwalk pretrain localization`).
        video: a file with pictures and sound, one channel or two.
        out: the film, an mp4 file.
        device: where the system computes; that of its run by default.

    Returns:
        Where the film is.

    Raises:
        SoundwalkError: there is no such run, the system makes no map or reads more than an image
            and two ears, or the video cannot be used.
    """
    config, task = load_system(Path(run_dir))
    reader = Reader(task, choose_device(config.device if device is None else device))
    extra = set(task.encoders) - {"image", "audio"}
    if extra:
        raise SoundwalkError(
            f"the system reads {', '.join(sorted(extra))}, which a single frame of a video does "
            "not give: use one that reads image and audio"
        )

    def localize(frames: U8, audio: F32) -> F32:
        """(n, R, R, 3) and (n, C, T) to (n, R, R)."""
        here: Any = reader.device
        inputs = {
            "image": torch.from_numpy(frames).to(here),
            "audio": torch.from_numpy(audio).to(here),
        }
        return reader.heat(inputs, frames.shape[1:3])

    return film_localizer(
        localize,
        video,
        out,
        resolution=int(config.data.get("resolution", 64)),
        seconds=float(config.data.get("seconds", 1.0)),
        rate=16_000,
    )
