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


class Turn:
    """Sounds of one place before and after turns.

    Every view of every sample is an example. Labels: `place` (B,) a number that views of the same
    place share; `turn` (B,) radians of the view relative to the first one; `level` (B,) decibels by
    which the left ear is louder, whose sign says on which side the sound is; `mirror` (B,) 1 for
    examples whose ears were swapped (and whose turns go the other way), which are the second half.

    Args:
        pair: hear two views that follow each other, the earlier one as `before`, with the turn
            between them given as `motion` (cos, sin): what a head that turns can know of front and
            back. Needs one view more.
        mirror: add every example with its ears swapped, a world in a mirror.
    """

    def __init__(self, *, pair: bool = False, mirror: bool = True) -> None:
        self.pair, self.mirror = pair, mirror

    def examples(self, sample: Tensors, generator: torch.Generator) -> Examples:
        """See `Target`.

        Raises:
            SoundwalkError: audio or turn is absent, or there are too few views.
        """
        need(sample, ("audio", "turn"), "direction from motion")
        count, views = sample["audio"].shape[:2]
        least = 3 if self.pair else 2
        if views < least:
            raise SoundwalkError(
                f"samples have {views} views: expected at least {least}; set data.views"
            )
        audio, turn = sample["audio"], sample["turn"]
        place = torch.randint(2**62, (count,), generator=generator).to(turn.device)
        if self.mirror:
            audio, turn = torch.cat([audio, audio.flip(2)]), torch.cat([turn, -turn])
            place = torch.cat([place, place + 1])
        inputs, turn = hear_turning(audio, turn) if self.pair else ({"audio": audio}, turn)
        inputs = {name: value.flatten(0, 1) for name, value in inputs.items()}
        last = audio[:, 1:] if self.pair else audio
        power = last.square().mean(-1) + 1e-10  # (N, V, C)
        labels = {
            "place": place[:, None].expand_as(turn).flatten(),
            "turn": turn.flatten(),
            "level": (10 * (power[..., 0] / power[..., 1]).log10()).flatten(),
            "mirror": (torch.arange(len(audio), device=turn.device) >= count)
            .float()[:, None].expand_as(turn).flatten(),
        }  # fmt: skip
        return Examples(inputs, labels)


def hear_turning(audio: Tensor, turn: Tensor) -> tuple[Tensors, Tensor]:
    """Views two by two: what was heard before and after each turn, and the turn.

    Args:
        audio: (N, V, C, T).
        turn: (N, V) radians relative to the first view.

    Returns:
        before and audio (N, V - 1, C, T), and motion (N, V - 1, 2), cos and sin of the turn between
        them; and the turns (N, V - 1) of the later views.
    """
    step = turn[:, 1:] - turn[:, :-1]
    motion = torch.stack([step.cos(), step.sin()], -1)
    return {"before": audio[:, :-1], "audio": audio[:, 1:], "motion": motion}, turn[:, 1:]


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
