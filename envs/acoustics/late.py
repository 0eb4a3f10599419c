"""The late field at a listener: its level in each band over time, from the diffusion modes.

Sound that pours in through a door comes from there: the energy flux over energy and speed of sound
is the mean direction a of a field of density 1 + 3 a.u. `tail` says what that brings each channel.
"""

from __future__ import annotations

import math

import numpy as np

from ..interface import F32
from .kernels import inner_kernel, kernel
from .model import Home
from .modes import mode_amplitudes, mode_leans
from .receivers.tables import AMBISONICS, MEASURED, SPHERE
from .tables import Place, Tables, Work

STEEPEST = 1.0 / 3.0  # longest mean direction of a field of density 1 + 3 a.u that is not negative


@inner_kernel
def _undrawn_between(
    home: Home, slot: int, s: Place, r: Place, order: int, stay: tuple[float, float], path: float
) -> float:
    """Share of the energy between two rooms that is not drawn after `path` metres.

    Reflections are Poisson; of k of them, all lie in the source's room with probability
    stay[0]**k and all in the listener's with stay[1]**k: these are drawn up to `order`.
    """
    both = max(stay[0] + stay[1], 1e-9)
    rate = stay[0] / home.free_path[slot, s.room] + stay[1] / home.free_path[slot, r.room]
    mean = path * rate / both
    term = math.exp(-mean)
    share = 1.0 - term
    a, b = 1.0, 1.0
    for k in range(1, order + 1):
        term *= mean / k
        a *= stay[0]
        b *= stay[1]
        share -= term * min(a + b, 1.0)
    return share


@inner_kernel
def _levels(
    home: Home,
    slot: int,
    order: int,
    tables: Tables,
    s: Place,
    r: Place,
    amplitude: F32,
    work: Work,
) -> None:
    """Energy of the undrawn diffuse sound per band at each knot, into work.envelope.

    The modes are those in work. A unit source has 4 pi c of energy in units of squared pressure
    times volume; spread over the samples of one second that is 4 pi c / rate.
    """
    rate, speed = tables.rate[0], tables.speed[0]
    modes, envelope, knots = work.modes, work.envelope, tables.knots
    scale = np.float32(4.0 * math.pi * speed / rate)
    for b in range(envelope.shape[0]):
        row = envelope[b]
        row[:] = np.float32(0.0)
        for m in range(modes.shape[1]):
            weight = amplitude[b, m] * modes[b, m] * scale
            decay = home.decay[slot, b, m]
            for q in range(row.shape[0]):
                row[q] += weight * decay[q]
    stay = (work.stay[0], work.stay[1])
    for q in range(knots.shape[0]):
        share = 0.0
        if s.room != r.room:
            share = _undrawn_between(home, slot, s, r, order, stay, speed * knots[q] / rate)
        for b in range(envelope.shape[0]):
            if s.room == r.room:
                share = home.undrawn[slot, r.room, b, q]
            work.shares[b, q] = np.float32(share)
            envelope[b, q] = np.float32(max(envelope[b, q], 0.0))


@kernel
def _directions(
    home: Home, slot: int, tables: Tables, amplitude: F32, work: Work, field: F32
) -> None:
    """Mean direction of the late field in the home's frame at each knot, into field[1:]."""
    scale = np.float32(4.0 * math.pi * tables.speed[0] / tables.rate[0])
    limit = np.float32(STEEPEST)
    for b in range(work.envelope.shape[0]):
        x, y = field[1, b], field[2, b]
        x[:] = np.float32(0.0)
        y[:] = np.float32(0.0)
        for m in range(work.leans.shape[2]):
            weight = amplitude[b, m] * scale
            u, v = weight * work.leans[b, 0, m], weight * work.leans[b, 1, m]
            decay = home.decay[slot, b, m]
            for q in range(x.shape[0]):
                x[q] += u * decay[q]
                y[q] += v * decay[q]
        for q in range(x.shape[0]):
            long = np.float32(math.sqrt(x[q] * x[q] + y[q] * y[q]))
            # Divided by the energy, or shortened to STEEPEST; where there is neither, 0.
            long = max(long / limit, work.envelope[b, q], np.float32(1e-20))
            x[q] /= long
            y[q] /= long


@inner_kernel
def late_field(
    home: Home,
    slot: int,
    order: int,
    tables: Tables,
    s: Place,
    r: Place,
    amplitude: F32,
    work: Work,
    field: F32,
) -> None:
    """The late field at a place, however a head is turned there.

    Args:
        home: the pool's homes.
        slot: which one.
        order: reflections drawn.
        tables: constants.
        s: source.
        r: listener.
        amplitude: (B, M) of the diffusion modes at the source.
        work: stay is read.
        field: (3, B, Q) set to the RMS of what is not drawn, per band at each knot, and to x and y
            of its mean direction if the receiver wants to know.
    """
    mode_amplitudes(home, slot, r, work.modes)
    _levels(home, slot, order, tables, s, r, amplitude, work)
    if tables.receiver.kind[0] in (SPHERE, MEASURED, AMBISONICS):
        mode_leans(home, slot, r, work)
        _directions(home, slot, tables, amplitude, work, field)
    for b in range(work.envelope.shape[0]):
        for q in range(work.envelope.shape[1]):
            field[0, b, q] = np.float32(math.sqrt(work.envelope[b, q] * work.shares[b, q]))
