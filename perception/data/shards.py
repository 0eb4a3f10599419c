"""Recorded samples as a source of batches, in order or shuffled."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from ...envs.interface import I64, SoundwalkError
from .codecs import Array, Column
from .manifest import data_file, find_split
from .writing import digest

_POOL_FILES = 8  # files whose rows are mixed in a shuffle …
_POOL_BYTES = 2**28  # … and how large they may be together, because they stay in memory
# What Pillow, soundfile and Arrow raise on bytes that are not what they should be.
_BROKEN = (OSError, ValueError, AttributeError, RuntimeError, SyntaxError, EOFError)
_AGAIN = "record it again: `soundwalk record` with the same options writes only what is missing"


class Recorded:
    """A source of recorded samples; after the last one it goes on with the first.

    Args:
        folder: what `soundwalk record` wrote.
        split: which one; None where there is only one.
        shuffle_seed: of another order in every pass: files are shuffled, then the samples of 8
            files at a time (of fewer where they are large). None is the order of recording.
        keys: what is wanted; all that was recorded by default. Fewer are read faster.
        verify: compare every file's checksum first.

    Attributes:
        recording: what the manifest says.

    Raises:
        SoundwalkError: there is no recording, it is incomplete, or a file is missing, cut off or
            changed; the message names it and what to do.
    """

    def __init__(
        self,
        folder: str | Path,
        *,
        split: str | None = None,
        shuffle_seed: int | None = None,
        keys: Sequence[str] | None = None,
        verify: bool = False,
    ) -> None:
        """See the class."""
        self.folder, self._seed = Path(folder), shuffle_seed
        self.recording = find_split(self.folder, split)
        self._keys = self._wanted(keys)
        self._check_files(verify=verify)
        sizes = [facts["bytes"] for facts in self.recording.files.values()]
        self._pool = min(max(1, _POOL_BYTES // max(sizes)), _POOL_FILES)
        self._open: OrderedDict[int, _Rows] = OrderedDict()
        self._order: tuple[int, I64] = (-1, np.empty(0, np.int64))

    def __len__(self) -> int:
        """How many different samples there are."""
        return self.recording.samples

    @property
    def rate(self) -> int:
        """Of sounds, hertz."""
        return self.recording.rate

    @property
    def options(self) -> dict[str, Any]:
        """Of the source that was recorded."""
        return self.recording.options

    def batch(self, index: int, size: int) -> dict[str, Array]:
        """Samples number `index` x `size` and following; `perception.data.sample` names the keys.

        Raises:
            SoundwalkError: a file cannot be read.
        """
        batch = {
            name: np.empty((size, *column.shape), column.dtype)
            for name, column in self._keys.items()
        }
        for place, number in enumerate(self._numbers(index * size, size)):
            file, row = divmod(number, self.recording.per_file)
            self._rows(file).read(row, batch, place)
        return batch

    def _numbers(self, first: int, size: int) -> list[int]:
        """Of the samples at positions `first` and following."""
        numbers: list[int] = []
        while len(numbers) < size:
            epoch, at = divmod(first + len(numbers), len(self))
            numbers += self._epoch(epoch)[at : at + size - len(numbers)].tolist()
        return numbers

    def _epoch(self, epoch: int) -> I64:
        """Numbers of all samples in the order of a pass over them."""
        if self._order[0] != epoch:
            self._order = (epoch, self._shuffled(epoch))
        return self._order[1]

    def _shuffled(self, epoch: int) -> I64:
        if self._seed is None:
            return np.arange(len(self))
        rng = np.random.default_rng([self._seed, epoch])
        files = rng.permutation(len(self.recording.files))
        pools = np.split(files, range(self._pool, len(files), self._pool))
        return np.concatenate(
            [rng.permutation(np.concatenate([self.recording.rows(f) for f in p])) for p in pools]
        )

    def _rows(self, number: int) -> _Rows:
        """A file's rows; as many files as a shuffle mixes stay in memory."""
        if number not in self._open:
            while len(self._open) >= self._pool:
                self._open.popitem(last=False)
            path = data_file(self.folder, self.recording.names[number])
            self._open[number] = _load(path, self._keys, len(self.recording.rows(number)))
        self._open.move_to_end(number)
        return self._open[number]

    def _wanted(self, keys: Sequence[str] | None) -> dict[str, Column]:
        known = self.recording.keys
        missing = [key for key in keys or () if key not in known]
        if missing:
            raise SoundwalkError(
                f"{self.folder} holds no {', '.join(missing)}, only {', '.join(sorted(known))}: "
                "record with --set wants=[…] that name it, or ask for other keys"
            )
        return {name: known[name] for name in (known if keys is None else keys)}

    def _check_files(self, *, verify: bool) -> None:
        """Whether all files are there, and whole."""
        for name, facts in self.recording.files.items():
            path = data_file(self.folder, name)
            if not path.is_file():
                raise SoundwalkError(
                    f"{path} is missing: expected {len(self.recording.files)} files of "
                    f"{self.recording.split}; copy it, or {_AGAIN}"
                )
            if (size := path.stat().st_size) != facts["bytes"]:
                raise SoundwalkError(
                    f"{path} is {'cut off' if size < facts['bytes'] else 'too long'}: it has "
                    f"{size:,} bytes, expected {facts['bytes']:,}; copy it again, or {_AGAIN}"
                )
            if verify and digest(path) != facts["sha256"]:
                raise SoundwalkError(
                    f"{path} was changed: its checksum is not what the manifest says; copy it "
                    f"again, or delete it and {_AGAIN}"
                )


@dataclass(frozen=True)
class _Rows:
    """The rows of a file: encoded pictures and sounds, and arrays of all else."""

    path: Path
    keys: dict[str, Column]
    files: dict[str, pa.ChunkedArray]
    plain: dict[str, Array]

    def read(self, row: int, batch: dict[str, Array], place: int) -> None:
        """Fill in one sample of a batch."""
        for name, column in self.keys.items():
            if not column.is_file:
                batch[name][place] = self.plain[name][row]
                continue
            gains = self.plain[f"{name}_gain"][row] if column.is_sound else None
            try:
                batch[name][place] = column.read(self.files[name][row].as_buffer(), gains)
            except _BROKEN as error:
                raise SoundwalkError(
                    f"{self.path}: {name} of row {row} cannot be read ({error}); copy the file "
                    f"again, or delete it and {_AGAIN}"
                ) from error


def _load(path: Path, keys: dict[str, Column], rows: int) -> _Rows:
    """The rows of a file.

    Raises:
        SoundwalkError: it is broken, or does not hold what the manifest says.
    """
    names = [field.name for column in keys.values() for field in column.fields()]
    try:
        with pq.ParquetFile(path, memory_map=True) as file:
            count, there = file.metadata.num_rows, file.schema_arrow.names
            if count != rows or not set(names) <= set(there):
                raise SoundwalkError(
                    f"{path} has {count} rows of {', '.join(there)}: expected {rows} of "
                    f"{', '.join(names)}; delete it and {_AGAIN}"
                )
            table = file.read(names)
    except (OSError, pa.ArrowException) as error:
        raise SoundwalkError(
            f"{path} cannot be read as Parquet ({error}); copy it again, or delete it and {_AGAIN}"
        ) from error
    files = {n: pc.struct_field(table[n], 0) for n, column in keys.items() if column.is_file}
    shapes = {name: column.shape for name, column in keys.items()}
    plain = {name: _unpack(table[name], shapes.get(name)) for name in names if name not in files}
    return _Rows(path, keys, files, plain)


def _unpack(column: pa.ChunkedArray, shape: tuple[int, ...] | None) -> Array:
    """(rows, *shape) of numbers; `shape` is None for a list as it is."""
    values: pa.Array = pa.concat_arrays(column.chunks)
    flat = values.flatten() if pa.types.is_fixed_size_list(values.type) else values
    numbers: npt.NDArray[Any] = flat.to_numpy(zero_copy_only=False)
    return numbers.reshape(len(values), *((-1,) if shape is None else shape))
