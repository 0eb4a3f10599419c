"""A recording is the same whether it ran once, in parts, or was killed on the way."""

from __future__ import annotations

import io
import json
import os
import resource
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from rich.console import Console

from soundwalk.envs.clips import ClipWorld
from soundwalk.envs.interface import SoundwalkError
from soundwalk.perception.data.shards import Recorded
from soundwalk.training import recording
from soundwalk.training.record import record

Sample = dict[str, np.ndarray[Any, Any]]


class Noises:
    """Numbered noises, as slowly as asked."""

    def __init__(self, pause: float = 0.0, loudness: float = 1.0) -> None:
        self.options = {"loudness": loudness}
        self.pause, self.asked = pause, list[int]()

    def batch(self, index: int, size: int) -> Sample:
        time.sleep(self.pause)
        self.asked.append(index)
        rng = np.random.default_rng(index)
        return {
            "audio": rng.normal(size=(size, 1, 2, 2000)).astype(np.float32),
            "number": np.arange(index * size, (index + 1) * size),
        }


def write(folder: Path, source: Any = None, samples: int = 44, **options: Any) -> dict[str, Any]:
    """44 samples in 6 files, the last one half full."""
    console = options.pop("console", Console(file=io.StringIO()))
    source = source or Noises()
    return record(source, folder, samples=samples, batch=4, per_file=8, console=console, **options)


def contents(folder: Path) -> dict[str, bytes]:
    """Everything but what the parts have noted on the way."""
    files = [*(folder / "data").iterdir(), folder / "manifest.json"]
    return {path.name: path.read_bytes() for path in files}


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> dict[str, bytes]:
    """What a single run writes."""
    folder = tmp_path_factory.mktemp("whole")
    result = write(folder)
    assert (result["samples"], result["files"], result["complete"]) == (44, 6, True)
    return contents(folder)


def test_files_and_manifest_say_what_they_hold(tmp_path: Path) -> None:
    result = write(tmp_path)
    names = [f"train-{i:05d}-of-00006.parquet" for i in range(6)]
    assert sorted(path.name for path in (tmp_path / "data").iterdir()) == names
    manifest = json.loads((tmp_path / "manifest.json").read_text())
    train = manifest["splits"]["train"]
    assert manifest["version"] == 1
    assert train["options"] == {"loudness": 1.0}
    assert (train["samples"], train["rate"], train["keys"]["audio"]["shape"]) == (
        44, 16_000, [1, 2, 2000],
    )  # fmt: skip
    assert [facts["rows"] for facts in train["files"].values()] == [8, 8, 8, 8, 8, 4]
    sizes = [(tmp_path / "data" / name).stat().st_size for name in names]
    assert [facts["bytes"] for facts in train["files"].values()] == sizes
    assert result["bytes"] == sum(sizes)


@pytest.mark.parametrize("parts", [1, 4, 6])
def test_all_parts_together_are_one_run(
    tmp_path: Path, whole: dict[str, bytes], parts: int
) -> None:
    for part in reversed(range(parts)):
        result = write(tmp_path, shard=(part, parts))
        assert result["finished"]
        assert result["complete"] == (part == 0)  # the last one to end, here
    assert contents(tmp_path) == whole


def test_parts_of_several_machines_can_be_copied_together(
    tmp_path: Path, whole: dict[str, bytes]
) -> None:
    numbers: list[int] = []
    for part in range(2):
        folder = tmp_path / str(part)
        write(folder, shard=(part, 2))
        with pytest.raises(SoundwalkError, match=r"train is incomplete, 3 of its 6 files"):
            Recorded(folder)
        for path in [*folder.glob("*/*")]:
            copy = tmp_path / "all" / path.relative_to(folder)
            copy.parent.mkdir(parents=True, exist_ok=True)
            copy.write_bytes(path.read_bytes())
    numbers = Recorded(tmp_path / "all", verify=True).batch(0, 44)["number"].tolist()
    assert numbers == list(range(44))
    assert write(tmp_path / "all")["written"] == 0
    assert contents(tmp_path / "all") == whole


PROGRAM = """
import sys
from pathlib import Path
sys.path.insert(0, {folder!r})
from test_record import Noises, write
write(Path(sys.argv[1]), Noises(pause=0.1))
"""


def test_a_run_that_was_killed_goes_on_and_ends_with_the_same_bytes(
    tmp_path: Path, whole: dict[str, bytes]
) -> None:
    folder = tmp_path / "out"
    program = PROGRAM.format(folder=str(Path(__file__).parent))
    with subprocess.Popen([sys.executable, "-c", program, str(folder)]) as process:
        while not list(folder.glob("data/train-00001-*")) and process.poll() is None:
            time.sleep(0.01)
        os.kill(process.pid, signal.SIGKILL)
    (folder / "data" / ".train-00005-of-00006.parquet.1.partial").write_bytes(b"half of a fi")
    with pytest.raises(SoundwalkError, match="incomplete"):
        Recorded(folder)
    source = Noises()
    result = write(folder, source)
    assert 0 < result["written"] <= 44 - 8
    assert source.asked == list(range(11 - -(-result["written"] // 4), 11))  # nothing twice
    assert contents(folder) == whole


def test_what_is_missing_or_cut_off_is_written_again(
    tmp_path: Path, whole: dict[str, bytes]
) -> None:
    write(tmp_path)
    files = sorted((tmp_path / "data").iterdir())
    files[1].unlink()
    files[4].write_bytes(files[4].read_bytes()[:100])
    source = Noises()
    assert write(tmp_path, source)["written"] == 16
    assert source.asked == [2, 3, 8, 9]
    assert contents(tmp_path) == whole


def test_a_disk_that_is_full_leaves_no_half_file_and_says_how_to_go_on(
    tmp_path: Path, whole: dict[str, bytes]
) -> None:
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    write(tmp_path, shard=(0, 6))
    resource.setrlimit(resource.RLIMIT_FSIZE, (20_000, before[1]))  # writing more fails, really
    try:
        with pytest.raises(SoundwalkError, match=r"could not write .*8 of 44 .*safe: make room"):
            write(tmp_path)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
    assert [path.name for path in (tmp_path / "data").iterdir()] == ["train-00000-of-00006.parquet"]
    write(tmp_path)
    assert contents(tmp_path) == whole


def test_ctrl_c_ends_after_the_file_and_the_run_goes_on(
    tmp_path: Path, whole: dict[str, bytes]
) -> None:
    class Interrupting(Noises):
        def batch(self, index: int, size: int) -> Sample:
            if index == 3:
                os.kill(os.getpid(), signal.SIGINT)
            return super().batch(index, size)

    screen = io.StringIO()
    result = write(tmp_path, Interrupting(), console=Console(file=screen))
    assert not result["finished"]
    assert result["samples"] in (8, 16)
    assert "Run the same command again" in screen.getvalue()
    assert write(tmp_path)["complete"]
    assert contents(tmp_path) == whole


def test_another_recording_in_the_folder_is_not_mixed_with(tmp_path: Path) -> None:
    write(tmp_path, shard=(0, 2))
    for other, words in (
        ({"samples": 40}, r"samples=44 where 40 is asked for"),
        ({"bits": 24}, r"bits=16 where 24 is asked for"),
        ({"source": Noises(loudness=2.0)}, r"loudness=1.0 where 2.0 is asked for"),
    ):
        with pytest.raises(SoundwalkError, match=rf"holds a recording of train with {words}: use"):
            write(tmp_path, **other)


def test_a_source_that_changes_its_mind_is_refused(tmp_path: Path) -> None:
    class Fickle(Noises):
        def batch(self, index: int, size: int) -> Sample:
            sample = super().batch(index, size)
            if index == 1:
                sample["audio"] = sample["audio"][..., :100]
            if index == 3:
                del sample["number"]
            if index == 5:
                sample["number"] = sample["number"][:1]
            return sample

    with pytest.raises(SoundwalkError, match=r"audio of the batch that begins with sample 4 is"):
        write(tmp_path, Fickle())
    with pytest.raises(SoundwalkError, match=r"begins with sample 12 holds audio: expected"):
        write(tmp_path, Fickle(), shard=(1, 6))
    with pytest.raises(SoundwalkError, match=r"gave 1 number where 4 samples were asked for"):
        write(tmp_path, Fickle(), shard=(2, 6))
    assert not list((tmp_path / "data").glob("*"))


@pytest.mark.parametrize(
    ("wrong", "words"),
    [
        ({"samples": 0}, "samples=0: expected at least 1"),
        ({"shard": (2, 2)}, "shard 2/2: expected 0/2 to 1/2"),
        ({"shard": (0, 9)}, "only 6 files; expected at most so many parts"),
        ({"split": "../up"}, "expected a word of small letters"),
    ],
)
def test_options_without_meaning_are_refused(
    tmp_path: Path, wrong: dict[str, Any], words: str
) -> None:
    with pytest.raises(SoundwalkError, match=words):
        write(tmp_path, **wrong)
    with pytest.raises(SoundwalkError, match=r"per_file=8: expected a multiple of batch=3"):
        record(Noises(), tmp_path, samples=8, batch=3, per_file=8)
    assert not list(tmp_path.iterdir())


def test_the_command_records_simulated_clips_that_training_reads_back(tmp_path: Path) -> None:
    options = ("rooms=1", "homes=2", "resolution=16", "seconds=0.1", "wants=[rgb,depth,mask,audio]")
    for part in ("0/2", "1/2"):
        recording.record(
            tmp_path / "out", samples=6, batch=2, per_file=4, split="val", seed=5, set_=(options,),
            shard=part, json=tmp_path / "figures.json",
        )  # fmt: skip
    assert json.loads((tmp_path / "figures.json").read_text())["complete"]
    source = Recorded(tmp_path / "out", split="val")
    assert source.options["resolution"] == 16
    found = source.batch(0, 6)
    with ClipWorld(
        split="val", seed=5, rooms=1, homes=2, resolution=16, seconds=0.1,
        wants=("rgb", "depth", "mask", "audio"),
    ) as world:  # fmt: skip
        parts = [world.batch(i, 2) for i in range(3)]
    for key in parts[0]:
        expected = np.concatenate([part[key] for part in parts])
        exact = key not in ("depth", "audio")
        np.testing.assert_allclose(found[key], expected, atol=0 if exact else 1e-3, err_msg=key)


@pytest.mark.parametrize("shard", ["2", "a/b", "-1/2", "1/"])
def test_a_shard_is_written_as_a_fraction(tmp_path: Path, shard: str) -> None:
    with pytest.raises(SoundwalkError, match=r"--shard .*expected i/N, e.g. 0/4"):
        recording.record(tmp_path, shard=shard)
