"""Diffraction at a hard wedge: the uniform theory of diffraction, the reference for bent sound.

Kouyoumjian and Pathak, "A uniform geometrical theory of diffraction for an edge in a perfectly
conducting surface", Proc. IEEE 62 (1974), equations 25 to 33, for the acoustically hard wedge and a
spherical wave (their L of equation 32c). Time convention exp(+j w t), as there.
"""

from __future__ import annotations

import numpy as np
from scipy.special import fresnel

from ...envs.interface import SPEED_OF_SOUND


def transition(x: float) -> complex:
    """Kouyoumjian and Pathak's transition function, their equation 27.

    F(x) = 2 j sqrt(x) exp(j x) * integral from sqrt(x) to infinity of exp(-j t^2) dt.

    >>> abs(transition(50.0)) > 0.99
    True
    """
    root = np.sqrt(max(x, 0.0))
    sine, cosine = fresnel(np.sqrt(2 / np.pi) * root)
    tail = np.sqrt(np.pi / 2) * ((0.5 - cosine) - 1j * (0.5 - sine))
    return complex(2j * root * np.exp(1j * x) * tail)


def _term(sign: int, beta: float, n: float, k: float, length: float) -> complex:
    """cot((pi + sign beta) / 2 n) F(k L a), with its finite limit at a shadow boundary (eq. 33)."""
    whole = round((beta + sign * np.pi) / (2 * np.pi * n))
    a = 2 * np.cos((2 * np.pi * n * whole - beta) / 2) ** 2
    angle = (np.pi + sign * beta) / (2 * n)
    off = 2 * n * (angle - np.pi * round(angle / np.pi))  # distance from the shadow boundary
    if abs(off) < 1e-6:
        side = 1.0 if off >= 0 else -1.0
        turn = np.exp(1j * np.pi / 4)
        return complex(
            n * (np.sqrt(2 * np.pi * k * length) * side - 2 * k * length * off * turn) * turn
        )
    return complex(transition(k * length * a) / np.tan(angle))


def diffracted(
    frequency: float,
    exterior: float,
    source: tuple[float, float],
    receiver: tuple[float, float],
    speed: float = SPEED_OF_SOUND,
) -> complex:
    """Field that the edge of a hard wedge sends to a receiver, in a plane across the edge.

    Args:
        frequency: hertz.
        exterior: angle of the air round the edge, radians: 2 pi for a half-plane, 3 pi / 2 for the
            corner of a wall.
        source: metres from the edge, and angle in radians from the face nearest to it.
        receiver: the same, angles from the same face.
        speed: of sound.

    Returns:
        complex pressure of a unit source (1 at 1 m).
    """
    (rs, phi_s), (r, phi) = source, receiver
    k, n = 2 * np.pi * frequency / speed, exterior / np.pi
    length = rs * r / (rs + r)
    total = sum(
        _term(sign, beta, n, k, length) for beta in (phi - phi_s, phi + phi_s) for sign in (1, -1)
    )
    coefficient = -np.exp(-1j * np.pi / 4) / (2 * n * np.sqrt(2 * np.pi * k)) * total
    spread = np.sqrt(1 / (rs * r * (rs + r)))  # 1 / rs, then sqrt(rs / (r (rs + r)))
    return complex(coefficient * spread * np.exp(-1j * k * (rs + r)))


def shadow_loss(
    frequency: float,
    exterior: float,
    source: tuple[float, float],
    receiver: tuple[float, float],
    speed: float = SPEED_OF_SOUND,
) -> float:
    """Loss in dB of sound bent into the shadow, against a free path as long as the bent one.

    Args:
        frequency: hertz.
        exterior: angle of the air round the edge, radians.
        source: metres from the edge and angle from a face.
        receiver: the same; its angle exceeds the source's by more than pi.
        speed: of sound.
    """
    bent = abs(diffracted(frequency, exterior, source, receiver, speed))
    return float(-20 * np.log10(bent * (source[0] + receiver[0])))
