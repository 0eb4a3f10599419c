"""Sound through the simulator, step by step: standing still and on the move."""

from __future__ import annotations

import numpy as np
from scipy.signal import fftconvolve

from ...envs.acoustics import AcousticConfig, GeometricEngine
from ...envs.interface import F32, F64, SAMPLE_RATE, SENSOR_HEIGHT, STEP_SECONDS, Action
from ...envs.rendering import Camera
from ...envs.scenes import Scene, generate, shoebox
from ...envs.simulators.homes import Home, HomePool, Key
from ...envs.simulators.native import NativeSimulator
from .check import Check, Curve, Plot
from .homes import standing_points

BLOCK = round(STEP_SECONDS * SAMPLE_RATE)


class OneHome(HomePool):
    """A pool whose every home is the same scene."""

    def __init__(self, scene: Scene, config: AcousticConfig) -> None:
        super().__init__(2, 1, config)
        self.scene = scene

    def _build(self, key: Key) -> Home:
        return Home.from_scene(self.scene, self.config)


def listen(
    scene: Scene, pose: F64, source: F64, dry: F32, offset: int, actions: list[Action]
) -> F64:
    """What one agent hears of a sound that has been on for long, (2, steps * BLOCK).

    Args:
        scene: the home.
        pose: (3,) metres and radians.
        source: (3,) metres.
        dry: (T,) the sound.
        offset: sample of it that is emitted at the beginning.
        actions: after the first step, one for each further step.
    """
    config = AcousticConfig()
    pool = OneHome(scene, config)
    try:
        slot = pool.acquire(0, (1, 1))
        simulator = NativeSimulator(pool, 1, Camera(8, 8, 1.5), config)
        simulator.place(0, slot, pose, source, dry, offset, 0.0)
        heard = [simulator.begin_hearing(np.zeros(1, np.int32))[0]]
        for action in actions:
            simulator.act(np.array([int(action)], np.int64))
            heard.append(simulator.hear()[0])
    finally:
        pool.close()
    return np.concatenate(heard, axis=1).astype(np.float64)


def standing(quick: bool = True) -> list[Check]:
    """Noise heard while standing still, against one offline convolution."""
    worst = -np.inf
    for seed in (4,) if quick else (4, 5, 6):
        scene, rng = generate(seed, rooms=4), np.random.default_rng(seed)
        here, there = (standing_points(scene, room, 1, rng)[0] for room in (0, 1))
        dry = rng.standard_normal(8000 + 9 * BLOCK).astype(np.float32)
        pose = np.array([here[0], here[1], 0.7])
        heard = listen(scene, pose, there, dry, 8000, [Action.STOP] * 7)
        rir = GeometricEngine.from_config(scene, AcousticConfig()).rir(
            there, (here[0], here[1], SENSOR_HEIGHT), 0.7
        )
        truth = fftconvolve(dry[None].astype(np.float64), rir.astype(np.float64), axes=1)
        truth = truth[:, 8000 : 8000 + heard.shape[1]]
        error = 10 * np.log10(((heard - truth) ** 2).sum() / (truth**2).sum())
        worst = max(worst, float(error))
    return [Check("streamed audio, standing still", "one offline convolution", worst, -80.0, "dB")]


def _tone(low: float, high: float, samples: int) -> F32:
    """A sine, or noise between two frequencies."""
    if low == high:
        return np.sin(2 * np.pi * low * np.arange(samples) / SAMPLE_RATE).astype(np.float32)
    spectrum = np.fft.rfft(np.random.default_rng(0).standard_normal(samples))
    frequency = np.fft.rfftfreq(samples, 1 / SAMPLE_RATE)
    spectrum[(frequency < low) | (frequency > high)] = 0.0
    return np.fft.irfft(spectrum, samples).astype(np.float32)


def _spectrum(heard: F64) -> tuple[F64, F64]:
    """Frequencies, and power over both ears through a Blackman window."""
    power = (np.abs(np.fft.rfft(heard * np.blackman(heard.shape[1]))) ** 2).sum(0)
    frequency: F64 = np.asarray(np.fft.rfftfreq(heard.shape[1], 1 / SAMPLE_RATE), np.float64)
    return frequency, power


def moving(quick: bool = True) -> list[Check]:
    """A tone and a band of noise heard while walking and turning: what lies outside their band.

    At 1 m/s a tone of 3 kHz is heard within 9 Hz of itself; what is more than 50 Hz off, less than
    half a critical band, is made by changing responses.
    """
    walks = {
        "walking": [Action.MOVE_FORWARD] * 15,
        "turning": [Action.TURN_LEFT] * 15,
        "both": [Action.MOVE_FORWARD, Action.TURN_LEFT] * 7 + [Action.MOVE_FORWARD],
    }
    bands = (
        ((1000.0, 1000.0),) if quick else ((440.0,) * 2, (1000.0,) * 2, (3000.0,) * 2, (1e3, 2e3))
    )
    scene = shoebox((8.0, 5.0, 2.7), absorption=0.3)
    worst, notes, curves = -np.inf, [], []
    for low, high in bands:
        dry = _tone(low, high, 8000 + 20 * BLOCK)
        for name, actions in walks.items():
            heard = listen(
                scene, np.array([1.2, 3.0, 0.0]), np.array([1.0, 1.0, 1.5]), dry, 8000, actions
            )
            frequency, power = _spectrum(heard)
            far = (frequency < low - 50) | (frequency > high + 50)
            level = float(10 * np.log10(power[far].sum() / power.sum()))
            if level > worst:
                worst, notes = level, [f"worst: {name}, {low:.0f} to {high:.0f} Hz"]
            if low == 1000.0 and high == 1000.0:
                near = np.abs(frequency - low) < 400
                curve = 10 * np.log10(power[near] / power.max() + 1e-14)
                curves.append(Curve(name, frequency[near].tolist(), curve.tolist()))
    plot = Plot("A tone of 1 kHz, heard on the move", "Hz", "dB", tuple(curves))
    against = "the tone's own band, 50 Hz wider"
    return [Check("streamed audio, moving", against, worst, -50.0, "dB", "; ".join(notes), (plot,))]
