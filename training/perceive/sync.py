"""Whether and by how much the sound is late, found by trying every offset."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import numpy as np
import torch

from ...envs.interface import SoundwalkError
from ...perception.data.sample import Sample, to_tensors
from ...perception.targets.base import derangement
from ...perception.targets.shift import Shift
from ..report.exhibits import Curve
from .found import Found
from .reading import Reader, generator, stacked


def evaluate(
    reader: Reader, samples: Iterable[Sample], seed: int, options: dict[str, Any]
) -> Found:
    """Accuracy of aligned against shifted, and the error of the best offset.

    Each clip's sound is shifted by a random offset within the target's range; the system scores
    every offset that undoes it. Rows: "system"; "vision only" (another sample's sound); "chance".

    Args:
        reader: the system; its target is a shift.
        samples: clips with margins of sound.
        seed: of the offsets.
        options: none.

    Raises:
        SoundwalkError: the system's target is another one.
    """
    shift = reader.task.target
    if not isinstance(shift, Shift):
        raise SoundwalkError(
            f"the target is {type(shift).__name__}: the evaluation of synchrony needs shift"
        )
    draw, kept = generator(seed), []
    offsets = torch.arange(-shift.most, shift.most + 1)
    for sample in samples:
        tensors = to_tensors(sample, reader.device)
        examples = shift.examples(tensors, draw)
        label = examples.labels["label"].cpu().numpy()
        order = derangement(len(label), draw).to(reader.device)
        stranger = {**examples.inputs, "audio": examples.inputs["audio"][order]}
        scores = _scores(reader, shift, sample, offsets)  # (B, offsets)
        strange = _scores(reader, shift, {**sample, "audio": sample["audio"][order.cpu()]}, offsets)
        kept.append(
            {
                "right": (_better(reader, examples.inputs) == label),
                "stranger": (_better(reader, stranger) == label),
                "label": label,
                "error": offsets.numpy()[scores.argmax(1)],
                "strange_error": offsets.numpy()[strange.argmax(1)],
                "scores": scores,
            }
        )
    whole = stacked(kept)
    guess = np.random.default_rng(seed).choice(offsets.numpy(), len(whole["label"]))
    rows = {
        "system": _row(whole["right"], whole["error"]),
        "vision only": _row(whole["stranger"], whole["strange_error"]),
        "chance": _row(np.full(len(guess), 0.5), guess),
    }
    curve = Curve(
        offsets.numpy(),
        {"mean score": whole["scores"].mean(0)},
        "offset of the sound, frames",
        "score",
        "Score of each offset; 0 is in time",
    )
    return Found(rows, [curve])


def _row(right: Any, error: Any) -> dict[str, Any]:
    size = np.abs(error).astype(np.float64)
    return {"accuracy": right, "offset_error_frames": size, "within_1_frame": size <= 1}


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
