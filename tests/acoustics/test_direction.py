"""Direction is usable: standard estimators, which know nothing of us, find sources in our rooms."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.signal import fftconvolve, stft

from soundwalk.envs.acoustics import GeometricEngine
from soundwalk.envs.acoustics.receivers import Array, parse_receiver
from soundwalk.envs.interface import F64
from soundwalk.envs.scenes import generate
from soundwalk.envs.scenes.scene import Scene
from soundwalk.perception.features.binaural import gcc_phat, itd_to_azimuth

RATE = 16_000
EARS = 1.25  # m
PLACEMENTS = 32


def babble(rng: np.random.Generator, seconds: float = 1.5) -> F64:
    """Pink noise whose level changes as fast as syllables do."""
    samples = round(seconds * RATE)
    spectrum = np.fft.rfft(rng.standard_normal(samples))
    frequency = np.fft.rfftfreq(samples, 1 / RATE)
    pink = np.fft.irfft(spectrum / np.sqrt(np.maximum(frequency, 100.0)), samples)
    times = np.arange(0.0, seconds + 0.1, 0.08)
    level = np.interp(np.arange(samples) / RATE, times, rng.uniform(size=len(times)) ** 2)
    babbled: F64 = pink * level
    return babbled


def in_sight(scene: Scene, a: F64, b: F64) -> bool:
    """Whether no piece of furniture holds a point of the way from a to b."""
    points = a + np.linspace(0, 1, 60)[:, None] * (b - a)
    boxes = np.array([piece.box for piece in scene.plan.furniture])  # x0, y0, z0, x1, y1, z1
    inside = (points[:, None] >= boxes[:, :3]) & (points[:, None] <= boxes[:, 3:])
    return not inside.all(2).any()


def placements(scene: Scene, rng: np.random.Generator) -> tuple[F64, F64]:
    """A source in sight and ears in the largest room."""
    rooms = scene.plan.rooms
    x0, y0, x1, y1 = max(rooms, key=lambda r: r.area).box
    while True:
        ears = np.array([rng.uniform(x0 + 0.5, x1 - 0.5), rng.uniform(y0 + 0.5, y1 - 0.5), EARS])
        source = np.array([rng.uniform(x0 + 0.3, x1 - 0.3), rng.uniform(y0 + 0.3, y1 - 0.3), 0.0])
        source[2] = rng.uniform(0.5, 1.8)
        if np.linalg.norm(source - ears) > 0.8 and in_sight(scene, ears, source):
            return source, ears


def reverberation_time(response: F64) -> float:
    """Seconds, from the decay between -5 and -25 dB."""
    energy = np.cumsum(response[::-1] ** 2)[::-1]
    level = 10 * np.log10(energy / energy[0])
    return 3.0 * float(np.argmax(level < -25) - np.argmax(level < -5)) / RATE


def relative(source: F64, ears: F64, heading: float) -> F64:
    """Unit vector to the source in the head frame."""
    x, y, z = (source - ears) / np.linalg.norm(source - ears)
    cos, sin = np.cos(heading), np.sin(heading)
    return np.array([cos * x + sin * y, cos * y - sin * x, z])


@pytest.fixture(scope="module")
def homes() -> list[Scene]:
    """Generated homes whose largest rooms reverberate for some 0.4 s."""
    return [generate(seed=seed, rooms=3) for seed in (0, 7)]


def test_the_rooms_reverberate_for_some_four_tenths_of_a_second(homes: list[Scene]) -> None:
    rng = np.random.default_rng(2)
    for scene in homes:
        engine = GeometricEngine(scene, receiver="mono")
        pairs = [placements(scene, rng) for _ in range(6)]
        times = [reverberation_time(engine.rir(s, r)[0].astype(float)) for s, r in pairs]
        assert 0.3 < np.median(times) < 0.6


def test_srp_phat_on_four_microphones_finds_a_visible_source_within_five_degrees(
    homes: list[Scene],
) -> None:
    from pyroomacoustics.doa import SRP

    rng, errors = np.random.default_rng(0), []
    array = parse_receiver("array:tetra")
    assert isinstance(array, Array)
    positions = np.array(array.positions).T
    engines = [GeometricEngine(scene, receiver=array) for scene in homes]
    for trial in range(PLACEMENTS):
        engine, scene = engines[trial % 2], homes[trial % 2]
        source, ears = placements(scene, rng)
        heading = rng.uniform(-np.pi, np.pi)
        response = engine.rir(source, ears, heading).astype(float)
        heard = fftconvolve(response, babble(rng)[None], axes=1)
        heard += 1e-2 * heard.std() * rng.standard_normal(heard.shape)
        finder = SRP(positions, RATE, 512, c=343.0, num_src=1, dim=3, n_grid=1200)
        finder.locate_sources(stft(heard, nperseg=512, noverlap=128)[2], freq_range=[300, 6000])
        azimuth, polar = float(finder.azimuth_recon[0]), float(finder.colatitude_recon[0])
        ring = np.sin(polar)
        found = np.array([ring * np.cos(azimuth), ring * np.sin(azimuth), np.cos(polar)])
        cosine = found @ relative(source, ears, heading)
        errors.append(np.degrees(np.arccos(np.clip(cosine, -1, 1))))
    assert np.median(errors) < 5.0  # a grid of 1200 directions is itself good to 2 degrees


def test_gcc_phat_on_two_ears_finds_the_lateral_angle_within_seven_degrees(
    homes: list[Scene],
) -> None:
    rng, errors = np.random.default_rng(1), []
    engines = [GeometricEngine(scene) for scene in homes]
    for trial in range(PLACEMENTS):
        engine, scene = engines[trial % 2], homes[trial % 2]
        source, ears = placements(scene, rng)
        heading = rng.uniform(-np.pi, np.pi)
        heard = fftconvolve(engine.rir(source, ears, heading), babble(rng)[None], axes=1)
        heard += 1e-2 * heard.std() * rng.standard_normal(heard.shape)
        curve = gcc_phat(heard.astype(np.float32), 14, upsample=8)
        lateral = itd_to_azimuth(np.array((curve.argmax() / 8 - 14) / RATE))
        errors.append(abs(np.degrees(lateral - np.arcsin(relative(source, ears, heading)[1]))))
    assert np.median(errors) < 7.0
