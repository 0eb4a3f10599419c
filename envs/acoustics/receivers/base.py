"""What every receiver is: a frozen value with channels, names, tables for the kernel, and noise."""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import Protocol

from ...interface import F32
from .tables import ReceiverTables


class Settings(Protocol):
    """What a receiver must know of a simulation; AcousticConfig is one."""

    @property
    def sample_rate(self) -> int:
        """Hz."""

    @property
    def samples(self) -> int:
        """Of an impulse response."""

    @property
    def bands(self) -> int:
        """4 or 7."""

    @property
    def speed(self) -> float:
        """Of sound, m/s."""

    @property
    def seed(self) -> int:
        """Of the diffuse noise."""


class Receiver(ABC):
    """What listens. Kinds are frozen dataclasses: equal values are equal receivers, and hashable.

    The head frame has x ahead, y to the left, z up; it turns with the heading, about z.
    """

    @property
    @abstractmethod
    def names(self) -> tuple[str, ...]:
        """Of the channels, in their order."""

    @property
    def channels(self) -> int:
        """How many channels an impulse response has."""
        return len(self.names)

    @abstractmethod
    def tables(self, settings: Settings) -> ReceiverTables:
        """What the kernel needs to hear with it.

        Raises:
            SoundwalkError: it cannot be used at these settings.
        """

    @abstractmethod
    def noise(self, settings: Settings) -> F32:
        """What a diffuse field brings to it, (bands, channels, samples) float32.

        A free microphone gets white noise of unit variance, split into bands; channels are as
        coherent as in an isotropic field.

        Raises:
            SoundwalkError: it cannot be used at these settings.
        """
