"""Recordings in a folder: finding, reading, trimming and levelling them."""

from __future__ import annotations

import csv
import warnings
from dataclasses import dataclass, field
from math import gcd
from pathlib import Path

import numpy as np
from scipy.signal import resample_poly

from ...interface import F32, F64, SoundwalkError
from .levels import FRAME_SECONDS, active_frames, normalise

SUFFIXES = (".wav", ".flac", ".ogg")
MAX_SECONDS = 5.0
_SILENCE = 1e-5  # peak below -100 dB of full scale
_MIN_SECONDS = 0.05


class UnusableSoundWarning(UserWarning):
    """A sound file was skipped; the message names it and says why."""


@dataclass(frozen=True)
class FolderSource:
    """The usable recordings of a folder.

    Attributes:
        root: the folder.
        sample_rate: hertz of what `read` returns.
        max_seconds: what is used of a long recording.
        categories: relative path with forward slashes, to category.
    """

    root: Path
    sample_rate: int
    max_seconds: float
    categories: dict[str, str] = field(default_factory=dict)

    @classmethod
    def scan(
        cls, root: Path, sample_rate: int, manifest: str | Path | None, max_seconds: float
    ) -> FolderSource:
        """Find the recordings under `root` and try to read each; see `SoundBank.from_folder`."""
        wanted = f"{', '.join(SUFFIXES)} files, e.g. {root / 'dog' / 'bark.wav'}"
        if not root.is_dir():
            raise SoundwalkError(f"sound folder {str(root)!r} does not exist: expected {wanted}")
        named = _read_manifest(root, manifest)
        source = cls(root, sample_rate, max_seconds)
        skipped = 0
        for path in sorted(p for p in root.rglob("*") if p.suffix.lower() in SUFFIXES):
            name = path.relative_to(root).as_posix()
            try:
                source.read(name)
            except SoundwalkError as error:
                warnings.warn(f"skipped {error}", UnusableSoundWarning, stacklevel=3)
                skipped += 1
            else:
                source.categories[name] = named.get(name, path.parent.name)
        if not source.categories:
            raise SoundwalkError(
                f"no usable sound in {str(root)!r} ({skipped} files skipped): looked for {wanted}"
            )
        return source

    def read(self, name: str) -> F32:
        """Samples (T,) of a recording: mono, resampled, trimmed, cut and levelled.

        Raises:
            SoundwalkError: the file cannot be decoded, is empty or silent.
        """
        import soundfile  # loads libsndfile: only when a folder is used

        path = self.root / name
        try:
            samples, rate = soundfile.read(path, dtype="float64", always_2d=True)
        except (soundfile.LibsndfileError, OSError, TypeError) as error:
            raise SoundwalkError(f"{str(path)!r}: cannot be decoded ({error})") from error
        mono = samples.mean(axis=1)
        if mono.size < _MIN_SECONDS * rate:
            raise SoundwalkError(f"{str(path)!r}: empty ({mono.size} samples)")
        if not np.isfinite(mono).all() or np.abs(mono).max() < _SILENCE:
            raise SoundwalkError(f"{str(path)!r}: silent or not finite")
        return prepare(mono, rate, self.sample_rate, self.max_seconds)


def prepare(mono: F64, rate: int, sample_rate: int, max_seconds: float = MAX_SECONDS) -> F32:
    """Make a recording (T,) at `rate` hertz ready for the bank: resampled, trimmed, cut, levelled.

    The first and last 5 ms are faded, so that it loops without a click.
    """
    divisor = gcd(rate, sample_rate)
    signal = np.asarray(resample_poly(mono, sample_rate // divisor, rate // divisor))
    _, active = active_frames(signal, sample_rate)
    frames = np.flatnonzero(active)
    frame = round(FRAME_SECONDS * sample_rate)
    signal = signal[frames[0] * frame : (frames[-1] + 1) * frame][
        : round(max_seconds * sample_rate)
    ]
    fade = np.linspace(0, 1, min(signal.size // 2, round(0.005 * sample_rate)))
    signal = signal.copy()
    signal[: fade.size] *= fade
    signal[signal.size - fade.size :] *= fade[::-1]
    return normalise(signal, sample_rate)


def _read_manifest(root: Path, manifest: str | Path | None) -> dict[str, str]:
    """Categories by relative path; empty where there is no manifest."""
    path = root / "manifest.csv" if manifest is None else Path(manifest)
    if not path.is_file():
        if manifest is None:
            return {}
        raise SoundwalkError(f"manifest {str(path)!r} does not exist: expected a CSV file")
    with path.open(newline="", encoding="utf-8-sig") as stream:
        rows = csv.DictReader(stream)
        columns = {c.strip().lower(): c for c in rows.fieldnames or ()}
        name = next((columns[c] for c in ("file", "path", "filename") if c in columns), None)
        if name is None or "category" not in columns:
            raise SoundwalkError(
                f"manifest {str(path)!r} has the columns {', '.join(columns) or 'none'}: expected"
                " 'file' (relative to the folder) and 'category'"
            )
        category = columns["category"]
        return {
            Path((row[name] or "").strip()).as_posix(): row[category].strip()
            for row in rows
            if (row[category] or "").strip()
        }
