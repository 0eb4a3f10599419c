"""Predict what another sensor of the agent measures: the depth camera, from image and echo."""

from __future__ import annotations

import torch

from ..data.sample import Tensors, need, view_inputs
from .base import Examples


class Sensor:
    """`label` (B, H, W) is what a sensor reads in view 0.

    Args:
        key: "depth", metres; 0 is where the sensor sees nothing.
    """

    def __init__(self, key: str = "depth") -> None:
        self.key = key

    def examples(self, sample: Tensors, generator: torch.Generator) -> Examples:
        """See `Target`.

        Raises:
            SoundwalkError: the sensor is absent.
        """
        need(sample, (self.key,), "the sensor target")
        inputs = view_inputs(sample)
        return Examples(inputs, {"label": sample[self.key][:, 0]})
