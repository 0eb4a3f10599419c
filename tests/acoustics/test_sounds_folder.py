"""Recordings from a folder: read, cleaned, and refused by name where they cannot be used."""

from __future__ import annotations

import warnings
from pathlib import Path

import numpy as np
import pytest
import soundfile

from soundwalk.envs.acoustics.sounds import SoundBank, UnusableSoundWarning
from soundwalk.envs.interface import F64, SoundwalkError

REAL = Path(__file__).resolve().parents[3] / "shared" / "data" / "sounds"


def tone(seconds: float, rate: int, frequency: float = 440.0) -> F64:
    return np.asarray(0.3 * np.sin(2 * np.pi * frequency * np.arange(round(seconds * rate)) / rate))


def write(path: Path, samples: F64, rate: int) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    soundfile.write(path, samples, rate)


def test_a_recording_keeps_its_pitch_and_loses_silence_stereo_and_level(tmp_path: Path) -> None:
    sound = np.concatenate([np.zeros(22_050), 0.02 * tone(1.0, 44_100), np.zeros(44_100)])
    write(tmp_path / "hum" / "a.wav", np.stack([sound, sound], 1), 44_100)
    bank = SoundBank.from_folder(tmp_path)
    samples = bank.load(bank.clips()[0])
    assert samples.size / 16_000 == pytest.approx(1.0, abs=0.05)
    peak = np.argmax(np.abs(np.fft.rfft(samples, 160_000))) / 10
    assert peak == pytest.approx(440, abs=1)
    assert np.sqrt(np.mean(samples**2)) == pytest.approx(0.1, rel=0.05)
    assert abs(samples[0] - samples[-1]) < 0.01


def test_formats_are_found_in_subfolders_and_named_by_their_folder(tmp_path: Path) -> None:
    for name in ("dog/x.wav", "dog/deep/y.flac", "cat/z.OGG", "cat/notes.txt"):
        if name.endswith("txt"):
            (tmp_path / name).write_text("no sound")
        else:
            write(tmp_path / name, tone(0.5, 16_000), 16_000)
    bank = SoundBank.from_folder(tmp_path)
    assert [(c.category, c.name, c.index) for c in bank.all_clips] == [
        ("cat", "cat/z.OGG", 0), ("deep", "dog/deep/y.flac", 0), ("dog", "dog/x.wav", 0),
    ]  # fmt: skip
    assert bank.categories == ("cat", "deep", "dog")


def test_all_clips_of_a_folder_are_usable_in_all_splits_and_modes(tmp_path: Path) -> None:
    write(tmp_path / "dog" / "x.wav", tone(0.5, 16_000), 16_000)
    bank = SoundBank.from_folder(tmp_path)
    assert bank.clips("train") == bank.clips("test", mode="unheard") == bank.all_clips


def test_a_manifest_names_categories_and_columns_may_vary(tmp_path: Path) -> None:
    for name in ("a.wav", "b.wav"):
        write(tmp_path / "misc" / name, tone(0.3, 16_000), 16_000)
    (tmp_path / "manifest.csv").write_text("Category,licence,File\nbell,CC0,misc/a.wav\n")
    bank = SoundBank.from_folder(tmp_path)
    assert {c.name: c.category for c in bank.all_clips} == {
        "misc/a.wav": "bell",
        "misc/b.wav": "misc",
    }
    (tmp_path / "bad.csv").write_text("name,kind\nmisc/a.wav,bell\n")
    with pytest.raises(SoundwalkError, match="columns name, kind: expected 'file'"):
        SoundBank.from_folder(tmp_path, manifest=tmp_path / "bad.csv")
    with pytest.raises(SoundwalkError, match=r"gone\.csv' does not exist: expected a CSV file"):
        SoundBank.from_folder(tmp_path, manifest=tmp_path / "gone.csv")


def test_long_recordings_are_cut(tmp_path: Path) -> None:
    write(tmp_path / "hum" / "long.wav", tone(9, 16_000), 16_000)
    for limit in (5.0, 2.0):
        bank = SoundBank.from_folder(tmp_path, max_seconds=limit)
        assert bank.load(bank.clips()[0]).size == round(limit * 16_000)


def test_corrupt_silent_and_empty_files_are_named_and_skipped(tmp_path: Path) -> None:
    write(tmp_path / "dog" / "good.wav", tone(0.5, 16_000), 16_000)
    write(tmp_path / "dog" / "silent.wav", np.zeros(16_000), 16_000)
    write(tmp_path / "dog" / "empty.wav", np.zeros(0), 16_000)
    (tmp_path / "dog" / "corrupt.ogg").write_bytes(b"OggS but not really")
    (tmp_path / "dog" / "nothing.flac").touch()
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        bank = SoundBank.from_folder(tmp_path)
    assert [c.name for c in bank.all_clips] == ["dog/good.wav"]
    assert all(w.category is UnusableSoundWarning for w in caught)
    text = "\n".join(str(w.message) for w in caught)
    reasons = {"corrupt.ogg": "cannot be decoded", "empty.wav": "empty"}
    reasons |= {"nothing.flac": "cannot be decoded", "silent.wav": "silent"}
    for name, reason in reasons.items():
        assert sum(name in line and reason in line for line in text.splitlines()) == 1, name


def test_an_empty_or_missing_folder_says_what_was_looked_for(tmp_path: Path) -> None:
    with pytest.raises(
        SoundwalkError, match=r"no usable sound in .*looked for \.wav, \.flac, \.ogg"
    ):
        SoundBank.from_folder(tmp_path)
    with pytest.raises(
        SoundwalkError, match=r"gone' does not exist: expected \.wav, \.flac, \.ogg"
    ):
        SoundBank.from_folder(tmp_path / "gone")


@pytest.mark.skipif(not REAL.is_dir(), reason=f"recorded sounds are not at {REAL}")
def test_the_recorded_sounds_all_load_with_the_categories_of_their_manifest() -> None:
    bank = SoundBank.from_folder(REAL)
    assert len(bank.all_clips) >= 40
    assert {"dog", "speech", "rain"} <= set(bank.categories)
    for clip in bank.all_clips:
        assert clip.name.startswith(clip.category + "/")
        samples = bank.load(clip)
        assert 0 < samples.size <= 5 * 16_000
        assert np.abs(samples).max() <= 1.0
