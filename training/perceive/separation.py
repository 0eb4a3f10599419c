"""How much cleaner a sound is once what is not seen has been taken out of it."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import numpy as np
import torch
from torch import Tensor

from ...envs.interface import F32, SoundwalkError
from ...perception.data.sample import Sample, Tensors, to_tensors
from ...perception.encoders.spectrogram import stft
from ...perception.encoders.unet import SpectrogramPyramid, SpectrogramUNet
from ...perception.evaluation.controls import centre_prior
from ...perception.evaluation.localization import Localization
from ...perception.evaluation.separation import Separation
from ...perception.objectives import ideal_mask
from ...perception.scores import TiledMask
from ...perception.targets.base import derangement
from ..report.exhibits import Separated
from .found import Found, Row
from .reading import Reader, generator

Masking = SpectrogramUNet | SpectrogramPyramid  # what has the transform that is masked
_SHOWN = 5
_HEARD = ("audio", "mixture")  # inputs that stay when another image is looked at


def evaluate(
    reader: Reader, samples: Iterable[Sample], seed: int, options: dict[str, Any]
) -> Found:
    """SI-SDR, SDR, SIR and SAR over the mixture, decibels.

    Rows: "system"; "image shuffled" (the same network looks at another sample); "ideal mask", the
    best that masking this transform can do. Where the system looks for what it hears, "map": the
    overlap of that map with the mask of the object whose sound is wanted, and "map, centre".

    Args:
        reader: the system; one of its encoders is a U-Net.
        samples: of unseen homes.
        seed: of what is mixed with what.
        options: none.

    Raises:
        SoundwalkError: the system masks no spectrogram.
    """
    nets = [n for n in reader.task.encoders.values() if isinstance(n, Masking)]
    if not nets:
        raise SoundwalkError(
            "the evaluation of separation needs an encoder of kind unet or sound_pyramid"
        )
    net = nets[0]
    draw = generator(seed)
    rows: dict[str, Row] = {
        name: Separation() for name in ("system", "image shuffled", "ideal mask")
    }
    maps = {"map": Localization(), "map, centre": Localization()}
    exhibits: list[Any] = []
    for sample in samples:
        examples = reader.task.examples(to_tensors(sample, reader.device), draw)
        wanted, other = examples.labels["wanted"], examples.labels["other"]
        order = derangement(len(wanted), draw).to(reader.device)
        blind = {n: v if n in _HEARD else v[order] for n, v in examples.inputs.items()}
        logits = {
            "system": reader.predict(examples.inputs),
            "image shuffled": reader.predict(blind),
            "ideal mask": _ideal(net, wanted, other),
        }
        truth, mixture = wanted.cpu().numpy(), (wanted + other).cpu().numpy()
        estimates = {name: masked(net, wanted + other, mask) for name, mask in logits.items()}
        references = np.stack([truth, mixture - truth], 1).mean(2)  # (B, 2, T), both ears' mean
        for name, estimate in estimates.items():
            pair = np.stack([estimate, mixture - estimate], 1).mean(2)
            row = rows[name]
            assert isinstance(row, Separation)
            row.update(pair, references, mixture.mean(1))
        if looks(reader) and "mask" in sample:
            _look(reader, examples.inputs, sample["mask"][:, 0, 0], maps)
        if not exhibits and "rgb" in sample:
            exhibits = [
                Separated(
                    mixture[i], truth[i], estimates["system"][i], 16_000, sample["rgb"][i, 0, -1]
                )
                for i in range(min(_SHOWN, len(truth)))
            ]
    note = (
        "Two sounds of equal level; the other one is estimated as what is left of the mixture. "
        "Of each mixture the mean over both."
    )
    rows |= {name: row for name, row in maps.items() if len(row)}
    return Found(rows, exhibits, note)


def looks(reader: Reader) -> bool:
    """Whether a system looks in the image for what it hears."""
    return isinstance(reader.task.score, TiledMask)


def _look(reader: Reader, inputs: Tensors, masks: Any, maps: dict[str, Localization]) -> None:
    """Compare where a system looks with the objects whose sounds are wanted, those in view."""
    seen = masks.any((1, 2))
    if seen.any():
        size = masks.shape[1:]
        maps["map"].update(reader.heat(inputs, size)[seen], masks[seen])
        centre = np.broadcast_to(centre_prior(*size), masks.shape)
        maps["map, centre"].update(centre[seen], masks[seen])


def masked(net: Masking, mixture: Tensor, logits: F32) -> F32:
    """The part (B, C, T) of a mixture that a mask lets through, its phase kept.

    Args:
        net: whose transform it is.
        mixture: (B, C, T).
        logits: (B, F, T') of the mask.
    """
    with torch.inference_mode():
        spectrum = stft(mixture.float(), net.n_fft, net.hop, net.window)  # (B, C, F, T')
        mask = torch.from_numpy(logits).to(spectrum.device).sigmoid()
        cut = (spectrum * mask[:, None]).flatten(0, 1)
        sound = torch.istft(
            cut, net.n_fft, net.hop, len(net.window), net.window, length=mixture.shape[-1]
        )
        return np.asarray(sound.reshape(mixture.shape).cpu().numpy(), np.float32)


def _ideal(net: Masking, wanted: Tensor, other: Tensor) -> F32:
    """Logits of the ideal ratio mask."""
    with torch.inference_mode():
        sizes = [
            stft(sound.float(), net.n_fft, net.hop, net.window).abs().square().sum(1).sqrt()
            for sound in (wanted, other)
        ]
        return np.asarray(ideal_mask(sizes[0], sizes[1], "ratio").logit(1e-6).cpu().numpy())
