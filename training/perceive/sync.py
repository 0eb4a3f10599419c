"""Whether and by how much the sound is late, found by trying every offset."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import numpy as np
import torch

from ...envs.interface import SoundwalkError
from ...perception.data.sample import Sample, to_tensors
from ...perception.evaluation.sync import Answers, OffsetErrors
from ...perception.targets.base import derangement
from ...perception.targets.shift import Shift
from ..report.exhibits import Curve
from .found import Found, Row
from .reading import Reader, generator


def evaluate(
    reader: Reader, samples: Iterable[Sample], seed: int, options: dict[str, Any]
) -> Found:
    """Accuracy of aligned against shifted, and the error of the best offset.

    The system scores the sound at every offset within the target's range; the best one should be 0.
    Rows: "system", and "shuffled audio", which sees the clip with another one's sound: what vision
    alone can tell. Each with its chance.

    Args:
        reader: the system; its target is a shift.
        samples: clips with margins of sound.
        seed: of the questions.
        options: none.

    Raises:
        SoundwalkError: the system's target is another one.
    """
    shift = reader.task.target
    if not isinstance(shift, Shift):
        raise SoundwalkError(
            f"the target is {type(shift).__name__}: the evaluation of synchrony needs shift"
        )
    draw = generator(seed)
    offsets = torch.arange(-shift.most, shift.most + 1)
    rows = {name: (Answers("shift_accuracy"), OffsetErrors()) for name in _ROWS}
    totals = []
    for sample in samples:
        tensors = to_tensors(sample, reader.device)
        examples = shift.examples(tensors, draw)
        label = examples.labels["label"].cpu().numpy()
        order = derangement(len(label), draw).to(reader.device)
        stranger = {**examples.inputs, "audio": examples.inputs["audio"][order]}
        strange = {**sample, "audio": sample["audio"][order.cpu().numpy()]}
        scores = _scores(reader, shift, sample, offsets)  # (B, offsets)
        totals.append(scores)
        for name, inputs, whole in (
            ("system", examples.inputs, scores),
            ("shuffled audio", stranger, _scores(reader, shift, strange, offsets)),
        ):
            rows[name][0].update(_better(reader, inputs), label)
            found = offsets.numpy()[whole.argmax(1)]
            rows[name][1].update(found, np.zeros(len(found)))
    table: dict[str, Row] = {}
    for name, accumulators in rows.items():
        measured = [accumulator.intervals() for accumulator in accumulators]
        table[name] = {key: value for part in measured for key, value in part.items()}
    curve = Curve(
        offsets.numpy(),
        {"mean score": np.concatenate(totals).mean(0)},
        "offset of the sound, frames",
        "score",
        "Score of each offset; 0 is in time",
    )
    return Found(table, [curve])


_ROWS = ("system", "shuffled audio")


def _better(reader: Reader, inputs: Any) -> Any:
    """(B,) 1 where the system says aligned; scores that are distances say so when small."""
    score = reader.predict(inputs)
    if reader.task.head is None:
        margin = getattr(reader.task.objective, "margin", 1.0)
        return (score < margin / 2).astype(np.float32)
    return (score > 0).astype(np.float32)


def _scores(reader: Reader, shift: Shift, sample: Sample, offsets: torch.Tensor) -> Any:
    """(B, offsets): how well the sound fits when it is that many frames late; larger is better."""
    inputs = reader.inputs(sample)
    features = dict(inputs)
    columns = []
    sign = -1.0 if reader.task.head is None else 1.0
    with torch.inference_mode():
        seen = {
            name: encoder(inputs[name])
            for name, encoder in reader.task.encoders.items()
            if name != "audio"
        }
        for offset in offsets:
            late = torch.full((len(inputs["audio"]),), int(offset))
            heard = reader.task.encoders["audio"](shift.cut(inputs["audio"], late))
            features = {**seen, "audio": heard}
            for name, head in reader.task.projections.items():
                features[name] = head(features[name])
            columns.append(sign * reader.task.predict(features).cpu().numpy())
    return np.stack(columns, 1)
