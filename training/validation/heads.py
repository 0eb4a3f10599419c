"""Measured heads and a measured room: what two ears hear of them."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from ...envs.acoustics import (
    AcousticConfig,
    AcousticModel,
    AcousticPool,
    GeometricEngine,
    render_rirs,
)
from ...envs.interface import F64, SAMPLE_RATE
from ...envs.scenes import OCTAVES, Scene, shoebox
from .air import attenuation
from .check import Check, Curve, Plot, absent, data_file, rms
from .loudspeaker import loudspeaker
from .measure import (
    HEARD_OCTAVES,
    direct_to_reverberant,
    interaural,
    octave_filter,
    rt60,
)
from .sofa import Recorded, read

KEMAR = "hrtf/MIT_KEMAR_normal_pinna.sofa"
HATS = "brir/UniS_Anechoic_BRIR_16k.sofa"
ROOM_A = "brir/UniS_Room_A_BRIR_16k.sofa"
# Hummersone, thesis, University of Surrey (2011): Room A, an office of 5.72 x 6.64 x 2.31 m.
SIZE = (5.72, 6.64, 2.31)
HEAD = (2.6, 3.0, 1.2)  # not documented; near the middle, at the height of somebody seated
RIR = 0.39  # s: as long as what was recorded


def measured_heads(quick: bool = True) -> list[Check]:
    """ITD and ILD of sources in free air, heard through a SOFA file, against the file itself."""
    checks = []
    for name, file in (("KEMAR", KEMAR), ("Cortex HATS", HATS)):
        path = data_file(file)
        names = f"ITD through {name}'s SOFA file", f"ILD through {name}'s SOFA file"
        against = "the file's own responses"
        if path is None:
            where = Path(file)
            checks += [absent(names[0], against, 15.0, "us", where),
                       absent(names[1], against, 1.0, "dB", where)]  # fmt: skip
            continue
        recorded = read(path)
        chosen = recorded.horizontal()[:: 4 if quick else 1]
        if not quick and name == "KEMAR":
            chosen += list(range(0, len(recorded.azimuth), 7))
        ours, theirs = _both(recorded, path, chosen)
        late = 1e6 * np.abs([o[0] - t[0] for o, t in zip(ours, theirs, strict=True)])
        loud = np.array([o[1] - t[1] for o, t in zip(ours, theirs, strict=True)])
        apart = np.sqrt(np.mean(loud**2, axis=1))  # of each direction, over octaves
        flat = len(recorded.horizontal()[:: 4 if quick else 1])
        plots = _ear_plots(name, recorded, chosen[:flat], ours[:flat], theirs[:flat])
        note = f"{len(chosen)} directions; greatest"
        checks += [
            Check(names[0], against, float(late.max()), 15.0, "us", note, plots[:1]),
            Check(names[1], against, float(apart.max()), 1.0, "dB",
                  f"{note} rms over five octaves; in one octave {np.abs(loud).max():.2f} dB",
                  plots[1:]),
        ]  # fmt: skip
    return checks


def _both(
    recorded: Recorded, path: Path, chosen: list[int]
) -> tuple[list[tuple[float, F64]], list[tuple[float, F64]]]:
    """ITD and ILD through the engine in free air, and of the recordings."""
    config = AcousticConfig(
        receiver=f"partial:{path}", late=False, air=False, order=0, bands=7, length=0.1
    )
    engine = GeometricEngine.from_config(shoebox((8.0, 8.0, 8.0), absorption=1.0), config)
    head = np.full(3, 4.0)
    ours, theirs = [], []
    for i in chosen:
        rir = engine.rir(head + 1.5 * recorded.unit(i), head, 0.0)
        ours.append(interaural(rir, SAMPLE_RATE))
        theirs.append(interaural(recorded.responses[i], SAMPLE_RATE))
    return ours, theirs


def _ear_plots(
    name: str,
    recorded: Recorded,
    chosen: list[int],
    ours: list[tuple[float, F64]],
    theirs: list[tuple[float, F64]],
) -> tuple[Plot, Plot]:
    """ITD and ILD over azimuth."""
    angles = np.degrees(recorded.azimuth[chosen]).tolist()
    times = tuple(
        Curve(label, angles, [1e6 * t for t, _ in found], style)
        for label, found, style in (("engine", ours, "C0-"), ("recorded", theirs, "ko"))
    )
    levels = []
    for k, i in enumerate((1, 2, 4)):
        label = f"{HEARD_OCTAVES[i]:.0f} Hz"
        levels.append(Curve(label, angles, [float(v[i]) for _, v in ours], f"C{k}-"))
        levels.append(Curve("", angles, [float(v[i]) for _, v in theirs], f"C{k}o"))
    axis = "azimuth, degrees to the left"
    return (
        Plot(f"Interaural time difference, {name}", axis, "us, left leads", times),
        Plot(f"Interaural level difference, {name} (dots: recorded)", axis, "dB, left louder",
             tuple(levels)),
    )  # fmt: skip


def measured_room(quick: bool = True) -> list[Check]:
    """A real office, modelled as an empty box of its volume and reverberation time."""
    room, hats = data_file(ROOM_A), data_file(HATS)
    against = "Room A as measured (Hummersone, Surrey)"
    names = ("measured room, ITD", "measured room, RT60", "measured room, direct-to-reverberant")
    targets = ((40.0, "us rms"), (10.0, "%"), (2.0, "dB"))
    heads: dict[str, str] = {"sphere": "binaural"}
    if hats is not None:
        heads["its own head"] = f"partial:{hats}"
    checks: list[Check] = []
    for label, receiver in heads.items():
        titles = [f"{name} ({label})" for name in names]
        if room is None:
            checks += [
                absent(t, against, limit, unit, Path(ROOM_A))
                for t, (limit, unit) in zip(titles, targets, strict=True)
            ]
            continue
        checks += _room_checks(read(room), receiver, titles, quick)
    return checks


def box_of(times: F64) -> Scene:
    """A box of Room A's size whose absorption follows from reverberation times by Eyring.

    Args:
        times: (7,) seconds at OCTAVES.
    """
    x, y, z = SIZE
    volume, surface = x * y * z, 2 * (x * y + x * z + y * z)
    air = attenuation(np.array(OCTAVES), 293.15, 50.0) / (10 * np.log10(np.e))
    exponent = (24 * np.log(10) / 343.0 / times - 4 * air) * volume / surface
    return shoebox(SIZE, [float(a) for a in 1 - np.exp(-exponent)], 0.3)


def octave_times(responses: F64) -> F64:
    """(7,) reverberation time in each octave, the median over responses (N, L)."""
    found: F64 = np.array([
        np.nanmedian([rt60(octave_filter(h, SAMPLE_RATE, min(c, 5500.0)), SAMPLE_RATE)
                      for h in responses])
        for c in OCTAVES
    ])  # fmt: skip
    return found


def _room_checks(recorded: Recorded, receiver: str, titles: list[str], quick: bool) -> list[Check]:
    """ITD over azimuth, RT60 per octave, direct-to-reverberant ratio over azimuth."""
    chosen = recorded.horizontal()[:: 6 if quick else 1]
    some = recorded.responses[chosen]
    times = octave_times(some.reshape(-1, some.shape[-1]))
    config = AcousticConfig(receiver=receiver, bands=7, length=RIR)
    ways = recorded.distance * np.array([recorded.unit(i) for i in chosen])
    ours = _box_responses(box_of(times), config, ways)
    angles = np.degrees(recorded.azimuth[chosen]).tolist()
    delays = 1e6 * np.array([[_itd(h) for h in rirs] for rirs in (ours, some)])
    reverb = np.array([times, octave_times(ours.reshape(-1, ours.shape[-1]))])
    share = np.array([
        [np.mean([direct_to_reverberant(ear, SAMPLE_RATE) for ear in h]) for h in rirs]
        for rirs in (ours, some)
    ])  # fmt: skip
    off = 100 * np.abs(reverb[1, 2:6] / reverb[0, 2:6] - 1)
    ratio = share[0] - share[1]
    against = "Room A as measured (Hummersone, Surrey)"
    axis = "azimuth, degrees to the left"
    plots = (
        Plot(titles[0], axis, "us, left leads", _pair(angles, delays[0], delays[1])),
        Plot(titles[1], "octave, Hz", "s", _pair(list(OCTAVES), reverb[1], reverb[0]), logx=True),
        Plot(titles[2], axis, "dB, mean of both ears", _pair(angles, share[0], share[1])),
    )
    notes = (
        f"greatest {np.abs(delays[0] - delays[1]).max():.0f} us",
        "500 Hz to 4 kHz: " + ", ".join(f"{a:.2f} / {b:.2f} s" for a, b in reverb.T[2:6, ::-1]),
        f"means: box {share[0].mean():.1f}, measured {share[1].mean():.1f} dB",
    )
    values = rms(delays[0] - delays[1]), float(off.max()), float(abs(ratio.mean()))
    limits = ((40.0, "us rms"), (10.0, "%"), (2.0, "dB"))
    return [
        Check(t, against, v, limit, unit, note, (plot,))
        for t, v, (limit, unit), note, plot in zip(
            titles, values, limits, notes, plots, strict=True
        )
    ]


def _box_responses(scene: Scene, config: AcousticConfig, ways: F64) -> F64:
    """(n, 2, L) responses at HEAD of a loudspeaker that points at it from HEAD + ways (n, 3)."""
    pool = AcousticPool(1, config, len(ways))
    pool.put(0, AcousticModel.from_scene(scene, config))
    speaker = loudspeaker(config.sample_rate, config.bands)
    for row, way in enumerate(ways):
        pool.aim_source(row, speaker, -way)
        pool.put_source(row, 0, np.array(HEAD) + way)
    count = len(ways)
    out = np.empty((count, config.channels, config.samples), np.float32)
    heads = np.tile(HEAD, (count, 1))
    render_rirs(pool, np.zeros(count, np.int32), heads, np.zeros(count), out)
    return out.astype(np.float64)


def _itd(rir: F64) -> float:
    """Of the direct sound: 6 ms from just before the first peak of either ear."""
    loud = np.abs(rir).max(0)
    first = max(int(np.argmax(loud > 0.3 * loud.max())) - 24, 0)
    return interaural(rir[:, first : first + 96], SAMPLE_RATE)[0]


def _pair(x: list[float], ours: F64, theirs: F64) -> tuple[Curve, Curve]:
    return Curve("box", x, ours.tolist(), "C0-"), Curve("measured", x, theirs.tolist(), "ko")
