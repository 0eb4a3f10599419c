"""Image sources of a box: which there are, and what share of the energy they leave undrawn.

Allen and Berkley, "Image method for efficiently simulating small-room acoustics", JASA 65 (1979).
"""

from __future__ import annotations

import numpy as np

from ..interface import F64, I32, SPEED_OF_SOUND
from .kernels import kernel


def lattice(order: int) -> I32:
    """Images of up to `order` reflections, fewest first.

    Returns:
        (M, 3) int32: signed number of reflections along x, y, z. A positive number meets the
        upper wall last, a negative one the lower wall.
    """
    steps = range(-order, order + 1)
    images = [
        (i, j, k) for i in steps for j in steps for k in steps if abs(i) + abs(j) + abs(k) <= order
    ]
    return np.array(sorted(images, key=lambda n: (sum(map(abs, n)), n)), dtype=np.int32)


@kernel
def image_coordinate(count: int, x: float, low: float, high: float) -> float:
    """Coordinate of the image of `x` after |count| reflections between walls `low` and `high`."""
    if count % 2 == 0:
        return x + count * (high - low)
    return low + (count + 1) * (high - low) - (x - low)


@kernel
def _undrawn(  # noqa: C901 one sum
    size: F64,
    reflectance: F64,
    mirror: F64,
    order: int,
    paths: F64,
    directions: F64,
    out: F64,
) -> None:
    """See `undrawn_share`; paths (Q,) are metres travelled."""
    for q in range(paths.shape[0]):
        for b in range(reflectance.shape[0]):
            total = 1e-30
            low = 0.0
            r, m = reflectance[b], mirror[b]
            for d in range(directions.shape[0]):
                base = 0
                p0, p1, p2, p3 = 1.0, 0.0, 0.0, 0.0  # how many axes add one more reflection
                for axis in range(3):
                    mean = paths[q] * directions[d, axis] / size[axis]
                    whole = int(mean)
                    f = mean - whole
                    base += whole
                    p3 = p3 * (1 - f) + p2 * f
                    p2 = p2 * (1 - f) + p1 * f
                    p1 = p1 * (1 - f) + p0 * f
                    p0 = p0 * (1 - f)
                scale = r**base
                total += scale * (p0 + r * (p1 + r * (p2 + r * p3)))
                scale *= m**base
                if base <= order:
                    low += scale * p0
                if base + 1 <= order:
                    low += scale * r * m * p1
                if base + 2 <= order:
                    low += scale * r * r * m * m * p2
                if base + 3 <= order:
                    low += scale * r * r * r * m * m * m * p3
            out[b, q] = max(0.0, 1.0 - low / total)


def _octant(count: int) -> F64:
    """Directions spread evenly over one octant of the sphere, (count, 3), golden-ratio spiral."""
    i = np.arange(count) + 0.5
    z, turn = i / count, (i * 0.6180339887498949) % 1.0 * np.pi / 2
    ring = np.sqrt(1 - z**2)
    return np.stack([ring * np.cos(turn), ring * np.sin(turn), z], axis=1)


_DIRECTIONS = _octant(48)


def undrawn_share(
    size: tuple[float, float, float],
    reflectance: F64,
    order: int,
    times: F64,
    speed: float = SPEED_OF_SOUND,
    mirror: F64 | None = None,
) -> F64:
    """Expected share of a box's energy at each time that is not drawn as images.

    That is what has met more than `order` walls, or has been scattered by one of them.

    A ray of direction u has met c t |u_i| / L_i walls along axis i, rounded down or up with the
    probability of a uniformly placed source; each takes 1 - reflectance of the energy.

    Args:
        size: of the box, metres.
        reflectance: (B,) mean energy reflectance of its walls.
        order: number of reflections that are drawn one by one.
        times: (Q,) seconds since emission.
        speed: of sound, m/s.
        mirror: (B,) share of the reflected energy that each wall sends on as a mirror does, the
            rest being scattered and not drawn; all of it if None.

    Returns:
        (B, Q) float64, 0 early, 1 late.
    """
    out = np.empty((len(reflectance), len(times)))
    dims = np.array(size, dtype=np.float64)
    mean = np.maximum(np.asarray(reflectance, dtype=np.float64), 1e-3)
    kept = np.ones(len(mean)) if mirror is None else np.asarray(mirror, dtype=np.float64)
    _undrawn(dims, mean, kept, order, speed * times, _DIRECTIONS, out)
    return out
