"""The worlds, engines and observation wrappers that the laws of this folder are checked on.

Append your own to `WORLDS`, `ENGINES` or `WRAPPERS` and run `pytest tests/conformance`: the laws
ask only for what the protocols below name, and for a scene that says where things are.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np
import torch
from gymnasium.vector import VectorEnv

from soundwalk.envs.acoustics import AcousticConfig, GeometricEngine, PyroomEngine
from soundwalk.envs.interface import F32, F64, I32, I64, SAMPLE_RATE, U8, Bool
from soundwalk.envs.rendering import Camera
from soundwalk.envs.scenes import Scene, generate, shoebox
from soundwalk.envs.simulators.homes import Home, HomePool, Key
from soundwalk.envs.simulators.native import NativeSimulator
from soundwalk.perception.encoders.image import ImageEncoder
from soundwalk.perception.encoders.spectrogram import SpectrogramEncoder
from soundwalk.perception.features import (
    BeliefObservation,
    CueHistory,
    EgoMapObservation,
    SpectrogramObservation,
)
from soundwalk.perception.features.encoded import EncodedObservation, WaveformMemory

PIXELS = 33  # odd, so that the middle pixel looks along the heading
CAMERA = Camera(PIXELS, PIXELS, np.pi / 2)


class Simulator(Protocol):
    """N agents that stand, move, see and hear; `NativeSimulator` says what each call means."""

    poses: F64
    block: int

    def place(
        self, agent: int, slot: int, pose: F64, source: F64, dry: F32, offset: int, duration: float
    ) -> None: ...
    def act(self, actions: I64) -> Bool: ...
    def see(self, agents: I32) -> tuple[U8 | None, F32 | None]: ...
    def begin_hearing(self, agents: I32) -> F32: ...
    def hear(self) -> F32: ...
    def silent(self) -> Bool: ...


@dataclass(frozen=True)
class World:
    """A simulator whose agents stand in one home, with the CAMERA, at SAMPLE_RATE, with two ears.

    Attributes:
        simulator: what is checked.
        scene: the home, as the tests know it.
        slot: what `place` calls that home.
        agents: how many.
        close: called when the test is over.
    """

    simulator: Simulator
    scene: Scene
    slot: int
    agents: int
    close: Callable[[], None]

    @property
    def everyone(self) -> I32:
        return np.arange(self.agents, dtype=np.int32)

    def put(self, agent: int, pose: F64, source: F64, dry: F32, duration: float = 0.0) -> None:
        self.simulator.place(agent, self.slot, pose, source, dry, 0, duration)

    def depth(self, agent: int = 0) -> F32:
        """(H, W) what an agent sees."""
        image = self.simulator.see(np.array([agent], np.int32))[1]
        assert image is not None
        first: F32 = image[0]
        return first


class _OneHome(HomePool):
    """A pool whose every home is the same scene."""

    def __init__(self, scene: Scene, agents: int, config: AcousticConfig) -> None:
        super().__init__(agents + 1, agents, config)
        self.scene = scene

    def _build(self, key: Key) -> Home:
        return Home.from_scene(self.scene, self.config)


def native(scene: Scene, agents: int) -> World:
    """Soundwalk's own simulator in any scene."""
    config = AcousticConfig()
    pool = _OneHome(scene, agents, config)
    slot = pool.acquire(0, (1, 1))
    return World(NativeSimulator(pool, agents, CAMERA, config), scene, slot, agents, pool.close)


WORLDS: dict[str, Callable[[int], World]] = {
    "generated home": lambda agents: native(generate(11, 4), agents),
    "shoebox": lambda agents: native(shoebox((6.0, 5.0, 2.7), absorption=0.3), agents),
}


class Engine(Protocol):
    """From a source to the ears: (channels, samples) float32, see `GeometricEngine.rir`."""

    def rir(self, source: Any, receiver: Any, heading: float = 0.0) -> F32: ...


@dataclass(frozen=True)
class EngineCase:
    """How to make an engine for a scene, and the shape and rate of what it gives.

    Attributes:
        chance: dB by which two energies that should be equal may differ beyond what is allowed
            to all, because the engine draws lots.
    """

    make: Callable[[Scene], Engine]
    channels: int
    samples: int
    rate: int = SAMPLE_RATE
    chance: float = 0.0


ENGINES: dict[str, EngineCase] = {
    "geometric, two ears": EngineCase(GeometricEngine, 2, 8000),
    "geometric, one microphone": EngineCase(lambda s: GeometricEngine(s, receiver="mono"), 1, 8000),
    "geometric, 0.25 s at 24 kHz": EngineCase(
        lambda s: GeometricEngine(s, sample_rate=24_000, length=0.25), 2, 6000, 24_000
    ),
    "pyroomacoustics, two ears": EngineCase(
        lambda s: PyroomEngine(s, length=0.25, rays=2000), 2, 4000, chance=0.3
    ),
}

AnyVectorEnv = VectorEnv[Any, Any, Any]

torch.manual_seed(0)
_EARS = SpectrogramEncoder(dim=8, width=4, inputs=("magnitude", "phase"))
_EYES = ImageEncoder(channels=1, dim=8, width=4, scale=10.0)

# The key that is added, and what adds it to a vector environment.
WRAPPERS: dict[str, Callable[[AnyVectorEnv], AnyVectorEnv]] = {
    "spectrogram": SpectrogramObservation,
    "cues": CueHistory,
    "belief": lambda env: BeliefObservation(CueHistory(env)),
    "map": EgoMapObservation,
    "waveform": WaveformMemory,
    "encoded_audio": lambda env: EncodedObservation(env, {"audio": _EARS}, memory_seconds=0.6),
    "encoded_depth": lambda env: EncodedObservation(env, {"depth": _EYES}),
}
