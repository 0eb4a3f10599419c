"""Whether the direction of a sound can be found from what is heard, by other people's methods."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np
from scipy.optimize import brentq
from scipy.signal import fftconvolve

from ...envs.acoustics import AcousticConfig, GeometricEngine
from ...envs.acoustics.receivers import Array, Sphere
from ...envs.interface import F64, SAMPLE_RATE, wrap_angle
from ...envs.scenes import Scene, generate
from .check import Check, Curve, Plot
from .homes import standing_points
from .measure import rt60

SQUARE = tuple((x, y, 0.0) for x, y in ((0.05, 0.05), (0.05, -0.05), (-0.05, -0.05), (-0.05, 0.05)))
REVERBERATION = (0.36, 0.44)  # s; the promises are for some 0.4 s, and harder to keep above
_MOST = Sphere().radius / 343.0 * (np.pi / 2 + 1)  # s, Woodworth's delay of sound from the side

Place = tuple[F64, F64, float]


def _homes(count: int, places: int) -> Iterator[tuple[Scene, int, list[Place]]]:
    """Generated homes with a largest room that reverberates for some 0.4 s, seeds, and places."""
    found, seed = 0, 200
    while found < count:
        scene = generate(seed, rooms=3)
        chosen = list(_visible(scene, seed, places))
        engine = GeometricEngine(scene, receiver="mono")
        times = [rt60(engine.rir(source, head)[0], SAMPLE_RATE) for head, source, _ in chosen]
        if REVERBERATION[0] <= np.median(times) <= REVERBERATION[1]:
            found += 1
            yield scene, seed, chosen
        seed += 1


def _visible(scene: Scene, seed: int, count: int) -> Iterator[Place]:
    """Listener, source at its height, 1 to 4 m away with nothing between them, and a heading."""
    rng = np.random.default_rng(seed)
    boxes = [b for piece in scene.plan.furniture for b in piece.parts or (piece.box,)]
    largest = max(range(len(scene.plan.rooms)), key=lambda room: scene.plan.rooms[room].area)
    found = 0
    while found < count:
        a, b = standing_points(scene, largest, 2, rng)
        b[2] = a[2]
        if 1.0 < np.linalg.norm(a - b) < 4.0 and not _blocked(a, b, boxes):
            found += 1
            yield a, b, float(rng.uniform(-np.pi, np.pi))


def _blocked(a: F64, b: F64, boxes: Sequence[tuple[float, ...]]) -> bool:
    """Whether a box stands between two points: 100 points along the way."""
    way = a + np.linspace(0, 1, 100)[:, None] * (b - a)
    solid = np.array(boxes).reshape(-1, 1, 6)
    return bool(((way > solid[..., :3]) & (way < solid[..., 3:])).all(-1).any())


def direction(quick: bool = True) -> list[Check]:
    """SRP-PHAT with four microphones, GCC-PHAT with two ears, in generated rooms.

    A source 2 m away is some 7 dB fainter than what the room adds, and at times it is a wall's
    reflection that is found, in pyroomacoustics' responses of a box as well: hence medians.
    """
    array = AcousticConfig(receiver=Array(SQUARE))
    ears = AcousticConfig(receiver="binaural")
    off: list[float] = []
    aside: list[tuple[float, float]] = []
    times = []
    for scene, seed, places in _homes(4 if quick else 12, 6 if quick else 12):
        engines = [GeometricEngine.from_config(scene, config) for config in (array, ears)]
        noise = np.random.default_rng(seed).standard_normal(SAMPLE_RATE)
        for head, source, heading in places:
            way = source - head
            truth = wrap_angle(float(np.arctan2(way[1], way[0])) - heading)
            four, two = (
                fftconvolve(e.rir(source, head, heading).astype(np.float64), noise[None], axes=1)
                for e in engines
            )
            off.append(abs(np.degrees(wrap_angle(_srp(four[:, : len(noise)]) - truth))))
            aside.append((np.degrees(np.arcsin(np.sin(truth))), np.degrees(_lateral(two))))
            times.append(rt60(engines[0].rir(source, head)[0], SAMPLE_RATE))
    lateral = np.array(aside).T
    note = f"{len(off)} visible sources, 1 to 4 m; RT60 {np.nanmedian(times):.2f} s"
    plot = Plot(
        "Lateral angle by GCC-PHAT on two ears", "true, degrees", "found, degrees",
        (Curve("sources", lateral[0].tolist(), lateral[1].tolist(), "o"),
         Curve("", (-90.0, 90.0), (-90.0, 90.0), "k:")),
    )  # fmt: skip
    middle, most = np.quantile(np.abs(lateral[0] - lateral[1]), (0.5, 0.75)).tolist()
    return [
        Check("direction, four microphones", "SRP-PHAT of pyroomacoustics, median error",
              float(np.median(off)), 5.0, "degrees", note),
        Check("direction, two ears", "GCC-PHAT and Woodworth, median lateral error", middle, 7.0,
              "degrees", f"{note}; a quarter are off by more than {most:.0f} degrees", (plot,)),
    ]  # fmt: skip


def _srp(signals: F64) -> float:
    """Azimuth that SRP-PHAT finds for the SQUARE, radians to the left of ahead."""
    import pyroomacoustics as pra

    size = 512
    places = np.array(SQUARE).T[:2]
    finder = pra.doa.SRP(places, SAMPLE_RATE, size, c=343.0, num_src=1, n_grid=360)
    frames = np.array([
        np.fft.rfft(np.lib.stride_tricks.sliding_window_view(row, size)[:: size // 2]
                    * np.hanning(size), axis=1).T
        for row in signals
    ])  # fmt: skip
    finder.locate_sources(frames, freq_range=[500.0, 4000.0])
    return float(wrap_angle(float(finder.azimuth_recon[0])))


def _lateral(signals: F64) -> float:
    """Lateral angle from the peak of GCC-PHAT and Woodworth's formula, radians.

    All frequencies vote alike, as Knapp and Carter (1976) have it, for the delays that a head has.
    """
    size = 1 << (2 * signals.shape[1]).bit_length()
    left, right = np.fft.rfft(signals, size, axis=1)
    cross = right * np.conj(left)
    cross /= np.maximum(np.abs(cross), 1e-12)
    fine = 8
    correlation = np.fft.irfft(cross, size * fine)
    reach = round(_MOST * SAMPLE_RATE * fine)
    lags = np.arange(-reach, reach + 1)
    lead = lags[np.argmax(correlation[lags])] / (SAMPLE_RATE * fine)
    share = float(np.clip(lead / _MOST, -1, 1)) * (np.pi / 2 + 1)
    return float(brentq(lambda a: a + np.sin(a) - share, -np.pi / 2, np.pi / 2))
