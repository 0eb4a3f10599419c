"""Encoders on disk: a folder with weights.safetensors and encoder.json, never a pickle.

encoder.json names the class, one of a closed list, the plain values that make it, what it reads,
and a digest of the weights: what a stranger sends is data, and what was trained with one encoder
is not used with another. Folders are written aside, then renamed.
"""

from __future__ import annotations

import hashlib
import importlib
import json
import os
import shutil
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import torch
from safetensors import SafetensorError
from safetensors.torch import load_file, save_file
from torch import Tensor, nn

from ...envs.interface import SoundwalkError, unknown
from .protocol import arguments_of

FORMAT = "soundwalk encoder"
VERSION = 1
_CLASSES = {
    "ImageEncoder": ".image",
    "ImagePyramid": ".image",
    "SpectrogramEncoder": ".spectrogram",
    "ClipEncoder": ".clip",
    "BeamEncoder": ".beams",
    "CorrelationEncoder": ".correlation",
    "SpectrogramUNet": ".unet",
    "SpectrogramPyramid": ".unet",
}
_WEIGHTS, _WORDS = "weights.safetensors", "encoder.json"
_PARTIAL, _OLD = ".partial", ".old"

Classes = Mapping[str, type[nn.Module]]


def save_encoder(
    encoder: nn.Module,
    folder: str | Path,
    meta: Mapping[str, Any] | None = None,
    *,
    arguments: Mapping[str, Any] | None = None,
) -> str:
    """Write an encoder to a folder; one that is there is replaced.

    Args:
        encoder: of one of the classes that `load_encoder` knows.
        folder: where.
        meta: whatever else there is to say, as JSON has it: who trained it, on what.
        arguments: what its class makes it from; by default what it remembers itself.

    Returns:
        The digest of its weights.

    Raises:
        SoundwalkError: its arguments are not known or are not plain values, or the folder cannot be
            written.
    """
    tensors = {name: t.detach().cpu().contiguous() for name, t in encoder.state_dict().items()}
    words = {
        "format": FORMAT,
        "version": VERSION,
        "class": type(encoder).__name__,
        "arguments": dict(arguments_of(encoder) if arguments is None else arguments),
        "keys": list(getattr(encoder, "keys", ())),
        "dim": getattr(encoder, "dim", None),
        "digest": digest(tensors),
        "meta": dict(meta or {}),
    }
    target = Path(folder)
    aside = target.with_name(target.name + _PARTIAL)
    try:
        text = json.dumps(words, indent=1)
        shutil.rmtree(aside, ignore_errors=True)
        aside.mkdir(parents=True)
        save_file(tensors, aside / _WEIGHTS)
        (aside / _WORDS).write_text(text, encoding="utf-8")
        _put(aside, target)
    except (OSError, TypeError, SafetensorError) as error:
        shutil.rmtree(aside, ignore_errors=True)
        raise SoundwalkError(
            f"{words['class']} cannot be written to {str(target)!r} ({error}): expected a folder "
            "with room on the disk, and plain values as arguments and meta"
        ) from error
    return str(words["digest"])


def load_encoder(
    folder: str | Path,
    *,
    key: str | None = None,
    scratch: bool = False,
    classes: Classes | None = None,
) -> nn.Module:
    """Make the encoder that `save_encoder` wrote.

    Args:
        folder: where it is.
        key: the input that it shall read; any by default.
        scratch: leave the weights as they are drawn anew: the same architecture, untrained.
        classes: further classes, by name, that are trusted.

    Raises:
        SoundwalkError: there is none, it is damaged, or it is another kind of encoder.
    """
    path, words = Path(folder), encoder_words(folder)
    if key is not None and key not in words["keys"]:
        raise SoundwalkError(
            f"the encoder in {str(path)!r} is a {words['class']} that reads "
            f"{' or '.join(words['keys']) or 'nothing'}: expected one that reads {key!r}"
        )
    kind = _class(str(words["class"]), path, classes)
    try:
        encoder = kind(**{k: _tuples(v) for k, v in words["arguments"].items()})
    except (TypeError, SoundwalkError) as error:
        raise SoundwalkError(
            f"the encoder in {str(path)!r} is not what this soundwalk makes of a "
            f"{words['class']}: {error}; train it again, or install the soundwalk that wrote it"
        ) from error
    if not scratch:
        _fill(encoder, _tensors(path, words), path)
    return encoder


def encoder_words(folder: str | Path) -> dict[str, Any]:
    """What encoder.json says: class, arguments, keys, dim, digest, meta.

    Raises:
        SoundwalkError: there is no encoder, or one that cannot be read.
    """
    path = Path(folder) / _WORDS
    if not path.is_file():
        raise SoundwalkError(
            f"there is no encoder in {str(folder)!r} (no {_WORDS}): expected a folder that "
            "`soundwalk pretrain` or save_encoder wrote"
        )
    try:
        words: Any = json.loads(path.read_text(encoding="utf-8"))
        known = isinstance(words, dict) and words.get("format") == FORMAT
    except (OSError, ValueError) as error:
        raise SoundwalkError(f"{str(path)!r} is damaged: {error}; write it again") from error
    if not known:
        raise SoundwalkError(f"{str(path)!r} does not describe an encoder: expected {FORMAT!r}")
    if words.get("version") != VERSION:
        raise SoundwalkError(
            f"{str(path)!r} has version {words.get('version')!r}: this soundwalk reads {VERSION}"
        )
    missing = [k for k in ("class", "arguments", "keys", "digest") if k not in words]
    if missing:
        raise SoundwalkError(f"{str(path)!r} is damaged: it lacks {', '.join(missing)}")
    return dict(words)


def digest(tensors: Mapping[str, Tensor]) -> str:
    """Sixteen hexadecimal digits that only these names, shapes and values have (SHA-256)."""
    total = hashlib.sha256()
    for name in sorted(tensors):
        tensor = tensors[name].detach().cpu().contiguous()
        total.update(f"{name} {tensor.dtype} {tuple(tensor.shape)}".encode())
        total.update(tensor.reshape(-1).view(torch.uint8).numpy().tobytes())
    return total.hexdigest()[:16]


def _put(aside: Path, target: Path) -> None:
    """Rename a finished folder into its place, over one that is there."""
    old = target.with_name(target.name + _OLD)
    for path in (*aside.iterdir(), aside):
        descriptor = os.open(path, os.O_RDONLY)
        os.fsync(descriptor)
        os.close(descriptor)
    shutil.rmtree(old, ignore_errors=True)
    if target.exists():
        target.replace(old)
    aside.replace(target)
    shutil.rmtree(old, ignore_errors=True)


def _class(name: str, path: Path, classes: Classes | None) -> type[nn.Module]:
    if classes and name in classes:
        return classes[name]
    if name not in _CLASSES:
        raise unknown(f"class of the encoder in {str(path)!r}", name, [*_CLASSES, *(classes or {})])
    module = importlib.import_module(_CLASSES[name], __package__)
    return getattr(module, name)  # type: ignore[no-any-return]


def _tensors(path: Path, words: Mapping[str, Any]) -> dict[str, Tensor]:
    try:
        tensors = load_file(path / _WEIGHTS)
    except (OSError, SafetensorError) as error:
        raise SoundwalkError(
            f"the weights in {str(path)!r} cannot be read ({error}): copy the folder again, or "
            "train the encoder again"
        ) from error
    found = digest(tensors)
    if found != words["digest"]:
        raise SoundwalkError(
            f"the weights in {str(path)!r} have digest {found}: expected {words['digest']}, which "
            f"{_WORDS} says; copy the folder again, or train the encoder again"
        )
    return tensors


def _fill(encoder: nn.Module, tensors: Mapping[str, Tensor], path: Path) -> None:
    """Copy weights into an encoder of the same shape."""
    mine = encoder.state_dict()
    for name in sorted(set(mine) | set(tensors)):
        here, there = (tuple(x[name].shape) if name in x else "absent" for x in (mine, tensors))
        if here != there:
            raise SoundwalkError(
                f"the weights in {str(path)!r} are of another encoder: {name} is {there} there, "
                f"but {here} in the {type(encoder).__name__} that {_WORDS} describes"
            )
    encoder.load_state_dict(dict(tensors))


def _tuples(value: Any) -> Any:
    return tuple(_tuples(item) for item in value) if isinstance(value, list) else value
