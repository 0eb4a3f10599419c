"""Which sounds there are, which of them a split may use, and loading them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Literal, Protocol, get_args

from ...interface import CATEGORIES, F32, SAMPLE_RATE, UNHEARD_CATEGORIES, SoundwalkError, unknown
from .files import MAX_SECONDS, FolderSource, UnusableSoundWarning
from .synthesis import VARIANTS, synthesise

__all__ = ["Clip", "Mode", "SoundBank", "Split", "UnusableSoundWarning"]

Split = Literal["train", "val", "test"]
Mode = Literal["heard", "unheard_clips", "unheard"]
_CACHED_CLIPS = 512  # 0.25 MB each at most: 4 s of float32 at 16 kHz


@dataclass(frozen=True, order=True)
class Clip:
    """One recording of the bank.

    Attributes:
        category: what sounds.
        name: unique in the bank, e.g. "dog/3" or "dog/esc10_1-100032-A.ogg".
        index: number within its category, from 0.
    """

    category: str
    name: str
    index: int


class _Source(Protocol):
    """Where the samples of a clip come from."""

    def read(self, name: str) -> F32: ...


@dataclass(frozen=True)
class _Synthesiser:
    """Reads clips named "category/variant"."""

    sample_rate: int

    def read(self, name: str) -> F32:
        category, variant = name.rsplit("/", 1)
        return synthesise(category, int(variant), self.sample_rate)


class SoundBank:
    """All clips of one origin, at one sample rate and one loudness.

    Splits of the synthetic bank. Categories in `interface.UNHEARD_CATEGORIES` never sound in
    training: half of them are for val, half for test. Of every other category variants 0-5 are
    heard in training, 6 is kept for val, 7 for test.

    A folder is not divided: every clip of it is usable in every split and mode.
    """

    def __init__(
        self, clips: Sequence[Clip], source: _Source, sample_rate: int, *, whole: bool
    ) -> None:
        """Take clips and where to read them; see `synthetic` and `from_folder`.

        Args:
            clips: all clips.
            source: reads a clip by its name.
            sample_rate: hertz.
            whole: every split and mode may use every clip.
        """
        self.all_clips = tuple(sorted(clips, key=lambda c: (c.category, c.index)))
        self.sample_rate = sample_rate
        self._whole = whole
        self._named = {clip.name: clip for clip in self.all_clips}
        self._read = lru_cache(_CACHED_CLIPS)(source.read)

    @classmethod
    def synthetic(cls, sample_rate: int = SAMPLE_RATE) -> SoundBank:
        """The bank that needs no download: 28 categories with 8 variants each."""
        clips = [Clip(c, f"{c}/{v}", v) for c in CATEGORIES for v in range(VARIANTS)]
        return cls(clips, _Synthesiser(sample_rate), sample_rate, whole=False)

    @classmethod
    def from_folder(
        cls,
        path: str | Path,
        sample_rate: int = SAMPLE_RATE,
        manifest: str | Path | None = None,
        max_seconds: float = MAX_SECONDS,
    ) -> SoundBank:
        """Recordings (wav, flac, ogg) under a folder, searched recursively.

        Each is mixed to mono, resampled, trimmed of leading and trailing silence, cut to
        `max_seconds` and levelled (see `levels`). A file's category is that of the manifest, else
        the name of the folder it lies in.

        Args:
            path: the folder.
            sample_rate: hertz of what `load` returns.
            manifest: CSV with the columns `file` (relative to it) and `category`, others ignored;
                `manifest.csv` in the folder where not given and present.
            max_seconds: what is used of a long recording.

        Warns:
            UnusableSoundWarning: names each file that is corrupt, empty or silent; it is skipped.

        Raises:
            SoundwalkError: the folder does not exist or nothing usable is in it; or the manifest
                cannot be used.
        """
        source = FolderSource.scan(Path(path), sample_rate, manifest, max_seconds)
        counts: dict[str, int] = {}
        clips = []
        for name, category in sorted(source.categories.items()):
            clips.append(Clip(category, name, counts.get(category, 0)))
            counts[category] = counts.get(category, 0) + 1
        return cls(clips, source, sample_rate, whole=True)

    @property
    def categories(self) -> tuple[str, ...]:
        """Names of the categories that have clips, sorted."""
        return tuple(sorted({c.category for c in self.all_clips}))

    def clips(
        self, split: Split = "train", heard: bool = True, mode: Mode | None = None
    ) -> tuple[Clip, ...]:
        """The clips that episodes of a split may use.

        Args:
            split: "train", "val" or "test".
            heard: shorthand: True for mode "heard", False for mode "unheard".
            mode: "heard": what sounds in training, in any split of homes; "unheard_clips": other
                clips of the heard categories (val and test only); "unheard": categories that
                never sound in training (val and test only).

        Raises:
            SoundwalkError: unknown split or mode, or unheard sounds asked for training.
        """
        mode = mode or ("heard" if heard else "unheard")
        if split not in get_args(Split):
            raise unknown("split", split, get_args(Split))
        if mode not in get_args(Mode):
            raise unknown("sounds mode", mode, get_args(Mode))
        if self._whole:
            return self.all_clips
        if split == "train" and mode != "heard":
            raise SoundwalkError(
                f"sounds mode {mode!r} in split 'train': expected 'heard', because what sounds in"
                " training is heard; use split 'val' or 'test'"
            )
        return tuple(c for c in self.all_clips if _usable(c, split, mode))

    def clip(self, name: str) -> Clip:
        """The clip of a name.

        Raises:
            SoundwalkError: this bank does not hold it.
        """
        if name not in self._named:
            raise unknown("clip", name, self._named)
        return self._named[name]

    def load(self, clip: Clip) -> F32:
        """The samples (T,) of a clip; read-only, because they are shared by all who ask."""
        samples = self._read(clip.name)
        samples.flags.writeable = False
        return samples


def _usable(clip: Clip, split: Split, mode: Mode) -> bool:
    """Whether a synthetic clip belongs to a split and mode."""
    if mode == "unheard":
        half = len(UNHEARD_CATEGORIES) // 2
        mine = UNHEARD_CATEGORIES[:half] if split == "val" else UNHEARD_CATEGORIES[half:]
        return clip.category in mine
    if clip.category in UNHEARD_CATEGORIES:
        return False
    if mode == "heard":
        return clip.index < VARIANTS - 2
    return clip.index == (VARIANTS - 2 if split == "val" else VARIANTS - 1)
