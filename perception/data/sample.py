"""The dictionary that every data set yields, and the tensors that systems make of it.

Arrays of a batch: N samples, V views (headings) of a place, F frames of a view, K sources, C ears
or microphones, T samples of sound, E samples of echo.

| key | shape, type | meaning |
|---|---|---|
| rgb | (N, V, F, H, W, 3) uint8 | frames of each view |
| depth | (N, V, H, W) float32 | metres along the view axis, at the view's last frame |
| mask | (N, V, K, H, W) bool | pixels of each source's object at the last frame |
| audio | (N, V, C, T) float32 | heard in that view; the frames span the middle of it |
| dry, wet | (N, V, K, T), (N, V, K, C, T) float32 | what each source sent, and what arrived of it |
| echo | (N, V, C, E) float32 | what came back of the agent's own sweep |
| pose | (N, V, 3) float32 | x, y in metres and heading in radians, in the world |
| turn | (N, V) float32 | heading relative to view 0, radians |
| azimuth, elevation, distance | (N, V, K) float32 | of each source from the head; radians, metres |
| visibility | (N, V, K) float32 | share of the image that the source's object covers |
| sight | (N, V, K) bool | whether the straight line to the source is free |
| in_view | (N, V) int64 | how many objects that can sound are in view |
| category, clip | (N, K) int64 | index into CATEGORIES and into the bank's clips; -1 is none |
| kind | (N,) int64 | index into KINDS |
| home, room, room_kind | (N,) int64 | seed of the home, number of the room, index into ROOM_KINDS |
| rt60 | (N,) float32 | reverberation time of the room, seconds |

A data set leaves out what it cannot know: a user's video has no depth.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

import numpy as np
import torch
from torch import Tensor

from ...envs.interface import SoundwalkError

KINDS = ("visible", "offscreen", "silent", "noise")
VISIBLE, OFFSCREEN, SILENT, NOISE = range(len(KINDS))

Sample = dict[str, np.ndarray[Any, Any]]
Tensors = dict[str, Tensor]


def need(sample: Mapping[str, Any], keys: Iterable[str], who: str) -> None:
    """Check that a sample holds what somebody is about to use.

    Args:
        sample: a batch.
        keys: what is needed.
        who: needs it, for the message.

    Raises:
        SoundwalkError: keys are absent; the message names them and what is there.
    """
    missing = [key for key in keys if key not in sample]
    if missing:
        raise SoundwalkError(
            f"{who} needs {', '.join(missing)}, which these data do not hold; there are "
            f"{', '.join(sorted(sample))}. Simulated clips hold everything that `wants` asks for; "
            "a video file holds only rgb and audio"
        )


def to_tensors(sample: Sample, device: torch.device | str = "cpu") -> Tensors:
    """Torch's view of a batch, without a copy on the CPU."""
    return {key: torch.from_numpy(value).to(device) for key, value in sample.items()}


def view_inputs(sample: Tensors, view: int = 0, *, margin: int = 0) -> Tensors:
    """What encoders can read of one view of every sample, as far as it is there.

    Args:
        sample: a batch of tensors.
        view: which one.
        margin: samples of sound to leave out at either end.

    Returns:
        image (N, H, W, 3) the last frame; frames (N, H, W, 3 F) all of them side by side in the
        channels; clip (N, F, H, W, 3); audio (N, C, T); echo (N, C, E); depth (N, H, W, 1) metres.
    """
    inputs: Tensors = {}
    if "rgb" in sample:
        clip = sample["rgb"][:, view]
        inputs["clip"], inputs["image"] = clip, clip[:, -1]
        inputs["frames"] = clip.movedim(1, 3).flatten(3)
    if "audio" in sample:
        heard = sample["audio"][:, view]
        inputs["audio"] = heard[..., margin : heard.shape[-1] - margin]
    if "echo" in sample:
        inputs["echo"] = sample["echo"][:, view]
    if "depth" in sample:
        inputs["depth"] = sample["depth"][:, view, ..., None]
    return inputs
