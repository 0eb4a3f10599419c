"""Curves that belong in a report on rooms though no number is promised for them."""

from __future__ import annotations

import dataclasses

import numpy as np

from ...envs.acoustics import AcousticConfig, GeometricEngine, PyroomEngine
from ...envs.interface import F64, SAMPLE_RATE
from ...envs.scenes import OCTAVES, shoebox
from .boxes import MIXED, SIZES, eyring, points
from .check import Curve, Plot
from .measure import octave_filter, rt60


def reverberation_per_octave(quick: bool = True) -> Plot:
    """RT60 in each octave of a box of six materials: ours, rays, Eyring."""
    size = SIZES[0]
    scene = shoebox(size, materials=MIXED)
    rough = tuple(dataclasses.replace(s, scattering=(0.5,) * 7) for s in scene.surfaces)
    scene = dataclasses.replace(scene, surfaces=rough)
    config = AcousticConfig(receiver="mono", bands=7, length=1.5, air=False)
    pairs = list(points(size, 2 if quick else 8, seed=9))
    ours = GeometricEngine.from_config(scene, config)
    rays = PyroomEngine.from_config(scene, config, rays=4000 if quick else 20_000)
    found = [
        [
            float(np.nanmean([rt60(octave_filter(h, SAMPLE_RATE, min(c, 5500.0)), SAMPLE_RATE)
                              for h in rirs]))
            for c in OCTAVES
        ]
        for rirs in ([ours.rir(*p)[0] for p in pairs], [rays.microphone(*p) for p in pairs])
    ]  # fmt: skip
    x, y, z = size
    areas = np.array([y * z, y * z, x * z, x * z, x * y, x * y])
    room = scene.plan.rooms[0]
    alpha = np.array([scene.surfaces[s].absorption for s in room.surfaces])
    mean = areas @ alpha / areas.sum()
    theory = [eyring(size, float(a), config.speed) for a in mean]
    return Plot(
        "Reverberation time of a box of six materials", "octave, Hz", "RT60, s",
        (Curve("ours", OCTAVES, found[0], "o-"), Curve("rays", OCTAVES, found[1], "s-"),
         Curve("Eyring", OCTAVES, theory, "k:")),
        logx=True,
    )  # fmt: skip


def direct_over_distance(quick: bool = True) -> Plot:
    """Direct-to-reverberant ratio along a line through a box, and what statistics say."""
    size, alpha = (9.0, 5.0, 2.7), 0.2
    config = AcousticConfig(receiver="mono", air=False)
    scene = shoebox(size, alpha)
    whole = GeometricEngine.from_config(scene, config)
    direct = GeometricEngine.from_config(scene, dataclasses.replace(config, order=0, late=False))
    distances = np.geomspace(0.2, 7.5, 12 if quick else 40)
    found = []
    for d in distances:
        a = (0.8, 2.2, 1.4)
        b = (0.8 + 0.98 * float(d), 2.2 + 0.199 * float(d), 1.4)
        first, all_ = (float((e.rir(a, b).astype(np.float64) ** 2).sum()) for e in (direct, whole))
        found.append(10 * np.log10(first / max(all_ - first, 1e-12)))
    x, y, z = size
    surface = 2 * (x * y + x * z + y * z)
    theory = -10 * np.log10(
        16 * np.pi * (1 - alpha) * distances**2 / (surface * -np.log(1 - alpha))
    )
    return Plot(
        "Direct-to-reverberant ratio over distance", "m", "dB",
        (Curve("ours", distances.tolist(), found, "o-"),
         Curve("diffuse field theory", distances.tolist(), theory.tolist(), "k:")),
        logx=True,
    )  # fmt: skip


def seam(quick: bool = True) -> Plot:
    """Energy over time where drawn reflections give way to the diffuse field."""
    size, alpha, width = SIZES[0], 0.2, 0.005
    scene = shoebox(size, alpha)
    config = AcousticConfig(receiver="mono", air=False)
    engines = [
        GeometricEngine.from_config(scene, dataclasses.replace(config, late=late))
        for late in (True, False)
    ]
    pairs = list(points(size, 10 if quick else 60, seed=2))
    total, early = (
        np.mean([_bins(e.rir(a, b)[0], width) for a, b in pairs], axis=0) for e in engines
    )
    times = (np.arange(len(total)) + 0.5) * width
    x, y, z = size
    theory = (
        4 * np.pi * 343.0 / (x * y * z) * 10 ** (-6 * times / eyring(size, alpha, 343.0)) * width
    )
    use = times < 0.16
    curves = [
        Curve(label, (1e3 * times[use & (e > 1e-7)]).tolist(),
              (10 * np.log10(e[use & (e > 1e-7)])).tolist(), style)
        for label, e, style in (
            ("whole response", total, "C0-"), ("drawn reflections alone", early, "C1--"),
            ("diffuse field of Eyring", theory, "k:"),
        )
    ]  # fmt: skip
    title = f"Seam of early and late, mean of {len(pairs)} places"
    return Plot(title, "ms", f"dB in {1e3 * width:.0f} ms", tuple(curves))


def _bins(rir: F64, width: float) -> F64:
    """Energy in bins of `width` seconds."""
    size = round(width * SAMPLE_RATE)
    energy: F64 = (rir[: len(rir) // size * size].astype(np.float64).reshape(-1, size) ** 2).sum(1)
    return energy
