"""Where encoders come from: our own folders, timm, transformers.

timm and transformers are extras: each is imported when an encoder of its kind is made. Without a
network connection (HF_HUB_OFFLINE=1) whatever lies in the cache or in a folder still works.
"""

from __future__ import annotations

import contextlib
import dataclasses
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn

from ...envs.interface import SAMPLE_RATE, SoundwalkError
from .frontends import IMAGENET_MEAN, IMAGENET_STD, Pixels, need_extra, white_of
from .protocol import HEARD, ObservationEncoder
from .store import encoder_words, load_encoder

_TIMM, _HF = "timm:", "hf:"
_PIXELS = 64  # of the image that the size of features is tried out on


@dataclass(frozen=True)
class EncoderSource:
    """Where an encoder comes from, and how a policy uses it.

    Attributes:
        source: a folder that save_encoder wrote; a folder of transformers; "timm:NAME";
            "hf:NAME", a model of the Hugging Face hub or a folder.
        frozen: compute its features once a step and never change it; otherwise it learns with the
            policy.
        memory: seconds of sound that it hears, for encoders of `audio`.
        scratch: draw its weights anew: the same architecture, untrained.
        digest: of its weights; where it is given, other weights are refused.
    """

    source: str
    frozen: bool = True
    memory: float = 1.0
    scratch: bool = False
    digest: str = ""

    def __post_init__(self) -> None:
        """Check what no single type can say."""
        if not 0 < self.memory < float("inf"):
            raise SoundwalkError(f"memory is {self.memory}: expected seconds, more than 0")

    def pinned(self) -> EncoderSource:
        """The same with a full path and, for a folder of ours, the digest it has now.

        Raises:
            SoundwalkError: it names no folder, though it must be one.
        """
        prefix = _HF if self.source.startswith(_HF) else ""
        path = Path(self.source.removeprefix(prefix))
        if not path.is_dir():
            if not self.source.startswith((_TIMM, _HF)):
                raise _nowhere(self.source)
            return self
        where = prefix + str(path.resolve())
        ours = not prefix and (path / "encoder.json").is_file()
        found = self.digest or (str(encoder_words(path)["digest"]) if ours else "")
        return dataclasses.replace(self, source=where, digest=found)


def make_encoder(
    source: EncoderSource | str | Path | nn.Module,
    key: str,
    shape: tuple[int, ...],
    *,
    config: Any = None,
) -> ObservationEncoder:
    """An encoder of one observation.

    Args:
        source: see `EncoderSource`; or a network, which is taken as it is.
        key: the observation.
        shape: of one observation: (H, W, C) or (C, T).
        config: of transformers, for "hf:": the model is made from it and nothing is downloaded.

    Raises:
        SoundwalkError: there is no such encoder, it reads something else, it is not the one that
            `digest` says, or the extra is not installed.
    """
    if isinstance(source, ObservationEncoder):
        return source
    if isinstance(source, nn.Module):
        return ObservationEncoder(source, key, shape)
    wanted = source if isinstance(source, EncoderSource) else EncoderSource(str(source))
    # A frozen encoder with drawn weights is in no checkpoint: it has to be the same one each time.
    with _drawn_alike() if wanted.frozen and wanted.scratch else contextlib.nullcontext():
        return ObservationEncoder(_network(wanted, key, shape, config), key, shape)


def load(source: str, key: str = "rgb", channels: int = 3, scratch: bool = False) -> nn.Module:
    """A network for a system of perception, by the same names as `EncoderSource`.

    Args:
        source: see `EncoderSource`.
        key: what it reads: "rgb", "depth", "audio" or "echo".
        channels: of the image, or ears.
        scratch: draw its weights anew.

    Raises:
        SoundwalkError: as `make_encoder`.
    """
    if (Path(source) / "encoder.json").is_file():
        return load_encoder(source, scratch=scratch)
    shape = (channels, SAMPLE_RATE) if key in HEARD else (_PIXELS, _PIXELS, channels)
    return make_encoder(EncoderSource(source, frozen=False, scratch=scratch), key, shape)


class TimmEncoder(nn.Module):
    """A network of timm on images; ImageNet's normalisation, or that of its weights, is inside.

    Args:
        name: of the model, e.g. "resnet18.a1_in1k".
        channels: of the images; timm adapts the first layer's weights to them.
        pretrained: load its weights.
        white: value of white in images of floats.

    Raises:
        SoundwalkError: timm is not installed, or has no such model.
    """

    keys: tuple[str, ...] = ("rgb", "depth", "map")

    def __init__(
        self, name: str, channels: int = 3, *, pretrained: bool = True, white: float = 1.0
    ) -> None:
        """See the class."""
        super().__init__()
        timm = need_extra("timm")
        try:
            self.model: nn.Module = timm.create_model(
                name, pretrained=pretrained, num_classes=0, in_chans=channels
            )
        except (RuntimeError, OSError, ValueError) as error:
            raise SoundwalkError(
                f"timm cannot make {name!r} ({error}): expected one of timm.list_models(), and its "
                "weights in the cache or a connection to fetch them"
            ) from error
        words: Mapping[str, Any] = getattr(self.model, "pretrained_cfg", None) or {}
        fixed = tuple(words["input_size"][1:]) if words.get("fixed_input_size") else None
        self.preprocess = Pixels(
            channels, fixed, words.get("mean", IMAGENET_MEAN), words.get("std", IMAGENET_STD), white
        )

    def forward(self, image: Tensor) -> Tensor:
        """(B, H, W, channels), 0 to `white`, to (B, D)."""
        features: Tensor = self.model(self.preprocess(image))
        return features


def _network(wanted: EncoderSource, key: str, shape: tuple[int, ...], config: Any) -> nn.Module:
    source = wanted.source
    if source.startswith(_TIMM):
        if key in HEARD:
            raise SoundwalkError(
                f"encoder {source!r} reads images: expected a folder or hf:NAME for {key!r}"
            )
        name = source.removeprefix(_TIMM)
        channels = shape[0] if shape[0] in (1, 3) and shape[-1] not in (1, 3) else shape[-1]
        return TimmEncoder(name, channels, pretrained=not wanted.scratch, white=white_of(key))
    path = Path(source)
    if source.startswith(_HF) or (path / "config.json").is_file():
        from .transformer import TransformersEncoder

        name = source.removeprefix(_HF)
        return TransformersEncoder.load(name, key, scratch=wanted.scratch, config=config)
    if not path.is_dir():
        raise _nowhere(source)
    found = str(encoder_words(path)["digest"])
    if wanted.digest not in ("", found):
        raise SoundwalkError(
            f"the encoder in {source!r} has digest {found}: expected {wanted.digest}, with which "
            "the policy was trained; put that encoder back, or train anew"
        )
    return load_encoder(path, scratch=wanted.scratch)


@contextlib.contextmanager
def _drawn_alike() -> Iterator[None]:
    """Torch's random numbers of seed 0 within, and those from before afterwards."""
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(0)
        yield


def _nowhere(source: str) -> SoundwalkError:
    return SoundwalkError(
        f"there is no encoder at {source!r}: expected a folder that `soundwalk pretrain` wrote, a "
        "folder of transformers, timm:NAME, or hf:NAME"
    )
