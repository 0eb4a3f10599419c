"""The synthesised bank: one generator per category, deterministic by (category, variant)."""

from __future__ import annotations

import hashlib
from collections.abc import Callable

import numpy as np
from scipy.ndimage import uniform_filter1d

from ...interface import CATEGORIES, F32, SAMPLE_RATE, SoundwalkError, unknown
from . import impacts, machines, music, signals, voices
from .levels import normalise
from .track import Track

VARIANTS = 8
BODY_NOISE = 0.03  # -30 dB


def _generator(category: str) -> Callable[[Track], None]:
    """The function that lays a category down."""
    for module in (signals, machines, impacts, voices, music):
        found: Callable[[Track], None] | None = getattr(module, category, None)
        if found is not None:
            return found
    raise unknown("sound category", category, CATEGORIES)


def synthesise(category: str, variant: int, sample_rate: int = SAMPLE_RATE) -> F32:
    """Make a sound of the bank.

    No real source is a pure tone: a faint broadband noise (-30 dB) follows the loudness of each
    clip, so that every category carries time and level differences at all frequencies.

    Args:
        category: one of `interface.CATEGORIES`.
        variant: 0 or more; the bank uses 0 to 7.
        sample_rate: hertz, 8000 or more.

    Returns:
        (T,) float32 of 2 to 4 s that loops without a seam and is never silent for more than 0.7 s;
        active RMS 0.1 (see `levels`), peak at most 1.

    Raises:
        SoundwalkError: unknown category, negative variant or a sample rate below 8000.

    >>> synthesise("dog", 0).dtype
    dtype('float32')
    """
    if category not in CATEGORIES:
        raise unknown("sound category", category, CATEGORIES)
    if variant < 0:
        raise SoundwalkError(f"variant {variant} of {category}: expected 0 or more")
    if sample_rate < 8000:
        raise SoundwalkError(f"sample rate {sample_rate} Hz: expected 8000 or more")
    seed = hashlib.blake2b(f"{category}/{variant}".encode(), digest_size=8).digest()
    rng = np.random.Generator(np.random.PCG64(int.from_bytes(seed, "little")))
    track = Track(rng, sample_rate, round(float(rng.uniform(2.0, 4.0)), 2))
    _generator(category)(track)
    window = round(0.02 * sample_rate)
    power = uniform_filter1d(np.square(track.signal), window, mode="wrap")
    body = track.hiss(120, 7000, -2) * np.sqrt(np.maximum(power, 0))  # rounding: tiny negatives
    track.add(body, gain=BODY_NOISE)
    track.signal -= track.signal.mean()
    return normalise(track.signal, sample_rate)
