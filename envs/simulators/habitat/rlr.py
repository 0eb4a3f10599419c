"""Habitat's own audio (RLR, CC-BY-NC: not for commercial use) behind the same `rir` call as ours.

It takes 0.3 to 0.7 s for each response, and its levels looked wrong in the build that was tried:
compare within it, not with ours.
"""

from __future__ import annotations

import dataclasses

import numpy as np
import numpy.typing as npt

from ...acoustics import AcousticConfig
from ...interface import F32
from ...rendering import Camera
from .binding import Habitat, Library
from .settings import HabitatOptions
from .stages import HabitatScene, Stages

_UUID = "audio_sensor"
_EARS = 1.5  # metres of the sensor above the agent's feet; the feet are put that far below the ears


class RlrEngine:
    """Responses of one scene at a time; a simulator of its own, because every look would hear.

    Args:
        library: habitat-sim.
        options: of the agent.
        config: sample rate and length of responses.
    """

    def __init__(self, library: Library, options: HabitatOptions, config: AcousticConfig) -> None:
        """Start nothing yet: `at` opens a scene."""
        small = dataclasses.replace(options, sensors=("depth",), camera=Camera(8, 8))
        self._stages, self._config = Stages(library, small, 1), config
        self._slot: int | None = None
        self._habitat: Habitat | None = None

    def at(self, scene: HabitatScene) -> RlrEngine:
        """This engine, in a scene; it is slow to change.

        Raises:
            SoundwalkError: this build of habitat-sim has no audio.
        """
        if self._slot is not None:
            self._stages.release(self._slot)
        self._slot, fresh = self._stages.acquire(scene)
        self._habitat = self._stages[self._slot].habitat
        if fresh:
            self._habitat.hear_through(_UUID, self._config.sample_rate, _EARS)
        return self

    def rir(self, source: npt.ArrayLike, receiver: npt.ArrayLike, heading: float = 0.0) -> F32:
        """The response (2, L) float32 from one point (3,) to the ears at another."""
        assert self._habitat is not None  # `at` was called
        ears = np.asarray(receiver, np.float64)
        self._habitat.place(ears - (0.0, 0.0, _EARS), heading)
        found = self._habitat.response(_UUID, np.asarray(source, np.float64))
        out = np.zeros((2, self._config.samples), np.float32)
        samples = min(found.shape[-1], out.shape[1])
        out[: len(found), :samples] = found[:2, :samples]
        return out

    def close(self) -> None:
        """Stop its simulator."""
        self._stages.close()
