"""From waveforms to what they tell: spectrograms, interaural differences, cues; and wrappers."""

from .belief import BeliefObservation
from .binaural import (
    azimuth_to_itd,
    gcc_phat,
    interaural_level,
    interaural_phase,
    itd_to_azimuth,
)
from .cues import CUE_NAMES, binaural_cues
from .egomap import EgoMapObservation
from .spectrogram import spectrogram
from .streaming import StreamingSpectrogram
from .wrappers import EGO_NAMES, CueHistory, SpectrogramObservation, SpectrogramWrapper

__all__ = [
    "CUE_NAMES",
    "EGO_NAMES",
    "BeliefObservation",
    "CueHistory",
    "EgoMapObservation",
    "SpectrogramObservation",
    "SpectrogramWrapper",
    "StreamingSpectrogram",
    "azimuth_to_itd",
    "binaural_cues",
    "gcc_phat",
    "interaural_level",
    "interaural_phase",
    "itd_to_azimuth",
    "spectrogram",
]
