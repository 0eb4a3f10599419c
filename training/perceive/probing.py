"""What a frozen encoder's features tell to a linear model or to their nearest neighbours."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import numpy as np

from ...perception.data.sample import Sample
from ...perception.evaluation.probe import METHODS, TARGETS, probe
from .found import Found, Row
from .reading import Reader, stacked


def evaluate(
    reader: Reader,
    samples: Iterable[Sample],
    seed: int,
    options: dict[str, Any],
    *,
    training: Iterable[Sample],
    scratch: Reader,
) -> Found:
    """Linear and k-nearest-neighbour probes of each question that the samples can answer.

    Rows: "ENCODER, linear", "ENCODER, nearest neighbours"; the same "at random" for the same
    network with its first weights; "chance".

    Args:
        reader: the system.
        samples: of unseen homes and unheard sounds, to test on.
        seed: of nothing here; probes are deterministic.
        options: "encoders": names, all by default; "questions": of `TARGETS`, all by default.
        training: of training homes, to fit probes on.
        scratch: the same network untrained.
    """
    names = list(options.get("encoders", reader.task.encoders))
    learned, test = _read(reader, scratch, training, names), _read(reader, scratch, samples, names)
    rows: dict[str, dict[str, Any]] = {}
    for question in options.get("questions", TARGETS):
        label = f"label/{question}"
        if label not in learned or label not in test:
            continue
        for who in (part for name in names for part in (name, f"{name} at random")):
            for method in METHODS:
                found = probe(
                    TARGETS[question], learned[who], learned[label], test[who], test[label],
                    method=method, seed=seed,
                )  # fmt: skip
                blind = found.pop("baseline")
                ((measure, value),) = found.items()
                name = f"{question}_{measure}"
                rows.setdefault(f"{who}, {_METHODS[method]}", {})[name] = value
                rows.setdefault("chance", {})[name] = blind
    rows["chance"] = rows.pop("chance", {})
    found_rows: dict[str, Row] = dict(rows)
    return Found(found_rows, note="Probes are fitted on training homes and tested on unseen ones.")


_METHODS = {"linear": "linear", "knn": "nearest neighbours"}


def _read(
    reader: Reader, scratch: Reader, samples: Iterable[Sample], names: list[str]
) -> dict[str, Any]:
    """Features by encoder and labels by question."""
    parts = []
    for sample in samples:
        inputs = reader.inputs(sample)
        part: dict[str, Any] = {}
        for name in names:
            part[name] = reader.features(inputs, name)
            part[f"{name} at random"] = scratch.features(inputs, name)
        for question in TARGETS:
            if question in sample:
                label = np.asarray(sample[question])
                part[f"label/{question}"] = label.reshape(len(label), -1)[:, 0]
        parts.append(part)
    return stacked(parts)
