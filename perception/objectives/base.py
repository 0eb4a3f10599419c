"""What objectives share: they find their label by name, and a mean that survives having nothing."""

from __future__ import annotations

from collections.abc import Mapping

from torch import Tensor, nn

from ...envs.interface import SoundwalkError

Labels = Tensor | Mapping[str, Tensor]


class Objective(nn.Module):
    """Prediction and labels to a scalar that is to be made small.

    Args:
        key: name of the label that is predicted.
        valid: name of a label that says which predictions count, as booleans or weights.
    """

    def __init__(self, key: str = "label", valid: str | None = None) -> None:
        super().__init__()
        self.key, self.valid = key, valid

    def target(self, labels: Labels, key: str | None = None) -> Tensor:
        """A label by its name, `key` by default; a tensor is the label itself.

        Raises:
            SoundwalkError: there is none of that name.
        """
        if isinstance(labels, Tensor):
            return labels
        name = key or self.key
        if name not in labels:
            raise SoundwalkError(
                f"the objective needs the label {name!r}, but the target gives "
                f"{', '.join(sorted(labels)) or 'none'}: choose another target, or set key"
            )
        return labels[name]

    def weights(self, labels: Labels) -> Tensor | None:
        """The label that says what counts, if there is one."""
        if self.valid is None or isinstance(labels, Tensor):
            return None
        return self.target(labels, self.valid)


def masked_mean(values: Tensor, valid: Tensor | None = None) -> Tensor:
    """Mean of values that count; 0, with zero gradients, where none does.

    Args:
        values: any shape. Those that do not count may be anything, even NaN.
        valid: booleans or weights of the same shape, or one that broadcasts to it.
    """
    if valid is None:
        return values.mean() if values.numel() else values.sum()
    weight = valid.to(values.dtype).expand_as(values)
    kept = values.where(weight > 0, values.new_zeros(()))
    return (kept * weight).sum() / weight.sum().clamp_min(1e-12)
