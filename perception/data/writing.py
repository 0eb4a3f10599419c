"""Parquet files of samples, written so that a file is there as a whole or not at all.

A row is a sample, a key is a column (see `codecs`), and a row group is a batch of the source.
`datasets.load_dataset("parquet", data_files=...)` reads the files, too: Arrow's schema says in its
metadata which columns are pictures and which are sounds.
"""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from ...envs.interface import SoundwalkError
from .codecs import Array, Column


def write_file(
    path: Path,
    batches: Iterable[Mapping[str, Array]],
    keys: dict[str, Column],
    rate: int,
    first: int,
) -> dict[str, Any]:
    """Write a Parquet file aside, then rename it.

    Args:
        path: of the file.
        batches: of samples.
        keys: how each key is kept.
        rate: of sounds, hertz.
        first: number of the first sample.

    Returns:
        {"rows", "bytes", "sha256"} of the file.

    Raises:
        SoundwalkError: a batch holds other keys, types or shapes.
        OSError: the disk is full; nothing is left behind.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    aside = path.with_name(f".{path.name}.{os.getpid()}.partial")
    rows = 0
    try:
        with aside.open("wb") as file:
            with pq.ParquetWriter(
                file, _schema(keys, rate), compression="none", use_dictionary=False,
                write_statistics=False,
            ) as writer:  # fmt: skip
                for batch in batches:
                    writer.write_batch(_encoded(batch, keys, rate, first + rows, writer.schema))
                    rows += len(next(iter(batch.values())))
            file.flush()
            os.fsync(file.fileno())
        facts = {"rows": rows, "bytes": aside.stat().st_size, "sha256": digest(aside)}
        aside.replace(path)
    finally:
        for left in path.parent.glob(f".{path.name}.*.partial"):  # of a run that was killed, too
            left.unlink(missing_ok=True)
    return facts


def digest(path: Path) -> str:
    """SHA-256 of a file, in hexadecimal."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _schema(keys: dict[str, Column], rate: int) -> pa.Schema:
    """Arrow's schema with what the library `datasets` looks for in its metadata."""
    features = {n: f for n, column in keys.items() if (f := column.feature(rate)) is not None}
    fields = [field for column in keys.values() for field in column.fields()]
    about = json.dumps({"info": {"features": features}})
    return pa.schema(fields, metadata={"huggingface": about})


def _encoded(
    batch: Mapping[str, Array], keys: dict[str, Column], rate: int, first: int, schema: pa.Schema
) -> pa.RecordBatch:
    if set(batch) != set(keys):
        raise SoundwalkError(
            f"the batch that begins with sample {first} holds {', '.join(sorted(batch))}: expected "
            f"{', '.join(sorted(keys))}, as in the first one"
        )
    arrays: list[pa.Array] = []
    for name, column in keys.items():
        values = batch[name]
        if values.shape[1:] != column.shape or values.dtype.name != column.dtype:
            raise SoundwalkError(
                f"{name} of the batch that begins with sample {first} is {values.dtype} of shape "
                f"{values.shape[1:]}: expected {column.dtype} of {column.shape}, as in the first"
            )
        arrays += column.write(values, rate, first)
    return pa.RecordBatch.from_arrays(arrays, schema=schema)
