"""What every home of a configuration shares, and the scratch memory of the kernels."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from ..interface import F32, F64, I32, I64
from .bands import CENTRES, causal_tails, filter_bank
from .carrier import even_out
from .config import AcousticConfig
from .fading import air_fades
from .images import lattice
from .model import air_absorption, knots
from .receivers.tables import ReceiverTables

MAX_ARRIVALS = 1024
PATH_COLUMNS = 16
OPENING_COLUMNS = 16
# The edge at an end of an opening: none, the end of a thin wall, or the corner of an L, of which
# the room before or the room behind the opening is the wider one.
NO_EDGE, THIN, SOURCE_WIDE, LISTENER_WIDE = range(4)
# What happened to an arrival: nothing; walls; edges; the face of a piece of furniture, as
# a mirror or as a rough surface; it went straight through walls.
DIRECT, IMAGE, BENT, FURNITURE, SCATTERED, TRANSMITTED = range(6)
MAX_OPENINGS = 32  # two faces per door on the longest route


class Tables(NamedTuple):
    """Constants of a configuration.

    Attributes:
        bank: (FRACTIONS + 1, B, taps) float32 band filters.
        tails: (taps, taps // 2) float32 see bands.causal_tails.
        receiver: what listens.
        noise: (B, C, L) float32 what a diffuse field of unit power brings to the receiver.
        lattice: (M, 3) int32 images, fewest reflections first.
        knots: (Q,) int32 samples of the late envelope.
        fades: (F, B) float64 pressure that air leaves after each quarter of a metre, to 1 km.
        centres: (B,) float64 hertz.
        roots: (B,) float64 of 4 / wavelength: times that of metres, Fresnel's v.
        rate: (1,) float64 samples per second.
        speed: (1,) float64 of sound, metres per second.
    """

    bank: F32
    tails: F32
    receiver: ReceiverTables
    noise: F32
    lattice: I32
    knots: I32
    fades: F64
    centres: F64
    roots: F64
    rate: F64
    speed: F64


class Place(NamedTuple):
    """A point in a home: metres, its room, and the door whose tunnel it lies in or -1."""

    x: float
    y: float
    z: float
    room: int
    tunnel: int


class Sources(NamedTuple):
    """The source of each agent.

    Attributes:
        position: (N, 3) float64 metres.
        room: (N, 2) int64: room, and door tunnel or -1.
        amplitude: (N, B, M) float32 of the diffusion modes.
        axis: (N, 3) float64 unit vector in which it points.
        pattern: (N,) int32 how directional it is, -1 for not at all.
        power: (N, B) float64 mean over all directions of its squared gains.
        shares: (P,) float64 a of first-order patterns, or -1: see `directivity.Directivity`.
        balloons: (P, B, 37, 72) float32 gains of measured patterns.
    """

    position: F64
    room: I64
    amplitude: F32
    axis: F64
    pattern: I32
    power: F64
    shares: F64
    balloons: F32


class Ears(NamedTuple):
    """Scratch memory of the receiver: kernels allocate nothing.

    Attributes:
        sound: (S,) float32 one arrival in one channel, and room around it.
        wet: (W,) float32 the same convolved with a measured head's response.
        response: (H,) float32 that response.
        gains: (2 G,) float32 of the bands of one arrival at each ear, G a multiple of four.
        begins: (2 G,) int64 where their filters begin.
        weights: (C,) float32 of the channels.
    """

    sound: F32
    wet: F32
    response: F32
    gains: F32
    begins: I64
    weights: F32


class Work(NamedTuple):
    """Scratch memory of one thread.

    Attributes:
        lengths: (A,) float64 metres travelled by each arrival.
        directions: (A, 3) float64 unit vectors from the listener to where it comes from.
        departures: (A, 3) float64 unit vectors in which it leaves the source.
        kinds: (A,) int32: DIRECT, IMAGE, BENT, FURNITURE, SCATTERED or TRANSMITTED.
        gains: (A, B) float64 pressure.
        openings: (P, OPENING_COLUMNS) float64 left x, y, right x, y, height, door of the openings
            on a route, which edges its left and its right end are, and what passing.lay_edges adds.
        path: (P + 2, PATH_COLUMNS) float64 points of a route: x, y, and what strings.measure and
            bending.lay_bends add.
        met: (3, 2 order + 1, B) float64 pressure left by each number of reflections along an axis,
            see reflections.bounce_table.
        stay: (2,) float64 share of the way inside the source's and inside the listener's room.
        modes: (B, M) float32 diffusion modes at the listener.
        leans: (B, 2, M) float32 their fluxes, against x and y.
        other: (B, M) float32 modes in a room next door.
        envelope: (B, Q) float32 of the late field.
        shares: (B, Q) float32 of its energy that are not drawn as arrivals.
        towards: (B, 2, Q) float32 mean direction it comes from, ahead and to the left.
        levels: (C, B, Q) float32 of its channels.
        ears: of the receiver.
    """

    lengths: F64
    directions: F64
    departures: F64
    kinds: I32
    gains: F64
    openings: F64
    path: F64
    met: F64
    stay: F64
    modes: F32
    leans: F32
    other: F32
    envelope: F32
    shares: F32
    towards: F32
    levels: F32
    ears: Ears


def build_sources(count: int, bands: int) -> Sources:
    """Rows of sources that are nowhere yet, of homes without modes."""
    return Sources(
        position=np.zeros((count, 3)),
        room=np.zeros((count, 2), np.int64),
        amplitude=np.zeros((count, bands, 0), np.float32),
        axis=np.tile((1.0, 0.0, 0.0), (count, 1)),
        pattern=np.full(count, -1, np.int32),
        power=np.ones((count, bands)),
        shares=np.ones(0),
        balloons=np.ones((0, bands, 2, 1), np.float32),
    )


def build_tables(config: AcousticConfig) -> Tables:
    """The tables of a configuration; some 30 ms; a measured head is read in 0.6 s, once."""
    return Tables(
        bank=filter_bank(config.sample_rate, config.bands),
        tails=causal_tails(config.sample_rate),
        receiver=config.listener.tables(config),
        noise=even_out(config.listener.noise(config), config.sample_rate),
        lattice=lattice(config.order),
        knots=knots(config),
        fades=air_fades(air_absorption(config)),
        centres=np.array(CENTRES[config.bands]),
        roots=np.sqrt(4.0 * np.array(CENTRES[config.bands]) / config.speed),
        rate=np.array([float(config.sample_rate)]),
        speed=np.array([config.speed]),
    )


def build_work(tables: Tables, modes: int) -> Work:
    """Scratch memory for a configuration and homes of so many diffusion modes."""
    bands, channels, times = *tables.noise.shape[:2], len(tables.knots)
    return Work(
        lengths=np.zeros(MAX_ARRIVALS),
        directions=np.zeros((MAX_ARRIVALS, 3)),
        departures=np.zeros((MAX_ARRIVALS, 3)),
        kinds=np.zeros(MAX_ARRIVALS, np.int32),
        gains=np.zeros((MAX_ARRIVALS, bands)),
        openings=np.zeros((MAX_OPENINGS, OPENING_COLUMNS)),
        path=np.zeros((MAX_OPENINGS + 2, PATH_COLUMNS)),
        met=np.zeros((3, 2 * int(tables.lattice.max(initial=0)) + 1, bands)),
        stay=np.zeros(2),
        modes=np.zeros((bands, modes), np.float32),
        leans=np.zeros((bands, 2, modes), np.float32),
        other=np.zeros((bands, modes), np.float32),
        envelope=np.zeros((bands, times), np.float32),
        shares=np.zeros((bands, times), np.float32),
        towards=np.zeros((bands, 2, times), np.float32),
        levels=np.zeros((channels, bands, times), np.float32),
        ears=_build_ears(tables),
    )


def _build_ears(tables: Tables) -> Ears:
    """Scratch memory that fits a receiver."""
    bands, channels = tables.noise.shape[:2]
    taps, span = tables.bank.shape[2], tables.receiver.responses.shape[2]
    both = 2 * (bands + -bands % 4)
    return Ears(
        sound=np.zeros(max(taps, tables.receiver.filters.shape[2]) + 15, np.float32),
        wet=np.zeros(taps + span, np.float32),
        response=np.zeros(span, np.float32),
        gains=np.zeros(both, np.float32),
        begins=np.zeros(both, np.int64),
        weights=np.ones(channels, np.float32),
    )
