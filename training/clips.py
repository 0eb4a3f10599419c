"""Where clips come from, as a configuration says: simulated, recorded, or a user's videos."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ..envs.interface import ClipSource, SoundwalkError


def open_clips(
    data: Mapping[str, Any], split: str, *, sounds: str = "heard", seed: int = 0
) -> ClipSource:
    """The source of a configuration's samples.

    Args:
        data: {"folder": PATH} of recorded clips, {"videos": PATH, …} with arguments of
            `VideoFolder`, or options of `ClipWorld`.
        split: of homes: "train", "val" or "test"; of a recording that holds several, too.
        sounds: of simulated clips.
        seed: of what is drawn.

    Raises:
        SoundwalkError: an option is unknown, or a file cannot be read.
    """
    options = dict(data)
    if "folder" in options and "videos" in options:
        raise SoundwalkError("data name a folder and videos: give one of them")
    if "folder" in options:
        from ..perception.data.shards import Recorded

        return Recorded(options.pop("folder"), split=split, **options)
    if "videos" in options:
        from ..perception.data.video import VideoFolder

        return VideoFolder(options.pop("videos"), seed=seed, **options)
    from ..envs.clips import ClipWorld

    return ClipWorld(**{"split": split, "sounds": sounds, "seed": seed, **options})
