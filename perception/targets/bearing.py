"""Where the sound is, as the simulator knows it: what a system without labels is compared with.

This target reads a label, the azimuth of the source. It serves as the upper bound beside `Turn`.
"""

from __future__ import annotations

import torch

from ..data.sample import Tensors, need
from .base import Examples
from .turning import checked_hear, hear_turning


class Bearing:
    """Azimuth of the first source in each view: `label` (B, 2) its cosine and sine.

    Args:
        hear: views that follow each other and are heard together, as by `Turn`.

    Raises:
        SoundwalkError: `hear` is out of range.
    """

    def __init__(self, *, hear: int = 1) -> None:
        self.hear = checked_hear(hear)

    def examples(self, sample: Tensors, generator: torch.Generator) -> Examples:
        """See `Target`.

        Raises:
            SoundwalkError: audio, turn or azimuth is absent.
        """
        need(sample, ("audio", "turn", "azimuth"), "supervised direction")
        azimuth = sample["azimuth"][:, self.hear - 1 :, 0]
        inputs, _ = hear_turning(sample["audio"], sample["turn"], self.hear)
        label = torch.stack([azimuth.cos(), azimuth.sin()], -1).flatten(0, 1)
        return Examples(
            {name: value.flatten(0, 1) for name, value in inputs.items()}, {"label": label}
        )
