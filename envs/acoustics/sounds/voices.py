"""Throats: dog, bird, cat, baby, speech, singing, and a television that mixes several."""

from __future__ import annotations

import numpy as np

from ...interface import F64
from .blocks import VOWELS, decay, glide, morph, partials, resonate, rolloff, samples, swell
from .track import Track, noise


def dog(track: Track) -> None:
    """Barks in pairs: a falling rough voice through an open mouth."""
    pitch = track.draw(330, 420)
    for beat in track.beats(1.3):
        for index in range(2):
            length = track.draw(0.16, 0.2)
            voice = partials(glide([pitch, 1.35 * pitch, 0.7 * pitch], length, track.rate),
                             track.rate, rolloff(20, 0.5))  # fmt: skip
            voice += 1.5 * noise(track.rng, voice.size, track.rate, 400, 4000)
            bark = resonate(voice, track.rate, [850, 1500, 3000], 3.0)
            track.add(bark * decay(length, track.rate, 0.07, 0.012), beat + 0.32 * index)


def bird(track: Track) -> None:
    """A song of chirps that sweep between 3 and 6 kHz."""
    centre = track.draw(3600, 4300)
    for beat in track.beats(track.draw(5, 6.5), jitter=0.4):
        length, bend = track.draw(0.06, 0.14), track.draw(0.75, 1.3)
        sweep = glide([centre * bend, centre, centre * 1.25 / bend], length, track.rate)
        chirp = partials(sweep, track.rate, [1, 0.15]) * swell(length, track.rate, 0.015, 0.03)
        track.add(chirp, beat)
        wings = noise(track.rng, chirp.size, track.rate, 300, 3000)
        track.add(wings * swell(length, track.rate, 0.01, 0.03), beat, 0.04)


def cat(track: Track) -> None:
    """Meows: a voice that rises and falls while the mouth opens and closes."""
    pitch = track.draw(520, 620)
    for beat in track.beats(1.0, jitter=0.1):
        length = track.draw(0.7, 0.85)
        contour = glide([pitch, 1.4 * pitch, 1.3 * pitch, 0.85 * pitch], length, track.rate)
        voice = partials(contour, track.rate, rolloff(14, 0.6))
        voice += 0.2 * noise(track.rng, voice.size, track.rate, 1000, 6000)
        mouth = morph(voice, track.rate, "iau", 1.5)
        track.add(mouth * swell(length, track.rate, 0.08, 0.25), beat)


def baby_cry(track: Track) -> None:
    """Cries of most of a second with a short gasp between them."""
    pitch = track.draw(410, 470)
    period = track.seconds / max(1, round(0.95 * track.seconds))
    for beat in track.beats(0.95):
        length = 0.8 * period
        contour = glide([pitch, 1.25 * pitch, 1.2 * pitch, 1.1 * pitch, 0.9 * pitch], length,
                        track.rate)  # fmt: skip
        contour *= 1 + 0.02 * np.sin(2 * np.pi * track.draw(9, 12) * samples(length, track.rate))
        voice = partials(contour, track.rate, rolloff(18, 0.3))
        wail = resonate(voice, track.rate, [1100, 2900, 4200], 3.0)
        track.add(wail * swell(length, track.rate, 0.06, 0.12), beat)
        gasp = noise(track.rng, round(0.12 * track.rate), track.rate, 1200, 5000)
        track.add(gasp * swell(0.12, track.rate, 0.05, 0.05), beat + 0.85 * period, 0.15)


def _syllable(track: Track, pitch: float, length: float, size: float) -> F64:
    """One syllable (n,): maybe a hissed consonant, then a voiced glide between two vowels."""
    vowels = list(track.rng.choice(list(VOWELS), 2))
    contour = pitch * glide([1.05, track.draw(0.95, 1.2), 0.92], length, track.rate)
    voice = partials(contour, track.rate, rolloff(40, 1.0))
    voice += 0.05 * noise(track.rng, voice.size, track.rate, 500, 6000)
    said = morph(voice, track.rate, vowels, size) * swell(length, track.rate, 0.03, 0.06)
    if track.rng.random() < 0.5:
        hiss = noise(track.rng, round(0.07 * track.rate), track.rate, 2500, 7000)
        hiss *= 0.35 * float(np.std(said)) * swell(0.07, track.rate, 0.02, 0.02)
        said[: hiss.size] += hiss
    return said


def speech(track: Track) -> None:
    """A voice that speaks: four or five syllables a second, vowels and hissed consonants."""
    pitch, size = track.draw(110, 190), track.draw(1.0, 1.12)
    for beat in track.beats(track.draw(4, 5), jitter=0.3):
        loud = track.draw(0.5, 1.0)
        track.add(_syllable(track, pitch * track.draw(0.9, 1.15), 0.2, size), beat, loud)


def singing(track: Track) -> None:
    """Held vowels with vibrato on the notes of a scale."""
    root, speed = track.draw(270, 330), track.draw(5.0, 6.0)
    step = track.seconds / max(1, round(1.6 * track.seconds))
    for beat in track.beats(1.6):
        note = root * 2 ** (int(track.rng.choice([0, 2, 4, 5, 7])) / 12)
        length = 1.05 * step
        time = samples(length, track.rate)
        pitch = note * (1 + 0.018 * np.sin(2 * np.pi * speed * time))
        voice = partials(pitch, track.rate, rolloff(24, 0.9))
        vowel = str(track.rng.choice(["a", "o", "a"]))
        sung = resonate(voice, track.rate, [1.1 * f for f in VOWELS[vowel]] + [2900.0], 8.0)
        track.add(sung * swell(length, track.rate, 0.08, 0.1), beat)


def television(track: Track) -> None:
    """Small loudspeaker: two voices that talk at once over music and a laughing audience."""
    for pitch in (track.draw(105, 130), track.draw(190, 230)):
        for beat in track.beats(4.2, jitter=0.5):
            track.add(_syllable(track, pitch, 0.22, 1.05), beat, track.draw(0.4, 0.9))
    level = float(np.std(track.signal))
    chord = track.draw(210, 240)
    for ratio in (1.0, 1.26, 1.5):
        track.add(track.hum(chord * ratio, rolloff(6, 1.0)), gain=0.35 * level)
    track.add(track.hiss(900, 5000) * track.swing(4, 0.3), gain=0.8 * level)
