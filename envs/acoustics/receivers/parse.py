"""Receivers by name: what a configuration file or a command line says."""

from __future__ import annotations

from ...interface import unknown
from .ambisonics import Ambisonics
from .base import Receiver
from .points import PRESETS, Array, Mono
from .sphere import Sphere

NAMES = (
    "binaural", "mono", "ambisonics", *(f"ambisonics:{n}" for n in range(4)),
    *(f"array:{name}" for name in PRESETS), "PATH.sofa",
)  # fmt: skip


def parse_receiver(text: str, head_radius: float = 0.0875) -> Receiver:
    """A receiver by its name.

    Args:
        text: one of "binaural", "mono", "ambisonics" (first order), "ambisonics:0" to
            "ambisonics:3", "array:pair", "array:square", "array:tetra".
        head_radius: metres, of "binaural".

    Raises:
        SoundwalkError: there is no such receiver; the message names those that exist.

    >>> parse_receiver("ambisonics:2").channels
    9
    """
    if not isinstance(text, str):
        raise unknown("receiver", text, NAMES)
    kind, _, detail = text.partition(":")
    if text == "mono":
        return Mono()
    if text == "binaural":
        return Sphere(head_radius)
    if text == "ambisonics":
        return Ambisonics()
    if kind == "ambisonics" and detail in {"0", "1", "2", "3"}:
        return Ambisonics(int(detail))
    if kind == "array" and detail in PRESETS:
        return Array(PRESETS[detail])
    raise unknown("receiver", text, NAMES)
