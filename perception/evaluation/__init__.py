"""How good perception is: pure measures, what collects them with intervals, probes, controls."""

from .clusters import Clusters
from .depth import DepthErrors
from .doa import DirectionErrors
from .intervals import Accumulator, Interval, bootstrap
from .localization import Localization
from .probe import probe, probes
from .retrieval import Retrieval
from .seld import SeldScores
from .separation import Separation
from .silence import SilenceAware
from .sync import Answers, OffsetErrors

__all__ = [
    "Accumulator",
    "Answers",
    "Clusters",
    "DepthErrors",
    "DirectionErrors",
    "Interval",
    "Localization",
    "OffsetErrors",
    "Retrieval",
    "SeldScores",
    "Separation",
    "SilenceAware",
    "bootstrap",
    "probe",
    "probes",
]
