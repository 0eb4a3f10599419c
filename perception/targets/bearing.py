"""Where the sound is, as the simulator knows it: what a system without labels is compared with.

This target reads a label, the azimuth of the source. It serves as the upper bound beside `Turn`.
"""

from __future__ import annotations

import torch

from ..data.sample import Tensors, need
from .base import Examples
from .turning import hear_turning


class Bearing:
    """Azimuth of the first source in each view: `label` (B, 2) its cosine and sine.

    Args:
        pair: hear two views that follow each other as one input, as `Turn` does.
    """

    def __init__(self, *, pair: bool = False) -> None:
        self.pair = pair

    def examples(self, sample: Tensors, generator: torch.Generator) -> Examples:
        """See `Target`.

        Raises:
            SoundwalkError: audio, turn or azimuth is absent.
        """
        need(sample, ("audio", "turn", "azimuth"), "supervised direction")
        azimuth, inputs = sample["azimuth"][..., 0], {"audio": sample["audio"]}
        if self.pair:
            inputs, azimuth = hear_turning(sample["audio"], sample["turn"])[0], azimuth[:, 1:]
        label = torch.stack([azimuth.cos(), azimuth.sin()], -1).flatten(0, 1)
        return Examples(
            {name: value.flatten(0, 1) for name, value in inputs.items()}, {"label": label}
        )
