"""What sounds: a clip with its loudness, its beginning and end, and where it is or how it moves."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from ..acoustics.trajectory import Trajectory
from ..interface import F32, F64, I64, Bool, SoundwalkError

_NEVER = 2**62  # samples; a time may be added


@dataclass(frozen=True, eq=False)
class Sound:
    """One source of an agent's episode.

    Attributes:
        dry: (T,) float32 clip.
        position: (3,) metres, where it is or begins to move.
        offset: sample of the clip at which it is when the episode, or the sound, begins.
        onset: seconds from the start of the episode until it begins; at 0 it has always been on.
        duration: seconds it sounds from then on; 0 means for ever.
        loop: whether the clip is repeated; else it sounds once, from `offset` to its end.
        gain: factor on the clip.
        path: how it moves, if it does.
        facing: radians from +x to where it points, if it is directional.
    """

    dry: F32
    position: F64
    offset: int = 0
    onset: float = 0.0
    duration: float = 0.0
    loop: bool = True
    gain: float = 1.0
    path: Trajectory | None = None
    facing: float = 0.0


class Emitters:
    """Rows of sounds on the common clock of each agent's episode, in samples."""

    def __init__(self, rows: int, rate: int) -> None:
        """Make `rows` silent rows at `rate` samples per second."""
        self._rate = rate
        self._dry: list[F32] = [np.zeros(1, np.float32)] * rows
        self._lengths = np.ones(rows, np.int64)
        self._shift = np.zeros(rows, np.int64)  # sample of the clip at time 0
        self._first = np.full(rows, _NEVER)  # silent before
        self.last = np.zeros(rows, np.int64)  # silent from here on
        self._gain = np.ones(rows, np.float32)

    def put(self, row: int, sound: Sound) -> None:
        """Let a row sound.

        Raises:
            SoundwalkError: the clip is empty, or a time or the gain has no meaning.
        """
        if len(sound.dry) == 0:
            raise SoundwalkError("the sound of an episode is empty: expected at least one sample")
        for name, value in (("onset", sound.onset), ("duration", sound.duration)):
            if not 0.0 <= value < np.inf:
                raise SoundwalkError(f"{name}={value!r}: expected 0 or more seconds")
        if not np.isfinite(sound.gain):
            raise SoundwalkError(f"gain={sound.gain!r}: expected a finite number")
        onset = round(sound.onset * self._rate)
        always = sound.onset == 0.0 and sound.loop
        self._dry[row], self._lengths[row] = sound.dry, len(sound.dry)
        self._shift[row] = sound.offset - onset
        self._first[row] = -_NEVER if always else onset
        self.last[row] = _NEVER
        if sound.duration > 0.0:
            self.last[row] = onset + round(sound.duration * self._rate)
        if not sound.loop:
            self.last[row] = min(int(self.last[row]), onset + len(sound.dry) - sound.offset)
        self._gain[row] = sound.gain

    def clear(self, row: int) -> None:
        """Silence a row."""
        self._first[row], self.last[row] = _NEVER, 0

    def read(self, row: int, first: int, samples: int) -> F32:
        """What a row sends from time `first` on, (samples,) float32."""
        out = np.empty(samples, np.float32)
        self.read_all(np.array([row]), np.array([first]), out[None])
        return out

    def read_all(self, rows: I64, first: I64, out: F32) -> None:
        """What rows (m,) send from times `first` (m,) on, written to out (m, samples)."""
        samples = out.shape[1]
        begins, ends = self._first[rows] - first, self.last[rows] - first
        silent, whole = (begins >= samples) | (ends <= 0), (begins <= 0) & (ends >= samples)
        places = ((first + self._shift[rows]) % self._lengths[rows]).tolist()
        for i, row in enumerate(rows.tolist()):
            block = out[i]
            if silent[i]:
                block[:] = 0.0
                continue
            dry, index, filled = self._dry[row], places[i], 0
            while filled < samples:  # np.roll would copy the whole clip, 30 us for one of 5 s
                piece = dry[index : index + samples - filled]
                block[filled : filled + len(piece)] = piece
                filled, index = filled + len(piece), 0
            if self._gain[row] != 1.0:
                block *= self._gain[row]
            if not whole[i]:
                block[: max(begins[i], 0)] = 0.0
                block[ends[i] :] = 0.0

    def over(self, rows: I64, now: I64) -> Bool:
        """Which rows (m,) have fallen silent for good by their agents' time `now` (m,)."""
        return now >= self.last[rows]
