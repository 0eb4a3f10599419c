"""What an edge takes from sound that bends round it, or that passes close by.

Furniture: Kurze and Anderson's fit to Maekawa's barrier data, Applied Acoustics 4 (1971), whose
5 dB at grazing incidence fade in with the path difference. Doors and walls: the rigid half-plane in
the uniform approximation of Pierce, "Diffraction of sound around corners and over wide barriers",
JASA 55 (1974), which in the shadow is the uniform theory of diffraction (UTD) to 1 dB: the wave
and its mirror image in the wall each give f - i g of Fresnel's auxiliary functions. The corner of
an L-shaped room is his rigid wedge of 90 degrees.
"""

from __future__ import annotations

import math

from ..interface import SPEED_OF_SOUND
from .kernels import inner_kernel, kernel

PASSED = 0.8  # Fresnel's unit; an edge that is passed further away takes nothing


@kernel
def edge_gain(difference: float, frequency: float, speed: float) -> float:
    """Pressure gain of a bend whose path is `difference` metres longer than straight on.

    20 log10(x / tanh x) + 5 tanh(x)^2 dB of loss with x = sqrt(2 pi N) and the
    Fresnel number N = 2 difference / wavelength.
    """
    squared = 4.0 * math.pi * max(difference, 0.0) * frequency / speed
    if squared < 1e-8:
        return 1.0
    x = math.sqrt(squared)
    if x > 6.0:
        return 0.5623413251903491 / x
    t = 1.0 - 2.0 / (math.exp(2.0 * x) + 1.0)  # tanh
    return t / x * math.exp(-0.5756462732485114 * t * t)


def bend_loss(difference: float, frequency: float) -> float:
    """Loss in dB of a bend whose path is `difference` metres longer than the straight line.

    >>> bend_loss(0.0, 1000.0)
    0.0
    """
    return -20 * math.log10(edge_gain(float(difference), float(frequency), SPEED_OF_SOUND)) + 0.0


@inner_kernel
def screen_power(x: float, y: float) -> float:
    """Power in the shadow of a rigid half-plane, of Fresnel's v of both ways of `screen_gain`.

    f and g of both are brought over one denominator: one division instead of four, and a path of
    several bends takes its roots once, at its end.
    """
    fx, gx = 2.0 + x * (1.792 + 3.104 * x), 2.0 + x * (4.142 + x * (3.492 + 6.67 * x))
    fy, gy = 2.0 + y * (1.792 + 3.104 * y), 2.0 + y * (4.142 + y * (3.492 + 6.67 * y))
    both_f, both_g = fx * fy, gx * gy
    over = 1.0 / (both_f * both_g)
    f = ((1.0 + 0.926 * x) * fy + (1.0 + 0.926 * y) * fx) * both_g * over
    g = (gx + gy) * both_f * over
    return 0.5 * (f * f + g * g)


@kernel
def screen_gain(direct: float, mirrored: float, wave: float) -> float:
    """Pressure gain in the shadow of a rigid half-plane.

    Args:
        direct: metres by which the way over the edge is longer than the straight one.
        mirrored: by which it is longer than the straight one from the source's mirror image.
        wave: 4 / wavelength; the root of its product with a path difference is Fresnel's v.
    """
    return math.sqrt(screen_power(math.sqrt(direct * wave), math.sqrt(mirrored * wave)))


@inner_kernel
def corner_measure(angle: float) -> float:
    """Pierce's M for a corner whose air spans 270 degrees: Fresnel's v per unit of nearness.

    (cos nu pi - cos nu angle) / (nu sqrt(1 - cos nu pi cos nu angle)) with nu = 2/3.
    """
    wide = math.cos(angle * 2.0 / 3.0)
    return 1.5 * (-0.5 - wide) / math.sqrt(max(1.0 + 0.5 * wide, 1e-9))


@kernel
def passing_gain(square: float, mirrored: float, wave: float) -> float:
    """Pressure gain of a way that passes an edge in the light: as in the shadow at it, then one.

    Args:
        square: v^2 / wave: half the clearance squared times the sum of the inverse distances.
        mirrored: as for `screen_gain`.
        wave: 4 / wavelength.
    """
    return passed(math.sqrt(square * wave), math.sqrt(mirrored * wave))


@inner_kernel
def passed(v: float, y: float) -> float:
    """`passing_gain` of Fresnel's v of the edge, and of the way from the mirror image."""
    least = math.sqrt(screen_power(0.0, y))
    return least + (1.0 - least) * min(v / PASSED, 1.0)
