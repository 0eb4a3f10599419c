"""How much cleaner a sound is once what is not seen has been taken out of it."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import numpy as np
import torch
from torch import Tensor

from ...envs.interface import F32, SoundwalkError
from ...perception.data.sample import Sample, to_tensors
from ...perception.encoders.spectrogram import stft
from ...perception.encoders.unet import SpectrogramUNet
from ...perception.evaluation.separation import Separation
from ...perception.objectives import ideal_mask
from ...perception.targets.base import derangement
from ..report.exhibits import Separated
from .found import Found, Row
from .reading import Reader, generator

_SHOWN = 5


def evaluate(
    reader: Reader, samples: Iterable[Sample], seed: int, options: dict[str, Any]
) -> Found:
    """SI-SDR, SDR, SIR and SAR over the mixture, decibels.

    Rows: "system"; "image shuffled" (the same network looks at another sample); "ideal mask", the
    best that masking this transform can do.

    Args:
        reader: the system; it has an encoder "audio" that is a U-Net.
        samples: of unseen homes.
        seed: of what is mixed with what.
        options: none.

    Raises:
        SoundwalkError: the system masks no spectrogram.
    """
    net = dict(reader.task.encoders.items()).get("audio")
    if not isinstance(net, SpectrogramUNet):
        raise SoundwalkError("the evaluation of separation needs an encoder audio of kind unet")
    draw = generator(seed)
    rows: dict[str, Row] = {
        name: Separation() for name in ("system", "image shuffled", "ideal mask")
    }
    exhibits: list[Any] = []
    for sample in samples:
        examples = reader.task.examples(to_tensors(sample, reader.device), draw)
        wanted, other = examples.labels["wanted"], examples.labels["other"]
        order = derangement(len(wanted), draw).to(reader.device)
        blind = {n: v if n == "audio" else v[order] for n, v in examples.inputs.items()}
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
    return Found(rows, exhibits, note)


def masked(net: SpectrogramUNet, mixture: Tensor, logits: F32) -> F32:
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


def _ideal(net: SpectrogramUNet, wanted: Tensor, other: Tensor) -> F32:
    """Logits of the ideal ratio mask."""
    with torch.inference_mode():
        sizes = [
            stft(sound.float(), net.n_fft, net.hop, net.window).abs().square().sum(1).sqrt()
            for sound in (wanted, other)
        ]
        return np.asarray(ideal_mask(sizes[0], sizes[1], "ratio").logit(1e-6).cpu().numpy())
