"""Played notes: piano, guitar, music box."""

from __future__ import annotations

import numpy as np

from ...interface import F64
from .blocks import decay, modes
from .track import Track, noise

_MAJOR = (0, 2, 4, 7, 9, 12)  # semitones of a pentatonic scale: any order sounds like a tune


def _note(track: Track, root: float) -> float:
    """A random note of the scale above `root` hertz."""
    return root * float(2 ** (int(track.rng.choice(_MAJOR)) / 12))


def _string(track: Track, pitch: float, stiffness: float, ring: float, bright: float) -> F64:
    """A struck or plucked string (n,): stretched partials, the higher the shorter."""
    orders = np.arange(1, 17)
    stretch = pitch * orders * np.sqrt(1 + stiffness * orders**2)  # Fletcher 1964
    tone = np.zeros(round(1.2 * track.rate))
    for order, frequency in zip(orders, stretch, strict=True):
        tone += modes([float(frequency)], [ring / order**0.7], 1.2, track.rate) / order**bright
    return tone


def piano(track: Track) -> None:
    """Single notes and octaves, hammered."""
    root = track.draw(240, 285)
    for beat in track.beats(3.0):
        pitch = _note(track, root)
        tone = _string(track, pitch, 4e-4, 0.5, 1.3) + 0.7 * _string(track, pitch / 2, 4e-4, 0.6, 1)
        hammer = noise(track.rng, round(0.03 * track.rate), track.rate, 150, 3000, -3)
        track.add(tone, beat, track.draw(0.6, 1.0))
        track.add(hammer * decay(0.03, track.rate, 0.008), beat, 0.3)


def guitar(track: Track) -> None:
    """Strummed chords: plucked bright strings one after the other."""
    root = track.draw(105, 125)
    for beat in track.beats(1.8):
        shift = 2 ** (int(track.rng.choice([0, 5, 7])) / 12)
        for index, semitone in enumerate((0, 7, 12, 16, 19)):
            string = _string(track, root * shift * 2 ** (semitone / 12), 2e-5, 0.35, 0.45)
            track.add(string, beat + 0.018 * index, 0.5)
            pick = noise(track.rng, round(0.01 * track.rate), track.rate, 2000, 7000)
            track.add(pick * decay(0.01, track.rate, 0.003), beat + 0.018 * index, 0.3)


def music_box(track: Track) -> None:
    """Plucked steel tongues, high and pure, with the crank's clatter."""
    root = track.draw(1150, 1300)
    for beat in track.beats(4.0):
        pitch = _note(track, root)
        tongue = modes([pitch, 2 * pitch, 6.27 * pitch / 2], [0.35, 0.2, 0.05], 0.9, track.rate)
        track.add(tongue, beat, track.draw(0.6, 1.0))
        clatter = noise(track.rng, round(0.02 * track.rate), track.rate, 300, 5000)
        track.add(clatter * decay(0.02, track.rate, 0.008), beat, 0.5)
