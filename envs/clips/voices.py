"""What sounding objects send: excerpts of clips of their own category."""

from __future__ import annotations

import numpy as np

from ..acoustics.sounds import Clip, SoundBank
from ..arguments import open_sounds
from ..interface import CATEGORIES, F32, I64, Bool, SoundwalkError
from .options import ClipOptions


class Voices:
    """The clips of a split, by what they belong to.

    Attributes:
        can_sound: (len(CATEGORIES),) which categories have clips.
        foreign: whether no clip is of any of these categories, so that any object plays any.
    """

    def __init__(self, options: ClipOptions) -> None:
        """Open the sounds.

        Raises:
            SoundwalkError: see `open_sounds` and `SoundBank.clips`.
        """
        self.bank: SoundBank
        self.bank, mode = open_sounds(options.sounds, options.rate)
        clips = self.bank.clips(options.split, mode=mode)  # type: ignore[arg-type]  # it checks
        if not clips:
            raise SoundwalkError(
                f"no clip for split={options.split!r}, sounds={options.sounds!r} in this bank"
            )
        number = {clip: index for index, clip in enumerate(self.bank.all_clips)}
        mine = [[number[c] for c in clips if c.category == name] for name in CATEGORIES]
        self.foreign = not any(mine)
        if self.foreign:
            mine = [[number[c] for c in clips]] * len(CATEGORIES)
        self._numbers = [np.array(numbers, np.int64) for numbers in mine]
        self.can_sound: Bool = np.array([len(numbers) > 0 for numbers in mine])

    def clip(self, number: int) -> Clip:
        """A clip of the bank by its number."""
        return self.bank.all_clips[number]

    def draw(self, categories: I64, rng: np.random.Generator) -> tuple[I64, I64]:
        """A clip and the sample at which it begins for each of `categories`, -1 where that is -1.

        Args:
            categories: (N, K)
            rng: chance.

        Returns:
            Numbers of clips, and samples, each (N, K).
        """
        clips, offsets = (
            np.full(categories.shape, -1, np.int64),
            np.zeros(categories.shape, np.int64),
        )
        which, where = rng.random((2, *categories.shape))
        for at in zip(*np.nonzero(categories >= 0), strict=True):
            numbers = self._numbers[categories[at]]
            clips[at] = numbers[int(which[at] * len(numbers))]
            offsets[at] = int(where[at] * len(self.bank.load(self.clip(int(clips[at])))))
        return clips, offsets

    def read(self, clips: I64, offsets: I64, samples: int) -> F32:
        """Excerpts (N, K, samples) of clips (N, K) from `offsets` on, repeated; 0 for clip -1."""
        out = np.zeros((*clips.shape, samples), np.float32)
        for at in zip(*np.nonzero(clips >= 0), strict=True):
            dry = self.bank.load(self.clip(int(clips[at])))
            row, filled, index = out[at], 0, int(offsets[at])
            while filled < samples:
                piece = dry[index : index + samples - filled]
                row[filled : filled + len(piece)] = piece
                filled, index = filled + len(piece), 0
        return out
