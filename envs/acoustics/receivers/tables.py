"""What the kernel knows of a receiver: one named tuple for all kinds, unused arrays empty."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from ...interface import F32, F64, I32, I64

MONO, SPHERE, MEASURED, ARRAY, AMBISONICS = range(5)


class ReceiverTables(NamedTuple):
    """Constants of a receiver; kinds differ in which arrays are empty, never in type.

    Attributes:
        kind: (1,) int64 MONO, SPHERE, MEASURED, ARRAY or AMBISONICS.
        bias: (C, B, 3) float32 in the head frame: a diffuse field of directional density
            1 + 3 a.u brings channel c in band b the power 1 + bias[c, b].a, relative to isotropic.
        ear: (angles, 2 G) float32 gain of the sphere's left and right ear in each band against the
            cosine between the source and the left one; G is B up to a multiple of four.
        late: (angles, 2 G) float32 samples by which each band is later there than `lead` before it
            would be at the centre of the sphere.
        offsets: (2 G,) int64 sample of the first filter of each band at which no delay begins.
        lead: (1,) int64 samples, so that `late` is not negative.
        filters: (FRACTIONS + 1, G, taps + 2 * room) float32 band filters with at least as many
            zeros on both sides as bands may be apart; those of no band are silent.
        positions: (M, 3) float64 metres of the microphones in the head frame.
        responses: (V, 2, H) float32 responses of a measured head at each direction, H a multiple
            of 8; each begins `onset` taps before its onset.
        delays: (V, 2) float64 seconds from the centre of the head to the ear's onset.
        onset: (1,) int64.
        triangles: (T, 3) int32 directions at the corners of each triangle.
        inverses: (T, 3, 3) float64: times a direction, its weights on the corners before
            they are divided by their sum.
        neighbours: (T, 3) int32 triangle across the side that faces each corner.
        start: (N, N) int32 a triangle at or near each cell of the octahedral map.
    """

    kind: I64
    bias: F32
    ear: F32
    late: F32
    offsets: I64
    lead: I64
    filters: F32
    positions: F64
    responses: F32
    delays: F64
    onset: I64
    triangles: I32
    inverses: F64
    neighbours: I32
    start: I32


def blank_tables(kind: int, channels: int, bands: int) -> ReceiverTables:
    """Tables of a kind, without bias and with nothing else in them."""
    return ReceiverTables(
        kind=np.array([kind], np.int64),
        bias=np.zeros((channels, bands, 3), np.float32),
        ear=np.zeros((0, 0), np.float32),
        late=np.zeros((0, 0), np.float32),
        offsets=np.zeros(0, np.int64),
        lead=np.zeros(1, np.int64),
        filters=np.zeros((0, 0, 0), np.float32),
        positions=np.zeros((0, 3)),
        responses=np.zeros((0, 2, 0), np.float32),
        delays=np.zeros((0, 2)),
        onset=np.zeros(1, np.int64),
        triangles=np.zeros((0, 3), np.int32),
        inverses=np.zeros((0, 3, 3)),
        neighbours=np.zeros((0, 3), np.int32),
        start=np.zeros((0, 0), np.int32),
    )
