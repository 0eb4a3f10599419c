"""Things made to be heard: telephone, clock, doorbell, smoke alarm, siren, kettle, microwave."""

from __future__ import annotations

import numpy as np

from .blocks import decay, glide, modes, partials, rolloff, samples, swell
from .track import Track, noise


def telephone(track: Track) -> None:
    """Two bells struck in turn at 20 Hz, in bursts."""
    bells = track.draw(1050, 1250), track.draw(1350, 1550)
    rates, taus = (1, 2.74, 5.1), (0.12, 0.06, 0.03)
    strike = [modes([bell * r for r in rates], taus, 0.3, track.rate) for bell in bells]
    clapper = noise(track.rng, round(0.01 * track.rate), track.rate, 300, 7000)
    for ring in track.beats(0.8):
        for hit in range(14):
            track.add(strike[hit % 2], ring + hit * 0.05)
            track.add(clapper, ring + hit * 0.05, 0.3)


def alarm_clock(track: Track) -> None:
    """Four short square-wave beeps, again and again."""
    pitch, beep = track.draw(1850, 2150), track.draw(0.05, 0.07)
    time = samples(beep, track.rate)
    tone = partials(np.full(time.size, pitch), track.rate, [1, 0, 0.5, 0, 0.3])
    tone += 0.3 * partials(np.full(time.size, pitch / 4), track.rate, [1, 0.4])
    tone *= swell(beep, track.rate, 0.003, 0.005)
    for group in track.beats(1.4):
        for index in range(4):
            track.add(tone, group + index * (beep + 0.05))


def doorbell(track: Track) -> None:
    """Ding-dong: two struck bars, a major third apart."""
    high = track.draw(620, 700)
    for pair in track.beats(0.72):
        for index, pitch in enumerate((high, high / 1.26)):
            bar = modes([pitch, 2.76 * pitch, 5.4 * pitch, 2 * pitch], [0.45, 0.18, 0.08, 0.3],
                        1.2, track.rate)  # fmt: skip
            track.add(bar, pair + 0.45 * index)
            hammer = noise(track.rng, round(0.02 * track.rate), track.rate, 300, 6000)
            track.add(hammer * decay(0.02, track.rate, 0.004), pair + 0.45 * index, 0.6)


def smoke_alarm(track: Track) -> None:
    """Piercing bursts near 3.1 kHz, twice a second, from a rattling plastic shell."""
    pitch, length = track.draw(3000, 3250), track.draw(0.3, 0.36)
    tone = partials(np.full(samples(length, track.rate).size, pitch), track.rate, [1, 0.5])
    tone += noise(track.rng, tone.size, track.rate, 250, 1800, -2) * 0.05
    tone *= swell(length, track.rate, 0.005, 0.01)
    for start in track.beats(1.9):
        track.add(tone, start)


def siren(track: Track) -> None:
    """A horn that wails up and down."""
    bottom, top = track.draw(480, 560), track.draw(1150, 1350)
    for start in track.beats(0.6):
        length = track.seconds / max(1, round(0.6 * track.seconds))
        sweep = glide([bottom, 0.9 * top, top, 0.8 * top, bottom], length, track.rate)
        wail = partials(sweep, track.rate, rolloff(10, 0.9))
        track.add(wail * swell(length, track.rate, 0.05, 0.05), start)


def kettle(track: Track) -> None:
    """Boiling water under a whistle that wavers."""
    pitch = track.draw(2350, 2650)
    wobble = pitch * (1 + 0.006 * (track.swing(5) - 0.5))
    wobble *= track.fit(float(wobble.mean())) / float(wobble.mean())
    track.add(partials(wobble, track.rate, [1, 0.35, 0.1]) * track.swing(7, 0.7))
    track.add(track.hiss(2000, 5000) * track.swing(3, 0.5), gain=0.25)
    track.add(track.hiss(150, 700) * track.swing(11, 0.3), gain=0.4)


def microwave(track: Track) -> None:
    """Mains hum and a fan; a bell-like beep now and then."""
    mains = 50 if track.rng.random() < 0.5 else 60
    track.add(track.hum(2 * mains, [1, 0.9, 0.5, 0.5, 0.3, 0.3, 0.2, 0.2]))
    track.add(track.hiss(200, 1500, -4), gain=0.5)
    beep = partials(np.full(samples(0.22, track.rate).size, track.draw(980, 1040)), track.rate,
                    [1, 0, 0.35, 0, 0.15])  # fmt: skip
    for start in track.beats(0.7):
        track.add(beep * swell(0.22, track.rate, 0.004, 0.02), start, 1.6)
