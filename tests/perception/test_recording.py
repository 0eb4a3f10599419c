"""What a recording says of itself, and that it survives whoever is killed while writing it."""

from __future__ import annotations

import dataclasses
import hashlib
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow.parquet as pq
import pytest

from soundwalk.envs.interface import SoundwalkError
from soundwalk.perception.data.codecs import columns_of
from soundwalk.perception.data.manifest import (
    Recording,
    data_file,
    find_split,
    save_manifest,
    save_part,
    written,
)
from soundwalk.perception.data.writing import digest, write_file

Batch = dict[str, np.ndarray[Any, Any]]
PLAN = Recording("train", samples=10, batch=2, per_file=4, rate=16_000, bits=16)
FACTS = {"rows": 4, "bytes": 1, "sha256": "0"}


def batches(*sizes: int, first: int = 0) -> Iterator[Batch]:
    """Numbered samples with a measure each."""
    for size in sizes:
        number = np.arange(first, first + size)
        yield {"number": number, "far": (number[:, None] / 4 + [0, 0.5]).astype(np.float32)}
        first += size


KEYS = columns_of(next(batches(1)), 16)


def test_files_hold_every_sample_once_and_say_how_many_there_are() -> None:
    assert PLAN.names == [f"train-0000{i}-of-00003.parquet" for i in range(3)]
    held = [n for i in range(len(PLAN.names)) for n in PLAN.rows(i)]
    assert held == list(range(10))
    assert [len(PLAN.rows(i)) for i in range(3)] == [4, 4, 2]
    even = dataclasses.replace(PLAN, samples=8)
    assert len(even.names) == 2


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"split": "Train"}, "split='Train': expected a word of small letters, e.g. train"),
        ({"split": "../x"}, "split='../x': expected a word of small letters, e.g. train"),
        ({"samples": 0}, "samples=0: expected at least 1"),
        ({"rate": -1}, "rate=-1: expected at least 1"),
        (
            {"per_file": 5},
            "per_file=5: expected a multiple of batch=2, so that no batch is divided between files",
        ),
    ],
)
def test_a_recording_without_meaning_is_refused(changes: dict[str, Any], message: str) -> None:
    with pytest.raises(SoundwalkError) as error:
        dataclasses.replace(PLAN, **changes)
    assert str(error.value) == message


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"files": {"a": FACTS}}, None),
        ({"samples": 12}, "samples=12 where 10 is asked for"),
        ({"bits": 24}, "bits=24 where 16 is asked for"),
        ({"options": {"views": 2}}, "views=2 where None is asked for"),
        ({"keys": KEYS}, None),  # a part that has written nothing does not know its keys
    ],
)
def test_what_keeps_two_recordings_apart_is_said(
    changes: dict[str, Any], words: str | None
) -> None:
    assert PLAN.differs(dataclasses.replace(PLAN, **changes)) == words


def test_keys_of_another_shape_make_another_recording() -> None:
    wider = columns_of({**next(batches(1)), "far": np.zeros((1, 3), np.float32)}, 16)
    mine, theirs = (dataclasses.replace(PLAN, keys=keys) for keys in (KEYS, wider))
    found = mine.differs(theirs)
    assert found is not None
    assert found.startswith("far as Column(")
    assert "shape=(3,)" in found


def test_parts_together_make_a_split_whoever_is_first(tmp_path: Path) -> None:
    names = PLAN.names
    shares = [names[:1], names[1:]]
    for i in (1, 0):
        files = dict.fromkeys(shares[i], FACTS)
        save_part(tmp_path, dataclasses.replace(PLAN, keys=KEYS, files=files), (i, 2))
        assert save_manifest(tmp_path) == ([] if i else ["train"])
    whole = find_split(tmp_path, None)
    assert list(whole.files) == names  # in their order
    assert whole.keys == KEYS
    said = json.loads((tmp_path / "manifest.json").read_text())
    assert list(said["splits"]["train"]["files"]) == names
    assert len(written(tmp_path, "train")) == 3  # the manifest's word and that of two parts
    assert written(tmp_path, "val") == []


def test_an_incomplete_split_names_the_first_file_that_is_missing(tmp_path: Path) -> None:
    part = dataclasses.replace(PLAN, files={PLAN.names[1]: FACTS})
    save_part(tmp_path, part, (0, 1))
    with pytest.raises(SoundwalkError) as error:
        find_split(tmp_path, "train")
    assert str(error.value) == (
        f"{str(tmp_path)!r}: train is incomplete, 2 of its 3 files are missing, {PLAN.names[0]} "
        "first; run the same `soundwalk record` again: it writes only what is missing"
    )
    assert not (tmp_path / "manifest.json").exists()


def test_parts_of_different_recordings_are_not_put_together(tmp_path: Path) -> None:
    save_part(tmp_path, PLAN, (0, 2))
    save_part(tmp_path, dataclasses.replace(PLAN, rate=8000), (1, 2))
    with pytest.raises(SoundwalkError, match=r"parts of train are of .*: one has rate=8000 where"):
        save_manifest(tmp_path)


def test_a_note_that_could_not_be_written_leaves_the_old_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    save_part(tmp_path, PLAN, (0, 1))
    (note,) = (tmp_path / "parts").iterdir()
    before = note.read_bytes()

    def full(*_: object, **__: object) -> None:
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr(Path, "write_text", full)
        with pytest.raises(OSError, match="No space left"):
            save_part(tmp_path, dataclasses.replace(PLAN, rate=8000), (0, 1))
    assert [path.name for path in note.parent.iterdir()] == [note.name]
    assert note.read_bytes() == before


def test_a_file_is_what_its_facts_say_and_a_row_group_is_a_batch(tmp_path: Path) -> None:
    path = data_file(tmp_path, PLAN.names[0])
    facts = write_file(path, batches(2, 2), KEYS, 16_000, 0)
    data = path.read_bytes()
    assert facts == {
        "rows": 4, "bytes": len(data), "sha256": hashlib.sha256(data).hexdigest(),
    }  # fmt: skip
    assert digest(path) == facts["sha256"]
    file = pq.ParquetFile(path)
    assert [file.metadata.row_group(i).num_rows for i in range(file.num_row_groups)] == [2, 2]
    table = file.read()
    assert table["number"].to_pylist() == [0, 1, 2, 3]
    assert table["far"].to_pylist()[3] == [0.75, 1.25]
    assert [entry.name for entry in path.parent.iterdir()] == [path.name]


def test_the_same_samples_are_the_same_bytes(tmp_path: Path) -> None:
    one, other = (write_file(tmp_path / n, batches(2, 2), KEYS, 16_000, 0) for n in ("a", "b"))
    assert one == other


def test_whoever_is_stopped_while_writing_leaves_the_old_file_and_nothing_else(
    tmp_path: Path,
) -> None:
    path = tmp_path / "a.parquet"
    write_file(path, batches(2), KEYS, 16_000, 0)
    before = path.read_bytes()
    (tmp_path / ".a.parquet.123.partial").write_text("of a run that was killed")
    (tmp_path / ".b.parquet.123.partial").write_text("of another file, perhaps being written")

    def stopped() -> Iterator[Batch]:
        yield from batches(2)
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        write_file(path, stopped(), KEYS, 16_000, 0)
    assert path.read_bytes() == before
    assert sorted(entry.name for entry in tmp_path.iterdir()) == [
        ".b.parquet.123.partial",
        "a.parquet",
    ]


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        (
            lambda b: {"number": b["number"]},
            "the batch that begins with sample 6 holds number: expected far, number, as in the "
            "first one",
        ),
        (
            lambda b: {**b, "far": b["far"].astype("f8")},
            "far of the batch that begins with sample 6 is float64 of shape (2,): expected "
            "float32 of (2,), as in the first",
        ),
        (
            lambda b: {**b, "far": b["far"][:, :1]},
            "far of the batch that begins with sample 6 is float32 of shape (1,): expected "
            "float32 of (2,), as in the first",
        ),
    ],
)
def test_a_batch_unlike_the_first_is_named_by_its_first_sample(
    tmp_path: Path, wrong: Any, message: str
) -> None:
    def odd() -> Iterator[Batch]:
        yield from batches(2, first=4)
        yield wrong(next(batches(2, first=6)))

    with pytest.raises(SoundwalkError) as error:
        write_file(tmp_path / "a.parquet", odd(), KEYS, 16_000, 4)
    assert str(error.value) == message
    assert not list(tmp_path.iterdir())
