"""A self-supervised system: encoders x score x head x target x objective.

The target asks something of a batch, the encoders turn what is seen and heard into features, the
score joins them, the head reads the answer off, the objective compares. Each published system is a
choice of five pieces; `build` makes them from plain values.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import torch
from torch import Tensor, nn

from ..envs.interface import SoundwalkError, unknown
from .data.sample import Tensors
from .gather import gather
from .targets.base import Examples, Target

GIVEN = {"motion": 2}  # inputs that the score reads as they are, and their sizes


class AVTask(nn.Module):
    """A system that can be trained.

    Args:
        encoders: by the name of the input that each reads: "image", "frames", "clip", "audio",
            "echo", … (see `view_inputs`).
        score: joins features by name into one tensor.
        target: makes examples of batches.
        objective: prediction and labels to a loss.
        projections: heads before the score, by the encoder that they follow.
        head: after the score; the prediction is the score's result if there is none.
        frozen: names of encoders that do not learn, nor their projections: they stay as another
            run left them (`init`), and in evaluation mode.

    Raises:
        SoundwalkError: a projection follows no encoder, or what is frozen is none.
    """

    def __init__(
        self,
        encoders: Mapping[str, nn.Module],
        score: nn.Module,
        target: Target,
        objective: nn.Module,
        *,
        projections: Mapping[str, nn.Module] | None = None,
        head: nn.Module | None = None,
        frozen: Sequence[str] = (),
    ) -> None:
        super().__init__()
        for name in frozen:
            if name not in encoders:
                raise unknown("encoder in frozen", name, encoders)
        for name in projections or {}:
            if name not in encoders:
                raise SoundwalkError(
                    f"projection {name!r} follows no encoder; there are {', '.join(encoders)}"
                )
        self.encoders = nn.ModuleDict(encoders)
        self.projections = nn.ModuleDict(projections or {})
        self.score, self.head, self.objective = score, head, objective
        self.target = target
        self.frozen = tuple(frozen)
        for module in self._still():
            module.requires_grad_(False)

    def train(self, mode: bool = True) -> AVTask:
        """As of any module, but what is frozen stays in evaluation mode."""
        super().train(mode)
        for module in self._still():
            module.eval()
        return self

    def _still(self) -> list[nn.Module]:
        """What does not learn."""
        groups = (self.encoders, self.projections)
        return [group[name] for group in groups for name in self.frozen if name in group]

    def features(self, inputs: Tensors) -> Tensors:
        """Features by the name of their encoder, projected where a head follows it.

        Raises:
            SoundwalkError: an encoder's input is absent.
        """
        features: Tensors = {}
        for name, encoder in self.encoders.items():
            if name not in inputs:
                raise SoundwalkError(
                    f"the encoder {name!r} has nothing to read: inputs are "
                    f"{', '.join(sorted(inputs))}"
                )
            found = encoder(inputs[name])
            features[name] = self.projections[name](found) if name in self.projections else found
        features.update({k: v for k, v in inputs.items() if k in GIVEN})
        return features

    def forward(self, inputs: Tensors) -> Tensor:
        """What the system predicts from inputs; all pairs where the score compares all with all."""
        return self.predict(self.features(inputs))

    def predict(self, features: Tensors) -> Tensor:
        """The prediction from features; those of all processes where the score compares pairs."""
        joint: Tensor = self.score(features)
        return joint if self.head is None else self.head(joint)

    def loss(self, examples: Examples) -> Tensor:
        """The objective on examples, a scalar.

        Where every example is compared with every other one, the features of all processes of a
        distributed training are compared, so that negatives do not depend on their number.
        """
        features = self.features(examples.inputs)
        if getattr(self.score, "all_pairs", False):
            features = {name: gather(value) for name, value in features.items()}
        prediction = self.predict(features).float()  # compared in full precision, however it came
        loss: Tensor = self.objective(prediction, examples.labels)
        return loss

    def examples(self, sample: Tensors, generator: torch.Generator) -> Examples:
        """What the target makes of a batch."""
        return self.target.examples(sample, generator)
