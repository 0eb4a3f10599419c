"""What changes when the agent turns, and by how much is known: its own motion teaches.

`Turn` asks a network for the direction of a sound such that it turns against the head (Chen, Qian
and Owens 2023, "Sound localization from motion"). `Orientation` asks in which of a few directions
an echo was heard, given what is seen straight ahead (Gao et al. 2020, "VisualEchoes").
"""

from __future__ import annotations

from math import pi

import torch
from torch import Tensor

from ...envs.interface import SoundwalkError
from ..data.sample import Tensors, need, view_inputs
from .base import Examples

EARLIER = ("before", "earlier", "earliest")  # names of views before the last, the latest first


class Turn:
    """Sounds of one place before and after turns.

    Every view of every sample is an example. Labels: `place` (B,) a number that views of the same
    place share; `turn` (B,) radians of the view relative to the first one; `level` (B,) decibels by
    which the left ear is louder, whose sign says on which side the sound is; `mirror` (B,) 1 for
    examples whose ears were swapped (and whose turns go the other way), which are the second half.

    Args:
        hear: views that follow each other and are heard together, 1 to 4: the last one as `audio`,
            the earlier ones as `before`, `earlier`, `earliest`, with the turns from them given as
            `motion`: what a head that turns can know of front and back.
        mirror: add every example with its ears swapped, a world in a mirror.

    Raises:
        SoundwalkError: `hear` is out of range.
    """

    def __init__(self, *, hear: int = 1, mirror: bool = True) -> None:
        self.hear, self.mirror = checked_hear(hear), mirror

    def examples(self, sample: Tensors, generator: torch.Generator) -> Examples:
        """See `Target`.

        Raises:
            SoundwalkError: audio or turn is absent, or there are too few views.
        """
        need(sample, ("audio", "turn"), "direction from motion")
        count, views = sample["audio"].shape[:2]
        if views < self.hear + 1:
            raise SoundwalkError(
                f"samples have {views} views: expected at least {self.hear + 1}, which make two "
                f"examples of {self.hear}; set data.views"
            )
        audio, turn = sample["audio"], sample["turn"]
        place = torch.randint(2**62, (count,), generator=generator).to(turn.device)
        if self.mirror:
            audio, turn = torch.cat([audio, audio.flip(2)]), torch.cat([turn, -turn])
            place = torch.cat([place, place + 1])
        power = audio[:, self.hear - 1 :].square().mean(-1) + 1e-10  # (N, V', C)
        inputs, turn = hear_turning(audio, turn, self.hear)
        inputs = {name: value.flatten(0, 1) for name, value in inputs.items()}
        labels = {
            "place": place[:, None].expand_as(turn).flatten(),
            "turn": turn.flatten(),
            "level": (10 * (power[..., 0] / power[..., 1]).log10()).flatten(),
            "mirror": (torch.arange(len(audio), device=turn.device) >= count)
            .float()[:, None].expand_as(turn).flatten(),
        }  # fmt: skip
        return Examples(inputs, labels)


def checked_hear(hear: int) -> int:
    """How many views are heard together.

    Raises:
        SoundwalkError: fewer than one, or more than have names.
    """
    if not 1 <= hear <= 1 + len(EARLIER):
        raise SoundwalkError(f"hear={hear!r}: expected 1 to {1 + len(EARLIER)} views")
    return int(hear)


def hear_turning(audio: Tensor, turn: Tensor, hear: int = 2) -> tuple[Tensors, Tensor]:
    """Views that follow each other, heard together, and the turns between them.

    Args:
        audio: (N, V, C, T).
        turn: (N, V) radians relative to the first view.
        hear: h views at a time.

    Returns:
        `audio` and the names of EARLIER (N, V - h + 1, C, T), and, if h > 1, `motion`
        (N, V - h + 1, 2 (h - 1)), cosine and sine of the turn from each earlier view to the last;
        and the turns (N, V - h + 1) of the last views.
    """
    count = audio.shape[1] - hear + 1
    last = turn[:, hear - 1 :]
    inputs, motion = {"audio": audio[:, hear - 1 :]}, []
    for back, name in zip(range(1, hear), EARLIER, strict=False):
        first = hear - 1 - back
        inputs[name] = audio[:, first : first + count]
        step = last - turn[:, first : first + count]
        motion += [step.cos(), step.sin()]
    if motion:
        inputs["motion"] = torch.stack(motion, -1)
    return inputs, last


class Orientation:
    """In which direction was this echo heard, relative to what is seen?

    The image is that of view 0, the echo that of a random view. `label` (B,) is the quarter into
    which that view is turned: 0 ahead, 1 left, 2 behind, 3 right.
    """

    def examples(self, sample: Tensors, generator: torch.Generator) -> Examples:
        """See `Target`.

        Raises:
            SoundwalkError: rgb, echo or turn is absent, or there is one view only.
        """
        need(sample, ("rgb", "echo", "turn"), "the orientation of echoes")
        count, views = sample["echo"].shape[:2]
        if views < 2:
            raise SoundwalkError(
                "samples have one view: expected at least 2 directions; set data.views to 4"
            )
        which = torch.arange(count) % views
        which = which[torch.randperm(count, generator=generator)].to(sample["echo"].device)
        rows = torch.arange(count, device=which.device)
        inputs = view_inputs(sample)
        inputs["echo"] = sample["echo"][rows, which]
        quarter = (sample["turn"][rows, which] / (pi / 2)).round().long() % 4
        return Examples(inputs, {"label": quarter})
