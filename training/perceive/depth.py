"""How deep the view is, in metres, beside a permuted echo and the mean depth of training."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import numpy as np

from ...perception.data.sample import Sample, need
from ...perception.evaluation.depth import depth_errors
from ...perception.targets.base import derangement
from ..report.exhibits import DepthTriple
from .found import Found
from .reading import Reader, generator, stacked

_SHOWN = 6


def evaluate(
    reader: Reader, samples: Iterable[Sample], seed: int, options: dict[str, Any]
) -> Found:
    """Depth metrics of a system with a dense head.

    Rows: "system"; "permuted echo" and "permuted image", where it reads one: the same network with
    another sample's; "mean depth": the mean image of the samples that are evaluated, which no
    system can know.

    Args:
        reader: the system.
        samples: of unseen homes.
        seed: of the permutations.
        options: none.
    """
    draw = generator(seed)
    names = [name for name in ("echo", "image") if name in reader.task.encoders]
    kept: list[dict[str, Any]] = []
    shown: list[Any] = []
    for sample in samples:
        need(sample, ("depth",), "the evaluation of depth")
        inputs = reader.inputs(sample)
        part = {"truth": sample["depth"][:, 0], "system": reader.predict(inputs)[:, 0]}
        order = derangement(len(part["truth"]), draw)
        for name in names:
            moved = {**inputs, name: inputs[name][order.to(inputs[name].device)]}
            part[f"permuted {name}"] = reader.predict(moved)[:, 0]
        if len(shown) < _SHOWN and "rgb" in sample:
            shown += [(sample["rgb"][i, 0, -1]) for i in range(len(part["truth"]))]
        kept.append(part)
    whole = stacked(kept)
    truth = whole.pop("truth")
    whole["mean depth"] = np.broadcast_to(truth.mean(0), truth.shape)
    errors = {name: depth_errors(prediction, truth) for name, prediction in whole.items()}
    exhibits = [
        DepthTriple(
            truth[i], whole["system"][i], shown[i] if i < len(shown) else None,
            f"RMSE {errors['system']['rmse'][i]:.2f} m",
        )
        for i in range(min(_SHOWN, len(truth)))
    ]  # fmt: skip
    return Found(dict(errors), exhibits)
