"""What was recorded comes back; what is broken is named."""

from __future__ import annotations

import io
import json
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import soundfile
from PIL import Image
from rich.console import Console

from soundwalk.envs.interface import SoundwalkError
from soundwalk.perception.data.codecs import columns_of
from soundwalk.perception.data.sample import need
from soundwalk.perception.data.shards import Recorded
from soundwalk.training.record import record

N, V, F, K, C, T, SIDE = 4, 2, 3, 2, 2, 800, 16
Sample = dict[str, np.ndarray[Any, Any]]


class Random:
    """Random samples with all keys, and one that nobody knows."""

    rate = 8000

    def __init__(self, ears: int = C) -> None:
        self.ears = ears

    def batch(self, index: int, size: int) -> Sample:
        rng = np.random.default_rng([7, index])
        ears = self.ears

        def sound(*shape: int) -> np.ndarray[Any, Any]:
            loud = 10 ** rng.uniform(-4, 1, (*shape[:2], *[1] * (len(shape) - 2)))
            return (rng.normal(size=shape) * loud).astype(np.float32)

        wet = sound(size, V, K, ears, T)
        wet[:, 0, 1] = 0
        return {
            "rgb": rng.integers(0, 256, (size, V, F, SIDE, SIDE, 3), np.uint8),
            "depth": rng.uniform(0, 65.5, (size, V, SIDE, SIDE)).astype(np.float32),
            "mask": rng.random((size, V, K, SIDE, SIDE)) < 0.3,
            "audio": sound(size, V, ears, T),
            "dry": sound(size, V, K, T),
            "wet": wet,
            "echo": sound(size, V, ears, 96),
            "azimuth": rng.normal(size=(size, V, K)).astype(np.float32),
            "sight": rng.random((size, V, K)) < 0.5,
            "category": rng.integers(-1, 28, (size, K)),
            "home": rng.integers(0, 2**62, size),
            "rt60": rng.random(size).astype(np.float32),
            "number": np.arange(index * size, (index + 1) * size),
            "humidity": rng.random((size, 2, 3)),
        }


class Numbers:
    """Numbered samples and nothing else."""

    def batch(self, index: int, size: int) -> Sample:
        return {"number": np.arange(index * size, (index + 1) * size)}


def written(folder: Path, samples: int = 20, **options: Any) -> Path:
    """A small recording."""
    quiet = Console(file=io.StringIO())
    source = options.pop("source", Random())
    record(source, folder, samples=samples, batch=N, per_file=2 * N, console=quiet, **options)
    return folder


@pytest.fixture(scope="module")
def recording(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return written(tmp_path_factory.mktemp("recorded"))


@pytest.fixture
def own(tmp_path: Path, recording: Path) -> Path:
    """A copy that a test may break."""
    for path in recording.rglob("*"):
        if path.is_file():
            copy = tmp_path / path.relative_to(recording)
            copy.parent.mkdir(exist_ok=True)
            copy.write_bytes(path.read_bytes())
    return tmp_path


def first_file(folder: Path) -> Path:
    return min((folder / "data").iterdir())


@pytest.mark.parametrize(("bits", "steps"), [(16, 65_534), (24, 16_777_214)])
@pytest.mark.parametrize("ears", [1, 2, 11])
def test_a_batch_comes_back_as_precisely_as_its_codecs_say(
    tmp_path: Path, ears: int, bits: int, steps: int
) -> None:
    source = Random(ears)
    found = Recorded(written(tmp_path, N, source=source, bits=bits)).batch(0, N)
    expected = source.batch(0, N)
    assert list(found) == list(expected)
    for key, value in expected.items():
        assert found[key].dtype == value.dtype, key
        assert found[key].shape == value.shape, key
        if key == "depth":
            np.testing.assert_allclose(found[key], value, rtol=1e-7, atol=0.5e-3)
        elif key in ("audio", "dry", "wet"):
            signals = (-2, -1) if key != "dry" else (-1,)
            peak = np.abs(value).max(signals, keepdims=True)
            error = np.abs(found[key] - value)
            assert (error <= peak * (1 / steps + 2e-7)).all(), key
        else:
            np.testing.assert_array_equal(found[key], value, err_msg=key)
    assert not found["wet"][:, 0, 1].any()  # silence stays silence


def test_the_files_are_what_other_programs_read(recording: Path) -> None:
    table = pq.read_table(first_file(recording))
    row = {name: table[name][1].as_py() for name in table.column_names}
    expected = {key: value[1] for key, value in Random().batch(0, N).items()}
    picture = np.asarray(Image.open(io.BytesIO(row["rgb"]["bytes"])))
    np.testing.assert_array_equal(picture, expected["rgb"].reshape(-1, SIDE, 3))
    depth = Image.open(io.BytesIO(row["depth"]["bytes"]))
    assert depth.mode == "I;16"
    stencil = Image.open(io.BytesIO(row["mask"]["bytes"]))
    assert (stencil.mode, stencil.size) == ("1", (SIDE, V * K * SIDE))
    heard, rate = soundfile.read(io.BytesIO(row["audio"]["bytes"]))
    assert (rate, heard.shape) == (8000, (V * T, C))
    assert np.abs(heard).max() < 1.0
    for view in range(V):
        sound = heard[view * T : (view + 1) * T].T * row["audio_gain"][view] * 32768 / 32767
        peak = np.abs(expected["audio"][view]).max()
        np.testing.assert_allclose(sound, expected["audio"][view], atol=peak / 60_000)
    assert row["category"] == expected["category"].tolist()
    assert row["home"] == expected["home"]


def test_the_library_datasets_finds_pictures_and_sounds_in_the_schema(recording: Path) -> None:
    schema = pq.read_schema(first_file(recording))
    features = json.loads(schema.metadata[b"huggingface"])["info"]["features"]
    for key in ("rgb", "depth", "mask"):
        assert features[key] == {"_type": "Image"}
    for key in ("audio", "dry", "wet"):
        assert features[key] == {"_type": "Audio", "sampling_rate": 8000}
    # What datasets.Image and datasets.Audio declare as their Arrow type
    struct = pa.struct({"bytes": pa.binary(), "path": pa.string()})
    assert all(schema.field(key).type == struct for key in ("rgb", "depth", "mask", "audio"))


def test_batches_follow_each_other_and_begin_again_after_the_last_sample(recording: Path) -> None:
    source = Recorded(recording, keys=("number",))
    assert len(source) == 20
    assert source.rate == 8000
    found = np.concatenate([source.batch(i, 7)["number"] for i in range(6)])
    np.testing.assert_array_equal(found, np.arange(42) % 20)


def test_a_shuffled_pass_has_every_sample_once_and_passes_differ(tmp_path: Path) -> None:
    folder = written(tmp_path, 100, source=Numbers())
    source = Recorded(folder, shuffle_seed=3)
    passes = [
        np.concatenate([source.batch(5 * p + i, 20)["number"] for i in range(5)]) for p in range(2)
    ]
    for one in passes:
        np.testing.assert_array_equal(np.sort(one), np.arange(100))
        assert np.abs(np.corrcoef(one, np.arange(100))[0, 1]) < 0.5
    assert (passes[0] != passes[1]).any()
    other = Recorded(folder, shuffle_seed=4).batch(0, 20)["number"]
    assert (other != passes[0][:20]).any()


def test_a_batch_depends_on_its_number_alone(recording: Path) -> None:
    one, other = (Recorded(recording, shuffle_seed=1) for _ in range(2))
    later = [one.batch(i, 6) for i in range(9)][8]
    for key, value in other.batch(8, 6).items():
        np.testing.assert_array_equal(value, later[key], err_msg=key)


def test_several_splits_live_in_one_folder(tmp_path: Path) -> None:
    written(tmp_path, 8, split="train", source=Numbers())
    written(tmp_path, 12, split="val", source=Numbers())
    assert (len(Recorded(tmp_path, split="train")), len(Recorded(tmp_path, split="val"))) == (8, 12)
    with pytest.raises(SoundwalkError, match=r"holds train, val: say which by split="):
        Recorded(tmp_path)
    with pytest.raises(SoundwalkError, match=r"no split 'test', only train, val: record it with"):
        Recorded(tmp_path, split="test")


def test_keys_that_were_not_recorded_are_named(recording: Path) -> None:
    with pytest.raises(SoundwalkError, match=r"holds no pose, warmth, only audio, .*wants="):
        Recorded(recording, keys=("rgb", "pose", "warmth"))
    sample = Recorded(recording, keys=("rgb", "audio")).batch(0, 2)
    with pytest.raises(SoundwalkError, match=r"evaluator needs depth, .*there are audio, rgb"):
        need(sample, ("rgb", "depth"), "evaluator")


def test_a_missing_file_is_named(own: Path) -> None:
    first_file(own).unlink()
    with pytest.raises(SoundwalkError, match=r"train-00000-of-00003.parquet is missing: .*record"):
        Recorded(own)


def test_a_shard_that_is_cut_off_is_named(own: Path) -> None:
    path = first_file(own)
    path.write_bytes(path.read_bytes()[:-1000])
    with pytest.raises(SoundwalkError, match=r"00000-of-00003.parquet is cut off: .*expected"):
        Recorded(own)


def test_bytes_that_changed_are_found_by_their_checksum(own: Path) -> None:
    path = first_file(own)
    data = bytearray(path.read_bytes())
    data[len(data) // 2] ^= 1
    path.write_bytes(data)
    Recorded(own)
    with pytest.raises(SoundwalkError, match=r"00000-of-00003.parquet was changed: its checksum"):
        Recorded(own, verify=True)


def test_noise_in_a_file_is_an_error_that_names_it_and_nothing_worse(own: Path) -> None:
    path = first_file(own)
    whole = path.read_bytes()
    rng = np.random.default_rng(0)
    messages = []
    for _ in range(30):
        data = bytearray(whole)
        at = int(rng.integers(len(data) - 64))
        data[at : at + 64] = rng.bytes(64)
        path.write_bytes(data)
        try:
            Recorded(own).batch(0, 2 * N)
        except SoundwalkError as error:
            messages.append(str(error))
    assert len(messages) > 5  # PNG and FLAC have checksums of their own
    assert all(path.name in message for message in messages)


def test_a_file_of_another_recording_is_refused(own: Path) -> None:
    paths = sorted((own / "data").iterdir())
    size = paths[0].stat().st_size
    table = pq.read_table(paths[0]).drop_columns(["home"])
    pq.write_table(table, paths[0], compression="none")
    data = paths[0].read_bytes()
    manifest = json.loads((own / "manifest.json").read_text())
    manifest["splits"]["train"]["files"][paths[0].name]["bytes"] = len(data)
    (own / "manifest.json").write_text(json.dumps(manifest))
    for part in (own / "parts").iterdir():
        part.unlink()
    assert len(data) != size
    with pytest.raises(SoundwalkError, match=r"00003.parquet has 8 rows of rgb, .*expected 8"):
        Recorded(own).batch(0, 1)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ('{"version": 2, "splits": {}}', "has version 2: this soundwalk reads 1"),
        ("{", "is not JSON"),
        ("[]", "has version None"),
        ('{"version": 1, "splits": {"train": {"split": "train"}}}', "no manifest of a recording"),
    ],
)
def test_a_manifest_that_cannot_be_read_is_named(own: Path, text: str, words: str) -> None:
    (own / "manifest.json").write_text(text)
    with pytest.raises(SoundwalkError, match=rf"manifest.json .*{words}"):
        Recorded(own)


def test_a_folder_without_a_recording_says_how_to_make_one(tmp_path: Path) -> None:
    with pytest.raises(SoundwalkError, match=r"is no recording: .* `soundwalk record --out"):
        Recorded(tmp_path / "none")


@pytest.mark.parametrize(
    ("key", "value", "words"),
    [
        ("depth", np.full((4, 1, 2, 2), 70, "f4"), "depth is 70 to 70 m: expected 0 to 65.535 m"),
        ("depth", np.full((4, 1, 2, 2), np.nan, "f4"), "depth is nan to nan m"),
        ("audio", np.full((4, 1, 2, 9), np.inf, "f4"), "audio: expected finite samples"),
        ("names", np.array(["a"] * 4), "names is <U1 of shape"),
        ("rgb", np.zeros((4, 1, 0, 8, 8, 3), "u1"), "expected numbers, at least one"),
    ],
)
def test_what_cannot_be_kept_is_refused_by_name(
    tmp_path: Path, key: str, value: np.ndarray[Any, Any], words: str
) -> None:
    class One:
        def batch(self, index: int, size: int) -> Sample:
            return {key: value}

    with pytest.raises(SoundwalkError, match=words):
        written(tmp_path, N, source=One())
    assert not list((tmp_path / "data").glob("*"))


def test_sounds_have_16_or_24_bits() -> None:
    with pytest.raises(SoundwalkError, match="bits=8: expected 16 or 24"):
        columns_of(Random().batch(0, 1), 8)
