"""Where around the head a sound is, beside what classical methods make of the same sound.

Azimuths over the full circle. Two ears that stand still cannot tell front from back on a round
head; what hears a turn can. GCC-PHAT gets the same two views and the same turn.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterable
from typing import Any

import numpy as np
import torch

from ...envs.interface import SoundwalkError, wrap_angle
from ...perception.data.sample import Sample, need
from ...perception.evaluation.controls import gcc_direction, srp_direction
from ...perception.evaluation.doa import DirectionErrors
from ...perception.targets.turning import hear_turning
from ..report.exhibits import Directions
from .found import Found, Row
from .reading import Reader, stacked

ARRAY = "array:square"  # the receiver of the same samples
SQUARE = ((0.05, 0.05, 0.0), (0.05, -0.05, 0.0), (-0.05, -0.05, 0.0), (-0.05, 0.05, 0.0))  # m


def evaluate(
    reader: Reader,
    samples: Iterable[Sample],
    seed: int,
    options: dict[str, Any],
    *,
    array: Iterable[Sample] | None = None,
) -> Found:
    """Errors of azimuth of a system with an angle head.

    Rows, each for sources in the line of sight and, as "…, all", for all of them: "system",
    "GCC-PHAT" (of one view, taken as in front), "GCC-PHAT, turning" (front or back by the turn),
    "shuffled audio"; and "SRP-PHAT, 4 microphones", which needs no turn.

    Args:
        reader: the system.
        samples: with two views or more.
        seed: of the shuffling.
        options: none.
        array: the same samples, heard by the microphones of ARRAY.
    """
    kept = []
    heard_by_array = iter(array) if array is not None else itertools.repeat(None)
    rng = np.random.default_rng(seed)
    views = max(2, reader.views_heard)  # what hears a turn, GCC-PHAT too
    last = reader.views_heard - 1
    for sample, other in zip(samples, heard_by_array, strict=False):
        need(sample, ("audio", "turn", "azimuth", "sight"), "the evaluation of direction")
        guess = directions(reader, sample)
        order = (np.arange(len(guess)) + 1 + rng.integers(len(guess) - 1)) % len(guess)
        heard, turn = sample["audio"], sample["turn"]
        found = {}
        if other is not None:
            found["SRP-PHAT, 4 microphones"] = srp_direction(other["audio"][:, last], SQUARE)
        kept.append(
            found
            | {
                "truth": sample["azimuth"][:, last, 0],
                "sight": sample["sight"][:, last, 0],
                "system": guess,
                "shuffled audio": guess[order],
                "GCC-PHAT": gcc_direction(heard[:, last]),
                "GCC-PHAT, turning": wrap_angle(
                    gcc_direction(heard[:, :views], turn[:, :views]) - turn[:, last]
                ),
            }
        )
    whole = stacked(kept)
    truth, sight = whole.pop("truth"), whole.pop("sight").astype(bool)
    rows: dict[str, Row] = {}
    for chosen, suffix in ((sight, ""), (np.ones_like(sight), ", all")):
        for name, estimate in whole.items():
            errors = DirectionErrors()
            errors.update(estimate[chosen], truth[chosen])
            rows[name + suffix] = errors
    exhibits = [
        Directions(truth[sight], whole[name][sight].astype(np.float32), name)
        for name in ("system", *(row for row in whole if "PHAT" in row))
    ]
    return Found(rows, exhibits)


def directions(reader: Reader, sample: Sample) -> Any:
    """Azimuths (N,) that a system hears in the last of the views that it hears together.

    Raises:
        SoundwalkError: there are fewer views than that.
    """
    views = reader.views_heard
    if sample["audio"].shape[1] < views:
        raise SoundwalkError(
            f"samples have {sample['audio'].shape[1]} views: the system hears {views} together; "
            f"set evaluate.direction.data.views to {views} or more"
        )
    audio = torch.from_numpy(sample["audio"][:, :views]).to(reader.device)
    turn = torch.from_numpy(sample["turn"][:, :views]).to(reader.device)
    inputs = {name: value[:, 0] for name, value in hear_turning(audio, turn, views)[0].items()}
    vector = reader.predict(inputs)  # (N, 2)
    return np.arctan2(vector[:, 1], vector[:, 0])
