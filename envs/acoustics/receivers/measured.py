"""A measured head: the responses of a SOFA file at any direction.

Each response is an onset delay and a response that begins at its onset; both are interpolated
linearly between the three measured directions around. Aligned responses of neighbours are alike,
so that their mean keeps its treble (Kistler and Wightman, JASA 91, 1992; Gamper, JASA 134, 2013).

Level: heads are measured with a loudspeaker and amplifiers of unknown gain. One factor, the same
for both ears and all directions, makes the power in a diffuse field, averaged in dB over the
octaves from 250 Hz to 4 kHz, that of a rigid sphere of 8.75 cm, which is known in closed form
relative to a free microphone at the centre. The colour of the loudspeaker stays in.
"""

from __future__ import annotations

import functools
import math
import warnings
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

import numpy as np

from ...interface import F32, F64, SoundwalkError
from ..bands import carrier_spectra
from ..head import diffuse_spectra
from .base import Receiver, Settings
from .diffuse import FREQUENCIES, Spectra, coloured_noise
from .onsets import split
from .sofa import Responses, read_sofa
from .sphere import EARS
from .sphere_map import Triangulation, angle_to_nearest, spiral, triangulate
from .tables import MEASURED, ReceiverTables, blank_tables

_GAP = math.radians(30.0)  # farther than this from any measured direction, a direction is missing
_LOWEST = -math.sin(math.radians(60.0))  # what is missing only below this is taken from above it
_RADIUS = 0.0875  # m, of the sphere that fixes the level and the mean delay


class Head(NamedTuple):
    """The responses of a file at a sample rate, with what is missing filled in.

    Attributes:
        directions: (V, 3) unit vectors.
        responses: (V, 2, H) beginning `onset` samples before their onset.
        delays: (V, 2) seconds from the centre of the head to the onset.
        onset: samples.
        map: triangles between the directions.
    """

    directions: F64
    responses: F64
    delays: F64
    onset: int
    map: Triangulation


@dataclass(frozen=True)
class Measured(Receiver):
    """Two ears as measured on a head: a SOFA file of convention SimpleFreeFieldHRIR.

    Args:
        path: of the file.
        allow_missing: whether directions may be missing other than steeply below. They are then
            taken from the measured direction with the nearest lateral angle, so that time and
            level differences between the ears stay near the truth, but not front, back and height.

    >>> Measured("head.sofa").names
    ('left ear', 'right ear')
    """

    path: str
    allow_missing: bool = False

    def __post_init__(self) -> None:
        """Keep the path as text."""
        object.__setattr__(self, "path", str(self.path))

    @property
    def names(self) -> tuple[str, ...]:
        """The left ear comes first."""
        return EARS

    def tables(self, settings: Settings) -> ReceiverTables:
        """Aligned responses, delays, and triangles between directions.

        Raises:
            SoundwalkError: the file cannot be read, lacks directions, or its rate is too low.
        """
        head = self.head(settings.sample_rate)
        blank = blank_tables(MEASURED, 2, settings.bands)
        return blank._replace(
            bias=_bias(head, settings),
            responses=np.ascontiguousarray(head.responses, dtype=np.float32),
            delays=head.delays,
            onset=np.array([head.onset], np.int64),
            triangles=head.map.triangles,
            inverses=head.map.inverses,
            neighbours=head.map.neighbours,
            start=head.map.start,
        )

    def noise(self, settings: Settings) -> F32:
        """Plane waves from all measured directions, each with the responses of both ears."""
        head = self.head(settings.sample_rate)
        spectra = _spectra(head, settings.sample_rate)  # (V, 2, K)
        weighted = spectra * head.map.weights[:, None, None]
        covariance = np.einsum("vik,vjk->kij", weighted, spectra.conj())
        return coloured_noise(covariance, settings)

    def head(self, sample_rate: int) -> Head:
        """The file at a sample rate; read once.

        Raises:
            SoundwalkError: see `tables`.
        """
        path = Path(self.path)
        changed = path.stat().st_mtime_ns if path.is_file() else 0
        return _load(self.path, changed, sample_rate, self.allow_missing)


@functools.lru_cache(maxsize=8)
def _load(path: str, changed: int, sample_rate: int, allow_missing: bool) -> Head:
    """Read, split into delays and responses, fill what is missing, and set level and mean delay."""
    read = read_sofa(path)
    _, first = np.unique(read.directions.round(5), axis=0, return_index=True)
    first.sort()
    read = Responses(read.directions[first], read.responses[first], read.delays[first], read.rate)
    responses, delays, onset = split(path, read, sample_rate)
    facing = _facing(path, read.directions, delays)
    source, directions = _complete(path, facing, allow_missing)
    triangulation = triangulate(directions)
    head = Head(directions, responses[source], delays[source], onset, triangulation)
    mean = head.map.weights @ head.delays.mean(1)
    # A sphere's mean delay over all directions: Woodworth's law integrated over the sphere.
    expected = _RADIUS / 343.0 * ((math.pi / 2 - 1) / 2 - 0.25)
    level = _level(head, sample_rate)
    return head._replace(responses=head.responses / level, delays=head.delays - mean + expected)


def _facing(path: str, directions: F64, delays: F64) -> F64:
    """The directions, mirrored where they cannot be as the file says: files err in this."""
    leads = delays[:, 1] - delays[:, 0]  # seconds by which the left ear hears first
    if (leads * directions[:, 1]).sum() >= 0:
        return directions
    warnings.warn(
        f"{path}: its left ear hears sound from the right first, so its azimuths run clockwise, "
        "against the SOFA convention, or its ears are swapped: left and right are exchanged",
        stacklevel=2,
    )
    mirrored: F64 = directions * np.array([1.0, -1.0, 1.0])
    return mirrored


def _complete(path: str, measured: F64, allow_missing: bool) -> tuple[list[int], F64]:
    """Directions all round the sphere, and which measurement each of them takes its response from.

    Raises:
        SoundwalkError: directions are missing other than steeply below, and may not.
    """
    around = spiral(2000)
    missing = around[angle_to_nearest(around, measured) > _GAP]
    source = list(range(len(measured)))
    if len(missing) == 0:
        return source, measured
    share = f"{100 * len(missing) / len(around):.0f} % of the sphere"
    if missing[:, 2].max() > _LOWEST and not allow_missing:
        x, y, z = missing[missing[:, 2].argmax()]
        azimuth, elevation = math.degrees(math.atan2(y, x)), math.degrees(math.asin(z))
        raise SoundwalkError(
            f"{path} lacks directions: {share}, such as azimuth {azimuth:.0f}, elevation "
            f"{elevation:.0f}, is farther than 30 degrees from all of its {len(measured)}. "
            "Measured(path, allow_missing=True), or 'partial:PATH.sofa', takes these from the "
            "nearest lateral angle"
        )
    warnings.warn(
        f"{path}: {share} is farther than 30 degrees from any direction that was measured, and "
        "sounds like the nearest lateral angle that was",
        stacklevel=2,
    )
    coarse = spiral(400)  # some 10 degrees apart
    added = coarse[angle_to_nearest(coarse, measured) > _GAP / 2]
    lateral = np.arcsin(added[:, 1])[:, None] - np.arcsin(measured[:, 1])[None]
    angle = np.arccos(np.clip(added @ measured.T, -1.0, 1.0))
    source += np.argmin(lateral**2 + (0.2 * angle) ** 2, axis=1).tolist()
    return source, np.concatenate([measured, added])


def _spectra(head: Head, sample_rate: int) -> Spectra:
    """(V, 2, FREQUENCIES) complex responses relative to the centre of the head."""
    size = 2 * (FREQUENCIES - 1)
    frequency = np.fft.rfftfreq(size, 1 / sample_rate)
    delay = head.delays - head.onset / sample_rate
    turn = np.exp(-2j * np.pi * frequency * delay[..., None])
    spectra: Spectra = np.fft.rfft(head.responses, size) * turn
    return spectra


def _level(head: Head, sample_rate: int) -> float:
    """By what factor the head is louder than a sphere in a diffuse field."""
    frequency = np.linspace(0.0, sample_rate / 2, FREQUENCIES)
    power = np.abs(_spectra(head, sample_rate)) ** 2
    heard = np.einsum("v,vik->k", head.map.weights, power) / 2.0
    octaves = [f for f in (250.0, 500.0, 1000.0, 2000.0, 4000.0) if f * 1.5 < sample_rate / 2]
    excess = []
    for centre in octaves:
        within = (frequency >= centre / math.sqrt(2)) & (frequency < centre * math.sqrt(2))
        sphere, _ = diffuse_spectra(frequency[within][::4], _RADIUS)
        excess.append(math.log(heard[within].mean() / sphere.mean()))
    return math.exp(0.5 * float(np.mean(excess)))


def _bias(head: Head, settings: Settings) -> F32:
    """(2, B, 3) how the power at each ear leans towards a directed diffuse field."""
    size = 2 * (FREQUENCIES - 1)
    window = carrier_spectra(settings.sample_rate, size, settings.bands) ** 2  # (B, K)
    power = np.abs(_spectra(head, settings.sample_rate)) ** 2 @ window.T  # (V, 2, B)
    power *= head.map.weights[:, None, None]
    lean = 3.0 * np.einsum("vcb,vx->cbx", power, head.directions) / power.sum(0)[..., None]
    bias: F32 = lean.astype(np.float32)
    return bias
