"""How sounding objects move with their sound: deliberately more than things do, so that it shows.

A drum's skin moves by a millimetre; at 64 pixels nothing of that is seen. Here an object moves by
up to `motion` metres, in one of three manners that its category decides: it vibrates (to and fro
along its wall, frame by frame), bounces (up), or opens (its top rises while its bottom stays, as a
mouth or a lid does). How far follows the envelope of what it sends at the time of the frame. What
is heard comes from where the object stands, and a few milliseconds later.
"""

from __future__ import annotations

import numpy as np

from ..interface import CATEGORIES, F32, F64, I64, Bool
from .voices import Voices

VIBRATE, BOUNCE, OPEN = range(3)
_BOUNCING = ("footsteps", "dog", "bird", "cat", "dripping_tap", "piano", "guitar", "music_box",
             "typewriter", "clock")  # fmt: skip
_OPENING = ("speech", "singing", "baby_cry", "television", "kettle", "siren")
MANNERS: I64 = np.array(
    [BOUNCE if c in _BOUNCING else OPEN if c in _OPENING else VIBRATE for c in CATEGORIES]
)

COMPRESSION = 0.5  # exponent: 12 dB below the loudest is half the way
_SILENCE = 0.01  # 40 dB below the loudest nothing moves
_LEAST_WINDOW = 0.02  # seconds over which the envelope is measured at least


class Envelopes:
    """How strongly clips sound over time, relative to their loudest moment."""

    def __init__(self, voices: Voices, fps: float) -> None:
        """Take the clips; levels are measured over the time of a frame."""
        self._voices = voices
        self._window = max(1, round(max(1.0 / fps, _LEAST_WINDOW) * voices.bank.sample_rate))
        self._known: dict[int, tuple[F64, float]] = {}

    def read(self, clips: I64, at: I64) -> F64:
        """Envelopes of clips (N, K) at samples (N, K, F) of them, 0 to 1; 0 for clip -1.

        Returns:
            (N, K, F) the root mean square in a window around each sample over the largest one of
            the clip, to the power COMPRESSION; 0 where it lies 40 dB below that.
        """
        out = np.zeros(at.shape)
        for where in zip(*np.nonzero(clips >= 0), strict=True):
            levels, peak = self._levels(int(clips[where]))
            share = levels[at[where] % len(levels)] / peak
            out[where] = np.where(share > _SILENCE, share**COMPRESSION, 0.0)
        return out

    def _levels(self, clip: int) -> tuple[F64, float]:
        """The level around every sample of a clip, which is repeated, and the largest of them."""
        if clip not in self._known:
            dry = self._voices.bank.load(self._voices.clip(clip)).astype(np.float64)
            width, half = self._window, self._window // 2
            around = np.resize(np.roll(dry, half), len(dry) + width)
            total = np.cumsum(np.append(0.0, around**2))
            power = (total[width : width + len(dry)] - total[: len(dry)]) / width
            levels = np.sqrt(np.maximum(power, 0.0))
            self._known[clip] = levels, max(float(levels.max()), 1e-9)
        return self._known[clip]


def shifts(categories: I64, boxes: F64, envelope: F64, metres: float) -> F32:
    """Displacements of objects as `rendering.Moves` takes them.

    Args:
        categories: (N, K) of the objects.
        boxes: (N, K, 6) around them.
        envelope: (N, K, F) from 0 to 1.
        metres: the displacement at 1.

    Returns:
        (N, K, F, 4) float32 metres along x, y, z, and by which the top rises.
    """
    manner = MANNERS[categories][..., None]
    far = metres * envelope
    sign = 1.0 - 2.0 * (np.arange(envelope.shape[-1]) % 2)
    along_x: Bool = (boxes[..., 3] - boxes[..., 0] >= boxes[..., 4] - boxes[..., 1])[..., None]
    shake = np.where(manner == VIBRATE, far * sign, 0.0)
    out = np.stack(
        [
            np.where(along_x, shake, 0.0),
            np.where(along_x, 0.0, shake),
            np.where(manner == BOUNCE, far, 0.0),
            np.where(manner == OPEN, far, 0.0),
        ],
        -1,
    )
    return out.astype(np.float32)
