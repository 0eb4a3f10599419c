"""Machines that run: vacuum cleaner, washing machine, engine, blender, fan, hair dryer."""

from __future__ import annotations

import numpy as np

from .blocks import rolloff
from .track import Track


def vacuum_cleaner(track: Track) -> None:
    """Broad rushing air with the whine of the motor on top."""
    track.add(track.hiss(250, 3500, -1.5))
    track.add(track.hum(track.draw(520, 620), [0.5, 0.35, 0.3, 0.12, 0.1, 0.06]), gain=0.9)


def washing_machine(track: Track) -> None:
    """A drum that rumbles and water that sloshes with each turn."""
    turn = track.draw(0.9, 1.2)
    track.add(track.hiss(35, 160, -3) * track.swing(2 * turn, 0.4), gain=1.2)
    track.add(track.hiss(500, 2500, -3) * track.swing(turn, 0.03, 3), gain=0.7)
    track.add(track.hum(track.draw(48, 52), rolloff(6, 0.8)), gain=0.5)


def engine(track: Track) -> None:
    """An idling motor: sharp pulses, one per firing, never quite equal."""
    firing = track.draw(22, 30)
    pulses = np.sign(track.hum(firing, [1])) + track.hum(firing, rolloff(40, 0.7))
    track.add(pulses * track.swing(firing / 4, 0.6))
    track.add(track.hiss(60, 350, -3) * track.swing(firing, 0.1, 2), gain=1.2)
    track.add(track.hiss(1500, 5000) * track.swing(firing, 0.0, 6), gain=0.5)


def blender(track: Track) -> None:
    """A screaming motor and chunks that hit the blades."""
    spin = track.draw(215, 255)
    track.add(track.hum(spin, rolloff(30, 0.35)) * track.swing(track.draw(5, 7), 0.6))
    grit = np.minimum(np.abs(track.hiss(8, 30)), 2) ** 2
    track.add(track.hiss(900, 6000) * grit, gain=0.6)


def fan(track: Track) -> None:
    """Low air noise that beats with the blades."""
    blades = track.draw(17, 23)
    track.add(track.hiss(60, 450, -5) * track.swing(blades, 0.45))
    track.add(track.hum(track.draw(115, 125), [0.5, 0.2, 0.15, 0.1]))
    track.add(track.hiss(700, 3000, -6), gain=0.12)


def hair_dryer(track: Track) -> None:
    """Bright air noise with a thin high whine."""
    track.add(track.hiss(1800, 7000, 1.5))
    track.add(track.hum(track.draw(1350, 1500), [0.35, 0.5, 0.15]))
    track.add(track.hiss(150, 500), gain=0.15)
