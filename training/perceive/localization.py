"""Where in the image is what sounds, beside what needs no ears, or hears something else.

Objects are small: the headline is pointing and cIoU-adaptive; the legacy cIoU is reported where the
object covers at least a quarter of the image, below which it cannot be right.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import numpy as np

from ...perception.data.sample import KINDS, VISIBLE, Sample, need
from ...perception.evaluation.controls import centre_prior, saliency
from ...perception.evaluation.localization import Localization
from ...perception.evaluation.silence import SilenceAware
from ...perception.targets.base import derangement
from ..report.exhibits import Heatmap
from .found import Found, Row
from .reading import Reader, generator, stacked

_SHOWN = 12


def evaluate(
    reader: Reader, samples: Iterable[Sample], seed: int, options: dict[str, Any]
) -> Found:
    """Pointing, cIoU-adaptive and pixel AP of a localizer, and silence-aware AP.

    Rows, over samples whose source is in view beside at least `in_view` objects that could sound
    (itself included): "system", "shuffled audio", "image saliency", "centre prior". And "system,
    all views" without that condition; "system, with silence" over all kinds of samples.

    Args:
        reader: the system.
        samples: of unseen homes, all kinds.
        seed: of the shuffling.
        options: "in_view", 3 by default.
    """
    draw, kept = generator(seed), []
    exhibits: list[Heatmap] = []
    for sample in samples:
        need(sample, ("rgb", "audio", "mask", "kind", "in_view"), "the evaluation of localization")
        frames, masks = sample["rgb"][:, 0, -1], sample["mask"][:, 0, 0]
        size = frames.shape[1:3]
        inputs = reader.inputs(sample)
        order = derangement(len(frames), draw).to(reader.device)
        heat = reader.heat(inputs, size)
        kept.append(
            {
                "mask": masks,
                "kind": sample["kind"],
                "in_view": sample["in_view"][:, 0],
                "system": heat,
                "shuffled audio": reader.heat({**inputs, "audio": inputs["audio"][order]}, size),
                "image saliency": saliency(frames),
                "centre prior": np.broadcast_to(centre_prior(*size), (len(frames), *size)),
            }
        )
        if len(exhibits) < _SHOWN:
            exhibits += _pictures(sample, heat)
    whole = stacked(kept)
    masks, kind, in_view = (whole.pop(key) for key in ("mask", "kind", "in_view"))
    seen = (kind == VISIBLE) & masks.any((1, 2))
    crowded = seen & (in_view >= int(options.get("in_view", 3)))
    rows: dict[str, Row] = {}
    for name, heat in whole.items():
        rows[name] = _localized(heat[crowded], masks[crowded])
    rows["system, all views"] = _localized(whole["system"][seen], masks[seen])
    if (kind != VISIBLE).any():
        for name in ("system", "shuffled audio"):
            aware = SilenceAware()
            aware.update(whole[name], masks, kind)
            rows[f"{name}, with silence"] = aware
    note = (
        f"{int(crowded.sum())} of {len(kind)} samples show the source beside enough others; kinds: "
        + ", ".join(f"{int((kind == i).sum())} {name}" for i, name in enumerate(KINDS))
    )
    return Found(rows, exhibits[:_SHOWN], note)


def _localized(heat: Any, masks: Any) -> Localization:
    found = Localization()
    if len(heat):
        found.update(heat, masks)
    return found


def _pictures(sample: Sample, heat: Any) -> list[Heatmap]:
    return [
        Heatmap(
            sample["rgb"][i, 0, -1], heat[i], sample["mask"][i, 0, 0],
            KINDS[int(sample["kind"][i])], sample["audio"][i, 0],
        )
        for i in range(len(heat))
    ]  # fmt: skip
