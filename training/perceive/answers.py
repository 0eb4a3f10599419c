"""Questions with a right answer: does it match, are the ears swapped, which way was the echo heard?

Each is asked as in training, of unseen homes and sounds, and again with what could answer it taken
away: another sample's sound or picture. Chance is the share of the commonest answer.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import numpy as np
import torch

from ...perception.data.sample import Sample, Tensors, to_tensors
from ...perception.targets.base import derangement
from ..report.exhibits import Bars
from .found import Found, Row, intervals
from .reading import Reader, generator, stacked

_SHUFFLED = ("image", "frames", "clip", "audio", "echo")


def evaluate(
    reader: Reader, samples: Iterable[Sample], seed: int, options: dict[str, Any]
) -> Found:
    """Accuracy of a system whose target gives a label: "correspondence", "flip", "orientation".

    Rows: "system"; "shuffled audio", "image", … for each input, with the labels kept; "chance".

    Args:
        reader: the system.
        samples: of unseen homes.
        seed: of the questions.
        options: "clear": radians; only samples whose source is in view and at least so far to the
            side count in a further row, "system, to the side".
    """
    draw = generator(seed)
    names = [name for name in _SHUFFLED if name in reader.task.encoders]
    kept = []
    for sample in samples:
        examples = reader.task.examples(to_tensors(sample, reader.device), draw)
        label = examples.labels["label"].cpu().numpy()
        part = {"label": label, "system": _right(reader, examples.inputs, label)}
        order = derangement(len(label), draw)
        for name in names:
            moved = {**examples.inputs, name: examples.inputs[name][order.to(reader.device)]}
            part[f"shuffled {name}"] = _right(reader, moved, label)
        if "azimuth" in sample:
            part["azimuth"] = np.abs(sample["azimuth"][:, 0, 0])
        kept.append(part)
    whole = stacked(kept)
    labels = whole.pop("label").astype(np.int64)
    azimuth = whole.pop("azimuth", None)
    rows: dict[str, Row] = {name: {"accuracy": values} for name, values in whole.items()}
    if azimuth is not None and "clear" in options:
        aside = azimuth >= float(options["clear"])
        rows["system, to the side"] = {"accuracy": whole["system"][aside]}
    rows["chance"] = {"accuracy": labels == np.bincount(labels).argmax()}
    bars = {name: intervals(row)["accuracy"] for name, row in rows.items()}
    return Found(rows, [Bars("Share of right answers", bars, "accuracy")])


def _right(reader: Reader, inputs: Tensors, label: Any) -> Any:
    """(B,) 1 where the prediction is the label."""
    prediction = torch.from_numpy(reader.predict(inputs))
    answer = prediction.argmax(-1) if prediction.ndim == 2 else (prediction > 0)
    return (answer.numpy().astype(np.int64) == label.astype(np.int64)).astype(np.float64)
