"""The command `soundwalk record`."""

from __future__ import annotations

from itertools import chain
from pathlib import Path
from typing import Annotated

from tyro.conf import arg

from ..envs.interface import SoundwalkError
from .console import Json, Sets, report


def record(
    out: Annotated[Path, arg(aliases=["-o"])],
    samples: int = 10_000,
    config: str | None = None,
    split: str = "train",
    sounds: str = "heard",
    seed: int = 0,
    set_: Sets = (),
    shard: Annotated[str, arg(metavar="I/N")] = "0/1",
    batch: int = 64,
    per_file: int = 256,
    bits: int = 16,
    json: Json = None,
) -> None:
    """Write audio-visual clips to disk, as Parquet files with PNG and FLAC in them.

    A run that was stopped or killed goes on when the same command runs again. A folder can hold
    several splits. Read it by data={folder: OUT} in a configuration of `pretrain`.

    Args:
        out: the folder.
        samples: how many, of all parts together.
        config: record what this configuration of `pretrain` trains on.
        split: of homes: train, val, test.
        sounds: heard, unheard_clips, unheard, or a folder of recordings.
        seed: of everything random.
        set_: options of clips, e.g. resolution=128 wants=[rgb,audio,echo] views=2 seconds=2.
        shard: write part i (0 to n - 1) of n, on this machine or another one.
        batch: samples that are computed at a time; samples depend on it.
        per_file: samples of a file, a multiple of batch.
        bits: of a sample of sound, 16 or 24.
        json: write the figures there.
    """
    from .clips import open_clips
    from .perceptual import load_pretraining
    from .reading import override
    from .record import record as write

    data = {} if config is None else dict(load_pretraining(config).data)
    for text in chain(*set_):
        override(data, text)
    part = _part(shard)
    source = open_clips(data, split, sounds=sounds, seed=seed)
    try:
        result = write(
            source, out, samples=samples, batch=batch, split=split, shard=part, per_file=per_file,
            bits=bits,
        )  # fmt: skip
    finally:
        close = getattr(source, "close", None)
        if close is not None:
            close()
    report(result, json)


def _part(text: str) -> tuple[int, int]:
    """Part and number of parts of "i/N".

    Raises:
        SoundwalkError: it is something else.
    """
    part, slash, parts = text.partition("/")
    if not (slash and part.isdecimal() and parts.isdecimal()):
        raise SoundwalkError(f"--shard {text!r}: expected i/N, e.g. 0/4, the first of four parts")
    return int(part), int(parts)
