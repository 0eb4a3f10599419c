"""Receivers by name: what a configuration file or a command line says."""

from __future__ import annotations

from ...interface import unknown
from .ambisonics import Ambisonics
from .base import Receiver
from .measured import Measured
from .points import PRESETS, Array, Mono
from .sphere import Sphere

NAMES = (
    "binaural", "mono", "ambisonics", *(f"ambisonics:{n}" for n in range(4)),
    *(f"array:{name}" for name in PRESETS), "PATH.sofa", "partial:PATH.sofa",
)  # fmt: skip


def parse_receiver(text: str, head_radius: float = 0.0875) -> Receiver:
    """A receiver by its name.

    Args:
        text: one of "binaural", "mono", "ambisonics" (first order), "ambisonics:0" to
            "ambisonics:3", "array:pair", "array:square", "array:tetra" (10 cm between
            neighbours), "array:cross" (ahead, behind, left, right), the path of a SOFA file, which
            ends in .sofa, or "partial:" and the path of one that may lack directions.
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
    if text.lower().endswith(".sofa"):
        return Measured(text.removeprefix("partial:"), allow_missing=kind == "partial")
    raise unknown("receiver", text, NAMES)
