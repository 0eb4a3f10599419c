"""Small things that strike: clock, dripping tap, footsteps, knocking, typewriter."""

from __future__ import annotations

import numpy as np

from .blocks import decay, glide, modes, partials
from .track import Track, noise


def clock(track: Track) -> None:
    """Tick and tock: two bright clicks in a wooden case."""
    case, click = track.draw(380, 460), track.draw(2600, 3200)
    for index, beat in enumerate(track.beats(4)):
        pitch = click * (1.0 if index % 2 else 0.86)
        tick = modes([pitch, 1.7 * pitch, case], [0.03, 0.015, 0.08], 0.24, track.rate)
        spring = noise(track.rng, round(0.06 * track.rate), track.rate, 1000, 7500)
        track.add(tick, beat)
        track.add(spring * decay(0.06, track.rate, 0.02), beat, 0.35)
    track.add(track.hiss(200, 3000), gain=0.012)


def dripping_tap(track: Track) -> None:
    """Drops: a bubble whose pitch rises as it closes (Minnaert), and its splash."""
    for beat in track.beats(3.2, jitter=0.5):
        low = track.draw(750, 950)
        bubble = partials(glide([low, 1.7 * low], 0.12, track.rate), track.rate, [1, 0.15])
        track.add(bubble * decay(0.12, track.rate, 0.035), beat)
        splash = noise(track.rng, round(0.05 * track.rate), track.rate, 1500, 7000)
        track.add(splash * decay(0.05, track.rate, 0.008), beat, 0.25)
    track.add(track.hiss(800, 5000), gain=0.01)


def footsteps(track: Track) -> None:
    """Heel and sole on a floor, some two steps a second."""
    floor = track.draw(75, 100)
    for beat in track.beats(track.draw(2.2, 2.6), jitter=0.06):
        for delay, gain in ((0.0, 1.0), (track.draw(0.07, 0.09), 0.5)):
            thud = modes([floor, 2.3 * floor, 4.1 * floor], [0.05, 0.035, 0.02], 0.25, track.rate)
            scuff = noise(track.rng, round(0.12 * track.rate), track.rate, 300, 2500, -3)
            track.add(thud, beat + delay, gain)
            track.add(scuff * decay(0.12, track.rate, 0.03, 0.004), beat + delay, 0.35 * gain)


def knocking(track: Track) -> None:
    """Knuckles on a door: three knocks and a breath."""
    panel = track.draw(190, 235)
    for group in track.beats(1.1):
        for index in range(3):
            knock = modes([panel, 1.6 * panel, 2.9 * panel, 5.2 * panel],
                          [0.05, 0.04, 0.025, 0.012], 0.3, track.rate)  # fmt: skip
            contact = noise(track.rng, round(0.02 * track.rate), track.rate, 800, 5000)
            track.add(knock, group + 0.21 * index, track.draw(0.8, 1.0))
            track.add(contact * decay(0.02, track.rate, 0.004), group + 0.21 * index, 0.5)


def typewriter(track: Track) -> None:
    """Keys in quick uneven strokes and the type bars that hit paper."""
    plate = track.draw(1500, 1800)
    for beat in track.beats(track.draw(7, 8.5), jitter=0.7):
        stroke = noise(track.rng, round(0.06 * track.rate), track.rate, 1200, 7500)
        stroke = 0.6 * np.tanh(stroke) * decay(0.06, track.rate, 0.025)
        bar = modes([plate, 2.2 * plate, 3.7 * plate], [0.03, 0.02, 0.015], 0.12, track.rate)
        loud = track.draw(0.75, 1.0)
        track.add(stroke, beat, loud)
        track.add(bar, beat + 0.004, 0.4 * loud)
        track.add(modes([240], [0.02], 0.1, track.rate), beat, 0.3 * loud)
