"""Systems from plain values: {"kind": NAME, argument: value, …} for each piece.

A name is one of those below, or an import string "module:Class" of a user's own piece. Sizes that
follow from other pieces (`dim_in` of a head) need not be given.
"""

from __future__ import annotations

import importlib
import inspect
from collections.abc import Callable, Mapping
from typing import Any

from torch import nn

from ..envs.interface import SoundwalkError, unknown
from .scores import Alone, Concat, Stack
from .task import GIVEN, AVTask

# Modules are named relative to this package and loaded when a piece of theirs is asked for.
PIECES: dict[str, dict[str, str]] = {
    "encoder": {
        "image": ".encoders.image:ImageEncoder",
        "pyramid": ".encoders.image:ImagePyramid",
        "spectrogram": ".encoders.spectrogram:SpectrogramEncoder",
        "correlation": ".encoders.correlation:CorrelationEncoder",
        "beams": ".encoders.beams:BeamEncoder",
        "clip": ".encoders.clip:ClipEncoder",
        "unet": ".encoders.unet:SpectrogramUNet",
        "sound_pyramid": ".encoders.unet:SpectrogramPyramid",
        "pretrained": ".encoders.pretrained:load",
    },
    "score": {
        "alone": ".scores:Alone",
        "concat": ".scores:Concat",
        "stack": ".scores:Stack",
        "dot": ".scores:DotVector",
        "map": ".scores:DotMap",
        "masked": ".scores:Masked",
        "compass": ".scores:Compass",
        "tiled_unet": ".scores:TiledUNet",
        "mixing": ".scores:Mixing",
        "tiled_mask": ".scores:TiledMask",
    },
    "head": {
        "projection": ".heads:Projection",
        "binary": ".heads:Binary",
        "classes": ".heads:Classes",
        "cluster": ".heads:Cluster",
        "dense": ".heads:Dense",
        "positive": ".heads:Positive",
        "angle": ".heads:Angle",
    },
    "target": {
        "pair": ".targets.pair:Pair",
        "shift": ".targets.shift:Shift",
        "flip": ".targets.flip:Flip",
        "bearing": ".targets.bearing:Bearing",
        "turn": ".targets.turning:Turn",
        "orientation": ".targets.turning:Orientation",
        "mix": ".targets.mix:Mix",
        "sensor": ".targets.sensor:Sensor",
        "texture": ".targets.texture:Texture",
        "clusters": ".targets.clustering:Clusters",
        "teacher": ".targets.teacher:Teacher",
    },
    "objective": {
        "bce": ".objectives:Bce",
        "ce": ".objectives:Ce",
        "nce": ".objectives:Nce",
        "hinge": ".objectives:Hinge",
        "lp": ".objectives:Lp",
        "log": ".objectives:LogL1",
        "geometric": ".objectives:Geometric",
        "mask": ".objectives:MaskMatch",
        "kl": ".objectives:Kl",
        "self_label": ".objectives:SelfLabel",
    },
}

Spec = Mapping[str, Any]
_OTHER = ("projections", "head", "frozen")  # sections that may be absent


def build_task(spec: Spec) -> AVTask:
    """A system from its five pieces.

    Args:
        spec: {"encoders": {NAME: piece}, "projections": {NAME: piece}, "score": piece,
            "head": piece, "target": piece, "objective": piece, "frozen": names of encoders};
            projections, head and frozen may be absent. An encoder {"kind": "same", "as": NAME}
            shares the weights of another one.

    Raises:
        SoundwalkError: a section or an argument is missing or unknown, or a value has no meaning;
            the message says where and what there is.
    """
    _check_sections(spec)
    encoders = _encoders(spec["encoders"])
    sizes = {name: getattr(encoder, "dim", 0) for name, encoder in encoders.items()}
    projections = {}
    for name, one in spec.get("projections", {}).items():
        if name not in encoders:
            raise unknown("encoder of a projection", name, encoders)
        projections[name] = piece("head", one, f"projections.{name}", dim_in=sizes[name])
        sizes[name] = projections[name].dim
    score = piece("score", spec["score"], "score", **_known(spec["score"], encoders, sizes))
    head = None
    if spec.get("head"):
        head = piece("head", spec["head"], "head", dim_in=joint_size(score, sizes))
    return AVTask(
        encoders,
        score,
        piece("target", spec["target"], "target"),
        piece("objective", spec["objective"], "objective"),
        projections=projections,
        head=head,
        frozen=spec.get("frozen") or (),
    )


def _encoders(specs: Mapping[str, Spec]) -> dict[str, nn.Module]:
    """Encoders by name; {"kind": "same", "as": NAME} is another one again, weights and all."""
    encoders: dict[str, nn.Module] = {}
    for name, one in specs.items():
        if isinstance(one, Mapping) and one.get("kind") == "same":
            if one.get("as") not in encoders:
                raise unknown(f"encoder in encoders.{name}.as", one.get("as"), encoders)
            encoders[name] = encoders[str(one["as"])]
        else:
            encoders[name] = piece("encoder", one, f"encoders.{name}")
    return encoders


_SIZES = ("widths", "fine", "planes", "frequencies")  # of pyramids, which scores are told


def joint_size(score: nn.Module, sizes: Mapping[str, int]) -> int:
    """Size of what a score makes of features of given sizes; 1 where it compares them."""
    if isinstance(score, Concat):
        return sum({**sizes, **GIVEN}[key] for key in score.keys or sizes)
    if isinstance(score, Alone):
        return sizes[score.key or next(iter(sizes))]
    if isinstance(score, Stack):
        return sizes[score.first]
    return int(getattr(score, "dim", 1))


def _known(spec: Spec, encoders: Mapping[str, Any], sizes: Mapping[str, int]) -> dict[str, Any]:
    """What a score can be told about the encoders that it joins."""
    if not isinstance(spec, Mapping):
        return {}
    sound = str(spec.get("sound", spec.get("audio", "audio")))
    size = sizes.get(sound, 0)
    known: dict[str, Any] = {"maps": size, "dim_in": size}
    for name in (spec.get("image", "image"), spec.get("audio")):  # a sound's pyramid goes first
        encoder = encoders.get(str(name))
        known |= {key: getattr(encoder, key) for key in _SIZES if hasattr(encoder, key)}
    if sound in sizes:
        known["dim"] = sizes[sound]
    return known


def piece(role: str, spec: Spec, where: str, **known: Any) -> Any:
    """One piece.

    Args:
        role: "encoder", "score", "head", "target" or "objective".
        spec: {"kind": NAME or "module:Class", argument: value}.
        where: it stands, for messages.
        known: arguments that follow from other pieces, used where the constructor has them and the
            piece does not say otherwise.

    Raises:
        SoundwalkError: see `build_task`.
    """
    if not isinstance(spec, Mapping) or "kind" not in spec:
        raise SoundwalkError(
            f"{where} is {spec!r}: expected {{kind: NAME, …}} with a name of "
            f"{', '.join(PIECES[role])}"
        )
    make = _find(role, str(spec["kind"]))
    arguments = {key: value for key, value in spec.items() if key != "kind"}
    accepted = inspect.signature(make).parameters
    for key in arguments:
        if key not in accepted:
            raise unknown(f"argument of {where}", key, accepted)
    given = {key: value for key, value in known.items() if key in accepted}
    try:
        return make(**{**given, **arguments})
    except (TypeError, ValueError) as error:
        raise SoundwalkError(f"{where} ({spec['kind']}): {error}") from None


def _check_sections(spec: Spec) -> None:
    wanted = ("encoders", "score", "target", "objective")
    for name in wanted:
        if not spec.get(name):
            raise SoundwalkError(
                f"the section {name!r} of the task is missing: expected {', '.join(wanted)}, and "
                "perhaps projections and head"
            )
    for name in spec:
        if name not in (*wanted, *_OTHER):
            raise unknown("section of the task", name, (*wanted, *_OTHER))


def _find(role: str, name: str) -> Callable[..., Any]:
    """The class that a name or an import string stands for."""
    where = PIECES[role].get(name, name)
    module, colon, attribute = where.partition(":")
    if not colon:
        raise unknown(role, name, [*PIECES[role], "or module:Class"])
    try:
        found: Callable[..., Any] = getattr(importlib.import_module(module, __package__), attribute)
    except (ImportError, AttributeError) as error:
        raise SoundwalkError(f"{role} {name!r} cannot be imported: {error}") from None
    return found
