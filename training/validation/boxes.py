"""One box: images and reverberation against pyroomacoustics and closed forms."""

from __future__ import annotations

import itertools
from collections.abc import Iterator

import numpy as np

from ...envs.acoustics import AcousticConfig, GeometricEngine, PyroomEngine
from ...envs.acoustics.pyroom_room import Images
from ...envs.interface import F64
from ...envs.scenes import OCTAVES, Scene, shoebox
from . import sphere
from .check import Check, Curve, Plot, rms
from .measure import HEARD_OCTAVES, decay_curve, delay_between, octave_energies, rt60

RATE = 16_000
Point = tuple[float, float, float]

# West, east, south, north, floor, ceiling: every face another spectrum.
MIXED = ("wall_white", "curtain", "glass", "wall_panels", "floor_carpet", "ceiling")
SIZES = ((6.0, 5.0, 2.7), (4.2, 3.1, 2.5), (8.0, 3.5, 3.0))


def points(
    size: tuple[float, float, float], count: int, seed: int
) -> Iterator[tuple[Point, Point]]:
    """Random pairs of points at least 1 m apart and 0.3 m from the walls."""
    rng = np.random.default_rng(seed)
    low, high = np.full(3, 0.3), np.array(size) - 0.3
    found = 0
    while found < count:
        a, b = rng.uniform(low, high), rng.uniform(low, high)
        if np.linalg.norm(a - b) > 1.0:
            found += 1
            yield (float(a[0]), float(a[1]), float(a[2])), (float(b[0]), float(b[1]), float(b[2]))


def _boxes(quick: bool) -> Iterator[tuple[str, Scene, int, Point, Point]]:
    """Cases for images: label, scene, order, and two points."""
    for order in (3,) if quick else (3, 4, 5, 6):
        for material, number in itertools.product(("flat", "mixed"), range(1 if quick else 2)):
            size = SIZES[number]
            scene = shoebox(size, 0.2) if material == "flat" else shoebox(size, materials=MIXED)
            for a, b in points(size, 2 if quick else 4, seed=order):
                yield f"{material}, order {order}", scene, order, a, b


def _errors(ours: F64, theirs: F64) -> F64:
    """DB between energies."""
    difference: F64 = 10 * np.log10(ours / theirs)
    return difference


def images(quick: bool = True) -> list[Check]:
    """Images at a microphone and at a rigid sphere, against pyroomacoustics' images."""
    mono: dict[str, list[F64]] = {}
    ears: dict[str, list[F64]] = {}
    late = []
    for label, scene, order, a, b in _boxes(quick):
        settings = {"order": order, "late": False, "bands": 7, "length": 0.3, "scattering": False}
        config = AcousticConfig(receiver="mono", **settings)  # type: ignore[arg-type]
        reference = PyroomEngine.from_config(scene, config)
        ours = GeometricEngine.from_config(scene, config).rir(a, b)
        theirs = reference.microphone(a, b)
        found = octave_energies(ours[0], RATE), octave_energies(theirs, RATE)
        mono.setdefault(label, []).append(_errors(*found))
        late.append(abs(delay_between(theirs, ours[0], RATE)) * RATE)
        binaural = AcousticConfig(receiver="binaural", **settings)  # type: ignore[arg-type]
        heading = float(np.arctan2(b[1], a[0]))
        two = GeometricEngine.from_config(scene, binaural).rir(a, b, heading)
        expected = _ears(reference.images(a, b), np.array(b), heading, binaural)
        ears.setdefault(label, []).append(_errors(octave_energies(two, RATE), expected))
        late.append(_latest(scene, config, reference.images(a, b), a, b))
    notes = {
        name: ", ".join(f"{label} {rms(values):.2f}" for label, values in table.items())
        for name, table in (("mono", mono), ("ears", ears))
    }
    against = "pyroomacoustics' images"
    plots = (_octave_plot("Images at a microphone", mono), _octave_plot("Images at a sphere", ears))
    return [
        Check("images, one microphone", against + ", filters and rendering",
              rms(np.concatenate([np.ravel(v) for v in mono.values()])), 0.3, "dB rms",
              notes["mono"], plots[:1]),
        Check("images, two ears", against + ", Rayleigh's series for the sphere",
              rms(np.concatenate([np.ravel(v) for v in ears.values()])), 0.3, "dB rms",
              notes["ears"], plots[1:]),
        Check("images, arrival times", against, max(late), 1.0, "samples", f"{len(late)} cases"),
    ]  # fmt: skip


def _latest(scene: Scene, config: AcousticConfig, images: Images, a: Point, b: Point) -> float:
    """Samples by which the times of arrivals differ at most, of all images in order."""
    from ...envs.acoustics import AcousticModel, AcousticPool, render_rirs

    pool = AcousticPool(1, config)
    pool.put(0, AcousticModel.from_scene(scene, config))
    pool.put_source(0, 0, a)
    pool.work.lengths[:] = 0.0
    out = np.empty((1, config.channels, config.samples), np.float32)
    render_rirs(pool, np.zeros(1, np.int32), np.array([b]), np.zeros(1), out)
    ours = np.sort(pool.work.lengths[pool.work.lengths > 0])
    theirs = np.sort(np.linalg.norm(images.places - b, axis=1))
    if len(ours) != len(theirs):
        return float("inf")
    return float(np.abs(ours - theirs).max() / config.speed * RATE)


def _ears(images: Images, head: F64, heading: float, config: AcousticConfig) -> F64:
    """(2, 5) octave energies at the ears of a sphere that hears these images."""
    from ...envs.acoustics.medium import air_attenuation

    size = 16_384
    frequencies: F64 = np.asarray(np.fft.rfftfreq(size, 1 / RATE)[1:5_900], np.float64)
    octave = np.clip(np.round(np.log2(frequencies / OCTAVES[0])), 0, 6).astype(int)
    air = air_attenuation(np.array(OCTAVES), config.temperature, config.humidity)
    way = images.places - head
    lengths = np.linalg.norm(way, axis=1)
    gains = images.gains * np.exp(-0.5 * air * lengths[:, None]) / lengths[:, None]
    table = sphere.response(frequencies, config.head_radius, config.speed)
    energies = []
    for side in (1, -1):
        ear = side * np.array([-np.sin(heading), np.cos(heading), 0.0])
        spectrum = sphere.heard(
            frequencies, table, way @ ear / lengths, lengths, gains[:, octave], config.speed
        )
        power = np.abs(spectrum) ** 2
        energies.append([
            power[(frequencies >= c / np.sqrt(2)) & (frequencies < c * np.sqrt(2))].sum()
            for c in HEARD_OCTAVES
        ])  # fmt: skip
    return 2.0 / size * np.array(energies)


def _octave_plot(title: str, table: dict[str, list[F64]]) -> Plot:
    """Rms error in each octave, one line per case."""
    curves = tuple(
        Curve(label, HEARD_OCTAVES, np.sqrt(np.mean(np.square(
            np.reshape(values, (-1, len(HEARD_OCTAVES)))), axis=0)).tolist(), "o-")
        for label, values in table.items()
    )  # fmt: skip
    return Plot(title, "octave, Hz", "error, dB rms", curves, logx=True)


def eyring(size: tuple[float, float, float], absorption: float, speed: float) -> float:
    """Eyring's reverberation time of a box of one material, seconds."""
    x, y, z = size
    surface = 2 * (x * y + x * z + y * z)
    return float(24 * np.log(10) * x * y * z / (-speed * surface * np.log(1 - absorption)))


def reverberation(quick: bool = True) -> list[Check]:
    """Reverberation times of boxes against Eyring and against rays."""
    off, apart, notes, curves = [], [], [], []
    for size, alpha in itertools.product(SIZES[: 1 if quick else 3], (0.1, 0.2, 0.4)):
        theory = eyring(size, alpha, 343.0)
        length = min(max(1.1 * theory, 0.3), 2.5)
        config = AcousticConfig(receiver="mono", air=False, length=length)
        scene = shoebox(size, alpha, 0.5)
        engine = GeometricEngine.from_config(scene, config)
        pairs = list(points(size, 3 if quick else 8, seed=3))
        ours = np.nanmean([rt60(engine.rir(a, b)[0], RATE) for a, b in pairs])
        rays = PyroomEngine.from_config(scene, config, rays=4000 if quick else 20_000)
        theirs = np.mean([_their_rt60(rays, a, b) for a, b in pairs[: 2 if quick else 4]])
        off.append(100 * abs(ours / theory - 1))
        apart.append(100 * abs(ours / theirs - 1))
        notes.append(f"{theory:.2f} s: ours {ours:.2f}, rays {theirs:.2f}")
        if size == SIZES[0] and alpha == 0.2:
            curves = _decays(engine, rays, pairs[0], theory)
    return [
        Check("RT60 of boxes", "Eyring", float(max(off)), 5.0, "%", "; ".join(notes),
              tuple(curves)),
        Check("RT60 of boxes, rough walls", "pyroomacoustics' measure_rt60 on its rays",
              float(max(apart)), 10.0, "%"),
    ]  # fmt: skip


def _their_rt60(engine: PyroomEngine, a: Point, b: Point) -> float:
    """Pyroomacoustics' measure on pyroomacoustics' microphone."""
    from pyroomacoustics.experimental import measure_rt60

    return float(measure_rt60(engine.microphone(a, b), fs=RATE, decay_db=20))


def _decays(
    ours: GeometricEngine, theirs: PyroomEngine, pair: tuple[Point, Point], theory: float
) -> list[Plot]:
    """Energy decay curves of one box."""
    curves = []
    for label, rir in (("ours", ours.rir(*pair)[0]), ("rays", theirs.microphone(*pair))):
        curve = decay_curve(rir)
        keep = curve > -45
        times = np.flatnonzero(keep) / RATE
        curves.append(Curve(label, times.tolist(), curve[keep].tolist()))
    end = 0.75 * theory
    curves.append(Curve("Eyring", (0.0, end), (0.0, -60 * end / theory), "k:"))
    title = "Energy decay, box of 6 x 5 x 2.7 m, absorption 0.2"
    return [Plot(title, "s", "dB", tuple(curves))]
