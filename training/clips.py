"""Where clips come from, as a configuration says: simulated, recorded, or a user's videos."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ..envs.interface import ClipSource, SoundwalkError
from .worlds import find


def open_clips(
    data: Mapping[str, Any], split: str, *, sounds: str = "heard", seed: int = 0
) -> ClipSource:
    """The source of a configuration's samples.

    Args:
        data: {"folder": PATH} of recorded clips, {"videos": PATH, …} with arguments of
            `VideoFolder`, {"source": "module:Class", …} with arguments of a user's own `ClipSource`
            (split, sounds and seed among them), or options of `ClipWorld`.
        split: of homes: "train", "val" or "test"; of a recording that holds several, too.
        sounds: of simulated clips.
        seed: of what is drawn.

    Raises:
        SoundwalkError: an option is unknown, or a file cannot be read.
    """
    options = dict(data)
    named = [key for key in ("folder", "videos", "source") if key in options]
    if len(named) > 1:
        raise SoundwalkError(f"data name {' and '.join(named)}: give one of them")
    if "source" in options:
        own = find(options.pop("source"))
        made: ClipSource = own(split=split, sounds=sounds, seed=seed, **options)
        return made
    if "folder" in options:
        from ..perception.data.shards import Recorded

        return Recorded(options.pop("folder"), split=split, **options)
    if "videos" in options:
        from ..perception.data.video import VideoFolder

        return VideoFolder(options.pop("videos"), seed=seed, **options)
    from ..envs.clips import ClipWorld

    return ClipWorld(**{"split": split, "sounds": sounds, "seed": seed, **options})
