"""Recording: samples of any source as Parquet files that training and `datasets` read back.

A file is the unit of work: it holds `per_file` samples, whole batches of the source, and is written
aside and renamed. So a run that was killed goes on with the file it was at, parts that are recorded
on several machines hold different files, and both end with the same bytes as one run.
"""

from __future__ import annotations

import dataclasses
import itertools
import json
from collections import deque
from collections.abc import Generator, Iterator, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path
from typing import Any

import numpy as np
from rich.console import Console

from ..envs.interface import SAMPLE_RATE, ClipSource, SoundwalkError
from ..perception.data.codecs import columns_of
from ..perception.data.manifest import Recording, data_file, save_manifest, save_part, written
from ..perception.data.sample import Sample
from ..perception.data.writing import write_file
from .curves import Bar
from .interrupts import interrupts

_AHEAD = 2  # batches that are computed while another one is compressed


def record(
    source: ClipSource,
    folder: str | Path,
    *,
    samples: int,
    batch: int = 64,
    split: str = "train",
    shard: tuple[int, int] = (0, 1),
    per_file: int = 256,
    bits: int = 16,
    rate: int | None = None,
    options: Mapping[str, Any] | None = None,
    console: Console | None = None,
) -> dict[str, Any]:
    """Write samples 0 to `samples` - 1 of a source, or go on with writing them.

    Args:
        source: of the samples.
        folder: where the recording is, or will be; it can hold several splits.
        samples: how many there are in the end, of all parts together.
        batch: samples that the source is asked for at a time; they depend on it.
        split: name of the recording's files; the source draws from it, not this function.
        shard: (i, n) writes part i, 0 to n - 1, of n.
        per_file: samples of a file, a multiple of `batch`.
        bits: of FLAC: with 16 a signal's error is at most its peak / 65,534, with 24 its peak /
            16,777,214.
        rate: of sounds, hertz; what the source or its options say by default.
        options: of the source, for the manifest; its own `options` by default.
        console: where progress is shown; standard error by default.

    Returns:
        folder, split, samples and files of this part; written, samples of this run; bytes of this
        part; finished, whether the part is complete, and complete, whether all parts are.

    Raises:
        SoundwalkError: a number has no meaning, the folder holds another recording of this split,
            a sample cannot be kept, or the disk is full.
    """
    given = getattr(source, "options", None) if options is None else options
    plan = Recording(
        split, samples, batch, per_file, rate or _rate_of(source), bits, _plain(given or {})
    )
    work = _Part(plan, Path(folder), shard)
    with (
        interrupts(work.stop),
        Bar(len(work), work.done, 0.0, console or Console(stderr=True), unit="samples") as bar,
    ):
        before = work.done
        work.run(source, bar)
        files = work.plan.files
        result = {
            "folder": str(folder), "split": split, "samples": work.done,
            "written": work.done - before, "files": len(files),
            "bytes": sum(facts["bytes"] for facts in files.values()),
            "finished": len(files) == len(work.files), "complete": work.complete,
        }  # fmt: skip
        bar.say(_farewell(result))
    return result


class _Part:
    """The files of one part, from what it finds to the end or an interrupt."""

    def __init__(self, plan: Recording, folder: Path, shard: tuple[int, int]) -> None:
        self.folder, self.shard = folder, shard
        self.stopped = self.complete = False
        self.files = _share(plan, shard)
        self.plan = _resumed(plan, folder, self.files)

    def __len__(self) -> int:
        """Samples of this part."""
        return sum(len(self.plan.rows(number)) for number in self.files)

    @property
    def done(self) -> int:
        """Samples that are written."""
        return sum(facts["rows"] for facts in self.plan.files.values())

    def stop(self) -> None:
        """End after the file that is at work."""
        self.stopped = True

    def run(self, source: ClipSource, bar: Bar) -> None:
        """Write what is missing.

        Raises:
            SoundwalkError: a sample cannot be kept, or the disk is full.
        """
        names = self.plan.names
        todo = [number for number in self.files if names[number] not in self.plan.files]
        batches = _ahead(source, [i for n in todo for i in self._batches(n)], self.plan.batch)
        try:
            for number in todo:
                self._write(number, batches, bar)
                if self.stopped:
                    return
            save_part(self.folder, self.plan, self.shard)
            self.complete = self.plan.split in save_manifest(self.folder)
        except OSError as error:
            raise SoundwalkError(
                f"{self.folder}: could not write ({error}). {self.done:,} of {len(self):,} samples "
                "are safe: make room on the disk, then run the same command again to go on"
            ) from error
        finally:
            batches.close()

    def _batches(self, number: int) -> range:
        """Numbers of the batches of a file."""
        rows = self.plan.rows(number)
        return range(rows.start // self.plan.batch, -(-rows.stop // self.plan.batch))

    def _write(self, number: int, batches: Iterator[Sample], bar: Bar) -> None:
        """Write one file, and then that it is written."""
        pieces = self._pieces(number, batches, bar)
        first = next(pieces)
        keys = columns_of(first, self.plan.bits)
        plan = dataclasses.replace(self.plan, keys=keys)
        _check_same(plan, self.plan, self.folder)
        path = data_file(self.folder, plan.names[number])
        start = plan.rows(number).start
        facts = write_file(path, itertools.chain([first], pieces), keys, plan.rate, start)
        files = {**plan.files, path.name: facts}
        self.plan = dataclasses.replace(plan, files=files)
        save_part(self.folder, self.plan, self.shard)

    def _pieces(self, number: int, batches: Iterator[Sample], bar: Bar) -> Iterator[Sample]:
        """The samples of a file, a batch at a time; the last one may be cut."""
        size, left, done = self.plan.batch, len(self.plan.rows(number)), self.done
        for sample in itertools.islice(batches, len(self._batches(number))):
            for name, values in sample.items():
                if len(values) != size:
                    raise SoundwalkError(
                        f"the source gave {len(values)} {name} where {size} samples were asked "
                        "for: expected all keys of every batch to have as many"
                    )
            yield {name: values[:left] for name, values in sample.items()}
            left, done = left - size, done + min(left, size)
            bar.advance(done, "recording")


def _share(plan: Recording, shard: tuple[int, int]) -> range:
    """Numbers of a part's files: neighbours, because neighbouring batches share their homes.

    Raises:
        SoundwalkError: there is no such part, or nothing left for it.
    """
    part, parts = shard
    if not 0 <= part < parts:
        raise SoundwalkError(
            f"shard {part}/{parts}: expected 0/{max(parts, 1)} to {max(parts, 1) - 1}/"
            f"{max(parts, 1)}"
        )
    total = len(plan.names)
    if parts > total:
        raise SoundwalkError(
            f"shard {part}/{parts}: {plan.samples:,} samples in files of {plan.per_file} are only "
            f"{total} files; expected at most so many parts, or a smaller per_file"
        )
    return range(part * total // parts, (part + 1) * total // parts)


def _resumed(plan: Recording, folder: Path, mine: range) -> Recording:
    """The plan, with those of its files that are written already.

    Raises:
        SoundwalkError: the folder holds another recording.
    """
    known: dict[str, dict[str, Any]] = {}
    for old in written(folder, plan.split):
        _check_same(plan, old, folder)
        plan = dataclasses.replace(plan, keys=old.keys or plan.keys)
        known |= old.files
    kept = {}
    for name in (plan.names[number] for number in mine):
        path = data_file(folder, name)
        if name in known and path.is_file() and path.stat().st_size == known[name]["bytes"]:
            kept[name] = known[name]
    return dataclasses.replace(plan, files=kept)


def _check_same(plan: Recording, old: Recording, folder: Path) -> None:
    if difference := plan.differs(old):
        raise SoundwalkError(
            f"{folder} holds a recording of {plan.split} with {difference}: use the same options "
            "to go on, choose another folder, or delete it"
        )


def _ahead(source: ClipSource, numbers: list[int], size: int) -> Generator[Sample, None, None]:
    """Batches by number, computed by a thread while others are compressed."""
    coming: deque[Future[Sample]] = deque()
    pool = ThreadPoolExecutor(1, thread_name_prefix="record")
    try:
        for number in numbers:
            coming.append(pool.submit(source.batch, number, size))
            if len(coming) > _AHEAD:
                yield coming.popleft().result()
        while coming:
            yield coming.popleft().result()
    finally:
        pool.shutdown(wait=True, cancel_futures=True)


def _rate_of(source: ClipSource) -> int:
    """Of its sounds, hertz, as far as it says."""
    for owner in (source, getattr(source, "options", None)):
        rate = getattr(owner, "rate", None)
        if isinstance(rate, int):
            return rate
    return SAMPLE_RATE


def _plain(options: Any) -> dict[str, Any]:
    """Options as JSON holds them: lists for tuples, and the type's name of what is no value."""
    if dataclasses.is_dataclass(options):
        options = {f.name: getattr(options, f.name) for f in dataclasses.fields(options)}
    plain: dict[str, Any] = json.loads(json.dumps(dict(options), default=_plain_value))
    return plain


def _plain_value(value: Any) -> Any:
    if isinstance(value, np.generic | np.ndarray):
        return value.tolist()
    return str(value) if isinstance(value, Path) else type(value).__name__


def _farewell(result: dict[str, Any]) -> str:
    """The last line."""
    if not result["finished"]:
        return f"Stopped at {result['samples']:,} samples. Run the same command again to go on"
    size = result["bytes"] / max(result["samples"], 1) / 1000
    line = f"Done: {result['folder']}, {result['samples']:,} samples of {size:,.1f} kB"
    return line if result["complete"] else line + "; other parts of it are still missing"
